"""What the routes of the database share: the pool, figures that are kept for a moment, answers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from lineament.database.database import Database
from lineament.database.describe import own_roles
from lineament.studio.database.opening import Opened
from lineament.studio.database.pictures import Pictures
from lineament.studio.database.pool import Pool
from lineament.studio.errors import UnknownError

Found = TypeVar("Found")

FRESH, TIMES, STALE = 30.0, 20.0, 600.0
"""Figures are told again for so many seconds, or for so many times as long as it took to count them, but never longer
than the last."""
MOST = 500
"""Figures that are kept."""


@dataclass(eq=False)
class Figures:
    """Figures that were counted of late. What may be found depends on the roles that somebody has in which projects, so
    that figures are told to those who have the same ones; an actor with other roles since gets others."""

    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[Hashable, tuple[float, Any]] = field(default_factory=OrderedDict)  # until when, what
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, database: Database, key: Hashable, count: Callable[[], Found]) -> Found:
        """Return figures that are fresh, or count them; the log tells of either.

        Parameters
        ----------
        database : Database
        key : hashable
            What they are of; with the actor, where more than roles decides about them.
        count : callable
        """
        own = (tuple((each["role"], each["project"]) for each in own_roles(database)), key)
        with self._lock:
            until, found = self._kept.get(own, (-1.0, None))
        start = self.clock()
        if start < until:
            database.log.append(database.guard.actor, "find", "", figures=str(key), kept=True, durable=False)
            return found  # type: ignore[no-any-return]
        counted = count()
        took = self.clock() - start
        with self._lock:
            self._kept[own] = start + took + min(max(FRESH, TIMES * took), STALE), counted
            self._kept.move_to_end(own)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return counted


@dataclass(eq=False)
class Views:
    """What the views of a database hold beside it.

    Attributes
    ----------
    pool : Pool
    figures : Figures
    pictures : Pictures
    opened : Opened
    """

    pool: Pool
    figures: Figures = field(default_factory=Figures)
    pictures: Pictures = field(default_factory=Pictures)
    opened: Opened = field(default_factory=Opened)


async def views_of(request: Request) -> Views:
    """Return the views of the studio's database.

    Raises
    ------
    UnknownError
        It has none.
    """
    views: Views | None = request.app.state.views
    if views is None:
        raise UnknownError("this studio shows no database; start it with: lineament studio --db PATH")
    return views


TheViews = Annotated[Views, Depends(views_of)]
Id = Annotated[str, Path(max_length=64)]


def answer(model: BaseModel) -> Response:
    """Return a model as JSON, written in the thread that made it."""
    return Response(model.model_dump_json(), media_type="application/json")
