"""Open databases for those who are signed in: a few threads, each with one of its own that is open for nobody.

Opening takes about 10 ms (keys, migrations, sums over rows), more than most answers, and a connection belongs to its
thread. So a request is handed to a thread whose database is open already, and acts there as the session's actor; who
may do what is asked of the catalogue at each action, never remembered. Slow answers have a thread of their own, and
what counts over the whole database a process, so that nobody waits for somebody else's figures.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from lineament.database.database import SETTINGS, Database
from lineament.database.passwords import password_changed
from lineament.errors import LineamentError, StoreError
from lineament.studio.errors import SignInError
from lineament.studio.sign_in_limits import TooManyError
from lineament.studio.sign_in_session import Session

Found = TypeVar("Found")
Work = Callable[[Database], Found]

APART = True
"""Whether figures are counted in a process of their own."""
QUICK, SLOW, DOOR = 3, 1, 1
"""Threads: for pages, for figures, for passwords, which take long on purpose."""
WAITING = 16
"""Attempts to sign in that wait for the one that is tried."""

_ROOMS: list[_Room] = []
"""Of a process that counts: its database."""


class _Room:
    """A database that stays open, in one thread."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: tuple[int, Database] | None = None

    def work(self, work: Work[Found]) -> Found:
        """Return what `work` returns, with the database open for nobody."""
        database = self._database()
        try:
            return work(database)
        except StoreError:
            self.close()  # what is wrong with it may be over when it is opened again
            raise

    def close(self) -> None:
        known, self._known = self._known, None
        if known is not None:
            with suppress(LineamentError):
                known[1].close()

    def _database(self) -> Database:
        """Return the database; opened again when its settings have changed, as by a new master key."""
        try:
            changed = (self._root / SETTINGS).stat().st_mtime_ns
        except OSError as error:
            raise StoreError(f"{self._root} is no database any more: {error.strerror or error}") from None
        if self._known is None or self._known[0] != changed:
            self.close()
            self._known = changed, Database.open_for_nobody(self._root)
        return self._known[1]


class Pool:
    """Threads with open databases.

    Parameters
    ----------
    root : Path
        Of the database.

    Raises
    ------
    InputError, StoreError
        There is none, or it cannot be opened.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        Database.open_for_nobody(root).close()  # told now, and its schema is of this version before threads meet
        self._quick = ThreadPoolExecutor(QUICK, "studio-database")
        self._slow = ThreadPoolExecutor(SLOW, "studio-figures")
        self._door = ThreadPoolExecutor(DOOR, "studio-door")
        self._places = threading.BoundedSemaphore(WAITING)
        self._apart: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()
        self._mine = threading.local()

    async def run(self, session: Session, work: Work[Found], *, slow: bool = False) -> Found:
        """Return what `work` returns, in one of the threads, with the database open for the session's actor.

        Raises
        ------
        SignInError
            The actor may not act any more, or has another password since.
        LineamentError
            What `work` raises.
        """
        executor = self._slow if slow else self._quick
        return await asyncio.wrap_future(executor.submit(self._as, session, work))

    def do(self, session: Session, work: Work[Found]) -> Found:
        """Do as `run`, and wait: for threads of their own."""
        return self._quick.submit(self._as, session, work).result()

    def call(self, work: Work[Found]) -> Found:
        """Return what `work` returns with the database open for nobody; waits for it."""
        return self._quick.submit(self._guarded, work).result()

    async def call_later(self, work: Work[Found]) -> Found:
        """Do as `call`, and let others go on meanwhile."""
        return await asyncio.wrap_future(self._quick.submit(self._guarded, work))

    async def prove(self, work: Work[Found]) -> Found:
        """Do as `call_later`, one after another, for work that looks at a password.

        Raises
        ------
        TooManyError
            Too many wait already.
        """
        if not self._places.acquire(blocking=False):
            raise TooManyError(5.0)
        try:
            return await asyncio.wrap_future(self._door.submit(self._guarded, work))
        finally:
            self._places.release()

    def count(self, session: Session, work: Work[Found]) -> Future[Found]:
        """Begin to work as `run` does, in a process of lower priority: for what counts over the whole database.

        Parameters
        ----------
        session : Session
        work : callable
            Picklable, as what it returns must be.
        """
        if not APART:
            return self._slow.submit(self._as, session, work)
        with self._lock:
            try:
                if self._apart is not None:
                    return self._apart.submit(_work_apart, session, work)
            except BrokenExecutor:
                pass  # it was killed; the next one counts
            context = multiprocessing.get_context("spawn")
            self._apart = ProcessPoolExecutor(1, context, _begin_apart, (self.root,))
            return self._apart.submit(_work_apart, session, work)

    def close(self) -> None:
        """End the threads and the process, and close their databases."""
        with self._lock:
            if self._apart is not None:
                for process in list(self._apart._processes.values()):
                    process.terminate()  # it only reads, and may count for long
                self._apart.shutdown(wait=True, cancel_futures=True)
        for executor, threads in ((self._quick, QUICK), (self._slow, SLOW), (self._door, DOOR)):
            together = threading.Barrier(threads)

            def close_mine(together: threading.Barrier = together) -> None:
                together.wait()  # or one thread would take two of these
                self._close_mine()

            for _ in range(threads):  # a connection is closed by the thread that it belongs to
                executor.submit(close_mine)
            executor.shutdown(wait=True)

    def _as(self, session: Session, work: Work[Found]) -> Found:
        return self._guarded(lambda database: _acting(database, session, work))

    def _guarded(self, work: Work[Found]) -> Found:
        room: _Room | None = getattr(self._mine, "room", None)
        if room is None:
            room = self._mine.room = _Room(self.root)
        return room.work(work)

    def _close_mine(self) -> None:
        room: _Room | None = getattr(self._mine, "room", None)
        if room is not None:
            room.close()


def _acting(database: Database, session: Session, work: Work[Found]) -> Found:
    check_session(database, session)
    return work(database.acting(session.actor_id))


def _begin_apart(root: Path) -> None:
    """Make this process one that counts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(os, "nice"):
        os.nice(10)
    _ROOMS.append(_Room(root))


def _work_apart(session: Session, work: Work[Found]) -> Found:
    return _ROOMS[0].work(lambda database: _acting(database, session, work))


def check_session(database: Database, session: Session) -> None:
    """See whether whoever signed in still may act, by the password by which they did.

    Raises
    ------
    SignInError
    """
    changed = password_changed(database, session.actor_id)
    if changed is None or (session.password_from is not None and changed != session.password_from):
        raise SignInError("you are no longer signed in")
