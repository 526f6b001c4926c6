"""`lineament expressions`: 20 meshes and a picture a face, one bad face does not stop the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from lineament.face.face import Face
from lineament.face.rig import FACESCAPE20, posed
from lineament.io.faces.parameters import write_face
from lineament.io.scans import read_scan

Run = Callable[..., Result]
Person = Callable[..., Face]


@pytest.fixture(autouse=True)
def small_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are tested elsewhere."""
    monkeypatch.setattr("lineament.picture.expressions.TILE", 24)


@pytest.mark.parametrize("suffix", ["obj", "ply"])
def test_twenty_meshes_and_a_picture(run: Run, person: Person, tmp_path: Path, suffix: str) -> None:
    face = person(1, jawOpen=0.2)
    anna = write_face(tmp_path / "anna.npz", face)
    out = tmp_path / "out"
    result = run("expressions", anna, "--set", "facescape20", "--format", suffix, "-o", out)
    assert result.exit_code == 0, result.output
    names = [f"anna.{number:02d}_{name}.{suffix}" for number, name in enumerate(FACESCAPE20, 1)]
    assert sorted(path.name for path in out.iterdir()) == sorted([*names, "anna.facescape20.png"])
    assert result.stdout.splitlines()[0] == f"{anna}: 20 expressions"
    grin = read_scan(out / f"anna.16_grin.{suffix}")
    np.testing.assert_array_equal(grin.points, posed(face, FACESCAPE20["grin"]))
    assert grin.uv is not None
    with Image.open(out / "anna.facescape20.png") as picture:
        assert picture.width == 5 * 24


def test_a_folder_of_faces_is_gone_through_once(run: Run, person: Person, tmp_path: Path) -> None:
    people = tmp_path / "people" / "deep"
    people.mkdir(parents=True)
    write_face(people / "anna.npz", person(1))
    write_face(people.parent / "bert.npz", person(2))
    np.savez(people / "scan.npz", points=np.zeros((3, 3)))
    out = tmp_path / "out"
    result = run("expressions", people.parent, "--format", "ply", "-o", out)
    assert result.exit_code == 0, result.output
    assert "passed over, not fitted faces: 1 .npz" in result.stderr
    assert len(list((out / "deep").iterdir())) == len(list(out.glob("bert.*"))) == 21
    result = run("expressions", people.parent, "--format", "ply", "-o", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "already done: 2" in result.stderr


def test_one_bad_face_does_not_stop_the_others(run: Run, person: Person, tmp_path: Path) -> None:
    good = write_face(tmp_path / "good.npz", person(1))
    bad = write_face(tmp_path / "bad.npz", person(2))
    bad.write_bytes(bad.read_bytes()[:5000])
    result = run("expressions", bad, good, "--format", "ply", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert f"failed: {bad}:" in result.stdout
    assert "error: 1 of 2 faces failed" in result.stderr
    assert {path.name.split(".")[0] for path in (tmp_path / "out").iterdir()} == {"good"}
    result = run("expressions", bad, "-o", tmp_path / "other")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {bad}:")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("absent.npz",), "absent.npz does not exist"),
        (("{}/empty",), "no fitted face in"),
        (("{}/a.npz", "{}/sub/a.npz", "-o", "{}/out"), "would both be written to"),
        (("{}/a.npz", "-o", "{}/a.npz"), "is a file; give a folder"),
        (("{}/a.npz", "--set", "arkit"), "--set"),
    ],
)
def test_a_mistake_is_said_and_nothing_is_written(
    run: Run, person: Person, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    for folder in (tmp_path / "empty", tmp_path / "sub"):
        folder.mkdir()
    for place in (tmp_path, tmp_path / "sub"):
        write_face(place / "a.npz", person(1))
    before = sorted(tmp_path.rglob("*"))
    result = run("expressions", *(word.format(tmp_path) for word in words))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert sorted(tmp_path.rglob("*")) == before
