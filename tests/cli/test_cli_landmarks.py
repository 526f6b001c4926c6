"""`lineament landmarks`: what is written where, what fails alone, what the exit status says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from lineament.cli.landmarks import FORMATS, SETS
from lineament.face.model import LANDMARK_SETS
from lineament.io.landmarks import WRITERS, read_landmarks

pytestmark = pytest.mark.usefixtures("fake_detector")

Run = Callable[..., Result]
MakeScan = Callable[..., Path]
FACELESS, DEADLY, BROKEN = 50, 51, 52
"""Numbers of points that the fake detector takes for a scan without a face, dies of, or fails at."""


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_choices_are_those_of_the_library() -> None:
    assert {f".{name}" for name in FORMATS} == set(WRITERS)
    assert SETS == LANDMARK_SETS


def test_one_scan_is_written_beside_itself(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scan = make_scan(tmp_path / "anna.ply")
    result = run("landmarks", scan)
    assert result.exit_code == 0, result.output
    assert names(tmp_path) == ["anna.ibug68.mrk.json", "anna.ply"]
    assert f"{scan}: unit mm (found)" in result.output
    assert "mean expected error 1.5 mm" in result.output
    assert "2 of them inferred" in result.output


@pytest.mark.usefixtures("small_pictures")
def test_every_set_in_every_format_and_a_picture(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scan = make_scan(tmp_path / "anna.ply")
    formats = [word for name in FORMATS for word in ("--format", name)]
    result = run("landmarks", scan, "-o", tmp_path / "out", "--set", "all", "--picture", *formats)
    assert result.exit_code == 0, result.output
    expected = {f"anna.{set_name}.{suffix}" for set_name in SETS for suffix in (*FORMATS, "png")}
    assert expected <= set(names(tmp_path / "out"))
    assert len(read_landmarks(tmp_path / "out" / "anna.dense520.json")) == 520


@pytest.mark.parametrize(
    ("scale", "words", "said"),
    [
        (1, (), "unit mm (found)"),
        (0.001, (), "unit m (found)"),
        (1, ("--unit", "mm"), "unit mm (given)"),
        (1e-5, (), "unit unknown (1 unit = "),
    ],
)
def test_the_unit_is_told_with_its_origin(
    run: Run, make_scan: MakeScan, tmp_path: Path, scale: float, words: tuple[str, ...], said: str
) -> None:
    assert said in run("landmarks", make_scan(tmp_path / "a.ply", scale=scale), *words).output


def test_folders_are_searched_and_repeated_below_the_output(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scans, out = tmp_path / "scans", tmp_path / "out"
    for name in ("x/anna.ply", "y/deep/anna.obj", "ben.xyz"):
        make_scan(scans / name)
    for name in ("notes.txt", "table.csv", "photo.jpg", "x/._anna.ply", ".hidden/a.ply"):
        (scans / name).parent.mkdir(exist_ok=True)
        (scans / name).write_text("1 2 3")
    result = run("landmarks", scans, "-o", out, "--jobs", 2)
    assert result.exit_code == 0, result.output
    assert names(out) == [f"{name}.ibug68.mrk.json" for name in ("ben", "x/anna", "y/deep/anna")]
    assert "passed over, not scans: 1 .csv, 1 .jpg, 1 .txt" in result.stderr


def test_same_stem_never_shares_a_result(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    for name in ("anna.ply", "anna.obj"):
        make_scan(tmp_path / name)
    assert run("landmarks", tmp_path, "-o", tmp_path / "out").exit_code == 0
    both = ["anna.obj.ibug68.mrk.json", "anna.ply.ibug68.mrk.json"]
    assert names(tmp_path / "out") == both
    # Also when only one of them is asked for, so that the two runs do not overwrite each other.
    assert run("landmarks", tmp_path / "anna.obj", "-o", tmp_path / "one").exit_code == 0
    assert names(tmp_path / "one") == both[:1]


def test_scans_of_two_folders_that_would_collide_are_refused(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scans = [make_scan(tmp_path / folder / "anna.ply") for folder in ("x", "y")]
    result = run("landmarks", *scans, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "would both be written to" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_scan_named_twice_is_done_once(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scan = make_scan(tmp_path / "anna.ply")
    result = run("landmarks", scan, tmp_path, scan)
    assert result.exit_code == 0
    assert result.output.count("unit mm") == 1


def test_one_failure_costs_one_scan(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    for name, count in (("a", 400), ("b", FACELESS), ("c", DEADLY), ("d", BROKEN), ("e", 400)):
        make_scan(tmp_path / f"{name}.ply", count=count)
    (tmp_path / "f.ply").write_bytes(b"ply\nformat ascii 1.0\n")
    result = run("landmarks", tmp_path, "--jobs", 2)
    assert result.exit_code == 1
    assert {"a.ibug68.mrk.json", "e.ibug68.mrk.json"} == {name for name in names(tmp_path) if name.endswith("json")}
    reasons = [line for line in result.stdout.splitlines() if line.startswith("failed: ")]
    assert [Path(line.split(": ")[1]).name for line in reasons] == ["b.ply", "c.ply", "d.ply", "f.ply"]
    for line, reason in zip(reasons, ("looks like a face", "killed", "ZeroDivisionError", "end_header"), strict=True):
        assert reason in line
    assert "error: 4 of 6 scans failed" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("count", [1, 2])
def test_the_status_is_2_when_nothing_worked(run: Run, make_scan: MakeScan, tmp_path: Path, count: int) -> None:
    scans = [make_scan(tmp_path / f"{i}.ply", count=FACELESS) for i in range(count)]
    result = run("landmarks", *scans)
    assert result.exit_code == 2
    assert "no part of the scan looks like a face" in result.output
    assert "Traceback" not in result.output


def test_finished_scans_are_passed_over(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scans = [make_scan(tmp_path / f"{name}.ply") for name in "abc"]
    words = ("landmarks", tmp_path, "-o", tmp_path / "out", "--format", "json", "--format", "csv")
    assert run(*words).exit_code == 0
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    (tmp_path / "out" / "a.ibug68.csv").unlink()
    newer = max(written.values()) + 10**9
    os.utime(scans[1], ns=(newer, newer))
    result = run(*words)
    assert "already done: 1" in result.stderr
    again = {path.name.split(".")[0] for path, time in written.items() if path.stat().st_mtime_ns != time}
    assert again == {"a", "b"}


def test_all_finished_is_success(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    for name in "ab":
        make_scan(tmp_path / f"{name}.ply")
    assert run("landmarks", tmp_path).exit_code == 0
    result = run("landmarks", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")


def test_same_input_gives_the_same_bytes(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scans = [make_scan(tmp_path / f"{name}.ply") for name in "ab"]
    formats = [word for name in FORMATS for word in ("--format", name)]
    assert run("landmarks", scans[0], "-o", tmp_path / "one", "--picture", *formats).exit_code == 0
    assert run("landmarks", *scans, "-o", tmp_path / "two", "--picture", "--jobs", 2, *formats).exit_code == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.usefixtures("small_pictures")
def test_pictures_and_cameras_beside_depth_images_are_left_alone(run: Run, tmp_path: Path) -> None:
    depth, camera = tmp_path / "kinect.npy", tmp_path / "kinect.json"
    np.save(depth, np.full((30, 30), 900, np.uint16))
    camera.write_text(json.dumps({"fx": 60, "fy": 60, "cx": 15, "cy": 15, "mm_per_unit": 1}))
    before = depth.read_bytes(), camera.read_bytes()
    (tmp_path / "texture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 16 + b"\x08\x02")
    for _ in range(2):
        result = run("landmarks", tmp_path, "--format", "json", "--picture")
        assert result.exit_code == 0, result.output
    assert (depth.read_bytes(), camera.read_bytes()) == before
    assert names(tmp_path) == ["kinect.ibug68.json", "kinect.ibug68.png", "kinect.json", "kinect.npy", "texture.png"]


def test_intrinsics_replace_the_camera_file(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "depth.npy", np.full((30, 30), 900, np.uint16))
    assert run("landmarks", tmp_path / "depth.npy").exit_code == 2
    assert run("landmarks", tmp_path / "depth.npy", "--intrinsics", "60,60,15,15").exit_code == 0
    result = run("landmarks", tmp_path / "depth.npy", "--intrinsics", "60,60")
    assert result.exit_code == 2
    assert "not four numbers" in result.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [("absent.ply", "does not exist"), ("empty", "no scan in"), ("scan.docx", "suffix"), ("zero.ply", "is empty")],
)
def test_bad_paths_are_told_in_a_line(run: Run, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "scan.docx").write_text("x")
    (tmp_path / "zero.ply").touch()
    result = run("landmarks", tmp_path / name)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) <= 2


def test_an_output_that_is_a_file_is_refused(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scan = make_scan(tmp_path / "a.ply")
    result = run("landmarks", scan, "-o", scan)
    assert result.exit_code == 2
    assert "is a file" in result.stderr
