"""A search whose entry needs no sync leaves the log as careful as it was, also when it fails."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from lineament.database import catalogue
from lineament.errors import StoreError


def test_a_writer_that_waited_in_vain_still_syncs(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(catalogue, "BUSY_SECONDS", 0.01)
    one = catalogue.Sqlite(tmp_path / "log.sqlite")
    with closing(sqlite3.connect(tmp_path / "log.sqlite", isolation_level=None)) as other, closing(one):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"), one.writing(durable=False):
            pass
        assert one.rows("PRAGMA synchronous")[0]["synchronous"] == 2


def test_a_file_keeps_the_pages_that_it_was_made_with(tmp_path) -> None:
    with closing(sqlite3.connect(tmp_path / "before.sqlite", isolation_level=None)) as before:
        before.execute("PRAGMA page_size = 4096")
        before.execute("CREATE TABLE things (name TEXT)")
    for name, size in (("before.sqlite", 4096), ("new.sqlite", catalogue.Sqlite.PAGE)):
        with closing(catalogue.Sqlite(tmp_path / name)) as opened:
            opened.run("CREATE TABLE others (name TEXT)")
            assert opened.rows("PRAGMA page_size")[0]["page_size"] == size
