"""menpo's `.ljson`, versions 1, 2 and 3.

Written: version 3, one group `LJSON`, one label a point, so that menpo's labels are the names; a missing point is
null. Dropped: unit, expected errors, the state `visible`, descriptions, the set's name.

Read: one group. A point is called by the label that holds it alone, else by the first label that holds it and its
place in it, from 1 (`nose_3`), else by its place in the file. Points in 2D, which menpo keeps as (y, x) in pixels,
come out as x, y, 0. Dropped: connectivity, further labels of a point.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lineament.errors import FormatError
from lineament.io.landmarks.jsontext import dump_rows, json_number, json_row, member, read_json, short
from lineament.io.landmarks.text import MISSING, Row, missing, show, to_landmarks, write_text
from lineament.types import Landmarks


def read_ljson(path: Path) -> Landmarks:
    """Read the points of a file's only group."""
    document = read_json(path)
    version = member(document, "version", int, str(path))
    if version == 1:
        return _read_v1(document, path)
    if version == 2:
        return _read_group(document, path)
    if version == 3:
        groups = member(document, "groups", dict, str(path))
        if len(groups) != 1:
            raise FormatError(f"{path}: holds {len(groups)} groups, expected one; save each to a file of its own")
        return _read_group(next(iter(groups.values())), path)
    raise FormatError(f"{path}: 'version' is {show(version)}, expected 1, 2 or 3")


def _read_group(group: Any, path: Path) -> Landmarks:
    """Read `landmarks.points` and the `labels` with their masks."""
    points = member(member(group, "landmarks", dict, str(path)), "points", list, str(path))
    rows = _rows(points, path)
    alone: dict[int, str] = {}
    shared: dict[int, str] = {}
    for label in member(group, "labels", list, str(path), []):
        name, mask = member(label, "label", str, f"{path}: label"), member(label, "mask", list, f"{path}: label")
        for place, index in enumerate(mask, 1):
            if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(rows):
                raise FormatError(f"{path}: label {show(name)} holds {show(index)}, expected a point below {len(rows)}")
            if len(mask) == 1:
                alone.setdefault(index, name)
            else:
                shared.setdefault(index, f"{name}_{place}")
    names = [alone.get(index, shared.get(index, "")) for index in range(len(rows))]
    return to_landmarks(path, names, rows)


def _read_v1(document: dict[str, Any], path: Path) -> Landmarks:
    """Read version 1, where each label has its own list of points."""
    names: list[str] = []
    points: list[Any] = []
    for group in member(document, "groups", list, str(path)):
        label = member(group, "label", str, f"{path}: group", "")
        own = [member(point, "point", list, f"{path}: point") for point in member(group, "landmarks", list, str(path))]
        names += [label] if len(own) == 1 else [f"{label}_{place}" for place in range(1, len(own) + 1)]
        points += own
    return to_landmarks(path, names, _rows(points, path))


def _rows(points: list[Any], path: Path) -> list[Row]:
    """Return the coordinates of points that are all in 3D or all in 2D."""
    sizes = {len(point) if isinstance(point, list) else 0 for point in points}
    if points and sizes not in ({3}, {2}):
        raise FormatError(f"{path}: points have {sorted(sizes)} coordinates, expected 3 each, or 2 each")
    rows = []
    for place, point in enumerate(points, 1):
        where = f"{path}: point {place}"
        if all(value is None for value in point):
            rows.append(MISSING)
        elif sizes == {3}:
            rows.append(json_row(point, where))
        else:
            y, x = (json_number(value, where) for value in point)
            rows.append((x, y, 0.0))
    return rows


def write_ljson(landmarks: Landmarks, path: Path) -> None:
    """Write version 3 with one label a point."""
    points = [
        [None] * 3 if gone else [short(value) for value in xyz]
        for xyz, gone in zip(landmarks.xyz, missing(landmarks), strict=True)
    ]
    labels = [{"label": name, "mask": [index]} for index, name in enumerate(landmarks.names)]
    group = {"labels": labels, "landmarks": {"points": []}}
    write_text(path, dump_rows({"version": 3, "groups": {"LJSON": group}}, points))
