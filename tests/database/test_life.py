"""One life of a database: people, scans, a release, a withdrawal, a backup, all of it verified."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lineament.database.backup import backup, copy_keys
from lineament.database.database import Database
from lineament.database.find import count, find
from lineament.database.people import enrol, read_identity, write_identity
from lineament.database.records import SubjectRecord
from lineament.database.releases.create import create_release
from lineament.database.releases.hand_out import hand_out
from lineament.database.restore import restore
from lineament.database.verify import doctor, verify
from lineament.database.withdraw import letters, withdraw
from lineament.errors import AccessError, InputError, StoreError
from lineament.io.scans import read_scan

pytestmark = pytest.mark.parametrize("lab", ["sqlite", "postgresql"], indirect=True)


def test_what_went_in_comes_out(lab) -> None:
    lab.person("P1", sex="female")
    (outcome,) = lab.ingest(lab.record("P1", 1, expression="smile"))
    assert outcome.state == "accepted"
    (found,) = find(lab.database, {"sex": "female", "expression": "smile"})
    assert found["id"] == outcome.scan
    (scan,) = lab.database.scans({"scan": outcome.scan}, purpose="research")
    original = lab.root / "in" / "P1_1.ply"
    assert scan.bytes(scan.assets[0]) == original.read_bytes()
    np.testing.assert_array_equal(scan.read().points, read_scan(original).points)


def test_nothing_lies_there_in_the_clear(lab) -> None:
    subject = lab.person("LABEL-OF-P1", attributes={"note": "CANARY-ATTRIBUTE"})
    write_identity(lab.database, subject, {"name": "CANARY-NAME"})
    lab.ingest(lab.record("LABEL-OF-P1", 1, attributes={"note": "CANARY-SCAN"}))
    content = read_scan(lab.root / "in" / "LABEL-OF-P1_1.ply").points[10:12].tobytes()
    for path in (lab.root / "db").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(word in data for word in (b"CANARY", b"LABEL-OF", content)), path


def test_the_same_again_is_passed_over(lab) -> None:
    lab.person("P1")
    scans = [lab.record("P1", seed) for seed in range(3)]
    assert [outcome.state for outcome in lab.ingest(*scans)] == ["accepted"] * 3
    assert [outcome.state for outcome in lab.ingest(*scans)] == ["there already"] * 3
    assert count(lab.database) == 3


def test_another_hash_than_was_sent_is_refused(lab) -> None:
    from lineament.database.records import FileRecord

    lab.person("P1")
    path = lab.file("P1.ply")
    (outcome,) = lab.ingest(lab.record("P1", 0, files=(FileRecord(path, sha256="0" * 64),)))
    assert outcome.state == "failed"
    assert "was changed or cut" in outcome.reason


def test_a_broken_file_is_kept_in_quarantine_byte_for_byte(lab) -> None:
    from lineament.database.records import FileRecord

    lab.person("P1")
    path = lab.file("P1.ply")
    broken = path.with_name("broken.ply")
    broken.write_bytes(path.read_bytes()[:-100])
    (outcome,) = lab.ingest(lab.record("P1", 0, files=(FileRecord(broken),)))
    assert outcome.state == "quarantined"
    assert "broken.ply" not in outcome.reason
    assert count(lab.database) == 0
    assert count(lab.database, {"state": "quarantined"}) == 1
    assert not list(verify(lab.database))


def test_one_shape_of_two_people_is_held_back(lab) -> None:
    for label in ("P1", "P2"):
        lab.person(label)
    lab.ingest(lab.record("P1", 7))
    (outcome,) = lab.ingest(lab.record("P2", 7))
    assert outcome.state == "quarantined"
    assert "of another person" in outcome.reason


def test_without_a_consent_nothing_is_taken_in(lab) -> None:
    lab.person("P1", consent=False)
    (outcome,) = lab.ingest(lab.record("P1", 1))
    assert outcome.state == "failed"
    assert "no consent" in outcome.reason
    assert not list((lab.root / "db" / "objects").rglob("*"))


@pytest.fixture
def released(lab):
    """Three people with two scans each, in a release that was handed to Bob in every layout."""
    lab.people = {label: lab.person(label, attributes={"note": f"CANARY-{label}"}) for label in ("P1", "P2", "P3")}
    for label, subject in lab.people.items():
        write_identity(lab.database, subject, {"name": f"CANARY-{label}"})
    seeds = {"P1": (1, 2), "P2": (3, 4), "P3": (5, 6)}
    lab.ingest(*(lab.record(label, seed) for label, pair in seeds.items() for seed in pair))
    terms = {"description": "Ellipsoids.", "licence": "CC0"}
    create_release(lab.database, "shapes", "faces", "training", splits={"train": 0.5, "test": 0.5}, **terms)
    for layout in ("bids", "webdataset"):
        hand_out(lab.database, "shapes", layout, lab.root / "out" / layout, "Bob", country="FR")
    return lab


def test_who_left_is_nowhere(released) -> None:
    lab = released
    subject = lab.people["P1"]
    geometry = [read_scan(lab.root / "in" / f"P1_{seed}.ply").points[20:24].tobytes() for seed in (1, 2)]
    backup(lab.database, lab.root / "backup")
    certificate = withdraw(lab.database, subject)
    assert certificate["destroyed"]["scan"] == 2
    assert len(letters(lab.database, subject)) == 2
    for place in ("db", "out"):
        for path in (lab.root / place).rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                assert not any(word in data for word in (b"CANARY-P1", *geometry)), path
    assert not list(lab.root.glob(f"db/**/{subject}*"))
    versions = {each["version"]: each["state"] for each in lab.database.catalogue.rows("SELECT * FROM releases")}
    assert versions == {"1.0.0": "tombstoned", "2.0.0": "published"}
    assert not list(verify(lab.database))
    assert withdraw(lab.database, subject) == certificate


def test_who_left_does_not_come_back_with_a_folder(released) -> None:
    lab = released
    withdraw(lab.database, lab.people["P1"])
    (outcome, other) = lab.ingest(lab.record("P1", 1), lab.record("P2", 9))
    assert (outcome.state, outcome.reason) == ("failed", "the person has withdrawn")
    assert other.state == "accepted"
    with pytest.raises(InputError, match="has withdrawn"):
        enrol(lab.database, "faces", SubjectRecord("P1"), "GDPR")
    lab.person("P1")  # of their own will, with a consent of today
    assert [again.state for again in lab.ingest(lab.record("P1", 1))] == ["accepted"]


def test_a_restored_backup_forgets_with_the_database(released) -> None:
    lab = released
    backup(lab.database, lab.root / "backup")
    copy_keys(lab.database, lab.root / "keys")
    withdraw(lab.database, lab.people["P1"])
    copy_keys(lab.database, lab.root / "keys")
    assert restore(lab.root / "backup", lab.root / "again", lab.root / "keys", catalogue="") == (2, 1)
    with Database.open(lab.root / "again", "anna") as again:
        assert count(again) == 4
        assert not list(verify(again))
        assert read_identity(again, lab.people["P2"]) == {"name": "CANARY-P2"}
    for path in (lab.root / "again").rglob("*"):
        if path.is_file():
            assert b"CANARY-P1" not in path.read_bytes()


def test_a_damaged_backup_is_not_restored(released) -> None:
    lab = released
    backup(lab.database, lab.root / "backup")
    copy_keys(lab.database, lab.root / "keys")
    victim = next((lab.root / "backup" / "objects").rglob("*/*/*"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"\x00")
    with pytest.raises(StoreError, match="damaged"):
        restore(lab.root / "backup", lab.root / "again", lab.root / "keys")
    with pytest.raises(AccessError):
        lab.opened("bob")


def test_a_crash_between_files_and_rows_leaves_what_doctor_removes(lab) -> None:
    from lineament.database import disk

    lab.person("P1")
    record = lab.record("P1", 1)

    def fail(kind: str, what: str) -> None:
        if (kind, what) == ("point", "ingest logged"):
            raise StoreError("a crash")

    disk.watch(fail)
    try:
        with pytest.raises(StoreError, match="a crash"):
            lab.ingest(record)
    finally:
        disk.watch(None)
    (left,) = verify(lab.database)
    assert left.what == "leftover"
    assert len(list(doctor(lab.database))) == 1
    assert not list(verify(lab.database))
    assert [outcome.state for outcome in lab.ingest(record)] == ["accepted"]


def test_a_folder_in_use_is_no_place_for_a_database(lab, tmp_path: Path) -> None:

    with pytest.raises(InputError, match="is not empty"):
        Database.create(tmp_path / "db", "anna", key=str(tmp_path / "other.key"))
    with pytest.raises(InputError, match="would lie in the database"):
        Database.create(tmp_path / "db2", "anna", key=str(tmp_path / "db2" / "master.key"))
