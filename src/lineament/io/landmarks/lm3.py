"""Landmarks of the Bosphorus database, `.lm3`; read only, in the scanner's frame.

Points are found by their labels, of which the file leaves out the absent ones. Dropped: comments.
"""

from __future__ import annotations

import re
from pathlib import Path

from lineament.errors import FormatError
from lineament.io.landmarks.text import parse_count, parse_row, read_lines, show, to_landmarks
from lineament.types import Landmarks


def read_lm3(path: Path) -> Landmarks:
    """Read labels and coordinates, which take turns; the first line tells their number."""
    lines = [(i, line.strip()) for i, line in enumerate(read_lines(path), 1) if line.strip()]
    lines = [(place, line) for place, line in lines if not line.startswith("#")]
    if not lines:
        raise FormatError(f"{path}: holds no landmarks")
    (place, first), *body = lines
    match = re.fullmatch(r"([0-9]+)\s+landmarks?\s*:?", first, re.IGNORECASE)
    if not match:
        raise FormatError(f"{path}: line {place}: found {show(first)}, expected a count such as '22 Landmarks'")
    count = parse_count(match[1], f"{path}: line {place}")
    if len(body) != 2 * count:
        raise FormatError(f"{path}: declares {count} landmarks, but {len(body)} lines follow, expected {2 * count}")
    names = [label for _, label in body[::2]]
    rows = [parse_row(line.split(), f"{path}: line {place}") for place, line in body[1::2]]
    return to_landmarks(path, names, rows)
