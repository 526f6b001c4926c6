"""The sums over rows are those of the rows, whatever is written, and of no others."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.database import rowsums
from lineament.database.verify import verify
from lineament.errors import StoreError

KEY = b"k" * 32
VALUES = st.tuples(
    st.none() | st.text(),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False) | st.integers(-(2**53), 2**53),
    st.none() | st.binary(),
)


def table() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, c REAL, d BLOB) STRICT")
    rowsums.seal(connection, KEY)
    rowsums.keep(connection, KEY)
    return connection


@given(st.lists(st.tuples(st.sampled_from(["insert", "update", "delete", "replace"]), st.integers(0, 4), VALUES)))
def test_sums_follow_rows(changes) -> None:
    with closing(table()) as connection:
        for what, number, values in changes:
            if what == "delete":
                connection.execute("DELETE FROM things WHERE id = ?", (number,))
            elif what == "update":
                connection.execute("UPDATE things SET a = ?, b = ?, c = ?, d = ? WHERE id = ?", (*values, number))
            else:
                conflict = "NOTHING" if what == "insert" else "UPDATE SET a = excluded.a, c = excluded.c"
                sql = f"INSERT INTO things VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO {conflict}"
                connection.execute(sql, (number, *values))
        assert rowsums.check(connection, KEY) == []


def test_rows_that_are_undone_leave_no_trace() -> None:
    with closing(table()) as connection:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO things (a) VALUES ('x')")
        connection.execute("ROLLBACK")
        assert rowsums.check(connection, KEY) == []


@pytest.mark.parametrize(
    "change",
    ["UPDATE things SET a = 'y'", "DELETE FROM things", "INSERT INTO things (a) VALUES ('x')", "DROP TABLE things"],
)
def test_what_another_program_changes_is_seen(tmp_path, change) -> None:
    path = tmp_path / "some.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, a TEXT) STRICT")
        rowsums.seal(connection, KEY)
        rowsums.keep(connection, KEY)
        connection.execute("INSERT INTO things (a) VALUES ('x')")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(change)
        assert rowsums.check(other, KEY)
        assert rowsums.check(other, b"another key")


def test_a_consent_that_somebody_wrote_into_the_file_is_seen(lab) -> None:
    lab.person("P1")
    if lab.database.settings.catalogue:
        pytest.skip("a server keeps its own rows")
    assert not list(verify(lab.database))
    with closing(sqlite3.connect(lab.root / "db" / "catalogue.sqlite", isolation_level=None)) as other:
        other.execute("UPDATE consents SET withdrawn_at = '2020-01-01'")
    (damage,) = verify(lab.database)
    assert damage.said == "the table consents has other rows than were written"


def test_a_damaged_catalogue_is_not_brought_to_another_schema(lab, monkeypatch) -> None:
    from lineament.database import migrate

    if lab.database.settings.catalogue:
        pytest.skip("a server keeps its own rows")
    lab.person("P1")
    with closing(sqlite3.connect(lab.root / "db" / "catalogue.sqlite", isolation_level=None)) as other:
        other.execute("UPDATE subjects SET sex = 'other'")
    files = migrate._files
    monkeypatch.setattr(migrate, "_files", lambda part: [*files(part), (f"0999_{part}.sql", "SELECT 1;")])
    with pytest.raises(StoreError, match="is damaged: the table subjects"):
        lab.opened()
