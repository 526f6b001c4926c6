"""Comparing two open scans of one person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lineament.compare import Comparison, Sitting, compare
from lineament.studio.fitting import corrected_detection, fit
from lineament.studio.geometry import display_of
from lineament.studio.jobs import Job, JobResult, Progress
from lineament.studio.state import Studio
from lineament.studio.workspace import Item
from lineament.types import Floats


@dataclass(frozen=True, eq=False)
class Compared:
    """A comparison of open scans.

    Attributes
    ----------
    a, b : str
        Ids of the scans.
    found : Comparison
    deviation : (M,) float32, mm
        Of the vertices of A that are drawn.
    region : (M,) int8
        Row in `lineament.compare.REGIONS` of the vertices of A that are drawn; -1 for none.
    """

    a: str
    b: str
    found: Comparison
    deviation: Floats
    region: npt.NDArray[np.int8]


def start_comparison(studio: Studio, owner: str, a: Item, b: Item, stable: str, limit: float) -> Job:
    """Compare two scans, in a job; faces that are not fitted yet are fitted first.

    Raises
    ------
    ConflictError
        One has no landmarks.
    """
    for item in (a, b):
        corrected_detection(item)

    def work(progress: Progress) -> JobResult:
        one, other = (_sitting(item, progress, place) for place, item in enumerate((a, b)))
        progress("comparing", 2, 3)
        found = compare(one, other, stable, limit)
        progress.check()
        drawn = display_of(a).source
        compared = Compared(a.id, b.id, found, found.deviation[drawn], found.region[drawn])
        return {"comparison": studio.keep(studio.comparisons, owner, (a, b), compared)}

    return studio.jobs.start(owner, "comparison", f"{a.name} to {b.name}", work)


def _sitting(item: Item, progress: Progress, place: int) -> Sitting:
    progress("fitting", place, 3, item.name)
    face = item.face or fit(item, progress)
    return Sitting(item.parsed, face, corrected_detection(item).landmarks)
