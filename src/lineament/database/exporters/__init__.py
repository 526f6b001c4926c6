"""Releases as the layouts that others read: BIDS-like folders, WebDataset shards and Parquet, each with Croissant.

`export` writes one; `lineament.database.exporters.torch_dataset` reads the first two back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType

from lineament.database.disk import make_folders, sync_folder
from lineament.database.exporters.bids import write_bids
from lineament.database.exporters.columns import check_release
from lineament.database.exporters.croissant import croissant
from lineament.database.exporters.items import ExportRelease, Written
from lineament.database.exporters.output import Output, to_line, to_page
from lineament.database.exporters.parquet import write_parquet
from lineament.database.exporters.webdataset import write_webdataset
from lineament.errors import InputError, StoreError

__all__ = ["CROISSANT", "EXPORTERS", "export"]

EXPORTERS: Mapping[str, Callable[[ExportRelease, Path], tuple[Written, ...]]] = MappingProxyType(
    {"bids": write_bids, "webdataset": write_webdataset, "parquet": write_parquet}
)
"""Writer of each layout, into an empty folder."""
CROISSANT = "croissant.json"
"""The file that is written last: an export without it was cut short."""


def export(release: ExportRelease, folder: Path, layout: str) -> tuple[Written, ...]:
    """Write a release into a folder, with its datasheet, the hashes of all files and Croissant metadata.

    The files are written into a folder inside `folder` and moved out of it at the end, `croissant.json` last. When
    something fails, what was written is removed; after a crash a folder `.partial-*` is left, which may be deleted.

    Parameters
    ----------
    release : ExportRelease
    folder : Path
        Empty or not there yet.
    layout : str
        One of `EXPORTERS`.

    Returns
    -------
    tuple of Written
        All files. `files.json` has the hashes of those before it, and `croissant.json` that of `files.json`.

    Raises
    ------
    InputError
        The layout is unknown, the folder is not empty, or the release cannot be written, as `check_release` says;
        a disk is full.
    AccessError
        Something may not be read any more.
    StoreError
        A file has another length than recorded, or the files cannot be put in place.
    """
    if layout not in EXPORTERS:
        raise InputError(f"layout is {layout!r}, expected one of {', '.join(EXPORTERS)}")
    check_release(release)
    make_folders(folder)
    if any(folder.iterdir()):
        raise InputError(f"{folder} is not empty; give the name of a new folder")
    partial = folder / f".partial-{token_hex(6)}"
    try:
        make_folders(partial)
        written = EXPORTERS[layout](release, partial)
        output = Output(partial)
        # hashes and counts tell of everyone, and are made anew when somebody withdraws
        everyone = frozenset[str]().union(*(file.subjects for file in written))
        written += (output.put("DATASHEET.md", release.datasheet, everyone),)
        written += (output.put("files.json", _list(written), everyone),)
        written += (output.put(CROISSANT, to_page(croissant(release, written)), everyone),)
        _move(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return written


def _move(partial: Path, folder: Path) -> None:
    """Move everything that one folder holds into the other, for good or not at all."""
    names = sorted(os.listdir(partial), key=lambda name: name == CROISSANT)
    try:
        for place, _, _ in os.walk(partial):
            sync_folder(Path(place))
        for name in names:
            os.rename(partial / name, folder / name)
        sync_folder(folder)
    except BaseException as error:
        with suppress(OSError):
            for name in names:
                if (folder / name).exists():
                    os.rename(folder / name, partial / name)
        if isinstance(error, OSError):
            raise StoreError(f"cannot write {folder}: {error.strerror or error}") from error
        raise


def _list(written: Iterable[Written]) -> Iterator[bytes]:
    """Yield a JSON list of the files, one a line, without ever holding all of it."""
    for number, file in enumerate(written):
        entry = {"path": file.path.as_posix(), "sha256": file.sha256, "size": file.size}
        yield (b",\n" if number else b"[\n") + to_line(entry).rstrip()
    yield b"\n]\n"
