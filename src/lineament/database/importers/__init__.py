"""Importers: a folder in a published layout, or with a manifest, becomes a `Manifest`. No scan is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from lineament.database.importers.bu3dfe import BU3DFE
from lineament.database.importers.facescape import FACESCAPE
from lineament.database.importers.facescape_multiview import FACESCAPE_MULTIVIEW
from lineament.database.importers.headspace import HEADSPACE
from lineament.database.importers.layout import Layout
from lineament.database.importers.listing import list_files
from lineament.database.importers.manifest import MANIFEST
from lineament.database.importers.omniobject3d import OMNIOBJECT3D
from lineament.database.importers.pixelface import PIXELFACE
from lineament.database.importers.siat3dfe import SIAT3DFE
from lineament.database.records import Manifest
from lineament.errors import InputError

LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        layout.name: layout
        for layout in (
            FACESCAPE,
            FACESCAPE_MULTIVIEW,
            SIAT3DFE,
            PIXELFACE,
            BU3DFE,
            HEADSPACE,
            OMNIOBJECT3D,
            MANIFEST,
        )
    }
)


def read_folder(folder: Path, layout: str | None = None) -> Manifest:
    """Return who and what a folder holds.

    Parameters
    ----------
    folder : Path
    layout : str or None
        One of `LAYOUTS`; without it the folder itself tells.

    Raises
    ------
    InputError
        There is no such folder or layout, the folder fits none or several, or what it says contradicts itself.
    """
    if layout is not None and layout not in LAYOUTS:
        raise InputError(f"there is no layout {layout!r}; known are {', '.join(LAYOUTS)}")
    listing = list_files(folder)
    fitting = [LAYOUTS[layout]] if layout else [known for known in LAYOUTS.values() if known.fits(listing)]
    if len(fitting) > 1:
        names = " and ".join(known.name for known in fitting)
        raise InputError(f"{folder} fits {names}; name the layout that is meant")
    if not fitting:
        looked = "; ".join(f"{known.name}: {known.looks_for}" for known in LAYOUTS.values())
        raise InputError(f"{folder} fits no known layout. Looked for {looked}")
    return fitting[0].manifest(listing)


def _importer(layout: str) -> Callable[[Path], Manifest]:
    return lambda folder: read_folder(folder, layout)


IMPORTERS: Mapping[str, Callable[[Path], Manifest]] = MappingProxyType({name: _importer(name) for name in LAYOUTS})
"""Importer of each layout."""
