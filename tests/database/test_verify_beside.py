"""What is looked at while others write, or holds files of others, gives no false alarm, and no real one is missed."""

from __future__ import annotations

import pytest

from lineament.database import disk, withdraw
from lineament.database.verify import doctor, verify

pytestmark = pytest.mark.parametrize("lab", ["sqlite", "postgresql"], indirect=True)


class Stop(BaseException):
    """The program ends."""


@pytest.fixture
def two(lab):
    lab.people = [lab.person("P1"), lab.person("P2")]
    lab.ingest(lab.record("P1", 1), lab.record("P2", 2))
    yield lab
    disk.watch(None)


def test_files_of_others_are_leftovers_and_no_end(two) -> None:
    objects = two.root / "db" / "objects"
    for path in (objects / ".DS_Store", objects / two.people[0][-2:] / ".DS_Store"):
        path.write_bytes(b"x")
    assert [each.what for each in verify(two.database)] == ["leftover", "leftover"]
    assert len(list(doctor(two.database))) == 2
    assert not list(verify(two.database))


def test_a_destroyed_key_is_missed_also_by_who_has_read_it(two) -> None:
    path = next((two.root / "db" / "keys").glob("*/*.key"))
    kept = path.read_bytes()
    path.write_bytes(bytes(len(kept)))
    assert {each.what for each in verify(two.database)} == {"object", "key"}


def test_who_is_leaving_is_no_damage(two) -> None:
    def stop(kind: str, what: str) -> None:
        if (kind, what) == ("point", "withdrawal data key"):
            raise Stop

    (two.database.store.folder_of(two.people[0]) / "0.tmp").write_bytes(b"x")  # of an ingest that was refused
    disk.watch(stop)
    with two.opened() as other, pytest.raises(Stop):
        withdraw.withdraw(other, two.people[0])
    disk.watch(None)
    assert not list(verify(two.database))


@pytest.mark.parametrize("point", ["objects written", "objects placed"])
def test_what_is_being_written_is_no_leftover(two, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lineament.database.locks.BUSY_SECONDS", 0.1)
    seen: list[list] = []

    def look(kind: str, what: str) -> None:
        if (kind, what) == ("point", point):
            with two.opened() as other:
                seen.append(list(verify(other)))

    disk.watch(look)
    two.ingest(two.record("P1", 3))
    assert seen == [[]]


def test_the_log_is_of_one_moment(two, monkeypatch: pytest.MonkeyPatch) -> None:
    log = two.database.log
    count = log._expected_index_digest

    def meanwhile() -> int:
        with two.opened() as other:
            other.log.append("anna", "find", "*")
        return count()

    monkeypatch.setattr(log, "_expected_index_digest", meanwhile)
    assert log.verify() == []
