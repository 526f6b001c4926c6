import subprocess
import sys

import numpy as np
import pytest
from surfaces import ellipsoid, graph, relative, rotation, sphere

from lineament.errors import InputError
from lineament.geometry.curvature import FLAT, curvedness, jet_curvature, principal_curvatures, shape_index
from lineament.geometry.neighbours import knn

RADII = (5.0, 8.0, 12.0)


@pytest.mark.parametrize("radius", [30.0, 80.0, 120.0])
def test_sphere_has_the_curvature_of_its_radius(radius):
    vectors = sphere(int(4 * radius**2), seed=1)
    k = principal_curvatures((vectors * radius).astype(np.float32), vectors.astype(np.float32), (5.0, 8.0))
    assert np.quantile(relative(k, 1 / radius), 0.99) < 0.03


def test_ellipsoid_has_its_analytic_curvatures():
    points, normals, k1, k2 = ellipsoid(30_000, (75, 110, 90))
    k = principal_curvatures(points, normals, RADII)
    for i in range(len(RADII)):
        assert np.median(relative(k[:, i, 0], k1)) < 0.015
        assert np.median(relative(k[:, i, 1], k2)) < 0.015


def test_noise_of_a_scanner_leaves_the_curvature_usable():
    points, normals, k1, k2 = ellipsoid(60_000, (75, 110, 90))
    noise = np.random.default_rng(0).normal(0, 0.05, (len(points), 1)).astype(np.float32)
    k = principal_curvatures(points + noise * normals, normals, [10.0])[:, 0]
    assert np.median(relative(k[:, 0], k1)) < 0.05
    assert np.median(relative(k[:, 1], k2)) < 0.06


def test_saddle_bends_both_ways():
    points, normals = graph(lambda x, y: (x * x - y * y) / 100, lambda x, y: (x / 50, -y / 50))
    k = principal_curvatures(points, normals, [6.0])[:, 0]
    inner = np.hypot(*points[:, :2].T) < 4
    # At the origin z = (x^2 - y^2) / 100 has the curvatures +-1/50.
    np.testing.assert_allclose(np.median(k[inner], axis=0), [1 / 50, -1 / 50], rtol=0.03)
    assert np.abs(shape_index(k[inner, 0], k[inner, 1])).max() < 0.1


def test_ridge_is_curved_one_way_only():
    points, normals = graph(
        lambda x, _: np.sqrt(50.0**2 - x * x), lambda x, _: (-x / np.sqrt(50.0**2 - x * x), 0 * x), extent=30
    )
    k = principal_curvatures(points, normals, [8.0])[:, 0]
    inner = np.abs(points[:, :2]).max(axis=1) < 22
    assert np.median(relative(k[inner, 0], 1 / 50)) < 0.02
    assert np.abs(k[inner, 1]).max() < 0.0015
    assert np.abs(shape_index(k[inner, 0], k[inner, 1]) - 0.5).max() < 0.06


def test_plane_is_flat_up_to_its_border():
    points, normals = graph(lambda x, y: 0.3 * x + 0.2 * y, lambda x, y: (0 * x + 0.3, 0 * y + 0.2))
    k = principal_curvatures(points, normals, RADII)
    assert np.abs(k).max() < FLAT
    assert (shape_index(k[..., 0], k[..., 1]) == 0).all()


def test_border_of_an_open_surface_is_as_curved_as_its_middle():
    points, normals, k1, _ = ellipsoid(40_000, (75, 110, 90))
    front = points[:, 2] > 20
    points, normals, k1 = points[front], normals[front], k1[front]
    k = principal_curvatures(points, normals, [8.0])[:, 0]
    border = points[:, 2] < 22
    assert np.median(relative(k[border, 0], k1[border])) < 0.05
    assert np.quantile(relative(k[border, 0], k1[border]), 0.95) < 0.2


def test_uneven_density_does_not_bend_the_surface():
    points, normals, k1, _ = ellipsoid(60_000, (75, 110, 90))
    # Ten times as dense on one side as on the other.
    keep = (points[:, 0] > 0) | (np.random.default_rng(0).random(len(points)) < 0.1)
    points, normals, k1 = points[keep], normals[keep], k1[keep]
    k = principal_curvatures(points, normals, [10.0])[:, 0]
    for side in (points[:, 0] > 5, points[:, 0] < -5, np.abs(points[:, 0]) < 5):
        assert np.quantile(relative(k[side, 0], k1[side]), 0.95) < 0.06


def test_two_sides_of_a_thin_sheet_do_not_mix():
    xy = np.random.default_rng(0).uniform(-30, 30, (20_000, 2))
    side = np.where(np.arange(len(xy)) % 2, 1.0, -1.0)
    points = np.column_stack([xy, 2 * side]).astype(np.float32)  # 4 mm thick, as an ear
    normals = np.column_stack([0 * xy, side]).astype(np.float32)
    assert np.abs(principal_curvatures(points, normals, [5.0, 10.0])).max() < FLAT


def test_shell_is_a_dome_outside_and_a_cup_inside():
    vectors = sphere(40_000)
    outer = np.arange(len(vectors)) % 2 == 0
    points = vectors * np.where(outer, 60, 55)[:, None]
    normals = vectors * np.where(outer, 1, -1)[:, None]
    k = principal_curvatures(points.astype(np.float32), normals.astype(np.float32), [8.0])[:, 0]
    assert np.quantile(relative(k[outer], 1 / 60), 0.99) < 0.03
    assert np.quantile(relative(k[~outer], -1 / 55), 0.99) < 0.03


def test_wrong_normals_by_ten_degrees_change_little():
    points, normals, k1, _ = ellipsoid(20_000, (75, 110, 90))
    tilt = normals + np.random.default_rng(0).normal(0, 0.12, normals.shape)
    tilt /= np.linalg.norm(tilt, axis=1, keepdims=True)
    k = principal_curvatures(points, tilt.astype(np.float32), [8.0])[:, 0]
    assert np.median(relative(k[:, 0], k1)) < 0.02


def test_inward_normals_turn_the_sign():
    points, normals, _, _ = ellipsoid(5000, (75, 110, 90))
    out = principal_curvatures(points, normals, [12.0])
    np.testing.assert_allclose(principal_curvatures(points, -normals, [12.0]), -out[..., ::-1], atol=1e-5)


def test_rotation_and_translation_change_nothing():
    points, normals, _, _ = ellipsoid(20_000, (75, 110, 90))
    turn = rotation(3)
    moved = (points @ turn.T + [500.0, -300.0, 900.0]).astype(np.float32)
    k = principal_curvatures(points, normals, [8.0])
    turned = principal_curvatures(moved, (normals @ turn.T).astype(np.float32), [8.0])
    assert np.median(relative(turned, k)) < 0.005


def test_scale_divides_the_curvature():
    points, normals, _, _ = ellipsoid(8000, (75, 110, 90))
    k = principal_curvatures(points, normals, [10.0])
    np.testing.assert_allclose(principal_curvatures(4 * points, normals, [40.0]), k / 4, rtol=1e-3, atol=1e-6)


def test_order_of_the_points_changes_nothing():
    points, normals, _, _ = ellipsoid(8000, (75, 110, 90))
    order = np.random.default_rng(0).permutation(len(points))
    k = principal_curvatures(points, normals, RADII)
    np.testing.assert_allclose(principal_curvatures(points[order], normals[order], RADII), k[order], atol=2e-6)


@pytest.mark.parametrize("count", [0, 1, 5, 6, 9, 40])
def test_few_points_give_finite_numbers(count):
    points = np.random.default_rng(0).normal(0, 3, (count, 3)).astype(np.float32)
    normals = np.tile(np.float32([0, 0, 1]), (count, 1))
    k = principal_curvatures(points, normals, [1.0, 5.0])
    assert k.shape == (count, 2, 2)
    assert np.isfinite(k).all()


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((50, 3), np.float32),
        np.linspace(0, 30, 50, dtype=np.float32)[:, None] * np.float32([1, 0, 0]),
        np.repeat(np.random.default_rng(0).normal(0, 9, (10, 3)), 5, axis=0).astype(np.float32),
    ],
    ids=["one place", "a line", "duplicates"],
)
def test_degenerate_neighbourhoods_give_finite_numbers(points):
    for normal in ([0, 0, 1], [0, 0, -1], [0, 0, 0], [1, 0, 0]):
        normals = np.tile(np.float32(normal), (len(points), 1))
        assert np.isfinite(principal_curvatures(points, normals, [3.0, 20.0])).all()


def test_sparse_cloud_still_sees_its_shape():
    points, normals, k1, _ = ellipsoid(2000, (75, 110, 90))  # 7 mm apart, radius 5
    k = principal_curvatures(points, normals, [5.0])[:, 0]
    assert np.median(relative(k[:, 0], k1)) < 0.05


def test_double_precision_stays_double():
    points, normals, _, _ = ellipsoid(500, (7, 11, 9))
    assert principal_curvatures(points.astype(np.float64), normals.astype(np.float64), [3.0]).dtype == np.float64
    assert principal_curvatures(points, normals, [3.0]).dtype == np.float32


def test_larger_curvature_comes_first():
    points = np.random.default_rng(0).normal(0, 5, (2000, 3)).astype(np.float32)
    neighbours, distances = knn(points, 20)
    k1, k2 = jet_curvature(points, np.tile(np.float32([0, 0, 1]), (2000, 1)), neighbours, distances, 3.0)
    assert (k1 >= k2).all()


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan")])
def test_radius_must_be_positive(radius):
    points, normals, _, _ = ellipsoid(100, (7, 11, 9))
    with pytest.raises(InputError, match="radius"):
        principal_curvatures(points, normals, [radius])


def test_normals_must_match_the_points():
    points, normals, _, _ = ellipsoid(100, (7, 11, 9))
    with pytest.raises(InputError, match="normals have shape"):
        principal_curvatures(points, normals[:50], [3.0])
    with pytest.raises(InputError, match="normals hold NaN"):
        principal_curvatures(points, np.full_like(normals, np.nan), [3.0])


def test_no_radii_give_no_channels():
    points, normals, _, _ = ellipsoid(100, (7, 11, 9))
    assert principal_curvatures(points, normals, []).shape == (100, 0, 2)


@pytest.mark.parametrize(
    ("k1", "k2", "index"),
    [(0.1, 0.1, 1), (0.1, 0.0, 0.5), (0.1, -0.1, 0), (0.0, -0.1, -0.5), (-0.1, -0.1, -1), (0.0, 0.0, 0)],
    ids=["dome", "ridge", "saddle", "rut", "cup", "flat"],
)
def test_shape_index_has_koenderinks_values(k1, k2, index):
    assert shape_index(np.float32([k1]), np.float32([k2]))[0] == pytest.approx(index, abs=1e-6)


def test_curvedness_of_a_sphere_is_its_curvature():
    assert curvedness(np.float32([0.02]), np.float32([0.02]))[0] == pytest.approx(0.02)


def test_light_install_needs_no_torch():
    modules = ["alignment", "curvature", "neighbours", "normals", "sampling", "visibility", "voxels"]
    code = "; ".join(f"import lineament.geometry.{module}" for module in modules)
    subprocess.run([sys.executable, "-c", f"import sys; {code}; sys.exit('torch' in sys.modules)"], check=True)


def test_torch_gives_the_numbers_of_numpy():
    torch = pytest.importorskip("torch")
    points, normals, _, _ = ellipsoid(10_000, (75, 110, 90))
    k = principal_curvatures(points, normals, RADII)
    tensor = principal_curvatures(torch.from_numpy(points), torch.from_numpy(normals), RADII)
    assert isinstance(tensor, torch.Tensor)
    np.testing.assert_allclose(tensor.numpy(), k, atol=2e-6)
    index = shape_index(tensor[..., 0], tensor[..., 1])
    np.testing.assert_allclose(index.numpy(), shape_index(k[..., 0], k[..., 1]), atol=1e-3)
