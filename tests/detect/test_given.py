"""Landmark files that are handed in: which one is taken, and whose word on the unit counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lineament.detect.given import given_files, read_given
from lineament.detect.planning import Job, plan_jobs
from lineament.errors import InputError
from lineament.io.landmarks import write_landmarks
from lineament.types import Landmarks, Scan

SETS = ("ibug68", "dense520")
JOB = Job(Path("in/anna.ply"), Path("out/anna"))


def put(path: Path, unit: str | None = None, size: float | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_landmarks(Landmarks(("a", "b"), np.array([[1.5, 2, 3], [np.nan] * 3]), None, None, unit, size), path)


def test_sets_come_before_formats(tmp_path: Path) -> None:
    job = Job(JOB.scan, JOB.base, tmp_path / "anna")
    for name in ("dense520.mrk.json", "ibug68.csv", "ibug68.json", "anthropometric.csv", "b.ibug68.csv"):
        put(tmp_path / f"anna.{name}")
    (tmp_path / "anna.ibug68.png").touch()
    found = {path.name.removeprefix("anna."): name for path, name in given_files(job, SETS).items()}
    assert list(found.items()) == [
        ("ibug68.json", "ibug68"),
        ("ibug68.csv", "ibug68"),
        ("dense520.mrk.json", "dense520"),
    ]
    landmarks, path = read_given(job, Scan(np.zeros((1, 3))), SETS)
    assert (landmarks.set_name, path) == ("ibug68", tmp_path / "anna.ibug68.json")
    np.testing.assert_array_equal(landmarks.xyz, [[1.5, 2, 3], [np.nan] * 3])


@pytest.mark.parametrize(
    ("given", "file", "scan", "unit", "size"),
    [
        (None, (None, None), None, None, None),
        (None, (None, None), "cm", "cm", 10.0),
        (None, ("m", None), "cm", "m", 1000.0),
        (None, (None, 7.0), "cm", None, 7.0),
        ("in", ("m", None), "cm", "in", 25.4),
        ("in", (None, 7.0), None, "in", 25.4),
    ],
)
def test_the_user_knows_the_unit_best_then_the_landmarks_then_the_scan(
    tmp_path: Path, given: str | None, file: tuple, scan: str | None, unit: str | None, size: float | None
) -> None:
    put(tmp_path / "anna.ibug68.json", *file)
    job = Job(JOB.scan, JOB.base, tmp_path / "anna")
    landmarks, _ = read_given(job, Scan(np.zeros((1, 3)), unit=scan), SETS, given)
    assert (landmarks.unit, landmarks.mm_per_unit) == (unit, size)


def test_without_a_file_all_that_would_do_are_named(tmp_path: Path) -> None:
    job = Job(JOB.scan, JOB.base, tmp_path / "anna")
    assert given_files(job, SETS) == given_files(JOB, SETS) == {}
    said = r"expected anna\.ibug68\.mrk\.json or anna\.dense520\.mrk\.json, or another format of it"
    with pytest.raises(InputError, match=said):
        read_given(job, Scan(np.zeros((1, 3))), SETS)


def test_landmarks_lie_as_results_would(tmp_path: Path) -> None:
    for name in ("a/x.ply", "a/x.obj", "b.ply"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    marks = tmp_path / "marks"
    marks.mkdir()
    with_output = plan_jobs([tmp_path / "in"], marks).jobs
    jobs = plan_jobs([tmp_path / "in"], tmp_path / "out", landmarks=marks).jobs
    assert [job.given for job in jobs] == [job.base for job in with_output]
    assert {job.given.relative_to(marks).as_posix() for job in jobs} == {"a/x.ply", "a/x.obj", "b"}
    assert plan_jobs([tmp_path / "in" / "b.ply"], landmarks=marks).jobs[0].given == marks / "b"


def test_what_a_person_corrected_comes_first(tmp_path: Path) -> None:
    job = Job(JOB.scan, JOB.base, tmp_path / "anna")
    predicted = put(tmp_path / "anna.ibug68.json")
    corrected = put(tmp_path / "anna.ply.dense520.corrected.json")
    put(tmp_path / "anna.obj.ibug68.corrected.json")  # of another scan
    assert list(given_files(job, SETS)) == [corrected, predicted]
