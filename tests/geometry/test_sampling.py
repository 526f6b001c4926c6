import numpy as np
import pytest
from scipy.spatial import cKDTree
from surfaces import ellipsoid, rotation

from lineament.errors import InputError
from lineament.geometry.neighbours import knn
from lineament.geometry.sampling import farthest_point_sample, sample_surface


def plain_loop(points, count, weights):
    """Farthest-point sampling as it is defined, in float64."""
    points, weights = points.astype(np.float64), weights.astype(np.float64)
    index = (np.linalg.norm(points - points.mean(axis=0), axis=1) * weights).argmax()
    nearest, chosen = np.full(len(points), np.inf), []
    for _ in range(count):
        chosen.append(index)
        nearest = np.minimum(nearest, np.linalg.norm(points - points[index], axis=1) * weights)
        index = nearest.argmax()
    return np.array(chosen)


def coverage(points, chosen):
    """The largest distance from a point to its nearest sample."""
    return knn(points[chosen], 1, points)[1].max()


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_fast_sampling_covers_as_the_plain_loop_does(offset):
    points = ellipsoid(4000, (75, 110, 90))[0] + np.float32(offset)
    weights = np.random.default_rng(0).uniform(1, 2, len(points)).astype(np.float32)
    for w in (np.ones_like(weights), weights):
        chosen, plain = farthest_point_sample(points, 600, w), plain_loop(points, 600, w)
        np.testing.assert_array_equal(chosen[:50], plain[:50])
        assert coverage(points, chosen) <= 1.02 * coverage(points, plain)


def test_samples_are_distinct_even_among_duplicates():
    points = np.repeat(ellipsoid(50, (75, 110, 90))[0], 4, axis=0)
    chosen = farthest_point_sample(points, 200)
    assert len(set(chosen.tolist())) == 200
    assert len(np.unique(points[chosen[:50]], axis=0)) == 50


def test_higher_weight_draws_more_samples():
    points = ellipsoid(8000, (80, 80, 80))[0]
    upper = points[:, 2] > 0
    chosen = farthest_point_sample(points, 1000, np.where(upper, 2.0, 1.0).astype(np.float32))
    share = upper[chosen].mean()
    # Half the spacing is four times the density.
    assert 0.74 < share < 0.86


def test_order_and_rotation_leave_the_places():
    points = ellipsoid(3000, (75, 110, 90))[0]
    order = np.random.default_rng(0).permutation(len(points))
    chosen = farthest_point_sample(points, 100)
    np.testing.assert_array_equal(order[farthest_point_sample(points[order], 100)], chosen)
    turned = (points @ rotation(2).T).astype(np.float32)
    np.testing.assert_array_equal(farthest_point_sample(turned, 50), chosen[:50])


def test_prefix_of_a_sample_is_a_sample():
    points = ellipsoid(1000, (75, 110, 90))[0]
    np.testing.assert_array_equal(farthest_point_sample(points, 300)[:40], farthest_point_sample(points, 40))


def test_all_points_can_be_asked_for():
    points = ellipsoid(200, (75, 110, 90))[0]
    np.testing.assert_array_equal(np.sort(farthest_point_sample(points, 200)), np.arange(200))


@pytest.mark.parametrize("count", [0, 11])
def test_impossible_count_is_refused(count):
    with pytest.raises(InputError, match="of 10 points"):
        farthest_point_sample(np.zeros((10, 3), np.float32), count)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_bad_weight_is_refused(bad):
    with pytest.raises(InputError, match="weights"):
        farthest_point_sample(np.eye(3, dtype=np.float32), 2, np.array([1, bad, 1], np.float32))


def test_missing_point_is_refused():
    with pytest.raises(InputError, match="NaN"):
        farthest_point_sample(np.full((3, 3), np.nan, np.float32), 2)


def test_torch_batch_covers_as_numpy_does():
    torch = pytest.importorskip("torch")
    clouds = np.stack([ellipsoid(2000, axes)[0] for axes in ((75, 110, 90), (80, 80, 80))])
    weights = np.random.default_rng(0).uniform(1, 2, clouds.shape[:2]).astype(np.float32)
    chosen = farthest_point_sample(torch.from_numpy(clouds), 300, torch.from_numpy(weights)).numpy()
    assert chosen.shape == (2, 300)
    for points, w, indices in zip(clouds, weights, chosen, strict=True):
        ours = farthest_point_sample(points, 300, w)
        np.testing.assert_array_equal(indices[:40], ours[:40])
        assert coverage(points, indices) == pytest.approx(coverage(points, ours), rel=0.02)
    single = farthest_point_sample(torch.from_numpy(clouds[0]), 300, torch.from_numpy(weights[0]))
    np.testing.assert_array_equal(single.numpy(), chosen[0])


SQUARE = np.float32([[0, 0, 0], [4, 0, 0], [4, 1, 0], [0, 1, 0], [9, 9, 9]])
HALVES = np.array([[0, 1, 2], [0, 2, 3], [4, 4, 4]])


def test_surface_samples_lie_on_their_triangles():
    points, triangle, barycentric = sample_surface(SQUARE, HALVES, 500)
    np.testing.assert_allclose(barycentric.sum(axis=1), 1, atol=1e-6)
    assert barycentric.min() > 0
    np.testing.assert_allclose(np.einsum("sc,scd->sd", barycentric, SQUARE[HALVES[triangle]]), points, atol=1e-6)
    assert triangle.max() == 1  # never the triangle without area
    assert 400 < len(points) < 600


def test_surface_samples_are_more_even_than_chance():
    points, _, _ = sample_surface(SQUARE, HALVES, 4000)
    counts = np.histogram2d(points[:, 0], points[:, 1], bins=(20, 5), range=((0, 4), (0, 1)))[0]
    assert counts.mean() == pytest.approx(40, abs=2)
    assert counts.std() < 0.8 * np.sqrt(40)  # sqrt(40) for independent draws


@pytest.mark.parametrize("count", [1, 7, 6000])
def test_surface_samples_follow_area(count):
    points, _, _ = sample_surface(SQUARE, np.array([[0, 1, 2]]), count)
    np.testing.assert_allclose(points.mean(axis=0), SQUARE[:3].mean(axis=0), atol=1e-5)


def test_large_and_small_triangles_are_sampled_alike():
    points = np.float32([[0, 0, 0], [10, 0, 0], [0, 10, 0], [20, 0, 0], [21, 0, 0], [20, 1, 0]])
    _, triangle, _ = sample_surface(points, np.array([[0, 1, 2], [3, 4, 5]]), 5000)
    assert (triangle == 0).sum() / (triangle == 1).sum() == pytest.approx(100, rel=0.1)


def test_no_order_of_vertices_changes_the_samples():
    rng = np.random.default_rng(0)
    points, triangles = rng.normal(size=(30, 3)).astype(np.float32), rng.integers(0, 30, (40, 3))
    order = rng.permutation(30)
    turned = np.array([rng.permutation(row) for row in np.argsort(order)[triangles]])[rng.permutation(40)]
    one, other = sample_surface(points, triangles, 900)[0], sample_surface(points[order], turned, 900)[0]
    assert len(one) == len(other)
    assert cKDTree(one).query(other)[0].max() < 1e-5


def test_surface_without_area_is_refused():
    with pytest.raises(InputError, match="no area"):
        sample_surface(SQUARE, np.array([[4, 4, 4]]), 10)
    with pytest.raises(InputError, match="no area"):
        sample_surface(SQUARE, np.zeros((0, 3), np.int32), 10)
    with pytest.raises(InputError, match="refer to item 7"):
        sample_surface(SQUARE, np.array([[0, 1, 7]]), 10)
    with pytest.raises(InputError, match="1 or more"):
        sample_surface(SQUARE, HALVES, 0)
