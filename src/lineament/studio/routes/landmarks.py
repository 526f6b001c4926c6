"""Landmarks: as they were found, and as people correct them."""

from __future__ import annotations

from fastapi import APIRouter

from lineament.studio.deps import TheItem
from lineament.studio.errors import REPLIES, ConflictError
from lineament.studio.marks import Marks
from lineament.studio.models import LandmarksReply, SetName, landmarks_reply
from lineament.studio.workspace import Item

router = APIRouter(prefix="/api/scans/{id}/landmarks", tags=["landmarks"], responses=REPLIES)


@router.get("/{set}")
def get_landmarks(item: TheItem, set: SetName) -> LandmarksReply:
    """Return one set of landmarks."""
    return landmarks_reply(item, set, marks_of(item, set))


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
