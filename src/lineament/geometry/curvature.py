"""Principal curvatures of meshes and clouds, in NumPy and torch alike.

A quadric is fitted to each neighbourhood (Cazals and Pouget 2005, a jet of degree 2) on a voxel mean of the scan: the
mean takes out noise and makes a neighbourhood a number of millimetres, whatever the density of the scan.

Convex is positive where normals point outwards: a sphere of radius r has k1 = k2 = 1/r.

Symbols: N points, A of them asked for, M voxels, k neighbours, R radii; k1 >= k2 principal curvatures in 1/mm.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lineament.errors import InputError
from lineament.geometry.arrays import Array, is_tensor, namespace, take, unit
from lineament.geometry.neighbours import knn
from lineament.geometry.voxels import voxel_mean

FLAT = 1e-5
"""Curvedness in 1/mm (a radius of 100 m) below which a surface counts as flat."""

_MINIMUM_NEIGHBOURS = 10
"""A neighbourhood grows past the radius until it holds this many: five unknowns, twice over."""

_MOST_NEIGHBOURS = 96
_VOXELS_PER_RADIUS = 3.5
_ROWS_AT_ONCE = 1024


def principal_curvatures(points: Array, normals: Array, radii: Sequence[float], at: Array | None = None) -> Array:
    """Estimate the principal curvatures at several scales.

    Parameters
    ----------
    points : (N, 3) float array or tensor, mm
    normals : (N, 3) float
        Oriented outwards, of unit length.
    radii : sequence of R floats, mm
        Radius of the neighbourhood; noise falls and detail is lost as it grows.
    at : (A,) int, optional
        Points to answer for, which saves the time of the others; all N without it.

    Returns
    -------
    (A, R, 2) in the type of `points`, 1/mm
        k1 and k2 for each radius; always finite. Zero everywhere for fewer than 6 points.

    Raises
    ------
    InputError
        A radius is not positive, normals are not as many as points, or a value is not finite.
    """
    xp = namespace(points)
    if tuple(normals.shape) != tuple(points.shape):
        raise InputError(f"normals have shape {tuple(normals.shape)}, expected that of points, {tuple(points.shape)}")
    if not bool(xp.isfinite(normals).all()):
        raise InputError("normals hold NaN or infinite values; curvature needs a normal at every point")
    if len(points) < 6 or not len(radii):
        return _zeros(points, len(points) if at is None else len(at), len(radii))
    return xp.stack([_at_radius(points, normals, float(radius), at) for radius in radii], axis=1)


def _zeros(points: Array, rows: int, radii: int) -> Array:
    shape = (rows, radii, 2)
    return points.new_zeros(shape) if is_tensor(points) else np.zeros(shape, points.dtype)


def _at_radius(points: Array, normals: Array, radius: float, at: Array | None) -> Array:
    """Return k1 and k2 (A, 2) at one radius."""
    if not radius > 0:
        raise InputError(f"curvature radius is {radius}, expected a positive number of millimetres")
    xp = namespace(points)
    size = radius / _VOXELS_PER_RADIUS
    means, mean_normals, cell = voxel_mean(points, size, normals)
    sparse = len(means) > 0.75 * len(points)
    means, mean_normals = (points, normals) if sparse else (means, unit(mean_normals))
    neighbours, distances = _neighbourhoods(means, radius, at if sparse else None)
    chosen = at if sparse else None
    curvature = xp.stack(jet_curvature(means, mean_normals, neighbours, distances, radius, chosen), axis=1)
    if sparse:
        return curvature
    if at is not None:
        points, normals, cell = take(points, at), take(normals, at), take(cell, at)
    # Back to the points by inverse squared distance to the voxels around each one's own, on its side of the surface.
    nearest = take(neighbours[:, :8], cell)
    offset = take(means, nearest) - points[:, None, :]
    facing = (take(mean_normals, nearest) @ normals[:, :, None])[:, :, 0]
    weight = xp.clip(facing, 1e-3, None) / ((offset * offset).sum(axis=-1) + 1e-3 * size * size)
    weight = weight / weight.sum(axis=1)[:, None]
    return (weight[:, :, None] * take(curvature, nearest)).sum(axis=1)


def _neighbourhoods(points: Array, radius: float, at: Array | None) -> tuple[Array, Array]:
    """Return the neighbours of points `at` within `radius`, as `knn` does; at least the nearest 10, however far."""
    # A surface of area A crosses 1.5 A / h^2 cells of size h, averaged over its directions.
    cells = len(voxel_mean(points, radius)[0])
    expected = 1.5 * np.pi * len(points) / cells
    k = min(len(points), int(np.clip(np.ceil(1.3 * expected), 2 * _MINIMUM_NEIGHBOURS, _MOST_NEIGHBOURS)))
    centres = points if at is None else take(points, at)
    neighbours, distances = knn(points, k, centres, radius=radius)
    enough = min(k, _MINIMUM_NEIGHBOURS)
    short = distances[:, enough - 1] > radius
    if bool(short.any()):
        neighbours[short, :enough], distances[short, :enough] = knn(points, enough, centres[short])
    return neighbours, distances


def jet_curvature(
    points: Array, normals: Array, neighbours: Array, distances: Array, radius: float, at: Array | None = None
) -> tuple[Array, Array]:
    """Fit a quadric to the neighbourhood of each point and return its principal curvatures.

    In the tangent frame, `h = a u^2/2 + b u v + c v^2/2 + d u + e v + f` is fitted with weights
    `1 - (distance/radius)^2`. The constant f takes up the noise of the point itself and is eliminated by centring,
    which leaves 5x5 normal equations; d and e correct for a normal that is a little off. Neighbours whose normal is
    more than 60 degrees off count less, beyond 90 degrees not at all: they lie on the other side of a lip or an ear.

    Parameters
    ----------
    points, normals : (N, 3) float array or tensor, mm
        Normals of unit length, outwards.
    neighbours : (A, k) int
    distances : (A, k) float, mm
        Rising along each row. See `lineament.geometry.neighbours.knn`.
    radius : float, mm
        Where the weight reaches 0. Where fewer than 10 neighbours lie within it, it grows to hold 10.
    at : (A,) int, optional
        The point that each row of neighbours belongs to; all N in order without it.

    Returns
    -------
    k1, k2 : (A,) in the type of `points`, 1/mm
        k1 >= k2; always finite, near 0 in directions that the neighbours do not determine.
    """
    xp = namespace(points)
    centres, upright = (points, normals) if at is None else (take(points, at), take(normals, at))
    rows = len(centres) if is_tensor(points) and points.is_cuda else _ROWS_AT_ONCE
    parts = []
    for start in range(0, max(len(centres), 1), max(rows, 1)):
        part = slice(start, start + rows)
        offsets = take(points, neighbours[part]) - centres[part, None, :]
        facing = (take(normals, neighbours[part]) @ upright[part, :, None])[:, :, 0]
        parts.append(_fit(offsets, upright[part], distances[part], facing, radius))
    return xp.concatenate([p[0] for p in parts]), xp.concatenate([p[1] for p in parts])


def _fit(offsets: Array, normals: Array, distances: Array, facing: Array, radius: float) -> tuple[Array, Array]:
    xp = namespace(offsets)
    enough = min(distances.shape[1], _MINIMUM_NEIGHBOURS) - 1
    reach = xp.clip(1.1 * distances[:, enough], radius, None)
    weight = xp.clip(1 - (distances / reach[:, None]) ** 2, 0, None) * xp.clip(2 * facing, 0, 1)
    # In units of the reach all moments are of order 1, and float32 suffices.
    local = (_tangent_frame(normals) / reach[:, None, None]) @ xp.swapaxes(offsets, 1, 2)
    u, v, h = local[:, 0], local[:, 1], local[:, 2]
    basis = xp.stack([xp.ones_like(u), u * u / 2, u * v, v * v / 2, u, v, h], axis=1)
    moments = (basis * weight[:, None, :]) @ xp.swapaxes(basis, 1, 2)
    first = moments[:, 0, 1:]
    total = xp.clip(moments[:, 0, 0], 1e-12, None)[:, None, None]
    centred = (moments[:, 1:, 1:] - first[:, :, None] * first[:, None, :] / total) / total
    eye = xp.eye(5, dtype=centred.dtype)
    eye = eye.to(centred.device) if is_tensor(centred) else eye
    # A ridge of 1e-5 holds what the neighbours leave open near 0, and moves the rest by less than 0.1 %.
    solution = xp.linalg.solve(centred[:, :5, :5] + 1e-5 * eye, centred[:, :5, 5:])[:, :, 0]
    k1, k2 = _shape_operator(*(solution[:, i] for i in range(5)))
    return k1 / reach, k2 / reach


def _shape_operator(a: Array, b: Array, c: Array, d: Array, e: Array) -> tuple[Array, Array]:
    """Return the principal curvatures of `h = a u^2/2 + b u v + c v^2/2 + d u + e v` at the origin, convex positive."""
    xp = namespace(a)
    area = 1 + d * d + e * e
    mean = -((1 + e * e) * a - 2 * d * e * b + (1 + d * d) * c) / (2 * area * xp.sqrt(area))
    gauss = (a * c - b * b) / (area * area)
    half = xp.sqrt(xp.clip(mean * mean - gauss, 0, None))
    return mean + half, mean - half


def _tangent_frame(normals: Array) -> Array:
    """Return rows t1, t2, n (N, 3, 3) of an orthonormal frame, without a branch (Duff et al. 2017)."""
    xp = namespace(normals)
    x, y, z = normals[:, 0], normals[:, 1], normals[:, 2]
    one = xp.ones_like(z)
    sign = xp.where(z < 0, -one, one)
    p = -1 / (sign + z)
    q = x * y * p
    first = xp.stack([1 + sign * x * x * p, sign * q, -sign * x], axis=1)
    second = xp.stack([q, sign + y * y * p, -y], axis=1)
    return xp.stack([first, second, normals], axis=1)


def shape_index(k1: Array, k2: Array) -> Array:
    """Return Koenderink's shape index: what kind of surface, whatever its size.

    1 is a dome, 0.5 a ridge, 0 a saddle, -0.5 a rut, -1 a cup (Koenderink and van Doorn 1992). A flat surface
    (curvedness below `FLAT`) has none; it gets 0.

    Parameters
    ----------
    k1, k2 : float array or tensor, 1/mm
        k1 >= k2, convex positive.

    Returns
    -------
    Array of the same shape, -1 to 1.
    """
    xp = namespace(k1)
    index = 2 / np.pi * xp.arctan2(k1 + k2, k1 - k2)
    return xp.where(curvedness(k1, k2) > FLAT, index, xp.zeros_like(index))


def curvedness(k1: Array, k2: Array) -> Array:
    """Return how strongly the surface is curved, `sqrt((k1^2 + k2^2) / 2)`, in 1/mm (Koenderink and van Doorn 1992).

    Parameters
    ----------
    k1, k2 : float array or tensor, 1/mm

    Returns
    -------
    Array of the same shape
    """
    return namespace(k1).sqrt((k1 * k1 + k2 * k2) / 2)
