"""What all layouts have in common: whole or not at all, every byte once, every hash right."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from lineament.database.exporters import EXPORTERS, export
from lineament.errors import AccessError, InputError, StoreError

LAYOUTS = sorted(EXPORTERS)


def files_of(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_file_is_listed_with_its_hash_and_read_once(layout: str, people: Any, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    written = export(people.release(), folder, layout)
    assert {file.path for file in written} == files_of(folder)
    assert len({file.path for file in written}) == len(written)
    for file in written:
        data = (folder / file.path).read_bytes()
        assert (len(data), sha256(data).hexdigest()) == (file.size, file.sha256)
    listed = json.loads((folder / "files.json").read_text())
    assert {entry["path"]: entry["sha256"] for entry in listed} == {
        file.path.as_posix(): file.sha256 for file in written if file.path.name not in ("files.json", "croissant.json")
    }
    assert people.reads == dict.fromkeys(people.content, 1)
    assert (folder / "DATASHEET.md").read_text() == "# Faces\n"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_names_everyone_whose_bytes_or_pseudonym_it_holds(layout: str, people: Any, tmp_path: Path) -> None:
    release = people.release()
    written = export(release, tmp_path, layout)
    whose = {scan.scan: scan.subject for scan in release.scans()}
    for file in written:
        data = (tmp_path / file.path).read_bytes()
        held = {whose[key[0]] for key, content in people.content.items() if len(content) > 100 and content in data}
        assert held <= file.subjects
        if layout != "parquet" or file.path.suffix != ".parquet":
            said = {subject for subject in whose.values() if re.search(rb"\b" + subject.encode() + rb"\b", data)}
            assert said <= file.subjects
    assert set().union(*(file.subjects for file in written)) == set(whose.values())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_second_run_gives_the_same_bytes(layout: str, people: Any, tmp_path: Path) -> None:
    first = export(people.release(), tmp_path / "1", layout)
    assert export(people.release(), tmp_path / "2", layout) == first


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("error", [AccessError("withdrawn"), KeyboardInterrupt()])
def test_nothing_is_left_of_an_export_that_fails(
    layout: str, error: BaseException, people: Any, tmp_path: Path
) -> None:
    def refuse() -> Iterator[bytes]:
        yield b"half of"
        raise error

    last = people.scans[-1]
    people.scans[-1] = replace(last, files=(replace(last.files[0], read=refuse),))
    with pytest.raises(type(error)):
        export(people.release(), tmp_path, layout)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("change", [-1, 1])
def test_a_file_of_another_length_stops_the_export(layout: str, change: int, people: Any, tmp_path: Path) -> None:
    last = people.scans[-1]
    people.scans[-1] = replace(last, files=(replace(last.files[0], size=last.files[0].size + change),))
    with pytest.raises(StoreError, match="geometry file has"):
        export(people.release(), tmp_path, layout)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="permissions of files")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_nobody_else_may_look_into_it(layout: str, people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path / "new" / "out", layout)
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (tmp_path / "new").rglob("*")}
    assert modes == {(True, 0o700), (False, 0o600)}


def test_a_folder_with_something_in_it_is_refused_and_left_alone(people: Any, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(InputError, match="not empty"):
        export(people.release(), tmp_path, "bids")
    assert files_of(tmp_path) == {Path("mine")}


def test_an_unknown_layout_is_refused(people: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="bids, webdataset, parquet"):
        export(people.release(), tmp_path, "lance")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"subject": "../P5"}, "letters and digits"),
        ({"scan": "a.b"}, "letters and digits"),
        ({"session": ""}, "letters and digits"),
        ({"split": "train", "subject": "P4"}, "splits 'test' and 'train'"),
        ({"subject": "p1", "split": "train"}, "case only"),
        ({"subject": "P4", "session": "S1", "split": "test"}, "case only"),
        ({"scan": "A1"}, "two scans are called"),
        ({"split": "holdout"}, "expected one of train"),
    ],
)
def test_names_and_splits_that_would_mix_people_are_refused(
    other: dict[str, str], reason: str, people: Any, tmp_path: Path
) -> None:
    people.scans[-1] = replace(people.scans[-1], **other)
    with pytest.raises(InputError, match=reason):
        export(people.release(), tmp_path, "webdataset")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("other", [{"role": "../x"}, {"suffix": "PLY"}, {"suffix": "a/b"}, {"role": "scan"}])
def test_roles_and_suffixes_that_are_no_names_are_refused(other: dict[str, str], people: Any, tmp_path: Path) -> None:
    last = people.scans[-1]
    people.scans[-1] = replace(last, files=(replace(last.files[0], **other),))
    with pytest.raises(InputError, match="cannot be part of a file's name"):
        export(people.release(), tmp_path, "bids")


def test_two_files_of_one_name_are_refused(people: Any, tmp_path: Path) -> None:
    last = people.scans[-1]
    people.scans[-1] = replace(last, files=last.files * 2)
    with pytest.raises(InputError, match="two files of one role"):
        export(people.release(), tmp_path, "bids")


def test_scans_out_of_order_and_releases_without_scans_are_refused(people: Any, tmp_path: Path) -> None:
    backwards = people.release(scans=lambda: reversed(people.scans))
    with pytest.raises(InputError, match="sorted by subject"):
        export(backwards, tmp_path, "bids")
    with pytest.raises(InputError, match="has no scans"):
        export(people.release(scans=lambda: iter(())), tmp_path, "bids")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("layout", ["bids", "webdataset"])
def test_a_killed_export_leaves_no_file_under_its_name(layout: str, people: Any, tmp_path: Path) -> None:
    def stop() -> Iterator[bytes]:
        os._exit(9)
        yield b""

    last = people.scans[-1]
    people.scans[-1] = replace(last, files=(replace(last.files[0], read=stop),))
    child = os.fork()
    if child == 0:
        export(people.release(), tmp_path, layout)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert [path.name[:9] for path in tmp_path.iterdir()] == [".partial-"]
    with pytest.raises(InputError, match="not empty"):
        export(people.release(), tmp_path, layout)


def test_what_is_no_json_is_found_before_anything_is_written(people: Any, tmp_path: Path) -> None:
    people.scans[-1] = replace(people.scans[-1], quality={"noise_mm": float("nan")})
    with pytest.raises(InputError, match="scan e1 is no JSON"):
        export(people.release(), tmp_path, "bids")
    assert people.reads == {}


def test_a_condition_that_is_no_code_is_refused(people: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no DUO code"):
        export(people.release(duo=("DUO:12",)), tmp_path, "bids")
    assert people.reads == {}


@pytest.mark.parametrize("layout", ["parquet", "webdataset"])
def test_an_export_on_a_disk_that_fails_is_whole_or_not_there(
    layout: str, people: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls, failed = os.fsync, 0, 0

    def fsync(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == last:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    for last in range(1, 100):
        calls, folder = 0, tmp_path / str(last)
        try:
            written = export(people.release(), folder, layout)
        except (InputError, StoreError):
            failed += 1
            assert list(folder.iterdir()) == []
        else:
            assert {file.path for file in written} == files_of(folder)
        if calls < last:
            break
    assert failed >= 8
