"""NPZ archives of numpy arrays: `points` or `vertices`, `triangles` or `faces`, `normals`, `colors`, `uv`, `unit`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from lineament.check import check_shape
from lineament.errors import FormatError
from lineament.io.npy import parse_npz
from lineament.io.scans.arrays import Array, ScanArrays, as_colors, as_indices, fan_with_warning, single
from lineament.types import Scan

POINTS = ("points", "vertices")
TRIANGLES = ("triangles", "faces")
OTHERS = ("normals", "colors", "uv", "unit")


def read_npz(data: bytes, path: Path) -> ScanArrays:
    """Read an NPZ archive; other arrays in it are passed over.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Not used.

    Returns
    -------
    ScanArrays

    Raises
    ------
    FormatError
        The archive is damaged or too large, has no points, or an array is no numbers.
    """
    found = parse_npz(data, (*POINTS, *TRIANGLES, *OTHERS))
    points = _first(found, POINTS)
    if points is None:
        raise FormatError("the NPZ archive holds no array 'points' or 'vertices'")
    count = check_shape(_numeric(points, "points"), "N 3", "points")["N"]
    warnings: list[str] = []
    arrays = ScanArrays(points=single(points), warnings=warnings)
    triangles = _first(found, TRIANGLES)
    if triangles is not None:
        sides = check_shape(_numeric(triangles, "triangles"), "T K", "triangles")["K"]
        indices = as_indices(triangles, count).reshape(-1)
        arrays["triangles"] = fan_with_warning(np.full(len(triangles), sides), indices, warnings)
    if "normals" in found:
        arrays["normals"] = single(_numeric(found["normals"], "normals"))
    if "uv" in found:
        arrays["uv"] = single(_numeric(found["uv"], "uv"))
    if "colors" in found:
        check_shape(_numeric(found["colors"], "colors"), f"{count} 3", "colors")
        arrays["colors"] = as_colors(found["colors"])
    if "unit" in found:
        arrays["unit"] = str(found["unit"]) or None
    return arrays


def _first(found: dict[str, Array], names: tuple[str, ...]) -> Array | None:
    return next((found[name] for name in names if name in found), None)


def _numeric(values: Array, name: str) -> Array:
    if values.dtype.kind not in "fiu":
        raise FormatError(f"array {name!r} holds {values.dtype.name}, expected numbers")
    return values


def write_npz(scan: Scan, ascii: bool) -> bytes:
    """Return the bytes of an NPZ archive, which keeps every array and the unit.

    Parameters
    ----------
    scan : Scan
    ascii : bool
        Not used; there is no text form.
    """
    arrays: dict[str, Any] = {"points": scan.points, "unit": np.array(scan.unit or "")}
    for name in ("triangles", "normals", "colors", "uv"):
        if getattr(scan, name) is not None:
            arrays[name] = getattr(scan, name)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()
