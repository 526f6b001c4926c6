"""Lineament's own `.json`, schema `lineament-landmarks/1`: the only format that drops nothing.

A point's `status` is `observed`, `estimated` (its place is inferred from the rest), `occluded` (read as estimated)
or `missing` (`xyz` is null). `sigma_mm` is the expected error, null where unknown. Coordinates are in the frame and
the unit of the scan's file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lineament.errors import FormatError
from lineament.io.landmarks.jsontext import dump_rows, json_number, json_row, member, parse_json, short
from lineament.io.landmarks.text import MISSING, missing, read_text, show, to_landmarks, write_text
from lineament.types import MILLIMETRES, Landmarks

SCHEMA = "lineament-landmarks/1"
_STATUS = ("observed", "estimated", "occluded", "missing")


def read_lineament_json(path: Path) -> Landmarks:
    """Read landmarks with their errors, states, unit and descriptions."""
    return parse_lineament_json(read_text(path), path)


def parse_lineament_json(text: str, path: Path) -> Landmarks:
    """Read landmarks from a file's text; errors name its path."""
    document = parse_json(text, path)
    if "markups" in document:
        raise FormatError(f"{path}: holds 3D Slicer markups; name the file {path.stem}.mrk.json")
    if document.get("schema") != SCHEMA:
        raise FormatError(f"{path}: 'schema' is {show(document.get('schema'))}, expected {SCHEMA!r}")
    frame = member(document, "frame", str, str(path), "scan")
    if frame != "scan":
        raise FormatError(f"{path}: 'frame' is {show(frame)}, expected 'scan'")
    unit, mm_per_unit = read_unit(document, str(path))
    points = member(document, "points", list, str(path))
    names, rows, visible, descriptions = [], [], [], []
    for place, point in enumerate(points, 1):
        where = f"{path}: point {place}"
        status = member(point, "status", str, where, "observed")
        if status not in _STATUS:
            raise FormatError(f"{where}: 'status' is {show(status)}, expected one of {', '.join(_STATUS)}")
        xyz = point.get("xyz")
        if (xyz is None) != (status == "missing") and not (xyz is None and status == "occluded"):
            raise FormatError(f"{where}: 'status' is {status!r}, but 'xyz' is {'null' if xyz is None else 'given'}")
        names.append(member(point, "name", str, where))
        rows.append(MISSING if xyz is None else json_row(xyz, where))
        visible.append(status == "observed")
        descriptions.append(member(point, "description", str, where, ""))
    return to_landmarks(
        path,
        names,
        rows,
        sigma=read_sigma(points, str(path)),
        visible=np.array(visible, dtype=np.bool_),
        unit=unit,
        mm_per_unit=mm_per_unit,
        set_name=member(document, "protocol", str, str(path), ""),
        descriptions=tuple(descriptions),
    )


def write_lineament_json(landmarks: Landmarks, path: Path) -> None:
    """Write everything that `Landmarks` holds."""
    write_text(path, lineament_json(landmarks))


def lineament_json(landmarks: Landmarks) -> str:
    """Return the text of a file that holds everything that `Landmarks` does."""
    from lineament import __version__

    points = []
    for index, (gone, seen) in enumerate(zip(missing(landmarks), np.asarray(landmarks.visible), strict=True)):
        point: dict[str, Any] = {
            "name": landmarks.names[index],
            "xyz": None if gone else [short(value) for value in landmarks.xyz[index]],
            "status": "missing" if gone else "observed" if seen else "estimated",
        }
        if landmarks.sigma is not None:
            point["sigma_mm"] = sigma_json(landmarks.sigma[index])
        if landmarks.descriptions:
            point["description"] = landmarks.descriptions[index]
        points.append(point)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "frame": "scan",
        "unit": landmarks.unit,
        "mm_per_unit": landmarks.mm_per_unit,
        "protocol": landmarks.set_name,
        "producer": {"name": "lineament", "version": __version__},
        "points": [],
    }
    return dump_rows(document, points)


def read_unit(parent: dict[str, Any], where: str) -> tuple[str | None, float | None]:
    """Return `unit` and `mm_per_unit` of an object; either may be absent or null."""
    unit = parent.get("unit")
    if unit is not None and (not isinstance(unit, str) or unit not in MILLIMETRES):
        raise FormatError(f"{where}: 'unit' is {show(unit)}, expected null or one of {', '.join(MILLIMETRES)}")
    scale = parent.get("mm_per_unit")
    if scale is None:
        return unit, None
    scale = json_number(scale, where)
    if scale <= 0:
        raise FormatError(f"{where}: 'mm_per_unit' is {scale}, expected more than 0")
    return unit, scale


def read_sigma(points: list[Any], where: str) -> np.ndarray[Any, np.dtype[np.float32]] | None:
    """Return `sigma_mm` of each object, NaN where null, or None where no object has it."""
    if not any("sigma_mm" in point for point in points):
        return None
    values = [point.get("sigma_mm") for point in points]
    sigma = [float("nan") if value is None else json_number(value, f"{where}: sigma_mm") for value in values]
    if any(value < 0 for value in sigma):
        raise FormatError(f"{where}: 'sigma_mm' is {min(sigma)}, expected 0 or more")
    return np.array(sigma, dtype=np.float64).astype(np.float32)


def sigma_json(value: Any) -> float | None:
    """Return an expected error for JSON: null for NaN."""
    return None if np.isnan(value) else short(value)
