"""Measuring on an open scan."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter, Response

from lineament.studio.deps import TheItem
from lineament.studio.downloads import attachment, stem_of
from lineament.studio.editing import met
from lineament.studio.errors import REPLIES
from lineament.studio.geometry import surface_of
from lineament.studio.measuring import distance_between, landmark_asymmetry_of, measures_csv, rows_of_scan, size_of
from lineament.studio.models import SurfacePoint, SurfaceRequest, point
from lineament.studio.results import (
    AsymmetryReply,
    DistanceReply,
    DistanceRequest,
    Measures,
    asymmetry_rows,
    distance_reply,
    measure_rows,
)

router = APIRouter(prefix="/api/scans/{id}", tags=["measures"], responses=REPLIES)


@router.post("/surface")
def find_surface(item: TheItem, asked: SurfaceRequest) -> SurfacePoint:
    """Return where a ray meets the scan at full resolution, or the point of it nearest to a place."""
    hit = met(item, asked.ray) if asked.ray is not None else surface_of(item).nearest(np.array(asked.point))
    return SurfacePoint(xyz=point(hit.xyz), normal=point(hit.normal))


@router.get("/measures")
def get_measures(item: TheItem) -> Measures:
    """Return the anthropometric measures, from the landmarks as they are now."""
    return Measures(rows=measure_rows(rows_of_scan(item)))


@router.get(
    "/measures.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def get_measures_csv(item: TheItem) -> Response:
    """Download the measures as a table."""
    return attachment(measures_csv(item), f"{stem_of(item.name)}.measures.csv", "text/csv; charset=utf-8")


@router.post("/distance")
def measure_distance(item: TheItem, asked: DistanceRequest) -> DistanceReply:
    """Measure between two places, straight and along the skin."""
    return distance_reply(distance_between(item, np.array(asked.a), np.array(asked.b)))


@router.get("/asymmetry")
def get_asymmetry(item: TheItem) -> AsymmetryReply:
    """Return the left-right asymmetry of the landmarks."""
    return AsymmetryReply(rows=asymmetry_rows(landmark_asymmetry_of(item), size_of(item)))
