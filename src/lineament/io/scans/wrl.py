"""VRML 2 (`.wrl`) as BU-3DFE and similar scanners write it: faces over one list of coordinates each.

Format: https://www.web3d.org/documents/specifications/14772/V2.0/. Transforms are not applied.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from lineament.errors import FormatError
from lineament.io.scans.arrays import Array, ScanArrays, as_colors, as_indices, fan_with_warning, per_vertex, single
from lineament.io.scans.text import clean, numbers, quote

LISTS = {
    "points": rb"\bCoordinate\s*\{\s*point\s*\[([^][]*)\]",
    "uv": rb"\bTextureCoordinate\s*\{\s*point\s*\[([^][]*)\]",
    "colors": rb"\bColor\s*\{\s*color\s*\[([^][]*)\]",
    "normals": rb"\bNormal\s*\{\s*vector\s*\[([^][]*)\]",
    "corners": rb"\bcoordIndex\s*\[([^][]*)\]",
    "uv corners": rb"\btexCoordIndex\s*\[([^][]*)\]",
}


def read_wrl(data: bytes, path: Path) -> ScanArrays:
    """Read the coordinates of a VRML 2 file in their order, and its faces as fans of triangles.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Not used.

    Returns
    -------
    ScanArrays
        Several shapes come one after another; `uv`, `colors` and `normals` only where there is one shape.

    Raises
    ------
    FormatError
        There are no coordinates, brackets do not match, a number cannot be read, an index is out of range.
    """
    if not data.startswith(b"#VRML V2"):
        raise FormatError(f"a VRML 2 file begins with '#VRML V2.0', this one with {quote(data)}")
    text = re.sub(rb'"[^"\n]*"', b'""', clean(data))
    text = re.sub(rb"#[^\n]*", b"", text)
    if text.count(b"{") != text.count(b"}") or text.count(b"[") != text.count(b"]"):
        raise FormatError("the brackets of the VRML file do not match; it is cut off or damaged")
    found = {name: [numbers(body.replace(b",", b" ")) for body in re.findall(pattern, text)]
             for name, pattern in LISTS.items()}  # fmt: skip
    warnings: list[str] = []
    if re.search(rb"\b(?:translation|rotation|scale)\s+[-+.\d]", text):
        warnings.append("the VRML file moves its shapes; the points are read as they stand in it")
    shapes = [_rows(values, 3, "coordinates") for values in found["points"]]
    if not shapes:
        raise FormatError("the VRML file holds no 'Coordinate { point [...] }'")
    if found["corners"] and len(found["corners"]) != len(shapes):
        raise FormatError(f"the VRML file has {len(shapes)} lists of coordinates, but {len(found['corners'])} of faces")
    arrays = ScanArrays(points=single(np.concatenate(shapes)), warnings=warnings)
    starts = np.cumsum([0] + [len(shape) for shape in shapes])
    triangles, vertices = [], np.empty(0, np.int64)
    for corners, shape, start in zip(found["corners"], shapes, starts, strict=False):
        counts, vertices = _polygons(corners, len(shape), "coordIndex")
        triangles.append(fan_with_warning(counts, vertices, warnings) + start)
    if triangles:
        arrays["triangles"] = np.concatenate(triangles)
    if len(shapes) == 1:
        _add_attributes(arrays, found, vertices)
    return arrays


def _rows(values: Array, width: int, what: str) -> Array:
    if len(values) % width:
        raise FormatError(f"the {what} of the VRML file are {len(values)} numbers, which make no rows of {width}")
    return values.reshape(-1, width)


def _polygons(corners: Array, count: int, what: str) -> tuple[Array, Array]:
    """Split indices at each -1; return the number of corners of each polygon, and all corners."""
    if corners.size and corners[-1] != -1:
        corners = np.append(corners, -1.0)
    ends = np.flatnonzero(corners == -1)
    return np.diff(ends, prepend=-1) - 1, as_indices(corners[corners != -1], count, what)


def _add_attributes(arrays: ScanArrays, found: dict[str, list[Array]], vertices: Array) -> None:
    """Add uv, colours and normals where they belong to the points."""
    count = len(arrays["points"])
    if found["uv"]:
        uv = _rows(found["uv"][0], 2, "texture coordinates")
        if found["uv corners"]:
            _, corners = _polygons(found["uv corners"][0], len(uv), "texCoordIndex")
            if len(corners) != len(vertices):
                raise FormatError("texCoordIndex and coordIndex of the VRML file differ in length")
            arrays["uv"] = per_vertex(count, vertices, uv[corners], "uv", arrays["warnings"])
        elif len(uv) == count:
            arrays["uv"] = uv
    for name in ("colors", "normals"):
        values = _rows(found[name][0], 3, name) if found[name] else np.empty((0, 3))
        if len(values) == count:
            arrays[name] = as_colors(values) if name == "colors" else values
