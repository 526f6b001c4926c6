"""`lineament demo` and the virtual person that it scans."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from scipy.spatial import cKDTree

from lineament.demo import NOISE, demo_scan
from lineament.face.model import load_face_model
from lineament.geometry.alignment import fit_similarity
from lineament.io.landmarks import read_landmarks

Run = Callable[..., Result]
trained = pytest.mark.skipif(
    not files("lineament.assets").joinpath("cfgat.onnx").is_file(), reason="the networks are not trained yet"
)


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


@pytest.mark.usefixtures("fake_detector")
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


@trained
def test_the_real_networks_are_as_good_as_they_say(run: Run, tmp_path: Path) -> None:
    result = run("demo", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    found, truth = (read_landmarks(tmp_path / f"demo.{name}.mrk.json") for name in ("ibug68", "truth"))
    assert found.unit == "m"
    error = 1000 * np.linalg.norm(found.xyz - truth.xyz, axis=1)[17:]
    assert found.sigma is not None
    assert error.mean() < 2 * found.sigma[17:].mean()
    assert found.visible is not None
    assert not found.visible.all(), "the points in the hole should be marked as inferred"
