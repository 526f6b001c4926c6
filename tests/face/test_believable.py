"""Bodies that are no faces are refused, whatever landmarks come with them."""

from __future__ import annotations

import numpy as np
import pytest

from lineament.detect.detector import Detection
from lineament.errors import NoFaceError
from lineament.face.basis import EXPRESSION, load_basis
from lineament.face.believable import check_believable
from lineament.face.fit import fit_face
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.types import Landmarks, Scan

POINTS = 12_000


def ball(rng: np.random.Generator) -> np.ndarray:
    way = rng.normal(size=(POINTS, 3))
    return 90 * way / np.linalg.norm(way, axis=1, keepdims=True) + [0, 0, 10]


def wall(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-180, 180, (POINTS, 3)) * [1, 1, 0] + [0, 0, 80]


def box(rng: np.random.Generator) -> np.ndarray:
    points = rng.uniform(-1, 1, (POINTS, 3))
    side = rng.integers(0, 3, POINTS), np.arange(POINTS)
    points[side[1], side[0]] = np.sign(points[side[1], side[0]])
    return 80 * points + [0, 0, 15]


def pillar(rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi, POINTS)
    return np.stack([80 * np.cos(angle), rng.uniform(-200, 200, POINTS), 80 * np.sin(angle) + 20], axis=1)


def marks_of_the_mean() -> Landmarks:
    model = load_face_model()
    names = model.landmark_sets["ibug68"].names
    return Landmarks(names, model.landmarks(load_basis().mean, "ibug68"), np.ones(68), unit="mm", set_name="ibug68")


def fit(scan: Scan, marks: dict[str, Landmarks]) -> None:
    face = fit_face(scan, Detection(marks, Similarity.identity(), "mm", 1.0, 0.9))
    shape = load_basis().shape(np.concatenate([face.identity, face.expression / EXPRESSION]))
    check_believable(face, shape, load_face_model(), marks)


@pytest.mark.parametrize("body", [ball, wall, box, pillar])
def test_a_body_with_the_landmarks_of_a_face_is_refused(body) -> None:
    marks = {"ibug68": marks_of_the_mean()}
    scan = Scan(body(np.random.default_rng(0)).astype(np.float32))
    with pytest.raises(NoFaceError, match="expected at most"):
        fit(scan, marks)


def test_a_face_is_believed_and_one_beside_its_landmarks_or_beyond_all_people_is_not(person) -> None:
    model, face = load_face_model(), person(3, jawOpen=0.3)
    shape = model.shape(face.identity, face.expression)
    marks = {
        name: Landmarks(model.landmark_sets[name].names, face.pose.inverse().apply(model.landmarks(shape, name)))
        for name in ("ibug68", "anthropometric")
    }
    check_believable(face, shape, model, marks)
    beside = {name: Landmarks(found.names, found.xyz + np.float32(0.3)) for name, found in marks.items()}  # inches
    with pytest.raises(NoFaceError, match="landmarks"):
        check_believable(face, shape, model, beside)
    with pytest.raises(NoFaceError, match="like no face"):
        check_believable(face, shape + np.array([0, 0, 4], np.float32), model, marks)
