"""Two scans of one person in, what has changed between them out: the whole job, step by step.

Symbols: N points of A.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.compare.deviation import signed_deviation, volume_between
from lineament.compare.regions import stable_vertices
from lineament.compare.registration import Registration, register
from lineament.compare.sheet import Sheet, sheet_of
from lineament.compare.table import LandmarkChange, RegionChange, landmark_changes, region_changes, region_of_points
from lineament.detect.detector import Detector
from lineament.errors import InputError
from lineament.face.face import Face
from lineament.face.fit import fit_face
from lineament.face.model import LANDMARK_SETS
from lineament.geometry.alignment import Similarity, fit_similarity
from lineament.types import Floats, Landmarks, Scan

LIMIT = 10.0
"""Farthest that B is looked for along A's normals, mm."""
ONE_SIZE = 1.12
"""Two faces whose sizes differ by more than this factor are not one person's in the units that they are taken in."""
ONE_PERSON = 0.8
"""Residual on the stable parts above which the two do not look like one person, mm."""
LEAST_USED = 0.6
"""Share of the stable parts that must agree, or they were not stable."""


@dataclass(frozen=True, eq=False, slots=True)
class Sitting:
    """One scan of a person, landmarked and with the face model fitted.

    Attributes
    ----------
    scan : Scan
    face : Face
    landmarks : mapping of set name to Landmarks
    """

    scan: Scan
    face: Face
    landmarks: Mapping[str, Landmarks]


@dataclass(frozen=True, eq=False, slots=True)
class Comparison:
    """What has changed from A to B.

    Attributes
    ----------
    stable : str
        Parts that the scans were registered on.
    limit : float, mm
    motion : Similarity
        From B's frame and unit to A's.
    pose : Similarity
        From A's frame and unit to its face frame in mm.
    residual : float, mm
        Root mean square of the distances that are left on the stable parts.
    used : float
        Share of the stable parts that the registration used; it took the rest for changed.
    deviation : (N,) float32, mm
        Along A's outward normal to B's surface: positive where B lies outside. NaN where B shows nothing within
        the limit, or a surface that faces away.
    region : (N,) int8
        Row in `regions.REGIONS`; -1 for none.
    regions : tuple of RegionChange
        The first, `face`, is all of them but the neck.
    landmarks : tuple of LandmarkChange
    warnings : tuple of str
        What makes the result doubtful, in sentences for the user.
    """

    stable: str
    limit: float
    motion: Similarity
    pose: Similarity
    residual: float
    used: float
    deviation: Floats
    region: npt.NDArray[np.int8]
    regions: tuple[RegionChange, ...]
    landmarks: tuple[LandmarkChange, ...]
    warnings: tuple[str, ...]


def sit(scan: Scan, detector: Detector, unit: str | None = None) -> Sitting:
    """Landmark a scan and fit the face model.

    Raises
    ------
    NoFaceError
        No face can be found with confidence.
    InputError
        The unit cannot be right.
    """
    found = detector.detect(scan, LANDMARK_SETS, unit)
    return Sitting(scan, fit_face(scan, found), found.landmarks)


def compare_scans(
    a: Scan,
    b: Scan,
    stable: str = "upper",
    limit: float = LIMIT,
    unit: str | None = None,
    detector: Detector | None = None,
) -> Comparison:
    """Compare two scans of one person, in any frames and units.

    Parameters
    ----------
    a, b : Scan
        Before and after, neutral and smiling.
    stable : str
        Parts that have not changed: `upper`, `nose` or `all`.
    limit : float, mm
        Farthest that B is looked for along A's normals.
    unit : str, optional
        `mm`, `cm`, `m` or `in`, of both; found without it.
    detector : Detector, optional
        Finds the landmarks; without it the package's networks do.

    Raises
    ------
    NoFaceError
        No face can be found in a scan with confidence.
    InputError
        The two differ in size, hardly overlap, or an argument is out of range.
    """
    finder = detector or Detector()
    return compare(sit(a, finder, unit), sit(b, finder, unit), stable, limit)


def compare(a: Sitting, b: Sitting, stable: str = "upper", limit: float = LIMIT) -> Comparison:
    """Compare two scans of one person that the face model was fitted to.

    Parameters and errors are those of `compare_scans`.
    """
    if not (np.isfinite(limit) and limit > 0):
        raise InputError(f"limit is {limit}, expected a positive number of millimetres")
    doubts = _doubts_of_size(a.face, b.face)
    free = bool(doubts)
    mine, yours = sheet_of(a.scan, a.face), sheet_of(b.scan, b.face)
    start = _between(a.face, b.face, stable, with_scale=free)
    laid = register(mine, yours, start, stable, limit, with_size=free)
    found = signed_deviation(mine, yours, laid.motion, limit)
    to_a = laid.motion @ b.face.pose
    return Comparison(
        stable,
        limit,
        a.face.pose.inverse() @ to_a,
        a.face.pose,
        laid.residual,
        laid.used,
        _spread(mine, found, np.nan, len(a.scan)),
        _spread(mine, region_of_points(mine), -1, len(a.scan)),
        region_changes(mine, found, volume_between(mine, found)),
        landmark_changes(a.landmarks, b.landmarks, a.face.pose, to_a),
        (*doubts, *_doubts(laid, stable)),
    )


def _doubts_of_size(a: Face, b: Face) -> tuple[str, ...]:
    """Refuse faces of different sizes; tell where sizes cannot be compared.

    Raises
    ------
    InputError
        The faces differ in size, and both units are known.
    """
    if a.unit is None or b.unit is None:
        which = "the scans are" if a.unit is b.unit else f"scan {'A' if a.unit is None else 'B'} is"
        return (f"{which} in no common unit; B was made as large as A, which hides a change of size",)
    factor = 1 / _between(a, b, "all", with_scale=True).scale
    if not 1 / ONE_SIZE < factor < ONE_SIZE:
        raise InputError(
            f"the face in B is {factor:.2f} times as large as in A (taken in {b.unit} and {a.unit}); scans of one "
            "person have one size: check the unit of each, or give --unit"
        )
    return ()


def _between(a: Face, b: Face, stable: str, with_scale: bool) -> Similarity:
    """Return the motion from B's face frame to A's by the fitted faces."""
    mask = stable_vertices(stable)
    weights = np.minimum(a.confidence, b.confidence)[mask] + np.float32(0.01)
    return fit_similarity(b.vertices[mask], a.vertices[mask], weights, with_scale)


def _spread(a: Sheet, values: npt.NDArray[Any], missing: float, count: int) -> npt.NDArray[Any]:
    """Return values (S,) at all points of the scan, (N,)."""
    full = np.full(count, missing, values.dtype)
    full[a.row] = values
    return full


def _doubts(laid: Registration, stable: str) -> tuple[str, ...]:
    doubts = []
    if laid.residual > ONE_PERSON:
        doubts.append(
            f"the stable parts '{stable}' still differ by {laid.residual:.1f} mm (root mean square) after "
            "registration; the scans do not look like one person, or those parts have changed"
        )
    if laid.used < LEAST_USED:
        doubts.append(
            f"only {laid.used:.0%} of the stable parts '{stable}' agree; the rest has changed, or one of the scans is "
            "damaged there"
        )
    return tuple(doubts)
