"""Tables of landmarks: Lineament's `.csv`, 3D Slicer's control-point tables, and loose tables of x, y, z.

Written: `# unit=mm frame=scan set=ibug68` (`unit=unknown` where it is), a header `name,x,y,z`, then as needed the
columns `sigma_mm`, `visible` (1 or 0) and `description`; a missing point has empty coordinates. Nothing is dropped.

Read: columns separated by commas, semicolons, tabs or blanks; a header with x,y,z, l,p,s or r,a,s in any place, or
none with the name first, last or absent; lines that begin with `#` are comments; empty cells, `NA` or `nan` in all
three coordinates are a missing point. Slicer's tables are in mm, r,a,s is turned into LPS, and their columns
selected, visible (on display) and locked are dropped, as are columns with other titles.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from lineament.errors import FormatError
from lineament.io.landmarks.text import (
    MISSING,
    Row,
    decimal,
    join_cells,
    lps_from_ras,
    missing,
    parse_number,
    parse_row,
    read_lines,
    show,
    split_cells,
    to_landmarks,
    write_text,
)
from lineament.types import MILLIMETRES, Landmarks

_SYSTEMS = (("x", "y", "z"), ("l", "p", "s"), ("r", "a", "s"))
_NAMES = ("name", "label", "landmark", "point", "id", "")
_FACTS = re.compile(r"#\s*unit=(\S+)(?:\s+mm_per_unit=(\S+))?(?:\s+frame=(\S+))?(?:\s+set=(.*))?$")


def read_csv(path: Path) -> Landmarks:
    """Read a table of landmarks."""
    lines = read_lines(path)
    unit, mm_per_unit, set_name = _facts(lines, path)
    table = [(place, line) for place, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if not table:
        raise FormatError(f"{path}: holds no landmarks")
    delimiter = next((mark for mark in "\t;," if mark in table[0][1]), " ")
    cells = [split_cells(line, delimiter, f"{path}: line {place}") for place, line in table]
    places = [place for place, _ in table]
    columns = _header(cells[0], path)
    if columns:
        cells, places = cells[1:], places[1:]
        if cells and len(cells[0]) == len(columns) + 1 and "name" not in columns:
            columns = ["name", *columns]  # R leaves out the title of its row names
    else:
        columns = _columns(cells, path)
    for place, row in zip(places, cells, strict=True):
        if len(row) != len(columns):
            raise FormatError(f"{path}: line {place}: found {len(row)} fields, expected {len(columns)}; truncated?")

    system = next(axes for axes in _SYSTEMS if set(axes) <= set(columns))
    by_name = {name: [row[columns.index(name)] for row in cells] for name in columns}
    rows = [
        _row(values, f"{path}: line {place}", system)
        for place, *values in zip(places, *(by_name[axis] for axis in system), strict=True)
    ]
    slicer = system != ("x", "y", "z")
    if slicer and "defined" in by_name:
        flags = _flags(by_name["defined"], f"{path}: column defined")
        rows = [row if flag else MISSING for row, flag in zip(rows, flags, strict=True)]
    visible = ~np.isnan(np.array(rows).reshape(-1, 3)).any(axis=1)
    if not slicer and "visible" in by_name:
        visible &= _flags(by_name["visible"], f"{path}: column visible")
    return to_landmarks(
        path,
        next((by_name[name] for name in _NAMES if name in by_name), [""] * len(rows)),
        rows,
        sigma=_sigma(by_name["sigma_mm"], path) if "sigma_mm" in by_name else None,
        visible=visible,
        unit="mm" if slicer and unit is None and mm_per_unit is None else unit,
        mm_per_unit=mm_per_unit,
        set_name=set_name,
        descriptions=tuple(by_name.get("description", ())),
    )


def _facts(lines: list[str], path: Path) -> tuple[str | None, float | None, str]:
    """Return unit, millimetres in it, and the set's name from the comment line that states them."""
    found = next((match for line in lines if (match := _FACTS.match(line.strip()))), None)
    if found is None:
        return None, None, ""
    unit, scale, frame, set_name = found.groups()
    if unit != "unknown" and unit not in MILLIMETRES:
        raise FormatError(f"{path}: unit={show(unit)}, expected unknown or one of {', '.join(MILLIMETRES)}")
    if frame not in (None, "scan"):
        raise FormatError(f"{path}: frame={show(frame)}, expected frame=scan")
    mm_per_unit = None if scale is None else parse_number(scale, f"{path}: mm_per_unit")
    if mm_per_unit is not None and mm_per_unit <= 0:
        raise FormatError(f"{path}: mm_per_unit={show(scale)}, expected more than 0")
    return None if unit == "unknown" else unit, mm_per_unit, (set_name or "").strip()


def _header(cells: list[str], path: Path) -> list[str] | None:
    """Return the columns' titles, or None where the first line is data."""
    titles = [cell.lower() for cell in cells]
    if any(set(axes) <= set(titles) for axes in _SYSTEMS):
        if len(set(titles)) != len(titles):
            raise FormatError(f"{path}: two columns have the same title")
        return titles
    return None


def _columns(table: list[list[str]], path: Path) -> list[str]:
    """Tell the columns of a table without a header."""
    width = len(table[0])
    if width == 3:
        return ["x", "y", "z"]
    if width == 4:
        if not any(_is_value(row[0]) for row in table if row):
            return ["name", "x", "y", "z"]
        if not any(_is_value(row[-1]) for row in table if row):
            return ["x", "y", "z", "name"]
        first = [row[0] for row in table if row]
        if first in ([str(i) for i in range(len(first))], [str(i + 1) for i in range(len(first))]):
            return ["name", "x", "y", "z"]
    raise FormatError(f"{path}: cannot tell its {width} columns; begin with a header such as name,x,y,z")


def _is_value(cell: str) -> bool:
    """Return whether a cell may be a coordinate rather than a name."""
    return cell.lower() in ("", "na", "nan") or re.fullmatch(r"[-+.0-9][-+.0-9eE]*", cell) is not None


def _row(cells: list[str], where: str, system: tuple[str, str, str]) -> Row:
    """Return a point in LPS or in the file's own frame."""
    if all(cell.lower() in ("", "na", "nan") for cell in cells):
        return MISSING
    row = parse_row(cells, where)
    return lps_from_ras(row) if system == ("r", "a", "s") else row


def _flags(cells: list[str], where: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Parse a column of 1 and 0, or true and false."""
    for cell in cells:
        if cell.lower() not in ("1", "0", "true", "false"):
            raise FormatError(f"{where}: found {show(cell)}, expected 1 or 0")
    return np.array([cell.lower() in ("1", "true") for cell in cells], dtype=np.bool_)


def _sigma(cells: list[str], path: Path) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Parse the expected errors; NaN where empty."""
    values = [float("nan") if not cell else parse_number(cell, f"{path}: sigma_mm") for cell in cells]
    if any(value < 0 for value in values):
        raise FormatError(f"{path}: sigma_mm holds a negative number, expected 0 or more")
    return np.array(values, dtype=np.float32)


def write_csv(landmarks: Landmarks, path: Path) -> None:
    """Write a table with a header and a line that states the unit and the frame."""
    gone = np.array(missing(landmarks))
    columns = {"name": list(landmarks.names)}
    for axis, title in enumerate("xyz"):
        columns[title] = ["" if g else decimal(v) for g, v in zip(gone, landmarks.xyz[:, axis], strict=True)]
    if landmarks.sigma is not None:
        columns["sigma_mm"] = ["" if np.isnan(value) else decimal(value) for value in landmarks.sigma]
    if landmarks.sigma is not None or bool(np.any(landmarks.visible != ~gone)):
        columns["visible"] = [str(int(flag)) for flag in landmarks.visible & ~gone]
    if landmarks.descriptions:
        columns["description"] = list(landmarks.descriptions)
    facts = f"# unit={landmarks.unit or 'unknown'}"
    if landmarks.mm_per_unit not in (None, MILLIMETRES.get(landmarks.unit or "")):
        facts += f" mm_per_unit={float(landmarks.mm_per_unit or 0)!r}"
    facts += " frame=scan" + (f" set={landmarks.set_name}" if landmarks.set_name else "")
    lines = [facts, ",".join(columns), *(join_cells(cells) for cells in zip(*columns.values(), strict=True))]
    write_text(path, "\n".join(lines) + "\n")
