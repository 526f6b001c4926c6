"""Reading depth images: 16-bit PNG, and NPY arrays.

Symbols: H x W pixels.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.errors import FormatError, InputError
from lineament.io.load import load_bytes
from lineament.io.npy import parse_npy
from lineament.types import DepthFrame, Source

SUFFIXES = ("png", "npy")
CAMERA = ("fx", "fy", "cx", "cy")
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
PNG_END = b"IEND\xaeB`\x82"
PIXEL_LIMIT = 1 << 26
"""Pixels of a depth image; sensors have a few million."""


def read_depth(
    path: str | PathLike[str],
    intrinsics: tuple[float, float, float, float] | None = None,
    scale: float | None = None,
) -> DepthFrame:
    """Read a depth image.

    The camera comes from `intrinsics` or from a file `<stem>.json` beside the image, such as
    `{"fx": 580, "fy": 580, "cx": 319.5, "cy": 239.5, "mm_per_unit": 0.1}`.

    Parameters
    ----------
    path : path-like
        A 16-bit PNG file with one channel, or an NPY file of integers or floats, (H, W).
    intrinsics : (fx, fy, cx, cy), pixels, optional
        The centre of the first pixel is (0, 0).
    scale : float, optional
        Millimetres in one unit of the image; otherwise `mm_per_unit` of the file beside it, otherwise 1.

    Returns
    -------
    DepthFrame
        In mm; pixels of 0, below 0, NaN or infinity are NaN.

    Raises
    ------
    InputError
        The camera is not known, or no pixel is valid.
    FormatError
        The file is damaged, or no single channel of numbers deep enough for depth.
    """
    place = Path(path)
    suffix = place.suffix.lower().removeprefix(".")
    if suffix not in SUFFIXES:
        raise InputError(f"{place} has the suffix {place.suffix!r}; depth images that can be read are .png and .npy")
    data = load_bytes(place)
    try:
        values = parse_depth(data, suffix)
    except FormatError as error:
        raise FormatError(f"{place}: {error}") from None
    beside = place.with_suffix(".json")
    camera = _read_camera(beside) if beside.is_file() else {}
    if intrinsics is None:
        missing = [name for name in CAMERA if name not in camera]
        if missing:
            raise InputError(
                f"{place}: the camera of this depth image is not known; give intrinsics=(fx, fy, cx, cy) in pixels "
                f'or write {beside.name} beside it: {{"fx": .., "fy": .., "cx": .., "cy": .., "mm_per_unit": ..}}'
            )
        intrinsics = (camera["fx"], camera["fy"], camera["cx"], camera["cy"])
    if len(intrinsics) != 4:
        raise InputError(f"intrinsics are {len(intrinsics)} numbers, expected fx, fy, cx, cy")
    mm = camera.get("mm_per_unit", 1.0) if scale is None else scale
    if not (np.isfinite(mm) and mm > 0):
        raise InputError(f"{place}: one unit of the depth image is {mm} mm, expected a positive number")
    try:
        return DepthFrame(_to_mm(values, mm), *intrinsics, source=Source(place, suffix))
    except InputError as error:
        raise type(error)(f"{place}: {error}") from None


def _to_mm(values: npt.NDArray[Any], mm: float) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        depth = (values * np.float64(mm)).astype(np.float32)
        depth[~(np.isfinite(depth) & (depth > 0))] = np.nan
    if np.isnan(depth).all():
        raise InputError("no pixel of the depth image is valid (above zero and finite)")
    return depth


def parse_depth(data: bytes, suffix: str) -> npt.NDArray[Any]:
    """Return the numbers of a depth image as they stand in its file, (H, W).

    Parameters
    ----------
    data : bytes
        The whole file.
    suffix : str
        `png` or `npy`.

    Raises
    ------
    FormatError
        The file is damaged, or no single channel of numbers deep enough for depth.
    """
    return _parse_png(data) if suffix == "png" else _parse_npy(data)


def _parse_npy(data: bytes) -> npt.NDArray[Any]:
    values = parse_npy(data)
    if values.ndim != 2 or values.dtype.kind not in "fiu" or values.dtype.itemsize == 1:
        raise FormatError(
            f"the array has shape {values.shape} and type {values.dtype}, expected (H, W) 16-bit integers or floats"
        )
    return values


def _parse_png(data: bytes) -> npt.NDArray[Any]:
    if not data.startswith(PNG_MAGIC) or len(data) < 33:
        raise FormatError("this is not a PNG file, or it is cut off")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data[24:26] != b"\x10\x00":
        raise FormatError("the PNG file is not a depth image: expected one channel of 16 bits")
    # refused here, since Pillow would only warn
    if width * height > PIXEL_LIMIT or PNG_END not in data[-64:]:
        raise FormatError(f"the PNG file of {width} x {height} pixels is too large, or cut off")
    try:
        from PIL import Image
    except ImportError:
        raise InputError("reading PNG files needs Pillow; install it with: pip install pillow") from None
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            values = np.array(image)
    except (OSError, SyntaxError, ValueError, TypeError, IndexError, OverflowError, EOFError, zlib.error):
        raise FormatError("the PNG file is damaged or cut off") from None
    if values.shape != (height, width):
        raise FormatError("the PNG file is damaged: its pixels do not fill the size in its header")
    return values


def frame_of(data: bytes, suffix: str, camera: Mapping[str, Any]) -> DepthFrame:
    """Return a depth image of which the file's bytes and the camera are known.

    Parameters
    ----------
    data : bytes
    suffix : str
        `png` or `npy`.
    camera : mapping
        `fx`, `fy`, `cx` and `cy`, or `camera_matrix` (3 x 3), in pixels; `mm_per_unit`, 1 without it; `distortion`,
        which must be none.

    Raises
    ------
    InputError
        The camera is not known, or distorts; or no pixel is valid.
    FormatError
        The file is damaged.
    """
    numbers = _camera_numbers(camera)
    if not knows_camera(camera):
        raise InputError(
            "the camera of the depth image is not known; state fx, fy, cx and cy, or a camera_matrix, in the `meta` of "
            "the file, or add a file of calibration"
        )
    if np.any(np.asarray(camera.get("distortion") or 0.0, np.float64)):
        raise InputError("the depth image is distorted; only undistorted ones can be read")
    values = _to_mm(parse_depth(data, suffix), numbers.get("mm_per_unit", 1.0))
    fx, fy, cx, cy = (numbers[name] for name in CAMERA)
    return DepthFrame(values, fx, fy, cx, cy, source=Source(None, suffix))


def knows_camera(camera: Mapping[str, Any]) -> bool:
    """Return whether focal lengths and principal point are known."""
    return set(CAMERA) <= _camera_numbers(camera).keys()


def camera_in(data: bytes) -> dict[str, Any]:
    """Return what a file of calibration says of a camera; nothing where it says nothing of one."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    known = (*CAMERA, "mm_per_unit", "camera_matrix", "distortion")
    return {name: found[name] for name in known if name in found} if isinstance(found, dict) else {}


def _camera_numbers(camera: Mapping[str, Any]) -> dict[str, float]:
    matrix = camera.get("camera_matrix")
    numbers: dict[str, Any] = {name: camera[name] for name in (*CAMERA, "mm_per_unit") if name in camera}
    try:
        if matrix is not None:
            rows = np.asarray(matrix, np.float64).reshape(3, 3)
            numbers = {"fx": rows[0, 0], "fy": rows[1, 1], "cx": rows[0, 2], "cy": rows[1, 2]} | numbers
        plain = {name: float(value) for name, value in numbers.items()}
    except (TypeError, ValueError):
        raise FormatError("the camera of the depth image is no numbers") from None
    mm = plain.get("mm_per_unit", 1.0)
    if not (np.isfinite(list(plain.values())).all() and mm > 0):
        raise FormatError("the camera of the depth image has numbers that are not finite, or no positive scale")
    return plain


def _read_camera(path: Path) -> dict[str, float]:
    """Return the numbers of a camera file."""
    try:
        found = json.loads(load_bytes(path))
    except (ValueError, RecursionError):
        raise FormatError(f"{path} is not valid JSON; expected fx, fy, cx, cy and mm_per_unit") from None
    numbers: dict[str, float] = {}
    for name in (*CAMERA, "mm_per_unit"):
        value = found.get(name) if isinstance(found, dict) else None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12:
            numbers[name] = float(value)
        elif value is not None:
            raise FormatError(f"{path} gives {name} as something that is not a number")
    return numbers
