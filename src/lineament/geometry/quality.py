"""What a scan is like as a measurement: spacing, noise, holes, pieces.

Symbols: N points, T triangles, E edges, S places, k neighbours. Lengths are in the scan's own unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from lineament.types import Floats, Ints

_PLACES = 2000
"""Places where noise and spacing are measured; more change the third digit."""
_FIRST_NEIGHBOURS = 24
_MOST_NEIGHBOURS = 400

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Topology:
    """How a mesh hangs together; vertices at the same place count as one.

    Attributes
    ----------
    boundary_edges : int
        Edges of one triangle alone.
    holes : int
        Connected pieces of the boundary; the rim of an open scan is one of them.
    boundary_length : float
    branching_edges : int
        Edges of three triangles or more.
    degenerate : int
        Triangles without an area.
    unused : int
        Points in no triangle.
    pieces : int
        Connected pieces of the surface.
    largest_piece : float
        Share of the triangles in the largest.
    """

    boundary_edges: int
    holes: int
    boundary_length: float
    branching_edges: int
    degenerate: int
    unused: int
    pieces: int
    largest_piece: float


def weld(points: Floats) -> Indices:
    """Return for each of the points (N, 3) the first row with the same coordinates, (N,) int64."""
    order = np.lexsort(points.T)  # stable: the first of equal rows comes first
    rows = points[order]
    starts = np.flatnonzero(np.concatenate([[True], (rows[1:] != rows[:-1]).any(axis=1)])[: len(rows)])
    first = np.empty(len(points), dtype=np.int64)
    first[order] = np.repeat(order[starts], np.diff(starts, append=len(rows)))
    return first


def measure_topology(points: Floats, triangles: Ints, welded: Indices | None = None) -> Topology:
    """Count what is open, doubled or loose in a mesh.

    Parameters
    ----------
    points : (N, 3) float32, any unit
        Triangles at missing points (NaN) are left out.
    triangles : (T, 3) int32
    welded : (N,) int64, optional
        `weld(points)`, where it is known already.
    """
    used = np.zeros(len(points), dtype=np.bool_)
    used[triangles] = True
    corners = (weld(points) if welded is None else welded)[triangles]
    finite = np.asarray(np.isfinite(points).all(axis=1))[triangles].all(axis=1)
    flat = _is_flat(points, corners)
    whole = corners[finite & ~flat]
    edges, counts = _edges(whole)
    rim = edges[counts == 1]
    length = np.linalg.norm(points[rim[:, 0]].astype(np.float64) - points[rim[:, 1]], axis=1).sum()
    pieces, label = _pieces(edges, len(points), whole[:, 0])
    return Topology(
        boundary_edges=len(rim),
        holes=_pieces(rim, len(points), rim[:, 0])[0],
        boundary_length=float(length),
        branching_edges=int(np.count_nonzero(counts > 2)),
        degenerate=int(np.count_nonzero(finite & flat)),
        unused=int(np.count_nonzero(~used)),
        pieces=pieces,
        largest_piece=float(np.bincount(label).max() / len(label)) if len(label) else 0.0,
    )


def on_boundary(count: int, triangles: Ints) -> npt.NDArray[np.bool_]:
    """Tell which of `count` vertices lie on an open edge, one that a single triangle of (T, 3) has."""
    edges, counts = _edges(triangles.astype(np.int64))
    rim = np.zeros(count, dtype=np.bool_)
    rim[edges[counts == 1]] = True
    return rim


def _edges(triangles: Indices) -> tuple[Indices, Indices]:
    """Return each edge once (E, 2), and how many of the triangles (T, 3) have it (E,)."""
    a, b = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]).T
    # one number an edge is sorted much faster than two
    base = int(triangles.max(initial=0)) + 1
    edges, counts = np.unique(np.minimum(a, b) * base + np.maximum(a, b), return_counts=True)
    return np.stack([edges // base, edges % base], axis=1), counts


def _is_flat(points: Floats, corners: Indices) -> npt.NDArray[np.bool_]:
    """Return which triangles (T, 3) have two corners at one place, or no area beyond rounding."""
    a, b, c = (points[corners[:, i]].astype(np.float64) for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    longest = np.max([np.einsum("ti,ti->t", side, side) for side in (b - a, c - b, a - c)], axis=0)
    return np.asarray(~(area > 1e-9 * longest))


def _pieces(edges: Indices, count: int, members: Indices) -> tuple[int, Indices]:
    """Return how many connected pieces `members` lie in, and the piece of each, numbered from 0."""
    graph = coo_matrix((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(count, count))
    label = connected_components(graph, directed=False)[1][members]
    found, label = np.unique(label, return_inverse=True)
    return len(found), label


def median_spacing(points: Floats, most: int = _PLACES) -> float:
    """Return the median distance from a point to the nearest other one.

    Parameters
    ----------
    points : (N, 3) float32, finite, without duplicates
        NaN when there are fewer than 2.
    most : int
        About so many places are measured.
    """
    if len(points) < 2:
        return float("nan")
    places = points[:: max(1, len(points) // most)]
    return float(np.median(cKDTree(points, balanced_tree=False).query(places, k=2)[0][:, 1]))


def estimate_noise(points: Floats, most: int = _PLACES) -> float:
    """Estimate the noise across the surface: root mean square residual of quadrics fitted to neighbourhoods.

    A neighbourhood is 24 points, or more where the noise is not small beside its radius; the median over the scan
    leaves edges out. Detail finer than a neighbourhood counts as noise, so that a coarse mesh without any shows some.

    Parameters
    ----------
    points : (N, 3) float32, finite, without duplicates
        NaN when there are fewer than 24.
    most : int
        About so many neighbourhoods are measured.

    Returns
    -------
    float
        One standard deviation.
    """
    k = _FIRST_NEIGHBOURS
    if len(points) < k:
        return float("nan")
    tree = cKDTree(points, balanced_tree=False)
    places = points[:: max(1, len(points) // most)]
    while True:
        distances, near = tree.query(places, k=k)
        noise = float(np.median(_residuals(points[near].astype(np.float64))))
        if noise < 0.15 * np.median(distances[:, -1]) or 2 * k > min(len(points), _MOST_NEIGHBOURS):
            return noise
        k *= 2


def _residuals(patches: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the residual (S,) of a quadric fitted to each patch (S, k, 3), corrected for its six unknowns."""
    local = patches - patches.mean(axis=1, keepdims=True)
    size = np.sqrt(np.square(local).sum(axis=2).mean(axis=1))
    size = np.where(size > 0, size, 1.0)[:, None]
    axes = np.linalg.svd(local, full_matrices=False)[2]
    u, v, h = (np.einsum("skc,sc->sk", local, axes[:, i]) / size for i in range(3))
    basis = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=2)
    normal = np.swapaxes(basis, 1, 2) @ basis + 1e-9 * np.eye(6)
    solution = np.linalg.solve(normal, np.swapaxes(basis, 1, 2) @ h[:, :, None])
    rest = h - (basis @ solution)[:, :, 0]
    return np.asarray(np.sqrt(np.square(rest).sum(axis=1) / (patches.shape[1] - 6)) * size[:, 0])
