"""What routes take and give, for OpenAPI. Coordinates are in the scan's own frame and unit; what is missing is null."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from lineament.studio.marks import Marks, pairs_of
from lineament.studio.workspace import Item
from lineament.types import Scan

SetName = Literal["ibug68", "anthropometric", "dense520"]
Unit = Literal["mm", "cm", "m", "in"]
Coordinate = Annotated[FiniteFloat, Field(ge=-1e9, le=1e9)]
Point = tuple[Coordinate, Coordinate, Coordinate]
"""A place that is asked for."""
Place = tuple[float, float, float]
"""A place that is told."""
Name = Annotated[str, Field(min_length=1, max_length=100)]
Row = tuple[float, float, float, float]
Matrix = tuple[Row, Row, Row, Row]


class Input(BaseModel):
    """A body; it may hold nothing that is not known."""

    model_config = ConfigDict(extra="forbid")


class Stages(BaseModel):
    """What has been made of a scan."""

    parsed: bool
    landmarks: bool
    fit: bool
    curvature: bool


class DisplaySize(BaseModel):
    """What `mesh.glb` draws."""

    points: int
    triangles: int
    decimated: bool


class ScanReply(BaseModel):
    """One open scan."""

    id: str
    name: str
    origin: Literal["file", "drop", "database"]
    format: str
    points: int
    triangles: int
    unit: Unit | None = Field(description="Null where it is not known.")
    mm_per_unit: float | None
    pose: Matrix | None = Field(description="4 x 4 by rows: from the scan's frame and unit to the face frame in mm.")
    score: float | None = Field(description="0 to 1: how well votes agree on a face.")
    no_face: str | None = Field(description="Why no face was found; null where there is one, or nobody has looked yet.")
    warnings: list[str]
    center: Place
    radius: float = Field(description="Of a ball about the center that holds the scan.")
    has_colors: bool
    has_texture: bool
    stages: Stages
    display: DisplaySize | None = Field(description="Null before the scan has been read.")
    can_save: bool = Field(description="Whether corrected landmarks can be saved, rather than downloaded.")
    database_scan: str | None
    sequence: str | None


class Created(BaseModel):
    """A new place for a scan."""

    id: str


class OpenRequest(Input):
    """How to read a scan."""

    unit: Unit | None = Field(default=None, description="Of the scan's numbers; found out without it.")
    intrinsics: Annotated[list[FiniteFloat], Field(min_length=4, max_length=4)] | None = Field(
        default=None, description="fx, fy, cx, cy in pixels, of a depth image."
    )


class ChangeReply(BaseModel):
    """One entry of the history of landmarks."""

    name: str
    xyz: Place | None
    by: str
    at: str


class LandmarksReply(BaseModel):
    """The landmarks of one set, as they are now."""

    scan: str
    set: SetName
    names: list[str]
    definitions: list[str]
    pairs: list[tuple[int, int]] = Field(description="Rows that are each other's partners on both sides.")
    xyz: list[Place | None]
    sigma: list[float | None] = Field(description="Expected error in mm; null where a person has put the point.")
    visible: list[bool]
    corrected: list[bool]
    predicted: list[Place | None] = Field(description="As they were found, whatever has been corrected since.")
    unit: Unit | None
    mm_per_unit: float | None
    history: list[ChangeReply]


class Ray(Input):
    """A ray in the scan's frame; the direction need not be of unit length."""

    origin: Point
    direction: Point


class MoveAlongRay(Input):
    """Puts a landmark to where a ray meets the surface at full resolution."""

    name: Name
    ray: Ray


class MoveTo(Input):
    """Puts a landmark to a place, or to the point of the surface nearest to it."""

    name: Name
    xyz: Point
    snap: bool = False


class MarkMissing(Input):
    """Says that the scan does not show a landmark."""

    name: Name
    missing: Literal[True]


class Restore(Input):
    """Takes the correction of a landmark back."""

    name: Name
    predicted: Literal[True]


class Swap(Input):
    """Exchanges two landmarks."""

    swap: tuple[Name, Name]


Edit = MoveAlongRay | MoveTo | MarkMissing | Restore | Swap


class EditRequest(Input):
    """Edits, done in their order; all or none."""

    edits: Annotated[list[Edit], Field(min_length=1, max_length=1000)]


class SaveRequest(Input):
    """How to save landmarks."""

    note: Annotated[str, Field(max_length=2000)] = ""


class Saved(BaseModel):
    """Where landmarks were saved."""

    where: str


class SurfaceRequest(Input):
    """A ray, or a place; one of the two."""

    ray: Ray | None = None
    point: Point | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.ray is None) == (self.point is None):
            raise ValueError("give a ray or a point")
        return self


class SurfacePoint(BaseModel):
    """A place on the scan's surface at full resolution."""

    xyz: Place
    normal: Place


def scan_reply(item: Item) -> ScanReply:
    """Return what is known of an open scan."""
    scan, found = item.scan, item.found
    shown = None
    if scan is not None:
        from lineament.studio.geometry import display_of

        display = display_of(item)
        triangles = 0 if display.triangles is None else len(display.triangles)
        shown = DisplaySize(points=len(display.points), triangles=triangles, decimated=display.decimated)
    centre = np.zeros(3) if scan is None else item.centre()
    return ScanReply(
        id=item.id,
        name=item.name,
        origin=item.origin,
        format="" if scan is None else scan.source.format,
        points=0 if scan is None else len(scan),
        triangles=0 if scan is None or scan.triangles is None else len(scan.triangles),
        unit=_unit(item),
        mm_per_unit=item.mm_per_unit,
        pose=None if found is None else matrix(found.pose.matrix),
        score=None if found is None else number(found.score),
        no_face=item.no_face or None,
        warnings=[] if scan is None else _warnings(item, scan),
        center=point(centre),
        radius=0.0 if scan is None else _radius(item),
        has_colors=scan is not None and scan.colors is not None,
        has_texture=item.texture is not None,
        stages=Stages(
            parsed=scan is not None,
            landmarks=found is not None,
            fit=item.face is not None,
            curvature=item.has_kind("curvature"),
        ),
        display=shown,
        can_save=item.keep is not None or item.path is not None,
        database_scan=item.database_scan,
        sequence=item.sequence,
    )


def landmarks_reply(item: Item, set_name: str, marks: Marks) -> LandmarksReply:
    """Return the landmarks of one set."""
    from lineament.face.model import load_face_model

    now, found = marks.landmarks, marks.predicted
    sigma = np.full(len(now), np.nan) if now.sigma is None else now.sigma
    return LandmarksReply(
        scan=item.id,
        set=set_name,  # type: ignore[arg-type]
        names=list(now.names),
        definitions=list(load_face_model().landmark_sets[set_name].definitions),
        pairs=pairs_of(set_name),
        xyz=points(now.xyz),
        sigma=[number(value) for value in sigma],
        visible=[bool(seen) for seen in np.asarray(now.visible)],
        corrected=[name in marks.corrected for name in now.names],
        predicted=points(found.xyz),
        unit=now.unit,  # type: ignore[arg-type]
        mm_per_unit=now.mm_per_unit,
        history=[
            ChangeReply(name=c.name, xyz=None if c.xyz is None else point(c.xyz), by=c.by, at=c.at)
            for c in marks.history
        ],
    )


def number(value: float | np.floating[Any]) -> float | None:
    """Return a number for JSON: None where there is none."""
    return float(value) if np.isfinite(value) else None


def point(xyz: npt.NDArray[np.floating[Any]]) -> Place:
    """Return a place for JSON."""
    x, y, z = (float(value) for value in xyz)
    return x, y, z


def matrix(values: npt.NDArray[np.floating[Any]]) -> Matrix:
    """Return a 4 x 4 matrix for JSON, by rows."""
    first, second, third, fourth = ((float(a), float(b), float(c), float(d)) for a, b, c, d in values)
    return first, second, third, fourth


def points(xyz: npt.NDArray[np.floating[Any]]) -> list[Place | None]:
    """Return places for JSON; None for rows of NaN."""
    return [point(row) if np.isfinite(row).all() else None for row in xyz]


def _warnings(item: Item, scan: Scan) -> list[str]:
    """Return what to know of a scan, less that its seams have no uv where it is drawn with them."""
    textured = item.texture is not None
    return [each for each in scan.source.warnings if not (textured and each.endswith("so uv are left out"))]


def _unit(item: Item) -> Unit | None:
    unit = item.found.unit if item.found is not None else None if item.scan is None else item.scan.unit
    return unit  # type: ignore[return-value]


def _radius(item: Item) -> float:
    def make() -> float:
        away = item.parsed.points.astype(np.float64) - item.centre()
        return float(np.sqrt(np.nanmax(np.square(away).sum(axis=1))))

    return item.made("radius", make)
