"""Croissant metadata: what mlcroissant accepts and reads, and versions by its rule."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.database.exporters import EXPORTERS, export
from lineament.database.exporters.croissant import CHANGES, next_version
from lineament.errors import InputError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    mlcroissant = pytest.importorskip("mlcroissant")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib, in mlcroissant
LAYOUTS = sorted(EXPORTERS)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_mlcroissant_accepts_it_and_reads_the_scans(layout: str, people: Any, tmp_path: Path) -> None:
    written = export(people.release(), tmp_path, layout)
    dataset = mlcroissant.Dataset(jsonld=tmp_path / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    # mlcroissant gives texts as bytes
    records = {record["scans/scan"].decode(): record for record in dataset.records("scans")}
    assert sorted(records) == sorted(scan.scan for scan in people.scans)
    for scan in people.scans:
        record = records[scan.scan]
        assert record["scans/subject"].decode() == scan.subject
        assert record["scans/expression"].decode() == scan.expression
        assert record["scans/split"].decode() == scan.split
        assert record["scans/repeat"] == scan.repeat
        assert record["scans/age"] == (None if scan.age is None else min(scan.age, 89.0))
    names = {file.path.as_posix(): file.sha256 for file in written}
    for file in dataset.metadata.file_objects:
        assert file.sha256 == names[file.content_url]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_says_what_may_be_done_with_the_data(layout: str, people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, layout)
    about = json.loads((tmp_path / "croissant.json").read_text("utf-8"))
    assert about["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert about["version"] == "1.2.0"
    assert [term["url"] for term in about["usageInfo"]] == [
        "http://purl.obolibrary.org/obo/DUO_0000042",
        "http://purl.obolibrary.org/obo/DUO_0000018",
    ]
    assert "People by sex: female <5, male <5, unknown <5" in about["rai:dataBiases"]
    assert "People by age: not stated <5, 30s <5, 80s <5" in about["rai:dataBiases"]
    for name in ("personalSensitiveInformation", "dataLimitations", "dataUseCases", "dataReleaseMaintenancePlan"):
        assert about[f"rai:{name}"]
    [splits] = [entry for entry in about["recordSet"] if entry["@id"] == "splits"]
    assert [row["splits/name"] for row in splits["data"]] == ["train", "validation", "test"]


def test_all_files_of_people_belong_to_a_set(people: Any, tmp_path: Path) -> None:
    written = export(people.release(), tmp_path, "bids")
    about = json.loads((tmp_path / "croissant.json").read_text("utf-8"))
    formats = {entry["@id"]: entry["encodingFormat"] for entry in about["distribution"]}
    assert formats["README"] == "text/plain"
    assert formats["files-ply"] == "application/octet-stream"
    assert formats["files-mrk.json"] == "application/json"
    sets = [entry["includes"] for entry in about["distribution"] if entry["@type"] == "cr:FileSet"]
    for file in written:
        if len(file.path.parts) > 1:
            assert any(file.path.as_posix().endswith(pattern.removeprefix("sub-*")) for pattern in sets)


def test_a_release_without_splits_has_no_set_of_splits(people: Any, tmp_path: Path) -> None:
    people.scans = [replace(scan, split="") for scan in people.scans]
    export(people.release(), tmp_path, "webdataset")
    dataset = mlcroissant.Dataset(jsonld=tmp_path / "croissant.json")
    assert [entry.id for entry in dataset.metadata.record_sets] == ["scans"]
    assert len(list(dataset.records("scans"))) == len(people.scans)


VERSIONS = st.tuples(*[st.integers(0, 1000)] * 3)


@given(VERSIONS, st.lists(st.sampled_from(sorted(CHANGES)), max_size=8))
def test_versions_only_rise_and_the_first_number_tells_of_lost_data(
    start: tuple[int, int, int], changes: list[str]
) -> None:
    version = ".".join(map(str, start))
    for change in changes:
        before = tuple(map(int, version.split(".")))
        version = next_version(version, change)
        after = tuple(map(int, version.split(".")))
        assert after > before
        assert (after[0] > before[0]) == (change in ("edited", "moved", "removed"))
        assert (after[:2] == before[:2]) == (change == "same")


@pytest.mark.parametrize(
    ("version", "change", "expected"),
    [("1.2.3", "same", "1.2.4"), ("1.2.3", "added", "1.3.0"), ("1.2.3", "removed", "2.0.0")],
)
def test_the_next_version(version: str, change: str, expected: str) -> None:
    assert next_version(version, change) == expected


@pytest.mark.parametrize("version", ["1", "1.2", "1.2.3.4", "v1.2.3", "1.02.3", "1.2.-3", "", "1.2.x", "1.2.٣"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(InputError, match=r"expected MAJOR\.MINOR\.PATCH"):
        next_version(version, "same")


def test_an_unknown_change_is_refused() -> None:
    with pytest.raises(InputError, match="same, added"):
        next_version("1.0.0", "major")


def test_a_condition_with_a_value_says_it(people: Any, tmp_path: Path) -> None:
    export(people.release(duo=("DUO:0000022=DE,FR",)), tmp_path, "bids")
    [term] = json.loads((tmp_path / "croissant.json").read_text("utf-8"))["usageInfo"]
    assert term["termCode"] == "DUO_0000022"
    assert term["description"] == "country: DE, FR"
