"""3D Slicer's old `.fcsv`, in mm by definition.

Written in LPS with the numbers of the mesh's file; the header says `LPS`, which Slicer before 4.11 misreads as RAS.
The format cannot tell a missing point from a placed one, so missing points are refused; it states no unit, so units
other than mm or unknown are refused too. Dropped: expected errors, the state `visible`, the set's name. Descriptions
are kept (`Semi` for SlicerMorph).

Read: columns by their names in the header, further numbers at a row's end ignored; RAS, which is what files without
a coordinate system are in, is turned into LPS; the unit is mm. Slicer 3 files (`label,x,y,z,sel,vis`) are read too.
Dropped: orientation, display, selection.
"""

from __future__ import annotations

from pathlib import Path

from lineament.errors import FormatError, InputError
from lineament.io.landmarks.text import (
    decimal,
    join_cells,
    lps_from_ras,
    missing,
    parse_count,
    parse_row,
    read_lines,
    show,
    split_cells,
    to_landmarks,
    write_text,
)
from lineament.types import Landmarks

_COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
_SLICER_3 = "label,x,y,z,sel,vis"


def read_fcsv(path: Path) -> Landmarks:
    """Read a fiducial list, in LPS and mm."""
    lines = read_lines(path)
    header = [line[1:].partition("=") for line in lines if line.startswith("#")]
    facts = {key.strip().lower(): value.strip() for key, _, value in header}
    system = facts.get("coordinatesystem", "RAS").upper()
    if system not in ("LPS", "RAS", "0", "1"):
        raise FormatError(f"{path}: CoordinateSystem is {show(system)}, expected LPS (1) or RAS (0)")
    fallback = _COLUMNS if "markups fiducial file version" in facts else _SLICER_3
    columns = [title.strip() for title in facts.get("columns", fallback).split(",")]
    if not {"label", "x", "y", "z"} <= set(columns):
        raise FormatError(f"{path}: the columns are {show(','.join(columns))}, expected label, x, y and z among them")
    xyz, label = [columns.index(axis) for axis in "xyz"], columns.index("label")
    description = columns.index("desc") if "desc" in columns else None
    names, rows, descriptions = [], [], []
    for place, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{path}: line {place}"
        cells = split_cells(line, ",", where)
        if len(cells) < len(columns):
            raise FormatError(f"{where}: found {len(cells)} fields, expected {len(columns)}; truncated?")
        row = parse_row([cells[index] for index in xyz], where)
        rows.append(row if system in ("LPS", "1") else lps_from_ras(row))
        names.append(cells[label])
        descriptions.append("" if description is None else cells[description])
    if "numpoints" in facts and parse_count(facts["numpoints"], str(path)) != len(rows):
        raise FormatError(f"{path}: numPoints says {facts['numpoints']} points, but there are {len(rows)}")
    return to_landmarks(path, names, rows, unit="mm", descriptions=tuple(descriptions))


def write_fcsv(landmarks: Landmarks, path: Path) -> None:
    """Write a fiducial list in LPS; refuse missing points and units other than mm."""
    gone = [name for name, flag in zip(landmarks.names, missing(landmarks), strict=True) if flag]
    if gone:
        some = ", ".join(gone[:5]) + (" ..." if len(gone) > 5 else "")
        raise InputError(
            f"cannot write {path}: .fcsv cannot mark missing points, and {len(gone)} are missing ({some}); "
            "write .mrk.json instead"
        )
    if landmarks.mm_per_unit not in (None, 1.0):
        unit = landmarks.unit or f"units of {landmarks.mm_per_unit} mm"
        raise InputError(
            f"cannot write {path}: .fcsv is in mm, these landmarks are in {unit}; write .mrk.json, which states it"
        )
    descriptions = landmarks.descriptions or ("",) * len(landmarks)
    lines = ["# Markups fiducial file version = 4.13", "# CoordinateSystem = LPS", f"# columns = {_COLUMNS}"]
    for place, (name, xyz, text) in enumerate(zip(landmarks.names, landmarks.xyz, descriptions, strict=True), 1):
        pose = ["0", "0", "0", "1", "1", "1", "0"]
        lines.append(join_cells([str(place), *map(decimal, xyz), *pose, name, text, ""]))
    write_text(path, "\n".join(lines) + "\n")
