"""A lock between processes: many who write objects, or one who removes them.

SQLite's own locks on a file of their own, so that they work on every system and end with the process that has them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lineament.database.catalogue import BUSY_SECONDS
from lineament.errors import StoreError


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold the lock together with others who write."""
    with _held(path, "BEGIN", "SELECT COUNT(*) FROM sqlite_master"):
        yield


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock alone; waits for those who write."""
    with _held(path, "BEGIN EXCLUSIVE"):
        yield


@contextmanager
def _held(path: Path, *statements: str) -> Iterator[None]:
    if not path.exists():
        path.touch(0o600)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        try:
            for statement in statements:
                connection.execute(statement)
        except sqlite3.Error as error:
            raise StoreError(
                f"another program holds {path.name} for longer than {BUSY_SECONDS:.0f} s: {error}"
            ) from None
        yield
    finally:
        connection.close()
