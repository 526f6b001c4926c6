"""Corrected landmarks, kept beside the scan that `lineament view` was given.

The file is a landmark file like any other, `lineament.read_landmarks` reads it; who has put which point where, and
what was found there before, stand in a further member of it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lineament import __version__
from lineament.detect.planning import corrected_file
from lineament.errors import InputError
from lineament.io.atomic import atomic_write
from lineament.io.landmarks.lineament_json import lineament_json, parse_lineament_json
from lineament.io.load import load_bytes
from lineament.studio.errors import ConflictError, readable
from lineament.studio.marks import Change, Marks
from lineament.studio.workspace import Item
from lineament.types import Floats

MEMBER = "corrections"
"""Of the file: what Lineament Studio adds to the landmarks."""


def save(item: Item, set_name: str, note: str = "") -> str:
    """Save the landmarks of a set; return where they are.

    Raises
    ------
    ConflictError
        The scan was dropped, and has no place of its own.
    InputError
        The file cannot be written.
    AccessError
        The database does not allow it.
    """
    marks = item.marks[set_name]
    if item.keep is not None:
        return item.keep(marks.landmarks, note)
    if item.path is None:
        raise ConflictError("a scan that was dropped has no place to save to; download the landmarks instead")
    place = corrected_file(item.path.parent, item.path, set_name)
    if place.is_symlink():  # whoever made the folder would choose what is overwritten
        raise InputError(f"cannot write {place}: it is a link to another file; remove it first")
    document = json.loads(lineament_json(marks.landmarks))
    document["producer"] = {"name": "lineament studio", "version": __version__}
    document[MEMBER] = {
        "note": note,
        "corrected": list(marks.corrected),
        "predicted": [
            {"name": name, "xyz": _numbers(marks.predicted.xyz[marks.row(name)]), "sigma_mm": _sigma(marks, name)}
            for name in marks.corrected
        ],
        "history": [{"name": c.name, "xyz": _numbers(c.xyz), "by": c.by, "at": c.at} for c in marks.history],
    }
    with atomic_write(place) as file:
        file.write(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n")
    return readable(str(place))


def load_corrections(item: Item) -> None:
    """Take over what was saved beside a scan before; a file that is no such one is told in the scan's warnings."""
    if item.path is None or item.scan is None:
        return
    for set_name in item.marks:
        place = corrected_file(item.path.parent, item.path, set_name)
        if item.marks[set_name].history or not place.is_file():  # what is being corrected now comes first
            continue
        try:
            item.marks[set_name] = _with_saved(item.marks[set_name], place)
        except InputError as error:
            source = item.scan.source
            warnings = (*source.warnings, readable(f"saved landmarks are left out: {error}"))
            item.scan = replace(item.scan, source=replace(source, warnings=warnings))


def _with_saved(marks: Marks, place: Path) -> Marks:
    text = load_bytes(place).decode("utf-8", "replace")
    saved = parse_lineament_json(text, place)
    if saved.names != marks.predicted.names:
        raise InputError(f"{place} holds other landmarks than the set {marks.predicted.set_name!r}")
    kept: Any = json.loads(text).get(MEMBER)
    try:
        names = [str(name) for name in kept["corrected"]]
        history = tuple(Change(str(c["name"]), _point(c["xyz"]), str(c["by"]), str(c["at"])) for c in kept["history"])
        corrected = {name: _known(saved.xyz[marks.row(name)]) for name in names}
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InputError(f"{place} does not tell which landmarks were corrected, by whom and when") from None
    return replace(marks, corrected=corrected, history=history)


def _known(at: Floats) -> Floats | None:
    return None if np.isnan(at).any() else at


def _point(values: Any) -> Floats | None:
    if values is None:
        return None
    at = np.array([float(value) for value in values], np.float32)
    if at.shape != (3,) or not np.isfinite(at).all():
        raise ValueError
    return at


def _numbers(at: Floats | None) -> list[float] | None:
    return None if at is None or np.isnan(at).any() else [float(value) for value in at]


def _sigma(marks: Marks, name: str) -> float | None:
    if marks.predicted.sigma is None:
        return None
    value = float(marks.predicted.sigma[marks.row(name)])
    return value if np.isfinite(value) else None
