"""Virtual scans: exact truth under every condition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

torch = pytest.importorskip("torch")

from lineament.face.model import load_face_model  # noqa: E402
from lineament.synth.condition import Condition  # noqa: E402
from lineament.synth.people import random_people  # noqa: E402
from lineament.synth.scans import VirtualScanner  # noqa: E402
from lineament.synth.surface import sample_surface  # noqa: E402


@pytest.fixture(scope="module")
def scanner():
    return VirtualScanner(load_face_model(), seed=5)


@pytest.fixture(scope="module")
def scans():
    return VirtualScanner(load_face_model(), seed=7).faces(12)


def test_points_are_finite_and_flags_fit(scans):
    for scan in scans:
        assert torch.isfinite(scan.points).all()
        assert scan.on_face.shape == scan.points.shape[:1]
        assert scan.visible.shape == scan.landmarks.shape[:1]
        assert len(scan.points) >= 500
        assert {type(scan.origin), type(scan.sex), type(scan.age)} == {str}


def test_visible_landmarks_lie_near_measured_points(scans):
    for scan in scans:
        if len(scan.points) > 15_000 and scan.visible.any():
            near = torch.cdist(scan.landmarks[scan.visible], scan.points).min(1).values
            assert near.quantile(0.95) < 5.0
        assert scan.visible.float().mean() > 0.1


def test_a_clean_scan_lies_on_the_true_surface():
    clean = VirtualScanner(load_face_model(), seed=9).faces(1, Condition(clean=True))[0]
    assert clean.sensor == "clean"
    assert len(clean.points) > 60_000
    assert clean.visible[17:48].float().mean() > 0.9
    # The same seed draws the same person; the scan's points lie in the planes of that person's surface.
    again = VirtualScanner(load_face_model(), seed=9)
    person = random_people(again.face, 1, again.stream.generator, Condition(clean=True)).vertices
    person = again.sockets.moved(person, again.stream.generator)[0]
    true, _ = sample_surface(again.face, again.pool, person, 400_000, again.stream)
    nearest = cKDTree(true.points.numpy()).query(clean.points.numpy())[1]
    off = ((clean.points - true.points[nearest]) * true.normals[nearest]).sum(1).abs()
    assert off.quantile(0.99) < 0.15
    assert off.mean() < 0.05


def test_a_profile_hides_the_far_eye_and_shows_the_near_one(scanner):
    for scan in scanner.faces(3, Condition(clean=True, yaw=80.0)):
        # A camera on the subject's left sees the left outer corner (45), not the right one (36).
        assert scan.visible[45]
        assert not scan.visible[36]


@pytest.mark.parametrize("sensor", [None, "photogrammetry", "time of flight", "decimated mesh"])
def test_the_number_of_points_is_what_was_asked_for(scanner, sensor):
    for points in (1_000, 20_000):
        scan = scanner.faces(1, Condition(points=points, sensor=sensor, yaw=0.0))[0]
        assert len(scan.points) == points


def test_holes_take_the_share_that_was_asked_for(scanner):
    from lineament.synth import processing

    points = 100 * scanner.stream.rand(20_000, 3)
    there = torch.ones(20_000, dtype=torch.bool)
    lost = processing.hidden(points, torch.ones(20_000), there, 0.3, scanner.stream)
    assert lost.float().mean() == pytest.approx(0.3, abs=0.01)
    few, many = (
        np.mean([scan.visible[:68].float().mean() for scan in scanner.faces(6, Condition(hidden=share, yaw=0.0))])
        for share in (0.0, 0.5)
    )
    assert few > many + 0.2


def test_groups_that_a_condition_names_are_drawn(scanner):
    scan = scanner.faces(1, Condition(origin="asian", sex="female", age="old", sensor="ct skin"))[0]
    assert (scan.origin, scan.sex, scan.age, scan.sensor) == ("asian", "female", "old", "ct skin")


def test_scans_without_a_face_have_no_skin_and_enough_points(scanner):
    for scan in scanner.faceless(8):
        assert scan.landmarks is None
        assert scan.origin is None
        assert not scan.on_face.any()
        assert len(scan.points) > 200
        assert torch.isfinite(scan.points).all()


def test_a_clean_scan_takes_the_noise_and_the_holes_that_are_asked_for():
    def draw(condition):
        return VirtualScanner(load_face_model(), seed=9).faces(1, condition)[0]

    clean, noisy = draw(Condition(clean=True, yaw=0.0)), draw(Condition(clean=True, yaw=0.0, noise=1.0))
    assert len(noisy.points) == len(clean.points)
    assert float((noisy.points - clean.points).norm(dim=1).square().mean().sqrt()) == pytest.approx(1.0, rel=0.1)
    holed = draw(Condition(clean=True, yaw=0.0, hidden=0.4))
    assert holed.on_face.sum() < 0.8 * clean.on_face.sum()
