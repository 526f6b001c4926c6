"""Face models of users' own: read as they are, fitted, kept in files, refused where only the shipped one will do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lineament.detect.detector import Detection
from lineament.errors import FormatError, InputError
from lineament.face.basis import EXPRESSION, FitModel
from lineament.face.deviation import deviation, measured_share
from lineament.face.face import Face
from lineament.face.fit import fit_face
from lineament.face.model import LANDMARK_SETS, load_face_model
from lineament.face.register import stack_faces
from lineament.face.rig import arkit_targets, arkit_weights, neutral
from lineament.face.user_model import read_model
from lineament.geometry.alignment import Similarity
from lineament.geometry.sampling import sample_surface
from lineament.io.faces.glb import write_glb
from lineament.io.faces.mesh import write_mesh
from lineament.io.faces.models import FACESCAPE_EXPRESSIONS
from lineament.io.faces.parameters import holds_face, holds_face_of, read_face, write_face
from lineament.io.scans import read_scan
from lineament.measure import measure_face
from lineament.measure.asymmetry import asymmetry
from lineament.types import Landmarks, Scan

OPEN = load_face_model().expression_names.index("jawOpen")
"""Place of an expression that moves much; the FaceScape-like file has the shipped ones in their own order."""
TO_SCAN = Similarity(0.1, np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]), np.array([3.0, -40.0, 12.0]))


@pytest.fixture(scope="module")
def facescape(user_models) -> FitModel:
    return read_model(user_models.facescape)


@pytest.fixture(scope="module")
def ict(user_models) -> FitModel:
    return read_model(user_models.ict)


def truth(user_models, identity: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The vertices (V, 3) of somebody in the FaceScape-like model, mm, face frame."""
    grown = 1 + 0.4 * identity[1]
    rest = load_face_model().vertices[user_models.kept] + np.tensordot(identity[1:], user_models.identity, 1)
    return rest + grown * np.tensordot(weights, user_models.expression, 1)


@pytest.fixture(scope="module")
def somebody(user_models) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Identity, weights and vertices of a person whose expression is a third larger than the mean's."""
    identity, weights = np.array([0, 0.9, -1.2, 0.7, 0.3, -0.8]), np.zeros(51)
    weights[[OPEN, 4]] = 0.5, 0.3
    return identity, weights, truth(user_models, identity, weights)


@pytest.fixture(scope="module")
def fitted(user_models, facescape, somebody) -> tuple[Scan, Face]:
    vertices = somebody[2]
    own = load_face_model()
    scan = Scan(TO_SCAN.apply(sample_surface(vertices.astype(np.float32), user_models.triangles, 60_000)[0]))
    whole = own.vertices.copy()
    whole[user_models.kept] = vertices
    found = {}
    for name in LANDMARK_SETS:
        chosen = own.landmark_sets[name]
        xyz = TO_SCAN.apply(own.landmarks(whole, name))
        found[name] = Landmarks(chosen.names, xyz, np.full(len(chosen), 0.5), unit="cm", set_name=name)
    return scan, fit_face(scan, Detection(found, TO_SCAN.inverse(), "cm", 10.0, 0.9), model=facescape)


@pytest.mark.parametrize("kind", ["facescape", "ict"])
def test_a_model_comes_into_the_face_frame_and_its_parts_are_found(user_models, kind, request) -> None:
    model, own = request.getfixturevalue(kind).surface, load_face_model()
    true = own.vertices[user_models.kept]
    assert np.linalg.norm(model.vertices - true, axis=1).max() < 1.0
    right = np.array(model.region_names)[model.region] == np.array(own.region_names)[own.region[user_models.kept]]
    assert right.mean() > 0.95
    for name in LANDMARK_SETS:
        away = np.linalg.norm(model.landmarks(model.vertices, name) - own.landmarks(own.vertices, name), axis=1)
        assert np.median(away) < 0.5
        assert away.max() < 2.5


def test_what_the_file_says_is_what_the_model_does(user_models, facescape, somebody) -> None:
    assert facescape.template is not None
    assert facescape.template.expression_names == FACESCAPE_EXPRESSIONS
    assert len(FACESCAPE_EXPRESSIONS) == len(set(FACESCAPE_EXPRESSIONS)) == 51
    identity, weights, vertices = somebody
    basis = facescape.basis(identity)
    assert basis.identities == 6
    shape = basis.shape(np.concatenate([identity, weights / EXPRESSION]))
    still = facescape.basis(None).shape(np.zeros(57))
    # Up to how the mean lies in the face frame.
    moved = shape - still
    np.testing.assert_allclose(moved, vertices - load_face_model().vertices[user_models.kept], atol=0.25)
    open_here = basis.modes[6 + OPEN]
    open_usual = facescape.basis(None).modes[6 + OPEN]
    np.testing.assert_allclose(open_here, 1.36 * open_usual, atol=1e-3)


def test_a_linear_model_has_one_basis(user_models, ict) -> None:
    assert ict.basis(np.ones(30, np.float32)) is ict.basis(None)
    assert ict.template is not None
    assert ict.template.name == "ict.npz"
    assert ict.template.expression_names == load_face_model().expression_names
    assert len(ict.surface.identity) == 30


def test_a_person_of_a_bilinear_model_comes_back(fitted, somebody, facescape) -> None:
    (scan, face), (identity, weights, vertices) = fitted, somebody
    assert np.nanmedian(np.abs(deviation(face, scan.points))) < 0.1
    assert measured_share(face) > 0.95
    assert face.pose.scale == pytest.approx(10.0, rel=1e-6)
    away = 10 * np.linalg.norm(face.in_scan() - TO_SCAN.apply(vertices), axis=1)
    assert away[face.template.inside].mean() < 0.7
    np.testing.assert_allclose(face.identity[1:], identity[1:], atol=0.35)
    # At the mean the same mouth would take a third more of the expression.
    assert face.expression[OPEN] == pytest.approx(weights[OPEN], abs=0.05)


def test_copies_stand_where_the_uv_has_seams(user_models, ict, tmp_path: Path) -> None:
    template = ict.template
    assert len(template.copies) == 1
    assert len(template.uv) == len(user_models.kept) + 1
    np.testing.assert_array_equal(template.triangles, ict.surface.triangles)
    assert len(template.triangles) == len(user_models.triangles)
    np.testing.assert_array_equal(template.uv[-1], [0.25, 0.75])
    own_uv = load_face_model().uv[user_models.kept]
    np.testing.assert_allclose(template.uv[:-1], own_uv, atol=1e-6)
    mesh = read_scan(write_mesh(tmp_path / "a.ply", ict.surface.vertices, template))
    np.testing.assert_allclose(mesh.points[: len(own_uv)], ict.surface.vertices, atol=1e-4)
    np.testing.assert_allclose(mesh.uv, template.uv, atol=1e-6)


def test_a_file_of_the_face_is_enough_to_use_it(fitted, tmp_path: Path) -> None:
    scan, face = fitted
    path = write_face(tmp_path / "a.face.npz", face)
    back = read_face(path)
    for name in ("vertices", "identity", "expression", "confidence"):
        np.testing.assert_array_equal(getattr(back, name), getattr(face, name))
    for name in ("corners", "copies", "uv", "inside"):
        np.testing.assert_array_equal(getattr(back.template, name), getattr(face.template, name))
    assert (back.template.name, back.template.sha256) == ("facescape.npz", face.template.sha256)
    assert back.template.expression_names == FACESCAPE_EXPRESSIONS
    assert holds_face(path)
    assert holds_face_of(path, face.template.sha256)
    assert not holds_face_of(path)
    assert not holds_face_of(path, "0" * 64)
    np.testing.assert_array_equal(deviation(back, scan.points[::50]), deviation(face, scan.points[::50]))
    stack = stack_faces({"a": back, "b": face})
    np.testing.assert_array_equal(stack.triangles, face.template.triangles)
    np.testing.assert_allclose(stack.points[0], stack.points[1])


def test_what_needs_the_shipped_model_refuses_others(fitted, person, tmp_path: Path) -> None:
    face = fitted[1]
    said = r"was fitted with facescape\.npz; this needs a face of Lineament's own model"
    for use in (neutral, arkit_targets, arkit_weights, measure_face, asymmetry):
        with pytest.raises(InputError, match=said):
            use(face)
    with pytest.raises(InputError, match=said):
        write_face(tmp_path / "a.json", face)
    with pytest.raises(InputError, match=said):
        write_glb(tmp_path / "a.glb", face)
    with pytest.raises(InputError, match=r"different models, such as .*facescape\.npz.*Lineament"):
        stack_faces({"a": face, "b": person(1)})
    with pytest.raises(InputError, match="only the vertices"):
        stack_faces({"a": face}, "ibug68")


def test_the_rig_has_the_expressions_of_the_model(fitted, facescape, ict, tmp_path: Path) -> None:
    face = fitted[1]
    data = write_glb(tmp_path / "a.glb", face, landmarks="ibug68", model=facescape).read_bytes()
    length = int.from_bytes(data[12:16], "little")
    document, binary = json.loads(data[20 : 20 + length]), data[28 + length :]
    mesh = document["meshes"][0]
    assert tuple(mesh["extras"]["targetNames"]) == FACESCAPE_EXPRESSIONS
    assert not any(mesh["weights"])
    assert document["asset"]["extras"]["model"] == "facescape.npz"
    assert len(document["nodes"]) == 70

    def read(accessor: int) -> np.ndarray:
        entry = document["accessors"][accessor]
        values = np.zeros((entry["count"], 3), np.float32)
        views = document["bufferViews"]
        if "sparse" not in entry:
            view = views[entry["bufferView"]]
            return np.frombuffer(binary, "<f4", 3 * entry["count"], view["byteOffset"]).reshape(-1, 3)
        sparse = entry["sparse"]
        rows, moved = (views[sparse[part]["bufferView"]]["byteOffset"] for part in ("indices", "values"))
        at = np.frombuffer(binary, "<u2", sparse["count"], rows)
        values[at] = np.frombuffer(binary, "<f4", 3 * sparse["count"], moved).reshape(-1, 3)
        return values

    primitive = mesh["primitives"][0]
    shape = read(primitive["attributes"]["POSITION"]).copy()
    for target, weight in zip(primitive["targets"], face.expression, strict=True):
        shape += weight * read(target["POSITION"])
    np.testing.assert_allclose(1000 * shape[: len(face.vertices)], face.vertices, atol=0.05)
    with pytest.raises(InputError, match="another model"):
        write_glb(tmp_path / "b.glb", face, model=ict)
    with pytest.raises(InputError, match="without a texture and without an expression"):
        write_glb(tmp_path / "b.glb", face, weights={"jawOpen": 1}, model=facescape)


@pytest.mark.parametrize(
    ("rows", "said"),
    [(np.arange(68), "68 landmarks lie .* mm off a face's"), (np.full(68, 4), "mean face cannot be used")],
)
def test_landmarks_that_are_no_face_are_told(user_models, tmp_path: Path, rows: np.ndarray, said: str) -> None:
    with np.load(user_models.facescape, allow_pickle=True) as archive:
        arrays = {name: archive[name] for name in archive.files}
    path = tmp_path / "other.npz"
    np.savez(path, **(arrays | {"lm_list_v16": rows}))
    with pytest.raises(FormatError, match=said) as caught:
        read_model(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
