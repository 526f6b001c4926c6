"""A new master key: nothing is lost, whenever the change is cut off, and the old key opens nothing afterwards."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from lineament.database import disk
from lineament.database.backup import backup, copy_keys
from lineament.database.database import Database, read_settings
from lineament.database.find import count
from lineament.database.people import enrol, read_identity, subject_labelled, write_identity
from lineament.database.records import SubjectRecord
from lineament.database.releases.create import pseudonym
from lineament.database.restore import restore
from lineament.database.rotate import rotate_key
from lineament.database.verify import doctor, verify
from lineament.database.withdraw import withdraw
from lineament.errors import InputError, StoreError


class Killed(BaseException):
    """In the place of kill -9: nothing that cleans up catches it."""


@pytest.fixture
def people(lab) -> list[str]:
    names = [lab.person(label) for label in ("P1", "P2", "P3")]
    lab.ingest(*(lab.record(label, seed) for seed, label in enumerate(("P1", "P2", "P3"))))
    write_identity(lab.database, names[0], {"name": "Anna"})
    return names


def whole(database: Database, people: list[str]) -> bool:
    return (
        list(verify(database)) == []
        and len([scan.read() for scan in database.scans(purpose="research")]) == 3
        and subject_labelled(database, "faces", "P2") == people[1]
        and read_identity(database, people[0]) == {"name": "Anna"}
    )


def test_all_is_as_before_under_the_new_key(lab, people: list[str]) -> None:
    name = pseudonym(lab.database, "rel1", people[0])
    place = rotate_key(lab.database)
    assert Path(place).parent == lab.root
    (lab.root / "master.key").unlink()
    with lab.opened() as database:
        assert database.settings.key == place
        assert whole(database, people)
        assert pseudonym(database, "rel1", people[0]) == name


def test_the_old_key_opens_nothing(lab, people: list[str]) -> None:
    rotate_key(lab.database)
    with pytest.raises(StoreError, match="not the master key of this database"):
        Database.open(lab.root / "db", "anna", key=str(lab.root / "master.key"))


def test_a_program_that_was_open_makes_no_key_that_is_lost(lab, people: list[str]) -> None:
    with lab.opened() as other:
        rotate_key(lab.database)
        with pytest.raises(StoreError, match="open it again"):
            enrol(other, "faces", SubjectRecord("P9"), "GDPR")
        with pytest.raises(StoreError, match="open it again"):
            write_identity(other, people[1], {"name": "Ben"})
    with lab.opened() as database:
        assert whole(database, people)


def test_cut_off_before_each_step(lab, people: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    copy, step = lab.root / "copy", 0
    shutil.copytree(lab.root / "db", copy)
    place = lab.root / "new.key"

    def killed_at(step: int) -> bool:
        """Rotate until the step before a number; return whether it was reached."""
        seen = 0

        def watcher(kind: str, what: str) -> None:
            nonlocal seen
            seen += 1
            if seen == step:
                disk.watch(None)
                raise Killed

        with Database.open(lab.root / "db", "anna") as database:
            disk.watch(watcher)
            try:
                rotate_key(database, str(place))
            except Killed:
                return True
            finally:
                disk.watch(None)
        return False

    while True:
        step += 1
        cut = killed_at(step)
        with lab.opened() as database:
            list(doctor(database))  # a temporary file may be left, of a key that is wrapped
            assert whole(database, people), step
            assert database.settings.next_key == ""
        if not cut:
            break
        shutil.rmtree(lab.root / "db")
        shutil.copytree(copy, lab.root / "db")
        place.unlink(missing_ok=True)
    assert step > 20


def test_who_leaves_meanwhile_does_not_come_back(lab, people: list[str]) -> None:
    """The key is destroyed between being read and put back, wrapped anew, by a program that was open before."""
    opened, read, destroyed = threading.Event(), threading.Event(), threading.Event()

    def leave() -> None:
        with lab.opened() as other:
            opened.set()
            assert read.wait(20)
            withdraw(other, people[1])

    def watcher(kind: str, what: str) -> None:
        if kind == "rename" and what.endswith(f"keys/{people[1][-2:]}/{people[1]}.key"):
            read.set()
            assert destroyed.wait(20)
        elif what == "withdrawal data key":
            destroyed.set()

    leaving = threading.Thread(target=leave)
    leaving.start()
    assert opened.wait(20)
    disk.watch(watcher)
    try:
        rotate_key(lab.database)
        leaving.join(20)
    finally:
        disk.watch(None)
    assert not list(lab.root.glob(f"db/*/*/{people[1]}*"))
    with lab.opened() as database:
        assert list(verify(database)) == []


def test_a_key_that_was_cut_off_is_destroyed_with_the_other(lab, people: list[str]) -> None:
    """A kill leaves the key, wrapped by the new master key, beside its place."""

    def watcher(kind: str, what: str) -> None:
        if kind == "rename" and what.endswith(f"keys/{people[1][-2:]}/{people[1]}.key"):
            raise Killed

    disk.watch(watcher)
    try:
        with pytest.raises(Killed):
            rotate_key(lab.database)
    finally:
        disk.watch(None)
    assert len(list(lab.root.glob(f"db/keys/*/{people[1]}*"))) == 2
    with lab.opened() as database:
        withdraw(database, people[1])
    assert not list(lab.root.glob(f"db/keys/*/{people[1]}*"))


def test_a_damaged_key_does_not_close_the_database(lab, people: list[str]) -> None:
    (path,) = lab.root.glob(f"db/keys/*/{people[1]}.key")
    path.write_bytes(bytes(60))
    rotate_key(lab.database)
    with lab.opened() as database:
        assert {damage.name for damage in verify(database) if damage.what == "key"} == {people[1]}


def test_a_place_that_is_no_place(lab) -> None:
    with pytest.raises(InputError, match="exists"):
        rotate_key(lab.database, str(lab.root / "master.key"))
    with pytest.raises(InputError, match="in the database"):
        rotate_key(lab.database, str(lab.root / "db" / "new.key"))
    assert read_settings(lab.root / "db").next_key == ""


def test_a_backup_from_before_is_restored_with_the_keys_of_today(lab, people: list[str]) -> None:
    backup(lab.database, lab.root / "backup")
    place = rotate_key(lab.database)
    with lab.opened() as database:
        copy_keys(database, lab.root / "keys")
    with pytest.raises(StoreError, match="not the master key"):
        restore(lab.root / "backup", lab.root / "wrong", lab.root / "keys")
    restore(lab.root / "backup", lab.root / "again", lab.root / "keys", key=place, catalogue="")
    with Database.open(lab.root / "again", "anna") as database:
        assert count(database) == 3
        assert whole(database, people)
