"""Truths about rays on a mesh: they meet what a search through all triangles finds, and nothing across a hole."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from lineament.face.project import surface


def ball(count, seed=0):
    """An irregular sphere of radius 50 mm, and its triangles, anticlockwise from outside."""
    at = np.random.default_rng(seed).normal(size=(count, 3))
    at = (50 * at / np.linalg.norm(at, axis=1, keepdims=True)).astype(np.float32)
    triangles = ConvexHull(at).simplices
    a, b, c = (at[triangles[:, i]] for i in range(3))
    inward = (np.cross(b - a, c - a) * a).sum(axis=1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return at, triangles.astype(np.int32)


def rays(count, seed=1):
    """Rays from just inside the sphere, roughly outwards."""
    random = np.random.default_rng(seed)
    out = random.normal(size=(count, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    toward = out + random.normal(0, 0.2, out.shape)
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    return (48 * out).astype(np.float32), toward.astype(np.float32)


def brute(points, triangles, origin, toward):
    """Smallest positive distance along one ray (Möller and Trumbore 1997), float64."""
    a, b, c = (points[triangles[:, i]].astype(np.float64) for i in range(3))
    cross = np.cross(toward, c - a)
    scale = ((b - a) * cross).sum(axis=1)
    offset = origin - a
    u = (offset * cross).sum(axis=1) / scale
    other = np.cross(offset, b - a)
    v = (other @ toward) / scale
    t = ((c - a) * other).sum(axis=1) / scale
    inside = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > -10) & (t < 20)
    return t[inside].min() if inside.any() else np.nan


def follow(mesh, origin, toward):
    return mesh.walk(origin, toward, mesh.nearest(origin, toward, 20))


def test_rays_meet_the_triangle_that_a_search_through_all_finds():
    points, triangles = ball(800)
    origin, toward = rays(300)
    mesh = surface(points, triangles)
    height, triangle, weights = follow(mesh, origin, toward)
    truth = np.array([brute(points, triangles, o, t) for o, t in zip(origin, toward, strict=True)])
    assert (triangle >= 0).all()
    np.testing.assert_allclose(height, truth, atol=1e-3)
    shares = np.column_stack([1 - weights.sum(axis=1), weights])
    met = np.einsum("rk,rkc->rc", shares, points[mesh.corners[triangle]])
    np.testing.assert_allclose(met, origin + height[:, None] * toward, atol=1e-3)


def test_a_far_start_leads_to_the_same_triangle():
    points, triangles = ball(300)
    origin, toward = rays(50)
    mesh = surface(points, triangles)
    _, near, _ = follow(mesh, origin, toward)
    start = mesh.beside[mesh.beside[mesh.beside[near, 0], 1], 2]
    np.testing.assert_array_equal(mesh.walk(origin, toward, start)[1], near)


def test_nothing_is_met_in_a_hole():
    points, triangles = ball(800)
    origin, toward = rays(400)
    whole = surface(points, triangles)
    _, met, _ = follow(whole, origin, toward)
    gone = points[triangles].mean(axis=1)[:, 2] > 20
    _, triangle, _ = follow(surface(points, triangles[~gone]), origin, toward)
    assert (triangle[gone[met]] == -1).all()
    assert (triangle[~gone[met]] >= 0).mean() > 0.98


def test_triangles_that_share_no_points_are_one_surface():
    points, triangles = ball(300)
    soup = points[triangles].reshape(-1, 3)
    origin, toward = rays(100)
    apart = follow(surface(soup, np.arange(len(soup), dtype=np.int32).reshape(-1, 3)), origin, toward)
    for one, other in zip(apart, follow(surface(points, triangles), origin, toward), strict=True):
        np.testing.assert_array_equal(one, other)


def test_missing_points_and_flat_triangles_are_left_out():
    points, triangles = ball(100)
    points[7] = np.nan
    flat = np.array([[1, 2, 2], [3, 3, 3]], np.int32)
    mesh = surface(points, np.concatenate([flat, triangles]))
    assert (mesh.source >= 2).all()
    assert len(mesh.source) == (triangles != 7).all(axis=1).sum()
    assert np.isfinite(mesh.planes).all()


def test_no_triangles_are_met_nowhere():
    origin, toward = rays(5)
    mesh = surface(np.zeros((1, 3), np.float32), np.empty((0, 3), np.int32))
    assert (follow(mesh, origin, toward)[1] == -1).all()


@pytest.mark.parametrize("flip", [False, True])
def test_the_outside_is_where_the_normals_point(flip):
    points, triangles = ball(300)
    origin, toward = rays(100)
    mesh = surface(points, triangles[:, ::-1] if flip else triangles).turned(origin, toward, 5)
    assert (mesh.walk(origin, toward, mesh.nearest(origin, toward, 20))[1] >= 0).all()
