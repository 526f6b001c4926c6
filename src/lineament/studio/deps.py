"""What routes ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request

from lineament.studio.sign_in import Session, current
from lineament.studio.state import Studio
from lineament.studio.workspace import Item


def studio_of(request: Request) -> Studio:
    """Return the studio that serves a request."""
    studio: Studio = request.app.state.studio
    return studio


TheStudio = Annotated[Studio, Depends(studio_of)]
TheSession = Annotated[Session, Depends(current)]


def item_of(id: Annotated[str, Path(max_length=64)], studio: TheStudio, session: TheSession) -> Item:
    """Return the open scan that a path names."""
    return studio.workspace.get(session.id, id)


TheItem = Annotated[Item, Depends(item_of)]
