"""Means over the cells of a cubic grid.

Symbols: N points, M occupied cells, C channels.
"""

from __future__ import annotations

import numpy as np

from lineament.errors import InputError
from lineament.geometry.arrays import Array, double, is_tensor, like, namespace

_TABLE_LIMIT = 1 << 22
"""Grids up to this many cells are looked up in a table; larger ones are sorted."""


def voxel_mean(points: Array, size: float, *attributes: Array) -> tuple[Array, ...]:
    """Average the points, and anything they carry, in each cell of a grid.

    The grid lies on whole multiples of `size`, cells are ordered by their coordinates, and sums are in float64, so
    that the result depends neither on the order of the points nor on what else is in the scan.

    Parameters
    ----------
    points : (N, 3) float array or tensor
    size : float, the unit of `points`
        Edge of a cell.
    *attributes : (N,) or (N, C) float
        Averaged alike; a mean of normals is not of unit length.

    Returns
    -------
    means : (M, 3) in the type of `points`
    *attribute means : (M,) or (M, C)
    cell : (N,) int64
        Row of `means` that each point went into.

    Raises
    ------
    InputError
        `size` is not positive, a coordinate is not finite, or the grid would have more than 2^62 cells.
    """
    xp = namespace(points)
    if not size > 0:
        raise InputError(f"voxel size is {size}, expected a positive number")
    if not len(points):
        return points, *attributes, xp.zeros(0, dtype=xp.int64)
    if not bool(xp.isfinite(points).all()):
        raise InputError("points hold NaN or infinite coordinates; remove those rows before averaging")
    grid = xp.floor(double(points) / size)
    # A column at a time: NumPy reduces strided columns several times as fast as rows of three.
    low = xp.stack([xp.amin(grid[:, axis]) for axis in range(3)])
    shape = [int(xp.amax(grid[:, axis]) - low[axis]) + 1 for axis in range(3)]
    cells = shape[0] * shape[1] * shape[2]
    if cells > 1 << 62:
        raise InputError(f"a voxel size of {size} gives a grid of {shape} cells; the scan is too large for it")
    grid = grid - low
    key = (_integers(grid[:, 0]) * shape[1] + _integers(grid[:, 1])) * shape[2] + _integers(grid[:, 2])
    if is_tensor(points):
        _, cell, counts = xp.unique(key, return_inverse=True, return_counts=True)
    else:
        cell, counts = _cells(key, cells)
    means = (_mean(values, cell, counts) for values in (points, *attributes))
    return *means, cell


def _integers(values: Array) -> Array:
    return values.long() if is_tensor(values) else values.astype(np.int64)


def _cells(key: Array, cells: int) -> tuple[Array, Array]:
    """Number the distinct keys in rising order; return each key's number and the counts."""
    if cells <= _TABLE_LIMIT:
        occupied = np.zeros(cells, dtype=np.bool_)
        occupied[key] = True
        keys = np.flatnonzero(occupied)
        number = np.empty(cells, dtype=np.int64)
        number[keys] = np.arange(len(keys))
        cell = number[key]
    else:
        order = np.argsort(key)
        ranked = key[order]
        cell = np.empty(len(key), dtype=np.int64)
        cell[order] = np.cumsum(np.concatenate([[0], ranked[1:] != ranked[:-1]]))
    return cell, np.bincount(cell)


def _mean(values: Array, cell: Array, counts: Array) -> Array:
    if is_tensor(values):
        sums = double(values).new_zeros((len(counts), *values.shape[1:])).index_add_(0, cell, double(values))
        return like(sums / counts.reshape(-1, *[1] * (values.ndim - 1)), values)
    columns = values.reshape(len(values), -1).T
    sums = np.stack([np.bincount(cell, column, len(counts)) for column in columns], axis=1)
    return (sums / counts[:, None]).astype(values.dtype).reshape(len(counts), *values.shape[1:])
