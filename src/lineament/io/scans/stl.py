"""STL, ascii and binary: https://paulbourke.net/dataformats/stl/.

A soup of T triangles: the format repeats a vertex in every triangle, and so does the scan.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from lineament.errors import FormatError, InputError
from lineament.io.scans.arrays import Array, ScanArrays, single
from lineament.io.scans.text import clean, numbers
from lineament.types import Scan

HEADER = 80
TRIANGLE = np.dtype([("normal", "<f4", (3,)), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
SOUP = "STL repeats each vertex in every triangle; the order of points carries no identity"
SOLID = re.compile(rb"\s*solid\b[^\n]*(?:\n|$)", re.IGNORECASE)
ENDSOLID = re.compile(rb"endsolid\b[^\n]*(?:\n\s*solid\b[^\n]*)?")
WORDS = {b"endfacet": 1, b"endloop": 1, b"facet": 1, b"normal": 1, b"outer": 1, b"loop": 1, b"vertex": 3}
"""How often each word stands in a facet; a word comes before those that it contains."""


def read_stl(data: bytes, path: Path) -> ScanArrays:
    """Read an STL file; point 3 t + k is corner k of triangle t, as in the file.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Not used.

    Returns
    -------
    ScanArrays
        `points (3 T, 3)`, `triangles (T, 3)`. Normals of facets are not points' normals and are left out.

    Raises
    ------
    FormatError
        The file is cut off, longer than it says, or not STL.
    """
    count = int.from_bytes(data[HEADER : HEADER + 4], "little") if len(data) >= HEADER + 4 else -1
    if count >= 0 and len(data) == HEADER + 4 + count * TRIANGLE.itemsize:
        # binary files may begin with 'solid' too, so the size decides first
        corners: Array = np.frombuffer(data, TRIANGLE, offset=HEADER + 4)["corners"].reshape(-1, 3)
    elif SOLID.match(data):
        corners = _read_ascii(clean(data))
    elif count < 0:
        raise FormatError(f"a binary STL file has at least {HEADER + 4} bytes, this one has {len(data)}")
    else:
        raise FormatError(
            f"the STL header promises {count} triangles, {HEADER + 4 + count * TRIANGLE.itemsize} bytes, "
            f"but the file has {len(data)}; it is cut off or damaged"
        )
    triangles = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    return ScanArrays(points=single(corners), triangles=triangles, warnings=[SOUP])


def _read_ascii(text: bytes) -> Array:
    """Return the corners of all facets, (3 T, 3)."""
    start = SOLID.match(text)
    body = text[start.end() if start else 0 :].lower()
    if not body.rstrip().rpartition(b"\n")[2].strip().startswith(b"endsolid"):
        raise FormatError("the STL text does not end with 'endsolid'; the file is cut off or damaged")
    body = ENDSOLID.sub(b"", body)
    count = body.count(b"endfacet")
    for word, times in WORDS.items():
        found = body.count(word)
        if found != times * count:
            raise FormatError(f"the STL text has {found} of {word.decode()!r} for {count} facets; it is damaged")
        body = body.replace(word, b"")
    values = numbers(body)
    if len(values) != 12 * count:
        raise FormatError(f"the STL text has {len(values)} numbers for {count} facets, expected 12 each")
    # the first three numbers of a facet are its normal
    return values.reshape(-1, 4, 3)[:, 1:].reshape(-1, 3)


def write_stl(scan: Scan, ascii: bool) -> bytes:
    """Return the bytes of an STL file, which holds triangles only.

    Parameters
    ----------
    scan : Scan
    ascii : bool

    Raises
    ------
    InputError
        The scan has no triangles.
    """
    if scan.triangles is None or not len(scan.triangles):
        raise InputError("STL holds triangles only and the scan has none; write PLY or XYZ")
    corners = scan.points[scan.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    with np.errstate(invalid="ignore", divide="ignore"):
        normals = np.nan_to_num(normals / np.linalg.norm(normals, axis=1, keepdims=True))
    if not ascii:
        facets = np.zeros(len(corners), TRIANGLE)
        facets["normal"], facets["corners"] = normals, corners
        return b"written by Lineament".ljust(HEADER) + len(corners).to_bytes(4, "little") + facets.tobytes()
    vertex = "vertex %.9g %.9g %.9g\n"
    facet = "facet normal %.9g %.9g %.9g\nouter loop\n" + vertex * 3 + "endloop\nendfacet\n"
    rows = np.concatenate([normals, corners.reshape(-1, 9)], axis=1).tolist()
    return ("solid lineament\n" + "".join([facet % tuple(row) for row in rows]) + "endsolid lineament\n").encode()
