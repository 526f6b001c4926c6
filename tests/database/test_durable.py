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
