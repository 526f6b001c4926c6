"""Long work, done by a few threads beside the requests, and told to whoever listens."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Unpack

from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # which pydantic wants before Python 3.12

from lineament.errors import LineamentError
from lineament.studio.errors import ErrorBody, QuotaError, UnknownError, readable

_LOG = logging.getLogger("lineament.studio")
KEPT = 200
"""Ended jobs of one session that are remembered."""
WAITING = 2000
"""Jobs of one session that have not ended: as many as it may have scans open, twice."""

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")


class JobResult(TypedDict, total=False):
    """What has come of it so far; which of these there are depends on the kind of job."""

    scan: Annotated[str, Field(description="Id of the open scan.")]
    no_face: Annotated[str, Field(description="Of open: why the scan has no landmarks.")]
    radius: Annotated[float, Field(description="Of curvature, mm.")]
    comparison: str
    sequence: str
    counts: Annotated[dict[str, int], Field(description="Of batch: scans by what has become of them.")]
    said: Annotated[list[str], Field(description="Of batch: what went wrong, of the first scans with which it did.")]


class Job(BaseModel):
    """Long work, as it stands."""

    id: str
    kind: str = Field(description="Such as open, fit, curvature, comparison, sequence.")
    title: str
    state: State
    stage: str = Field(description="What it is at; of open: parsing, parsed, landmarks.")
    done: int
    total: int = Field(description="Of the stage; 0 where it cannot be told.")
    message: str
    result: JobResult
    error: ErrorBody | None


class CancelledError(Exception):
    """The job was cancelled while it ran."""


class Progress:
    """How a job tells where it is; also where it learns that nobody wants it any more."""

    def __init__(self, jobs: Jobs, entry: _Entry) -> None:
        self._jobs = jobs
        self._entry = entry

    def __call__(
        self, stage: str, done: int = 0, total: int = 0, message: str = "", **result: Unpack[JobResult]
    ) -> None:
        """Tell the stage, and what is known of the result already.

        Raises
        ------
        CancelledError
        """
        self.check()
        before = self._entry.job
        self._jobs.change(
            self._entry, stage=stage, done=done, total=total, message=message, result={**before.result, **result}
        )

    def check(self) -> None:
        """Raise `CancelledError` where the job was cancelled."""
        if self._entry.cancelled.is_set():
            raise CancelledError

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Call `stop` when the job is cancelled within the block; it is called in another thread."""
        self._entry.stop = stop
        try:
            self.check()
            yield
        finally:
            self._entry.stop = None
        self.check()


Work = Callable[[Progress], JobResult]


@dataclass(eq=False)
class _Entry:
    job: Job
    owner: str | None
    cancelled: threading.Event = field(default_factory=threading.Event)
    future: Future[None] | None = None
    stop: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Have the work end as soon as it can."""
        self.cancelled.set()
        stop = self.stop
        if stop is not None:
            stop()


@dataclass(frozen=True, eq=False)
class _Listener:
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[Job | None]
    owner: str
    job: str | None


class Jobs:
    """All jobs of a studio. A job belongs to a session; one of nobody (`None`) is everybody's."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, "studio-job")
        self._entries: dict[str, _Entry] = {}
        self._listeners: set[_Listener] = set()
        self._lock = threading.Lock()

    def start(self, owner: str | None, kind: str, title: str, work: Work) -> Job:
        """Queue work; what it returns becomes the job's result.

        Raises
        ------
        QuotaError
            Too many of the session wait already.
        """
        key = secrets.token_urlsafe(9)
        job = Job(
            id=key, kind=kind, title=title, state="queued", stage="", done=0, total=0, message="", result={}, error=None
        )
        entry = _Entry(job, owner)
        with self._lock:
            if sum(e.owner == owner and e.job.state not in ENDED for e in self._entries.values()) >= WAITING:
                raise QuotaError(f"{WAITING} jobs wait already; let some end first")
            self._entries[entry.job.id] = entry
            self._forget(owner)
        self._tell(entry)
        entry.future = self._pool.submit(self._run, entry, work)
        return entry.job

    def of(self, owner: str) -> list[Job]:
        """Return the jobs that a session sees, the oldest first."""
        with self._lock:
            return [entry.job for entry in self._entries.values() if entry.owner in (owner, None)]

    def get(self, owner: str, job: str) -> Job:
        """Return one job.

        Raises
        ------
        UnknownError
        """
        return self._entry(owner, job).job

    def cancel(self, owner: str, job: str) -> Job:
        """Stop a job: at once when it waits, at its next stage when it runs.

        Raises
        ------
        UnknownError
        """
        entry = self._entry(owner, job)
        entry.cancel()
        if entry.future is not None and entry.future.cancel():
            self.change(entry, state="cancelled")
        return entry.job

    def end_following(self) -> None:
        """End all that follow jobs, since the studio is to stop."""
        with self._lock:
            for each in self._listeners:
                with suppress(RuntimeError):  # its loop has ended
                    each.loop.call_soon_threadsafe(each.queue.put_nowait, None)

    def owners(self) -> set[str]:
        """Return the sessions that have jobs."""
        with self._lock:
            return {entry.owner for entry in self._entries.values() if entry.owner is not None}

    def end_session(self, owner: str) -> None:
        """Cancel and forget the jobs of a session."""
        with self._lock:
            gone = [entry for entry in self._entries.values() if entry.owner == owner]
            for entry in gone:
                entry.cancel()
                if entry.future is not None:
                    entry.future.cancel()
                del self._entries[entry.job.id]

    def close(self) -> None:
        """Cancel everything and end the threads."""
        with self._lock:
            for entry in self._entries.values():
                entry.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def change(self, entry: _Entry, **values: Any) -> None:
        """Put a new state of a job in place of the last, and tell it. For `Progress`."""
        with self._lock:
            if entry.job.state in ENDED:
                return
            entry.job = entry.job.model_copy(update=values)
        self._tell(entry)

    async def follow(self, owner: str, job: str | None) -> AsyncIterator[Job]:
        """Yield the present state of one job, or of all of a session, and each change; one job's end ends it.

        Raises
        ------
        UnknownError
        """
        listener = _Listener(asyncio.get_running_loop(), asyncio.Queue(), owner, job)
        with self._listening(listener):
            present = [self.get(owner, job)] if job is not None else self.of(owner)
            for each in present:
                yield each
                if job is not None and each.state in ENDED:
                    return
            while (heard := await listener.queue.get()) is not None:
                yield heard
                if job is not None and heard.state in ENDED:
                    return

    @contextmanager
    def _listening(self, listener: _Listener) -> Iterator[None]:
        with self._lock:
            self._listeners.add(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def _entry(self, owner: str, job: str) -> _Entry:
        with self._lock:
            entry = self._entries.get(job)
        if entry is None or entry.owner not in (owner, None):
            raise UnknownError(f"there is no job {job!r}")
        return entry

    def _forget(self, owner: str | None) -> None:
        ended = [e.job.id for e in self._entries.values() if e.owner == owner and e.job.state in ENDED]
        for job in ended[:-KEPT]:
            del self._entries[job]

    def _tell(self, entry: _Entry) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for each in listeners:
            if each.job in (None, entry.job.id) and entry.owner in (each.owner, None):
                with suppress(RuntimeError):  # its loop has ended
                    each.loop.call_soon_threadsafe(each.queue.put_nowait, entry.job)

    def _run(self, entry: _Entry, work: Work) -> None:
        if entry.cancelled.is_set():
            self.change(entry, state="cancelled")
            return
        self.change(entry, state="running")
        try:
            result = work(Progress(self, entry))
        except CancelledError:
            self.change(entry, state="cancelled")
        except LineamentError as error:
            self._fail(entry, type(error).__name__, str(error))
        except MemoryError:
            self._fail(entry, "MemoryError", "out of memory; the scan is too large for this machine")
        except Exception as error:
            _LOG.exception("job %s", entry.job.kind)
            self._fail(entry, "InternalError", f"internal error, please report it: {type(error).__name__}")
        else:
            self.change(entry, state="done", result={**entry.job.result, **result})

    def _fail(self, entry: _Entry, kind: str, message: str) -> None:
        if entry.cancelled.is_set():  # what was stopped in the middle may end in any way
            self.change(entry, state="cancelled")
            return
        self.change(entry, state="failed", error=ErrorBody(kind=kind, message=readable(message)))
