"""Samples of clouds and of surfaces.

Symbols: N points, T triangles, B batch, S samples.
"""

from __future__ import annotations

import numpy as np

from lineament.check import check_finite, check_indices, check_shape
from lineament.errors import InputError
from lineament.geometry.arrays import Array, is_tensor, namespace


def farthest_point_sample(points: Array, count: int, weights: Array | None = None) -> Array:
    """Choose points one after the other, each the farthest from those already chosen.

    With weights, the distance of a candidate is multiplied by its weight, so that where the weight is twice as high
    the samples lie about half as far apart. The first sample is the point farthest from the centroid, times its
    weight; the result does not depend on the order of the points, except between exact ties and within float32.

    Parameters
    ----------
    points : (N, 3) float array, or (N, 3) or (B, N, 3) float tensor; any unit
    count : int
        S, from 1 to N.
    weights : (N,) or (B, N) float, optional
        Positive.

    Returns
    -------
    (S,) or (B, S) int64
        Distinct rows of `points`, in the order chosen: every prefix is itself a sample.

    Raises
    ------
    InputError
        `count` is out of range, a coordinate is not finite, or a weight is not positive and finite.
    """
    xp = namespace(points)
    size = points.shape[-2]
    if not 1 <= count <= size:
        raise InputError(f"asked for {count} samples of {size} points; expected 1 to {size}")
    if not bool(xp.isfinite(points).all()):
        raise InputError("points hold NaN or infinite coordinates; remove those rows before sampling")
    if weights is not None and not (bool(xp.isfinite(weights).all()) and bool((weights > 0).all())):
        raise InputError("sampling weights must be positive and finite")
    if is_tensor(points):
        return _farthest_batched(points, count, weights)
    return _farthest(points, count, weights)


def _farthest(points: Array, count: int, weights: Array | None) -> Array:
    centred = np.asarray(points - points.mean(axis=0, dtype=np.float64), dtype=np.float32)
    squared = np.einsum("nc,nc->n", centred, centred)
    # |p - q|^2 as one product of 5-vectors: (x, y, z, |p|^2, 1) . (-2x, -2y, -2z, 1, |q|^2).
    rows = np.ascontiguousarray(np.vstack([centred.T, squared, np.ones_like(squared)]))
    samples = np.column_stack([-2 * centred, np.ones_like(squared), squared])
    if weights is not None:
        rows *= np.asarray(weights, dtype=np.float32) ** 2
        squared = rows[3]
    nearest = np.full(len(points), np.inf, dtype=np.float32)
    distance = np.empty_like(nearest)
    chosen = np.empty(count, dtype=np.int64)
    index = squared.argmax()
    for i in range(count):
        chosen[i] = index
        np.dot(samples[index], rows, out=distance)
        np.minimum(nearest, distance, out=nearest)
        nearest[index] = -np.inf  # never again, whatever the rounding
        index = nearest.argmax()
    return chosen


def _farthest_batched(points: Array, count: int, weights: Array | None) -> Array:
    torch = namespace(points)
    if points.ndim == 2:
        return _farthest_batched(points[None], count, None if weights is None else weights[None])[0]
    batch = torch.arange(len(points), device=points.device)
    factor = torch.ones_like(points[..., 0]) if weights is None else weights.to(points.dtype) ** 2
    offset = points - points.double().mean(dim=1, keepdim=True).to(points.dtype)
    nearest = torch.full_like(factor, torch.inf)
    chosen = torch.empty((len(points), count), dtype=torch.int64, device=points.device)
    index = ((offset * offset).sum(dim=2) * factor).argmax(dim=1)
    for i in range(count):
        chosen[:, i] = index
        offset = points - points[batch, index][:, None]
        nearest = torch.minimum(nearest, (offset * offset).sum(dim=2) * factor)
        nearest[batch, index] = -torch.inf
        index = nearest.argmax(dim=1)
    return chosen


def sample_surface(points: Array, triangles: Array, count: int) -> tuple[Array, Array, Array]:
    """Spread about `count` points evenly over a surface, whatever the order of its vertices and triangles.

    Each triangle is cut into m^2 congruent parts of about the same area everywhere, m at least 1, and their centroids
    are taken: the same shape gives the same points, and no triangle is left out.

    Parameters
    ----------
    points : (N, 3) float array, any unit
    triangles : (T, 3) int
    count : int
        1 or more; a surface of more triangles than that gives one point of each.

    Returns
    -------
    points : (S, 3) in the type of `points`
    triangle : (S,) int64
    barycentric : (S, 3) in the type of `points`
        Weights of the corners; they sum to 1.

    Raises
    ------
    InputError
        The surface has no area, an index is out of range, a coordinate is not finite, or `count` is not positive.
    """
    check_shape(points, "N 3", "points")
    check_shape(triangles, "T 3", "triangles")
    check_indices(triangles, len(points), "triangles")
    if count < 1:
        raise InputError(f"asked for {count} samples of a surface, expected 1 or more")
    corners = points[triangles].astype(np.float64)
    check_finite(corners, "corners of the triangles")
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    total = area.sum()
    if not total > 0:
        raise InputError(f"the surface of {len(triangles)} triangles has no area to sample")
    cuts = np.maximum(1, np.rint(np.sqrt(area / (total / count)))).astype(np.int64)
    chosen, weights = [], []
    for m in np.unique(cuts[area > 0]):
        rows = np.flatnonzero((cuts == m) & (area > 0))
        parts = _centroids(int(m))
        chosen.append(np.repeat(rows, len(parts)))
        weights.append(np.tile(parts, (len(rows), 1)))
    triangle, barycentric = np.concatenate(chosen), np.concatenate(weights)
    sampled = np.einsum("sc,scd->sd", barycentric, corners[triangle])
    return sampled.astype(points.dtype), triangle, barycentric.astype(points.dtype)


def _centroids(m: int) -> Array:
    """Return the centroids (m^2, 3), barycentric, of a triangle's m^2 congruent parts."""
    i, j = np.divmod(np.arange(m * m), m)
    up, down = i + j < m, i + j < m - 1
    parts = [np.stack([3 * i + k, 3 * j + k, 3 * (m - i - j) - 2 * k], axis=1) for k in (1, 2)]
    return np.concatenate([parts[0][up], parts[1][down]]) / (3 * m)
