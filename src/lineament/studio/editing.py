"""Corrections of landmarks by people: each ends on the scan's surface at full resolution, or where they say."""

from __future__ import annotations

import getpass
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lineament.errors import InputError
from lineament.studio.geometry import surface_of
from lineament.studio.marks import Marks
from lineament.studio.models import Edit, MarkMissing, MoveAlongRay, MoveTo, Ray, Restore, Swap
from lineament.studio.surface import Hit
from lineament.studio.workspace import Item
from lineament.types import Floats


def edited(item: Item, marks: Marks, edits: Sequence[Edit], by: str) -> Marks:
    """Return the landmarks after edits; all of them or, when one cannot be, none.

    Raises
    ------
    InputError
        There is no landmark of that name, or a ray misses the scan.
    """
    for edit in edits:
        match edit:
            case MoveAlongRay():
                marks.row(edit.name)
                marks = marks.put(edit.name, _single(met(item, edit.ray).xyz), by)
            case MoveTo():
                marks.row(edit.name)
                place = np.array(edit.xyz)
                marks = marks.put(edit.name, _single(surface_of(item).nearest(place).xyz if edit.snap else place), by)
            case MarkMissing():
                marks = marks.put(edit.name, None, by)
            case Restore():
                marks = marks.restore(edit.name, by)
            case Swap():
                marks = marks.swap(*edit.swap, by)
    return marks


def met(item: Item, ray: Ray) -> Hit:
    """Return where a ray meets the scan.

    Raises
    ------
    InputError
        It misses it, or has no direction.
    """
    hit = surface_of(item).along(np.array(ray.origin), np.array(ray.direction))
    if hit is None:
        raise InputError("the ray misses the scan")
    return hit


def author(actor: str) -> str:
    """Return who edits: the actor of a database, else the user of this machine."""
    if actor:
        return actor
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _single(xyz: npt.NDArray[np.float64]) -> Floats:
    return np.asarray(xyz, np.float32)
