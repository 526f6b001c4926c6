"""Shards: plain tar files, the same in every run, with few people in each."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.database.exporters import export, packing


def test_a_plain_reader_finds_every_scan_in_order(people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, "webdataset")
    found = {}
    order = []
    for shard in sorted(tmp_path.glob("*.tar")):
        with tarfile.open(shard) as archive:
            for member in archive:
                file = archive.extractfile(member)
                assert file is not None
                found[member.name] = file.read()
                order.append(member.name.partition(".")[0])
                assert (member.mtime, member.uid, member.gid, member.uname, member.gname) == (0, 0, 0, "", "")
    assert list(dict.fromkeys(order)) == ["d1", "e1", "a0", "a1", "a2", "a3", "b1", "b2", "c1"]
    assert len(people.scans) == len(list(groupby(order)))
    assert found["b1.geometry.000007.ply"] == people.content["b1", "geometry", 7]
    assert found["a0.texture.jpg"] == people.content["a0", "texture", 0]
    assert found["d1.landmarks.mrk.json"] == b"{}"
    assert json.loads(found["a0.json"])["expression"] == "neutral"
    assert len(found) == len(people.content) + len(people.scans)


def test_the_index_says_where_each_file_lies_and_whom_a_shard_holds(people: Any, tmp_path: Path) -> None:
    written = {file.path.name: file for file in export(people.release(), tmp_path, "webdataset")}
    for line in (tmp_path / "scans.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        for file in row["files"]:
            data = (tmp_path / file["path"]).read_bytes()[file["offset"] : file["offset"] + file["size"]]
            assert data == people.content[row["scan"], file["role"], file["index"]]
    shards = json.loads((tmp_path / "shards.json").read_text())["shards"]
    assert [shard["path"] for shard in shards] == ["train-000000.tar", "validation-000000.tar", "test-000000.tar"]
    assert [shard["subjects"] for shard in shards] == [["P1", "P2"], ["P3"], ["P4", "P5"]]
    assert all(shard["sha256"] == written[shard["path"]].sha256 for shard in shards)


def test_shards_without_splits_are_called_all(make_people: Callable[[], Any], tmp_path: Path) -> None:
    people = make_people()
    people.add("a", "A", {("geometry", 0, "ply"): people.mesh()}, split="")
    export(people.release(), tmp_path, "webdataset")
    assert [path.name for path in tmp_path.glob("*.tar")] == ["all-000000.tar"]


@given(st.lists(st.lists(st.integers(0, 150), min_size=1, max_size=4), min_size=1, max_size=12))
def test_nobody_is_in_two_shards_unless_larger_than_one(make_people: Callable[[], Any], sizes: list[list[int]]) -> None:
    people = make_people()
    for person, scans in enumerate(sizes):
        for number, size in enumerate(scans):
            people.add(f"p{person:02}s{number}", f"p{person:02}", {("geometry", 0, "ply"): bytes(size)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "PACK_BYTES", 100)
        groups = [scans for _, scans in packing.pack(people.release())]
    assert [scan.scan for group in groups for scan in group] == [scan.scan for scan in people.scans]
    members = [{scan.subject for scan in group} for group in groups]
    weights = [sum(file.size for scan in group for file in scan.files) for group in groups]
    for subject, count in Counter(subject for group in members for subject in group).items():
        if count > 1:
            assert sum(sizes[int(subject[1:])]) > 100
            assert all(group == {subject} for group in members if subject in group)
    for group, weight in zip(groups, weights, strict=True):
        assert weight <= 100 or len(group) == 1


def test_a_large_shard_is_divided_between_people(people: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "PACK_BYTES", 1)
    export(people.release(), tmp_path, "webdataset")
    shards = json.loads((tmp_path / "shards.json").read_text())["shards"]
    assert sum(shard["scans"] for shard in shards) == len(people.scans) == len(shards)
    assert all(len(shard["subjects"]) == 1 for shard in shards)


def test_a_file_of_more_than_8_gib_gets_a_header_that_holds_its_size() -> None:
    info = tarfile.TarInfo("scan.video.mp4")
    info.size = 9 << 30
    assert tarfile.TarInfo.frombuf(info.tobuf(tarfile.GNU_FORMAT), "utf-8", "strict").size == 9 << 30
