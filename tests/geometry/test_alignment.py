import numpy as np
import pytest
from surfaces import rotation

from lineament.errors import InputError
from lineament.geometry.alignment import Similarity, fit_similarity, fit_similarity_robust

TRUE = Similarity(1.7, rotation(4), np.array([10.0, -20.0, 300.0]))
POINTS = np.random.default_rng(0).normal(0, 40, (60, 3))


def difference(a, b):
    return np.abs(a.matrix - b.matrix).max()


@pytest.mark.parametrize("count", [3, 4, 60])
def test_exact_pairs_give_the_exact_transform(count):
    found = fit_similarity(POINTS[:count], TRUE.apply(POINTS[:count]))
    assert difference(found, TRUE) < 1e-9


def test_planar_pairs_give_the_exact_transform():
    flat = POINTS * [1, 1, 0]
    assert difference(fit_similarity(flat, TRUE.apply(flat)), TRUE) < 1e-9


def test_half_turn_is_found():
    turn = Similarity(1.0, np.diag([-1.0, -1.0, 1.0]), np.zeros(3))
    assert difference(fit_similarity(POINTS, turn.apply(POINTS)), turn) < 1e-9


def test_scale_can_be_held():
    found = fit_similarity(POINTS, TRUE.apply(POINTS), with_scale=False)
    assert found.scale == 1
    np.testing.assert_allclose(found.rotation, TRUE.rotation, atol=1e-9)


def test_mirrored_pairs_get_a_proper_rotation():
    found = fit_similarity(POINTS, POINTS * [-1, 1, 1])
    assert np.linalg.det(found.rotation) == pytest.approx(1)
    assert np.abs(found.apply(POINTS) - POINTS * [-1, 1, 1]).max() > 1


def test_reflection_is_no_similarity():
    with pytest.raises(InputError, match="proper rotation"):
        Similarity(1.0, np.diag([-1.0, 1.0, 1.0]), np.zeros(3))
    with pytest.raises(InputError, match="scale"):
        Similarity(0.0, np.eye(3), np.zeros(3))


def test_weight_of_zero_leaves_a_pair_out():
    target = TRUE.apply(POINTS)
    target[0] += 1000
    weights = np.ones(60)
    weights[0] = 0
    assert difference(fit_similarity(POINTS, target, weights), TRUE) < 1e-9


def test_weight_of_two_is_the_pair_twice():
    target = TRUE.apply(POINTS) + np.random.default_rng(1).normal(0, 3, POINTS.shape)
    weights = np.ones(60)
    weights[:5] = 2
    twice = fit_similarity(np.concatenate([POINTS, POINTS[:5]]), np.concatenate([target, target[:5]]))
    assert difference(fit_similarity(POINTS, target, weights), twice) < 1e-9


@pytest.mark.parametrize(
    "source",
    [POINTS[:2], np.linspace(0, 1, 9)[:, None] * [1, 2, 3], np.zeros((5, 3)), np.zeros((0, 3))],
    ids=["two", "a line", "one place", "none"],
)
def test_undetermined_pairs_are_refused(source):
    for fit in (fit_similarity, lambda s, t: fit_similarity_robust(s, t, inlier_distance=1.0)):
        with pytest.raises(InputError, match="pairs of points"):
            fit(source, TRUE.apply(source))


def test_bad_values_are_refused():
    with pytest.raises(InputError, match="target points"):
        fit_similarity(POINTS, POINTS[:5])
    with pytest.raises(InputError, match="NaN"):
        fit_similarity(POINTS, np.full_like(POINTS, np.nan))
    with pytest.raises(InputError, match="negative"):
        fit_similarity(POINTS, POINTS, -np.ones(60))
    with pytest.raises(InputError, match="inlier distance"):
        fit_similarity_robust(POINTS, POINTS, inlier_distance=0.0)


def test_inverse_undoes():
    np.testing.assert_allclose(TRUE.inverse().apply(TRUE.apply(POINTS)), POINTS, atol=1e-9)
    assert difference(TRUE @ TRUE.inverse(), Similarity.identity()) < 1e-9


def test_product_applies_the_right_one_first():
    other = Similarity(0.5, rotation(8), np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose((other @ TRUE).apply(POINTS), other.apply(TRUE.apply(POINTS)), atol=1e-9)
    np.testing.assert_allclose((other @ TRUE).matrix, other.matrix @ TRUE.matrix, atol=1e-9)


def test_points_keep_their_type():
    assert TRUE.apply(POINTS.astype(np.float32)).dtype == np.float32
    assert TRUE.rotate(POINTS.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(TRUE.rotate(POINTS), axis=1), np.linalg.norm(POINTS, axis=1))


@pytest.mark.parametrize("seed", range(5))
def test_half_the_pairs_may_be_wrong(seed):
    random = np.random.default_rng(seed)
    source = random.normal(0, 40, (200, 3))
    target = TRUE.apply(source) + random.normal(0, 0.2, source.shape)
    wrong = random.permutation(200) < 100
    target[wrong] = random.normal(0, 100, (100, 3)) + TRUE.translation
    found, inliers = fit_similarity_robust(source, target, inlier_distance=1.5, seed=seed)
    assert np.linalg.norm(found.apply(source) - TRUE.apply(source), axis=1).max() < 0.3
    assert inliers[~wrong].mean() > 0.99
    assert inliers[wrong].sum() <= 2


def test_robust_fit_repeats_itself():
    target = TRUE.apply(POINTS) + np.random.default_rng(1).normal(0, 2, POINTS.shape)
    first, second = (fit_similarity_robust(POINTS, target, inlier_distance=3.0, seed=3)[0] for _ in range(2))
    assert difference(first, second) == 0


def test_pairs_that_agree_on_nothing_are_refused():
    with pytest.raises(InputError, match="agree within"):
        fit_similarity_robust(POINTS, np.random.default_rng(9).normal(0, 1e4, POINTS.shape), inlier_distance=1e-6)
