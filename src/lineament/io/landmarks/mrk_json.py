"""3D Slicer Markups, `.mrk.json`, schema 1.0.3.

Written as one Fiducial list in LPS with the numbers of the mesh's file, which Slicer takes as LPS as well, so that
points and mesh lie on each other. Every point has `position`, `positionStatus` and `description`, without which
SlicerMorph fails; `Semi` as a description marks a semi-landmark there. A missing point is `undefined`.

Slicer's schema has no place for the expected error, the state `visible`, an unknown unit and the set's name; they
stand in members called `lineament`, which Slicer passes over and drops when it saves. An unknown unit is declared as
mm, as Slicer takes it; units other than mm are declared by their UCUM code and never rescaled.

Read: one markup of any kind with control points; RAS is turned into LPS. Dropped: orientations, display, locks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lineament.errors import FormatError
from lineament.io.landmarks.jsontext import dump_rows, json_row, member, read_json, short
from lineament.io.landmarks.lineament_json import read_sigma, read_unit, sigma_json
from lineament.io.landmarks.text import MISSING, Row, lps_from_ras, missing, show, to_landmarks, write_text
from lineament.types import Landmarks

SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)
_UCUM = {"cm": ["cm", "UCUM", "centimeter"], "m": ["m", "UCUM", "meter"], "in": ["[in_i]", "UCUM", "inch"]}
_UNITS: dict[str, tuple[str | None, float]] = {
    "mm": ("mm", 1.0),
    "cm": ("cm", 10.0),
    "m": ("m", 1000.0),
    "[in_i]": ("in", 25.4),
    "um": (None, 0.001),
}


def read_mrk_json(path: Path) -> Landmarks:
    """Read the control points of a markup, in LPS."""
    document = read_json(path)
    if "markups-schema-v1." not in member(document, "@schema", str, str(path)):
        raise FormatError(f"{path}: '@schema' is {show(document['@schema'])}, expected a markups schema of version 1")
    markups = member(document, "markups", list, str(path))
    if len(markups) != 1:
        raise FormatError(f"{path}: holds {len(markups)} markups, expected one; save each to a file of its own")
    markup, where = markups[0], f"{path}: markup"
    system = member(markup, "coordinateSystem", str, where, "LPS")
    if system not in ("LPS", "RAS"):
        raise FormatError(f"{path}: 'coordinateSystem' is {show(system)}, expected LPS or RAS")
    points = member(markup, "controlPoints", list, where)
    names, rows, descriptions = [], [], []
    for place, point in enumerate(points, 1):
        here = f"{path}: control point {place}"
        names.append(member(point, "label", str, here, ""))
        descriptions.append(member(point, "description", str, here, ""))
        row = _position(point, here)
        rows.append(lps_from_ras(row) if system == "RAS" else row)
    extras = [member(point, "lineament", dict, f"{path}: control point", {}) for point in points]
    shown = [member(extra, "visible", bool, f"{path}: visible", True) for extra in extras]
    unit, mm_per_unit, set_name = _unit(markup, path)
    return to_landmarks(
        path,
        names,
        rows,
        sigma=read_sigma(extras, str(path)),
        visible=np.array(shown, dtype=np.bool_) & ~np.isnan(np.array(rows).reshape(-1, 3)).any(axis=1),
        unit=unit,
        mm_per_unit=mm_per_unit,
        set_name=set_name,
        descriptions=tuple(descriptions),
    )


def _position(point: Any, where: str) -> Row:
    """Return a control point's coordinates; Slicer writes an empty text for a point that is not placed."""
    status = member(point, "positionStatus", str, where, "defined")
    if status not in ("defined", "undefined", "preview"):
        raise FormatError(f"{where}: 'positionStatus' is {show(status)}, expected defined, undefined or preview")
    return json_row(point.get("position"), f"{where}: position") if status == "defined" else MISSING


def _unit(markup: Any, path: Path) -> tuple[str | None, float | None, str]:
    """Return the unit, millimetres in it, and the set's name; Lineament's member tells an unknown unit from mm."""
    code = markup.get("coordinateUnits", "mm")
    if isinstance(code, list) and len(code) == 3 and code[1] == "UCUM":
        code = code[0]
    if not isinstance(code, str) or code not in _UNITS:
        raise FormatError(f"{path}: 'coordinateUnits' is {show(code)}, expected a UCUM code: {', '.join(_UNITS)}")
    unit: str | None
    mm_per_unit: float | None
    unit, mm_per_unit = _UNITS[code]
    own = member(markup, "lineament", dict, f"{path}: markup", {})
    own_unit, own_mm_per_unit = read_unit(own, f"{path}: lineament")
    if "unit" in own and own_unit is None and unit == "mm":
        unit, mm_per_unit = None, own_mm_per_unit
    return unit, mm_per_unit, member(own, "set", str, str(path), "")


def write_mrk_json(landmarks: Landmarks, path: Path) -> None:
    """Write one Fiducial list in LPS."""
    points = []
    for index, (gone, seen) in enumerate(zip(missing(landmarks), np.asarray(landmarks.visible), strict=True)):
        extra: dict[str, Any] = {}
        if landmarks.sigma is not None:
            extra["sigma_mm"] = sigma_json(landmarks.sigma[index])
        if not gone and not seen:
            extra["visible"] = False
        points.append(
            {
                "id": str(index + 1),
                "label": landmarks.names[index],
                "description": landmarks.descriptions[index] if landmarks.descriptions else "",
                "associatedNodeID": "",
                "position": [0.0, 0.0, 0.0] if gone else [short(value) for value in landmarks.xyz[index]],
                "orientation": [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0],
                "selected": True,
                "locked": False,
                "visibility": True,
                "positionStatus": "undefined" if gone else "defined",
                **({"lineament": extra} if extra else {}),
            }
        )
    own = {"unit": landmarks.unit, "mm_per_unit": landmarks.mm_per_unit, "set": landmarks.set_name}
    markup = {
        "type": "Fiducial",
        "coordinateSystem": "LPS",
        "coordinateUnits": _UCUM.get(landmarks.unit or "mm", "mm"),
        "locked": False,
        "fixedNumberOfControlPoints": True,
        "labelFormat": "%N-%d",
        "lineament": own,
        "controlPoints": [],
    }
    write_text(path, dump_rows({"@schema": SCHEMA, "markups": [markup]}, points))
