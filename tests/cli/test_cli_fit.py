"""`lineament fit`: what is written, what is passed over, what fails alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from lineament.cli.fit import FORMATS
from lineament.detect.planning import Job, looks_like_scan
from lineament.face.batch import Request, is_done, median_distance
from lineament.face.deviation import deviation, face_region, measured_share
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.io.faces.parameters import read_face, write_face
from lineament.io.landmarks import write_landmarks
from lineament.io.scans import read_scan, write_scan
from lineament.types import Landmarks, Scan

pytestmark = pytest.mark.usefixtures("fake_detector")

Run = Callable[..., Result]
MakeScan = Callable[..., Path]
Person = Callable[..., Face]
FACELESS, DEADLY, BROKEN = 50, 51, 52
"""Numbers of points that the fake detector takes for a scan without a face, dies of, or fails at."""


def head(path: Path, whole: bool = False) -> Path:
    """Write the mean face in metres such that the fake detector, which looks at the centroid, is right.

    `whole` makes it a mesh with colours, else it is a bare cloud.
    """
    model = load_face_model()
    points = model.vertices
    # As many points more, far from the face, bring the centroid to the origin.
    far = (
        np.broadcast_to(-points.mean(axis=0), points.shape)
        + np.array([0, 0, 300]) * np.where(np.arange(len(points)) % 2, 1, -1)[:, None]
    )
    places = np.concatenate([points, far]).astype(np.float32) / 1000
    colors = np.full(places.shape, (200, 150, 120), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_scan(Scan(places, model.triangles, colors=colors) if whole else Scan(places), path)


def test_one_scan_with_everything(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lineament.face.batch.DETAIL", 256)  # the map itself is tested elsewhere
    scan, out = head(tmp_path / "anna.ply", whole=True), tmp_path / "new" / "out"
    words = [word for name in FORMATS for word in ("--format", name)]
    result = run("fit", scan, "-o", out, *words, "--detail", "--colour")
    assert result.exit_code == 0, result.output
    first, second, *files = result.stdout.splitlines()
    assert first == f"{scan}: unit m (found)"
    assert "of the face measured, median distance 0.0" in second
    assert {Path(line.strip()) for line in files} == set(out.iterdir())
    face = read_face(out / "anna.face.npz")
    assert face.unit == "m"
    model = load_face_model()
    skin = face_region()
    away = np.linalg.norm(face.in_scan() * 1000 - model.vertices, axis=1)
    assert away[skin].mean() < 1.0
    assert measured_share(face) > 0.9
    assert median_distance(face, read_scan(scan).points) < 0.1
    for suffix in ("obj", "ply"):
        mesh = read_scan(out / f"anna.face.{suffix}")
        np.testing.assert_allclose(mesh.points, face.vertices, atol=1e-4)
    data = (out / "anna.face.glb").read_bytes()
    document = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    assert len(document["meshes"][0]["extras"]["targetNames"]) == 52
    assert "ibug68" in {node["name"] for node in document["nodes"]}
    assert len(document["images"]) == 1
    with Image.open(out / "anna.face_colour.png") as picture:
        np.testing.assert_allclose(np.asarray(picture)[512, 512], (200, 150, 120), atol=2)
    # Nothing of all this is taken for a scan later.
    assert [path for path in out.iterdir() if looks_like_scan(path, cameras=True)] == []


def test_a_folder_goes_on_where_it_stopped(run: Run, tmp_path: Path) -> None:
    for name in ("a", "deep/b"):
        head(tmp_path / "in" / f"{name}.ply")
    out = tmp_path / "out"
    result = run("fit", tmp_path / "in", "-o", out, "--format", "ply", "--colour")
    assert result.exit_code == 0, result.output
    written = {path.relative_to(out).as_posix() for path in out.rglob("*.*")}
    assert written == {"a.face.npz", "a.face.ply", "deep/b.face.npz", "deep/b.face.ply"}
    assert result.stdout.count("note: ") == result.stdout.count("the scan has no colours") == 2
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.npz")}
    result = run("fit", tmp_path / "in", "-o", out, "--format", "ply")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "already done: 2" in result.stderr
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*.npz")}


def test_what_fails_fails_alone(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    counts = {"b": FACELESS, "c": DEADLY, "d": BROKEN}
    bad = [make_scan(tmp_path / f"{name}.ply", count) for name, count in counts.items()]
    scans = [head(tmp_path / "a.ply"), *bad]
    result = run("fit", *scans, "-o", tmp_path / "out", "--jobs", 2)
    assert result.exit_code == 1, result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.face.glb", "a.face.npz"]
    for scan, said in zip(bad, ("looks like a face", "killed", "internal error"), strict=True):
        assert any(line.startswith(f"failed: {scan}") and said in line for line in result.stdout.splitlines())
    assert "3 of 4 scans failed" in result.stderr
    assert "Traceback" not in result.output


def test_one_scan_without_a_face_is_an_error(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scan = make_scan(tmp_path / "nobody.ply", FACELESS)
    result = run("fit", scan)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {scan}: ")
    assert list(tmp_path.iterdir()) == [scan]


def marks(path: Path, set_name: str, unit: str | None = "m", every: int = 1) -> Path:
    """Write where the landmarks of `head` are, as if set by hand: every other one perhaps, without expected errors."""
    model = load_face_model()
    names = model.landmark_sets[set_name].names[::every]
    xyz = model.landmarks(model.vertices, set_name)[::every] / 1000
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_landmarks(Landmarks(names, xyz, unit=unit), path)


@pytest.mark.parametrize(
    ("name", "unit", "words", "said"),
    [
        ("anna.anthropometric.mrk.json", "m", (), "m (stated)"),
        ("anna.ibug68.csv", None, (), "m (found)"),
        ("anna.ibug68.fcsv", None, ("--unit", "m"), "m (given)"),
    ],
)
def test_landmarks_of_files_start_a_fit_without_a_detector(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, unit: str | None, words: tuple, said: str
) -> None:
    monkeypatch.setattr("lineament.detect.detector.Detector", None)
    scan, given = head(tmp_path / "anna.ply"), marks(tmp_path / "marks" / name, name.split(".")[1], unit, every=2)
    result = run("fit", scan, "-o", tmp_path / "out", "--landmarks", given.parent, *words)
    assert result.exit_code == 0, result.output
    first, second, note, *_ = result.stdout.splitlines()
    assert first == f"{scan}: unit {said}"
    assert "median distance 0.0" in second
    assert note == f"note: started from {given}"
    face = read_face(tmp_path / "out" / "anna.face.npz")
    away = np.linalg.norm(face.in_scan() * 1000 - load_face_model().vertices, axis=1)
    assert away[face_region()].mean() < 1.0


def test_a_folder_beside_a_folder_of_landmarks(run: Run, tmp_path: Path) -> None:
    scans, folder, out = tmp_path / "in", tmp_path / "marks", tmp_path / "out"
    for name in ("a", "deep/b", "c"):
        head(scans / f"{name}.ply")
    used = [marks(folder / "a.ibug68.mrk.json", "ibug68"), marks(folder / "deep" / "b.dense520.csv", "dense520")]
    spare = [marks(folder / "a.ibug68.csv", "ibug68"), marks(folder / "a.anthropometric.json", "anthropometric")]
    words = ("fit", scans, "-o", out, "--landmarks", folder, "--format", "ply", "--jobs", 2)
    result = run(*words)
    assert result.exit_code == 1, result.output
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.npz")} == {"a.face.npz", "deep/b.face.npz"}
    others = ", ".join(path.name for path in spare)
    assert f"note: {scans / 'a.ply'}: started from {used[0]}, not {others}\n" in result.stdout
    assert f"note: {scans / 'deep' / 'b.ply'}: started from {used[1]}\n" in result.stdout
    (failure,) = (line for line in result.stdout.splitlines() if line.startswith("failed: "))
    assert failure.startswith(f"failed: {scans / 'c.ply'}: no landmarks in {folder}; expected c.ibug68.mrk.json or ")
    # Only what was corrected since then is fitted again.
    marks(folder / "c.ibug68.csv", "ibug68")
    before = (out / "a.face.npz").stat().st_mtime_ns
    os.utime(used[0], ns=(before + 1, before + 1))
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert "already done: 1" in result.stderr
    assert result.stdout.count("started from") == 2
    assert (out / "a.face.npz").stat().st_mtime_ns > before


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text.replace("prn,0.0", "prn,zero"), "zero"),
        (lambda text: text.replace("unit=m ", "unit=mm "), "check their order, their unit"),
        (lambda text: text.replace("prn,", "tip,"), "none of the sets"),
        (lambda text: "".join(text.splitlines(keepends=True)[:6]), "4 landmarks are given"),
    ],
)
def test_landmarks_that_cannot_start_a_fit_are_told_with_their_file(
    run: Run, tmp_path: Path, spoil: Callable[[str], str], said: str
) -> None:
    scan, given = head(tmp_path / "anna.ply"), marks(tmp_path / "marks" / "anna.anthropometric.csv", "anthropometric")
    given.write_text(spoil(given.read_text()))
    result = run("fit", scan, "-o", tmp_path / "out", "--landmarks", given.parent)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith(f"error: {scan}: {given}: ")
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("folder", ["absent", "file"])
def test_landmarks_are_in_a_folder(run: Run, tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    result = run("fit", head(tmp_path / "anna.ply"), "--landmarks", tmp_path / folder)
    assert (result.exit_code, "no folder; give the one with the landmark files" in result.stderr) == (2, True)


def test_two_scans_cannot_share_their_landmarks(run: Run, tmp_path: Path) -> None:
    scans = [head(tmp_path / name / "anna.ply") for name in "ab"]
    result = run("fit", *scans, "--landmarks", tmp_path)
    assert result.exit_code == 2
    assert f"would both take the landmarks {tmp_path / 'anna'}.*" in result.stderr


def test_a_model_of_ones_own(run: Run, user_models: Any, tmp_path: Path) -> None:
    scan, out = head(tmp_path / "anna.ply"), tmp_path / "out"
    words = ("--model", user_models.ict, "--format", "ply", "--format", "glb")
    result = run("fit", scan, "-o", out, *words)
    assert result.exit_code == 0, result.output
    face = read_face(out / "anna.face.npz")
    assert face.template is not None
    assert face.template.name == "ict.npz"
    skin = face_region()[user_models.kept]
    away = np.linalg.norm(face.in_scan() * 1000 - load_face_model().vertices[user_models.kept], axis=1)
    assert away[skin].mean() < 1.0
    assert len(read_scan(out / "anna.face.ply")) == len(face.vertices) + 1
    # Done with this model, but not with the shipped one.
    job = Job(scan, out / "anna")
    assert is_done(job, Request(("ply",), model=user_models.ict))
    assert not is_done(job, Request(("ply",)))
    result = run("pose", out / "anna.face.npz", "-o", out / "b.glb")
    assert (result.exit_code, "fit the scan again without --model" in result.stderr) == (2, True)


@pytest.mark.parametrize("word", ["--detail", "--colour"])
def test_what_needs_the_shipped_uv_is_refused(run: Run, tmp_path: Path, word: str) -> None:
    result = run("fit", head(tmp_path / "anna.ply"), "--model", tmp_path / "any.npz", word)
    assert result.exit_code == 2
    assert "need the uv of Lineament's own model" in result.stderr


def test_a_file_that_is_no_model_is_told(run: Run, tmp_path: Path) -> None:
    scan = head(tmp_path / "anna.ply")
    result = run("fit", scan, "--model", scan)
    assert result.exit_code == 2
    assert result.stderr == f"error: {scan}: this is no NPZ archive\n"


@pytest.mark.parametrize("words", [(), ("--detail",), ("--colour",), ("--format", "obj")])
def test_done_means_all_that_is_asked_for(tmp_path: Path, person: Person, words: tuple[str, ...]) -> None:
    scan = tmp_path / "anna.ply"
    job = Job(scan, tmp_path / "anna")
    for name in ("anna.ply", "anna.face.glb"):
        (tmp_path / name).write_bytes(b"x")
    write_face(tmp_path / "anna.face.npz", person(1))
    request = Request(("obj",) if "obj" in words else ("glb",), "--detail" in words, "--colour" in words)
    assert is_done(job, request) == (not words)


@pytest.mark.parametrize("spoil", ["model_sha256", "prior_sha256", "all of it"])
def test_a_face_of_another_version_or_a_broken_file_is_not_done(tmp_path: Path, person: Person, spoil: str) -> None:
    job = Job(tmp_path / "anna.ply", tmp_path / "anna")
    for name in ("anna.ply", "anna.face.glb"):
        (tmp_path / name).write_bytes(b"x")
    path = write_face(tmp_path / "anna.face.npz", person(1))
    assert is_done(job, Request())
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    if spoil in arrays:
        np.savez(path, **(arrays | {spoil: np.array("0" * 64)}))
    else:
        path.write_bytes(path.read_bytes()[:1000])
    assert not is_done(job, Request())


def test_distance_is_along_the_normal_and_of_the_face_alone(person: Person) -> None:
    face, model = person(1), load_face_model()
    from lineament.geometry.normals import vertex_normals

    normals = vertex_normals(face.vertices, model.triangles)
    for shift in (-0.5, 0.0, 0.7):
        points = face.pose.inverse().apply(face.vertices + np.float32(shift) * normals)
        heights = deviation(face, points)
        inside = np.isfinite(heights)
        assert np.mean(inside[face_region()]) > 0.9
        assert np.mean(inside[~face_region()]) < 0.25  # the eyeballs and the gums lie close behind the lids and lips
        np.testing.assert_allclose(np.median(heights[inside]), shift, atol=0.02)
        assert median_distance(face, points) == pytest.approx(abs(shift), abs=0.02)
    assert np.isnan(deviation(face, np.full((3, 3), np.nan, np.float32))).all()
    assert np.isnan(median_distance(face, np.zeros((5, 3), np.float32) + 1e6))
