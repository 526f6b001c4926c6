import numpy as np
import pytest

from lineament.errors import InputError
from lineament.geometry.neighbours import knn
from lineament.geometry.voxels import voxel_mean


def cloud(count=2000, seed=0):
    return np.random.default_rng(seed).normal(0, 30, (count, 3)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 7, 300])
def test_neighbours_are_those_of_the_full_distance_table(k):
    points, queries = cloud(300), cloud(50, seed=1)
    table = np.linalg.norm(queries[:, None].astype(np.float64) - points, axis=2)
    indices, distances = knn(points, k, queries)
    assert indices.dtype == np.int64
    assert distances.dtype == np.float32
    np.testing.assert_array_equal(indices, np.argsort(table, axis=1)[:, :k])
    np.testing.assert_allclose(distances, np.sort(table, axis=1)[:, :k], rtol=1e-5)


def test_each_point_is_its_own_nearest():
    indices, distances = knn(cloud(), 4)
    np.testing.assert_array_equal(indices[:, 0], np.arange(2000))
    assert (distances[:, 0] == 0).all()
    assert (np.diff(distances, axis=1) >= 0).all()


def test_nothing_is_found_beyond_the_radius():
    points = cloud()
    indices, distances = knn(points, 12)
    near, within = knn(points, 12, radius=6.0)
    found = distances < 6.0
    np.testing.assert_array_equal(near, np.where(found, indices, 0))
    np.testing.assert_array_equal(within, np.where(found, distances, np.inf))
    assert 0.05 < found.mean() < 0.95


@pytest.mark.parametrize("k", [0, 11])
def test_too_many_neighbours_are_refused(k):
    with pytest.raises(InputError, match="neighbours among 10 points"):
        knn(cloud(10), k)


def test_missing_points_are_refused():
    points = cloud(10)
    points[3] = np.nan
    with pytest.raises(InputError, match="NaN"):
        knn(points, 2)
    with pytest.raises(InputError, match="NaN"):
        voxel_mean(points, 1.0)


def test_torch_neighbours_are_those_of_numpy():
    torch = pytest.importorskip("torch")
    indices, distances = knn(torch.from_numpy(cloud()), 9)
    np.testing.assert_array_equal(indices.numpy(), knn(cloud(), 9)[0])
    np.testing.assert_array_equal(distances.numpy(), knn(cloud(), 9)[1])


def test_brute_force_of_the_gpu_finds_the_same():
    torch = pytest.importorskip("torch")
    from lineament.geometry import neighbours

    points = torch.from_numpy(cloud() + np.float32([500, 0, -900]))  # far from the origin
    indices, distances = neighbours._knn_brute(points, 9, points, float("inf"))
    exact = knn(points.numpy(), 9)
    np.testing.assert_allclose(distances.numpy(), exact[1], atol=1e-4)
    assert (indices.numpy() == exact[0]).mean() > 0.999
    near, within = neighbours._knn_brute(points, 9, points, 6.0)
    assert (near.numpy() == knn(points.numpy(), 9, radius=6.0)[0]).mean() > 0.999
    np.testing.assert_array_equal(np.isinf(within.numpy()), within.numpy() >= 6)


@pytest.mark.parametrize("size", [0.01, 2.0, 25.0, 1e4], ids=["sorted", "table", "coarse", "one an octant"])
def test_voxel_means_are_those_of_a_plain_loop(size):
    points, colour = cloud(), np.random.default_rng(2).random((2000, 2)).astype(np.float32)
    means, colours, cell = voxel_mean(points, size, colour)
    keys = np.floor(points.astype(np.float64) / size)
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    np.testing.assert_array_equal(cell, inverse.ravel())
    for row in range(0, len(unique), max(1, len(unique) // 50)):
        np.testing.assert_allclose(means[row], points[cell == row].mean(axis=0), atol=1e-4)
        np.testing.assert_allclose(colours[row], colour[cell == row].mean(axis=0), atol=1e-5)


def test_order_of_the_points_does_not_move_the_means():
    points = cloud()
    order = np.random.default_rng(0).permutation(len(points))
    means, cell = voxel_mean(points, 5.0)
    again, cell_again = voxel_mean(points[order], 5.0)
    np.testing.assert_allclose(again, means, atol=1e-5)
    np.testing.assert_array_equal(cell_again, cell[order])


def test_rest_of_the_scan_does_not_move_a_mean():
    points = cloud()
    means, _ = voxel_mean(points, 5.0)
    more, cell = voxel_mean(np.concatenate([points, [[-777, 888, 999]]]).astype(np.float32), 5.0)
    np.testing.assert_array_equal(np.delete(more, cell[-1], axis=0), means)


def test_attribute_of_one_channel_keeps_its_shape():
    points = cloud(100)
    _, mean, _ = voxel_mean(points, 10.0, points[:, 0])
    np.testing.assert_allclose(mean, voxel_mean(points, 10.0)[0][:, 0], atol=1e-6)


def test_no_points_give_no_voxels():
    means, cell = voxel_mean(np.zeros((0, 3), np.float32), 2.0)
    assert means.shape == (0, 3)
    assert cell.shape == (0,)


@pytest.mark.parametrize("size", [0.0, -2.0, float("nan"), 1e-9])
def test_impossible_voxel_size_is_refused(size):
    with pytest.raises(InputError, match="voxel size"):
        voxel_mean(cloud(10), size)


def test_torch_voxels_are_those_of_numpy():
    torch = pytest.importorskip("torch")
    points = cloud()
    for ours, theirs in zip(
        voxel_mean(points, 4.0, points[:, :2]),
        voxel_mean(torch.from_numpy(points), 4.0, torch.from_numpy(points[:, :2])),
        strict=True,
    ):
        np.testing.assert_allclose(theirs.numpy(), ours, atol=1e-6)
