"""Generalised Procrustes alignment: shapes laid onto their own mean (Gower 1975; Rohlf and Slice 1990).

Symbols: M shapes, P points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.check import check_finite, check_shape
from lineament.errors import InputError
from lineament.geometry.alignment import Similarity, fit_similarity

Float64s = npt.NDArray[np.float64]

SETTLED = 1e-8
"""Change of the mean, in shares of its size, from which on rounds bring nothing."""
ROUNDS = 100


def centroid_size(shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the root of the summed squared distances of points (..., P, 3) from their centroid, (...)."""
    points = np.asarray(shapes, np.float64)
    size: npt.NDArray[Any] = np.sqrt(np.square(points - points.mean(axis=-2, keepdims=True)).sum(axis=(-2, -1)))
    return size


def procrustes(shapes: npt.NDArray[Any], reference: npt.NDArray[Any], unit_size: bool = False) -> list[Similarity]:
    """Align shapes to their mean by least squares.

    Neither the order of the shapes nor how each is turned and moved changes the aligned shapes.

    Parameters
    ----------
    shapes : (M, P, 3) float
        Corresponding points; 3 or more that do not lie on a line.
    reference : (P, 3) float
        Where the first round starts; the mean comes out turned as it is.
    unit_size : bool
        True scales each shape to centroid size 1; False keeps sizes.

    Returns
    -------
    list of M Similarity
        From each shape to its aligned one, whose centroid lies at the origin.

    Raises
    ------
    InputError
        A value is not finite, shapes do not agree, or the points of one lie on a line.
    """
    count = check_shape(shapes, "M P 3", "shapes")["P"]
    check_shape(reference, f"{count} 3", "reference")
    check_finite(reference, "reference")
    if not len(shapes):
        raise InputError("there are no shapes to align")
    start = [_centred(shape, unit_size) for shape in shapes]
    target = np.asarray(reference, np.float64) - np.mean(reference, axis=0, dtype=np.float64)
    turns, mean = _onto(shapes, start, target)
    for _ in range(ROUNDS):
        turns, after = _onto(shapes, start, mean)
        change = np.linalg.norm(after - mean)
        mean = after
        if change <= SETTLED * np.linalg.norm(mean):
            break
    upright = fit_similarity(mean, target, with_scale=False)
    upright = Similarity(1.0, upright.rotation, np.zeros(3))
    return [upright @ turn @ first for turn, first in zip(turns, start, strict=True)]


def _centred(shape: npt.NDArray[Any], unit_size: bool) -> Similarity:
    check_finite(shape, "shapes")
    size = float(centroid_size(shape)) if unit_size else 1.0
    if not size > 0:
        raise InputError("all points of a shape are the same; it cannot be aligned")
    return Similarity(1 / size, np.eye(3), -shape.mean(axis=0, dtype=np.float64) / size)


def _onto(shapes: npt.NDArray[Any], start: Sequence[Similarity], target: Float64s) -> tuple[list[Similarity], Float64s]:
    """Turn each centred shape onto the target; return the turns and the mean of what comes out."""
    turns, total = [], np.zeros_like(target)
    for shape, first in zip(shapes, start, strict=True):
        centred = first.apply(shape.astype(np.float64))
        # Both are centred, so that the best motion is a rotation.
        turn = Similarity(1.0, fit_similarity(centred, target, with_scale=False).rotation, np.zeros(3))
        turns.append(turn)
        total += turn.apply(centred)
    return turns, total / len(turns)
