"""MeshLab's picked points, `.pp`: XML, in the mesh's own frame.

Written: one `point` a line, which Morpho's `read.mpp` needs (it loses lower-case letters of names: match by order in
R); missing points have `active="0"`. Neither a user nor a time is ever written. Dropped: unit, expected errors, the
state `visible`, descriptions, the set's name.

Read: `point` elements directly under the root, missing where `active="0"`. Everything under `DocumentData` (MeshLab
writes the operating system's user name and the time there) is dropped. Entities and other DTD content are refused.
"""

from __future__ import annotations

from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape

from lineament.errors import FormatError
from lineament.io.landmarks.text import (
    MISSING,
    Row,
    decimal,
    missing,
    parse_row,
    read_text,
    show,
    to_landmarks,
    write_text,
)
from lineament.types import Landmarks


def read_pp(path: Path) -> Landmarks:
    """Read picked points; one that is not active is missing."""
    text = read_text(path)
    names: list[str] = []
    rows: list[Row] = []
    depth = 0

    def doctype(_name: str, _system: str | None, _public: str | None, has_internal_subset: int) -> None:
        if has_internal_subset:
            raise FormatError(f"{path}: the DOCTYPE defines entities or the like, which is refused; remove it")

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 1 and tag != "PickedPoints":
            raise FormatError(f"{path}: the XML root is {show(tag)}, expected PickedPoints")
        if depth == 2 and tag == "point":
            where = f"{path}: point {len(rows) + 1}"
            absent = [axis for axis in "xyz" if axis not in attributes]
            if absent:
                raise FormatError(f"{where}: has no {absent[0]}")
            row = parse_row([attributes[axis] for axis in "xyz"], where)
            rows.append(MISSING if attributes.get("active", "").strip() == "0" else row)
            names.append(attributes.get("name", ""))

    def end(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as error:
        raise FormatError(f"{path}: not XML at line {error.lineno}: {expat.ErrorString(error.code)}") from None
    return to_landmarks(path, names, rows)


def write_pp(landmarks: Landmarks, path: Path) -> None:
    """Write picked points, missing ones as not active."""
    lines = ["<!DOCTYPE PickedPoints>", "<PickedPoints>"]
    for name, xyz, gone in zip(landmarks.names, landmarks.xyz, missing(landmarks), strict=True):
        x, y, z = ("0", "0", "0") if gone else map(decimal, xyz)
        label = escape(name, {'"': "&quot;"})
        lines.append(f' <point x="{x}" y="{y}" z="{z}" active="{int(not gone)}" name="{label}"/>')
    write_text(path, "\n".join([*lines, "</PickedPoints>"]) + "\n")
