"""`lineament demo` and the virtual person that it scans."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from scipy.spatial import cKDTree

from lineament.demo import NOISE, demo_scan
from lineament.face.model import load_face_model
from lineament.geometry.alignment import fit_similarity
from lineament.io.landmarks import read_landmarks
from lineament.io.scans import write_scan
from lineament.types import Scan

Run = Callable[..., Result]


def test_the_same_seed_gives_the_same_scan() -> None:
    (first, truth), (second, again), (other, _) = demo_scan(3), demo_scan(3), demo_scan(4)
    assert np.array_equal(first.points, second.points)
    assert np.array_equal(truth.xyz, again.xyz)
    assert not np.array_equal(first.points[:100], other.points[:100])


def test_the_scan_is_a_head_in_metres_with_its_landmarks_on_it() -> None:
    scan, truth = demo_scan(0)
    assert scan.unit is None
    assert 0.15 < np.ptp(scan.points, axis=0).max() < 0.45
    near = 1000 * cKDTree(scan.points).query(truth.xyz)[0]
    assert np.median(near) < 1.5
    assert (near > 5).any(), "a hole should hide a landmark"
    model = load_face_model()
    upright = fit_similarity(truth.xyz, model.landmarks(model.vertices, "ibug68"))
    assert upright.scale == pytest.approx(1000, rel=0.15)
    assert np.abs(upright.rotation - np.eye(3)).max() > 0.5, "the scan should not stand upright"
    assert NOISE > 0


@pytest.mark.usefixtures("fake_detector", "small_pictures")
def test_files_and_errors(run: Run, tmp_path: Path) -> None:
    result = run("demo", "-o", tmp_path / "new" / "out")
    assert result.exit_code == 0, result.output
    written = sorted(path.name for path in (tmp_path / "new" / "out").iterdir())
    assert written == ["demo.ibug68.mrk.json", "demo.ibug68.png", "demo.ply", "demo.truth.mrk.json"]
    assert "unit m (found)" in result.output
    assert "at the 51 inner points; expected 1.5 mm" in result.output


def test_an_output_that_is_a_file_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    result = run("demo", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: cannot make the folder")


@pytest.mark.usefixtures("small_pictures")
def test_the_real_networks_are_as_good_as_they_say(run: Run, tmp_path: Path) -> None:
    result = run("demo", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    found, truth = (read_landmarks(tmp_path / f"demo.{name}.mrk.json") for name in ("ibug68", "truth"))
    assert found.unit == "m"
    error = 1000 * np.linalg.norm(found.xyz - truth.xyz, axis=1)[17:]
    assert found.sigma is not None
    assert error.mean() < 2 * found.sigma[17:].mean()


def test_real_landmarks_are_the_same_bytes_alone_and_in_a_batch(run: Run, tmp_path: Path) -> None:
    for name in "ab":
        write_scan(demo_scan(1)[0], tmp_path / f"{name}.ply")
    assert run("landmarks", tmp_path / "a.ply", "-o", tmp_path / "alone", "--set", "all").exit_code == 0
    assert run("landmarks", tmp_path, "-o", tmp_path / "batch", "--set", "all", "--jobs", 2).exit_code == 0
    for path in (tmp_path / "alone").iterdir():
        assert path.read_bytes() == (tmp_path / "batch" / path.name).read_bytes()


@pytest.mark.parametrize("shape", ["ball", "sheet"])
def test_what_is_no_face_is_refused(run: Run, tmp_path: Path, shape: str) -> None:
    points = np.random.default_rng(0).normal(size=(5000, 3)) * 100
    if shape == "ball":
        points *= 100 / np.linalg.norm(points, axis=1, keepdims=True)
    else:
        points[:, 2] = 0
    path = write_scan(Scan(points.astype(np.float32)), tmp_path / "a.ply")
    result = run("landmarks", path)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {path}: no ")
    assert list(tmp_path.iterdir()) == [path]
