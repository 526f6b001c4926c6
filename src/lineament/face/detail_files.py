"""Displacement maps as files: a 16-bit PNG for rendering, and a float NPY for computing.

In the PNG the grey value g stands for `(g - 32768) / 65535 * scale` mm: mid-grey is zero, and a renderer that takes
`(grey - 0.5) * scale` is right within half a step. The scale, one of 0.512 * 2^n mm, is in the file's name
and, with the offset of grey zero, in its text.

Symbols: S texels along each side.
"""

from __future__ import annotations

import io
import json
import math
import re
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lineament.errors import FormatError, InputError
from lineament.face.detail import Displacement
from lineament.face.uvmap import LARGEST
from lineament.io.atomic import atomic_write
from lineament.io.load import load_bytes
from lineament.io.npy import parse_npy

MIDDLE, STEPS = 32768, 65535
_SMALLEST = 0.512
"""Scale below which there is nothing to win, mm: a step of 8 nanometres."""


def write_displacement(detail: Displacement, base: str | PathLike[str]) -> list[Path]:
    """Write a displacement map.

    Parameters
    ----------
    detail : Displacement
    base : path-like
        Beginning of the files' names, such as `out/anna`.

    Returns
    -------
    list of Path
        `anna_displacement_4.096mm.png` with heights, `anna_displacement_measured.png`, white where the scan was
        measured, `anna_displacement.npy` with heights in mm, float32, and `anna_displacement.json`, which says so.

    Raises
    ------
    InputError
        The folder does not exist, or a file cannot be written.
    """
    start = Path(base)
    scale = _scale(detail.height)
    names = {
        "png": start.with_name(f"{start.name}_displacement_{scale:.3f}mm.png"),
        "measured": start.with_name(f"{start.name}_displacement_measured.png"),
        "npy": start.with_name(f"{start.name}_displacement.npy"),
        "json": start.with_name(f"{start.name}_displacement.json"),
    }
    text = PngInfo()
    text.add_text("displacement_scale_mm", f"{scale:.3f}")
    text.add_text("displacement_offset_mm", f"{-MIDDLE / STEPS * scale:.9f}")
    grey = np.clip(np.rint(detail.height.astype(np.float64) / scale * STEPS) + MIDDLE, 0, STEPS).astype(np.uint16)
    with atomic_write(names["png"]) as file:
        Image.fromarray(grey).save(file, format="PNG", pnginfo=text)
    with atomic_write(names["measured"]) as file:
        Image.fromarray(detail.measured).save(file, format="PNG")
    with atomic_write(names["npy"]) as file:
        np.save(file, detail.height)
    facts = {
        "what": "heights of the scan over the fitted mesh, along its interpolated unit normal, in the model's uv",
        "unit": "mm",
        "size": len(detail.height),
        "row_0": "top",
        "heights": names["npy"].name,
        "measured": names["measured"].name,
        "image": names["png"].name,
        "image_scale_mm": scale,
        "image_offset_mm": -MIDDLE / STEPS * scale,
    }
    with atomic_write(names["json"]) as file:
        file.write((json.dumps(facts, indent=2) + "\n").encode("ascii"))
    _remove_others(names["png"], start.name)
    return list(names.values())


def _remove_others(png: Path, stem: str) -> None:
    """Remove maps of another scale that an earlier run left beside this one."""
    other = re.compile(re.escape(stem) + r"_displacement_\d+\.\d{3}mm\.png")
    for path in png.parent.iterdir():
        if other.fullmatch(path.name) and path != png:
            path.unlink(missing_ok=True)


def read_displacement(path: str | PathLike[str]) -> Displacement:
    """Read a displacement map that `write_displacement` wrote, or another 16-bit PNG whose name tells its scale.

    Parameters
    ----------
    path : path-like
        The PNG with the heights or the NPY. Without the mask beside it, heights that are not zero count as measured.

    Raises
    ------
    InputError
        There is no such file, or its suffix is another one.
    FormatError
        The file is damaged, is not square, or a PNG does not tell its scale.
    """
    place = Path(path)
    suffix = place.suffix.lower()
    if suffix not in (".png", ".npy"):
        raise InputError(f"{place} has the suffix {place.suffix!r}; displacement maps are .png and .npy files")
    data = load_bytes(place)
    try:
        height = _from_png(data, place.name) if suffix == ".png" else _from_npy(data)
        beside = place.with_name(f"{place.stem.split('_displacement')[0]}_displacement_measured.png")
        measured = height != 0
        if beside != place and beside.is_file():
            measured = _decode(load_bytes(beside))[0] > 0
        with np.errstate(over="ignore"):  # an infinite height is refused
            return Displacement(height.astype(np.float32), measured)
    except InputError as error:
        raise FormatError(f"{place}: {error}") from None


def _scale(height: npt.NDArray[np.float32]) -> float:
    """The smallest scale whose steps hold every height."""
    needed = float(np.abs(height).max(initial=0)) * STEPS / (STEPS - MIDDLE)
    return _SMALLEST * 2.0 ** max(0, math.ceil(math.log2(max(needed, 1e-6) / _SMALLEST)))


def _from_npy(data: bytes) -> npt.NDArray[Any]:
    values = parse_npy(data)
    if values.ndim != 2 or values.dtype.kind != "f":
        raise FormatError(f"the array has shape {values.shape} and type {values.dtype}, expected (S, S) floats in mm")
    return values


def _from_png(data: bytes, name: str) -> npt.NDArray[Any]:
    grey, text = _decode(data)
    if grey.dtype != np.uint16 or grey.ndim != 2:
        raise FormatError("the PNG is no displacement map: expected one channel of 16 bits")
    said = text.get("displacement_scale_mm")
    named = re.search(r"_([0-9]+(?:\.[0-9]+)?)mm\.png$", name, re.IGNORECASE)
    try:
        scale = float(said if said is not None else named[1] if named else "")
    except ValueError:
        scale = math.nan
    if not 0 < scale < 1e6:
        raise FormatError("the PNG does not tell its scale; name it like face_displacement_4.096mm.png")
    return (grey.astype(np.float64) - MIDDLE) / STEPS * scale


def _decode(data: bytes) -> tuple[npt.NDArray[Any], dict[str, Any]]:
    """Return the pixels and the texts of a PNG file."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.width > LARGEST or image.height > LARGEST:
                raise FormatError(f"the PNG has {image.width} x {image.height} texels, expected {LARGEST} at most")
            return np.array(image), {str(key): value for key, value in image.info.items()}
    except (OSError, SyntaxError, ValueError, TypeError, IndexError, OverflowError, EOFError):
        raise FormatError("this is not a PNG file, or it is damaged or cut off") from None
