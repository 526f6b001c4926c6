"""Rays and nearest points on a scan, against what is known and against all triangles at once."""

from __future__ import annotations

import time

import numpy as np
import pytest
import trimesh

from lineament.errors import InputError
from lineament.studio.surface import pick_surface
from lineament.types import Scan


def ball(radius: float = 80.0, middle=(0.0, 0.0, 0.0), fine: int = 5) -> Scan:
    mesh = trimesh.creation.icosphere(fine, radius)
    return Scan(np.float32(mesh.vertices + np.array(middle)), np.int32(mesh.faces))


def every_triangle(scan, origin, direction):
    """Return how far along a ray the first triangle is, by asking all of them with plane and inside tests."""
    a, b, c = (scan.points[scan.triangles[:, i]].astype(np.float64) for i in range(3))
    normal = np.cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = ((a - origin) * normal).sum(axis=1) / (normal @ direction)
        at = origin + away[:, None] * direction
        inside = np.ones(len(a), bool)
        for p, q in ((a, b), (b, c), (c, a)):
            inside &= (np.cross(q - p, at - p) * normal).sum(axis=1) >= -1e-9 * (normal * normal).sum(axis=1)
    away = away[inside & (away >= 0) & np.isfinite(away)]
    return away.min() if len(away) else None


def test_a_ray_meets_a_ball_where_geometry_says():
    middle = np.array([500.0, -300.0, 2000.0])
    found = pick_surface(ball(80.0, middle, 6), middle)
    rng = np.random.default_rng(3)
    for _ in range(50):
        toward = rng.normal(size=3)
        toward /= np.linalg.norm(toward)
        hit = found.along(middle - 300 * toward, 7 * toward)
        assert hit.xyz == pytest.approx(middle - 80 * toward, abs=0.05)  # facets lie a little inside
        assert hit.normal @ -toward > 0.999
        assert np.linalg.norm(hit.normal) == pytest.approx(1)


def test_the_first_of_several_surfaces_is_met():
    scan = ball()
    found = pick_surface(scan, np.zeros(3))
    assert found.along(np.array([0.0, 0, 200]), np.array([0.0, 0, -1])).xyz[2] == pytest.approx(80, abs=0.1)
    inside = found.along(np.zeros(3), np.array([0.0, 0, -1]))
    assert inside.xyz[2] == pytest.approx(-80, abs=0.1)
    assert inside.normal[2] < -0.99  # the mesh's outside, however it is looked at
    assert found.along(np.array([0.0, 0, 200]), np.array([0.0, 0, 1])) is None
    assert found.along(np.array([81.0, 0, 200]), np.array([0.0, 0, -1])) is None


def test_rays_along_edges_and_through_vertices_do_not_slip_through():
    scan = ball(80, fine=3)
    found = pick_surface(scan, np.zeros(3))
    middles = scan.points[scan.triangles[:, :2]].mean(axis=1)
    for place in (*scan.points[::13], *middles[::17]):
        toward = -place.astype(np.float64) / np.linalg.norm(place)
        assert found.along(place - 50 * toward, toward).xyz == pytest.approx(place, abs=1e-3)


def test_answers_are_those_of_all_triangles(person):
    scan = person.scan
    centre = np.nanmean(scan.points, axis=0).astype(np.float64)
    found = pick_surface(scan, centre)
    rng = np.random.default_rng(1)
    met = 0
    for _ in range(40):
        toward = rng.normal(size=3)
        toward /= np.linalg.norm(toward)
        origin = centre - 0.4 * toward + rng.normal(size=3) * 0.04
        away, hit = every_triangle(scan, origin, toward), found.along(origin, toward)
        assert (hit is None) == (away is None)
        if hit is not None:
            met += 1
            assert np.linalg.norm(hit.xyz - origin) == pytest.approx(away, abs=1e-6)
    assert met > 20


def test_the_nearest_point_is_that_of_all_triangles(person):
    scan = person.scan
    centre = np.nanmean(scan.points, axis=0).astype(np.float64)
    found = pick_surface(scan, centre)
    corners = scan.points[scan.triangles].astype(np.float64)
    rng = np.random.default_rng(2)
    for place in centre + rng.normal(size=(20, 3)) * np.repeat([0.001, 0.05, 0.2, 1.0], 5)[:, None]:
        exact = trimesh.triangles.closest_point(corners, np.tile(place, (len(corners), 1)))
        away = np.linalg.norm(exact - place, axis=1).min()
        assert np.linalg.norm(found.nearest(place).xyz - place) == pytest.approx(away, abs=1e-6)


def test_a_ray_at_a_known_landmark_meets_the_surface_there(person):
    found = pick_surface(person.scan, np.nanmean(person.scan.points, axis=0).astype(np.float64))
    for name in ("nose_bridge_3", "eye_left_0", "jaw_08"):
        truth = person.truth[name].astype(np.float64)
        near = found.nearest(truth)
        hit = found.along(truth + 0.1 * near.normal, -near.normal)
        assert np.linalg.norm(hit.xyz - truth) < 1e-3  # metres: noise of a tenth of a millimetre


def test_a_cloud_is_met_at_one_of_its_points(person):
    cloud = Scan(person.scan.points)
    centre = np.nanmean(cloud.points, axis=0).astype(np.float64)
    found, mesh = pick_surface(cloud, centre), pick_surface(person.scan, centre)
    truth = person.truth["nose_bridge_2"].astype(np.float64)
    away = mesh.nearest(truth).normal
    hit = found.along(truth + 0.1 * away, -away)
    assert np.linalg.norm(cloud.points - hit.xyz, axis=1).min() < 1e-6
    assert np.linalg.norm(hit.xyz - truth) < 3 * found.spacing
    assert hit.normal @ away > 0.9
    assert found.along(truth + 0.1 * away, away) is None


def test_missing_points_and_their_triangles_do_not_count():
    scan = ball(fine=3)
    points = np.array(scan.points)
    points[np.argmax(points[:, 2])] = np.nan
    found = pick_surface(Scan(points, scan.triangles), np.zeros(3))
    through = found.along(np.array([0.0, 0, 200]), np.array([0.0, 0, -1]))
    assert through.xyz[2] == pytest.approx(-80, abs=1)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_a_triangle_far_larger_than_the_others_is_found(scale):
    corners = np.array([[-1, -1, 0], [1, -1, 0], [0, 1, 0], [0, 0, 1], [0.001, 0, 1], [0, 0.001, 1]])
    scan = Scan(np.float32(scale * corners), np.array([[0, 1, 2], [3, 4, 5]], np.int32))
    found = pick_surface(scan, np.zeros(3))
    hit = found.along(scale * np.array([0.5, -0.8, 2]), np.array([0.0, 0, -3]))
    assert hit.xyz == pytest.approx(scale * np.array([0.5, -0.8, 0]), abs=1e-5 * scale)
    assert found.nearest(scale * np.array([0.2, 0.1, 0.3])).xyz == pytest.approx(
        scale * np.array([0.2, 0.1, 0]), abs=1e-5 * scale
    )


def test_a_scan_of_one_point_or_flat_points():
    one = pick_surface(Scan(np.float32([[1, 2, 3]])), np.zeros(3))
    assert one.nearest(np.zeros(3)).xyz == pytest.approx([1, 2, 3])
    flat = pick_surface(Scan(np.float32([[x, y, 0] for x in range(5) for y in range(5)])), np.zeros(3))
    assert abs(flat.along(np.array([2.0, 2, 9]), np.array([0.0, 0, -1])).normal[2]) == pytest.approx(1)


def test_a_ray_without_a_direction_is_refused():
    with pytest.raises(InputError, match="no length"):
        pick_surface(ball(fine=2), np.zeros(3)).along(np.zeros(3), np.zeros(3))


def test_queries_on_a_large_scan_are_quick(large):
    centre = np.nanmean(large.scan.points, axis=0).astype(np.float64)
    found = pick_surface(large.scan, centre)
    times = []
    for place in large.truth.xyz.astype(np.float64):
        start = time.perf_counter()
        found.along(place + (place - centre), centre - place)
        times.append(time.perf_counter() - start)
    assert np.median(times) < 0.02
