"""Two formats with the suffix `.pts`; read only.

IDAV Landmark Editor, in 3D and the mesh's own frame: `Version 1.0`, a count, rows `S0000 x y z`; 9999 in all three
coordinates is a missing point. iBUG and menpo, in image pixels counted from 1: `version: 1`, `n_points: 68`, rows
`x y` in braces; they come out as x, y, 0 (a third coordinate is kept), with the file's numbers, called by their
places from 1. Nothing is dropped.
"""

from __future__ import annotations

import re
from pathlib import Path

from lineament.errors import FormatError
from lineament.io.landmarks.text import (
    MISSING,
    parse_count,
    parse_row,
    read_lines,
    show,
    split_cells,
    to_landmarks,
)
from lineament.types import Landmarks

_MISSING_CODE = 9999.0

_Lines = list[tuple[int, str]]


def read_pts(path: Path) -> Landmarks:
    """Read either format; braces tell iBUG's."""
    lines = [(place, line.strip()) for place, line in enumerate(read_lines(path), 1) if line.strip()]
    if any(line == "{" for _, line in lines[:8]):
        return _read_ibug(lines, path)
    return _read_idav(lines, path)


def _read_ibug(lines: _Lines, path: Path) -> Landmarks:
    texts = [line for _, line in lines]
    first = texts.index("{")
    found = [match for text in texts[:first] if (match := re.fullmatch(r"n_points\s*:\s*(\S+)", text))]
    if len(found) != 1:
        raise FormatError(f"{path}: expected one line 'n_points: <count>' before the brace")
    count = parse_count(found[0][1], f"{path}: n_points")
    if texts[-1] != "}" or len(lines) - first - 2 != count:
        raise FormatError(
            f"{path}: n_points is {count}, but {len(lines) - first - 1} lines follow the brace, expected "
            f"{count} points and a closing brace; truncated?"
        )
    rows = [(f"{path}: line {place}", line.split()) for place, line in lines[first + 1 : -1]]
    if len({len(cells) for _, cells in rows}) > 1:
        raise FormatError(f"{path}: some points are in 2D and some in 3D")
    return to_landmarks(
        path, ("",) * count, [parse_row(cells if len(cells) != 2 else [*cells, "0"], where) for where, cells in rows]
    )


def _read_idav(lines: _Lines, path: Path) -> Landmarks:
    if len(lines) < 2 or not re.fullmatch(r"version\s+1(\.0)?", lines[0][1], re.IGNORECASE):
        raise FormatError(
            f"{path}: begins with {show(lines[0][1])}, expected 'Version 1.0' and a count, or 'version: 1'"
        )
    count = parse_count(lines[1][1], f"{path}: line {lines[1][0]}")
    if len(lines) - 2 != count:
        raise FormatError(f"{path}: declares {count} points, but {len(lines) - 2} lines follow; truncated?")
    names, rows = [], []
    for place, line in lines[2:]:
        name, *cells = split_cells(line, " ", f"{path}: line {place}")
        row = parse_row(cells, f"{path}: line {place}")
        names.append(name)
        rows.append(MISSING if row == (_MISSING_CODE,) * 3 else row)
    return to_landmarks(path, names, rows)
