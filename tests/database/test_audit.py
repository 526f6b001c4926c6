"""The log: each change to it shows, and nothing happens that it cannot tell of."""

from __future__ import annotations

import pytest

from lineament.database.audit import AuditLog, Head, _about
from lineament.database.catalogue import connect
from lineament.database.migrate import migrate
from lineament.errors import InputError, StoreError


@pytest.fixture
def log(tmp_path) -> AuditLog:
    connection = connect(tmp_path / "audit.sqlite")
    migrate(connection, "audit")
    made = AuditLog(connection)
    for number in range(5):
        made.append("anna", "read", f"scan{number}", purpose="research", about=["sub1"], number=number)
    made.append("bob", "read", "scan1", purpose="research", allowed=False, reason="no role")
    yield made
    made.close()


def test_a_whole_log_is_whole(log: AuditLog) -> None:
    assert log.verify() == []
    assert log.verify(log.head()) == []
    assert [entry["seq"] for entry in log.entries("scan1")] == [2, 6]
    assert [entry["seq"] for entry in log.entries("sub1")] == [1, 2, 3, 4, 5]
    assert [entry["allowed"] for entry in log.entries(actor="bob")] == [False]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET actor = 'eve' WHERE seq = 3",
        "UPDATE audit SET allowed = 1 WHERE seq = 6",
        "UPDATE audit SET detail = '{}' WHERE seq = 2",
        "UPDATE audit SET at = '2020' WHERE seq = 1",
        "DELETE FROM audit_objects WHERE seq = 3",
        "INSERT INTO audit_objects VALUES ('scan9', 1)",
        "UPDATE audit SET detail = '7' WHERE seq = 2",
    ],
)
def test_every_change_shows(log: AuditLog, change: str) -> None:
    log._connection.run(change)
    assert log.verify()


@pytest.mark.parametrize("detail", [7, None, b"\x00\xff", "[1]", '{"about": 7}'])
def test_what_an_entry_is_about_is_read_from_any_damage(detail: object) -> None:
    assert _about(detail) == []


def test_a_removed_entry_shows(log: AuditLog) -> None:
    log._connection.run("DELETE FROM audit_objects WHERE seq = 3")
    log._connection.run("DELETE FROM audit WHERE seq = 3")
    assert any("missing" in said for said in log.verify())


def test_a_cut_end_shows_against_a_kept_head(log: AuditLog) -> None:
    head = Head.parse(str(log.head()))
    log._connection.run("DELETE FROM audit_objects WHERE seq = 6")
    log._connection.run("DELETE FROM audit WHERE seq = 6")
    assert log.verify() == []
    assert any("cut off" in said for said in log.verify(head))


def test_a_log_rewritten_from_some_entry_on_shows_against_a_kept_head(log: AuditLog, tmp_path) -> None:
    head = log.head()
    connection = connect(tmp_path / "forged.sqlite")
    migrate(connection, "audit")
    forged = AuditLog(connection)
    for number in range(6):
        forged.append("anna", "read", f"scan{number}")
    assert forged.verify() == []
    assert forged.verify(head) == ["entry 6 is not the one whose hash was kept"]
    forged.close()


@pytest.mark.parametrize("text", ["", "7", "x:" + "0" * 64, "7:abc"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no head"):
        Head.parse(text)


def test_when_the_log_cannot_be_written_nothing_happens(lab) -> None:
    lab.person("P1")
    (outcome,) = lab.ingest(lab.record("P1", 1))
    lab.let_log_be_written(False)
    with pytest.raises(StoreError):
        next(lab.database.scans(purpose="research"))
    with pytest.raises(StoreError):
        lab.person("P2")
    with pytest.raises(StoreError):
        lab.ingest(lab.record("P1", 2))
    lab.let_log_be_written(True)
    assert len(lab.database.catalogue.rows("SELECT id FROM subjects")) == 1
    assert [found["id"] for found in lab.database.catalogue.rows("SELECT id FROM scans")] == [outcome.scan]
