"""`lineament register`: fitted faces in one array, with own readers and in their own words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from lineament.cli.register import FORMATS, POINTS
from lineament.errors import FormatError, InputError
from lineament.face import register as library
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.face.register import stack_faces
from lineament.io.faces.parameters import read_face, write_face
from lineament.io.faces.stack import WRITERS, read_stack, write_stack
from lineament.io.landmarks.morphologika import read_morphologika
from lineament.io.landmarks.tps import read_tps_all

Run = Callable[..., Result]
Person = Callable[..., Face]


@pytest.fixture
def folder(person: Person, tmp_path: Path) -> Path:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for number, name in enumerate(("anna.face", "ben.face", "deep/anna.face")):
        write_face(tmp_path / "in" / f"{name}.npz", person(number))
    np.savez(tmp_path / "in" / "scan.npz", points=np.zeros((3, 3)))
    return tmp_path / "in"


def test_choices_are_those_of_the_library() -> None:
    assert {name: suffix for name, (suffix, _) in WRITERS.items()} == FORMATS
    assert POINTS == library.POINTS


def test_a_raw_stack_holds_the_faces_as_they_are(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "stack.npz"
    result = run("register", folder, "-o", out, "--raw")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == "3 faces, 9,438 points each, each in its face frame, in mm"
    assert "passed over, not fitted faces: 1 .npz" in result.stderr
    with np.load(out, allow_pickle=False) as plain:
        assert plain["points"].shape == (3, 9438, 3)
        assert plain["names"].tolist() == ["anna", "ben", "deep/anna"]
    stack = read_stack(out)
    for row, name in enumerate(stack.names):
        face = read_face(folder / f"{name}.face.npz")
        np.testing.assert_array_equal(stack.points[row], face.vertices)
        np.testing.assert_array_equal(stack.confidence[row], face.confidence)
    np.testing.assert_array_equal(stack.triangles, load_face_model().triangles)


@pytest.mark.parametrize("unit_size", [False, True])
def test_an_aligned_stack_does_not_know_how_heads_were_held(person: Person, unit_size: bool) -> None:
    faces = {str(seed): person(seed) for seed in range(4)}
    turn = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    turned = {
        name: Face(face.vertices @ turn + seed, face.identity, face.expression, face.confidence, face.pose, face.unit)
        for seed, (name, face) in enumerate(faces.items())
    }
    one, other = (stack_faces(some, unit_size=unit_size) for some in (faces, turned))
    np.testing.assert_allclose(one.points, other.points, atol=1e-5 * np.abs(one.points).max())
    np.testing.assert_allclose(one.size, other.size, rtol=1e-5)
    away = one.points - one.points.mean(axis=1, keepdims=True)
    size = np.sqrt(np.square(away.astype(np.float64)).sum(axis=(1, 2)))
    np.testing.assert_allclose(size, 1 if unit_size else one.size, rtol=1e-5)
    # Still upright: the tip of the nose in front, the subject's left at +x.
    nose = load_face_model().landmarks(one.points, "ibug68")
    assert (nose[:, 30, 2] > nose[:, 27, 2]).all()
    assert (nose[:, 45, 0] > nose[:, 36, 0]).all()


@pytest.mark.parametrize("points", ["vertices", "ibug68"])
def test_neutral_faces_of_one_person_are_alike_whatever_they_did(
    run: Run, person: Person, tmp_path: Path, points: str
) -> None:
    (tmp_path / "in").mkdir()
    for name, expression in (("rest", {}), ("laugh", {"jawOpen": 0.6, "mouthSmileLeft": 0.8})):
        write_face(tmp_path / "in" / f"{name}.face.npz", person(7, **expression))
    result = run("register", tmp_path / "in", "-o", tmp_path / "stack.npz", "--neutral", "--raw", "--points", points)
    assert result.exit_code == 0, result.output
    assert ", neutral, each in its face frame, in mm" in result.stdout
    laugh, rest = read_stack(tmp_path / "stack.npz").points
    np.testing.assert_allclose(laugh, rest, atol=1e-4)
    as_scanned = stack_faces({"laugh": person(7, jawOpen=0.6)}, points, aligned=False).points[0]
    assert np.abs(as_scanned - rest).max() > 5


@pytest.mark.parametrize(("words", "suffix"), [(("--raw",), "tps"), ((), "txt"), (("--unit-size",), "txt")])
def test_text_for_r_reads_back_as_the_array(
    run: Run, folder: Path, tmp_path: Path, words: tuple[str, ...], suffix: str
) -> None:
    for name in (f"all.{suffix}", "all.npz"):
        result = run("register", folder, "-o", tmp_path / name, "--points", "anthropometric", *words)
        assert result.exit_code == 0, result.output
    stack = read_stack(tmp_path / "all.npz")
    if suffix == "tps":
        tps = read_tps_all(tmp_path / "all.tps")
        found = {name: marks.xyz for name, marks in tps.items()}
        assert next(iter(tps.values())).names == stack.point_names
    else:
        found = read_morphologika(tmp_path / "all.txt")
    assert tuple(found) == stack.names
    np.testing.assert_array_equal(np.stack(list(found.values())).astype(np.float32), stack.points)
    assert stack.point_names == load_face_model().landmark_sets["anthropometric"].names
    assert stack.unit == ("centroid size" if words == ("--unit-size",) else "mm")
    assert len(stack.triangles) == 0


def test_same_faces_give_the_same_bytes(run: Run, folder: Path, tmp_path: Path) -> None:
    for name in "ab":
        assert run("register", folder, "-o", tmp_path / f"{name}.npz", "--points", "dense520").exit_code == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_damaged_face_is_left_out_and_told(run: Run, folder: Path, tmp_path: Path) -> None:
    broken = folder / "carl.face.npz"
    broken.write_bytes((folder / "ben.face.npz").read_bytes()[:-100])
    result = run("register", folder, broken, "-o", tmp_path / "stack.npz", "--points", "ibug68")
    assert result.exit_code == 1, result.output
    assert f"failed: {broken}" in result.stdout
    assert "1 of 4 faces failed" in result.stderr
    assert len(read_stack(tmp_path / "stack.npz").names) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "stack.csv"), ".tps (tps)"),
        (("-o", "stack.npz", "--format", "tps"), ".tps (tps)"),
        (("-o", "stack.npz", "--raw", "--unit-size"), "--unit-size"),
        (("-o", "stack.npz", "absent"), "does not exist"),
    ],
)
def test_bad_command_lines_are_told(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("register", folder, *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_what_is_no_stack_is_told(person: Person, tmp_path: Path) -> None:
    face = write_face(tmp_path / "anna.npz", person(1))
    with pytest.raises(FormatError, match="no registered collection"):
        read_stack(face)
    stack = write_stack(tmp_path / "stack.npz", stack_faces({"anna": person(1)}, "ibug68"))
    cut = tmp_path / "cut.npz"
    cut.write_bytes(stack.read_bytes()[:-100])
    with pytest.raises(FormatError, match=r"cut\.npz"):
        read_stack(cut)
    with pytest.raises(InputError, match="no points"):
        stack_faces({"anna": person(1)}, "ibug99")
