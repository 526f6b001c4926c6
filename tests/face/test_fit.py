"""Fitting: people of the model itself come back, however they were scanned, and what is not shown is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from lineament.detect.detector import Detection
from lineament.errors import InputError, NoFaceError
from lineament.face.face import Face
from lineament.face.fit import fit_face
from lineament.face.landmarks import consensus_landmarks
from lineament.face.model import LANDMARK_SETS, load_face_model
from lineament.geometry.alignment import Similarity, fit_similarity
from lineament.geometry.sampling import sample_surface
from lineament.types import Landmarks, Scan

FACE = ("face", "lips", "eyelids", "nose")
EYES = ("eyeball_left", "eyeball_right")


def of(*names: str) -> np.ndarray:
    """Which vertices of the model belong to regions, (V,)."""
    model = load_face_model()
    return np.isin(model.region, [model.region_names.index(name) for name in names])


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody whose every vertex is known, turned anyhow, in cm."""

    vertices: np.ndarray
    """(V, 3) mm, face frame"""
    points: np.ndarray
    """(60000, 3) mm, evenly over what a scanner can see"""
    to_scan: Similarity

    def scan(self, kept: np.ndarray | slice = slice(None)) -> Scan:
        return Scan(self.to_scan.apply(self.points[kept]))

    def mesh(self) -> Scan:
        return Scan(self.to_scan.apply(self.vertices), visible_triangles())

    def detection(self) -> Detection:
        """Exact landmarks."""
        model, found = load_face_model(), {}
        for name in LANDMARK_SETS:
            chosen = model.landmark_sets[name]
            xyz = self.to_scan.apply(model.landmarks(self.vertices, name))
            found[name] = Landmarks(chosen.names, xyz, np.full(len(chosen), 0.5), unit="cm", set_name=name)
        return Detection(found, self.to_scan.inverse(), "cm", 10.0, 0.9)

    def errors(self, face: Face) -> np.ndarray:
        """Return how far each fitted vertex is from the true one, (V,) mm."""
        return np.linalg.norm(face.in_scan() - self.to_scan.apply(self.vertices), axis=1) * 10


def visible_triangles() -> np.ndarray:
    """All but the inside of the mouth."""
    model = load_face_model()
    return model.triangles[~of("mouth")[model.triangles].any(axis=1)]


@cache
def person(seed: int) -> Person:
    model, rng = load_face_model(), np.random.default_rng(seed)
    expression = np.zeros(len(model.expression), np.float32)
    expression[rng.choice(len(expression), 6, replace=False)] = rng.uniform(0, 0.6, 6)
    vertices = model.shape(rng.normal(size=len(model.identity)), expression)
    points = sample_surface(vertices, visible_triangles(), 60_000)[0]
    to_scan = Similarity(0.1, Rotation.random(random_state=seed).as_matrix(), np.array([3.0, -40.0, 12.0]))
    return Person(vertices, points, to_scan)


@cache
def fitted(seed: int, kind: str = "cloud") -> Face:
    someone = person(seed)
    return fit_face(someone.mesh() if kind == "mesh" else someone.scan(), someone.detection())


def distances(points: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Return the distance from each of N points to a mesh with the model's triangles, (N,)."""
    corners = vertices[visible_triangles()].astype(np.float64)
    near = cKDTree(corners.mean(axis=1)).query(points, k=12)[1]
    each = np.repeat(points.astype(np.float64), near.shape[1], axis=0)
    closest = trimesh.triangles.closest_point(corners[near.reshape(-1)], each)
    return np.linalg.norm(closest - each, axis=1).reshape(near.shape).min(axis=1)


@pytest.mark.parametrize(("seed", "kind"), [(0, "mesh"), (1, "cloud"), (2, "cloud")])
def test_a_person_of_the_model_comes_back(seed: int, kind: str) -> None:
    someone, face = person(seed), fitted(seed, kind)
    points = face.pose.apply(someone.to_scan.apply(someone.points[::6]))
    assert np.median(distances(points, face.vertices)) < 0.1
    assert someone.errors(face)[of(*FACE)].mean() < 1.0
    assert face.confidence[of(*FACE)].mean() > 0.95
    assert face.unit == "cm"
    assert face.pose.scale == pytest.approx(10.0, rel=1e-6)
    assert (face.expression >= 0).all()
    assert (face.expression <= 1).all()


def test_the_order_of_the_points_does_not_matter() -> None:
    someone, face = person(1), fitted(1)
    order = np.random.default_rng(0).permutation(len(someone.points))
    other = fit_face(someone.scan(order), someone.detection())
    assert np.linalg.norm(face.in_scan() - other.in_scan(), axis=1).max() * 10 < 0.05


def test_the_same_scan_gives_the_same_face() -> None:
    someone, face = person(1), fitted(1)
    again = fit_face(someone.scan(), someone.detection())
    for name in ("vertices", "identity", "expression", "confidence"):
        np.testing.assert_array_equal(getattr(face, name), getattr(again, name))
    np.testing.assert_array_equal(face.pose.matrix, again.pose.matrix)


def test_half_a_face_is_completed_and_says_so() -> None:
    someone = person(1)
    face = fit_face(someone.scan(someone.points[:, 0] > 0), someone.detection())
    x, skin = someone.vertices[:, 0], of(*FACE)
    assert face.confidence[x < -6].max() < 0.3
    assert face.confidence[skin & (x > 6)].mean() > 0.95
    errors = someone.errors(face)
    assert errors[skin & (x > 2)].mean() < 1.0
    # Landmarks were given there too, so that the model goes on where it should.
    assert errors[skin & (x < -6)].mean() < 3.0


def test_landmarks_that_are_off_come_nearer_with_the_fitted_face() -> None:
    someone, random = person(1), np.random.default_rng(0)
    exact = someone.detection()
    off = {
        name: replace(marks, xyz=marks.xyz + random.normal(0, 0.1, marks.xyz.shape).astype(np.float32))
        for name, marks in exact.landmarks.items()
    }
    face = fit_face(someone.scan(), replace(exact, landmarks=off))
    found, true = off["ibug68"], exact.landmarks["ibug68"].xyz
    agreed = consensus_landmarks(face, found)
    before, after = (np.linalg.norm(each.xyz - true, axis=1).mean() * 10 for each in (found, agreed))
    assert before > 1.4  # mm
    assert after < 0.7 * before
    assert (agreed.names, agreed.unit, agreed.set_name) == (found.names, "cm", "ibug68")
    np.testing.assert_array_equal(agreed.sigma, found.sigma)


def test_a_landmark_that_is_missing_is_the_fitted_face_s() -> None:
    someone, face = person(1), fitted(1)
    marks = someone.detection().landmarks["ibug68"]
    gone = marks.xyz.copy()
    gone[30] = np.nan
    nose = load_face_model().landmarks(face.in_scan(), "ibug68")[30]
    np.testing.assert_allclose(consensus_landmarks(face, replace(marks, xyz=gone)).xyz[30], nose, atol=1e-5)


def test_landmarks_of_no_set_have_no_place_on_the_fitted_face() -> None:
    marks = person(1).detection().landmarks["ibug68"]
    turned = replace(marks, names=marks.names[::-1])
    with pytest.raises(InputError, match="not those of a set"):
        consensus_landmarks(fitted(1), turned)


def test_a_ball_has_no_face() -> None:
    points = np.random.default_rng(0).normal(size=(20_000, 3))
    points *= 90 / np.linalg.norm(points, axis=1, keepdims=True)
    with pytest.raises(NoFaceError, match="no face found"):
        fit_face(Scan(points.astype(np.float32)))


def test_a_scan_of_something_else_than_the_landmarks_say_is_refused() -> None:
    someone = person(1)
    away = someone.to_scan.apply(someone.points + np.array([0, 0, 800], np.float32))
    with pytest.raises(NoFaceError, match="within"):
        fit_face(Scan(away), someone.detection())


@pytest.mark.parametrize(("seed", "kind"), [(0, "mesh"), (1, "cloud"), (2, "cloud")])
def test_the_inside_of_the_mouth_stays_on_the_lips(seed: int, kind: str) -> None:
    model, mouth = load_face_model(), of("mouth")
    bag = np.flatnonzero(mouth)
    lips = np.flatnonzero(of("lips"))
    away, near = cKDTree(model.vertices[lips]).query(model.vertices[bag])
    seam = away < 0.01
    assert np.count_nonzero(seam) >= 40
    vertices = fitted(seed, kind).vertices
    assert np.linalg.norm(vertices[bag[seam]] - vertices[lips[near[seam]]], axis=1).max() < 0.3


@pytest.mark.parametrize(("seed", "kind"), [(0, "mesh"), (1, "cloud"), (2, "cloud")])
@pytest.mark.parametrize("name", EYES)
def test_eyeballs_keep_their_shape(seed: int, kind: str, name: str) -> None:
    mine, true = fitted(seed, kind).vertices[of(name)], person(seed).vertices[of(name)]
    back = fit_similarity(true, mine)
    assert np.linalg.norm(back.apply(true) - mine, axis=1).max() < 0.3
    assert back.scale == pytest.approx(1, abs=0.03)
