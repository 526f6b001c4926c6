"""Whatever is amiss with a release or an exported folder is found, and named."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from lineament.database.actors import add_actor, grant
from lineament.database.exporters import export
from lineament.database.exporters.items import ExportFile, ExportRelease, ExportScan
from lineament.database.people import end_consent
from lineament.database.releases.balance import balance
from lineament.database.releases.create import release_named
from lineament.database.releases.datasheet import datasheet
from lineament.database.releases.diff import diff
from lineament.database.releases.verify_release import verify_export, verify_release
from lineament.database.withdraw import withdraw
from lineament.errors import AccessError

HALVES = {"train": 0.5, "test": 0.5}


@pytest.fixture
def release(lab, publish, scan_people):
    scan_people(6)
    return publish(splits=HALVES)


def held(lab, release) -> list:
    sql = (
        "SELECT r.*, a.id AS asset, a.object FROM release_scans r JOIN assets a ON a.scan = r.scan WHERE release = :id"
    )
    return lab.database.catalogue.rows(sql + " ORDER BY r.split, r.scan", id=release["id"])


def test_a_release_that_is_as_it_was(lab, release) -> None:
    assert verify_release(lab.database, release) == []


def test_a_scan_that_was_taken_out(lab, release) -> None:
    lab.database.catalogue.run("DELETE FROM release_scans WHERE scan = :scan", scan=held(lab, release)[0]["scan"])
    assert verify_release(lab.database, release) == ["it holds other scans or files than were published"]


def test_a_person_in_two_splits(lab, release) -> None:
    first = held(lab, release)[0]
    name = lab.database.catalogue.rows("SELECT id FROM scans WHERE subject = :s", s=first["subject"])[0]["id"]
    lab.database.catalogue.run(
        "UPDATE release_scans SET subject = :s WHERE scan = :scan",
        s=first["subject"],
        scan=held(lab, release)[-1]["scan"],
    )
    assert f"{first['subject']} is in two splits" in verify_release(lab.database, release)
    assert name == first["scan"]


def test_what_was_derived_from_another_split(lab, release) -> None:
    first, *_, last = held(lab, release)
    assert first["split"] != last["split"]
    sql = """INSERT INTO assets (id, scan, subject, object, role, suffix, derived, created_at)
    VALUES ('ast1', :scan, :subject, :object, 'fit', 'npz', 1, '2026')"""
    lab.database.catalogue.run(sql, **{name: first[name] for name in ("scan", "subject", "object")})
    lab.database.catalogue.run("INSERT INTO derivations VALUES ('ast1', 'fit', '1', '', '{}', 'anna', '2026')")
    lab.database.catalogue.run("INSERT INTO derivation_parents VALUES ('ast1', :parent)", parent=first["asset"])
    assert verify_release(lab.database, release) == []
    lab.database.catalogue.run("INSERT INTO derivation_parents VALUES ('ast1', :parent)", parent=last["asset"])
    (said,) = verify_release(lab.database, release)
    assert (
        said == f"fit ast1 of {first['scan']} was made from {last['scan']}, which is in {last['split']}, another split"
    )
    lab.database.catalogue.run("DELETE FROM release_scans WHERE scan = :scan", scan=last["scan"])
    assert f"{last['scan']}, which is not in the release" in verify_release(lab.database, release)[1]


def test_a_damaged_and_a_missing_object(lab, release) -> None:
    first, second, *_ = held(lab, release)
    path = lab.database.store.path(first["subject"], first["object"])
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    lab.database.store.path(second["subject"], second["object"]).unlink()
    said = verify_release(lab.database, release)
    assert len(said) == 2
    assert f"object {first['object']} of {first['scan']} has other bytes than were written" in said
    assert f"object {second['object']} of {second['scan']} is missing" in said


def test_a_scan_that_is_not_allowed_any_more(lab, release) -> None:
    first = held(lab, release)[0]
    end_consent(lab.database, first["subject"])
    assert verify_release(lab.database, release) == [
        f"{first['scan']} may not be used for training any more: the consent is not in force today"
    ]


def test_a_tombstoned_release(lab, release) -> None:
    withdraw(lab.database, held(lab, release)[0]["subject"])
    old = release_named(lab.database.catalogue, release["id"])
    assert verify_release(lab.database, old) == ["it was tombstoned, because somebody withdrew; use the newest version"]
    assert verify_release(lab.database, release_named(lab.database.catalogue, "shapes")) == []


@pytest.fixture(params=["bids", "webdataset"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An export, of no database."""

    def scan(number: int) -> ExportScan:
        data = bytes([number]) * 5000
        file = ExportFile("geometry", 0, "ply", len(data), {}, lambda: iter([data]))
        known = ("unknown", "", None, "mesh", "neutral", "", "rig", 1, "mm", None, (file,))
        return ExportScan(f"n{number}", f"p{number}", "s1", ("test", "train")[number % 2], *known)

    release = ExportRelease(
        "shapes", "1.0.0", "Bytes.", date(2026, 11, 1), ("A laboratory",), (), (), "CC0", "", "# Datasheet\n",
        lambda: map(scan, range(4)),
    )  # fmt: skip
    export(release, tmp_path / "out", request.param)
    assert verify_export(tmp_path / "out") == []
    return tmp_path / "out"


def a_file(folder: Path) -> Path:
    """A file of scans, in a folder where the layout has those."""
    return max(
        (path for path in folder.rglob("*") if path.suffix in (".ply", ".tar")), key=lambda path: len(path.parts)
    )


def test_a_byte_that_changed(folder: Path) -> None:
    path = a_file(folder)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert verify_export(folder) == [f"{path.relative_to(folder).as_posix()} has other bytes than were written"]


def test_a_file_that_was_cut(folder: Path) -> None:
    path = a_file(folder)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:10])
    assert verify_export(folder) == [f"{path.relative_to(folder).as_posix()} has 10 bytes, expected {size:,}"]


def test_a_missing_and_an_extra_file(folder: Path) -> None:
    path = a_file(folder)
    path.rename(path.with_name("other"))
    place = path.parent.relative_to(folder)
    assert verify_export(folder) == [
        f"{(place / path.name).as_posix()} is missing",
        f"{(place / 'other').as_posix()} is not of this export",
    ]


def test_a_list_of_files_that_was_changed_too(folder: Path) -> None:
    listed = json.loads((folder / "files.json").read_text())
    (folder / "files.json").write_text(json.dumps(listed[1:]))
    (said,) = verify_export(folder)
    assert said.startswith("files.json has")


def test_a_datasheet_of_which_both_tell_different_things(folder: Path) -> None:
    said = json.loads((folder / "croissant.json").read_text())
    for entry in said["distribution"]:
        if entry["@id"] == "DATASHEET.md":
            entry["sha256"] = "0" * 64
    (folder / "croissant.json").write_text(json.dumps(said))
    assert verify_export(folder) == ["croissant.json and files.json tell different things of DATASHEET.md"]


@pytest.mark.parametrize("name", ["croissant.json", "files.json"])
def test_a_folder_that_was_cut_short(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (said,) = verify_export(folder)
    assert said.startswith(f"{name} is missing")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"distribution": 3}', '{"distribution": [{"sha256": 1}]}', "[" * 9999]
)
def test_metadata_that_are_none(folder: Path, text: str) -> None:
    (folder / "croissant.json").write_text(text)
    assert len(verify_export(folder)) == 1


@pytest.mark.parametrize("path", ["../secret", "/etc/hostname", "a/../../secret", "..\\secret", ""])
def test_nothing_outside_of_the_folder_is_read(folder: Path, path: str) -> None:
    import hashlib

    (folder.parent / "secret").write_text("secret")
    files = json.dumps([{"path": path, "sha256": hashlib.sha256(b"secret").hexdigest(), "size": 6}]).encode()
    entry = {"@id": "files.json", "sha256": hashlib.sha256(files).hexdigest(), "contentSize": f"{len(files)} B"}
    (folder / "files.json").write_bytes(files)
    (folder / "croissant.json").write_text(json.dumps({"distribution": [entry]}))
    assert f"{path!r} would lie outside of the folder" in verify_export(folder)


def test_metadata_behind_a_link_are_not_read(folder: Path) -> None:
    (folder / "croissant.json").rename(folder.parent / "moved.json")
    (folder / "croissant.json").symlink_to(folder.parent / "moved.json")
    assert verify_export(folder) == ["croissant.json or files.json cannot be read: croissant.json is a link"]


def test_links_are_not_followed(folder: Path) -> None:
    path = a_file(folder)
    path.rename(folder.parent / "moved")
    path.symlink_to(folder.parent / "moved")
    assert verify_export(folder) == [f"{path.relative_to(folder).as_posix()} is, or lies behind, a link"]


def test_each_question_is_in_the_audit_log(lab, release) -> None:
    def last() -> dict:
        found = lab.database.log._connection.rows("SELECT * FROM audit ORDER BY seq DESC LIMIT 1")[0]
        return {"action": found["action"], "object": found["object"], **json.loads(found["detail"])}

    asked = {"action": "release", "object": release["project"]}
    verify_release(lab.database, release)
    assert last() == {**asked, "verified": release["id"]}
    balance(lab.database, release)
    assert last() == {**asked, "balance": release["id"]}
    diff(lab.database, release, release)
    assert last() == {**asked, "compared": [release["id"], release["id"]]}


def test_who_may_not_release_is_told_nothing(lab, release) -> None:
    add_actor(lab.database, "bob")
    grant(lab.database, "bob", "reader", "faces")
    with lab.opened("bob") as bobs:
        for ask in (verify_release, balance, datasheet, lambda database, row: diff(database, row, row)):
            with pytest.raises(AccessError, match="no role"):
                ask(bobs, release)
