"""The fitted face, curvature, and values for heat maps."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from lineament.studio.curvature import curvature_of, start_curvature
from lineament.studio.deps import TheItem, TheSession, TheStudio
from lineament.studio.downloads import attachment, stem_of
from lineament.studio.errors import REPLIES
from lineament.studio.fitting import confidence_of, download_of_fit, facts_of, mesh_of_fit, rig_of, start_fit
from lineament.studio.jobs import Job
from lineament.studio.measuring import asymmetry_of_fit
from lineament.studio.results import CurvatureRequest, FitReply, fit_reply
from lineament.studio.routes.scans import GLB
from lineament.types import Floats

router = APIRouter(prefix="/api/scans/{id}", tags=["fit"], responses=REPLIES)
Kind = Literal["shape_index", "curvedness", "deviation", "confidence", "asymmetry"]
BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("/fit", status_code=202)
def fit_scan(item: TheItem, studio: TheStudio, session: TheSession) -> Job:
    """Fit the face model, from the landmarks as they are now."""
    return start_fit(studio, item, session.id)


@router.get("/fit")
def get_fit(item: TheItem) -> FitReply:
    """Return how the face fits, its expression and its identity."""
    return fit_reply(item, facts_of(item))


@router.get("/fit/mesh.glb", response_class=Response, responses=GLB)
def get_fit_mesh(item: TheItem) -> Response:
    """Return the fitted face in the frame of the scan's mesh."""
    return Response(mesh_of_fit(item), media_type="model/gltf-binary")


@router.get("/fit/rig.bin", response_class=Response, responses=BYTES)
def get_rig(item: TheItem) -> Response:
    """Return the rig: neutral face, expressions and identity modes, in mm, face frame; see `rig_of`."""
    return Response(rig_of(item), media_type="application/octet-stream")


@router.get("/fit/download", response_class=Response, responses=BYTES)
def download_fit(item: TheItem, format: Literal["glb", "obj", "ply", "npz"] = "glb") -> Response:
    """Download the fitted face: as a rig with the scan's colours, as a mesh, or as parameters."""
    return attachment(download_of_fit(item, format), f"{stem_of(item.name)}.face.{format}")


@router.post("/curvature", status_code=202)
def measure_curvature(item: TheItem, studio: TheStudio, session: TheSession, asked: CurvatureRequest) -> Job:
    """Measure the curvature at every point."""
    return start_curvature(studio, item, session.id, asked.radius)


@router.get("/values/{kind}", response_class=Response, responses=BYTES)
def get_values(item: TheItem, kind: Kind, radius: Annotated[float, Query(ge=1, le=30)] = 5.0) -> Response:
    """Return float32, little-endian, one for each vertex that `mesh.glb` draws, NaN where unknown.

    `asymmetry` has one for each vertex of the fit instead.
    """
    values: Floats
    if kind == "deviation":
        values = facts_of(item).deviation
    elif kind == "confidence":
        values = confidence_of(item)
    elif kind == "asymmetry":
        values = asymmetry_of_fit(item)
    else:
        values = curvature_of(item, kind, radius)
    return Response(values.astype("<f4").tobytes(), media_type="application/octet-stream")
