"""The value of a measure as a function of its landmarks' places, and how far the landmarks' errors carry.

Symbols: k landmarks, B batch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lineament.detect.answers import AXIS_SHARE
from lineament.measure.definitions import Angle, Definition, Distance, Inclination, Index, ProjectiveHeight

Float64s = npt.NDArray[np.float64]

INTERVAL_90 = 1.645
"""Half width of the interval that holds 90 %, in standard errors. Close to the normal's also for one such landmark."""
_STEP = 1e-3
"""Of the differences that stand for derivatives, mm."""


def evaluate(definition: Definition, points: Float64s) -> Float64s:
    """Return the values (B) of a straight measure, an angle or an index.

    Parameters
    ----------
    definition : Definition
        Any but a `SurfaceDistance`.
    points : (B, k, 3) float64, mm
        Places of `all_landmarks(definition, side)`.
    """
    match definition:
        case Distance():
            return _length(points[:, 1] - points[:, 0])
        case Index():
            return 100 * _length(points[:, 1] - points[:, 0]) / _length(points[:, 3] - points[:, 2])
        case Angle():
            one, other = points[:, 0] - points[:, 1], points[:, 2] - points[:, 1]
            return np.asarray(np.degrees(np.arctan2(_length(np.cross(one, other)), (one * other).sum(axis=1))))
        case ProjectiveHeight():
            up = frankfurt(points[:, 2:])[1]
            return np.asarray(((points[:, 0] - points[:, 1]) * up).sum(axis=1))
        case Inclination():
            left, up, forward = frankfurt(points[:, 2:])
            line = points[:, 1] - points[:, 0]
            x, y, z = ((line * axis).sum(axis=1) for axis in (left, up, forward))
            rise = np.arctan2(z, -y) if definition.view == "profile" else np.arctan2(y, np.abs(x))
            return np.asarray(np.degrees(rise))
        case _:
            raise TypeError(f"{definition.abbreviation} needs a surface")


def frankfurt(points: Float64s) -> tuple[Float64s, Float64s, Float64s]:
    """Return the directions left, up and forward (B, 3) of a head whose tragia and orbitalia are `points` (B, 4, 3)."""
    t_l, t_r, or_l, or_r = np.moveaxis(points, 1, 0)
    forward = (or_l + or_r) - (t_l + t_r)
    up = np.cross(forward, t_l - t_r)
    forward, up = (vector / _length(vector)[:, None] for vector in (forward, up))
    return np.cross(up, forward), up, forward


def gradient(definition: Definition, points: Float64s) -> Float64s:
    """Return the derivatives (k, 3) of a measure by the places (k, 3) of its landmarks."""
    steps = _STEP * np.eye(points.size).reshape(-1, *points.shape)
    change = evaluate(definition, points + steps) - evaluate(definition, points - steps)
    return change.reshape(points.shape) / (2 * _STEP)


def standard_error(slopes: Float64s, sigma: Float64s) -> float:
    """Return the standard error of a value whose derivatives by k landmarks are `slopes` (k, 3).

    Of first order, and for landmarks whose errors do not know of each other.

    Parameters
    ----------
    slopes : (k, 3) float64
        One row a landmark; a landmark that enters twice has the sum.
    sigma : (k,) float64, mm
        Expected error of each landmark, its mean distance to the true place.
    """
    return float(np.sqrt((np.square(slopes).sum(axis=1) * np.square(AXIS_SHARE * sigma)).sum()))


def _length(vectors: Float64s) -> Float64s:
    return np.asarray(np.sqrt(np.square(vectors).sum(axis=1)))
