"""Heights of a bare cloud over the fitted mesh.

Each point has a foot: the place of the mesh whose interpolated normal leads to it. Heights over feet no longer hold the
curvature of the face, so that a plane through the nearest few is enough (moving least squares, Lancaster and Salkauskas
1981).

Symbols: N points, P texels, k neighbours. All lengths in mm, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from lineament.errors import InputError
from lineament.face.detail_base import Base
from lineament.face.project import FACING, NOWHERE, surface
from lineament.face.uvmap import UvMap, push_pull, sample, uv_map
from lineament.geometry.arrays import unit
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import estimate_normals
from lineament.picture.raster import chunks
from lineament.types import Floats

Mask = npt.NDArray[np.bool_]

NEIGHBOURS = 12
_SAME_SIDE = 0.5
"""Least cosine between the normals of a texel and of a foot that it asks."""


@dataclass(frozen=True, eq=False, slots=True)
class Feet:
    """Where the points of a cloud stand on the mesh.

    Attributes
    ----------
    row : (N,) int64
        The cloud's points that have a foot.
    place, normal : (N, 3) float32
    height : (N,) float32
    tree : cKDTree
        Of the places.
    spacing : (N,) float32, mm
        Distance to the sixth neighbour, at most three times the median, or a gap would pass for a sparse place.
    """

    row: npt.NDArray[np.int64]
    place: Floats
    normal: Floats
    height: Floats
    tree: Any
    spacing: Floats


def find_feet(base: Base, points: Floats, reach: float) -> Feet:
    """Return the feet of the points (N, 3) within `reach` of the mesh.

    Raises
    ------
    InputError
        Too few points have one.
    """
    tree = cKDTree(base.vertices)
    row = np.flatnonzero(np.isfinite(points).all(axis=1))
    distance, nearest = tree.query(points[row], distance_upper_bound=reach + 10)
    row, nearest = row[np.isfinite(distance)], nearest[np.isfinite(distance)]
    if len(row) < NEIGHBOURS:
        raise InputError(NOWHERE)
    mesh = surface(base.vertices, base.model.triangles)
    place, toward = points[row], base.normals[nearest]
    triangle = mesh.nearest(place, toward, reach + mesh.widest)
    for _ in range(4):  # the normal at the foot decides where the foot is
        down, triangle, weights = mesh.walk(place, toward, triangle)
        shares = np.column_stack([1 - weights.sum(axis=1), weights])
        toward = unit(np.einsum("ni,nij->nj", shares, base.normals[mesh.corners[triangle]]))
    down, triangle, _ = mesh.walk(place, toward, triangle)
    across = estimate_normals(place, knn(place, min(NEIGHBOURS, len(place)))[0])
    kept = (triangle >= 0) & (np.abs(down) <= reach) & (np.abs(np.einsum("ij,ij->i", across, toward)) > FACING)
    if np.count_nonzero(kept) < NEIGHBOURS:
        raise InputError(NOWHERE)
    row, down, toward = row[kept], down[kept], toward[kept]
    feet = place[kept] + toward * down[:, None]
    standing = cKDTree(feet)
    spacing = standing.query(feet, k=[7])[0][:, 0].astype(np.float32)
    return Feet(row, feet, toward, -down, standing, np.minimum(spacing, 3 * np.median(spacing)))


def on_texels(base: Base, uv: UvMap, feet: Feet, values: Floats) -> tuple[Floats, Mask]:
    """Return values (N, C) of the feet at the texels, (P, C), and where the cloud is dense enough, (P,).

    They are found on a map as coarse as the cloud, and interpolated from it.
    """
    size, spacing = uv.size, float(np.median(feet.spacing))
    while size >= 128 and size % 2 == 0 and base.texel(size // 2) < spacing / 2:
        size //= 2
    coarse = uv_map(size, base.model)
    found, measured = _smoothed(feet, coarse.interpolate(base.vertices), unit(coarse.interpolate(base.normals)), values)
    if size == uv.size:
        return found, measured
    shown = coarse.image(measured)
    filled = push_pull(coarse.image(found), shown)
    at = uv.interpolate(base.model.uv)
    return sample(filled, at), sample(shown, at) > 0.5


def _smoothed(feet: Feet, places: Floats, normals: Floats, values: Floats) -> tuple[Floats, Mask]:
    """Fit planes to the values of the nearest feet.

    Parameters
    ----------
    feet : Feet
    places, normals : (P, 3) float32
    values : (N, C) float32
        Of each foot.

    Returns
    -------
    values : (P, C) float32
    measured : (P,) bool
        Where feet stand around the place rather than on one side of it.
    """
    mixed, measured = np.zeros((len(places), values.shape[1]), np.float32), np.zeros(len(places), np.bool_)
    farthest = 2 * float(feet.spacing.max())
    for part in chunks(len(places)):
        distance, near = feet.tree.query(places[part], k=NEIGHBOURS, distance_upper_bound=farthest)
        missing = ~np.isfinite(distance)
        near[missing] = 0
        normal = normals[part]
        missing |= np.einsum("pki,pi->pk", feet.normal[near], normal) < _SAME_SIDE
        offset = feet.place[near] - places[part][:, None]
        x, y = (np.einsum("pki,pi->pk", offset, axis) for axis in _tangents(normal))
        spacing = feet.spacing[near[:, :1]]
        weight = np.where(missing, 0, np.exp(-(x * x + y * y) / (0.5 * spacing) ** 2 / 2) + 1e-9)
        found = values[near]
        outside = missing[..., None]
        low, high = (np.where(outside, far, found) for far in (np.inf, -np.inf))
        some = ~missing.all(axis=1)
        plane = _plane(x, y, weight, found)[some]
        mixed[part][some] = np.clip(plane, low[some].min(axis=1), high[some].max(axis=1))
        close = ~missing & (distance < 1.5 * spacing)
        count = np.maximum(close.sum(axis=1), 1)
        lean = np.hypot(*(np.where(close, axis, 0).sum(axis=1) / count for axis in (x, y)))
        measured[part] = (count >= 3) & (lean < 0.5 * spacing[:, 0])
    return mixed, measured


def _plane(x: Floats, y: Floats, weight: Floats, values: Floats) -> Floats:
    """Return at (0, 0) the plane through values (P, k, C) at places (P, k)."""
    total = np.maximum(weight.sum(axis=1), 1e-12)

    def mean(v: Floats) -> Floats:
        return np.asarray((weight * v).sum(axis=1) / total)

    middle = np.einsum("pk,pkc->pc", weight, values) / total[:, None]
    mx, my = mean(x), mean(y)
    dx, dy = x - mx[:, None], y - my[:, None]
    xx, yy, xy = mean(dx * dx), mean(dy * dy), mean(dx * dy)
    ridge = 0.01 * (xx + yy) + 1e-12
    xx, yy = xx + ridge, yy + ridge
    share = (weight / total[:, None])[..., None] * (values - middle[:, None])
    xv, yv = (np.einsum("pk,pkc->pc", axis, share) for axis in (dx, dy))
    determinant = (xx * yy - xy * xy)[:, None]
    slope_x = (yy[:, None] * xv - xy[:, None] * yv) / determinant
    slope_y = (xx[:, None] * yv - xy[:, None] * xv) / determinant
    return np.asarray(middle - slope_x * mx[:, None] - slope_y * my[:, None], np.float32)


def _tangents(normal: Floats) -> tuple[Floats, Floats]:
    axis = np.eye(3, dtype=np.float32)[np.abs(normal).argmin(axis=1)]
    first = unit(np.cross(normal, axis))
    return first, np.cross(normal, first)
