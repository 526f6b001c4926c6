"""What the refining network sees: the points nearest to each landmark, at the scan's own resolution and around it.

Training and detection call these same functions. Symbols: N points, L landmarks, K points of a patch.
Millimetres, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineament.geometry.neighbours import knn
from lineament.geometry.voxels import voxel_mean
from lineament.types import Floats

CELLS = (1.0, 2.5)
"""Cells of the two means that a patch is taken from, mm: fine detail, and what lies around it."""
NEAREST = 48
"""Points taken from each; about 4 and 10 mm around the landmark in a dense scan."""
PATCH_UNIT = 10.0
"""Millimetres in one unit of the network's coordinates."""


@dataclass(frozen=True, eq=False)
class Detail:
    """A scan's surface at the two resolutions of a patch."""

    fine: Floats
    """(N, 3) mm"""
    wide: Floats
    """(N, 3) mm"""


def detail(points: Floats) -> Detail:
    """Average `points` (N, 3), mm, over the cells of each resolution."""
    return Detail(*(voxel_mean(points, size)[0] for size in CELLS))


def patches(surface: Detail, places: Floats) -> Floats:
    """Cut out the patch around each place.

    Parameters
    ----------
    surface : Detail
    places : (L, 3) float32, mm

    Returns
    -------
    (L, 2 * NEAREST, 3) float32
        Steps from the place to its nearest points, in units of `PATCH_UNIT`; the fine ones first, each half nearest
        first. Points are repeated where a scan has fewer.
    """
    halves = []
    for points in (surface.fine, surface.wide):
        nearest = knn(points, min(NEAREST, len(points)), places)[0]
        halves.append(points[np.resize(nearest, (len(places), NEAREST)) if nearest.shape[1] < NEAREST else nearest])
    steps = np.concatenate(halves, axis=1) - places[:, None]
    return np.asarray(steps / PATCH_UNIT, dtype=np.float32)
