"""The log's journal is synced once others may write, and before what it tells of may happen."""

from __future__ import annotations

import os
import shutil
from contextlib import closing

import pytest

from lineament.database import catalogue, disk
from lineament.database.audit import AuditLog
from lineament.database.log_file import LogFile
from lineament.database.migrate import migrate
from lineament.errors import StoreError


@pytest.fixture
def place(tmp_path):
    """A log with an entry."""
    folder = tmp_path / "log"
    folder.mkdir()
    with closing(opened(folder / "audit.sqlite")) as log:
        log.append("anna", "read", "scan0")
    return folder / "audit.sqlite"


@pytest.fixture
def synced(monkeypatch):
    """Let a test do something when the journal is about to be synced; returns where to put it."""
    calls = []
    monkeypatch.setattr(
        disk, "_watcher", lambda kind, what: kind == "sync" and what.endswith("-wal") and [call() for call in calls]
    )
    return calls


def opened(path) -> AuditLog:
    connection = LogFile(path)
    migrate(connection, "audit")
    return AuditLog(connection)


def no_room() -> None:
    raise OSError("no room")


def journal_of(place):
    return place.with_name("audit.sqlite-wal")


def test_others_write_while_an_entry_is_synced(place, synced, monkeypatch) -> None:
    with closing(opened(place)) as log, closing(opened(place)) as other:
        monkeypatch.setattr(catalogue, "BUSY_SECONDS", 0.0)
        synced.append(lambda: other.append("bob", "find", "", durable=False))
        assert log.append("anna", "read", "scan1") == 2
        assert [entry["actor"] for entry in log.entries()] == ["anna", "anna", "bob"]
        assert log.verify() == []


def test_what_is_on_disk_at_the_sync_has_the_entry(place, synced, tmp_path) -> None:
    with closing(opened(place)) as log:
        synced.append(lambda: shutil.copytree(place.parent, tmp_path / "then", ignore=shutil.ignore_patterns("*-shm")))
        log.append("anna", "read", "scan1")
    synced.clear()
    with closing(opened(tmp_path / "then" / "audit.sqlite")) as then:
        assert [entry["object"] for entry in then.entries()] == ["scan0", "scan1"]


def test_an_entry_that_need_not_last_is_not_synced(place, synced) -> None:
    with closing(opened(place)) as log:
        synced.append(no_room)
        assert log.append("anna", "find", "", durable=False) == 2


def test_the_name_of_the_journal_is_synced_with_its_first_entry(place, monkeypatch) -> None:
    synced = []
    with closing(opened(place)) as log:
        monkeypatch.setattr(disk, "_watcher", lambda kind, what: synced.append(what))
        log.append("anna", "read", "scan1")
        log.append("anna", "read", "scan2")
    assert synced == [str(journal_of(place)), str(place.parent), str(journal_of(place))]


def test_what_could_not_be_synced_is_refused_and_nothing_is_written_behind_it(place, synced) -> None:
    with closing(opened(place)) as log:
        synced.append(no_room)
        with pytest.raises(StoreError, match="no room"):
            log.append("anna", "read", "scan1")
        assert journal_of(place).stat().st_size == 0  # it is in the file, so that the next sync need not tell of it
        synced.clear()
        assert log.append("anna", "read", "scan2") == 3
        assert log.verify() == []


def test_while_the_journal_is_in_doubt_nothing_is_written(place, synced, monkeypatch) -> None:
    monkeypatch.setattr(catalogue, "BUSY_SECONDS", 0.0)
    with closing(opened(place)) as log, closing(opened(place)) as reader:
        synced.append(no_room)
        with reader._connection.reading():
            reader.head()
            with pytest.raises(StoreError, match="no room"):
                log.append("anna", "read", "scan1")
            synced.clear()
            for durable in (True, False):
                with pytest.raises(StoreError, match="could not be synced before"):
                    log.append("anna", "read", "scan2", durable=durable)
        assert log.append("anna", "read", "scan2") == 3
        assert log.verify() == []


def test_a_log_that_is_closed_leaves_no_journal(place) -> None:
    log = opened(place)
    log.append("anna", "read", "scan1")
    assert journal_of(place).exists()
    log.close()
    assert os.listdir(place.parent) == ["audit.sqlite"]


def test_to_open_a_log_syncs_nothing(place, synced) -> None:
    synced.append(no_room)
    with closing(opened(place)) as log:
        assert log.verify() == []
