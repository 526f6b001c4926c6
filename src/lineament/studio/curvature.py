"""Curvature of an open scan, for heat maps."""

from __future__ import annotations

from lineament.curvature_map import CurvatureMap, Size, map_curvature
from lineament.studio.errors import ConflictError, QuotaError
from lineament.studio.geometry import display_of
from lineament.studio.jobs import Job, JobResult, Progress
from lineament.studio.state import Studio
from lineament.studio.workspace import Item
from lineament.types import Floats


def start_curvature(studio: Studio, item: Item, owner: str, radius: float) -> Job:
    """Measure the curvature at every point of a scan, in a job.

    Raises
    ------
    ConflictError
        The size of the scan is not known.
    """
    scan, size = item.parsed, _size_of(item)

    def work(progress: Progress) -> JobResult:
        progress("measuring")
        item.made(("curvature", radius), lambda: map_curvature(scan, size, [radius]))
        try:
            studio.workspace.check_room(item.owner)
        except QuotaError:
            item.forget("curvature")
            raise
        return {"scan": item.id, "radius": radius}

    return studio.jobs.start(owner, "curvature", f"curvature of {item.name} at {radius:g} mm", work)


def curvature_of(item: Item, kind: str, radius: float) -> Floats:
    """Return `shape_index` or `curvedness` of the vertices that are drawn, (M,).

    Raises
    ------
    ConflictError
        It has not been measured.
    """
    if not item.has(("curvature", radius)):
        raise ConflictError(f"the curvature at {radius:g} mm has not been measured yet")

    def never() -> CurvatureMap:
        raise ConflictError("the scan is being read again")

    found = item.made(("curvature", radius), never)
    values: Floats = getattr(found, kind)[display_of(item).source, 0]
    return values


def _size_of(item: Item) -> Size:
    mm = item.mm_per_unit
    if mm is None:
        raise ConflictError("curvature is measured in mm, and the unit of the scan is not known; open it with a unit")
    found = item.found
    return Size(item.parsed.unit, mm, None) if found is None else Size(found.unit, mm, found.pose)
