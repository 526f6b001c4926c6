"""Normals of meshes and of bare clouds, and their orientation.

Symbols: N points, T triangles, k neighbours.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree

from lineament.errors import InputError
from lineament.geometry.arrays import Array, double, is_tensor, like, namespace, take, unit


def vertex_normals(points: Array, triangles: Array) -> Array:
    """Average the normals of the triangles around each point, weighted by their areas.

    Parameters
    ----------
    points : (N, 3) float array or tensor, any unit
    triangles : (T, 3) int
        Anticlockwise seen from outside.

    Returns
    -------
    (N, 3) in the type of `points`
        Of unit length; zero for a point in no triangle of positive area.
    """
    xp = namespace(points)
    corners = [take(double(points), triangles[:, i]) for i in range(3)]
    normal = xp.linalg.cross(corners[1] - corners[0], corners[2] - corners[0])  # twice the area long
    if is_tensor(points):
        total = normal.new_zeros((len(points), 3))
        for i in range(3):
            total.index_add_(0, triangles[:, i].long(), normal)
    else:
        vertex = triangles.T.reshape(-1)
        total = np.stack([np.bincount(vertex, np.tile(normal[:, i], 3), len(points)) for i in range(3)], axis=1)
    return like(unit(total), points)


def estimate_normals(points: Array, neighbours: Array) -> Array:
    """Take the direction in which each neighbourhood is thinnest (principal component analysis).

    The smallest eigenvalue of the 3x3 covariance comes from the trigonometric formula (Smith 1961), its vector
    from a cross product of two rows.

    Parameters
    ----------
    points : (N, 3) float array or tensor, any unit
    neighbours : (N, k) int
        k of 3 or more; see `lineament.geometry.neighbours.knn`.

    Returns
    -------
    (N, 3) in the type of `points`
        Of unit length and **unoriented**: see `orient_normals`, `orient_outward`.
    """
    xp = namespace(points)
    covariance = _covariance(points, neighbours)
    # Scaled to about 1, so that thresholds below do not depend on the unit.
    size = covariance[:, 0, 0] + covariance[:, 1, 1] + covariance[:, 2, 2]
    covariance = covariance / xp.where(size > 0, size, xp.ones_like(size))[:, None, None]
    eye = xp.eye(3, dtype=covariance.dtype)
    eye = eye.to(points.device) if is_tensor(points) else eye
    shifted = covariance - _smallest_eigenvalue(covariance)[:, None, None] * eye
    rows = [shifted[:, i] for i in range(3)]
    crosses = xp.stack([xp.linalg.cross(rows[i], rows[(i + 1) % 3]) for i in range(3)], axis=1)
    normal = _longest(crosses)
    # Points along a line: the shifted matrix has one row space direction, and any perpendicular will do.
    along = _longest(shifted)
    axis = eye[xp.argmin(xp.abs(along), axis=1)]
    perpendicular = xp.linalg.cross(along, axis)
    flat = (normal * normal).sum(axis=1) > 1e-24
    normal = unit(xp.where(flat[:, None], normal, perpendicular))
    known = (normal * normal).sum(axis=1) > 0.5
    return like(xp.where(known[:, None], normal, eye[2][None, :]), points)


def _covariance(points: Array, neighbours: Array) -> Array:
    """Return the covariance (N, 3, 3) of each neighbourhood, float64; columns at a time, which is twice as fast."""
    xp = namespace(points)
    columns = [double(take(points[:, i], neighbours) - points[:, None, i]) for i in range(3)]
    columns = [column - column.mean(axis=1)[:, None] for column in columns]
    rows = [xp.stack([(one * other).mean(axis=1) for other in columns], axis=1) for one in columns]
    return xp.stack(rows, axis=1)


def _longest(vectors: Array) -> Array:
    """Return the longest of `vectors (N, 3, 3)` in each row."""
    xp = namespace(vectors)
    best = xp.argmax((vectors * vectors).sum(axis=-1), axis=1)
    rows = xp.arange(len(vectors))
    return vectors[rows.to(best.device) if is_tensor(vectors) else rows, best]


def _smallest_eigenvalue(m: Array) -> Array:
    """Return the smallest eigenvalue of symmetric matrices `m (N, 3, 3)`."""
    xp = namespace(m)
    a, b, c = m[:, 0, 0], m[:, 1, 1], m[:, 2, 2]
    d, e, f = m[:, 0, 1], m[:, 0, 2], m[:, 1, 2]
    mean = (a + b + c) / 3
    a, b, c = a - mean, b - mean, c - mean
    spread = xp.sqrt((a * a + b * b + c * c + 2 * (d * d + e * e + f * f)) / 6)
    determinant = a * (b * c - f * f) - d * (d * c - e * f) + e * (d * f - b * e)
    cube = spread**3
    ratio = determinant / xp.where(cube > 0, 2 * cube, xp.ones_like(cube))
    angle = xp.arccos(xp.clip(ratio, -1.0, 1.0)) / 3
    return mean + 2 * spread * xp.cos(angle + 2 * np.pi / 3)


def orient_outward(points: Array, normals: Array, centre: Array) -> Array:
    """Flip each normal to point away from `centre (3,)`; right where the shape is star-shaped around it.

    Parameters
    ----------
    points, normals : (N, 3) float array or tensor
    centre : (3,) float

    Returns
    -------
    (N, 3) in the type of `normals`
    """
    xp = namespace(points)
    inward = ((points - centre) * normals).sum(axis=1) < 0
    return xp.where(inward[:, None], -normals, normals)


def orient_normals(points: Array, normals: Array, neighbours: Array) -> Array:
    """Orient the normals of a bare cloud consistently, outwards, with no sensor position known.

    Signs spread along the minimum spanning tree of the neighbour graph whose edges cost `1 - |n_i . n_j|`
    (Hoppe et al. 1992). Each connected piece is then turned outwards: the mean of `(p - centroid) . n` is positive
    for a convex shape, closed or open. A flat piece has no outside of its own; it is turned away from the
    centroid of the whole cloud.

    Parameters
    ----------
    points : (N, 3) float array, any unit
    normals : (N, 3) float, unoriented unit vectors
    neighbours : (N, k) int

    Returns
    -------
    (N, 3) in the type of `normals`

    Raises
    ------
    InputError
        `points` are a tensor: the tree is built on the CPU in NumPy.
    """
    if is_tensor(points):
        raise InputError("orient_normals takes NumPy arrays; pass tensor.numpy()")
    count = len(points)
    if not count:
        return normals
    # The extra item is the root above all pieces; a piece's own root agrees with itself.
    parent = np.append(_spanning_parents(normals, neighbours), count)
    top = np.where(parent == count, np.arange(count + 1), parent)
    padded = np.vstack([normals, np.zeros((1, 3), normals.dtype)])
    sign = np.where((padded * padded[top]).sum(axis=1) < 0, -1.0, 1.0)
    # Pointer doubling: after step s, `sign` is the product along 2^s edges towards the root.
    while (top[top] != top).any():
        sign, top = sign * sign[top], top[top]
    oriented = normals * sign[:count, None].astype(normals.dtype)
    return oriented * _outward_sign(points, oriented, top[:count])[:, None].astype(normals.dtype)


def _spanning_parents(normals: Array, neighbours: Array) -> Array:
    """Return each point's parent (N,) in the spanning forest; N marks the root of a piece."""
    count, k = neighbours.shape
    start = np.repeat(np.arange(count), k)
    end = neighbours.reshape(-1)
    cost = 1.0 - np.abs(np.einsum("nc,nkc->nk", normals, take(normals, neighbours))).reshape(-1)
    # An edge of cost 0 would be no edge to scipy.
    graph = csr_matrix((np.clip(cost, 0, 1) + 1e-6, (start, end)), shape=(count, count))
    tree = minimum_spanning_tree(graph.maximum(graph.T))
    pieces, label = connected_components(tree, directed=False)
    roots = np.full(pieces, count)
    np.minimum.at(roots, label, np.arange(count))
    edges = tree.tocoo()
    rows = np.concatenate([edges.row, np.full(pieces, count)])
    columns = np.concatenate([edges.col, roots])
    rooted = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count + 1, count + 1))
    _, parent = breadth_first_order(rooted, count, directed=False)
    return parent[:count]


def _outward_sign(points: Array, normals: Array, piece: Array) -> Array:
    """Return +1 or -1 (N,) for each point: what turns its piece outwards."""
    _, label = np.unique(piece, return_inverse=True)
    size = np.bincount(label)
    centre = np.stack([np.bincount(label, points[:, i]) / size for i in range(3)], axis=1)
    offset = points - centre[label]
    own = np.bincount(label, (offset * normals).sum(axis=1)) / size
    extent = np.sqrt(np.bincount(label, (offset * offset).sum(axis=1)) / size)
    whole = np.bincount(label, ((points - points.mean(axis=0)) * normals).sum(axis=1))
    vote = np.where(np.abs(own) > 0.02 * extent, own, whole)
    return np.where(vote < 0, -1.0, 1.0)[label]
