"""Fitted faces in files: exact round trips, and files that are not faces of this model."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lineament.errors import FormatError, InputError
from lineament.face.basis import EXPRESSION, load_basis
from lineament.face.face import Face
from lineament.geometry.alignment import Similarity
from lineament.io.faces.parameters import holds_face, model_digest, read_face, write_face

FIELDS = ("vertices", "identity", "expression", "confidence")


@pytest.fixture
def face(person):
    return person(5, jawOpen=0.3, mouthSmileLeft=1 / 3)


def same_pose(one, other):
    return (
        one.pose.scale == other.pose.scale
        and np.array_equal(one.pose.rotation, other.pose.rotation)
        and np.array_equal(one.pose.translation, other.pose.translation)
    )


def test_npz_keeps_everything_exactly(face, tmp_path):
    back = read_face(write_face(tmp_path / "a.npz", face))
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(back, name), getattr(face, name))
    assert same_pose(back, face)
    assert back.unit == "in"


@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_the_same_face_gives_the_same_bytes(face, tmp_path, suffix):
    one, other = (write_face(tmp_path / f"{name}.{suffix}", face) for name in "ab")
    assert one.read_bytes() == other.read_bytes()


def test_no_unit_stays_no_unit(face, tmp_path):
    bare = Face(*(getattr(face, name) for name in FIELDS), Similarity.identity())
    for suffix in ("npz", "json"):
        assert read_face(write_face(tmp_path / f"a.{suffix}", bare)).unit is None


def test_json_keeps_the_parameters_and_is_readable(face, tmp_path):
    path = write_face(tmp_path / "a.json", face)
    back = read_face(path)
    np.testing.assert_array_equal(back.identity, face.identity)
    np.testing.assert_array_equal(back.expression, face.expression)
    assert same_pose(back, face)
    basis = load_basis()
    modes = np.concatenate(
        [face.identity, np.zeros(basis.identities - len(face.identity)), face.expression / EXPRESSION]
    )
    np.testing.assert_allclose(back.vertices, basis.shape(modes), atol=1e-4)
    assert not back.confidence.any()
    document = json.loads(path.read_text())
    assert document["schema"] == "lineament-face/1"
    assert document["unit"] == "in"
    assert document["model"] == "face_model.npz"
    assert document["model_sha256"] == model_digest()
    assert document["expression"]["jawOpen"] == 0.3
    assert (
        "mouthSmileLeft" in path.read_text().splitlines()[path.read_text().splitlines().index('  "expression": {') + 46]
    )


@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_a_face_of_another_version_of_the_model_is_refused(face, tmp_path, monkeypatch, suffix):
    path = tmp_path / f"a.{suffix}"
    with monkeypatch.context() as patch:
        patch.setattr("lineament.io.faces.parameters.model_digest", lambda: "0" * 64)
        write_face(path, face)
    with pytest.raises(FormatError, match=r"another version of the face model.*fit the scan again"):
        read_face(path)


def rewritten(path, **changes):
    """The NPZ file with arrays replaced, or left out where None."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays |= changes
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": None}, "holds no fitted face"),
        ({"schema": np.array("lineament-face/9")}, "'lineament-face/9', expected 'lineament-face/1'"),
        ({"prior_sha256": None}, "another version of the shape prior"),
        ({"prior_sha256": np.array("0")}, "another version of the shape prior"),
        ({"confidence": None}, "lacks confidence"),
        ({"vertices": np.zeros((4, 3), np.float32)}, "shape"),
        ({"vertices": np.array(["a"])}, "expected numbers"),
        ({"identity": np.full(100, np.nan, np.float32)}, "identity holds 100 NaN"),
        ({"expression": np.zeros(3, np.float32)}, "3 expressions"),
        ({"pose_rotation": -np.eye(3)}, "rotation"),
        ({"pose_scale": np.zeros(2)}, "pose_scale"),
        ({"unit": np.array("furlong")}, "furlong"),
    ],
)
def test_a_damaged_npz_is_refused(face, tmp_path, changes, said):
    path = rewritten(write_face(tmp_path / "a.npz", face), **changes)
    with pytest.raises(FormatError, match=said) as caught:
        read_face(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": "another/1"}, "'another/1', expected"),
        ({"identity": "many"}, "damaged"),
        ({"identity": [0.0] * 1001}, "identity has shape"),
        ({"expression": {"jawWide": 1}}, "no expression 'jawWide'"),
        ({"expression": [1, 2]}, "no expression|damaged"),
        ({"pose": {"scale": 1}}, "damaged"),
        ({"pose": {"scale": "x", "rotation": [[1]], "translation": 3}}, "damaged|shape"),
        ({"unit": 7}, "unit is '7'"),
        ({"prior_sha256": "0"}, "shape prior"),
    ],
)
def test_a_damaged_json_is_refused(face, tmp_path, changes, said):
    path = write_face(tmp_path / "a.json", face)
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(FormatError, match=said):
        read_face(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.npz", b"PK\x03\x04broken"), ("a.npz", b"solid"), ("a.json", b"{"), ("a.json", b"[1]"), ("a.json", b"{}")],
)
def test_foreign_files_are_refused(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FormatError, match=name):
        read_face(path)
    assert not holds_face(path)


def test_every_cut_of_a_file_is_refused(face, tmp_path):
    for suffix in ("npz", "json"):
        path = write_face(tmp_path / f"a.{suffix}", face)
        whole = path.read_bytes()
        for share in (0.1, 0.5, 0.9, 0.99):
            path.write_bytes(whole[: int(share * len(whole))])
            with pytest.raises(FormatError):
                read_face(path)


def test_an_unknown_suffix_is_refused(face, tmp_path):
    with pytest.raises(InputError, match=r"\.npz or \.json"):
        write_face(tmp_path / "a.txt", face)
    with pytest.raises(InputError, match="does not exist"):
        read_face(tmp_path / "absent.npz")


def test_holds_face(face, tmp_path):
    assert holds_face(write_face(tmp_path / "a.npz", face))
    np.savez(tmp_path / "b.npz", points=np.zeros((3, 3)))
    assert not holds_face(tmp_path / "b.npz")
