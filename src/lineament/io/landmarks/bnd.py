"""Landmarks of the BU-3DFE database, `.bnd`: 83 points; read only, in the frame of the paired `_F3D.wrl`.

The format has no names: points are called 1 to 83 (1-8 one eye, 9-16 the other, 17-26 and 27-36 the brows, 37-48 the
nose, 49-68 the mouth, 69-83 the chin and the contour). The index of the scan's vertex, from 0, becomes the
description `vertex 1234`.
"""

from __future__ import annotations

from pathlib import Path

from lineament.errors import FormatError
from lineament.io.landmarks.text import parse_count, parse_row, read_lines, to_landmarks
from lineament.types import Landmarks

COUNT = 83


def read_bnd(path: Path) -> Landmarks:
    """Read 83 lines of a vertex index and its coordinates."""
    lines = [(place, line.split()) for place, line in enumerate(read_lines(path), 1) if line.strip()]
    if len(lines) != COUNT:
        raise FormatError(f"{path}: holds {len(lines)} points, expected {COUNT}; truncated?")
    rows = [parse_row(cells[1:], f"{path}: line {place}") for place, cells in lines]
    vertices = [parse_count(cells[0], f"{path}: line {place}") for place, cells in lines]
    return to_landmarks(path, ("",) * COUNT, rows, descriptions=tuple(f"vertex {index}" for index in vertices))
