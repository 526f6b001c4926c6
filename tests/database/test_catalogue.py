"""What both connections promise to those who use several at a time."""

from __future__ import annotations

import itertools

import pytest

from lineament.database import catalogue as catalogues
from lineament.database.catalogue import connect
from lineament.database.reading import open_scan
from lineament.database.withdraw import withdraw
from lineament.errors import StoreError

pytestmark = pytest.mark.parametrize("lab", ["sqlite", "postgresql"], indirect=True)


def test_what_is_logged_while_the_log_is_read_stays(lab) -> None:
    lab.person("P1")
    (outcome,) = lab.ingest(lab.record("P1", 1))
    with lab.opened() as other:
        before = other.log.head().seq
        entries = lab.database.log.entries()
        next(entries)
        open_scan(lab.database, outcome.scan, purpose="research").read()
        assert other.log.head().seq > before
        entries.close()
        assert other.log.head() == lab.database.log.head()


def test_rows_are_read_one_by_one_also_several_times_at_once(lab) -> None:
    both = zip(*(lab.database.catalogue.each("SELECT name FROM actions ORDER BY name") for _ in range(2)), strict=True)
    pairs = [(one["name"], other["name"]) for one, other in both]
    assert len(pairs) > 10
    assert all(one == other for one, other in pairs)


def test_a_reader_that_stops_halfway_keeps_nobody_from_withdrawing(lab) -> None:
    subject = lab.person("P1")
    lab.ingest(lab.record("P1", 1))
    if not lab.database.settings.catalogue:
        pytest.skip("SQLite's journal cannot be emptied under a reader, which is told")
    with lab.opened() as other:
        halfway = other.catalogue.each("SELECT * FROM scans s, actions a")
        assert len(list(itertools.islice(halfway, 2))) == 2
        withdraw(lab.database, subject)
        halfway.close()


def test_no_waiting_without_an_end(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "BUSY_SECONDS", 1.0)
    with (
        lab.opened() as other,
        lab.database.catalogue.writing(),
        pytest.raises(StoreError),
        other.catalogue.writing(),
    ):
        pass


def test_an_ordinary_role_finishes_a_withdrawal(lab, tmp_path) -> None:
    address = lab.database.settings.catalogue
    if not address:
        pytest.skip("SQLite has no roles")
    server = connect(address, lab.database.settings.id)
    server.run("DROP ROLE IF EXISTS ordinary")
    server.run("CREATE ROLE ordinary LOGIN")
    server.run("GRANT CREATE ON DATABASE postgres TO ordinary")
    server.close()
    from lineament.database.database import Database
    from lineament.database.people import add_project

    key = str(tmp_path / "other.key")
    own = address.replace("lineament@", "ordinary@")
    with Database.create(tmp_path / "db2", "anna", key=key, catalogue=own) as database:
        add_project(database, "faces", lab.controller)
        lab.database.close()
        lab.database = database
        assert "CANARY" not in withdraw(database, lab.person("P1", origin="CANARY"))["text"]
