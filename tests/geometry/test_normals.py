import numpy as np
import pytest
from scipy.spatial import ConvexHull
from surfaces import ellipsoid, rotation

from lineament.errors import InputError
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import estimate_normals, orient_normals, orient_outward, vertex_normals


def flipped(normals, seed=0):
    return normals * np.random.default_rng(seed).choice([-1, 1], (len(normals), 1)).astype(np.float32)


def face_like():
    """An open cap, deeper than a half, with a nose, and its outward normals."""
    points, normals, _, _ = ellipsoid(20_000, (75, 110, 90))
    keep = points[:, 2] > 25
    points, normals = points[keep].copy(), normals[keep]
    points[:, 2] += 25 * np.exp(-(points[:, 0] ** 2 + points[:, 1] ** 2) / 150)
    return points, normals


def test_mesh_normals_are_those_of_the_ellipsoid():
    points, normals, _, _ = ellipsoid(8000, (75, 110, 90))
    triangles = ConvexHull(points).simplices
    a, b, c = (points[triangles[:, i]] for i in range(3))
    inward = (np.cross(b - a, c - a) * a).sum(axis=1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    cosine = (vertex_normals(points, triangles) * normals).sum(axis=1)
    assert np.degrees(np.arccos(np.clip(np.quantile(cosine, 0.01), -1, 1))) < 2.5


def test_point_in_no_triangle_has_no_normal():
    points = np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 5]])
    np.testing.assert_array_equal(
        vertex_normals(points, np.array([[0, 1, 2]])), [[0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 0]]
    )


def test_large_triangle_outweighs_a_small_one():
    points = np.float32([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 0.1], [0, -0.1, 0]])
    normal = vertex_normals(points, np.array([[0, 1, 2], [0, 3, 4]]))[0]
    assert normal[2] > 0.99


def test_cloud_normals_are_those_of_the_ellipsoid():
    points, normals, _, _ = ellipsoid(8000, (75, 110, 90))
    found = estimate_normals(points, knn(points, 16)[0])
    cosine = np.abs((found * normals).sum(axis=1))
    assert np.degrees(np.arccos(np.clip(np.quantile(cosine, 0.01), -1, 1))) < 3


def test_closed_form_agrees_with_the_eigenvectors():
    points = np.random.default_rng(0).normal(0, 1, (500, 3)).astype(np.float32)
    neighbours = knn(points, 12)[0]
    offsets = points[neighbours].astype(np.float64)
    offsets -= offsets.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(np.swapaxes(offsets, 1, 2) @ offsets)
    clear = values[:, 1] > 1.2 * values[:, 0]
    cosine = np.abs((estimate_normals(points, neighbours) * vectors[:, :, 0]).sum(axis=1))
    assert cosine[clear].min() > 1 - 1e-5


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_degenerate_neighbourhoods_have_unit_normals(scale):
    turn = rotation(1)
    line = np.linspace(0, 1, 30)[:, None] * turn[0]
    plane = np.random.default_rng(0).random((30, 2)) @ turn[:2]
    for shape in (line, plane, np.zeros((30, 3))):
        points = (scale * shape).astype(np.float32)
        normals = estimate_normals(points, knn(points, 8)[0])
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
        if shape is not plane:
            assert np.abs(normals @ turn[0] * (shape is line)).max() < 1e-2
        else:
            assert np.abs(normals @ turn[2]).min() > 0.999


@pytest.mark.parametrize("axes", [(80, 80, 80), (75, 110, 90), (20, 110, 90)])
def test_closed_surface_is_turned_outwards(axes):
    points, normals, _, _ = ellipsoid(6000, axes)
    neighbours = knn(points, 12)[0]
    found = orient_normals(points, flipped(estimate_normals(points, neighbours)), neighbours)
    assert ((found * normals).sum(axis=1) > 0).all()


def test_open_face_is_turned_outwards_wherever_it_lies():
    points, normals = face_like()
    turn = rotation(5)
    points = (points @ turn.T + [400, -900, 100]).astype(np.float32)
    neighbours = knn(points, 12)[0]
    found = orient_normals(points, flipped(estimate_normals(points, neighbours)), neighbours)
    assert ((found * (normals @ turn.T)).sum(axis=1) > 0).mean() > 0.995


def test_each_piece_is_turned_outwards():
    points, normals, _, _ = ellipsoid(3000, (30, 40, 35))
    points = np.concatenate([points, points + np.float32([200, 0, 0])])
    normals = np.concatenate([normals, normals])
    neighbours = knn(points, 10)[0]
    found = orient_normals(points, flipped(normals), neighbours)
    assert ((found * normals).sum(axis=1) > 0).all()


def test_orientation_forgets_the_signs_it_was_given():
    points, _ = face_like()
    neighbours = knn(points, 10)[0]
    normals = estimate_normals(points, neighbours)
    first, second = (orient_normals(points, flipped(normals, seed), neighbours) for seed in (1, 2))
    np.testing.assert_allclose(first, second)


def test_flat_cloud_is_consistent():
    points = np.random.default_rng(0).random((500, 3)).astype(np.float32) * np.float32([50, 50, 0])
    neighbours = knn(points, 8)[0]
    found = orient_normals(points, flipped(estimate_normals(points, neighbours)), neighbours)
    assert np.abs(found[:, 2].sum()) == pytest.approx(500)


def test_outward_of_a_centre():
    points, normals, _, _ = ellipsoid(1000, (75, 110, 90))
    np.testing.assert_array_equal(orient_outward(points, flipped(normals), np.zeros(3, np.float32)), normals)


def test_torch_normals_are_those_of_numpy():
    torch = pytest.importorskip("torch")
    points, normals, _, _ = ellipsoid(3000, (75, 110, 90))
    neighbours = knn(points, 12)[0]
    tensor = torch.from_numpy(points)
    found = estimate_normals(tensor, torch.from_numpy(neighbours))
    cosine = np.abs((found.numpy() * estimate_normals(points, neighbours)).sum(axis=1))
    assert cosine.min() > 1 - 1e-6
    outward = orient_outward(tensor, torch.from_numpy(flipped(normals)), torch.zeros(3))
    np.testing.assert_array_equal(outward.numpy(), normals)
    triangles = ConvexHull(points).simplices
    mesh = vertex_normals(tensor, torch.from_numpy(triangles))
    np.testing.assert_allclose(mesh.numpy(), vertex_normals(points, triangles), atol=1e-6)
    with pytest.raises(InputError, match="NumPy"):
        orient_normals(tensor, found, neighbours)
