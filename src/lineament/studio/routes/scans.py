"""Opening scans, and what is drawn of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Path, Request, Response

from lineament.studio.deps import TheItem, TheSession, TheStudio
from lineament.studio.errors import REPLIES
from lineament.studio.geometry import mesh_of
from lineament.studio.jobs import Job
from lineament.studio.models import Created, OpenRequest, ScanReply, scan_reply
from lineament.studio.opening import start_opening
from lineament.studio.reading import Intrinsics
from lineament.studio.uploads import receive

router = APIRouter(prefix="/api/scans", tags=["scans"], responses=REPLIES)
GLB: dict[int | str, dict[str, Any]] = {
    200: {"content": {"model/gltf-binary": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("", status_code=201)
def create_scan(studio: TheStudio, session: TheSession) -> Created:
    """Make a place for a scan, whose files come next."""
    return Created(id=studio.workspace.create(session.id).id)


@router.get("")
def list_scans(studio: TheStudio, session: TheSession) -> list[ScanReply]:
    """Return the open scans, in the order in which they were opened."""
    return [scan_reply(item) for item in studio.workspace.of(session.id)]


@router.get("/{id}")
def get_scan(item: TheItem) -> ScanReply:
    """Return one open scan."""
    return scan_reply(item)


@router.delete("/{id}", status_code=204)
def close_scan(item: TheItem, studio: TheStudio, session: TheSession) -> None:
    """Close a scan; nothing is kept of it."""
    studio.close_scan(session.id, item.id)


@router.put(
    "/{id}/files/{name}",
    status_code=204,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_file(
    name: Annotated[str, Path(max_length=400)], item: TheItem, studio: TheStudio, request: Request
) -> None:
    """Take one file of a scan: its geometry, material, texture or camera. The body is the file's bytes."""
    await receive(request, studio.workspace, item, name)


@router.post("/{id}/open", status_code=202)
def open_scan(item: TheItem, studio: TheStudio, how: OpenRequest) -> Job:
    """Read the scan, then find its landmarks; `parsed` is the stage from which it can be drawn."""
    intrinsics = None if how.intrinsics is None else cast(Intrinsics, tuple(how.intrinsics))
    return start_opening(studio, item, how.unit, intrinsics)


@router.get("/{id}/mesh.glb", response_class=Response, responses=GLB)
def get_mesh(item: TheItem, level: Literal["display", "full"] = "display") -> Response:
    """Return the scan less its `center`, in its own unit; `display` has about 100,000 vertices at most."""
    return Response(mesh_of(item, level == "full"), media_type="model/gltf-binary")
