"""What a scan is like as a measurement: surfaces whose holes, pieces and noise are known."""

from __future__ import annotations

import numpy as np
import pytest

from lineament.geometry.quality import estimate_noise, measure_topology, median_spacing, weld
from lineament.types import Floats, Ints


def grid(n: int, step: float = 1.0) -> tuple[Floats, Ints]:
    """A square sheet of n x n points."""
    u, v = np.meshgrid(np.arange(n), np.arange(n))
    points = np.stack([u * step, v * step, 0 * u], axis=-1).reshape(-1, 3).astype(np.float32)
    a = (v * n + u)[:-1, :-1].reshape(-1)
    triangles = np.concatenate([np.stack([a, a + 1, a + n], 1), np.stack([a + 1, a + n + 1, a + n], 1)])
    return points, triangles.astype(np.int32)


def tetrahedron() -> tuple[Floats, Ints]:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    return points, np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], np.int32)


def test_a_closed_surface_has_no_hole() -> None:
    found = measure_topology(*tetrahedron())
    assert (found.boundary_edges, found.holes, found.boundary_length) == (0, 0, 0.0)
    assert (found.pieces, found.largest_piece, found.unused, found.degenerate) == (1, 1.0, 0, 0)


def test_a_sheet_has_its_rim_and_each_hole() -> None:
    points, triangles = grid(10, 0.5)
    assert measure_topology(points, triangles).holes == 1
    inner = (triangles == 44).any(axis=1)  # the six triangles around one inner point
    found = measure_topology(points, triangles[~inner])
    assert found.holes == 2
    assert found.boundary_edges == 4 * 9 + 6
    assert found.boundary_length == pytest.approx(0.5 * (4 * 9 + 4 + 2 * np.sqrt(2)))
    assert found.unused == 1


def test_triangles_with_points_of_their_own_hang_together() -> None:
    points, triangles = tetrahedron()
    loose = points[triangles].reshape(-1, 3)
    found = measure_topology(loose, np.arange(12, dtype=np.int32).reshape(4, 3))
    assert (found.holes, found.pieces) == (0, 1)


def test_pieces_and_faults_are_counted() -> None:
    points, triangles = tetrahedron()
    both = np.concatenate([points, points + 5, [[0.5, 0.5, 9]]]).astype(np.float32)
    extra = np.array([[0, 1, 8], [0, 0, 1], [4, 4, 4]], np.int32)
    found = measure_topology(both, np.concatenate([triangles, triangles + 4, extra]))
    assert (found.pieces, found.degenerate, found.branching_edges) == (2, 2, 1)
    assert found.largest_piece == pytest.approx(5 / 9)


def test_triangles_at_missing_points_are_left_out() -> None:
    points, triangles = tetrahedron()
    points = points.copy()
    points[3] = np.nan
    found = measure_topology(points, triangles)
    assert (found.boundary_edges, found.holes) == (3, 1)


def test_weld_names_the_first_of_equal_points() -> None:
    points = np.array([[1, 2, 3], [0, 0, 0], [1, 2, 3], [-0.0, 0, 0]], np.float32)
    assert weld(points).tolist() == [0, 1, 0, 1]


def test_spacing_of_a_sheet() -> None:
    assert median_spacing(grid(30, 0.7)[0]) == pytest.approx(0.7, rel=1e-5)


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.6])
@pytest.mark.parametrize("count", [8_000, 60_000])
def test_noise_of_a_sphere_is_found(noise: float, count: int) -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(size=(count, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points *= 90 + noise * rng.normal(size=(count, 1))
    assert estimate_noise(points.astype(np.float32)) == pytest.approx(noise, rel=0.15)


def test_noise_scales_with_the_unit() -> None:
    rng = np.random.default_rng(2)
    points = grid(60)[0] + rng.normal(0, 0.1, (3600, 3)).astype(np.float32)
    assert estimate_noise(points / 1000) == pytest.approx(estimate_noise(points) / 1000, rel=1e-3)


def test_welding_finds_the_first_of_equal_rows_and_takes_missing_points_for_different_ones():
    points = np.array([[1, 2, 3], [0, 0, 0], [1, 2, 3], [np.nan, 0, 0], [-0.0, 0, 0], [np.nan, 0, 0]], np.float32)
    assert weld(points).tolist() == [0, 1, 0, 3, 1, 5]
    assert weld(points[:0]).tolist() == []


def test_what_is_known_already_changes_nothing():
    points = np.random.default_rng(0).integers(0, 6, (80, 3)).astype(np.float32)
    triangles = np.random.default_rng(1).integers(0, 80, (120, 3)).astype(np.int32)
    assert measure_topology(points, triangles, weld(points)) == measure_topology(points, triangles)
