"""The catalogue's connection: SQLite in a file, or PostgreSQL, behind the same few calls and the same SQL.

SQL is written for SQLite with `:name` parameters, in what both know of the language; types differ in name only.
One writer at a time on both: the lock is taken when a transaction begins, so that none has to be tried again.
"""

from __future__ import annotations

import itertools
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from lineament.database import rowsums
from lineament.errors import InputError, StoreError

Row = Mapping[str, Any]

BUSY_SECONDS = 60.0
"""A writer waits this long for another one,"""
PAUSES = (0.0002, 0.005)
"""and looks again after so many seconds, at first and at last; SQLite's own pauses are longer than most waits."""
_NAME = re.compile(r"(?<![:\w]):([a-z_][a-z_0-9]*)")
_BY_INDEX = re.compile(r"\bINDEXED BY \w+")
"""A hint to SQLite, which knows nothing of how many rows there are; PostgreSQL has figures of its own."""
_TYPES = (("INTEGER", "BIGINT"), ("REAL", "DOUBLE PRECISION"), ("BLOB", "BYTEA"))


class Catalogue(Protocol):
    """What both connections do. Not for use by several threads."""

    def rows(self, sql: str, **values: Any) -> list[Row]:
        """Return all rows of a query."""
        ...

    def each(self, sql: str, **values: Any) -> Iterator[Row]:
        """Yield the rows of a query, never all in memory."""
        ...

    def run(self, sql: str, **values: Any) -> int:
        """Change rows; return how many."""
        ...

    def run_many(self, sql: str, values: Iterable[Row]) -> None:
        """Change rows once for each set of values."""
        ...

    def script(self, sql: str) -> None:
        """Run the statements of a migration."""
        ...

    @contextmanager
    def writing(self, durable: bool = True) -> Iterator[None]:
        """All changes in the block, or none; nobody else writes meanwhile. May be nested.

        When it ends they are on disk, and survive a loss of power; if not `durable`, only the end of the program.
        """
        ...

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that is read in the block is of one moment, while others write."""
        ...

    def check(self) -> list[str]:
        """Return what is amiss with the pages and the references, in sentences."""
        ...

    def keep_sums(self, *, anew: bool) -> None:
        """Keep sums over all rows from now on, which `check` compares; anew after the tables were changed."""
        ...

    def forget(self) -> None:
        """Leave nothing of deleted rows in the files: free pages too, and SQLite's journal, but not PostgreSQL's."""
        ...

    def close(self) -> None: ...


def row(catalogue: Catalogue, sql: str, **values: Any) -> Row | None:
    """Return the first row of a query, None when there is none."""
    return next(iter(catalogue.rows(sql, **values)), None)


def connect(place: str | Path, schema: str = "lineament", key: bytes = b"") -> Catalogue:
    """Open a catalogue.

    Parameters
    ----------
    place : path or str
        A file of SQLite, made when it is missing, or the address of a PostgreSQL database, `postgresql://...`.
    schema : str
        Of PostgreSQL; made when it is missing.
    key : bytes
        Of the sums over the rows of SQLite.

    Raises
    ------
    StoreError
        It cannot be opened.
    """
    return Postgres(str(place), schema) if str(place).startswith("postgresql:") else Sqlite(Path(place), key)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the second of a message that quotes damaged bytes
        raise StoreError(f"the catalogue: {error}") from error


class Sqlite:
    """A file of SQLite: write-ahead log, synced at each commit, deleted bytes overwritten."""

    PAGE = 8192
    """Bytes of a page of a new file, twice SQLite's own, so that a search reads a fifth less often."""

    def __init__(self, path: Path, key: bytes = b"") -> None:
        self._key = key
        with _told():
            self._open = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=512)
            self._open.row_factory = sqlite3.Row
            for pragma in (
                f"page_size = {self.PAGE}",
                "journal_mode = WAL",
                "synchronous = FULL",
                "foreign_keys = ON",
                "secure_delete = ON",
                "temp_store = MEMORY",  # temporary files would hold rows
                "trusted_schema = OFF",
                "cache_size = -65536",
            ):
                self._open.execute(f"PRAGMA {pragma}")
        path.chmod(0o600)

    def rows(self, sql: str, **values: Any) -> list[Row]:
        with _told():
            return self._open.execute(sql, values).fetchall()

    def each(self, sql: str, **values: Any) -> Iterator[Row]:
        with _told():
            yield from self._open.execute(sql, values)

    def run(self, sql: str, **values: Any) -> int:
        with _told():
            return self._open.execute(sql, values).rowcount

    def run_many(self, sql: str, values: Iterable[Row]) -> None:
        with _told():
            self._open.executemany(sql, values)

    def script(self, sql: str) -> None:
        for statement in statements(sql):
            self.run(statement)

    @contextmanager
    def writing(self, durable: bool = True) -> Iterator[None]:
        if self._open.in_transaction:
            yield
            return
        try:
            with _told():
                if not durable:
                    self._open.execute("PRAGMA synchronous = NORMAL")
                self._begin()
            yield
            with _told():
                self._open.execute("COMMIT")
        finally:
            if self._open.in_transaction:
                self._open.execute("ROLLBACK")
            if not durable:
                self._open.execute("PRAGMA synchronous = FULL")

    def _begin(self) -> None:
        """Wait for the lock; raise what SQLite says when somebody holds it for too long."""
        until, (pause, longest) = time.monotonic() + BUSY_SECONDS, PAUSES
        self._open.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    self._open.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                        raise
                time.sleep(pause)
                pause = min(1.5 * pause, longest)
        finally:
            self._open.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")

    @contextmanager
    def reading(self) -> Iterator[None]:
        if self._open.in_transaction:
            yield
            return
        with _told():
            self._open.execute("BEGIN")
        try:
            yield
        finally:
            self._open.execute("ROLLBACK")

    def check(self) -> list[str]:
        said = [text for found in self.rows("PRAGMA integrity_check") if (text := found["integrity_check"]) != "ok"]
        strays = self.rows("PRAGMA foreign_key_check")
        return (
            said
            + [f"a row of {stray['table']} refers to a row of {stray['parent']} that is not there" for stray in strays]
            + self._wrong_sums()
        )

    def keep_sums(self, *, anew: bool) -> None:
        with _told():
            if anew:
                rowsums.seal(self._open, self._key)
            rowsums.keep(self._open, self._key)

    def _wrong_sums(self) -> list[str]:
        with _told(), self.reading():
            return rowsums.check(self._open, self._key)

    def forget(self) -> None:
        with _told():
            self._open.execute("VACUUM")
            busy = self._open.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise StoreError("another program reads the catalogue, so that its journal cannot be emptied; try again")

    def close(self) -> None:
        self._open.close()


class Postgres:
    """A schema of a PostgreSQL database."""

    def __init__(self, address: str, schema: str) -> None:
        try:
            import psycopg
            from psycopg.adapt import Loader
            from psycopg.rows import dict_row
        except ImportError:
            raise InputError("PostgreSQL needs: pip install 'lineament[server]'") from None
        if not re.fullmatch(r"[a-z_][a-z_0-9]*", schema):
            raise InputError(f"the schema is {schema!r}; expected lower case letters, digits and _")
        self._error = psycopg.Error
        with self._told():
            self._open: Any = psycopg.connect(address, autocommit=True, row_factory=dict_row)
            self._open.adapters.register_loader("numeric", _plain_numbers(Loader))
            self._open.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            self._open.execute(f"SET search_path TO {schema}")
            self._open.execute("SET synchronous_commit TO on")
            self._open.execute(f"SET lock_timeout TO '{BUSY_SECONDS:.0f}s'")
        self._cursors = itertools.count()
        self._lock = int.from_bytes(schema.encode()[-7:], "big")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise StoreError(f"the catalogue: {error}") from error

    def rows(self, sql: str, **values: Any) -> list[Row]:
        with self._told():
            found = self._open.execute(_for_postgres(sql), values)
            return list(found.fetchall()) if found.description else []

    def each(self, sql: str, **values: Any) -> Iterator[Row]:
        # Held by the server and not by a transaction: what is written while it is read must not hang on its end.
        with self._told(), self._open.cursor(f"each{next(self._cursors)}", withhold=True) as cursor:
            cursor.itersize = 1000
            yield from cursor.execute(_for_postgres(sql), values)

    def run(self, sql: str, **values: Any) -> int:
        with self._told():
            return int(self._open.execute(_for_postgres(sql), values).rowcount)

    def run_many(self, sql: str, values: Iterable[Row]) -> None:
        with self._told(), self._open.cursor() as cursor:
            cursor.executemany(_for_postgres(sql), [dict(each) for each in values])

    def script(self, sql: str) -> None:
        for name, other in _TYPES:
            sql = re.sub(rf"\b{name}\b", other, sql)
        with self._told():
            for statement in statements(re.sub(r"\)\s*STRICT\b", ")", sql)):
                self._open.execute(statement)

    @contextmanager
    def writing(self, durable: bool = True) -> Iterator[None]:
        with self._told():
            if self._open.info.transaction_status != 0:  # inside a transaction already
                yield
                return
            with self._open.transaction():
                self._open.execute("SELECT pg_advisory_xact_lock(%(key)s)", {"key": self._lock})
                if not durable:
                    self._open.execute("SET LOCAL synchronous_commit TO off")
                yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._told():
            if self._open.info.transaction_status != 0:
                yield
                return
            with self._open.transaction():
                self._open.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield

    def check(self) -> list[str]:
        return []  # the server checks references at each change, and its pages by its own checksums

    def keep_sums(self, *, anew: bool) -> None:
        pass  # the server's own checksums, where they are on

    def forget(self) -> None:
        for found in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"):
            self.run(f"VACUUM FULL {found['tablename']}")  # of all tables only a superuser may

    def close(self) -> None:
        self._open.close()


def _plain_numbers(base: type) -> type:
    """Return what reads sums of integers, which PostgreSQL has as decimals, as SQLite gives them."""

    def load(_: object, data: bytes) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdecimal() else float(text)

    return type("PlainNumbers", (base,), {"load": load})


def statements(sql: str) -> Iterator[str]:
    """Yield the statements of a script; none of ours has a semicolon inside."""
    bare = "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))
    for statement in bare.split(";"):
        if statement.strip():
            yield statement.strip()


@lru_cache(2048)
def _for_postgres(sql: str) -> str:
    return _NAME.sub(r"%(\1)s", _BY_INDEX.sub("", sql).replace("%", "%%"))
