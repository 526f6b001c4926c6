"""Nearest neighbours.

Symbols: N points, M queries, k neighbours.
"""

from __future__ import annotations

import os

import numpy as np
from scipy.spatial import cKDTree

from lineament.errors import InputError
from lineament.geometry.arrays import Array, is_tensor, namespace

_THREADED = 20_000
"""Queries from which threads pay."""
_PAIRS_AT_ONCE = 1 << 26
"""Distances held at once on a GPU: 256 MB in float32."""


def knn(points: Array, k: int, queries: Array | None = None, radius: float = float("inf")) -> tuple[Array, Array]:
    """Find the k nearest of `points` for each query, nearest first.

    Parameters
    ----------
    points : (N, 3) float array or tensor, any unit
    k : int
        From 1 to N.
    queries : (M, 3) float, optional
        Defaults to `points`; each point is then its own first neighbour, unless it has a duplicate.
    radius : float, unit of `points`
        Look no farther than this, which saves time. A place left over has index 0 and distance infinity.

    Returns
    -------
    indices : (M, k) int64
    distances : (M, k) in the type of `points`

    Raises
    ------
    InputError
        k is below 1 or above N, or a coordinate is NaN or infinite.
    """
    queries = points if queries is None else queries
    if not 1 <= k <= len(points):
        raise InputError(f"asked for {k} neighbours among {len(points)} points; expected 1 to {len(points)}")
    xp = namespace(points)
    if not (bool(xp.isfinite(points).all()) and bool(xp.isfinite(queries).all())):
        raise InputError("points hold NaN or infinite coordinates; remove those rows before asking for neighbours")
    if not is_tensor(points):
        return _knn_tree(points, k, queries, radius)
    if points.is_cuda:
        return _knn_brute(points, k, queries, radius)
    indices, distances = _knn_tree(points.detach().numpy(), k, queries.detach().numpy(), radius)
    return xp.from_numpy(indices), xp.from_numpy(distances)


def _threads() -> int:
    """Threads that a search may take: as many as matrix products may, which a pool's processes limit to one."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return int(limit) if limit.isdecimal() and int(limit) > 0 else -1


def _knn_tree(points: Array, k: int, queries: Array, radius: float) -> tuple[Array, Array]:
    # Midpoint splits build several times as fast as medians and cost the queries nothing.
    tree = cKDTree(points, balanced_tree=False)
    workers = _threads() if len(queries) >= _THREADED else 1
    distances, indices = tree.query(queries, k=[1] if k == 1 else k, distance_upper_bound=radius, workers=workers)
    if np.isfinite(radius):
        indices[np.isinf(distances)] = 0
    return indices.astype(np.int64, copy=False), distances.astype(points.dtype, copy=False)


def _knn_brute(points: Array, k: int, queries: Array, radius: float) -> tuple[Array, Array]:
    torch = namespace(points)
    parts = []
    for chunk in queries.split(max(1, _PAIRS_AT_ONCE // len(points))):
        # cdist by matrix product loses digits far from the origin; the direct form does not.
        distance = torch.cdist(chunk, points, compute_mode="donot_use_mm_for_euclid_dist")
        parts.append(distance.topk(k, dim=1, largest=False, sorted=True))
    indices, distances = torch.cat([part.indices for part in parts]), torch.cat([part.values for part in parts])
    beyond = distances >= radius
    return indices.masked_fill(beyond, 0), distances.masked_fill(beyond, torch.inf)
