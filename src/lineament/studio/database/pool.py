"""Open databases for those who are signed in: a few threads, each with one of its own that is open for nobody.

Opening takes about 10 ms (keys, migrations, sums over rows), more than most answers, and a connection belongs to its
thread. So a request is handed to a thread whose database is open already, and acts there as the session's actor; who
may do what is asked of the catalogue at each action, never remembered. Slow answers have a thread of their own, so that
nobody waits for somebody else's figures.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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

QUICK, SLOW, DOOR = 3, 1, 1
"""Threads: for pages, for figures, for passwords, which take long on purpose."""
WAITING = 16
"""Attempts to sign in that wait for the one that is tried."""


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

    def close(self) -> None:
        """End the threads, and close their databases."""
        for executor, threads in ((self._quick, QUICK), (self._slow, SLOW), (self._door, DOOR)):
            together = threading.Barrier(threads)

            def close_mine(together: threading.Barrier = together) -> None:
                together.wait()  # or one thread would take two of these
                self._close_mine()

            for _ in range(threads):  # a connection is closed by the thread that it belongs to
                executor.submit(close_mine)
            executor.shutdown(wait=True)

    def _as(self, session: Session, work: Work[Found]) -> Found:
        def acting(database: Database) -> Found:
            check_session(database, session)
            return work(database.acting(session.actor_id))

        return self._guarded(acting)

    def _guarded(self, work: Work[Found]) -> Found:
        database = self._database()
        try:
            return work(database)
        except StoreError:
            self._close_mine()  # what is wrong with it may be over when it is opened again
            raise

    def _database(self) -> Database:
        """Return the thread's database; opened again when its settings have changed, as by a new master key."""
        try:
            changed = (self.root / SETTINGS).stat().st_mtime_ns
        except OSError as error:
            raise StoreError(f"{self.root} is no database any more: {error.strerror or error}") from None
        known: tuple[int, Database] | None = getattr(self._mine, "known", None)
        if known is not None and known[0] == changed:
            return known[1]
        self._close_mine()
        database = Database.open_for_nobody(self.root)
        self._mine.known = (changed, database)
        return database

    def _close_mine(self) -> None:
        known: tuple[int, Database] | None = getattr(self._mine, "known", None)
        self._mine.known = None
        if known is not None:
            with suppress(LineamentError):
                known[1].close()


def check_session(database: Database, session: Session) -> None:
    """See whether whoever signed in still may act, by the password by which they did.

    Raises
    ------
    SignInError
    """
    changed = password_changed(database, session.actor_id)
    if changed is None or (session.password_from is not None and changed != session.password_from):
        raise SignInError("you are no longer signed in")
