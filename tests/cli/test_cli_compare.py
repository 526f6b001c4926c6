"""`lineament compare`: files, what is printed, errors that name the scan."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from lineament.cli import main
from lineament.cli.compare import STABLE, compare
from lineament.compare import STABLE as LIBRARY_STABLE
from lineament.detect.detector import Detection
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.geometry.alignment import fit_similarity
from lineament.geometry.normals import vertex_normals
from lineament.io.scans import write_scan
from lineament.types import MILLIMETRES, Scan

pytestmark = pytest.mark.usefixtures("fake_detector", "command")

Run = Callable[..., Result]
FACELESS = 50
RESULTS = ["comparison.json", "deviation.ply", "deviation.png", "landmarks.csv", "regions.csv"]


def fake_fit(scan: Scan, detection: Detection) -> Face:
    """Fit a scan whose points are the model's."""
    model = load_face_model()
    pose = fit_similarity(scan.points, model.vertices)
    zeros = np.zeros(len(model.vertices))
    return Face(model.vertices, zeros[:100], zeros[:53], zeros + 1, pose, detection.unit)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(main.commands, "compare", compare)
    monkeypatch.setattr("lineament.compare.comparison.fit_face", fake_fit)


def write(path: Path, unit: str = "mm", chin: float = 0.0) -> Path:
    """Write the mean face, its chin moved outwards by `chin` mm."""
    model = load_face_model()
    near = np.linalg.norm(model.vertices - np.float32([0, -62, 110]), axis=1) < 14
    points = model.vertices + chin * near[:, None] * vertex_normals(model.vertices, model.triangles)
    return write_scan(Scan(points / np.float32(MILLIMETRES[unit]), model.triangles), path)


def test_choices_are_those_of_the_library() -> None:
    assert set(STABLE) == set(LIBRARY_STABLE)


def test_before_and_after(run: Run, tmp_path: Path) -> None:
    a, b = write(tmp_path / "before.ply"), write(tmp_path / "after.ply", "m", 2.0)
    result = run("compare", a, b, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert f"{a}: unit mm (found)" in result.output
    assert f"{b}: unit m (found)" in result.output
    assert "residual 0.00 mm" in result.output
    chin = next(line for line in result.output.splitlines() if line.startswith("chin"))
    assert float(chin.split()[-2]) == pytest.approx(2.0, abs=0.1)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == RESULTS
    for name in RESULTS:
        assert f"  {tmp_path / 'out' / name}" in result.output
    assert json.loads((tmp_path / "out" / "comparison.json").read_text())["a"] == "before.ply"


def test_options(run: Run, tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.ply"), write(tmp_path / "b.ply", chin=3.0)
    result = run("compare", a, b, "-o", tmp_path, "--stable", "nose", "--limit", 2, "--unit", "mm")
    assert result.exit_code == 0, result.output
    assert "unit mm (given)" in result.output
    assert "registered on 'nose'" in result.output
    document = json.loads((tmp_path / "comparison.json").read_text())
    assert (document["stable"], document["limit_mm"]) == ("nose", 2)
    chin = next(row for row in document["regions"] if row["region"] == "chin")
    assert chin["largest_mm"] <= 2
    assert chin["measured"] < 0.95


def test_the_scan_that_fails_is_named_and_nothing_is_written(
    run: Run, make_scan: Callable[..., Path], tmp_path: Path
) -> None:
    a, faceless = write(tmp_path / "a.ply"), make_scan(tmp_path / "nobody.ply", FACELESS)
    for words in ((a, faceless), (faceless, a), (a, tmp_path / "absent.ply"), (a, tmp_path)):
        result = run("compare", *words, "-o", tmp_path / "out")
        assert result.exit_code == 2
        assert result.stderr.startswith("error: ")
        assert str(words[0] if words[0] != a else words[1]) in result.stderr
        assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_folder_is_told_before_the_work(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = write(tmp_path / "a.ply")
    monkeypatch.setattr("lineament.detect.detector.Detector", None)
    result = run("compare", a, a, "-o", a)
    assert result.exit_code == 2
    assert "is a file; give a folder" in result.stderr
