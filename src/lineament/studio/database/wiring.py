"""How the views of a database become part of a studio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from lineament.errors import LineamentError
from lineament.studio.database import figures, people, releases, review, scans, work
from lineament.studio.database.asking import Views
from lineament.studio.database.opening import refused, tell_closed
from lineament.studio.errors import UnknownError
from lineament.studio.sign_in import Sessions
from lineament.studio.sign_in_session import Session
from lineament.studio.state import Studio

_LOG = logging.getLogger("lineament.studio")
ROUTERS = (scans.router, people.router, review.router, work.router, releases.router, figures.router)
WATCH = 10.0
"""Seconds between looks at sessions that are over, and at open scans that may no longer be read."""


def add_database(app: FastAPI, studio: Studio, sessions: Sessions) -> None:
    """Give a studio its sessions, and the views of its database if it has one."""
    views = None if sessions.pool is None else Views(sessions.pool)
    app.state.sessions, app.state.views = sessions, views

    def end(session: Session) -> None:
        studio.end_session(session.id)
        if views is not None:
            views.pictures.forget(session.id)
            views.opened.forget(session.id)

    sessions.table.on_end(end)


@asynccontextmanager
async def watching(app: FastAPI) -> AsyncIterator[None]:
    """End sessions whose time is over and close scans whose people have said no, while a studio runs."""
    task = asyncio.create_task(_watch(app))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.to_thread(app.state.sessions.close)


async def _watch(app: FastAPI) -> None:
    while True:
        await asyncio.sleep(WATCH)
        try:
            await look(app)
        except LineamentError as error:  # such as a database that another program holds; looked at again soon
            _LOG.warning("%s", error)
        except Exception:
            _LOG.exception("looking at sessions and open scans")


async def look(app: FastAPI) -> None:
    """End and close once."""
    studio: Studio = app.state.studio
    sessions: Sessions = app.state.sessions
    views: Views | None = app.state.views
    await asyncio.to_thread(sessions.table.sweep)
    held = studio.owners()  # first: a session goes on before anything is its own
    for session in held - {each.id for each in sessions.table.all()}:
        studio.end_session(session)  # a request that was at work when it ended has come late
        if views is not None:
            views.opened.forget(session)
    if views is None:
        return
    for item in views.opened.closed():  # what a job has made of it since
        studio.comparisons.forget_scan(item)
        studio.sequences.forget_scan(item)
    if not (opened := views.opened.all()):
        return
    gone = await views.pool.call_later(lambda database: refused(database, opened.values()))
    told = [(request, no) for request, no in zip(opened.values(), gone, strict=True) if no]
    for (session, item), no in zip(opened, gone, strict=True):
        if no:
            with suppress(UnknownError):
                studio.close_scan(session, item)
            views.opened.close(session, item)
        elif all(each.id != item for each in studio.workspace.of(session)):
            views.opened.forget(session, item)
    if told:  # last: they are closed also when the log cannot be written
        await views.pool.call_later(lambda database: tell_closed(database, told))
