"""What routes give for fits, measures, comparisons and sequences. Lengths in mm, missing numbers are null."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field, FiniteFloat, model_validator

from lineament.compare.picture import color_range
from lineament.compare.regions import REGIONS
from lineament.face.rig import arkit_weights
from lineament.measure.asymmetry import LandmarkAsymmetry
from lineament.measure.table import Row, rows_of_asymmetry
from lineament.studio.comparing import Compared
from lineament.studio.fitting import FitFacts
from lineament.studio.measuring import Distance
from lineament.studio.models import Input, Matrix, Place, Point, SetName, matrix, number, point, points
from lineament.studio.sequences import SET, Frames
from lineament.studio.workspace import Item

Id = Annotated[str, Field(min_length=1, max_length=64)]
Stable = Literal["upper", "nose", "all"]
LEAST_STEP, LONGEST_TIME = 1e-6, 1e7
"""Between the frames of a sequence, and of all of them, seconds."""


class Histogram(BaseModel):
    """Vertices by their deviation in mm; those beyond the edges count in the outermost bins."""

    edges: list[float]
    counts: list[int]


class Identity(BaseModel):
    """Who it is, in the modes of the shape prior."""

    count: int
    weights: list[float] = Field(description="In standard deviations.")


class FitReply(BaseModel):
    """How a face fits, and what it shows."""

    median: float | None = Field(description="Of the size of the deviation, mm.")
    p95: float | None
    measured: float = Field(description="Share of the face's area that the scan shows.")
    histogram: Histogram
    expressions: dict[str, float] = Field(description="Weights by ARKit's names, 0 to 1.")
    identity: Identity
    vertices: int
    pose: Matrix = Field(description="4 x 4 by rows: from the scan's frame and unit to the fit's face frame in mm.")


class MeasureRow(BaseModel):
    """One measure."""

    measure: str
    side: str = Field(description="left or right of the subject, or empty.")
    name: str
    kind: str
    unit: str
    value: float | None
    standard_error: float | None
    low_90: float | None
    high_90: float | None
    visible: bool = Field(description="Whether the scan shows all landmarks that it depends on.")
    note: str
    landmarks: list[str]


class Measures(BaseModel):
    """All measures of a scan."""

    rows: list[MeasureRow]


class DistanceRequest(Input):
    """Two places in the scan's frame."""

    a: Point
    b: Point


class DistanceReply(BaseModel):
    """How far two places are apart."""

    straight_mm: float
    surface_mm: float | None
    path: list[Place] = Field(description="Along the skin, in the scan's frame.")
    why: str | None = Field(description="Why there is no path.")


class AsymmetryRow(BaseModel):
    """A pair of landmarks, or a point of the midline, beside its mirror image."""

    name: str
    partner: str | None
    value: float | None
    standard_error: float | None
    by_error: float | None = Field(description="What errors of the landmarks alone stay below 9 times in 10, mm.")
    offset: Place | None = Field(description="From the mirrored partner to the point, in the scan's frame and unit.")
    visible: bool
    note: str


class AsymmetryReply(BaseModel):
    """Left-right asymmetry of the landmarks."""

    rows: list[AsymmetryRow]


class CurvatureRequest(Input):
    """At which size curvature is measured."""

    radius: Annotated[FiniteFloat, Field(ge=1, le=30)] = 5.0


class ComparisonRequest(Input):
    """Which scans to compare, and how."""

    a: Id
    b: Id
    stable: Stable = "upper"
    limit: Annotated[FiniteFloat, Field(ge=0.1, le=100)] = 10.0


class RegionRow(BaseModel):
    """How far B lies from A in one region of the face; means are over area."""

    region: str
    points: int
    area: float = Field(description="mm^2")
    measured: float
    mean: float | None
    median: float | None
    mean_absolute: float | None
    rms: float | None
    p95: float | None = Field(description="Of the size of the deviation.")
    largest: float | None
    volume: float | None = Field(description="cm^3; positive where B lies outside.")


class LandmarkRow(BaseModel):
    """How far a landmark has moved, towards the subject's left, upwards and out of the face."""

    set_name: SetName
    name: str
    left: float | None
    up: float | None
    forward: float | None
    distance: float | None
    standard_error: float | None
    by_error: float | None = Field(description="Distance that errors alone exceed once in ten.")
    visible: bool


class ComparisonReply(BaseModel):
    """What has changed from A to B."""

    id: str
    a: str
    b: str
    stable: Stable
    limit: float = Field(description="Up to which deviation is looked for, mm.")
    residual: float = Field(description="Of the stable parts, mm.")
    used: float = Field(description="Share of the stable parts that agree.")
    range: float = Field(description="Of a colour scale, mm to either side.")
    motion: Matrix = Field(description="4 x 4 by rows: from B's frame and unit to A's.")
    pose: Matrix = Field(description="4 x 4 by rows: from A's frame and unit to its face frame in mm.")
    regions: list[RegionRow]
    landmarks: list[LandmarkRow]
    warnings: list[str]


class SequenceRequest(Input):
    """Open scans in their order in time, with `fps`, or with the `times` of all in seconds."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    scans: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    fps: Annotated[FiniteFloat, Field(gt=0, le=10_000)] | None = None
    times: list[Annotated[FiniteFloat, Field(ge=0, le=LONGEST_TIME)]] | None = None
    fit: bool = False

    @model_validator(mode="after")
    def _one(self) -> SequenceRequest:
        if (self.fps is None) == (self.times is None):
            raise ValueError("give fps or times")
        if self.times is not None and len(self.times) != len(self.scans):
            raise ValueError("give as many times as scans")
        times = self.seconds()
        if any(b - a < LEAST_STEP for a, b in pairwise(times)) or times[-1] > LONGEST_TIME:
            raise ValueError("times must rise, by a microsecond or more, and stay below four months")
        return self

    def seconds(self) -> list[float]:
        """Return when each frame was taken."""
        return self.times or [row / (self.fps or 1.0) for row in range(len(self.scans))]


class FailedFrame(BaseModel):
    """A frame that lacks something."""

    frame: int
    why: str


class SequenceReply(BaseModel):
    """A 4D sequence."""

    id: str
    name: str
    scans: list[str]
    times: list[float] = Field(description="In seconds.")
    fps: float | None = Field(description="Null where frames are not evenly apart.")
    set: SetName
    names: list[str]
    xyz: list[list[Place | None]] = Field(description="Of each frame, in the frame and unit of its scan.")
    expressions: dict[str, list[float | None]] | None = Field(
        description="By ARKit's names one weight a frame; null where faces are not fitted."
    )
    failed: list[FailedFrame]


def fit_reply(item: Item, facts: FitFacts) -> FitReply:
    """Return how a face fits."""
    face = item.fitted
    return FitReply(
        median=number(facts.share(50)),
        p95=number(facts.share(95)),
        measured=facts.measured,
        histogram=Histogram(edges=facts.edges.tolist(), counts=facts.counts.tolist()),
        expressions=arkit_weights(face),
        identity=Identity(count=len(face.identity), weights=face.identity.tolist()),
        vertices=len(face.vertices),
        pose=matrix(face.pose.matrix),
    )


def measure_rows(rows: tuple[Row, ...]) -> list[MeasureRow]:
    """Return measures for JSON."""
    return [MeasureRow(**_with_nulls(asdict(row) | {"landmarks": list(row.landmarks)})) for row in rows]


def asymmetry_rows(found: LandmarkAsymmetry, mm_per_unit: float) -> list[AsymmetryRow]:
    """Return asymmetry for JSON."""
    place = {name: i for i, name in enumerate(found.names)}
    offsets = points(found.offset / mm_per_unit)
    return [
        AsymmetryRow(
            name=row.landmarks[0],
            partner=row.landmarks[1] if len(row.landmarks) > 1 else None,
            value=number(row.value),
            standard_error=number(row.standard_error),
            by_error=number(found.by_error[place[row.landmarks[0]]]),
            offset=offsets[place[row.landmarks[0]]],
            visible=row.visible,
            note=row.note,
        )
        for row in rows_of_asymmetry(found)
    ]


def distance_reply(found: Distance) -> DistanceReply:
    """Return a distance for JSON."""
    return DistanceReply(
        straight_mm=found.straight,
        surface_mm=number(found.surface),
        path=[point(node) for node in found.path],
        why=found.reason or None,
    )


def comparison_reply(key: str, compared: Compared) -> ComparisonReply:
    """Return a comparison for JSON."""
    found = compared.found
    return ComparisonReply(
        id=key,
        a=compared.a,
        b=compared.b,
        stable=found.stable,  # type: ignore[arg-type]
        limit=found.limit,
        residual=found.residual,
        used=found.used,
        range=color_range(found.deviation[found.region >= 0]),
        motion=matrix(found.motion.matrix),
        pose=matrix(found.pose.matrix),
        regions=_regions(compared),
        landmarks=[LandmarkRow(**_with_nulls(asdict(row))) for row in found.landmarks],
        warnings=list(found.warnings),
    )


def sequence_reply(key: str, frames: Frames) -> SequenceReply:
    """Return a sequence for JSON."""
    steps = np.diff(frames.times)
    even = len(steps) > 0 and np.allclose(steps, steps[0], rtol=1e-3)
    curves = frames.expressions
    return SequenceReply(
        id=key,
        name=frames.name,
        scans=list(frames.scans),
        times=list(frames.times),
        fps=float(1 / steps[0]) if even else None,
        set=SET,
        names=list(frames.names),
        xyz=[points(frame) for frame in frames.xyz],
        expressions=None if curves is None else {name: [number(v) for v in curve] for name, curve in curves.items()},
        failed=[FailedFrame(frame=row, why=why) for row, why in frames.failed],
    )


def region_rows(compared: Compared) -> npt.NDArray[np.int64]:
    """Return the row among the reply's `regions` of each vertex of A that is drawn, (M,); -1 for none."""
    told = [change.region for change in compared.found.regions]
    rows = [told.index(name) if name in told else -1 for name in REGIONS]
    return np.array([*rows, -1])[compared.region]


def _regions(compared: Compared) -> list[RegionRow]:
    found = compared.found
    neck = list(REGIONS).index("neck")
    rows = []
    for change in found.regions:
        inside = (found.region >= 0) & (found.region != neck)
        if change.region in REGIONS:
            inside = found.region == list(REGIONS).index(change.region)
        known = found.deviation[inside & np.isfinite(found.deviation)]
        median = np.median(known) if len(known) else np.nan
        rows.append(RegionRow(points=len(known), **_with_nulls(asdict(change) | {"median": float(median)})))
    return rows


def _with_nulls(values: dict[str, Any]) -> dict[str, Any]:
    return {name: number(value) if isinstance(value, float) else value for name, value in values.items()}
