"""Which points of a cloud are seen from a viewpoint, without triangles or rays.

Symbols: N points.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.check import check_finite, check_shape
from lineament.errors import InputError

_LARGEST_IMAGE = 1 << 26
_LOW, _MIDDLE, _HIGH = slice(None, -2), slice(1, -1), slice(2, None)
_OPPOSITE = (
    ((_LOW, _MIDDLE), (_HIGH, _MIDDLE)),
    ((_MIDDLE, _LOW), (_MIDDLE, _HIGH)),
    ((_LOW, _LOW), (_HIGH, _HIGH)),
    ((_LOW, _HIGH), (_HIGH, _LOW)),
)
"""The pairs of neighbours of every inner pixel that lie opposite each other."""


def visible_from(
    points: npt.NDArray[Any],
    viewpoint: npt.ArrayLike | None = None,
    direction: npt.ArrayLike | None = None,
    *,
    cell: float,
    tolerance: float,
) -> npt.NDArray[np.bool_]:
    """Find the points that nothing hides, by splatting all points into a depth image.

    Gaps between the points of a surface are closed from both sides, up to two pixels wide: a cloud may be spaced at
    up to about 1.5 times the cell.

    Parameters
    ----------
    points : (N, 3) float, any unit
    viewpoint : (3,) float, optional
        Position of a camera that looks at the centroid; points behind it are not seen.
    direction : (3,) float, optional
        In which a camera infinitely far away looks. Give this or `viewpoint`.
    cell : float, unit of `points`
        Width of a pixel, best the spacing of the cloud; with a viewpoint, the width at the 5th percentile of depth.
    tolerance : float, unit of `points`
        How far behind the nearest surface in its pixel a point still counts as seen. A surface tilted by an angle t
        needs `1.4 * cell * tan(t)`, or it hides itself.

    Returns
    -------
    (N,) bool

    Raises
    ------
    InputError
        Not exactly one of `viewpoint` and `direction`; a value is not finite or not positive; the image would
        exceed 67 million pixels.
    """
    check_shape(points, "N 3", "points")
    check_finite(points, "points")
    if not (cell > 0 and tolerance >= 0):
        raise InputError(f"cell is {cell} and tolerance {tolerance}; expected a positive cell and tolerance >= 0")
    if (viewpoint is None) == (direction is None):
        raise InputError("give either a viewpoint or a direction")
    visible = np.zeros(len(points), dtype=np.bool_)
    if not len(points):
        return visible
    position = points.astype(np.float64)
    if viewpoint is not None:
        eye = _vector(viewpoint, "viewpoint")
        local = (position - eye) @ _camera(position.mean(axis=0) - eye).T
        front = np.flatnonzero(local[:, 2] > 1e-9)
        if not len(front):
            return visible
        local = local[front]
        image = local[:, :2] * (np.quantile(local[:, 2], 0.05) / local[:, 2:])
        depth = np.linalg.norm(local, axis=1)
    else:
        front = np.arange(len(points))
        local = position @ _camera(_vector(direction, "direction")).T
        image, depth = local[:, :2], local[:, 2]
    visible[front] = depth <= _nearest_depth(image, depth, cell) + tolerance
    return visible


def _vector(value: Any, name: str) -> npt.NDArray[np.float64]:
    vector = np.asarray(value, dtype=np.float64)
    check_shape(vector, "3", name)
    check_finite(vector, name)
    return vector


def _camera(forward: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return rows right, down, forward of a camera frame (3, 3)."""
    length = np.linalg.norm(forward)
    if length == 0:
        raise InputError("the direction of view is zero: the viewpoint is at the centroid")
    forward = forward / length
    right = np.cross(forward, np.eye(3)[np.abs(forward).argmin()])
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


def _nearest_depth(
    image: npt.NDArray[np.float64], depth: npt.NDArray[np.float64], cell: float
) -> npt.NDArray[np.float64]:
    """Return for each point the depth of the surface in its pixel."""
    pixel = np.floor(image / cell)
    pixel -= pixel.min(axis=0) - 1
    width, height = pixel.max(axis=0) + 2  # a margin of one pixel all round
    if width * height > _LARGEST_IMAGE:
        raise InputError(f"a cell of {cell} gives a depth image of {width:.0f} x {height:.0f} pixels; use a larger one")
    nearest = np.full((int(width), int(height)), np.inf)
    column, row = pixel.astype(np.int64).T
    np.minimum.at(nearest, (column, row), depth)
    for _ in range(2):
        # Both of two opposite neighbours must be nearer: a tilted surface has one nearer and one farther side.
        centre = nearest[1:-1, 1:-1].copy()
        for before, after in _OPPOSITE:
            np.minimum(centre, np.maximum(nearest[before], nearest[after]), out=centre)
        nearest[1:-1, 1:-1] = centre
    return np.asarray(nearest[column, row])
