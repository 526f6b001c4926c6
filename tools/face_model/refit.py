"""Where ICT-FaceKit's skin lies on the own mesh, and bases refitted to it.

Symbols: V own vertices, N source points on the skin, K modes.
"""

from __future__ import annotations

import igl
import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from face_model.assemble import REGIONS, Mesh
from face_model.remesh import closest_on_triangles
from face_model.source import SKIN, Source, coverage, triangulate

NEAR = 40  # candidate triangles of each source point
PULL, SMOOTH = 0.05, 0.2  # weights of the pull to the interpolated basis and of the change's Laplacian
TRUST = 0.8  # mm; a source point that a mode parts from its place by more was put on another fold of the skin


def skin_triangles(region: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Triangles of the skin: neither mouth bag nor eyeballs."""
    return triangles[(region < REGIONS.index("mouth"))[triangles].all(1)].astype(np.int64)


def skin_map(
    source: Source, points: np.ndarray, triangles: np.ndarray, mirror: np.ndarray
) -> tuple[np.ndarray, sp.csr_matrix]:
    """Covered skin vertices of ICT-FaceKit `(N,)` and their places `(N, V)` on the mean's skin, mirror symmetric.

    A place is the closest point among triangles that face the same way, so that no upper lip lands on the lower one.
    """
    covered = np.flatnonzero(coverage(source.vertices[:SKIN]) > 1.0)
    polygons = source.polygons[source.polygons.max(1) < SKIN]
    outward = igl.per_vertex_normals(source.vertices[:SKIN], triangulate(polygons, source.vertices).astype(np.int64))
    fold = np.where(source.vertices[covered, :1] < -1e-6, [-1, 1, 1], 1)  # all is found on the left, then mirrored
    target, outward = source.vertices[covered] * fold, outward[covered] * fold
    a, b, c = (points[triangles[:, k]] for k in range(3))
    facing = np.cross(b - a, c - a)
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    near = cKDTree((a + b + c) / 3).query(target, NEAR)[1]
    weights = closest_on_triangles(target[:, None], a[near], b[near], c[near])
    at = np.einsum("nmk,nmkd->nmd", weights, points[triangles[near]])
    distance = np.linalg.norm(at - target[:, None], axis=2)
    opposed = np.einsum("nmd,nd->nm", facing[near], outward) < 0.3
    row, best = np.arange(len(target)), np.argmin(distance + 100 * opposed, axis=1)
    corners = triangles[near[row, best]]
    corners = np.where(fold[:, :1] < 0, mirror[corners], corners)
    shape = (len(target), len(points))
    return covered, sp.csr_matrix((weights[row, best].ravel(), (np.repeat(row, 3), corners.ravel())), shape=shape)


def refit(source: Source, mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Identity `(100, V, 3)` and expression `(53, V, 3)` whose surface follows the source's between its vertices too.

    For each mode x, minimises |B x - source|^2 + PULL |x - x0|^2 + SMOOTH |L (x - x0)|^2 with B the skin map, x0
    the mode interpolated at the own vertices and L the graph's Laplacian. The mean stays where it is,
    and vertices that coincide on it (rim of lips and mouth bag) move as one.
    """
    covered, place = skin_map(source, mesh.points, skin_triangles(mesh.region, mesh.triangles), mesh.mirror)
    modes = np.concatenate([source.identity, source.expression])
    start = np.stack([mesh.weights @ mode for mode in modes])
    missing = modes[:, covered] - np.stack([place @ mode for mode in start])
    trusted = np.linalg.norm(missing, axis=2).max(0) < TRUST
    place, missing = place[trusted], missing[:, trusted]

    one = np.unique(mesh.points.round(5), axis=0, return_inverse=True)[1].ravel()
    weld = sp.csr_matrix((np.ones(len(one)), (np.arange(len(one)), one)))
    count, place = weld.shape[1], place @ weld
    ends = one[np.vstack([mesh.triangles[:, [k, (k + 1) % 3]] for k in range(3)])]
    linked = sp.coo_matrix((np.ones(len(ends)), ends.T), shape=(count, count))
    linked = ((linked + linked.T) > 0).astype(float)
    laplacian = sp.identity(count) - sp.diags(1 / np.asarray(linked.sum(1)).ravel()) @ linked
    normal = place.T @ place + PULL * sp.identity(count) + SMOOTH * laplacian.T @ laplacian
    right = place.T @ missing.transpose(1, 0, 2).reshape(place.shape[0], -1)
    change = weld @ splu(normal.tocsc()).solve(right)
    modes = start + change.reshape(len(one), -1, 3).transpose(1, 0, 2)
    identity, expression = np.split(modes, [len(source.identity)])
    return identity, expression
