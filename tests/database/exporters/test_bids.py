"""BIDS-like folders: names that round-trip, tables that a spreadsheet may open."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.database.exporters import export
from lineament.database.exporters.bids import Name, cell, label, parse_name
from lineament.database.records import MODALITIES, ROLES
from lineament.errors import FormatError

LABELS = st.from_regex(r"[A-Za-z0-9]{1,12}", fullmatch=True)
NAMES = st.builds(
    Name,
    LABELS,
    LABELS,
    st.sampled_from(MODALITIES),
    st.just("") | LABELS,
    st.integers(1, 10**6),
    st.none() | st.integers(0, 10**7),
    st.sampled_from(ROLES) | st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True),
    st.from_regex(r"[a-z0-9]{1,5}(\.[a-z0-9]{1,5}){0,2}", fullmatch=True),
)


@given(NAMES)
def test_a_name_says_what_it_was_made_of(name: Name) -> None:
    assert parse_name(str(name)) == name


@given(NAMES, NAMES)
def test_different_scans_have_different_names(one: Name, other: Name) -> None:
    assert (str(one) == str(other)) == (one == other)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "participants.tsv",
        "sub-A/ses-1/mesh/sub-B_ses-1_run-1_geometry.ply",
        "sub-A/ses-1/brain/sub-A_ses-1_run-1_geometry.ply",
        "sub-A/ses-1/mesh/sub-A_ses-1_geometry.ply",
        "sub-A/ses-1/mesh/sub-A_ses-1_run-1_geometry.ply\n",
    ],
)
def test_other_paths_are_no_names(path: str) -> None:
    with pytest.raises(FormatError, match="is not sub-LABEL"):
        parse_name(path)


@given(st.text())
def test_a_label_has_letters_and_digits_only(text: str) -> None:
    assert re.fullmatch("[A-Za-z0-9]*", label(text))
    assert bool(label(text)) == bool(text)


@given(st.text())
def test_a_cell_is_one_cell_and_no_formula(text: str) -> None:
    shown = cell(text)
    assert shown
    assert shown[0] not in "=+-@＝＋－＠"  # noqa: RUF001
    assert len(shown.splitlines()) == 1
    assert "\t" not in shown


def rows(path: Path) -> list[dict[str, str]]:
    title, *lines = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    return [dict(zip(title, line, strict=True)) for line in lines]


def test_the_tables_tell_of_people_sessions_and_scans(people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, "bids")
    who = {row["participant_id"]: row for row in rows(tmp_path / "participants.tsv")}
    assert list(who) == ["sub-P1", "sub-P2", "sub-P3", "sub-P4", "sub-P5"]
    assert who["sub-P2"] == {
        "participant_id": "sub-P2",
        "sex": "male",
        "age": "89+",
        "origin": '\'=HYPERLINK("x")',
        "split": "train",
    }
    assert who["sub-P3"]["age"] == "n/a"
    assert rows(tmp_path / "sub-P1/sub-P1_sessions.tsv") == [
        {"session_id": "ses-s1", "age": "30.5"},
        {"session_id": "ses-s2", "age": "31.5"},
    ]
    [body] = [row for row in rows(tmp_path / "sub-P4/ses-s1/sub-P4_ses-s1_scans.tsv") if "geometry" in row["filename"]]
    assert body["filename"] == "body/sub-P4_ses-s1_task-other_run-1_geometry.ply"
    assert (body["device"], body["expression"], body["unit"]) == ("'@cmd body", "微笑", "n/a")
    for table in ("participants", "scans"):
        about = json.loads((tmp_path / f"{table}.json").read_text())
        shown = rows(next(tmp_path.rglob(f"*{table}.tsv")))[0]
        assert list(about) == list(shown)


def test_nobody_can_be_told_to_be_91(people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, "bids")
    assert [
        path
        for path in tmp_path.rglob("*.*s*")
        if path.suffix in (".json", ".jsonl", ".tsv") and "91.0" in path.read_text()
    ] == []


def test_every_file_of_a_scan_lies_under_its_name(people: Any, tmp_path: Path) -> None:
    written = export(people.release(), tmp_path, "bids")
    index = [json.loads(line) for line in (tmp_path / "scans.jsonl").read_text("utf-8").splitlines()]
    assert [row["scan"] for row in index] == [scan.scan for scan in people.release().scans()]
    paths = []
    for row in index:
        for file in row["files"]:
            name = parse_name(file["path"])
            assert (name.subject, name.session, name.modality) == (row["subject"], row["session"], row["modality"])
            assert (name.role, name.suffix, name.item or 0) == (file["role"], file["suffix"], file["index"])
            assert (tmp_path / file["path"]).read_bytes() == people.content[row["scan"], file["role"], file["index"]]
            paths.append(file["path"])
    assert len({path.casefold() for path in paths}) == len(people.content)
    scans = {str(file.path) for file in written if len(file.path.parts) > 3}
    assert {path for path in scans if not path.endswith("_scan.json")} == set(paths)
    assert len(scans) == len(paths) + len(index)


def test_expressions_of_the_same_letters_and_equal_repeats_become_runs(people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, "bids")
    folder = tmp_path / "sub-P1/ses-s1/mesh"
    for run, expression in ((1, "mouth-left"), (2, "mouthleft")):
        about = json.loads((folder / f"sub-P1_ses-s1_task-mouthleft_run-{run}_scan.json").read_text())
        assert about["expression"] == expression
    assert (tmp_path / "sub-P1/ses-s2/mesh/sub-P1_ses-s2_run-1_geometry.ply").exists()


def test_the_readme_says_what_bids_has_not(people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, "bids")
    assert "BIDS has no modality for 3D scans" in (tmp_path / "README").read_text()
    description = json.loads((tmp_path / "dataset_description.json").read_text())
    assert (description["Name"], description["BIDSVersion"]) == ("faces", "1.10.0")


@pytest.fixture
def laid(people: Any, tmp_path: Path) -> Path:
    people.add("c50", "P1", {("view", place, "png"): b"x" for place in range(2)}, modality="multiview", session="s9")
    export(people.release(), tmp_path / "out", "bids")
    return tmp_path / "out"


def test_each_table_of_sessions_has_its_columns_told_beside(laid: Path) -> None:
    tables = list(laid.glob("sub-*/*_sessions.tsv"))
    assert len(tables) > 1
    for table in tables:
        told = json.loads(table.with_suffix(".json").read_text())
        assert list(told) == table.read_text().splitlines()[0].split("\t")


def test_the_validator_of_bids_finds_no_error(laid: Path) -> None:
    validator = shutil.which("bids-validator-deno")
    if validator is None:
        pytest.skip("no validator is installed; PyPI's package is bids-validator-deno")
    said = subprocess.run([validator, str(laid), "--json"], capture_output=True, text=True, timeout=120, check=False)
    found = json.loads(said.stdout)["issues"]["issues"]
    assert [each for each in found if each["severity"] == "error"] == []
    hints = {(each["code"], each.get("subCode")) for each in found}
    assert hints <= {
        ("TOO_FEW_AUTHORS", None), ("JSON_KEY_RECOMMENDED", "HEDVersion"), ("JSON_KEY_RECOMMENDED", "SourceDatasets")
    }  # fmt: skip
