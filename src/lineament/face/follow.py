"""From the prior's shape to the scan's: a smooth shift along evened normals, as far as its noise lets it be seen.

Symbols: V model vertices, K neighbours. Millimetres, face frame.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csc_matrix, diags
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from lineament.face.measured import Measured
from lineament.face.model import FaceModel
from lineament.geometry.normals import vertex_normals
from lineament.types import Floats

Float64s = npt.NDArray[np.float64]

ROUNDS = ((5.0, 0.1, 30.0), (2.5, 0.3, 30.0), (1.5, 1.0, 30.0), (1.0, 1.0, 0.2))
"""How far from the face so far the scan is looked for in each round, mm; how freely the face may bend: a match that a
stiff face cannot come near belongs to something else; and how far it may leave the prior where nothing was found, mm.
While the scan is looked for, the shift goes on beyond what was found. Left so, it would spoil what is hidden: the prior
knows that better than any shift that goes on smoothly."""
NEAREST = 10
"""Measured points that a height is taken from."""
BENT = 0.03
"""Usual bend (Laplacian) of what the prior leaves of a face, 1/mm."""
LEAST_NOISE = 0.03
"""No surface is known better than this, mm."""
FADE = 8.0
"""Depth in the mouth at which the lips' shift has fallen to a third, mm."""
BLUR = 8.0
"""Square of the distance over which normals and confidence are evened out, mm^2."""


@cache
def laplacian(model: FaceModel) -> tuple[csc_matrix, Float64s]:
    """Return the cotangent Laplacian (V, V), 1/mm^2, of the mean face, and the area around each vertex (V,), mm^2."""
    points, triangles = model.vertices.astype(np.float64), model.triangles
    count = len(points)
    rows, columns, values, area = [], [], [], np.zeros(count)
    for corner in range(3):
        i, j, k = (triangles[:, (corner + step) % 3] for step in range(3))
        one, other = points[i] - points[k], points[j] - points[k]
        double = np.maximum(np.linalg.norm(np.cross(one, other), axis=1), 1e-9)
        cotangent = 0.5 * (one * other).sum(axis=1) / double
        rows += [i, j]
        columns += [j, i]
        values += [cotangent, cotangent]
        area += np.bincount(k, double / 6, count)
    edges = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (count, count))
    area = np.maximum(area, 1e-3)
    return (diags(1 / area) @ (edges - diags(np.asarray(edges.sum(axis=1)).ravel()))).tocsc(), area


def follow(model: FaceModel, vertices: Floats, surface: Measured, trust: Floats) -> tuple[Floats, Floats]:
    """Move the vertices along their normals, evened out, onto the scan.

    Parameters
    ----------
    model : FaceModel
    vertices : (V, 3) mm, face frame
        The prior's shape, laid onto the scan.
    surface : Measured
    trust : (V,)
        How much of the scan each vertex may take over, 0 to 1; the inside of the mouth and the eyeballs nothing.

    Returns
    -------
    vertices : (V, 3) float32, mm, face frame
    confidence : (V,) float32
        See `Face.confidence`.
    """
    bend, area = laplacian(model)
    stiff = (bend.T @ diags(area / area.mean()) @ bend).tocsc()
    even = splu((diags(area) - BLUR * diags(area) @ bend).tocsc())
    # Along the normals as they are, the rims of lips and lids would curl up.
    normals = even.solve(area[:, None] * vertex_normals(vertices, model.triangles)).astype(np.float32)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    sigma = np.hypot(surface.noise / np.sqrt(3), LEAST_NOISE)
    height, seen, share = np.zeros(len(vertices)), np.zeros(len(vertices)), area / area.mean()
    for reach, free, apart in ROUNDS:
        step, seen = _above(surface, (vertices + height[:, None] * normals).astype(np.float32), normals, reach)
        known = seen * trust
        data, held = known / sigma**2, share * (1 - known) / apart**2
        height = splu((stiff / (free * BENT) ** 2 + diags(data + held)).tocsc()).solve(data * (height + step))
    shift = _carried(model, height[:, None] * normals)
    sure = even.solve(area * seen * (trust > 0))
    return (vertices + shift).astype(np.float32), np.clip(sure, 0, 1).astype(np.float32)


def _above(surface: Measured, places: Floats, normals: Floats, reach: float) -> tuple[Float64s, Float64s]:
    """Return how far the scan lies above each place along its normal (V,), mm, and how sure that is, 0 to 1."""
    size = max(1.2 * surface.spacing, 0.8)
    count = min(NEAREST, len(surface.points))
    distance, nearest = surface.tree.query(places, k=count, distance_upper_bound=reach + 3 * size)
    found = np.isfinite(distance)
    nearest = np.where(found, nearest, 0)
    offset, own = surface.points[nearest] - places[:, None], surface.normals[nearest]
    facing = np.einsum("vkc,vc->vk", own, normals)
    # Where each neighbour's plane crosses the normal.
    height = (offset * own).sum(axis=2) / np.where(np.abs(facing) > 0.2, facing, np.inf)
    along = np.einsum("vkc,vc->vk", offset, normals)
    across = np.linalg.norm(offset - along[:, :, None] * normals[:, None], axis=2)
    share = found * (np.abs(facing) > 0.45) * (np.abs(height) < reach) * np.exp(-0.5 * (across / size) ** 2)
    total = share.sum(axis=1)
    mean = (share * height).sum(axis=1) / np.maximum(total, 1e-9)
    spread = np.sqrt((share * (height - mean[:, None]) ** 2).sum(axis=1) / np.maximum(total, 1e-9))
    # Two surfaces in one neighbourhood, such as both lips, say nothing sure.
    sure = np.clip(total / 0.8, 0, 1) * np.clip(1.5 - spread / (0.6 + 3 * surface.noise), 0, 1)
    return mean, sure


@cache
def _neighbours_of_parts(model: FaceModel) -> tuple[tuple[npt.NDArray[np.int64], ...], ...]:
    """Return for the mouth's inside and each eyeball its vertices, the skin that carries each, and their shares."""
    names = list(model.region_names)
    skin = np.flatnonzero(np.isin(model.region, [names.index(name) for name in ("lips", "eyelids")]))
    tree = cKDTree(model.vertices[skin])
    parts = []
    for name in ("mouth", "eyeball_left", "eyeball_right"):
        inside = np.flatnonzero(model.region == names.index(name))
        away, near = tree.query(model.vertices[inside], k=3)
        share = np.exp(-away / FADE) / (away + 1e-4)
        share = share / (1 / (away + 1e-4)).sum(axis=1, keepdims=True)
        parts.append((inside, skin[near], share))
    return tuple(parts)


def _carried(model: FaceModel, shift: Float64s) -> Float64s:
    """Take the inside of the mouth along with the lips, fading with depth, and each eyeball whole with its lids."""
    moved = shift.copy()
    (mouth, near, share), *eyeballs = _neighbours_of_parts(model)
    moved[mouth] = (share[:, :, None] * shift[near]).sum(axis=1)
    for eyeball, near, _ in eyeballs:
        if len(eyeball):  # not every model has them
            moved[eyeball] = np.median(shift[near].reshape(-1, 3), axis=0)
    return moved
