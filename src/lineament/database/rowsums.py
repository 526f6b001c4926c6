"""Sums over the rows of a SQLite catalogue, kept as rows change, so that `verify` finds a row that changed by itself.

SQLite's own check sees broken pages and indexes, not another letter in a text. So each table has the sum modulo 2^256
of a keyed hash of each of its rows, which does not depend on their order (MSet-Add-Hash of Clarke, Devadas, van Dijk,
Gassend and Suh, ASIACRYPT 2003). Triggers that belong to the connection add what is written and take away what is
deleted, in the same transaction. The key comes from the database's secret: who changes the file without it is found as
well, unless the whole file of an earlier day is put back; for that there is the head of the audit log.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import blake2b

SIZE = 32
MODULUS = 2**256
TABLE = "row_sums"
SCHEMA = "sqlite_master"
"""The part that the tables' definitions are."""
CHAINED = ("audit", "audit_objects")
EMPTY = bytes(SIZE)

Value = str | int | float | bytes | None


def keep(connection: sqlite3.Connection, key: bytes) -> None:
    """Keep the sums from now on, on this connection; they must be there."""

    def changed(total: bytes, part: str, sign: int, *values: Value) -> bytes:
        return _added(total, sign * _hash(key, part, values))

    connection.create_function("row_sum", -1, changed)
    for table, columns in _tables(connection).items():
        old, new = (", ".join(f"{when}.{column}" for column in columns) for when in ("OLD", "NEW"))
        less, more = f"row_sum(total, '{table}', -1, {old})", f"row_sum({{}}, '{table}', 1, {new})"
        for event, total in (("INSERT", more.format("total")), ("DELETE", less), ("UPDATE", more.format(less))):
            name = f"{TABLE}_{event.lower()}_{table}"
            connection.execute(f"DROP TRIGGER IF EXISTS temp.{name}")
            # Temporary, since SQLite lets no trigger that is kept in a file call a function of the program.
            connection.execute(
                f"CREATE TEMP TRIGGER {name} AFTER {event} ON main.{table} BEGIN "
                f"UPDATE {TABLE} SET total = {total} WHERE part = '{table}'; END"
            )


def seal(connection: sqlite3.Connection, key: bytes) -> None:
    """Take all rows as they are now for right."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (part TEXT PRIMARY KEY, total BLOB NOT NULL) STRICT")
    connection.execute(f"DELETE FROM {TABLE}")
    connection.executemany(f"INSERT INTO {TABLE} VALUES (?, ?)", _sums(connection, key))


def check(connection: sqlite3.Connection, key: bytes) -> list[str]:
    """Return which tables have other rows than were written, in sentences."""
    kept = {part: bytes(total) for part, total in connection.execute(f"SELECT part, total FROM {TABLE}")}
    found = dict(_sums(connection, key))
    return [
        f"the table {part} has other rows than were written" if part != SCHEMA else "the tables have another form"
        for part in sorted(kept.keys() | found.keys())
        if kept.get(part) != found.get(part)
    ]


def _sums(connection: sqlite3.Connection, key: bytes) -> Iterator[tuple[str, bytes]]:
    yield SCHEMA, _sum(key, SCHEMA, connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))
    for table, columns in _tables(connection).items():
        yield table, _sum(key, table, connection.execute(f"SELECT {', '.join(columns)} FROM {table}"))


def _sum(key: bytes, part: str, rows: Iterable[Iterable[Value]]) -> bytes:
    total = EMPTY
    for row in rows:
        total = _added(total, _hash(key, part, tuple(row)))
    return total


def _hash(key: bytes, part: str, values: tuple[Value, ...]) -> int:
    # SQLite keeps -0.0 as 0.0
    plain = [{"bytes": each.hex()} if isinstance(each, bytes) else each + 0 if each == 0 else each for each in values]
    return int.from_bytes(blake2b(json.dumps([part, *plain]).encode(), digest_size=SIZE, key=key).digest(), "big")


def _added(total: bytes, number: int) -> bytes:
    return ((int.from_bytes(total, "big") + number) % MODULUS).to_bytes(SIZE, "big")


def _tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the columns of each table, but for the sums themselves, and the log, whose entries are chained."""
    found = connection.execute(
        """SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
        AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND m.name NOT IN (?, ?, ?) ORDER BY m.name, c.cid""",
        (TABLE, *CHAINED),
    )
    tables: dict[str, list[str]] = {}
    for table, column in found:
        tables.setdefault(table, []).append(column)
    return tables
