"""`lineament info`: figures of surfaces whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from lineament.errors import ModelError
from lineament.info import describe_scan
from lineament.io.landmarks import write_landmarks
from lineament.io.scans import write_scan
from lineament.types import Landmarks, Scan

Run = Callable[..., Result]
MakeScan = Callable[..., Path]


@pytest.fixture
def no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(threads: int = 0) -> None:
        raise ModelError("the network is missing")

    monkeypatch.setattr("lineament.detect.detector.Detector", missing)


@pytest.mark.usefixtures("no_networks")
def test_missing_networks_are_told(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    assert (
        run("info", make_scan(tmp_path / "a.ply")).stderr == "note: no faces are looked for: the network is missing\n"
    )


def figures(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    (document,) = json.loads(result.stdout)
    return dict(document)


@pytest.mark.usefixtures("fake_detector")
def test_a_scan_in_metres(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    path = make_scan(tmp_path / "a.ply", count=3000, scale=0.001)
    document = figures(run("info", path, "--json"))
    assert document["file"] == str(path)
    assert document["kind"] == "scan"
    assert (document["points"], document["triangles"], document["missing"]) == (3000, 0, 0)
    assert document["found"] == {"unit": "m", "mm_per_unit": 1000.0, "by": "face", "sure": document["found"]["sure"]}
    text = run("info", path).output
    assert "m (by the size of the face, sure to 90%)" in text
    assert "none: a point cloud" in text


@pytest.mark.usefixtures("no_networks")
@pytest.mark.parametrize(("scale", "unit"), [(1, "mm"), (0.1, "cm"), (0.001, "m"), (1 / 25.4, "in"), (1e-6, None)])
def test_without_a_face_the_size_is_a_guess(
    run: Run, make_scan: MakeScan, tmp_path: Path, scale: float, unit: str | None
) -> None:
    found = figures(run("info", make_scan(tmp_path / "a.ply", scale=scale), "--json"))["found"]
    assert (found["unit"], found["by"]) == (unit, "size" if unit else "nothing")


@pytest.mark.usefixtures("no_networks")
def test_what_the_file_states_is_believed_before_a_guess(run: Run, tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
    path = write_scan(Scan(points, unit="cm"), tmp_path / "a.npz")
    found = figures(run("info", path, "--json"))["found"]
    assert (found["unit"], found["by"]) == ("cm", "file")


@pytest.mark.usefixtures("no_networks")
def test_missing_and_doubled_points_are_counted(run: Run, tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
    points[3], points[7, 1], points[50:55] = np.nan, np.nan, points[40:45]
    path = write_scan(Scan(points, colors=np.zeros((100, 3), np.uint8)), tmp_path / "a.ply")
    document = figures(run("info", path, "--json"))
    assert (document["points"], document["missing"], document["duplicates"]) == (100, 2, 5)
    assert document["carries"] == ["colours"]


@pytest.mark.usefixtures("no_networks")
def test_a_landmark_file(run: Run, tmp_path: Path) -> None:
    xyz = np.array([[0, 0, 0], [1, 2, 3], [np.nan] * 3], np.float32)
    marks = Landmarks(("a", "b", "c"), xyz, np.array([1, 3, np.nan], np.float32), np.array([True, False, False]), "cm")
    document = figures(run("info", write_landmarks(marks, tmp_path / "a.json"), "--json"))
    assert document["kind"] == "landmarks"
    assert (document["count"], document["missing"], document["inferred"]) == (3, 1, 1)
    assert (document["mean_sigma"], document["worst_sigma"], document["unit"]) == (2.0, 3.0, "cm")
    text = run("info", tmp_path / "a.json").output
    assert "3, 1 inferred, 1 missing" in text
    assert "mean 2.0 mm, worst 3.0 mm" in text


@pytest.mark.usefixtures("no_networks")
def test_tables_are_told_apart_by_their_names(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    write_landmarks(Landmarks(("a", "b"), np.eye(3, dtype=np.float32)[:2]), tmp_path / "named.csv")
    assert figures(run("info", tmp_path / "named.csv", "--json"))["kind"] == "landmarks"
    assert figures(run("info", make_scan(tmp_path / "cloud.csv"), "--json"))["kind"] == "scan"


@pytest.mark.usefixtures("no_networks")
def test_what_cannot_be_read_leaves_the_others(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scan = make_scan(tmp_path / "a.ply")
    result = run("info", scan, tmp_path / "absent.ply", "--json")
    assert result.exit_code == 1
    documents = json.loads(result.stdout)
    assert documents[0]["points"] == 400
    assert "does not exist" in documents[1]["error"]
    assert run("info", tmp_path / "absent.ply", tmp_path / "b.docx").exit_code == 2


def test_one_point_has_no_spacing_and_no_noise() -> None:
    found = describe_scan(Scan(np.ones((3, 3), np.float32)))
    assert np.isnan([found.spacing, found.noise]).all()
    assert found.duplicates == 2
    assert found.found.by == "nothing"
