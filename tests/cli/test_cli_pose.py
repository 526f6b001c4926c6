"""`lineament pose`: the right expression in the right file, and nothing written for a mistake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from lineament.face.face import Face
from lineament.face.rig import arkit_weights, posed
from lineament.io.faces.parameters import write_face
from lineament.io.scans import read_scan
from lineament.io.scans.gltf import open_containers

Run = Callable[..., Result]


@pytest.fixture
def anna(person: Callable[..., Face], tmp_path: Path) -> Path:
    return write_face(tmp_path / "anna.npz", person(1, jawOpen=0.3))


@pytest.mark.parametrize("suffix", ["obj", "ply"])
def test_weights_that_are_set(run: Run, person: Callable[..., Face], anna: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out.{suffix}"
    result = run("pose", anna, "--set", "jawOpen=0.4", "--set", "mouthSmileLeft=1", "-o", out)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{out}: jawOpen 0.4, mouthSmileLeft 1\n"
    wanted = posed(person(1, jawOpen=0.3), {"jawOpen": 0.4, "mouthSmileLeft": 1.0})
    np.testing.assert_array_equal(read_scan(out).points, wanted)


def test_without_weights_the_face_is_neutral(run: Run, person: Callable[..., Face], anna: Path, tmp_path: Path) -> None:
    result = run("pose", anna, "-o", tmp_path / "out.ply")
    assert result.stdout == f"{tmp_path / 'out.ply'}: neutral\n"
    np.testing.assert_array_equal(read_scan(tmp_path / "out.ply").points, posed(person(1, jawOpen=0.3), {}))


def test_the_expression_of_another_face(run: Run, person: Callable[..., Face], anna: Path, tmp_path: Path) -> None:
    other = person(2, mouthSmileLeft=0.7, browDownRight=0.5)
    smiling = write_face(tmp_path / "smiling.json", other)
    result = run("pose", anna, "--from", smiling, "--set", "browDownRight=0", "-o", tmp_path / "out.ply")
    assert result.exit_code == 0, result.output
    assert "mouthSmileLeft 0.7" in result.stdout
    assert "browDownRight" not in result.stdout
    wanted = posed(person(1, jawOpen=0.3), {**arkit_weights(other), "browDownRight": 0.0})
    np.testing.assert_allclose(read_scan(tmp_path / "out.ply").points, wanted, atol=1e-5)


def test_a_rig_opens_with_the_pose(run: Run, anna: Path, tmp_path: Path) -> None:
    result = run("pose", anna, "--set", "jawOpen=0.4", "-o", tmp_path / "out.glb")
    assert result.exit_code == 0, result.output
    mesh = open_containers((tmp_path / "out.glb").read_bytes())[0]["meshes"][0]
    assert dict(zip(mesh["extras"]["targetNames"], mesh["weights"], strict=True))["jawOpen"] == 0.4


def test_a_rig_takes_the_colours_beside_the_face(run: Run, person: Callable[..., Face], tmp_path: Path) -> None:
    face = write_face(tmp_path / "anna.face.npz", person(1))
    assert run("pose", face, "-o", tmp_path / "out.glb").exit_code == 0
    assert "images" not in open_containers((tmp_path / "out.glb").read_bytes())[0]
    colours = tmp_path / "anna.face_colour.png"
    Image.new("RGB", (8, 8), (200, 150, 120)).save(colours)
    result = run("pose", face, "--set", "jawOpen=0.4", "-o", tmp_path / "out.glb")
    assert result.exit_code == 0, result.output
    data = (tmp_path / "out.glb").read_bytes()
    assert open_containers(data)[0]["images"][0]["mimeType"] == "image/png"
    assert colours.read_bytes() in data


def test_what_is_lowered_is_said(run: Run, anna: Path, tmp_path: Path) -> None:
    result = run("pose", anna, "--set", "jawOpen=0.5", "--set", "mouthClose=1", "-o", tmp_path / "out.ply")
    assert result.exit_code == 0
    assert "note: mouthClose lowered" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "jawWide=1"), "no expression 'jawWide'; there are jawForward, jawLeft"),
        (("--set", "jawOpen=1.2"), "jawOpen is 1.2, expected a weight from 0 to 1"),
        (("--set", "jawOpen"), "'jawOpen' is not a name and a weight such as jawOpen=0.4"),
        (("--set", "jawOpen=wide"), "'jawOpen=wide' is not a name"),
        (("--from", "absent.npz"), "absent.npz does not exist"),
        (("-o", "out.stl"), "out.stl has the suffix '.stl'; a posed face is written as .glb, .obj, .ply"),
    ],
)
def test_a_mistake_is_said_and_nothing_is_written(
    run: Run, anna: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    result = run("pose", anna, "-o", tmp_path / "out.ply", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == [anna]


def test_a_scan_is_no_face(run: Run, tmp_path: Path) -> None:
    np.savez(tmp_path / "scan.npz", points=np.zeros((3, 3)))
    result = run("pose", tmp_path / "scan.npz", "-o", tmp_path / "out.ply")
    assert result.exit_code == 2
    assert "holds no fitted face; expected one that 'lineament fit' wrote" in result.stderr
