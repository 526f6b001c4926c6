"""Wavefront OBJ: https://paulbourke.net/dataformats/obj/.

Runs of lines of one kind are cut out of the text and parsed in bulk.
Symbols: N points, P polygons, C corners of all polygons.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lineament.errors import FormatError
from lineament.io.scans.arrays import (
    Array,
    ScanArrays,
    as_colors,
    as_indices,
    fan,
    fan_with_warning,
    per_vertex,
    single,
)
from lineament.io.scans.text import (
    BLANK,
    NEWLINE,
    clean,
    numbers,
    quote,
    token_starts,
    tokens_per_line,
    warn_unfinished,
    write_rows,
)
from lineament.types import Scan

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]

SKIPPED = frozenset(
    b"vp g o s l p mg usemtl mtllib usemap maplib cstype deg bmat step curv curv2 surf parm trim hole scrv sp end "
    b"con lod bevel c_interp d_interp shadow_obj trace_obj ctech stech call csh".split()
)
"""Statements of the format that carry no points or triangles."""
SLASH = ord("/")


@dataclass(frozen=True, slots=True)
class _Lines:
    """The text as bytes, and where each line starts, its first word ends, and it ends."""

    text: Bytes
    rest: bytes
    """The text with blanks in place of first words, as far as these are of one or two letters."""
    start: Places
    word_end: Places
    end: Places
    number: Places
    """Place of each line among all, blank ones included."""

    def having(self, word: bytes) -> Places:
        """Return the numbers of the lines that begin with `word`."""
        same = np.flatnonzero(self.word_end - self.start == len(word))
        for i, letter in enumerate(word):
            same = same[self.text[self.start[same] + i] == letter]
        return same

    def block(self, rows: Places) -> bytes:
        """Return the given lines without their first word, each with its line end."""
        if not rows.size:
            return b""
        first = np.flatnonzero(np.diff(self.number[rows], prepend=-2) != 1)
        last = np.append(first[1:], len(rows)) - 1
        begin, stop = self.word_end[rows[first]].tolist(), (self.end[rows[last]] + 1).tolist()
        return b"".join([self.rest[a:b] for a, b in zip(begin, stop, strict=True)])


def read_obj(data: bytes, path: Path) -> ScanArrays:
    """Read an OBJ file: n-gons as fans, negative indices, `v x y z r g b`, groups, continued lines.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Not used; materials are not read.

    Returns
    -------
    ScanArrays
        `uv` and `normals` only where no vertex has several; otherwise a warning.

    Raises
    ------
    FormatError
        There is no vertex, a number cannot be read, an index is out of range, a line is no OBJ statement.
    """
    lines = _split(data)
    v, vt, vn, f = (lines.having(word) for word in (b"v", b"vt", b"vn", b"f"))
    warnings: list[str] = []
    warn_unfinished(data, warnings)
    _check_statements(lines, np.concatenate([v, vt, vn, f]), warnings)
    if not v.size:
        raise FormatError(f"the file holds no OBJ vertex ('v x y z'); it begins with {quote(data)}")
    points, colors = _vertices(lines.block(v), warnings)
    uv, normals = _columns(lines.block(vt), 2, "vt"), _columns(lines.block(vn), 3, "vn")
    arrays = ScanArrays(points=points, colors=colors, warnings=warnings)
    if f.size:
        before = tuple(np.searchsorted(rows, f) for rows in (v, vt, vn))
        counts, corners = _faces(lines.block(f), before)
        vertex = as_indices(corners[0], len(points))
        arrays["triangles"] = fan_with_warning(counts, vertex, warnings)
        arrays["uv"] = _of_corners(vertex, corners[1], uv, len(points), "uv", warnings)
        arrays["normals"] = _of_corners(vertex, corners[2], normals, len(points), "normals", warnings)
    else:
        arrays["uv"] = uv if len(uv) == len(points) else None
        arrays["normals"] = normals if len(normals) == len(points) else None
    return arrays


def read_obj_uv(data: bytes) -> npt.NDArray[np.float32] | None:
    """Return the uv of each corner of the triangles that `read_obj` returns, seams included, (T, 3, 2).

    None where not every corner has one.

    Raises
    ------
    FormatError
        As `read_obj`.
    """
    lines = _split(data)
    v, vt, vn, f = (lines.having(word) for word in (b"v", b"vt", b"vn", b"f"))
    if not f.size:
        return None
    uv = _columns(lines.block(vt), 2, "vt")
    counts, corners = _faces(lines.block(f), tuple(np.searchsorted(rows, f) for rows in (v, vt, vn)))
    if corners[1] is None:
        return None
    corner = as_indices(corners[1], len(uv), "uv of faces")
    found: npt.NDArray[np.float32] = uv[corner[fan(counts, np.arange(len(corner)))]]
    return found


def _split(data: bytes) -> _Lines:
    """Find the lines that hold anything; continued lines become one."""
    text = re.sub(rb"\\[ \t]*\n", b" ", clean(data, b"#")) if b"\\" in data else clean(data, b"#")
    cells = np.frombuffer(text if text.endswith(b"\n") else text + b"\n", np.uint8)
    ends = np.flatnonzero(cells == NEWLINE)
    words = token_starts(cells.tobytes())
    first = np.searchsorted(words, np.concatenate([[0], ends[:-1] + 1]))
    full = first < np.append(first[1:], len(words))
    start, end = words[first[full]], ends[full]
    blanks = np.flatnonzero(cells <= BLANK)
    word_end = blanks[np.searchsorted(blanks, start)]
    rest = cells.copy()
    rest[start] = BLANK
    rest[start[word_end - start == 2] + 1] = BLANK
    return _Lines(cells, rest.tobytes(), start, word_end, end, np.flatnonzero(full))


def _check_statements(lines: _Lines, known: Places, warnings: list[str]) -> None:
    """Refuse lines that are no statement at all; tell of those that OBJ does not know."""
    other = np.ones(len(lines.start), np.bool_)
    other[known] = False
    text, unknown = lines.text, set()
    for row in np.flatnonzero(other):
        word = text[lines.start[row] : lines.word_end[row]].tobytes()
        if word in SKIPPED:
            continue
        if not re.fullmatch(rb"[a-eg-uw-z][a-z_]*", word):
            # a damaged v line would shift the index of every later vertex, so it is not passed over
            line = text[lines.start[row] : lines.end[row]].tobytes()
            raise FormatError(f"the file holds a line that is no OBJ statement: {quote(line)}")
        unknown.add(word.decode("ascii"))
    if unknown:
        warnings.append(f"unknown statements were passed over: {', '.join(sorted(unknown)[:5])}")


def _vertices(block: bytes, warnings: list[str]) -> tuple[Array, Array | None]:
    """Return points and colours of rows `x y z`, `x y z w`, `x y z r g b` or `x y z w r g b`."""
    counts = tokens_per_line(block)
    values = numbers(block)
    if not np.isin(counts, (3, 4, 6, 7)).all():
        row = int(np.flatnonzero(~np.isin(counts, (3, 4, 6, 7)))[0])
        raise FormatError(f"vertex {row + 1} of the file has {counts[row]} numbers, expected x y z or x y z r g b")
    if (counts == counts[0]).all():
        rows = values.reshape(-1, counts[0])
        return single(rows[:, :3]), as_colors(rows[:, -3:]) if counts[0] >= 6 else None
    warnings.append("only some vertices have colours, so colours are left out")
    starts = np.cumsum(counts) - counts
    return single(values[starts[:, None] + np.arange(3)]), None


def _columns(block: bytes, width: int, word: str) -> npt.NDArray[np.float32]:
    """Return the first `width` numbers of each `vt` or `vn` row."""
    counts = tokens_per_line(block) if block else np.empty(0, np.intp)
    if (counts < width).any():
        raise FormatError(f"a {word!r} line has {counts.min()} numbers, expected {width}")
    if not counts.size:
        return np.empty((0, width), np.float32)
    starts = np.cumsum(counts) - counts
    return single(numbers(block)[starts[:, None] + np.arange(width)])


def _faces(block: bytes, before: tuple[Places, ...]) -> tuple[Places, tuple[Array, Array | None, Array | None]]:
    """Parse face rows.

    Parameters
    ----------
    block : bytes
        One line a polygon, corners as `v`, `v/vt`, `v//vn` or `v/vt/vn`.
    before : three (P,) int
        How many v, vt and vn lines precede each polygon: a negative index counts back from there.

    Returns
    -------
    counts : (P,) int
    corners : three (C,) int64 from 0
        Indices of v, vt and vn; the latter two None where no corner, or not every one, has them.
    """
    counts = tokens_per_line(block)
    cells = np.frombuffer(block, np.uint8)
    starts = token_starts(block)
    if b"/" not in block:
        found: list[Array | None] = [numbers(block, np.int64), None, None]
    else:
        slashes = np.add.reduceat((cells == SLASH).astype(np.int8), starts)
        double = np.add.reduceat(((cells[:-1] == SLASH) & (cells[1:] == SLASH)).astype(np.int8), starts)
        columns = {(0, 0): (0,), (1, 0): (0, 1), (2, 1): (0, 2), (2, 0): (0, 1, 2)}.get((slashes[0], double[0]))
        found = [None, None, None]
        if columns and (slashes == slashes[0]).all() and (double == double[0]).all():
            values = numbers(block.replace(b"/", b" "), np.int64)
            if len(values) != len(starts) * len(columns):
                raise FormatError("a face has a corner that is not of the form v, v/vt, v//vn or v/vt/vn")
            for column, name in enumerate(columns):
                found[name] = values.reshape(-1, len(columns))[:, column]
        else:
            found = _mixed_corners(block)
    v, vt, vn = (
        None if indices is None else _from_zero(indices, np.repeat(lines, counts))
        for indices, lines in zip(found, before, strict=True)
    )
    if v is None:
        raise FormatError("a face has a corner without a vertex")
    return counts, (v, vt, vn)


def _from_zero(indices: Array, before: Array) -> Array:
    if (indices == 0).any():
        raise FormatError("a face has index 0; the indices of an OBJ file begin at 1")
    return np.where(indices < 0, indices + before, indices - 1)


def _mixed_corners(block: bytes) -> list[Array | None]:
    """Parse corners of several forms; `v//` and `v/` count as `v`."""
    columns: list[list[int]] = [[], [], []]
    for token in block.split():
        parts = [*token.split(b"/"), b"", b""][:3]
        if token.count(b"/") > 2 or not all(re.fullmatch(rb"[-+]?\d{1,18}", part) for part in parts if part):
            raise FormatError(f"a face has a corner {quote(token)}, expected v, v/vt, v//vn or v/vt/vn")
        if not parts[0]:
            raise FormatError(f"a face has a corner {quote(token)} without a vertex")
        for column, part in zip(columns, parts, strict=True):
            if part:
                column.append(int(part))
    whole = len(columns[0])
    return [np.array(column, np.int64) if len(column) == whole else None for column in columns]


def _of_corners(
    vertex: Array, corner: Array | None, values: npt.NDArray[np.float32], count: int, name: str, warnings: list[str]
) -> npt.NDArray[np.float32] | None:
    if corner is None:
        if len(values):
            warnings.append(f"not every corner of the faces has {name}, so {name} are left out")
        return None
    corner = as_indices(corner, len(values), f"{name} of faces")
    if len(values) == count and np.array_equal(corner, vertex):
        # one value to each vertex, those without a face included
        return values
    return per_vertex(count, vertex, values[corner], name, warnings)


def write_obj(scan: Scan, ascii: bool) -> bytes:
    """Return the bytes of an OBJ file; colours follow the coordinates as numbers from 0 to 1.

    Parameters
    ----------
    scan : Scan
    ascii : bool
        Not used; an OBJ file is always text.
    """
    columns: list[tuple[str, Array]] = [("%.9g", scan.points)]
    if scan.colors is not None:
        columns.append(("%.6g", scan.colors / 255.0))
    parts = [b"# written by Lineament\n", write_rows(columns, "v ")]
    corner = "%d"
    if scan.uv is not None:
        parts.append(write_rows([("%.9g", scan.uv)], "vt "))
    if scan.normals is not None:
        parts.append(write_rows([("%.9g", scan.normals)], "vn "))
    if scan.triangles is not None:
        places = 1 + (scan.uv is not None) + (scan.normals is not None)
        corner = {1: "%d", 3: "%d/%d/%d"}.get(places, "%d/%d" if scan.normals is None else "%d//%d")
        one = scan.triangles.astype(np.int64) + 1
        parts.append(write_rows([(corner, one)], "f ") if places == 1 else _face_rows(one, corner, places))
    return b"".join(parts)


def _face_rows(triangles: Array, corner: str, places: int) -> bytes:
    line = "f " + " ".join([corner] * 3) + "\n"
    return "".join([line % tuple(row) for row in np.repeat(triangles, places, axis=1).tolist()]).encode("ascii")
