"""`lineament measure`: one table for many scans, what fails alone, what the exit status says."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from lineament.cli import main
from lineament.cli.measure import SETS, measure
from lineament.detect.detector import Detection
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.io.landmarks import write_landmarks
from lineament.io.scans import write_scan
from lineament.measure import measure_landmarks, measures
from lineament.measure.catalogue import SETS as CATALOGUE_SETS
from lineament.measure.definitions import is_bilateral
from lineament.types import Landmarks, Scan

pytestmark = pytest.mark.usefixtures("fake_detector", "command")

Run = Callable[..., Result]
MakeScan = Callable[..., Path]
FACELESS, DEADLY, BROKEN = 50, 51, 52
"""Numbers of points that the fake detector takes for a scan without a face, dies of, or fails at."""
FEW = 150
"""Number of points that no face is fitted to, so that the fake detector's landmarks are measured as they are."""
STRAIGHT = sum(2 if is_bilateral(m) else 1 for m in measures(surface=False))
PAIRS_AND_MIDLINE = 41


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(main.commands, "measure", measure)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def face(folder: Path, name: str = "anna", scale: float = 1.0, unit: str | None = "mm") -> tuple[Path, Landmarks]:
    """Write the mean face as a scan and its landmarks beside it."""
    model = load_face_model()
    folder.mkdir(parents=True, exist_ok=True)
    chosen = model.landmark_sets["anthropometric"]
    xyz = model.landmarks(model.vertices, chosen.name) * np.float32(scale)
    marks = Landmarks(chosen.names, xyz, np.full(len(chosen), 1.2), unit=unit, set_name=chosen.name)
    scan = write_scan(Scan(model.vertices * np.float32(scale), model.triangles), folder / f"{name}.ply")
    write_landmarks(marks, folder / f"{name}.anthropometric.csv")
    return scan, marks


def test_choices_are_those_of_the_library() -> None:
    assert set(SETS) == {*CATALOGUE_SETS, "asymmetry"}


def test_one_scan_is_printed(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scan = make_scan(tmp_path / "anna.ply", FEW)
    result = run("measure", scan)
    assert result.exit_code == 0, result.output
    assert f"{scan}: unit mm (found)" in result.output
    assert f"{STRAIGHT + PAIRS_AND_MIDLINE} measures" in result.output
    line = next(line for line in result.output.splitlines() if line.startswith("en-en "))
    assert line.split()[1:4] == ["36.9", "mm", "1.4"]
    assert line.endswith("intercanthal width")
    assert next(line for line in result.output.splitlines() if line.startswith("v-n ")).endswith("inferred")
    assert list(tmp_path.iterdir()) == [scan]


def test_a_scan_is_measured_halfway_to_the_face_fitted_to_it(
    run: Run, make_scan: MakeScan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_face_model()
    wider = model.vertices * np.float32([1.2, 1, 1])

    def fit(_: Scan, found: Detection) -> Face:
        whole = np.ones(len(wider))
        return Face(wider, np.zeros(1), np.zeros(len(model.expression)), whole, found.pose, found.unit)

    monkeypatch.setattr("lineament.measure.batch.fit_face", fit)
    result = run("measure", make_scan(tmp_path / "anna.ply", scale=0.001), "-o", tmp_path / "table.csv")
    assert result.exit_code == 0, result.output
    assert "no fit" not in result.output
    (width,) = (float(row["value"]) for row in read(tmp_path / "table.csv") if row["measure"] == "en-en")
    assert width == pytest.approx(36.87 * 1.1, abs=0.05)


def test_a_scan_that_no_face_fits_is_measured_between_its_landmarks_and_told(
    run: Run, make_scan: MakeScan, tmp_path: Path
) -> None:
    result = run("measure", make_scan(tmp_path / "anna.ply", FEW))
    assert "measured between landmarks that no fit evened out: only 150 distinct places" in result.output


@pytest.mark.parametrize(
    ("set_name", "count"), [("all", STRAIGHT + PAIRS_AND_MIDLINE), ("asymmetry", PAIRS_AND_MIDLINE), ("ansur", 8)]
)
def test_long_table(run: Run, make_scan: MakeScan, tmp_path: Path, set_name: str, count: int) -> None:
    scan, table = make_scan(tmp_path / "anna.ply", scale=0.001), tmp_path / "out" / "table.csv"
    result = run("measure", scan, "-o", table, "--set", set_name)
    assert result.exit_code == 0, result.output
    rows = read(table)
    assert len(rows) == count
    assert {row["scan"] for row in rows} == {str(scan)}
    for row in rows:
        low, value, high = (float(row[name]) for name in ("low_90", "value", "high_90"))
        assert low <= value <= high
        assert float(row["standard_error"]) > 0
        assert row["unit"] in ("mm", "deg", "%")
        assert row["side"] in ("left", "right", "")


def test_wide_table_has_a_row_a_scan_in_the_order_of_the_command_line(
    run: Run, make_scan: MakeScan, tmp_path: Path
) -> None:
    scans = [make_scan(tmp_path / f"{name}.ply", FEW) for name in "cab"]
    result = run("measure", *scans, "-o", tmp_path / "wide.csv", "--wide", "--jobs", 2)
    assert result.exit_code == 0, result.output
    rows = read(tmp_path / "wide.csv")
    assert [row["scan"] for row in rows] == [str(scan) for scan in scans]
    assert len(rows[0]) == 1 + 2 * (STRAIGHT + PAIRS_AND_MIDLINE)
    assert float(rows[0]["en-ex left"]) == pytest.approx(float(rows[0]["en-ex right"]), abs=0.002)
    assert 0 < float(rows[0]["en-ex left se"]) < 2


def test_json_holds_everything(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    make_scan(tmp_path / "scans" / "anna.ply", scale=0.001)
    make_scan(tmp_path / "scans" / "nobody.ply", FACELESS)
    result = run("measure", tmp_path / "scans", "-o", tmp_path / "all.json", "--surface")
    assert result.exit_code == 1
    document = json.loads((tmp_path / "all.json").read_text())
    assert document["schema"] == "lineament-measures/1"
    (scan,) = document["scans"]
    assert (scan["unit"], scan["mm_per_unit"]) == ("m (found)", 1000)
    kinds = {entry["kind"] for entry in scan["measures"]}
    assert {"distance", "surface distance", "projective height", "angle", "index", "asymmetry"} <= kinds
    # The fake detector's face lies within a ball of 90 mm radius, far from its points.
    away = [entry for entry in scan["measures"] if entry["kind"] == "surface distance" and entry["value"] is None]
    assert away
    assert all(entry["note"] for entry in away)
    (failed,) = document["failed"]
    assert failed["scan"].endswith("nobody.ply")
    assert "no part of the scan looks like a face" in failed["reason"]


def test_landmarks_of_files_are_measured_without_a_detector(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan, marks = face(tmp_path / "in")
    monkeypatch.setattr("lineament.detect.detector.Detector", None)
    table = tmp_path / "table.csv"
    result = run("measure", scan, "-o", table, "--landmarks", tmp_path / "in", "--set", "farkas", "--surface")
    assert result.exit_code == 0, result.output
    assert "unit mm (stated)" in result.output
    rows = read(table)
    expected = measure_landmarks(marks, Scan(*scan_of()), measures("farkas"))
    for row, m in zip(rows, expected, strict=True):
        assert float(row["value"]) == pytest.approx(m.value, rel=1e-3, abs=2e-3)
    assert all(row["visible"] == "1" and not row["note"] for row in rows)


def scan_of() -> tuple[np.ndarray, np.ndarray]:
    model = load_face_model()
    return model.vertices, model.triangles


def test_a_folder_beside_a_folder_of_landmarks(run: Run, tmp_path: Path) -> None:
    for name in ("x/anna", "x/deep/ben", "cleo"):
        scan, _ = face((tmp_path / "scans" / name).parent, Path(name).name)
        old = scan.with_name(f"{scan.stem}.anthropometric.csv")
        new = tmp_path / "marks" / scan.parent.relative_to(tmp_path / "scans") / old.name
        new.parent.mkdir(parents=True, exist_ok=True)
        if name != "cleo":
            old.rename(new)
    result = run("measure", tmp_path / "scans", "-o", tmp_path / "t.csv", "--landmarks", tmp_path / "marks")
    assert result.exit_code == 1
    assert len({row["scan"] for row in read(tmp_path / "t.csv")}) == 2
    assert "cleo.anthropometric.mrk.json" in result.stdout
    assert "1 of 3 scans failed" in result.stderr


@pytest.mark.parametrize(("unit", "words", "said"), [(None, (), "give --unit"), (None, ("--unit", "cm"), "cm (given)")])
def test_the_unit_of_landmarks_of_files(
    run: Run, tmp_path: Path, unit: str | None, words: tuple[str, ...], said: str
) -> None:
    scan, _ = face(tmp_path, scale=0.1, unit=unit)
    result = run("measure", scan, "-o", tmp_path / "t.csv", "--landmarks", tmp_path, *words)
    assert said in result.output
    assert result.exit_code == (0 if words else 2)
    if words:
        en_en = next(row for row in read(tmp_path / "t.csv") if row["measure"] == "en-en")
        assert float(en_en["value"]) == pytest.approx(36.9, abs=0.1)


@pytest.mark.parametrize("count", [DEADLY, BROKEN, FACELESS])
def test_what_fails_fails_alone(run: Run, make_scan: MakeScan, tmp_path: Path, count: int) -> None:
    scans = [make_scan(tmp_path / "a.ply"), make_scan(tmp_path / "b.ply", count), make_scan(tmp_path / "c.ply")]
    result = run("measure", *scans, "-o", tmp_path / "t.csv", "--jobs", 2)
    assert result.exit_code == 1, result.output
    assert [row["scan"] for row in read(tmp_path / "t.csv") if row["measure"] == "en-en"] == [
        str(scans[0]),
        str(scans[2]),
    ]
    assert f"failed: {scans[1]}" in result.stdout
    assert "Traceback" not in result.output


def test_no_table_is_written_when_all_fail(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scans = [make_scan(tmp_path / f"{name}.ply", FACELESS) for name in "ab"]
    for chosen in (scans, scans[:1]):
        result = run("measure", *chosen, "-o", tmp_path / "t.csv")
        assert result.exit_code == 2
        assert not (tmp_path / "t.csv").exists()


def test_same_input_gives_the_same_bytes(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scans = [make_scan(tmp_path / f"{name}.ply") for name in "ab"]
    for jobs in (1, 2):
        assert run("measure", *scans, "-o", tmp_path / f"{jobs}.json", "--surface", "--jobs", jobs).exit_code == 0
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "table.xlsx"), ".csv .json"),
        (("-o", "."), "is a folder"),
        (("-o", "t.json", "--wide"), "--wide"),
        (("--wide",), "--wide"),
        (("--landmarks", "nowhere"), "no folder"),
        (("absent.ply",), "does not exist"),
        (("b.ply",), "give -o table.csv"),
    ],
)
def test_bad_command_lines_are_told_before_the_work(
    run: Run, make_scan: MakeScan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        make_scan(tmp_path / f"{name}.ply")
    monkeypatch.setattr("lineament.detect.detector.Detector", None)
    result = run("measure", "a.ply", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ply", "b.ply"]
