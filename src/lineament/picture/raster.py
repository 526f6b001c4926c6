"""What is seen at each pixel: a z-buffer for triangles, surface splatting for bare points.

Symbols: N points, T triangles, C values at each point, H x W pixels, P pixels that show the surface.
Positions are `Camera.project`'s: column, row, nearness; float32, pixels.

Splatting in two passes (nearest surface, then a weighted mean of what lies near it) follows Zwicker et al.,
*Surface Splatting*, SIGGRAPH 2001.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lineament.types import Floats, Ints

_CHUNK = 1 << 16  # pixels handled at a time, so that what is computed for them stays in the cache


def chunks(count: int) -> Iterator[slice]:
    """Parts of `count` items that fit the cache."""
    return (slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))


def _box_pixels(
    low: Ints, size: Ints
) -> Iterator[tuple[slice, npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Walk over the pixels of boxes: which boxes, and for each pixel the box (within those), column and row in it."""
    total = np.concatenate([[0], np.cumsum(size[:, 0].astype(np.int64) * size[:, 1])])
    start = 0
    while start < len(size):
        stop = max(start + 1, int(np.searchsorted(total, total[start] + _CHUNK, side="right")) - 1)
        count = np.diff(total[start : stop + 1])
        box = np.repeat(np.arange(stop - start), count)
        within = np.arange(total[stop] - total[start]) - np.repeat(total[start:stop] - total[start], count)
        row = within // size[start:stop, 0][box]
        yield slice(start, stop), box, within - row * size[start:stop, 0][box], row
        start = stop


def _boxes(low: Floats, high: Floats, width: int, height: int) -> tuple[Ints, Ints]:
    """Return the first pixel and the size, both `(T, 2) int32`, of boxes cut to the picture; size 0 when outside."""
    limit = np.array([width, height])
    first = np.clip(np.ceil(low), 0, limit).astype(np.int32)
    last = np.clip(np.floor(high), -1, limit - 1).astype(np.int32)
    size = np.maximum(last - first + 1, 0)
    return first, size * (size.min(axis=1, keepdims=True) > 0)


def rasterise(positions: Floats, triangles: Ints, width: int, height: int) -> Ints:
    """Return for each pixel the nearest triangle that covers its centre, `(H, W) int32`; -1 where there is none.

    The corners of `triangles (T, 3)` are finite.
    """
    corners = [positions[triangles[:, i]] for i in range(3)]
    first, size = _boxes(np.minimum.reduce(corners)[:, :2], np.maximum.reduce(corners)[:, :2], width, height)
    kept = np.flatnonzero(size[:, 0])
    first, size, corners = first[kept], size[kept], [corner[kept] for corner in corners]
    # Relative to the box: keeps float32 exact for small triangles.
    (x0, y0), (x1, y1), (x2, y2) = ((corner[:, :2] - first).T for corner in corners)
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    area[np.abs(area) < 1e-6] = np.nan  # seen edge-on: no comparison below is true
    second = ((y2 - y0) / area, (x0 - x2) / area, (x2 * y0 - x0 * y2) / area)
    third = ((y0 - y1) / area, (x1 - x0) / area, (x0 * y1 - x1 * y0) / area)
    floor = min(float(corner[:, 2].min(initial=0)) for corner in corners)
    base, along_second, along_third = (
        corners[0][:, 2] - floor + 1,
        corners[1][:, 2] - corners[0][:, 2],
        corners[2][:, 2] - corners[0][:, 2],
    )

    best = np.zeros(height * width, dtype=np.uint64)  # nearness above, triangle below: the maximum is what is seen
    for part, box, column, row in _box_pixels(first, size):
        x, y = column.astype(np.float32), row.astype(np.float32)
        v = second[0][part][box] * x + second[1][part][box] * y + second[2][part][box]
        w = third[0][part][box] * x + third[1][part][box] * y + third[2][part][box]
        inside = np.flatnonzero((v >= -1e-5) & (w >= -1e-5) & (v + w <= 1 + 1e-5))
        box, v, w = box[inside], v[inside], w[inside]
        near = np.maximum(base[part][box] + v * along_second[part][box] + w * along_third[part][box], 0)
        key = (near.astype(np.float32).view(np.uint32).astype(np.uint64) << np.uint64(32)) | (
            kept[part][box] + 1
        ).astype(np.uint64)
        pixel = (row[inside] + first[part, 1][box]) * width + column[inside] + first[part, 0][box]
        np.maximum.at(best, pixel, key)
    return ((best & np.uint64(0xFFFFFFFF)).astype(np.int64) - 1).astype(np.int32).reshape(height, width)


def interpolate(positions: Floats, triangles: Ints, seen: Ints, values: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    """Interpolate point values over the triangles that are seen.

    Parameters
    ----------
    positions : (N, 3) float32
    triangles : (T, 3) int32
    seen : (H, W) int32
        From `rasterise`.
    values : (N, C) float32

    Returns
    -------
    pixels : (P,) intp
        Flat indices of the pixels that show the surface.
    values : (P, C) float32
    """
    shown = seen.ravel()
    pixels = np.flatnonzero(shown >= 0)
    mixed = np.empty((len(pixels), values.shape[1]), dtype=np.float32)
    for part in chunks(len(pixels)):
        corners = triangles[shown[pixels[part]]].T
        here = np.stack(np.divmod(pixels[part], seen.shape[1])[::-1], axis=1).astype(np.float32)
        (ax, ay), (bx, by), (cx, cy) = ((positions[corner, :2] - here).T for corner in corners)
        weights = bx * cy - by * cx, cx * ay - cy * ax, ax * by - ay * bx
        area = weights[0] + weights[1] + weights[2]
        area[area == 0] = 1
        mixed[part] = sum(
            values[corner] * (weight / area)[:, None] for corner, weight in zip(corners, weights, strict=True)
        )
    return pixels, mixed


def splat(
    positions: Floats, normals: Floats, radius: Floats, values: Floats, width: int, height: int
) -> tuple[npt.NDArray[np.intp], Floats]:
    """Draw points as overlapping discs that blend into a surface; small holes are filled.

    Parameters
    ----------
    positions : (N, 3) float32
    normals : (N, 3) float32, view frame, z not negative
    radius : (N,) float32, pixels
    values : (N, C) float32

    Returns
    -------
    pixels : (P,) intp
        Flat indices of the pixels that show the surface.
    values : (P, C) float32
    """
    first, size = _boxes(positions[:, :2] - radius[:, None], positions[:, :2] + radius[:, None], width, height)
    slope = normals[:, :2] / np.maximum(normals[:, 2:], 0.25)

    def discs() -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats, Floats]]:
        """Point, pixel, nearness and squared distance in radii, for each pixel in a disc."""
        for part, box, column, row in _box_pixels(first, size):
            point = box + part.start
            column, row = column + first[point, 0], row + first[point, 1]
            x = column.astype(np.float32) - positions[point, 0]
            y = positions[point, 1] - row.astype(np.float32)
            z = -(slope[point, 0] * x + slope[point, 1] * y)
            far = (x * x + y * y + z * z) / radius[point] ** 2
            inside = np.flatnonzero(far <= 1)
            point = point[inside]
            yield point, (row * width + column)[inside], positions[point, 2] + z[inside], far[inside]

    front = np.full(height * width, -np.inf, dtype=np.float32)
    for _, pixel, near, _ in discs():
        np.maximum.at(front, pixel, near)
    total = np.zeros((values.shape[1] + 1, height * width), dtype=np.float32)
    for point, pixel, near, far in discs():
        kept = np.flatnonzero(near >= front[pixel] - radius[point])
        point, pixel = point[kept], pixel[kept]
        weight = np.exp(-4 * far[kept])
        np.add.at(total[0], pixel, weight)
        for channel in range(values.shape[1]):
            np.add.at(total[channel + 1], pixel, weight * values[point, channel])

    covered = (total[0] > 0.4).reshape(height, width)  # cuts off what discs add around the outline
    reach = int(np.ceil(2 * np.median(radius))) if len(radius) else 0
    closed = _close(covered, reach) if reach else covered
    nearest = ndimage.distance_transform_edt(~covered, return_distances=False, return_indices=True) if reach else None
    pixels = np.flatnonzero(closed.ravel())
    from_pixels = pixels if nearest is None else (nearest[0] * width + nearest[1]).ravel()[pixels]
    return pixels, (total[1:, from_pixels] / total[0, from_pixels]).T


def _close(mask: npt.NDArray[np.bool_], reach: int) -> npt.NDArray[np.bool_]:
    """Morphological closing with a disc: dilate by `reach` pixels, then erode by as much."""
    padded = np.pad(mask, reach + 1)
    grown = ndimage.distance_transform_edt(~padded) <= reach
    closed = ndimage.distance_transform_edt(grown) > reach
    return np.asarray((closed | padded)[reach + 1 : -reach - 1, reach + 1 : -reach - 1])


def spread(pixels: npt.NDArray[np.intp], values: Floats, width: int, height: int) -> tuple[Floats, Floats]:
    """Lay pixel values out as an image `(H, W, C)`, continued beyond the surface, and its soft coverage `(H, W)`."""
    covered = np.zeros((height, width), dtype=bool)
    covered.flat[pixels] = True
    nearest = ndimage.distance_transform_edt(~covered, return_distances=False, return_indices=True)
    image = np.zeros((height * width, values.shape[1]), dtype=np.float32)
    image[pixels] = values
    return image[nearest[0] * width + nearest[1]], ndimage.gaussian_filter(covered.astype(np.float32), 1.2)


def resample(image: Floats, rows: npt.NDArray[np.floating], columns: npt.NDArray[np.floating]) -> Floats:
    """Return `image (H, W, ...)` at fractional rows and columns, bilinear, `(len(rows), len(columns), ...) float32`."""
    for axis, at in ((0, rows), (1, columns)):
        last = image.shape[axis] - 1
        low = np.clip(at.astype(np.intp), 0, max(last - 1, 0))
        part = np.clip(at - low, 0, 1).astype(np.float32)
        part = part.reshape([-1 if i == axis else 1 for i in range(image.ndim)])
        image = image.take(low, axis) * (1 - part) + image.take(np.minimum(low + 1, last), axis) * part
    return image
