"""Measures of an open scan, from its landmarks as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lineament.errors import InputError
from lineament.measure.asymmetry import LandmarkAsymmetry, asymmetry, landmark_asymmetry
from lineament.measure.geodesic import shortest_paths
from lineament.measure.measurement import measure_landmarks
from lineament.measure.skin import Skin
from lineament.measure.table import Row, rows_of, write_long
from lineament.studio.downloads import written
from lineament.studio.errors import ConflictError
from lineament.studio.marks import Marks
from lineament.studio.workspace import Item
from lineament.types import Floats

SET = "anthropometric"
FARTHEST = 1000.0
"""Between two places whose distance along the surface is looked for, mm."""


@dataclass(frozen=True, eq=False)
class Distance:
    """How far two places are apart.

    Attributes
    ----------
    straight : float, mm
    surface : float, mm
        Along the skin; NaN where there is no path.
    path : (M, 3) float64, scan frame
    reason : str
        Why there is no path.
    """

    straight: float
    surface: float
    path: npt.NDArray[np.float64]
    reason: str


def rows_of_scan(item: Item) -> tuple[Row, ...]:
    """Return all measures; those of the last landmarks are kept.

    Raises
    ------
    ConflictError
        There are no landmarks.
    """
    marks = _marks(item)
    known = item.made("measures", lambda: (marks, _measured(item, marks)))
    if known[0] is not marks:
        known = (marks, _measured(item, marks))
        item.put("measures", known)
    return known[1]


def measures_csv(item: Item) -> bytes:
    """Return the measures as `lineament measure` writes them."""
    rows = rows_of_scan(item)
    return written("measures.csv", lambda place: write_long(place, {Path(item.name): rows}))


def distance_between(item: Item, a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> Distance:
    """Measure between two places (3,), scan frame.

    Raises
    ------
    ConflictError
        The size of the scan is not known.
    """
    mm = size_of(item)
    ends = np.stack([a, b]) * mm
    straight = float(np.sqrt(np.square(ends[1] - ends[0]).sum()))
    nothing = np.empty((0, 3))
    if straight > FARTHEST:
        return Distance(straight, float("nan"), nothing, f"the places are more than {FARTHEST:.0f} mm apart")
    try:
        skin = Skin.of(item.parsed, mm, ends)
    except InputError as error:
        return Distance(straight, float("nan"), nothing, str(error))
    (path,) = shortest_paths(skin, ends[None])
    return Distance(straight, path.length, path.nodes / mm, path.reason)


def landmark_asymmetry_of(item: Item) -> LandmarkAsymmetry:
    """Compare the landmarks with their mirror image.

    Raises
    ------
    ConflictError
        There are no landmarks.
    InputError
        Too few of them have a partner.
    """
    return landmark_asymmetry(_marks(item).landmarks, size_of(item))


def asymmetry_of_fit(item: Item) -> Floats:
    """Return how much fuller the fitted face is than on its other side, mm, for the FIT's vertices (V,).

    NaN where the scan shows one of the two sides hardly at all.
    """
    face = item.fitted

    def make() -> Floats:
        found = asymmetry(face)
        return np.where(found.confidence > 0, found.signed, np.float32(np.nan))

    return item.made(("fit", "asymmetry"), make)


def _measured(item: Item, marks: Marks) -> tuple[Row, ...]:
    return rows_of(measure_landmarks(marks.landmarks, item.parsed, mm_per_unit=size_of(item)))


def _marks(item: Item) -> Marks:
    if SET not in item.marks:
        raise ConflictError(item.no_face or "the landmarks of this scan have not been found yet")
    return item.marks[SET]


def size_of(item: Item) -> float:
    """Return the millimetres in one unit of the scan.

    Raises
    ------
    ConflictError
        They are not known.
    """
    if item.mm_per_unit is None:
        raise ConflictError("measures are in mm, and the unit of the scan is not known; open it with a unit")
    return item.mm_per_unit
