"""The log's file of SQLite: what must survive a loss of power is synced while others write already.

SQLite syncs its journal, the `-wal` file, before it lets go of the lock, so that whoever looks something up would wait
for the disk of whoever reads or takes in. Here a commit only writes its frames; then the lock is free, and the journal
is synced by ourselves before `writing` returns. Frames that are not in the journal any more are on disk already: SQLite
begins a journal anew only after it has copied it into the file and synced that. It locks nothing in the journal, so
that a descriptor of our own may be opened and closed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lineament.database import disk
from lineament.database.catalogue import Sqlite
from lineament.errors import StoreError


class LogFile(Sqlite):
    """A file of SQLite whose journal is synced after the lock was released."""

    PAGE = 4096
    """An entry is small, and each writes the pages that it changes."""

    def __init__(self, path: Path, key: bytes = b"") -> None:
        super().__init__(path, key)
        self._journal = Path(f"{path.resolve()}-wal")  # where SQLite has it
        self._descriptor: int | None = None
        self._named = False
        self._doubtful = False

    @contextmanager
    def writing(self, durable: bool = True) -> Iterator[None]:
        if self._open.in_transaction:
            yield
            return
        if self._doubtful:
            self._settle()
        before = self._open.total_changes
        with super().writing(durable=False):
            self._watch()
            yield
        if durable and self._open.total_changes > before:  # to open a log that is up to date changes no row
            self._sync()

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)  # first, or Windows would not let SQLite remove the journal
            self._descriptor = None
        super().close()

    def _watch(self) -> None:
        """Open the journal before anything is written to it: a descriptor is told of failures since it was opened."""
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._journal, os.O_RDWR)
            except OSError as error:
                raise StoreError(f"cannot open {self._journal}: {error.strerror or error}") from error

    def _sync(self) -> None:
        """Make what was committed survive a loss of power, also the journal's name."""
        assert self._descriptor is not None
        try:
            disk.sync_data(self._descriptor, self._journal)
            if not self._named:
                disk.sync_folder(self._journal.parent)
                self._named = True
        except StoreError:
            self._doubtful = True
            with suppress(StoreError):
                self._settle()
            raise

    def _settle(self) -> None:
        """Copy the journal into the file and empty it: after a sync that failed the next one tells nothing of before.

        Raises
        ------
        StoreError
            It is not possible yet, and nothing may be written behind what could be lost.
        """
        for _ in range(2):  # SQLite's own descriptor may tell of the same failure first
            with suppress(sqlite3.Error):
                self._doubtful = bool(self._open.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
                break
        if self._doubtful:
            raise StoreError(f"{self._journal} could not be synced before, and cannot be emptied")
