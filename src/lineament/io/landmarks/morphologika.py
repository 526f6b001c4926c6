"""Morphologika files, `.txt`: the points of several specimens, by order, as geomorph and SlicerMorph read them.

Written: the sections `[individuals]`, `[landmarks]`, `[dimensions]`, `[names]` and `[rawpoints]`, in which a line with
the name behind an apostrophe stands before each specimen's points. The format has no names of points.

Read: the same sections; others, such as `[labels]` and `[wireframe]`, are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.check import check_finite, check_shape
from lineament.errors import FormatError, InputError
from lineament.io.atomic import atomic_write
from lineament.io.landmarks.text import decimal, is_line, parse_count, parse_row, read_lines, show
from lineament.io.landmarks.tps import MAX_BYTES, MAX_LINES

SUFFIX = ".txt"


def write_morphologika(specimens: Mapping[str, npt.NDArray[Any]], path: str | PathLike[str]) -> Path:
    """Write specimens to one file.

    Parameters
    ----------
    specimens : mapping of str to (P, 3) float
        By name; all with the same number of points.
    path : path-like

    Raises
    ------
    InputError
        The specimens differ in their number of points, a value is not finite, a name is not one line of text without
        an apostrophe, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != SUFFIX:
        raise InputError(f"cannot write {path}: Morphologika files end in {SUFFIX}")
    if not specimens:
        raise InputError(f"cannot write {path}: there are no specimens")
    count = len(next(iter(specimens.values())))
    lines = []
    for name, points in specimens.items():
        # Readers take every line with an apostrophe for the beginning of a specimen.
        if not name or not is_line(name) or "'" in name:
            raise InputError(f"cannot write {path}: the name {show(name)} is not one line of text without apostrophe")
        check_shape(points, f"{count} 3", f"points of {name}")
        check_finite(points, f"points of {name}")
        lines += ["", f"'{name}", *(" ".join(map(decimal, xyz)) for xyz in points)]
    head = ["[individuals]", str(len(specimens)), "[landmarks]", str(count), "[dimensions]", "3"]
    text = "\n".join([*head, "[names]", *specimens, "[rawpoints]", *lines])
    with atomic_write(path) as file:
        file.write((text + "\n").encode("utf-8"))
    return path


def read_morphologika(path: str | PathLike[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Read the specimens of a file, by name in its order, each (P, 3) float64.

    Raises
    ------
    InputError
        There is no such file.
    FormatError
        The file is truncated or damaged, or its points are not in 3D.
    """
    path = Path(path)
    sections: dict[str, list[str]] = {}
    rows: list[str] = []
    for line in map(str.strip, read_lines(path, MAX_BYTES, MAX_LINES)):
        if line.startswith("[") and line.endswith("]"):
            rows = sections.setdefault(line[1:-1].lower(), [])
        elif line:
            rows.append(line)
    people, count, dimensions = (_number(sections, name, path) for name in ("individuals", "landmarks", "dimensions"))
    if dimensions != 3:
        raise FormatError(f"{path}: {dimensions} dimensions, expected 3")
    names = sections.get("names", [])
    raw = [line for line in sections.get("rawpoints", []) if not line.startswith("'")]
    if len(names) != people or len(set(names)) != people:
        raise FormatError(f"{path}: found {len(set(names))} different names for {people} individuals")
    if len(raw) != people * count:
        raise FormatError(f"{path}: found {len(raw)} points, expected {people} x {count}; truncated?")
    points = np.array([parse_row(line.split(), f"{path}: {show(line)}") for line in raw])
    return dict(zip(names, points.reshape(people, count, 3), strict=True))


def _number(sections: Mapping[str, list[str]], name: str, path: Path) -> int:
    rows = sections.get(name, [])
    if len(rows) != 1:
        raise FormatError(f"{path}: found {len(rows)} lines under [{name}], expected a number")
    return parse_count(rows[0], f"{path}: [{name}]")
