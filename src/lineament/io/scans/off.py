"""OFF, COFF, NOFF, STOFF and their mixtures: http://www.geomview.org/docs/html/OFF.html."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from lineament.errors import FormatError
from lineament.io.scans.arrays import Array, ScanArrays, as_colors, as_indices, fan_with_warning, single
from lineament.io.scans.text import clean, numbers, quote, warn_unfinished, write_rows
from lineament.types import Scan

HEADER = re.compile(rb"\s*(ST)?(C)?(N)?OFF\b[ \t]*(BINARY)?")


def read_off(data: bytes, path: Path) -> ScanArrays:
    """Read an OFF file, with colours (C), normals (N) and uv (ST) of its vertices.

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
        The header is malformed, rows are missing or left over, an index is out of range.
    """
    text = clean(data, b"#")
    header = HEADER.match(text)
    if header is None or header[4]:
        kind = "the OFF file is binary; export it as text" if header else f"no OFF file begins with {quote(data)}"
        raise FormatError(kind)
    lines = [line for line in text[header.end() :].split(b"\n") if line.strip()]
    sizes = lines[0].split() if lines else []
    if len(sizes) not in (2, 3) or not all(re.fullmatch(rb"\d{1,18}", size) for size in sizes):
        raise FormatError(f"the OFF header gives {quote(lines[0] if lines else b'')}, expected 'vertices faces edges'")
    vertices, faces = int(sizes[0]), int(sizes[1])
    if vertices + faces != len(lines) - 1:
        raise FormatError(
            f"the OFF header promises {vertices} vertices and {faces} faces, but {len(lines) - 1} rows follow; "
            "the file is cut off or damaged"
        )
    arrays = _vertices(lines[1 : 1 + vertices], header)
    warn_unfinished(data, arrays["warnings"])
    if faces:
        arrays["triangles"] = _triangles(lines[1 + vertices :], vertices, arrays["warnings"])
    return arrays


def _vertices(lines: list[bytes], header: re.Match[bytes]) -> ScanArrays:
    """Return the vertex columns: x y z, then a normal, a colour and uv as the header says."""
    texture, color, normal = header[1], header[2], header[3]
    values = numbers(b"\n".join(lines))
    width = len(values) // len(lines) if lines else 3
    others = 3 + 3 * bool(normal) + 2 * bool(texture)
    allowed = {others + 3, others + 4} if color else {others}
    if not color and width in (6, 7) and not (normal or texture):
        # many programs write colours without saying COFF
        color, allowed = b"C", {6, 7}
    if lines and (width not in allowed or any(len(line.split()) != width for line in lines)):
        raise FormatError(
            f"a vertex row of the OFF file should have {' or '.join(map(str, sorted(allowed)))} numbers; "
            "some row is shorter or longer"
        )
    rows = values.reshape(-1, width)
    arrays = ScanArrays(points=single(rows[:, :3]), warnings=[])
    if normal:
        arrays["normals"] = single(rows[:, 3:6])
    if texture:
        arrays["uv"] = single(rows[:, -2:])
    if color:
        start = 6 if normal else 3
        levels = rows[:, start : start + 3]
        written = b" ".join(lines[:1]).split()[start : start + 3]
        # 1 is the darkest byte, 1.0 is full intensity
        decimal = any(b"." in word for word in written) or (levels != np.floor(levels)).any()
        arrays["colors"] = as_colors(levels, 1.0 if decimal else 255.0)
    return arrays


def _triangles(lines: list[bytes], vertices: int, warnings: list[str]) -> Array:
    """Return the faces as triangles; a colour behind the corners is passed over."""
    first = lines[0].split(None, 1)[0]
    if first == b"3" and all(line.split(None, 1)[0] == b"3" for line in lines):
        values = numbers(b"\n".join(lines))
        width = len(values) // len(lines)
        if width == 4 and len(values) == 4 * len(lines) and (values[::4] == 3).all():
            return as_indices(values.reshape(-1, 4)[:, 1:], vertices)
    counts, corners = [], []
    for line in lines:
        words = line.split()
        if not re.fullmatch(rb"\d{1,9}", words[0]) or len(words) < 1 + int(words[0]):
            raise FormatError(f"the OFF file has a face row {quote(line)} that is cut off or damaged")
        counts.append(int(words[0]))
        corners += words[1 : 1 + counts[-1]]
    return fan_with_warning(np.array(counts), as_indices(numbers(b" ".join(corners)), vertices), warnings)


def write_off(scan: Scan, ascii: bool) -> bytes:
    """Return the bytes of an OFF file: points, normals, colours, uv and triangles.

    Parameters
    ----------
    scan : Scan
    ascii : bool
        Not used; the file is always text.
    """
    columns: list[tuple[str, Array]] = [("%.9g", scan.points)]
    name = "OFF"
    if scan.normals is not None:
        name, columns = "N" + name, [*columns, ("%.9g", scan.normals)]
    if scan.colors is not None:
        opaque = np.full((len(scan), 1), 255, np.uint8)
        name, columns = "C" + name, [*columns, ("%d", np.concatenate([scan.colors, opaque], axis=1))]
    if scan.uv is not None:
        name, columns = "ST" + name, [*columns, ("%.9g", scan.uv)]
    triangles = np.empty((0, 3), np.int32) if scan.triangles is None else scan.triangles
    header = f"{name}\n{len(scan)} {len(triangles)} 0\n".encode()
    return header + write_rows(columns) + write_rows([("%d", triangles)], "3 ")
