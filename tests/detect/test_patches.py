"""Patches: the nearest points of a scan at two resolutions, as steps from a place."""

from __future__ import annotations

import numpy as np
import pytest

from lineament.detect.patches import NEAREST, PATCH_UNIT, Detail, detail, patches


def plane(step: float, size: float = 40.0) -> np.ndarray:
    grid = np.arange(-size, size, step)
    x, y = np.meshgrid(grid, grid)
    return np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1).astype(np.float32)


def test_a_patch_holds_the_nearest_points_fine_and_wide():
    around = patches(detail(plane(0.5)), np.array([[3.0, -2.0, 1.0]], dtype=np.float32)) * PATCH_UNIT
    assert around.shape == (1, 2 * NEAREST, 3)
    np.testing.assert_allclose(around[..., 2], -1.0, atol=1e-5)
    reach = np.linalg.norm(around[0, :, :2], axis=1)
    # A disc of 48 cells of 1 and of 2.5 mm.
    assert reach[:NEAREST].max() == pytest.approx((NEAREST / np.pi) ** 0.5, abs=0.8)
    assert reach[NEAREST:].max() == pytest.approx((NEAREST / np.pi) ** 0.5 * 2.5, abs=2)


def test_a_patch_does_not_depend_on_the_order_of_the_points():
    points, places = plane(0.7), np.array([[0.3, 0.2, 0.0], [5.1, 4.3, 2.0]], dtype=np.float32)
    shuffled = np.random.default_rng(0).permutation(points)
    np.testing.assert_allclose(
        np.sort(patches(detail(points), places), axis=1), np.sort(patches(detail(shuffled), places), axis=1), atol=1e-6
    )


def test_a_sparse_scan_repeats_its_points():
    few = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    around = patches(Detail(few, few), np.zeros((3, 3), dtype=np.float32))
    assert around.shape == (3, 2 * NEAREST, 3)
    assert len(np.unique(around[0].round(5), axis=0)) == 7
