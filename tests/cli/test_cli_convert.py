"""`lineament convert`: what is kept is kept exactly, what is dropped is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from lineament.io.landmarks import read_landmarks, write_landmarks
from lineament.io.scans import WRITERS, read_scan, write_scan
from lineament.types import Landmarks, Scan

Run = Callable[..., Result]
GOOD = Path(__file__).parents[1] / "corpus" / "good"


@pytest.fixture
def rich_scan(tmp_path: Path) -> Path:
    """A scan with everything that a scan may have."""
    rng = np.random.default_rng(0)
    scan = Scan(
        rng.normal(size=(6, 3)).astype(np.float32),
        np.array([[0, 1, 2], [2, 3, 4], [3, 4, 5]], np.int32),
        np.tile(np.array([[0, 0, 1]], np.float32), (6, 1)),
        rng.integers(0, 255, (6, 3)).astype(np.uint8),
        rng.random((6, 2)).astype(np.float32),
        "cm",
    )
    return write_scan(scan, tmp_path / "in.npz")


@pytest.mark.parametrize("suffix", [name for name in WRITERS if name not in ("glb", "stl", "npz")])
def test_points_keep_their_numbers_and_order(run: Run, rich_scan: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out.{suffix}"
    result = run("convert", rich_scan, target)
    assert result.exit_code == 0, result.output
    assert np.array_equal(read_scan(target).points, read_scan(rich_scan).points)
    assert "the unit (cm)" in result.output


def test_what_is_dropped_is_said(run: Run, rich_scan: Path, tmp_path: Path) -> None:
    said = run("convert", rich_scan, tmp_path / "out.stl").output.splitlines()[-1]
    for what in ("normals", "colours", "uv", "the order of the points", "the unit (cm)"):
        assert what in said
    assert "triangles" not in said
    assert "dropped, since" not in run("convert", rich_scan, tmp_path / "out.npz").output


def test_glb_needs_a_unit_and_is_in_metres(run: Run, tmp_path: Path) -> None:
    scan = write_scan(Scan(100 * np.eye(3, dtype=np.float32)), tmp_path / "a.ply")
    assert run("convert", scan, tmp_path / "a.glb").exit_code == 2
    assert run("convert", scan, tmp_path / "a.glb", "--unit", "mm").exit_code == 0
    assert np.allclose(read_scan(tmp_path / "a.glb").points, 0.1 * np.eye(3))


def test_a_depth_image_becomes_a_cloud(run: Run, tmp_path: Path) -> None:
    assert run("convert", GOOD / "kinect.png", tmp_path / "a.ply").exit_code == 0
    np.save(tmp_path / "b.npy", np.full((4, 5), 700, np.uint16))
    assert run("convert", tmp_path / "b.npy", tmp_path / "b.ply").exit_code == 2
    assert run("convert", tmp_path / "b.npy", tmp_path / "b.ply", "--intrinsics", "50,50,2,2").exit_code == 0
    assert len(read_scan(tmp_path / "b.ply")) == 20


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    xyz = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9.5]], np.float32)
    sigma, visible = np.array([1, 2, 3], np.float32), np.array([True, True, False])
    return write_landmarks(Landmarks(("a", "b", "c"), xyz, sigma, visible, "cm", set_name="mine"), tmp_path / "in.json")


@pytest.mark.parametrize(
    ("suffix", "dropped"),
    [
        ("mrk.json", ()),
        ("csv", ()),
        ("pp", ("expected errors", "which points are inferred", "the unit (cm)")),
        ("tps", ("expected errors", "the unit (cm)")),
        ("ljson", ("expected errors", "the unit (cm)", "the name of the set (mine)")),
    ],
)
def test_landmarks(run: Run, marks: Path, tmp_path: Path, suffix: str, dropped: tuple[str, ...]) -> None:
    target = tmp_path / f"out.{suffix}"
    result = run("convert", marks, target)
    assert result.exit_code == 0, result.output
    assert np.array_equal(read_landmarks(target).xyz, read_landmarks(marks).xyz)
    assert ("dropped, since" in result.output) == bool(dropped)
    for what in dropped:
        assert what in result.output


def test_tables_between_tables_are_told_by_their_names(run: Run, marks: Path, tmp_path: Path) -> None:
    run("convert", marks, tmp_path / "named.csv")
    assert "3 landmarks" in run("convert", tmp_path / "named.csv", tmp_path / "again.csv").output
    write_scan(Scan(np.eye(3, dtype=np.float32)), tmp_path / "cloud.xyz")
    run("convert", tmp_path / "cloud.xyz", tmp_path / "cloud.csv")
    assert "3 points" in run("convert", tmp_path / "cloud.csv", tmp_path / "cloud.txt").output


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("in.npz", "out.mrk.json", "lineament landmarks"),
        ("in.json", "out.ply", "holds landmarks"),
        ("in.npz", "out.docx", "suffix"),
        ("in.npz", "out.wrl", "written"),
        ("in.npz", "nowhere/out.ply", "does not exist"),
        ("in.npz", "in.npz", "same file"),
        ("absent.ply", "out.ply", "absent.ply does not exist"),
    ],
)
@pytest.mark.usefixtures("rich_scan", "marks")
def test_what_cannot_be_is_refused(run: Run, tmp_path: Path, source: str, target: str, said: str) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    result = run("convert", tmp_path / source, tmp_path / target)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
