"""Checks of arrays that come from outside; each failure is an `InputError` that says what was found."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.errors import InputError


def check_shape(array: npt.NDArray[Any], shape: str, name: str) -> dict[str, int]:
    """Check an array's shape against a pattern such as `"N 3"`.

    Parameters
    ----------
    array : ndarray
    shape : str
        Axis sizes separated by blanks; a number must match, equal letters must be equal.
    name : str
        What to call the array in the error.

    Returns
    -------
    dict of str to int
        The size bound to each letter.

    Raises
    ------
    InputError
        The shape differs.
    """
    axes = shape.split()
    bound: dict[str, int] = {}
    matches = array.ndim == len(axes) and all(
        size == int(axis) if axis.isdigit() else bound.setdefault(axis, size) == size
        for axis, size in zip(axes, array.shape, strict=True)
    )
    if not matches:
        raise InputError(f"{name} has shape {array.shape}, expected ({', '.join(axes)})")
    return bound


def check_indices(indices: npt.NDArray[np.integer[Any]], count: int, name: str) -> None:
    """Raise `InputError` when an index is negative or not below `count`."""
    if indices.size and (indices.min() < 0 or indices.max() >= count):
        bad = indices.max() if indices.max() >= count else indices.min()
        raise InputError(f"{name} refer to item {bad}, but there are only {count} (0 to {count - 1})")


def check_finite(array: npt.NDArray[np.floating[Any]], name: str) -> None:
    """Raise `InputError` when a value is NaN or infinite."""
    bad = np.count_nonzero(~np.isfinite(array))
    if bad:
        raise InputError(f"{name} holds {bad} NaN or infinite values of {array.size}")
