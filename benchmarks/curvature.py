"""Curvature beside libigl on one noisy surface of known curvature, and the time of each step on a face-sized cloud.

    OMP_NUM_THREADS=1 python benchmarks/curvature.py

The surface is an ellipsoid of the size of a head with 200,000 irregular vertices and 0.05 mm of noise along the normal.
libigl is optional (`pip install libigl`); without it the table holds our rows alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull

from lineament.geometry.curvature import principal_curvatures
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import estimate_normals, orient_normals, vertex_normals
from lineament.geometry.sampling import farthest_point_sample
from lineament.geometry.voxels import voxel_mean

SEMI_AXES = np.array([75.0, 110.0, 90.0])
NOISE = 0.05
Array = npt.NDArray[Any]


def sphere(count: int, seed: int = 0) -> Array:
    """Return irregular unit vectors (count, 3): a Fibonacci lattice, jittered by a third of its spacing."""
    index = np.arange(count) + 0.5
    z = 1 - 2 * index / count
    turn = index * np.pi * (3 - np.sqrt(5))
    vectors = np.stack([np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn), z], axis=1)
    vectors += np.random.default_rng(seed).normal(0, np.sqrt(4 * np.pi / count) / 3, vectors.shape)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def hull(vectors: Array) -> Array:
    """Return the triangles (T, 3) of the hull of unit vectors, anticlockwise from outside."""
    triangles = ConvexHull(vectors).simplices
    a, b, c = (vectors[triangles[:, i]] for i in range(3))
    inward = (np.cross(b - a, c - a) * a).sum(axis=1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return triangles


def ellipsoid_curvature(points: Array) -> tuple[Array, Array]:
    """Return the exact k1 >= k2 (N,) of the ellipsoid at points on it, convex positive."""
    support = 1 / np.sqrt((points**2 / SEMI_AXES**4).sum(axis=1))
    gauss = support**4 / np.prod(SEMI_AXES) ** 2
    mean = support**3 * ((SEMI_AXES**2).sum() - (points**2).sum(axis=1)) / (2 * np.prod(SEMI_AXES) ** 2)
    half = np.sqrt(np.maximum(mean**2 - gauss, 0))
    return mean + half, mean - half


def best_time(call: Callable[[], Any], repeats: int = 3) -> tuple[float, Any]:
    """Return the shortest of several runs in seconds, and the result."""
    seconds = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        seconds = min(seconds, time.perf_counter() - start)
    return seconds, result


def report(name: str, seconds: float, k1: Array, k2: Array, truth: tuple[Array, Array]) -> None:
    """Print one row: time, and median and 95th percentile of the relative error."""
    cells = []
    for found, true in zip((k1, k2), truth, strict=True):
        error = np.abs(found - true) / true
        cells.append(f"{np.median(error):8.1%} /{np.quantile(error, 0.95):7.1%}")
    print(f"{name:38s}{seconds:8.2f} s   {cells[0]}   {cells[1]}")


def compare_on_ellipsoid(count: int = 200_000) -> None:
    """Print the table of errors and times."""
    vectors = sphere(count)
    triangles = hull(vectors)
    clean = vectors * SEMI_AXES
    truth = ellipsoid_curvature(clean)
    normals = clean / SEMI_AXES**2
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    noise = np.random.default_rng(1).normal(0, NOISE, (count, 1))
    points = (clean + noise * normals).astype(np.float32)

    def ours(radius: float) -> Array:
        return principal_curvatures(points, vertex_normals(points, triangles), [radius])[:, 0]

    print(f"{count:,} vertices, {NOISE} mm noise; relative error, median / 95th percentile")
    print(f"{'':38s}{'time':>10s}   {'k1':>17s}   {'k2':>17s}")
    for radius in (8.0, 10.0):
        seconds, k = best_time(lambda radius=radius: ours(radius), repeats=1)
        report(f"lineament, radius {radius:g} mm (with normals)", seconds, k[:, 0], k[:, 1], truth)
    try:
        import igl
    except ImportError:
        print("libigl is not installed: no comparison")
        return
    vertices = points.astype(np.float64)
    for radius in (5, 10):
        seconds, found = best_time(
            lambda radius=radius: igl.principal_curvature(vertices, triangles, radius), repeats=1
        )
        k1, k2 = found[2], found[3]
        report(f"libigl, radius {radius} edge lengths", seconds, np.maximum(k1, k2), np.minimum(k1, k2), truth)


def time_on_face(count: int = 8_000) -> None:
    """Print the time of each step on half an ellipsoid, which has the size and the border of a face."""
    vectors = sphere(2 * count, seed=2)
    cap = vectors[np.argsort(-vectors[:, 2])[:count]] * np.array([72.0, 100.0, 80.0])
    points = cap.astype(np.float32)
    neighbours, distances = knn(points, 16)
    normals = orient_normals(points, estimate_normals(points, neighbours), neighbours)
    k = principal_curvatures(points, normals, [10.0])[:, 0]
    weights = 1 + 20 * np.abs(k[:, 0])
    steps: dict[str, Callable[[], Any]] = {
        "knn, k = 16": lambda: knn(points, 16),
        "estimate_normals": lambda: estimate_normals(points, neighbours),
        "orient_normals": lambda: orient_normals(points, normals, neighbours),
        "voxel_mean, 2 mm, with normals": lambda: voxel_mean(points, 2.0, normals),
        "principal_curvatures, 5, 10 and 20 mm": lambda: principal_curvatures(points, normals, (5, 10, 20)),
        "farthest_point_sample, 2,048": lambda: farthest_point_sample(points, 2048),
        "farthest_point_sample, 2,048, weighted": lambda: farthest_point_sample(points, 2048, weights),
    }
    print(f"\n{count:,} points of a face-sized cap, spacing {np.median(distances[:, 1]):.1f} mm")
    for name, call in steps.items():
        print(f"{name:38s}{1e3 * best_time(call, repeats=7)[0]:8.1f} ms")


if __name__ == "__main__":
    compare_on_ellipsoid()
    time_on_face()
