"""What the routes of the database share: the pool, figures that are kept for a moment, answers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from lineament.database.database import Database
from lineament.database.when import now
from lineament.errors import StoreError
from lineament.studio.database.opening import Opened
from lineament.studio.database.pictures import Pictures
from lineament.studio.database.pool import Pool
from lineament.studio.errors import UnknownError
from lineament.studio.sign_in_session import Session

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
    _running: dict[Hashable, Future[Any]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)  # what has ended already is kept at once

    async def get(self, pool: Pool, session: Session, key: Hashable, count: Callable[[Database], Found]) -> Found:
        """Return figures that are fresh, or count them; the log tells of either.

        Parameters
        ----------
        pool : Pool
        session : Session
        key : hashable
            What they are of; with the actor, where more than roles decides about them.
        count : callable
            Picklable.
        """

        def look(database: Database) -> tuple[Hashable, Any]:
            own = _roles(database), key
            with self._lock:
                until, found = self._kept.get(own, (-1.0, None))
            if self.clock() >= until:
                return own, None
            database.log.append(database.guard.actor, "find", "", figures=str(key), kept=True, durable=False)
            return own, found

        own, found = await pool.run(session, look)
        if found is not None:
            return found  # type: ignore[no-any-return]
        with self._lock:
            running = self._running.get(own)
            if running is None:
                start = self.clock()
                running = self._running[own] = pool.count(session, count)
                running.add_done_callback(lambda done: self._keep(own, done, start))
        try:
            # Shielded: others wait for the same figures.
            return await asyncio.shield(asyncio.wrap_future(running))
        except BrokenExecutor:
            raise StoreError("the process that counts has ended; ask again") from None

    def _keep(self, own: Hashable, done: Future[Any], start: float) -> None:
        now = self.clock()
        with self._lock:
            self._running.pop(own, None)
            if not done.cancelled() and done.exception() is None:
                self._kept[own] = now + min(max(FRESH, TIMES * (now - start)), STALE), done.result()
                self._kept.move_to_end(own)
                while len(self._kept) > MOST:
                    self._kept.popitem(last=False)


def _roles(database: Database) -> tuple[tuple[str, str], ...]:
    """Return the actor's roles of today, with the random names of projects: others may be those of several."""
    found = database.catalogue.rows(
        """SELECT DISTINCT role, project FROM grants
        WHERE actor = :actor AND (valid_until IS NULL OR valid_until > :now) ORDER BY role, project""",
        actor=database.guard.actor,
        now=now(),
    )
    return tuple((each["role"], each["project"]) for each in found)


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
