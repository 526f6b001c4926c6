"""Long work: how far it is, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import StreamingResponse

from lineament.studio.deps import TheSession, TheStudio
from lineament.studio.errors import REPLIES, UnknownError
from lineament.studio.jobs import Job
from lineament.studio.sign_in import Session, Sessions

HEARTBEAT = 15.0
"""Seconds after which a silent stream sends a comment, so that nobody on the way closes it."""

router = APIRouter(prefix="/api", tags=["jobs"], responses=REPLIES)
JobId = Annotated[str, Path(max_length=64)]
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "`data:` is a Job."}
}


@router.get("/jobs")
def list_jobs(studio: TheStudio, session: TheSession) -> list[Job]:
    """Return the session's jobs, the oldest first."""
    return studio.jobs.of(session.id)


@router.get("/jobs/{id}")
def get_job(id: JobId, studio: TheStudio, session: TheSession) -> Job:
    """Return one job."""
    return studio.jobs.get(session.id, id)


@router.delete("/jobs/{id}")
def cancel_job(id: JobId, studio: TheStudio, session: TheSession) -> Job:
    """Cancel a job: at once when it waits, at its next stage when it runs."""
    return studio.jobs.cancel(session.id, id)


@router.get("/jobs/{id}/events", response_class=StreamingResponse, responses=STREAM)
def follow_job(id: JobId, request: Request, studio: TheStudio, session: TheSession) -> StreamingResponse:
    """Send the job at each change, as server-sent events; its end ends them."""
    studio.jobs.get(session.id, id)
    return _stream(studio.jobs.follow(session.id, id), request, session)


@router.get("/events", response_class=StreamingResponse, responses=STREAM)
def follow_jobs(request: Request, studio: TheStudio, session: TheSession) -> StreamingResponse:
    """Send each job of the session at each change, as server-sent events."""
    return _stream(studio.jobs.follow(session.id, None), request, session)


def _stream(jobs: AsyncIterator[Job], request: Request, session: Session) -> StreamingResponse:
    sessions: Sessions = request.app.state.sessions
    events = _events(jobs, lambda: sessions.table.alive(session))
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(jobs: AsyncIterator[Job], alive: Callable[[], bool]) -> AsyncIterator[str]:
    yield ": these are jobs\n\n"
    following = aiter(jobs)
    coming = asyncio.ensure_future(anext(following))
    try:
        while alive():
            done, _ = await asyncio.wait([coming], timeout=HEARTBEAT)
            if not done:
                yield ": nothing new\n\n"
                continue
            try:
                job = coming.result()
            except (StopAsyncIteration, UnknownError):
                return
            yield f"data: {job.model_dump_json()}\n\n"
            coming = asyncio.ensure_future(anext(following))
    finally:
        coming.cancel()
