"""A whole scan, handed from the process in the sandbox to its parent: numbers in plain arrays, never pickled.

The child tells names, shapes and types in a line of JSON, the parent says whether it takes so much, and the bytes
follow. What arrives may be the work of a stranger: the parent checks all of it, as if it came from a file.

Symbols: N points, T triangles, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.database.intake.inspection import LONGEST_NOTE, MOST_NOTES, printable
from lineament.errors import FormatError, InputError
from lineament.io.depth import SUFFIXES as DEPTH_SUFFIXES
from lineament.io.scans import READERS, read_scan
from lineament.io.scans.texture import Texture, read_texture
from lineament.types import Scan, Source

TEXTURE_SIDE = 4096
"""Larger images are made smaller before they are handed over, pixels."""
ARRAYS: Mapping[str, tuple[str, int]] = {
    "points": ("<f4", 2),
    "triangles": ("<i4", 2),
    "normals": ("<f4", 2),
    "colors": ("|u1", 2),
    "uv": ("<f4", 2),
    "texture": ("|u1", 3),
    "texture_uv": ("<f4", 3),
}
"""Type and number of axes of each array that may be handed over."""

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class WholeScan:
    """A scan and its texture, parsed in a sandbox.

    Attributes
    ----------
    scan : Scan
        Its source has no path.
    texture : Texture or None
    """

    scan: Scan
    texture: Texture | None


@dataclass(frozen=True)
class Promise:
    """What will be handed over.

    Attributes
    ----------
    arrays : tuple of (name, shape)
    unit : str or None
    format : str
    warnings : tuple of str
    """

    arrays: tuple[tuple[str, tuple[int, ...]], ...]
    unit: str | None
    format: str
    warnings: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all arrays; an empty axis counts as one, or the others could be of any length."""
        return sum(prod(max(n, 1) for n in shape) * np.dtype(ARRAYS[name][0]).itemsize for name, shape in self.arrays)


def read_whole(
    path: Path, unit: str | None, intrinsics: tuple[float, float, float, float] | None
) -> tuple[dict[str, Any], list[Array]]:
    """Read a scan with its texture. To be called in a sandbox.

    Returns
    -------
    promise : dict
        JSON of a `Promise`.
    arrays : list of ndarray
        Contiguous, in its order.

    Raises
    ------
    InputError
        The file is damaged, cut off, of another format than its suffix says, or no scan.
    """
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in READERS and suffix not in DEPTH_SUFFIXES:
        raise InputError(f"files that end in .{suffix} are no scans")
    scan = read_scan(path, unit=unit, intrinsics=intrinsics)
    warnings = list(scan.source.warnings)
    texture = None
    try:
        texture = read_texture(scan)
    except InputError as error:
        warnings.append(f"the texture is left out: {str(error).replace(str(path), 'the file')}")
    found: dict[str, Array | None] = {
        name: getattr(scan, name) for name in ("points", "triangles", "normals", "colors", "uv")
    }
    if texture is not None:
        found |= {"texture": _smaller(texture.image), "texture_uv": texture.uv}
    arrays = {n: np.ascontiguousarray(values, ARRAYS[n][0]) for n, values in found.items() if values is not None}
    promise = {
        "arrays": [[name, list(values.shape)] for name, values in arrays.items()],
        "unit": scan.unit,
        "format": scan.source.format,
        "warnings": [printable(text[:LONGEST_NOTE]) for text in warnings[:MOST_NOTES]],
    }
    return promise, list(arrays.values())


def _smaller(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    from PIL import Image

    side = max(image.shape[:2])
    if side <= TEXTURE_SIDE:
        return image
    return np.asarray(Image.fromarray(image).reduce(-(-side // TEXTURE_SIDE)))


def to_promise(values: Any) -> Promise:
    """Return a promise from JSON that a process has sent which may be in the hands of a stranger.

    Raises
    ------
    FormatError
        It is none.
    """
    try:
        arrays = tuple((str(name), tuple(int(n) for n in shape)) for name, shape in values["arrays"])
        unit, form, warnings = values["unit"], values["format"], values["warnings"]
        sound = (
            len({name for name, _ in arrays}) == len(arrays)
            and all(len(shape) == ARRAYS[name][1] and min(shape) >= 0 for name, shape in arrays)
            and (unit is None or isinstance(unit, str))
            and (form in READERS or form in DEPTH_SUFFIXES)
            and len(warnings) <= MOST_NOTES
            and all(isinstance(text, str) and len(text) <= LONGEST_NOTE and text.isprintable() for text in warnings)
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        sound = False
    if not sound:
        raise FormatError("the sandbox sent something that is no scan")
    return Promise(arrays, unit, form, tuple(warnings))


def to_scan(promise: Promise, arrays: Sequence[Array]) -> WholeScan:
    """Put a scan together from what was handed over.

    Raises
    ------
    InputError
        Shapes do not agree, an index is out of range, or a value is infinite.
    """
    found = {name: values for (name, _), values in zip(promise.arrays, arrays, strict=True)}
    if "points" not in found or not np.isfinite(found["points"]).all(axis=1).any():
        raise FormatError("the sandbox sent a scan without points")
    image, uv = found.pop("texture", None), found.pop("texture_uv", None)
    for values in found.values():
        values.flags.writeable = False
    scan = Scan(**found, unit=promise.unit, source=Source(None, promise.format, promise.warnings))
    texture = None
    if image is not None and uv is not None and scan.triangles is not None:
        if image.shape[2:] != (3,) or not image.size or uv.shape != (len(scan.triangles), 3, 2):
            raise FormatError("the sandbox sent a texture that does not fit the scan")
        texture = Texture(image, np.clip(np.nan_to_num(uv), -1e6, 1e6))
    return WholeScan(scan, texture)
