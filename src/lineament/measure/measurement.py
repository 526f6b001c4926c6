"""Measures of one face: values with their standard errors.

Symbols: L landmarks, V model vertices. Millimetres and degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lineament.errors import InputError
from lineament.face.face import Face, model_of
from lineament.face.model import load_face_model
from lineament.measure.catalogue import measures
from lineament.measure.definitions import (
    SIDES,
    Definition,
    ProjectiveHeight,
    SurfaceDistance,
    all_landmarks,
    is_bilateral,
    on_side,
    unit_of,
)
from lineament.measure.formulas import INTERVAL_90, Float64s, evaluate, gradient, standard_error
from lineament.measure.geodesic import Path, shortest_paths
from lineament.measure.skin import Skin
from lineament.types import Landmarks, Scan

_SEEN = 0.5
"""Confidence from which a fitted face counts as measured."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value.

    Attributes
    ----------
    definition : Definition
    side : str
        `left` or `right` of the subject; empty for a measure that is taken once.
    value : float
        In `unit`; NaN where it cannot be taken.
    standard_error : float
        Propagated from the expected errors of the landmarks; NaN where they are unknown.
    visible : bool
        False when a landmark that it depends on is inferred.
    reason : str
        Why the value is NaN; else empty.
    """

    definition: Definition
    side: str
    value: float
    standard_error: float
    visible: bool
    reason: str = ""

    @property
    def unit(self) -> str:
        """`mm`, `deg` or `%`."""
        return unit_of(self.definition)

    @property
    def interval(self) -> tuple[float, float]:
        """Bounds that should hold the true value 9 times in 10; a length ends at 0."""
        half = INTERVAL_90 * self.standard_error
        low = self.value - half
        signed = self.unit == "deg" or isinstance(self.definition, ProjectiveHeight)
        return (low if signed or np.isnan(low) else max(low, 0.0)), self.value + half


def measure_landmarks(
    landmarks: Landmarks,
    scan: Scan | None = None,
    definitions: Sequence[Definition] | None = None,
    mm_per_unit: float | None = None,
) -> tuple[Measurement, ...]:
    """Take measures between landmarks.

    Parameters
    ----------
    landmarks : Landmarks
        Named as in the set `anthropometric`; a measure that lacks one of its points is NaN.
    scan : Scan or None
        In the frame and unit of the landmarks; distances along the surface need it.
    definitions : sequence of Definition, optional
        Defaults to the whole catalogue, without distances along the surface when there is no scan.
    mm_per_unit : float or None
        Overrules the landmarks' own.

    Returns
    -------
    tuple of Measurement
        In the order of the definitions, left before right.

    Raises
    ------
    InputError
        The unit is unknown, no landmark has a name of the set, or a distance along the surface is asked without a scan.
    """
    size = mm_per_unit or landmarks.mm_per_unit
    if size is None:
        raise InputError("the unit of the landmarks is unknown, and measures are in mm; give the unit")
    chosen = measures(surface=scan is not None) if definitions is None else tuple(definitions)
    index = {name: row for row, name in enumerate(landmarks.names)}
    if not any(name in index for name in load_face_model().landmark_sets["anthropometric"].names):
        raise InputError(
            f"the landmarks are called {', '.join(landmarks.names[:4])} ...; measures need those of the set "
            "anthropometric, such as n, sn, en_l"
        )
    # float32 files far from the origin: subtract first.
    xyz = landmarks.xyz.astype(np.float64)
    tasks = [(d, side) for d in chosen for side in (SIDES if is_bilateral(d) else ("",))]
    paths = _paths(tasks, index, xyz * size, scan, size)
    centre = np.nanmean(xyz, axis=0) if np.isfinite(xyz).any() else np.zeros(3)
    table = _Points(landmarks, index, (xyz - centre) * size)
    return tuple(
        _along(d, side, table, paths) if isinstance(d, SurfaceDistance) else _straight(d, side, table)
        for d, side in tasks
    )


def measure_face(face: Face, definitions: Sequence[Definition] | None = None) -> tuple[Measurement, ...]:
    """Take measures on a fitted face, whose surface is whole even where the scan has holes.

    Parameters
    ----------
    face : Face
    definitions : sequence of Definition, optional
        Defaults to the whole catalogue.

    Returns
    -------
    tuple of Measurement
        Without standard errors. `visible` is False where the face model alone says where a landmark lies.
    """
    model = model_of(face)
    chosen = model.landmark_sets["anthropometric"]
    corners = model.triangles[chosen.triangle]
    seen = (face.confidence[corners] * chosen.barycentric).sum(axis=1) >= _SEEN
    xyz = model.landmarks(face.vertices, chosen.name)
    landmarks = Landmarks(chosen.names, xyz, visible=seen, unit="mm", set_name=chosen.name)
    inside = model.region_names.index("mouth")
    skin = model.triangles[(model.region[model.triangles] != inside).any(axis=1)]
    return measure_landmarks(landmarks, Scan(face.vertices, skin, unit="mm"), definitions)


@dataclass(frozen=True, eq=False)
class _Points:
    """Places of the landmarks in mm, and what is known of each."""

    landmarks: Landmarks
    index: dict[str, int]
    xyz: Float64s

    def fault(self, names: Sequence[str]) -> str:
        """Say which point is missing, or nothing."""
        absent = [n for n in names if n not in self.index or not np.isfinite(self.xyz[self.index[n]]).all()]
        return f"landmark {absent[0]} is missing" if absent else ""

    def at(self, names: Sequence[str]) -> Float64s:
        return self.xyz[[self.index[name] for name in names]]

    def visible(self, names: Sequence[str]) -> bool:
        return all(bool(np.asarray(self.landmarks.visible)[self.index[name]]) for name in names)

    def error(self, names: Sequence[str], slopes: Float64s) -> float:
        """Propagate the errors of the landmarks through derivatives, one row a name; names may stand twice."""
        if self.landmarks.sigma is None:
            return float("nan")
        rows, place = np.unique([self.index[name] for name in names], return_inverse=True)
        total = np.zeros((len(rows), 3))
        np.add.at(total, place.reshape(-1), slopes)
        return standard_error(total, self.landmarks.sigma[rows].astype(np.float64))


def _straight(definition: Definition, side: str, table: _Points) -> Measurement:
    names = all_landmarks(definition, side)
    fault = table.fault(names)
    if fault:
        return Measurement(definition, side, np.nan, np.nan, False, fault)
    points = table.at(names)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(evaluate(definition, points[None])[0])
        error = table.error(names, gradient(definition, points))
    if not np.isfinite(value):
        return Measurement(definition, side, np.nan, np.nan, False, "its landmarks lie at one place")
    return Measurement(definition, side, value, error, table.visible(names))


Pair = tuple[str, str]


def _along(definition: SurfaceDistance, side: str, table: _Points, paths: dict[Pair, Path]) -> Measurement:
    names = on_side(definition, side)
    legs = list(pairwise(names))
    fault = table.fault(names) or next((paths[_key(leg)].reason for leg in legs if paths[_key(leg)].reason), "")
    if fault:
        return Measurement(definition, side, np.nan, np.nan, False, fault)
    ends: list[str] = []
    slopes: list[Float64s] = []
    for leg in legs:
        # A path has its direction by the order of names in its key.
        ends.extend(_key(leg))
        slopes.append(paths[_key(leg)].departures)
    value = sum(paths[_key(leg)].length for leg in legs)
    return Measurement(definition, side, value, table.error(ends, np.concatenate(slopes)), table.visible(names))


def _key(leg: Pair) -> Pair:
    return min(leg), max(leg)


def _paths(
    tasks: Sequence[tuple[Definition, str]], index: dict[str, int], xyz: Float64s, scan: Scan | None, mm_per_unit: float
) -> dict[Pair, Path]:
    """Find each path that the surface distances need, once."""
    named = [on_side(d, side) for d, side in tasks if isinstance(d, SurfaceDistance)]
    legs = sorted({_key(leg) for names in named for leg in pairwise(names)})
    if not legs:
        return {}
    if scan is None:
        raise InputError("distances along the surface need the scan; give it, or leave them out")
    ends = np.array([[xyz[index[n]] if n in index else np.full(3, np.nan) for n in leg] for leg in legs])
    try:
        skin = Skin.of(scan, mm_per_unit, ends.reshape(-1, 3))
    except InputError as error:
        return {leg: Path(np.empty((0, 3)), np.nan, str(error)) for leg in legs}
    return dict(zip(legs, shortest_paths(skin, ends), strict=True))
