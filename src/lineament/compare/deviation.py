"""How far B's surface lies above A's, and the volume between the two.

Symbols: N points of A, S of them around the face, T triangles.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lineament.compare.sheet import Sheet
from lineament.geometry.alignment import Similarity
from lineament.types import Floats

Float64s = npt.NDArray[np.float64]


def signed_deviation(a: Sheet, b: Sheet, motion: Similarity, limit: float) -> Floats:
    """Return the distance from each point of A along its outward normal to B, (S,) float32, mm.

    Parameters
    ----------
    a, b : Sheet
    motion : Similarity
        From B's face frame to A's.
    limit : float, mm

    Returns
    -------
    (S,) float32, mm
        Positive where B lies outside of A. NaN where the normal meets nothing of B within `limit`, or a surface that
        faces away.
    """
    back = motion.inverse()
    met = b.meet(back.apply(a.points), back.rotate(a.normals), limit / motion.scale)
    return np.asarray(met.height * np.float32(motion.scale))


def volume_between(a: Sheet, deviation: Floats) -> Float64s:
    """Return the volume between A and B that belongs to each point of A, (S,) float64, mm^3.

    On a mesh each triangle and its shifted copy bound a prism, whose volume is exact for normals and deviations that
    are interpolated between the corners; it belongs to the three corners in equal parts. A triangle with an unknown
    corner counts nothing. On a bare cloud it is deviation times area.
    """
    known = np.isfinite(deviation)
    height = np.where(known, deviation, 0).astype(np.float64)
    if a.triangles is None:
        return np.asarray(height * a.area)
    triangles = a.triangles[known[a.triangles].all(axis=1)]
    points, shift = a.points.astype(np.float64), height[:, None] * a.normals
    p, q, r = (points[triangles[:, i]] for i in range(3))
    u, v, w = (shift[triangles[:, i]] for i in range(3))
    one, other, one_shift, other_shift = q - p, r - p, v - u, w - u
    swept = np.cross(one, other) + (np.cross(one_shift, other) + np.cross(one, other_shift)) / 2
    swept += np.cross(one_shift, other_shift) / 3
    third = ((u + v + w) / 3 * swept).sum(axis=1) / 6
    return np.bincount(triangles.T.reshape(-1), np.tile(third, 3), len(points)).astype(np.float64)
