"""Small benchmarks from end to end, with the shipped networks."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lineament.bench import session
from lineament.bench.datasets import DATASETS
from lineament.bench.datasets.base import Item, Truth
from lineament.bench.protocols import Case, plan_virtual
from lineament.bench.real import (
    SETS,
    Movement,
    RealCase,
    Unusable,
    errors_of,
    plan_real,
    real_names,
    start_real,
)
from lineament.bench.session import Request, measure, plan, write
from lineament.bench.virtual import check_torch, random_rotation, start_virtual
from lineament.demo import demo_scan
from lineament.detect.detector import Detection, Detector
from lineament.errors import InputError, LineamentError
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.io.landmarks import write_landmarks
from lineament.io.scans import write_scan
from lineament.pool import Lost
from lineament.synth.condition import Condition
from lineament.types import Landmarks, Scan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan whose landmarks are known, one without landmarks, and one that is no scan."""
    place = tmp_path_factory.mktemp("dataset")
    scan, truth = demo_scan()
    write_scan(scan, place / "demo.ply")
    write_landmarks(truth, place / "demo.mrk.json")
    (place / "broken.ply").write_bytes(b"ply\n")
    return place


def test_a_scan_does_not_depend_on_those_before_it() -> None:
    pytest.importorskip("torch")
    one, other = plan_virtual(["base"], 2, 4)
    work = start_virtual(Detector)
    alone = work(other)
    work(one)
    again = work(other)
    assert (alone.size, alone.points, alone.tags) == (again.size, again.points, again.tags)
    np.testing.assert_array_equal(alone.error, again.error)


def test_a_folder_of_scans(folder: Path, tmp_path: Path) -> None:
    report = measure(plan(Request(str(folder), ("accuracy", "mirror"))), 1)
    inner = report["figures"]["accuracy"][0]["groups"]["inner"]
    assert inner["scans"] == 1
    assert inner["mean"]["value"] < 4
    assert [one["name"] for one in report["unusable"]] == ["broken.ply"]
    (entry,) = report["movement"]
    assert entry["name"] == "demo.ply"
    assert 0 < entry["inner"] < 3
    text = write(report, tmp_path)[1].read_text()
    assert "### Each scan" in text


def test_steadiness_measures_how_far_the_result_moves(folder: Path) -> None:
    items = [item for item in DATASETS["folder"].find(folder) if item.name == "demo.ply"]
    (case,) = plan_real(["steadiness"], DATASETS["folder"], items, "", 1, turns=1)
    moved = start_real(Detector)(case)
    assert isinstance(moved, Movement)
    assert moved.moved.shape == (5, 68)
    assert 0 < np.median(moved.moved) < 2


def test_a_detector_that_does_not_care_does_not_move(folder: Path) -> None:
    class Steady:
        """Answers with points that are fixed to the scan: its extreme ones, whatever frame or unit it is in."""

        def __init__(self, threads: int = 0) -> None:
            self.real = Detector(threads)

        def detect(self, scan, sets=("ibug68",), unit=None):  # type: ignore[no-untyped-def]
            from dataclasses import replace

            found = self.base = getattr(self, "base", None) or self.real.detect(scan, sets, unit)
            points = scan.points.astype(np.float64)
            centre = points.mean(axis=0)
            far = points[np.linalg.norm(points - centre, axis=1).argmax()]
            own = found.landmarks["ibug68"]
            xyz = np.repeat(((far + centre) / 2)[None], 68, axis=0)
            return replace(found, landmarks={"ibug68": Landmarks(own.names, xyz, own.sigma, set_name="ibug68")})

    items = [item for item in DATASETS["folder"].find(folder) if item.name == "demo.ply"]
    work = start_real(Steady)  # type: ignore[arg-type]
    for protocol in ("steadiness", "mirror"):
        (case,) = plan_real([protocol], DATASETS["folder"], items, "", 1, turns=1)
        moved = work(case)
        assert isinstance(moved, Movement)
        assert moved.moved.max() < 0.05


def test_what_cannot_be_planned_is_told(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no protocol 'yaw' for real scans"):
        plan(Request(str(folder), ("yaw",)))
    write_scan(demo_scan()[0], tmp_path / "bare.ply")
    with pytest.raises(InputError, match="has landmarks beside it"):
        plan(Request(str(tmp_path), ("accuracy",)))
    with pytest.raises(InputError, match="--order and --split are for real scans"):
        plan(Request(order="ibug68"))
    (tmp_path / "bare.mrk.json").write_text("{}")
    with pytest.raises(InputError, match="none of the 1 scans can be used"):
        measure(plan(Request(str(tmp_path), ("accuracy",))), 1)
    find = importlib.util.find_spec
    monkeypatch.setattr("lineament.bench.virtual.find_spec", lambda name: None if name == "torch" else find(name))
    with pytest.raises(InputError, match=r"pip install 'lineament\[train\]'"):
        check_torch()


def test_rotations_are_rotations_and_have_no_favourite() -> None:
    rng = np.random.default_rng(0)
    turns = np.stack([random_rotation(rng) for _ in range(4000)])
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(turns), 1)
    assert np.abs(turns.mean(axis=0)).max() < 0.04


def test_real_scans_need_no_torch() -> None:
    code = "import sys, lineament.bench.session, lineament.bench.compare; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_process_that_ends_costs_a_real_scan_and_stops_a_virtual_benchmark() -> None:
    item = Item("a", "a.ply", Path("a.ply"), None)
    kept = session._kept(Lost("killed"), RealCase("accuracy", "folder", item))
    assert kept == Unusable("a.ply", "killed")
    with pytest.raises(LineamentError, match="scan 7 of base was lost: killed"):
        session._kept(Lost("killed"), Case("base", "", "7", 1, Condition(), True))


@pytest.mark.parametrize(("stated", "unit", "factor"), [(10.0, None, 10.0), (None, "m", 1000.0), (None, None, 3.0)])
def test_errors_are_in_mm_and_at_their_names(stated: float | None, unit: str | None, factor: float) -> None:
    model = load_face_model()
    found = {
        name: Landmarks(own.names, model.landmarks(model.vertices, name), np.full(len(own), 2.0), set_name=name)
        for name, own in model.landmark_sets.items()
        if name in SETS
    }
    names = ("prn", "lip_outer_0", "jaw_08")
    xyz = np.stack([(found["anthropometric"] if name == "prn" else found["ibug68"])[name] for name in names])
    xyz[0, 1] += 0.5
    xyz[1, 0] -= 0.25
    xyz[2] = np.nan
    truth = Truth(Scan(model.vertices, unit=unit), names, xyz, stated)
    error, sigma, said = errors_of(truth, Detection(found, Similarity(1, np.eye(3), np.zeros(3)), None, 3.0, 0.9))
    scored = {name: value for name, value in zip(real_names(), error, strict=True) if not np.isnan(value)}
    assert scored == pytest.approx({"prn": 0.5 * factor, "lip_outer_0": 0.25 * factor}, rel=1e-4)
    assert np.nansum(sigma) == 6
    assert said.sum() == 3
