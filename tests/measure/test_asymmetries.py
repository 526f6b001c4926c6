"""Left-right asymmetry: zero for a symmetric face, and as large as what one side was given."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lineament.errors import InputError
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.geometry.normals import vertex_normals
from lineament.measure import asymmetry, landmark_asymmetry
from lineament.types import Landmarks

MODEL = load_face_model()
SET = MODEL.landmark_sets["anthropometric"]


def fitted(vertices: np.ndarray, confidence: np.ndarray | None = None) -> Face:
    whole = np.ones(len(vertices)) if confidence is None else confidence
    return Face(vertices, np.zeros(100), np.zeros(53), whole, Similarity.identity(), "mm")


def swollen(height: float) -> tuple[np.ndarray, np.ndarray]:
    """The mean face with a swelling on the left cheek, and its height at each vertex."""
    bump = height * np.exp(-np.square(MODEL.vertices - [45, -10, 85]).sum(axis=1) / (2 * 12**2))
    return MODEL.vertices + bump[:, None] * vertex_normals(MODEL.vertices, MODEL.triangles), bump


def points(xyz: np.ndarray, sigma: float | None = None) -> Landmarks:
    errors = None if sigma is None else np.full(len(SET), sigma)
    return Landmarks(SET.names, xyz, errors, unit="mm", set_name=SET.name)


def test_the_mean_face_is_symmetric() -> None:
    found = asymmetry(fitted(MODEL.vertices))
    assert np.abs(found.offset).max() < 1e-3
    marks = landmark_asymmetry(points(MODEL.landmarks(MODEL.vertices, SET.name)))
    assert marks.size.max() < 1e-3


def test_a_swollen_cheek_is_found_where_it_is_and_nowhere_else() -> None:
    vertices, bump = swollen(5.0)
    turn = Similarity(1.0, Rotation.from_euler("xyz", [4, 20, -3], degrees=True).as_matrix(), np.array([3.0, 1, 2]))
    for face in (fitted(vertices), fitted(turn.apply(vertices))):
        signed = asymmetry(face).signed
        swelling = bump > 0.5
        np.testing.assert_allclose(signed[swelling], bump[swelling], atol=0.15)
        np.testing.assert_allclose(signed[MODEL.mirror[swelling]], -bump[swelling], atol=0.6)
        elsewhere = (bump < 0.01) & (bump[MODEL.mirror] < 0.01)
        assert np.abs(signed[elsewhere]).max() < 0.05


def test_what_was_not_measured_does_not_tilt_the_mirror_image() -> None:
    vertices, _ = swollen(0.0)
    unknown = MODEL.vertices[:, 1] < -20
    vertices = vertices + np.where(unknown, 15.0, 0.0)[:, None] * np.array([1.0, 0, 0])
    found = asymmetry(fitted(vertices, (~unknown).astype(float)))
    assert np.abs(found.signed[~unknown]).max() < 0.01
    assert (found.confidence == ~(unknown | unknown[MODEL.mirror])).all()
    with pytest.raises(InputError, match="both sides"):
        asymmetry(fitted(vertices, (MODEL.vertices[:, 0] > 1).astype(float)))


def test_a_face_of_another_model_is_refused() -> None:
    with pytest.raises(InputError, match="vertices"):
        asymmetry(fitted(MODEL.vertices[:100]))


def test_landmarks_by_set_and_by_names_say_the_same() -> None:
    vertices, _ = swollen(6.0)
    turn = Similarity(1e-3, Rotation.random(random_state=1).as_matrix(), np.array([1.0, 2.0, 3.0]))
    xyz = MODEL.landmarks(vertices, SET.name)
    one = landmark_asymmetry(points(xyz))
    other = landmark_asymmetry(Landmarks(SET.names, turn.apply(xyz), unit="m"))
    np.testing.assert_allclose(other.size, one.size, atol=2e-3)
    np.testing.assert_allclose(one.size, one.size[SET.mirror], atol=1e-3)  # a pair has one asymmetry
    for name in ("ibug68", "dense520"):
        chosen = MODEL.landmark_sets[name]
        marks = Landmarks(chosen.names, MODEL.landmarks(MODEL.vertices, name), unit="mm", set_name=name)
        assert landmark_asymmetry(marks).size.max() < 2e-3


def test_missing_and_inferred_points_are_told() -> None:
    xyz = MODEL.landmarks(MODEL.vertices, SET.name)
    xyz[SET.names.index("en_l")] = np.nan
    visible = np.array([name != "ex_r" for name in SET.names])
    found = landmark_asymmetry(dataclasses.replace(points(xyz), visible=visible))
    row = SET.names.index
    assert np.isnan(found.size[[row("en_l"), row("en_r")]]).all()
    assert not found.visible[[row("en_l"), row("en_r"), row("ex_l"), row("ex_r")]].any()
    assert found.visible[row("sn")]
    assert np.isnan(found.by_error).all()
    with pytest.raises(InputError, match="partner"):
        landmark_asymmetry(Landmarks(("n", "sn", "gn"), xyz[[3, 7, 13]], unit="mm"))
    with pytest.raises(InputError, match="unit"):
        landmark_asymmetry(Landmarks(SET.names, xyz))


def test_errors_alone_stay_below_their_bound_nine_times_in_ten() -> None:
    random = np.random.default_rng(0)
    true = MODEL.landmarks(MODEL.vertices, SET.name)
    below = []
    for _ in range(150):
        way = random.normal(size=true.shape)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        found = landmark_asymmetry(points(true + way * random.gamma(3, 1.2 / 3, len(SET))[:, None], 1.2))
        below.append(found.size < found.by_error)
    pair = SET.mirror != np.arange(len(SET))
    assert np.mean(np.array(below)[:, pair]) == pytest.approx(0.9, abs=0.03)
    assert np.mean(np.array(below)[:, ~pair]) == pytest.approx(0.9, abs=0.03)
