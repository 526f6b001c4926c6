"""What has changed, in numbers: per region of the face, and per landmark.

Symbols: S points of a sheet, L landmarks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lineament.compare.regions import REGIONS, region_of_vertices
from lineament.compare.sheet import Sheet
from lineament.detect.answers import AXIS_SHARE
from lineament.geometry.alignment import Similarity
from lineament.types import Floats, Landmarks

Float64s = npt.NDArray[np.float64]
SETS = ("ibug68", "anthropometric")
"""Landmark sets whose displacements are told."""
NOISE_90 = 2.5003
"""Length that a vector of three standard normals exceeds once in ten."""


@dataclass(frozen=True, slots=True)
class RegionChange:
    """How far B lies from A in one region of the face; means are over area.

    Attributes
    ----------
    region : str
        Left and right are the subject's.
    area : float, mm^2
        Of A's surface in it.
    measured : float
        Share of the area that has an answer in B.
    mean, mean_absolute, rms, p95, largest : float, mm
        Of the deviation; p95 and the largest of its size. NaN where nothing was measured.
    volume : float, cm^3
        Between the two surfaces; positive where B lies outside.
    """

    region: str
    area: float
    measured: float
    mean: float
    mean_absolute: float
    rms: float
    p95: float
    largest: float
    volume: float


@dataclass(frozen=True, slots=True)
class LandmarkChange:
    """How far a landmark has moved.

    Attributes
    ----------
    set_name, name : str
    left, up, forward : float, mm
        From A to B, towards the subject's left, upwards and out of the face.
    distance : float, mm
    standard_error : float, mm
        Of each of the three, from the expected errors of both landmarks.
    by_error : float, mm
        Distance that those errors alone exceed once in ten.
    visible : bool
        Whether both scans show the point.
    """

    set_name: str
    name: str
    left: float
    up: float
    forward: float
    distance: float
    standard_error: float
    by_error: float
    visible: bool


def region_of_points(a: Sheet) -> npt.NDArray[np.int8]:
    """Return the row in `REGIONS` of each point, (S,); -1 for none."""
    region: npt.NDArray[np.int8] = np.where(a.vertex >= 0, region_of_vertices()[a.vertex], -1).astype(np.int8)
    return region


def region_changes(a: Sheet, deviation: Floats, volume: Float64s) -> tuple[RegionChange, ...]:
    """Sum up the deviation (S,) and the volume (S,) in each region that A shows, and in all of them as `face`."""
    region = region_of_points(a)
    neck = list(REGIONS).index("neck")
    rows = [_summed("face", (region >= 0) & (region != neck), a, deviation, volume)]
    rows += [_summed(name, region == row, a, deviation, volume) for row, name in enumerate(REGIONS)]
    return tuple(row for row in rows if row.area > 0)


def _summed(name: str, inside: npt.NDArray[np.bool_], a: Sheet, deviation: Floats, volume: Float64s) -> RegionChange:
    area = float(a.area[inside].sum())
    known = inside & np.isfinite(deviation) & (a.area > 0)
    weight = a.area[known]
    if not area or not len(weight):
        return RegionChange(name, area, 0.0, *[float("nan")] * 6)
    found = deviation[known].astype(np.float64)
    size, total = np.abs(found), float(weight.sum())
    order = np.argsort(size)
    within = int(np.searchsorted(np.cumsum(weight[order]), 0.95 * total))
    p95 = size[order[min(within, len(size) - 1)]]
    mean, absolute, square = (float((weight * v).sum() / total) for v in (found, size, found**2))
    cubic_cm = float(volume[known].sum()) / 1000
    return RegionChange(
        name, area, total / area, mean, absolute, float(np.sqrt(square)), float(p95), float(size.max()), cubic_cm
    )


def landmark_changes(
    a: Mapping[str, Landmarks], b: Mapping[str, Landmarks], pose_a: Similarity, pose_b: Similarity
) -> tuple[LandmarkChange, ...]:
    """Compare the landmarks of both scans.

    Parameters
    ----------
    a, b : mapping of set name to Landmarks
        In their scans' frames and units.
    pose_a, pose_b : Similarity
        From each scan's frame and unit to A's face frame in mm.
    """
    changes = []
    for name in SETS:
        if name not in a or name not in b:
            continue
        one, other = a[name], b[name]
        moved = pose_b.apply(other.xyz.astype(np.float64)) - pose_a.apply(one.xyz.astype(np.float64))
        error = np.full(len(one), np.nan)
        if one.sigma is not None and other.sigma is not None:
            error = AXIS_SHARE * np.hypot(one.sigma.astype(np.float64), other.sigma)
        seen = np.asarray(one.visible) & np.asarray(other.visible)
        for i, mark in enumerate(one.names):
            left, up, forward = (float(step) for step in moved[i])
            distance, expected = float(np.linalg.norm(moved[i])), float(error[i])
            changes.append(
                LandmarkChange(name, mark, left, up, forward, distance, expected, NOISE_90 * expected, bool(seen[i]))
            )
    return tuple(changes)
