"""Landmarks: as they were found, and as people correct them."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from lineament.io.landmarks import write_landmarks
from lineament.studio.deps import TheItem, TheSession
from lineament.studio.downloads import attachment, stem_of, written
from lineament.studio.editing import author, edited
from lineament.studio.errors import REPLIES, ConflictError
from lineament.studio.marks import Marks
from lineament.studio.models import EditRequest, LandmarksReply, Saved, SaveRequest, SetName, landmarks_reply
from lineament.studio.saving import save
from lineament.studio.workspace import Item

router = APIRouter(prefix="/api/scans/{id}/landmarks", tags=["landmarks"], responses=REPLIES)
Format = Literal["mrk.json", "fcsv", "json", "csv", "pp", "tps", "ljson"]


@router.get("/{set}")
def get_landmarks(item: TheItem, set: SetName) -> LandmarksReply:
    """Return one set of landmarks."""
    return landmarks_reply(item, set, marks_of(item, set))


@router.patch("/{set}")
def edit_landmarks(item: TheItem, session: TheSession, set: SetName, asked: EditRequest) -> LandmarksReply:
    """Correct landmarks; what was found is kept beside, and the history tells who did what and when."""
    by = author(session.actor)
    before = marks_of(item, set)
    after = edited(item, before, asked.edits, by)
    with item.lock:
        now = marks_of(item, set)
        # somebody else was quicker: their edits come first
        after = after if now is before else edited(item, now, asked.edits, by)
        item.marks[set] = after
    return landmarks_reply(item, set, after)


@router.post("/{set}/save")
def save_landmarks(item: TheItem, set: SetName, asked: SaveRequest) -> Saved:
    """Save the landmarks beside the scan's file, or into its database."""
    marks_of(item, set)
    return Saved(where=save(item, set, asked.note))


@router.get(
    "/{set}/export",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
def export_landmarks(item: TheItem, set: SetName, format: Format = "mrk.json") -> Response:
    """Download the landmarks in one of the formats of `lineament landmarks`."""
    landmarks = marks_of(item, set).landmarks
    data = written(f"landmarks.{format}", lambda place: write_landmarks(landmarks, place))
    return attachment(data, f"{stem_of(item.name)}.{set}.{format}")


def marks_of(item: Item, set_name: str) -> Marks:
    """Return the landmarks of one set.

    Raises
    ------
    ConflictError
        None were found, or nobody has looked yet.
    """
    if set_name not in item.marks:
        raise ConflictError(item.no_face or "the landmarks of this scan have not been found yet")
    return item.marks[set_name]
