"""Backups and the copy of the keys: nobody is lost, nobody comes back, and nothing is taken for another's."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from lineament.database import backup as module
from lineament.database import disk
from lineament.database.backup import FILES, backup, check_backup, copy_keys
from lineament.database.database import Database
from lineament.database.find import count, find
from lineament.database.people import write_identity
from lineament.database.restore import restore
from lineament.database.rotate import rotate_key
from lineament.database.verify import doctor, verify
from lineament.database.withdraw import _destroy_keys, _request, withdraw
from lineament.errors import InputError, StoreError


@pytest.fixture
def people(lab) -> list[str]:
    names = [lab.person(label) for label in ("P1", "P2", "P3")]
    lab.ingest(*(lab.record(label, seed) for seed, label in enumerate(("P1", "P2", "P3"))))
    write_identity(lab.database, names[0], {"name": "Anna"})
    return names


def there(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "keys").rglob("*.key")}


def test_keys_of_another_database_are_left_alone(lab, people: list[str]) -> None:
    copy_keys(lab.database, lab.root / "keys")
    backup(lab.database, lab.root / "backup")
    with Database.create(lab.root / "other", "anna", key=str(lab.root / "other.key")) as other:
        for folder, said in (("keys", "another database"), ("db", "not empty"), ("db/keys", "not empty")):
            with pytest.raises(InputError, match=said):
                copy_keys(other, lab.root / folder)
        for folder in ("backup", "db", "other", "other/keys"):
            with pytest.raises(InputError, match="give another folder"):
                copy_keys(other, lab.root / folder)
        with pytest.raises(InputError, match="another database"):
            backup(other, lab.root / "backup")
    with pytest.raises(InputError, match="not empty"):
        backup(lab.database, lab.root / "keys")
    assert there(lab.root / "keys") == there(lab.root / "db") == set(people)


def test_the_same_copy_is_brought_up_to_date_after_a_new_master_key(lab, people: list[str]) -> None:
    copy_keys(lab.database, lab.root / "keys")
    rotate_key(lab.database)
    (lab.root / "keys" / "keys" / people[0][-2:] / f"{people[0]}.key.0.tmp").write_bytes(b"left by a kill")
    with lab.opened() as database:
        withdraw(database, people[2])
        assert copy_keys(database, lab.root / "keys") == 3
        backup(database, lab.root / "backup")
        place = database.settings.key
    assert there(lab.root / "keys") == set(people[:2])
    assert not list((lab.root / "keys").rglob("*.tmp"))
    assert restore(lab.root / "backup", lab.root / "again", lab.root / "keys", key=place, catalogue="") == (2, 0)


def test_an_older_backup_costs_nobody_of_a_newer_one_their_key(lab, people: list[str]) -> None:
    backup(lab.database, lab.root / "older")
    lab.person("P4")
    lab.ingest(lab.record("P4", 4))
    backup(lab.database, lab.root / "newer")
    copy_keys(lab.database, lab.root / "keys")
    assert restore(lab.root / "older", lab.root / "first", lab.root / "keys", catalogue="") == (3, 0)
    with Database.open(lab.root / "first", "anna") as first:
        assert list(doctor(first)) == []
        assert list(verify(first)) == []
        withdraw(first, people[0])
        copy_keys(first, lab.root / "keys")
    assert restore(lab.root / "newer", lab.root / "second", lab.root / "keys", catalogue="") == (3, 1)


def test_who_agreed_is_found_after_a_backup_that_does_not_tell_whose_a_purpose_is(lab, people: list[str]) -> None:
    lab.database.catalogue.run("UPDATE consent_purposes SET subject = NULL")  # as of schema 4
    backup(lab.database, lab.root / "backup")
    restore(lab.root / "backup", lab.root / "again", lab.root / "db", catalogue="")
    with Database.open(lab.root / "again", "anna") as again:
        assert len(find(again, {"consented": "training", "expression": "neutral"})) == len(people)


def test_a_database_of_nobody_is_restored(lab) -> None:
    backup(lab.database, lab.root / "backup")
    assert copy_keys(lab.database, lab.root / "keys") == 0
    assert restore(lab.root / "backup", lab.root / "again", lab.root / "keys", catalogue="") == (0, 0)


def test_who_leaves_while_it_is_written_is_not_in_it(lab, people: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write = module._Writer._write_subject

    def meanwhile(self, subject: str) -> None:
        write(self, subject)
        if subject == min(people):
            with lab.opened() as other:
                _request(other, max(people))
                _destroy_keys(other, max(people))  # what follows waits for the backup

    monkeypatch.setattr(module._Writer, "_write_subject", meanwhile)
    with lab.opened() as database:  # which has no key in memory
        backup(database, lab.root / "backup")
    monkeypatch.undo()
    copy_keys(lab.database, lab.root / "keys")
    assert restore(lab.root / "backup", lab.root / "again", lab.root / "keys", catalogue="") == (2, 0)


def test_a_key_that_is_lost_is_told(lab, people: list[str]) -> None:
    """Who has not left is not left out in silence: the copy of the keys may still have theirs."""
    next(lab.root.glob(f"db/keys/*/{people[1]}.key")).unlink()
    with lab.opened() as database, pytest.raises(StoreError, match=f"the key of {people[1]} is not there"):
        backup(database, lab.root / "backup")


@pytest.mark.parametrize("what", ["subjects", "identities", "objects"])
def test_who_is_taken_out_of_a_backup_is_missed(lab, people: list[str], what: str) -> None:
    backup(lab.database, lab.root / "backup")
    copy_keys(lab.database, lab.root / "keys")
    path = lab.root / "backup" / FILES
    said = json.loads(path.read_bytes())
    del said["sha256"]
    victim = next(name for name in said["files"] if name.startswith(f"{what}/"))
    del said["files"][victim]
    (lab.root / "backup" / victim).unlink()
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps({**said, "sha256": digest}))
    assert check_backup(lab.root / "backup") == []
    with pytest.raises(StoreError, match="is missing"):
        restore(lab.root / "backup", lab.root / "again", lab.root / "keys", catalogue="")


def test_keys_are_not_copied_while_they_are_wrapped_anew(lab, people: list[str], monkeypatch) -> None:
    monkeypatch.setattr("lineament.database.locks.BUSY_SECONDS", 0.1)
    copy, refused = module.copy_file, []

    def meanwhile(path: Path, target: Path) -> None:
        if not refused:
            with lab.opened() as other, pytest.raises(StoreError, match="another program"):
                rotate_key(other)
            refused.append(path)
        copy(path, target)

    monkeypatch.setattr(module, "copy_file", meanwhile)
    assert copy_keys(lab.database, lab.root / "keys") == 4
    assert refused


def test_who_leaves_while_the_keys_are_copied_does_not_end_it(lab, people: list[str]) -> None:
    last = max(people, key=lambda name: (name[-2:], name))

    def leave(kind: str, what: str) -> None:
        if kind == "rename" and what.startswith(str(lab.root / "keys" / "keys")):
            disk.watch(None)
            lab.database.keys.destroy(last)

    disk.watch(leave)
    try:
        copy_keys(lab.database, lab.root / "keys")
    finally:
        disk.watch(None)
    assert there(lab.root / "keys") == set(people) - {last}


@pytest.mark.skipif(os.name != "posix", reason="permissions of files")
def test_nobody_else_may_look_into_any_of_it(lab, people: list[str]) -> None:
    backup(lab.database, lab.root / "copies" / "backup")
    copy_keys(lab.database, lab.root / "copies" / "keys")
    restore(lab.root / "copies" / "backup", lab.root / "again", lab.root / "copies" / "keys", catalogue="")
    with Database.open(lab.root / "again", "anna") as again:
        assert count(again) == 3
    paths = [path for folder in ("copies", "again", "db") for path in (lab.root / folder).rglob("*")]
    assert {oct(path.stat().st_mode & 0o777) for path in paths if path.is_dir()} == {"0o700"}
    assert {oct(path.stat().st_mode & 0o777) for path in paths if path.is_file()} == {"0o600"}
