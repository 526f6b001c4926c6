"""Distances along surfaces whose geodesics are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial import ConvexHull, Delaunay

from lineament.errors import InputError
from lineament.measure.geodesic import Path, shortest_paths
from lineament.measure.skin import Skin
from lineament.types import Scan

RADIUS = 80.0
Array = np.ndarray


def ball(count: int, noise: float = 0.0, seed: int = 0) -> Scan:
    """A sphere of the size of a head with irregular vertices."""
    random = np.random.default_rng(seed)
    index = np.arange(count) + 0.5
    z = 1 - 2 * index / count
    turn = index * np.pi * (3 - np.sqrt(5))
    unit = np.stack([np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn), z], axis=1)
    unit += random.normal(0, 1 / np.sqrt(count), unit.shape)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    triangles = ConvexHull(unit).simplices
    a, b, c = (unit[triangles[:, i]] for i in range(3))
    inward = (np.cross(b - a, c - a) * a).sum(axis=1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return Scan((unit * (RADIUS + random.normal(0, noise, (count, 1)))).astype(np.float32), triangles)


def sheet(shape: Callable[[Array, Array], Array], width: float, height: float, count: int = 12_000) -> Scan:
    """A rectangle of jittered points with triangles, bent into space."""
    step = np.sqrt(width * height / count)
    x, y = np.meshgrid(np.arange(0, width + step, step), np.arange(0, height + step, step))
    plane = np.stack([x.ravel(), y.ravel()], axis=1)
    triangles = Delaunay(plane + np.random.default_rng(3).uniform(-1e-3, 1e-3, plane.shape)).simplices
    long = np.ptp(plane[triangles], axis=1).max(axis=1) > 1.5 * step  # slivers along the rim
    inner = (plane > step / 2).all(axis=1) & (plane < plane.max(axis=0) - step / 2).all(axis=1)
    plane[inner] += np.random.default_rng(2).uniform(-0.2 * step, 0.2 * step, (int(inner.sum()), 2))
    return Scan(shape(*plane.T).T.astype(np.float32), triangles[~long])


def cylinder(x: Array, y: Array) -> Array:
    return np.stack([60 * np.sin(x / 60), y, 60 * np.cos(x / 60)])


def lengths(scan: Scan, ends: Array) -> Array:
    return np.array([path.length for path in paths(scan, ends)])


def paths(scan: Scan, ends: Array) -> list[Path]:
    return shortest_paths(Skin.of(scan, 1.0, np.reshape(ends, (-1, 3))), ends)


def bare(scan: Scan) -> Scan:
    return Scan(scan.points)


def arcs(count: int = 12, seed: int = 1) -> tuple[Array, Array]:
    """Pairs of places on the sphere, and the lengths of the great arcs between them."""
    ends = np.random.default_rng(seed).normal(size=(count, 2, 3))
    ends *= RADIUS / np.linalg.norm(ends, axis=2, keepdims=True)
    return ends, RADIUS * np.arccos(np.clip((ends[:, 0] * ends[:, 1]).sum(axis=1) / RADIUS**2, -1, 1))


@pytest.mark.parametrize(("count", "noise", "most"), [(4000, 0.0, 0.001), (60_000, 0.0, 0.0002), (60_000, 0.1, 0.001)])
@pytest.mark.parametrize("mesh", [True, False])
def test_great_arcs_of_a_sphere(count: int, noise: float, most: float, mesh: bool) -> None:
    ends, true = arcs()
    scan = ball(count, noise)
    np.testing.assert_allclose(lengths(scan if mesh else bare(scan), ends), true, rtol=most)


@pytest.mark.parametrize("mesh", [True, False])
def test_helices_of_a_cylinder(mesh: bool) -> None:
    scan = sheet(cylinder, 180.0, 120.0)
    flat = np.random.default_rng(4).uniform([12, 12], [168, 108], (15, 2, 2))
    ends = np.moveaxis(cylinder(flat[..., 0], flat[..., 1]), 0, -1)
    true = np.linalg.norm(flat[:, 0] - flat[:, 1], axis=1)
    np.testing.assert_allclose(lengths(scan if mesh else bare(scan), ends), true, rtol=0.002)


def test_straight_lines_of_a_plane_and_their_directions() -> None:
    scan = sheet(lambda x, y: np.stack([x, y, 0 * x]), 120.0, 120.0)
    ends = np.array([[[10.0, 20, 0], [100, 90, 0]]])
    (path,) = paths(scan, ends)
    way = ends[0, 1] - ends[0, 0]
    assert path.length == pytest.approx(np.linalg.norm(way), rel=1e-5)
    # An end that moves away from the other makes the path as much longer.
    np.testing.assert_allclose(path.departures, np.stack([-way, way]) / np.linalg.norm(way), atol=1e-3)


def test_a_mesh_of_few_large_triangles_is_a_surface_too() -> None:
    corners = np.array([[0, 0, 0], [100, 0, 0], [100, 100, 0], [0, 100, 0]], dtype=np.float32)
    scan = Scan(corners, np.array([[0, 1, 2], [0, 2, 3]]))
    assert lengths(scan, np.array([[[10.0, 10, 0], [90, 30, 0]]])) == pytest.approx(np.hypot(80, 20), rel=1e-4)


def test_the_unit_of_the_scan_does_not_matter_nor_do_missing_points() -> None:
    ends, true = arcs(4)
    scan = ball(20_000)
    points = np.concatenate([scan.points / 1000, np.full((3, 3), np.nan, np.float32)])
    skin = Skin.of(Scan(points, scan.triangles), 1000.0, ends.reshape(-1, 3))
    np.testing.assert_allclose([path.length for path in shortest_paths(skin, ends)], true, rtol=0.001)


def test_one_path_alone_is_as_long_as_among_others() -> None:
    ends, _ = arcs(6)
    skin = Skin.of(ball(20_000, 0.1), 1.0, ends.reshape(-1, 3))
    together = [path.length for path in shortest_paths(skin, ends)]
    alone = [shortest_paths(skin, ends[i : i + 1])[0].length for i in range(len(ends))]
    np.testing.assert_allclose(alone, together, rtol=1e-4)


def test_a_path_around_a_fold_does_not_jump_to_the_other_side() -> None:
    """Two sheets 6 mm apart that meet at a rim, as the lips do: the way leads around."""

    def hairpin(x: Array, y: Array) -> Array:
        bend = np.clip(x - 40, 0, 3 * np.pi)  # half a turn of 3 mm radius after 40 mm
        back = np.clip(x - 40 - 3 * np.pi, 0, None)
        return np.stack([np.minimum(x, 40) + 3 * np.sin(bend / 3) - back, y, 3 - 3 * np.cos(bend / 3)])

    length = 80 + 3 * np.pi
    scan = sheet(hairpin, length, 40.0, 20_000)
    ends = np.moveaxis(hairpin(np.array([[10.0, length - 10]]), np.array([[12.0, 28]])), 0, -1)
    assert lengths(scan, ends)[0] == pytest.approx(np.hypot(length - 20, 16), rel=0.005)


def test_a_mesh_that_is_wound_both_ways_is_measured_all_the_same() -> None:
    ends, true = arcs(6)
    scan = ball(60_000)
    triangles = scan.triangles.copy()
    right = scan.points[triangles[:, 0], 0] > 5
    triangles[right] = triangles[right][:, ::-1]
    np.testing.assert_allclose(lengths(Scan(scan.points, triangles), ends), true, rtol=0.002)
    inwards = Scan(scan.points, scan.triangles[:, ::-1])
    np.testing.assert_allclose(lengths(inwards, ends), true, rtol=0.0005)


def test_holes_and_gaps_are_told() -> None:
    scan = sheet(lambda x, y: np.stack([x, y, 0 * x]), 120.0, 120.0)
    away = np.linalg.norm(scan.points - [60, 60, 0], axis=1)
    wide = Scan(scan.points[away > 15])
    through, beside = paths(wide, np.array([[[20.0, 58, 0], [100, 61, 0]], [[20, 20, 0], [100, 22, 0]]]))
    assert np.isnan(through.length)
    assert "hole" in through.reason
    assert beside.length == pytest.approx(np.hypot(80, 2), rel=1e-3)
    # A hole that a fingertip covers is bridged.
    small = Scan(scan.points[away > 4])
    assert lengths(small, np.array([[[20.0, 58, 0], [100, 61, 0]]])) == pytest.approx(np.hypot(80, 3), rel=1e-3)

    split = Scan(scan.points[np.abs(scan.points[:, 0] - 60) > 12])
    (apart,) = paths(split, np.array([[[20.0, 20, 0], [100, 20, 0]]]))
    assert np.isnan(apart.length)
    assert "does not hang together" in apart.reason
    (far,) = paths(scan, np.array([[[20.0, 20, 0], [100, 20, 9]]]))
    assert "no skin within" in far.reason
    (missing,) = paths(scan, np.array([[[20.0, 20, 0], [np.nan] * 3]]))
    assert "missing" in missing.reason


def test_a_scan_without_skin_there_is_refused() -> None:
    with pytest.raises(InputError, match="around the landmarks"):
        Skin.of(ball(2000), 1.0, np.full((2, 3), 1e4))


def test_a_path_between_close_places_has_an_inner_node() -> None:
    ends, _ = arcs(1)
    ends[0, 1] = ends[0, 0]
    (path,) = paths(ball(20_000), ends)
    assert path.length == pytest.approx(0, abs=0.01)
    assert np.isfinite(path.departures).all()
