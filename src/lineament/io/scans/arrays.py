"""What a reader returns, and the small steps that several readers share.

Symbols: N points, T triangles, P polygons, C corners of all polygons together.
"""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from lineament.errors import FormatError

Array = npt.NDArray[Any]


class ScanArrays(TypedDict, total=False):
    """The fields of a `Scan` as a reader found them; `points` is always there."""

    points: Array
    triangles: Array
    normals: Array | None
    colors: Array | None
    uv: Array | None
    unit: str | None
    warnings: list[str]


def single(values: Array) -> npt.NDArray[np.float32]:
    """Return `values` as float32; what is too large becomes infinite without a numpy warning."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.ascontiguousarray(values, dtype=np.float32)


def as_colors(values: Array, full: float | None = None) -> npt.NDArray[np.uint8]:
    """Return colours as `(N, 3) uint8`.

    Parameters
    ----------
    values : (N, 3)
    full : float, optional
        The number that stands for full intensity. When not given: the largest of a 16-bit type, 255 for other
        integers, 1 for floats unless one of them is larger.
    """
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    levels = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=np.inf, neginf=0.0)
    if full is None and values.dtype == np.uint16:
        full = 65535.0
    elif full is None:
        full = 1.0 if values.dtype.kind == "f" and levels.size and levels.max() <= 1.0 else 255.0
    return np.rint(np.clip(levels / full, 0.0, 1.0) * 255.0).astype(np.uint8)


def as_indices(values: Array, count: int, what: str = "triangles") -> npt.NDArray[np.int32]:
    """Return `values` as int32 after checking that each is whole and from 0 to `count - 1`.

    Raises
    ------
    FormatError
        An index is not whole, negative, or points past the last vertex.
    """
    if values.size:
        # min and max are NaN when any value is, and then no comparison holds
        low, high = values.min(), values.max()
        if not (low >= 0 and high < count):
            bad = high if not high < count else low
            shown = int(bad) if np.isfinite(bad) else bad
            raise FormatError(f"{what} refer to vertex {shown}, but the file holds {count} (0 to {count - 1})")
        if values.dtype.kind == "f" and (values != np.floor(values)).any():
            raise FormatError(f"{what} hold an index that is not a whole number")
    return values.astype(np.int32)


def fan(counts: Array, corners: Array) -> Array:
    """Split polygons into fans of triangles around their first corner.

    Parameters
    ----------
    counts : (P,) int
        Corners of each polygon; those with fewer than three give no triangle.
    corners : (C,)
        Vertex of each corner, polygon after polygon.

    Returns
    -------
    (T, 3), the dtype of `corners`
    """
    if counts.size and (counts == 3).all():
        return corners.reshape(-1, 3)
    pieces = np.maximum(counts.astype(np.int64) - 2, 0)
    starts = np.cumsum(counts, dtype=np.int64) - counts
    first = np.repeat(starts, pieces)
    step = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return np.stack([corners[first], corners[first + step + 1], corners[first + step + 2]], axis=1)


def fan_with_warning(counts: Array, corners: Array, warnings: list[str]) -> Array:
    """Call `fan` and tell the user of the points and lines among the polygons."""
    short = int(np.count_nonzero(counts < 3))
    if short:
        warnings.append(f"{short} faces with fewer than three corners were passed over")
    return fan(counts, corners)


def per_vertex(
    count: int, vertex: Array, values: Array, name: str, warnings: list[str]
) -> npt.NDArray[np.float32] | None:
    """Carry values from the corners of polygons to their vertices, where each vertex has only one.

    Parameters
    ----------
    count : int
        Number of vertices, N.
    vertex : (C,) int
    values : (C, D) float
    name : str
        What to call the values in a warning.
    warnings : list of str
        Gets a sentence when some vertex has several values.

    Returns
    -------
    (N, D) float32 or None
        NaN where no corner uses the vertex; None when some vertex has several values.
    """
    values = single(values)
    result = np.full((count, values.shape[1]), np.nan, np.float32)
    result[vertex] = values
    seam = ((result[vertex] != values) & ~np.isnan(values)).any(axis=1)
    if seam.any():
        several = len(np.unique(vertex[seam]))
        warnings.append(f"{several} vertices have several {name} each (a seam), so {name} are left out")
        return None
    return result
