"""Moving one scan rigidly onto another by the parts that have not changed.

Point-to-plane registration (Chen and Medioni 1992) of both scans' own surfaces, each onto the other, with Tukey's
weights whose width falls from round to round, so that what has changed within the stable parts is left out.

Symbols: S points of a sheet, R pairs. Millimetres, face frame of A.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from lineament.compare.regions import stable_vertices
from lineament.compare.sheet import Sheet, point_areas
from lineament.errors import InputError
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.types import Floats

Float64s = npt.NDArray[np.float64]

CELL = 1.3
"""One point of each cell takes part, of this width at least, mm: dense scans count no more than coarse ones."""
MOST = 5000
"""Cells that a scan's stable parts fill at most, or about; more only take time."""
WIDEST, NARROWEST, SHRINK = 8.0, 0.05, 0.75
"""Tukey's width in the first round and at the end, mm, and what each round makes of it."""
SPREADS = 4.0
"""Tukey's width in standard deviations of the distances, which it does not fall below."""
ROUNDS = 60
SETTLED = 3e-4
"""A round that moves the face by less than this is the last, mm."""
FEWEST = 30
"""Points of the stable parts without which no motion is told."""
LEAST_SHOWN = 0.15
"""Share of the stable parts' area that a scan must show."""
LEAST_OVERLAP = 0.25
"""Share of the mask's points of either scan that must meet the other."""
_RADIUS = 80.0
"""Of a face, mm."""


@dataclass(frozen=True, eq=False, slots=True)
class Registration:
    """How B was laid onto A.

    Attributes
    ----------
    motion : Similarity
        From B's face frame to A's.
    residual : float, mm
        Root mean square of the distances between the two surfaces over the pairs that were used.
    used : float
        Share of the pairs on the mask that were used; the others were taken for changed.
    pairs : int
        Points of both masks that met the other scan.
    """

    motion: Similarity
    residual: float
    used: float
    pairs: int


@dataclass(frozen=True, eq=False, slots=True)
class _Pairs:
    """Linear equations for a small motion `(turn, shift, growth)` of B, one for each of R pairs."""

    distance: Float64s
    """(R,) mm, of the point from the other surface's plane"""
    change: Float64s
    """(R, 7) what turning, shifting and growing (in mm at `_RADIUS`) makes of it"""
    asked: int


def register(a: Sheet, b: Sheet, start: Similarity, stable: str, limit: float, with_size: bool = False) -> Registration:
    """Lay B onto A by the stable parts of both.

    Parameters
    ----------
    a, b : Sheet
    start : Similarity
        From B's face frame to A's, near the truth.
    stable : str
        See `regions.STABLE`.
    limit : float, mm
        Surfaces farther apart than this belong to different things.
    with_size : bool
        B is also made as large as A.

    Raises
    ------
    InputError
        A scan shows hardly anything of the stable parts, or the two hardly overlap there.
    """
    mine, yours = (_samples(name, sheet, stable) for name, sheet in (("A", a), ("B", b)))
    motion, width = start, WIDEST
    for _ in range(ROUNDS):
        pairs = [_onto_b(a, b, mine, motion, limit), _onto_a(a, b, yours, motion, limit)]
        _check_overlap(pairs, stable, limit)
        distance = np.concatenate([pair.distance for pair in pairs])
        change = np.concatenate([pair.change for pair in pairs])[:, : 7 if with_size else 6]
        # Each scan counts half, however dense it is.
        half = np.concatenate([np.full(len(pair.distance), 1 / len(pair.distance)) for pair in pairs])
        cut = max(width, NARROWEST, SPREADS * 1.4826 * float(np.median(np.abs(distance))))
        weight = half * np.square(np.clip(1 - np.square(distance / cut), 0, None))
        normal = change.T @ (weight[:, None] * change)
        # Along what the mask does not fix, such as a turn about a ball's middle, nothing moves.
        normal += 1e-7 * np.trace(normal) * np.eye(len(normal))
        step = np.linalg.solve(normal, -change.T @ (weight * distance))
        motion = _moved(motion, step)
        settled = float(np.linalg.norm(step)) < SETTLED and width <= NARROWEST
        width = max(width * SHRINK, NARROWEST)
        if settled:
            break
    used = weight > 0
    residual = float(np.sqrt((half[used] * distance[used] ** 2).sum() / half[used].sum()))
    return Registration(motion, residual, float(half[used].sum() / 2), len(distance))


def _samples(name: str, sheet: Sheet, stable: str) -> npt.NDArray[np.int64]:
    """Return rows of the sheet evenly over its stable parts."""
    inside = np.flatnonzero(np.where(sheet.vertex >= 0, stable_vertices(stable)[sheet.vertex], False))
    area = float(sheet.area[inside].sum())
    cell = np.floor(sheet.points[inside] / max(CELL, (area / MOST) ** 0.5)).astype(np.int64)
    rows: npt.NDArray[np.int64] = inside[np.unique(cell, axis=0, return_index=True)[1]]
    shown = area / _mean_area(stable)
    if shown < LEAST_SHOWN or len(rows) < FEWEST:
        raise InputError(
            f"scan {name} shows {min(shown, 1):.0%} of the stable parts '{stable}', with {len(rows)} points; "
            f"{LEAST_SHOWN:.0%} and {FEWEST} points are needed: choose other parts with --stable"
        )
    return rows


@cache
def _mean_area(stable: str) -> float:
    """Return the area of the stable parts on the mean face, mm^2."""
    model = load_face_model()
    return float(point_areas(model.vertices, model.triangles)[stable_vertices(stable)].sum())


def _onto_b(a: Sheet, b: Sheet, rows: npt.NDArray[np.int64], motion: Similarity, limit: float) -> _Pairs:
    """Pair points of A with what their normals meet of B."""
    back = motion.inverse()
    met = b.meet(back.apply(a.points[rows]), back.rotate(a.normals[rows]), limit)
    found = np.isfinite(met.height)
    plane = motion.rotate(met.normal[found]).astype(np.float64)
    toward, height = a.normals[rows[found]].astype(np.float64), motion.scale * met.height[found].astype(np.float64)
    place = a.points[rows[found]] + height[:, None] * toward
    return _Pairs(height * (toward * plane).sum(axis=1), _change(place, plane), len(rows))


def _onto_a(a: Sheet, b: Sheet, rows: npt.NDArray[np.int64], motion: Similarity, limit: float) -> _Pairs:
    """Pair points of B with what their normals meet of A."""
    place, toward = motion.apply(b.points[rows]), motion.rotate(b.normals[rows])
    met = a.meet(place, toward, limit)
    found = np.isfinite(met.height)
    plane, height = met.normal[found].astype(np.float64), met.height[found].astype(np.float64)
    distance = -height * (toward[found] * plane).sum(axis=1)
    return _Pairs(distance, _change(place[found].astype(np.float64), plane), len(rows))


def _change(place: Floats | Float64s, plane: Floats | Float64s) -> Float64s:
    growth = (place * plane).sum(axis=1, keepdims=True)
    return np.concatenate([np.cross(place, plane) / _RADIUS, plane, growth / _RADIUS], axis=1)


def _moved(motion: Similarity, step: Float64s) -> Similarity:
    turn = Rotation.from_rotvec(step[:3] / _RADIUS).as_matrix()
    growth = float(np.exp(step[6] / _RADIUS)) if len(step) > 6 else 1.0
    return Similarity(growth, turn, step[3:6]) @ motion


def _check_overlap(pairs: list[_Pairs], stable: str, limit: float) -> None:
    share = min(len(pair.distance) / pair.asked for pair in pairs)
    if share < LEAST_OVERLAP:
        raise InputError(
            f"the scans hardly overlap: on the stable parts '{stable}' only {share:.0%} of one lies within "
            f"{limit:g} mm of the other; are they scans of one person that show the same side?"
        )
