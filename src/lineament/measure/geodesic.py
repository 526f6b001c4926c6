"""Shortest paths along the skin.

A path starts as the shortest chain of points (Dijkstra), which is too long by the zigzag of the points. Then all its
nodes move at once within the planes that touch the skin there, to where the sum of squared steps is least, and back
onto the skin; at rest the path bends along the normal only, which is what makes it a geodesic.

Symbols: M nodes, P paths. Millimetres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.linalg import solveh_banded
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from lineament.geometry.voxels import voxel_mean
from lineament.measure.skin import Float64s, Skin

HOLE = 5.0
"""A path with no measured point within this distance of a node crosses a hole, mm; more in sparse scans."""
STEP = 2.0
"""Distance of the nodes of a path, mm."""
_COARSE = 2.5
"""Cells of the graph that paths start in, mm."""
_LINKS = 14
"""Neighbours of a node of that graph."""
_AGAIN = 2
"""Times that paths are relaxed anew; the shortest of all is kept."""
_ROUNDS = 40
_OFF = 0.1
"""A node may lie this far off the skin, mm,"""
_SAME_SHEET = 0.5
"""and its normal may turn so far in a round, as a cosine."""
_AT_REST = 2e-5
"""A path is done when a round shortens it by less than this share."""


@dataclass(frozen=True, eq=False)
class Path:
    """A shortest path, or why there is none.

    Attributes
    ----------
    nodes : (M, 3) float64, mm
        From end to end; empty where there is no path.
    length : float, mm
        NaN where there is no path.
    reason : str
        Why there is none.
    """

    nodes: Float64s
    length: float
    reason: str = ""

    @property
    def departures(self) -> Float64s:
        """Derivatives (2, 3) of the length by the places of both ends."""
        ends = np.stack([self.nodes[0] - self.nodes[1], self.nodes[-1] - self.nodes[-2]])
        return np.asarray(ends / np.maximum(np.sqrt(np.square(ends).sum(axis=1, keepdims=True)), 1e-12))


def shortest_paths(skin: Skin, ends: Float64s) -> list[Path]:
    """Find the shortest paths between pairs of places.

    Parameters
    ----------
    skin : Skin
    ends : (P, 2, 3) float64, mm
    """
    ends = np.asarray(ends, dtype=np.float64)
    known = np.isfinite(ends).all(axis=(1, 2))
    paths = [Path(np.empty((0, 3)), np.nan, "a landmark is missing")] * len(ends)
    rows = np.flatnonzero(known)
    if not len(rows):
        return paths
    limit = max(HOLE, 2.5 * skin.spacing)
    moved, _, _, gap = skin.project(ends[rows].reshape(-1, 3))
    moved, gap = moved.reshape(-1, 2, 3), gap.reshape(-1, 2)
    chains = _chains(skin, moved, limit)
    todo = []
    for row, chain, away in zip(rows, chains, gap, strict=True):
        if away.max() > limit:
            paths[row] = Path(np.empty((0, 3)), np.nan, f"no skin within {limit:.0f} mm of a landmark")
        elif chain is None:
            paths[row] = Path(np.empty((0, 3)), np.nan, "the skin between the landmarks does not hang together")
        else:
            todo.append((row, chain))
    relaxed = _shortened(skin, [chain for _, chain in todo])
    for (row, _), nodes in zip(todo, relaxed, strict=True):
        widest = float(skin.tree.query(nodes)[0].max())
        if widest > limit:
            paths[row] = Path(np.empty((0, 3)), np.nan, f"a hole of about {2 * widest:.0f} mm lies in the way")
        else:
            paths[row] = Path(nodes, _length(nodes))
    return paths


def _chains(skin: Skin, ends: Float64s, limit: float) -> list[Float64s | None]:
    """Return the shortest chain of coarse points between the ends of each path, or None where nothing links them."""
    extra = () if skin.normals is None else (skin.normals,)
    nodes, *means, _ = voxel_mean(skin.points, max(_COARSE, skin.spacing), *extra)
    tree = cKDTree(nodes)
    distance, near = tree.query(nodes, k=min(_LINKS, len(nodes)))
    linked = (distance > 0) & (distance < max(limit, 2.5 * float(np.median(distance[:, 1]))))
    at = tree.query(ends)[1]
    sources, row = np.unique(at[:, 0], return_inverse=True)
    row = row.reshape(-1)
    # Not from one sheet to another; but a mesh whose patches are wound both ways has no sheets to tell apart.
    same_way = np.einsum("mc,mkc->mk", means[0], means[0][near]) > 0 if means else linked
    away, before = _search(near, np.where(linked & same_way, distance, np.inf), sources)
    if not np.isfinite(away[row, at[:, 1]]).all():
        _, before = _search(near, np.where(linked, distance, np.inf), sources)
    chains: list[Float64s | None] = []
    for (first, last), path, source in zip(at, ends, row, strict=True):
        chain = [last]
        while chain[-1] != first and chain[-1] >= 0:
            chain.append(before[source, chain[-1]])
        inner = nodes[chain[::-1][1:-1]]
        chains.append(None if chain[-1] < 0 else np.concatenate([path[:1], inner, path[1:]]))
    return chains


def _search(
    near: npt.NDArray[np.intp], distance: Float64s, sources: npt.NDArray[np.intp]
) -> tuple[Float64s, npt.NDArray[np.int32]]:
    """Return distances from the sources along finite links (M, k), and the node before each on its way."""
    linked = np.isfinite(distance)
    start = np.broadcast_to(np.arange(len(near))[:, None], near.shape)[linked]
    graph = csr_matrix((distance[linked], (start, near[linked])), shape=(len(near), len(near)))
    away, before = dijkstra(graph, directed=False, indices=sources, return_predecessors=True)
    return away, before


def _shortened(skin: Skin, chains: Sequence[Float64s]) -> list[Float64s]:
    """Relax chains, coarse first; then again with new nodes, which frees those that a fold has caught."""
    tries = [_relax(skin, _relax(skin, chains, 2.0), 1.0)]
    for _ in range(_AGAIN):
        tries.append(_relax(skin, tries[-1], 1.0))
    return [min(paths, key=_length) for paths in zip(*tries, strict=True)]


def _relax(skin: Skin, chains: Sequence[Float64s], coarser: float) -> list[Float64s]:
    """Shorten paths along the skin until they rest, with nodes and a skin so much coarser."""
    paths = [_resampled(chain, coarser * STEP) for chain in chains]
    if not paths:
        return paths
    sizes = np.array([len(path) for path in paths])
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    nodes = np.concatenate(paths)
    owner = np.repeat(np.arange(len(paths)), sizes)
    fixed = np.zeros(len(nodes), dtype=np.bool_)
    fixed[bounds[:-1]] = fixed[bounds[1:] - 1] = True
    settled, normals, _, _ = skin.project(nodes, coarser)
    nodes[~fixed] = settled[~fixed]
    damping = np.ones(len(paths))
    length = _lengths(nodes, owner, len(paths))
    for _ in range(_ROUNDS):
        free = ~fixed & (damping > 0)[owner]
        if not free.any():
            break
        moves = _tangential_step(nodes, normals, ~free) * damping[owner, None]
        moves /= np.maximum(np.sqrt(np.square(moves).sum(axis=1, keepdims=True)) / (coarser * STEP), 1)
        trial, turned = nodes.copy(), normals.copy()
        landed, _, _, _ = skin.project((nodes + moves)[free], coarser)
        trial[free], turned[free], rise, _ = skin.project(landed, coarser)
        # A node that did not come to rest on the skin, or on another sheet of it, stays where it was.
        lost = np.zeros(len(nodes), dtype=np.bool_)
        lost[free] = np.abs(rise) > _OFF * coarser
        lost |= np.abs((turned * normals).sum(axis=1)) < _SAME_SHEET
        trial[lost], turned[lost] = nodes[lost], normals[lost]
        found = _lengths(trial, owner, len(paths))
        better = (damping > 0) & (found < length)
        rest = better & (found > (1 - _AT_REST) * length)
        nodes, normals = np.where(better[owner, None], trial, nodes), np.where(better[owner, None], turned, normals)
        length = np.where(better, found, length)
        damping = np.where(better, np.minimum(1.0, 2 * damping), damping / 2)
        damping[rest | (damping < 0.1)] = 0
    return [nodes[a:b] for a, b in pairwise(bounds)]


def _tangential_step(nodes: Float64s, normals: Float64s, fixed: npt.NDArray[np.bool_]) -> Float64s:
    """Return the moves (M, 3) within the tangent planes after which the squared steps of each path sum to least.

    Two unknowns a node; the matrix has blocks of 2 x 2 on three diagonals, and paths end at fixed nodes.
    """
    count = len(nodes)
    tangents = _tangents(normals)  # (M, 2, 3)
    pull = np.zeros_like(nodes)
    pull[1:-1] = nodes[:-2] + nodes[2:] - 2 * nodes[1:-1]
    right = np.einsum("mic,mc->mi", tangents, pull)
    right[fixed] = 0
    coupling = -np.einsum("mic,mjc->mij", tangents[:-1], tangents[1:])
    coupling[fixed[:-1] | fixed[1:]] = 0
    bands = np.zeros((4, 2 * count))  # upper form: bands[3 - d, j] is the entry (j - d, j)
    bands[3] = np.where(np.repeat(fixed, 2), 1.0, 2.0)
    for i in range(2):
        for j in range(2):
            bands[3 - (2 + j - i), 2 + j :: 2] = coupling[:, i, j]
    found = solveh_banded(bands, right.reshape(-1)).reshape(count, 2)
    return np.asarray(np.einsum("mi,mic->mc", found, tangents))


def _tangents(normals: Float64s) -> Float64s:
    """Return two unit vectors (M, 2, 3) square to each normal."""
    axis = np.eye(3)[np.abs(normals).argmin(axis=1)]
    one = np.cross(normals, axis)
    one /= np.maximum(np.sqrt(np.square(one).sum(axis=1, keepdims=True)), 1e-12)
    return np.stack([one, np.cross(normals, one)], axis=1)


def _resampled(chain: Float64s, step: float) -> Float64s:
    """Set nodes evenly along a chain, at least one between its ends."""
    along = np.concatenate([[0.0], np.cumsum(np.sqrt(np.square(np.diff(chain, axis=0)).sum(axis=1)))])
    count = max(3, round(along[-1] / step) + 1)
    places = np.linspace(0, along[-1], count)
    return np.stack([np.interp(places, along, chain[:, axis]) for axis in range(3)], axis=1)


def _lengths(nodes: Float64s, owner: npt.NDArray[np.intp], count: int) -> Float64s:
    """Return the length of each path, of all nodes in one array."""
    steps = np.sqrt(np.square(np.diff(nodes, axis=0)).sum(axis=1)) * (owner[1:] == owner[:-1])
    return np.bincount(owner[1:], steps, count).astype(np.float64)


def _length(nodes: Float64s) -> float:
    return float(np.sqrt(np.square(np.diff(nodes, axis=0)).sum(axis=1)).sum())
