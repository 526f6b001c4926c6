"""Detection on virtual faces with exact truth, from every side, in every unit; and on things that are no face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lineament.detect.detector import Detector, detect_landmarks
from lineament.errors import InputError, NoFaceError
from lineament.face.model import load_face_model
from lineament.geometry.sampling import sample_surface
from lineament.io.landmarks import read_landmarks
from lineament.io.scans import read_scan
from lineament.types import MILLIMETRES, Scan

INNER = slice(17, 68)
REAL = Path(__file__).parents[3] / "shared" / "data" / "real"


def turn(seed):
    rng = np.random.default_rng(seed)
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else q[:, [1, 0, 2]]


@pytest.fixture(scope="module")
def detector():
    return Detector(threads=1)


@pytest.fixture(scope="module")
def person():
    """Points (N, 3) and iBUG landmarks (68, 3) of one person's front, mm, face frame."""
    model = load_face_model()
    rng = np.random.default_rng(11)
    vertices = model.shape(identity=rng.normal(size=len(model.identity)).astype(np.float32))
    points, triangle, _ = sample_surface(vertices, model.triangles, 40_000)
    corners = vertices[model.triangles[triangle]]
    outward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    seen = (outward[:, 2] > 0) & (points[:, 2] > -20)
    return points[seen] + rng.normal(size=(seen.sum(), 3)).astype(np.float32) * 0.1, model.landmarks(vertices, "ibug68")


def error_mm(found, truth):
    return np.linalg.norm(found.xyz * found.mm_per_unit - truth, axis=1)[INNER].mean()


@pytest.mark.parametrize(("seed", "unit"), list(enumerate([*MILLIMETRES, "mm", "m"])))
def test_any_rotation_and_unit(detector, person, seed, unit):
    points, truth = person
    rotation, shift = turn(seed), np.array([300.0, -150, 80])
    scan = Scan(((points @ rotation.T + shift) / MILLIMETRES[unit]).astype(np.float32))
    found = detector.detect(scan).landmarks["ibug68"]
    assert found.unit == unit
    assert error_mm(found, truth @ rotation.T + shift) < 4


def test_a_scan_in_no_common_unit_comes_back_in_its_own(detector, person):
    points, truth = person
    found = detector.detect(Scan(points / np.float32(52))).landmarks["ibug68"]
    assert found.unit is None
    assert np.linalg.norm(found.xyz * 52 - truth, axis=1)[INNER].mean() < 4


def test_order_of_points_and_repetition_change_nothing(detector, person):
    points, _ = person
    base = detector.detect(Scan(points)).landmarks["ibug68"]
    again = detector.detect(Scan(points)).landmarks["ibug68"]
    shuffled = detector.detect(Scan(points[np.random.default_rng(0).permutation(len(points))])).landmarks["ibug68"]
    np.testing.assert_array_equal(base.xyz, again.xyz)
    assert np.linalg.norm(base.xyz - shuffled.xyz, axis=1).mean() < 1


@pytest.mark.parametrize("count", [1000, 3000])
def test_sparse_scans(detector, person, count):
    points, truth = person
    few = points[np.random.default_rng(1).permutation(len(points))[:count]]
    found = detector.detect(Scan(few)).landmarks["ibug68"]
    assert error_mm(found, truth) < 6
    # A point counts as shown when something was measured within 4 mm of it.
    shown = np.linalg.norm(few[:, None] - truth[None, INNER], axis=2).min(axis=0) < 4
    assert (found.visible[INNER] == shown).mean() > 0.6


def test_missing_points_marked_by_nan_are_passed_over(detector, person):
    points, _ = person
    holes = np.full((5000, 3), np.nan, dtype=np.float32)
    base = detector.detect(Scan(points)).landmarks["ibug68"]
    found = detector.detect(Scan(np.concatenate([holes, points]))).landmarks["ibug68"]
    np.testing.assert_allclose(found.xyz, base.xyz, atol=1e-4)


def test_a_landmark_in_a_hole_is_marked_as_inferred(detector, person):
    points, truth = person
    hole = np.linalg.norm(points - truth[30], axis=1) < 14  # the tip of the nose
    found = detector.detect(Scan(points[~hole])).landmarks["ibug68"]
    whole = detector.detect(Scan(points)).landmarks["ibug68"]
    assert whole.visible[30]
    assert not found.visible[30]
    assert found.visible[36]


def test_a_face_that_is_small_in_the_scan_is_found(detector, person):
    points, truth = person
    rng = np.random.default_rng(3)

    def blob(centre, axes, count):
        direction = rng.normal(size=(count, 3))
        return direction / np.linalg.norm(direction, axis=1, keepdims=True) * axes + centre

    body = [blob([0, -480, -60], [230, 330, 120], 40_000)]
    body += [blob([x, -1150, -60], [90, 450, 90], 20_000) for x in (-120, 120)]
    wall = [np.column_stack([rng.uniform(-1500, 1500, (60_000, 2)), np.full(60_000, -600.0)])]
    for scene in (body, wall):
        scan = Scan(np.concatenate([points, *scene]).astype(np.float32))
        assert error_mm(detector.detect(scan).landmarks["ibug68"], truth) < 4


def test_every_set_is_answered_and_agrees(detector, person):
    points, _ = person
    sets = ("ibug68", "anthropometric", "dense520")
    detection = detector.detect(Scan(points), sets)
    assert tuple(detection.landmarks) == sets
    anthropometric, ibug = detection.landmarks["anthropometric"], detection.landmarks["ibug68"]
    # Farkas' pronasale and exocanthion are within a few millimetres of iBUG 30 and 36.
    assert np.linalg.norm(anthropometric["prn"] - ibug.xyz[30]) < 6
    assert np.linalg.norm(anthropometric["ex_r"] - ibug.xyz[36]) < 4
    assert all((found.sigma > 0).all() for found in detection.landmarks.values())
    alone = detect_landmarks(Scan(points), "anthropometric")
    np.testing.assert_allclose(alone.xyz, anthropometric.xyz, atol=1e-3)


def test_the_pose_takes_landmarks_to_the_face_frame(detector, person):
    points, truth = person
    rotation = turn(5)
    detection = detector.detect(Scan((points @ rotation.T).astype(np.float32)))
    back = detection.pose.apply(detection.landmarks["ibug68"].xyz)
    assert np.linalg.norm(back - truth, axis=1)[INNER].mean() < 6
    assert back[45, 0] > back[36, 0]  # the subject's left is +x


def not_a_face(kind, rng):
    direction = rng.normal(size=(8000, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    if kind == "sphere":
        return direction * 100
    if kind == "box":
        flat = rng.uniform(-1, 1, size=(8000, 3))
        side = rng.integers(3, size=8000)
        flat[np.arange(8000), side] = np.sign(flat[np.arange(8000), side])
        return flat * [120, 80, 60]
    if kind == "noise":
        return rng.normal(size=(8000, 3)) * 80
    if kind == "plane":
        return rng.uniform(-150, 150, size=(8000, 3)) * [1, 1, 0]
    torso = direction * [200, 260, 110]
    return np.concatenate([torso, direction[:1500] * [55, 90, 55] + [0, 300, 0]])


@pytest.mark.parametrize("kind", ["sphere", "box", "noise", "plane", "torso"])
def test_what_is_no_face_is_refused(detector, kind):
    points = not_a_face(kind, np.random.default_rng(0)).astype(np.float32)
    with pytest.raises(NoFaceError, match=r"face"):
        detector.detect(Scan(points))


@pytest.mark.parametrize("count", [0, 1, 50])
def test_too_few_points_are_refused(detector, count):
    with pytest.raises(NoFaceError, match=f"{count} points"):
        detector.detect(Scan(np.zeros((count, 3), dtype=np.float32)))


def test_a_heap_of_equal_points_is_refused(detector):
    with pytest.raises(NoFaceError):
        detector.detect(Scan(np.ones((5000, 3), dtype=np.float32)))


def test_a_wrong_unit_is_refused_with_the_likely_one(detector, person):
    with pytest.raises(InputError, match="probably in mm"):
        detector.detect(Scan(person[0]), unit="m")


def test_an_unknown_set_is_refused(detector, person):
    with pytest.raises(InputError, match="ibug68, anthropometric, dense520"):
        detector.detect(Scan(person[0]), ("ibug69",))


@pytest.mark.skipif(not (REAL / "james").exists(), reason="the real scans are not beside this checkout")
def test_a_real_scan(detector):
    truth = read_landmarks(REAL / "james" / "james.ljson").xyz
    menpo = [*range(17), *range(29, 34), *range(43, 48), *range(34, 43), *range(17, 29), *range(48, 68)]
    found = detector.detect(read_scan(REAL / "james" / "james.obj")).landmarks["ibug68"]
    eleven = [36, 39, 42, 45, 48, 54, 30, 33, 51, 57, 8]
    assert np.linalg.norm(found.xyz - truth[menpo], axis=1)[eleven].mean() < 4
