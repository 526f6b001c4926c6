"""Generalised Procrustes alignment: what it may not depend on, and what it minimises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lineament.errors import InputError
from lineament.geometry.alignment import Similarity
from lineament.geometry.procrustes import centroid_size, procrustes


def shapes(seed: int = 0, count: int = 6, points: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(points, 3)) * [60, 90, 40]
    return base + rng.normal(size=(count, points, 3)) * 4


def aligned(values: np.ndarray, reference: np.ndarray, unit_size: bool = False) -> np.ndarray:
    moves = procrustes(values, reference, unit_size)
    return np.stack([move.apply(shape) for move, shape in zip(moves, values, strict=True)])


@pytest.mark.parametrize("unit_size", [False, True])
def test_how_each_shape_is_turned_and_moved_does_not_matter(unit_size: bool) -> None:
    values, rng = shapes(), np.random.default_rng(1)
    expected = aligned(values, values[0], unit_size)
    scale = 1.7 if unit_size else 1.0
    moves = [Similarity(scale, Rotation.random(random_state=rng).as_matrix(), rng.normal(size=3) * 100) for _ in values]
    moved = np.stack([move.apply(shape) for move, shape in zip(moves, values, strict=True)])
    found = aligned(moved, values[0], unit_size)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_the_order_of_the_shapes_does_not_matter() -> None:
    values = shapes()
    order = np.random.default_rng(2).permutation(len(values))
    np.testing.assert_allclose(aligned(values[order], values[0]), aligned(values, values[0])[order], atol=1e-4)


def test_moved_copies_of_one_shape_become_the_same() -> None:
    rng, base = np.random.default_rng(3), shapes()[0]
    copies = np.stack([Rotation.random(random_state=rng).apply(base) + rng.normal(size=3) * 50 for _ in range(5)])
    found = aligned(copies, base)
    np.testing.assert_allclose(found, np.broadcast_to(base - base.mean(axis=0), found.shape), atol=1e-6)


def test_sizes_are_kept_or_made_one() -> None:
    values = shapes() * np.linspace(0.8, 1.3, 6)[:, None, None]
    np.testing.assert_allclose(centroid_size(aligned(values, values[0])), centroid_size(values))
    np.testing.assert_allclose(centroid_size(aligned(values, values[0], unit_size=True)), 1)


def test_nothing_turned_further_lies_closer_to_the_mean() -> None:
    found = aligned(shapes(), shapes()[0])
    np.testing.assert_allclose(found.mean(axis=1), 0, atol=1e-9)
    mean, rng = found.mean(axis=0), np.random.default_rng(4)
    for shape in found:
        best = np.square(shape - mean).sum()
        for _ in range(20):
            turned = Rotation.from_rotvec(rng.normal(size=3) * 0.01).apply(shape)
            assert np.square(turned - mean).sum() >= best


def test_one_shape_alone_takes_the_turn_of_the_reference() -> None:
    base = shapes()[0]
    found = aligned(Rotation.from_rotvec([1, 2, 0.5]).apply(base)[None], base)
    np.testing.assert_allclose(found[0], base - base.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize(
    "values", [np.zeros((0, 5, 3)), np.zeros((2, 5, 3)), np.full((1, 5, 3), np.nan), np.zeros((2, 5, 2))]
)
@pytest.mark.parametrize("unit_size", [False, True])
def test_what_cannot_be_aligned_is_told(values: np.ndarray, unit_size: bool) -> None:
    with pytest.raises(InputError):
        procrustes(values, shapes(points=5)[0], unit_size)
