"""The face model's uv as an image: for each texel the triangle that it shows and where in it.

Row 0 of an image is its top, and uv have their origin at the lower left: the texel in row r and column c has its centre
at u = (c + 0.5) / S, v = 1 - (r + 0.5) / S.

Symbols: S texels along each side, P texels that show the surface, B texels just outside it, V vertices, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from lineament.errors import InputError
from lineament.face.model import FaceModel, load_face_model
from lineament.picture.raster import chunks, rasterise, resample
from lineament.types import Floats, Ints

LARGEST = 8192
_MARGIN = 4
"""Texels around each chart that repeat its border, so that what is interpolated there knows no background."""


@dataclass(frozen=True, eq=False, slots=True)
class UvMap:
    """The texels of an image in the model's uv.

    Attributes
    ----------
    size : int
        S; the image is square.
    texel : (P,) int32
        Flat indices, in ascending order, of the texels whose centre lies in a triangle.
    triangle : (P,) int32
    barycentric : (P, 3) float32
        Weights of the triangle's corners at the texel's centre.
    corners : (T, 3) int32
        The model's triangles.
    margin, inner : (B,) int32
        Texels up to 4 outside the charts, and of each the nearest texel inside.
    """

    size: int
    texel: Ints
    triangle: Ints
    barycentric: Floats
    corners: Ints
    margin: Ints
    inner: Ints

    def interpolate(self, values: npt.NDArray[Any], rows: slice | npt.NDArray[np.intp] = slice(None)) -> Floats:
        """Return values of the vertices (V, C) at the texels `rows` of the P, `(..., C) float32`."""
        corners, weights = self.corners[self.triangle[rows]], self.barycentric[rows]
        mixed: Floats = np.zeros((len(weights), values.shape[1]), np.float32)
        for i in range(3):
            mixed += np.take(values, corners[:, i], axis=0) * weights[:, i : i + 1]
        return mixed

    def mask(self) -> npt.NDArray[np.bool_]:
        """Return which texels show the surface, `(S, S) bool`."""
        return np.asarray(self.image(np.ones(len(self.texel), np.bool_)))

    def image(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Lay values at the P texels out as an image `(S, S, ...)`; zero where there is no surface."""
        image = np.zeros((self.size * self.size, *values.shape[1:]), values.dtype)
        image[self.texel] = values
        return image.reshape(self.size, self.size, *values.shape[1:])

    def dilate(self, image: npt.NDArray[Any]) -> None:
        """Continue an image (S, S, ...) by a margin around the charts, in place."""
        flat = image.reshape(self.size * self.size, *image.shape[2:])
        flat[self.margin] = flat[self.inner]


@lru_cache(maxsize=2)
def uv_map(size: int, model: FaceModel | None = None) -> UvMap:
    """Rasterise the model's uv; later calls with the same size return the same object.

    Parameters
    ----------
    size : int
        Texels along each side, 16 to 8192.
    model : FaceModel, optional
        The one that ships with Lineament when None.

    Raises
    ------
    InputError
        The size is out of range.
    """
    if not 16 <= size <= LARGEST:
        raise InputError(f"the map's size is {size}, expected 16 to {LARGEST} texels")
    model = load_face_model() if model is None else model
    place = texels_of(model.uv, size)
    shown = rasterise(np.column_stack([place, np.zeros(len(place), np.float32)]), model.triangles, size, size).reshape(
        -1
    )
    texel = np.flatnonzero(shown >= 0).astype(np.int32)
    triangle = shown[texel]
    barycentric = np.empty((len(texel), 3), np.float32)
    for part in chunks(len(texel)):
        barycentric[part] = _weights(place, model.triangles[triangle[part]], texel[part], size)
    margin, inner = _margin((shown >= 0).reshape(size, size))
    return UvMap(size, texel, triangle, barycentric, model.triangles, margin, inner)


def texels_of(uv: Floats, size: int) -> Floats:
    """Return column and row (..., 2) of uv (..., 2), in texels; the centre of the first texel is (0, 0)."""
    return np.stack([uv[..., 0] * size - 0.5, (1 - uv[..., 1]) * size - 0.5], axis=-1).astype(np.float32)


def sample(image: npt.NDArray[Any], uv: Floats) -> Floats:
    """Look an image (H, W, ...) up at uv (N, 2), bilinear and clamped at its edges; `(N, ...) float32`."""
    height, width = image.shape[:2]
    column = np.clip(uv[:, 0] * width - 0.5, 0, width - 1)
    row = np.clip((1 - uv[:, 1]) * height - 0.5, 0, height - 1)
    left, top = np.minimum(column.astype(np.intp), width - 2), np.minimum(row.astype(np.intp), height - 2)
    right, below = (column - left).astype(np.float32), (row - top).astype(np.float32)
    flat, first = image.reshape(height * width, *image.shape[2:]), top * width + left
    shape = (-1, *[1] * (image.ndim - 2))
    mixed: Floats = np.zeros((len(uv), *image.shape[2:]), np.float32)
    for step, weight in (
        (0, (1 - right) * (1 - below)),
        (1, right * (1 - below)),
        (width, (1 - right) * below),
        (width + 1, right * below),
    ):
        mixed += flat[first + step] * weight.reshape(shape)
    return mixed


def push_pull(image: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Fill the unknown texels of an image smoothly from the known ones, which stay as they are.

    Averages of the known travel up a pyramid, and down again to where nothing is known (Gortler et al., *The
    Lumigraph*, SIGGRAPH 1996).

    Parameters
    ----------
    image : (S, S, C) float32
    known : (S, S) bool

    Returns
    -------
    (S, S, C) float32
        Zero everywhere when nothing is known.
    """
    return _pulled(np.where(known[..., None], image, np.float32(0)), known.astype(np.float32)[..., None])


def _pulled(total: Floats, weight: Floats) -> Floats:
    """Fill `total`, values times their weight (S, S, C), weight from 0 to 1 (S, S, 1)."""
    height, width = weight.shape[:2]
    if (height <= 1 and width <= 1) or weight.min() >= 1:
        return np.asarray(total / np.maximum(weight, np.float32(1e-12)), np.float32)
    even = ((0, height % 2), (0, width % 2), (0, 0))
    sums, parts = (
        padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
        for padded in (np.pad(total, even), np.pad(weight, even))
    )
    clipped = np.minimum(parts, 1)
    coarse = _pulled(sums * (clipped / np.maximum(parts, np.float32(1e-12))), clipped)
    rows, columns = ((np.arange(size) - 0.5) / 2 for size in (height, width))
    return total + (1 - weight) * resample(coarse, np.maximum(rows, 0), np.maximum(columns, 0))


def _weights(place: Floats, corners: Ints, texel: Ints, size: int) -> Floats:
    """Barycentric coordinates of texels in their triangles."""
    row, column = np.divmod(texel, np.int32(size))
    here = np.stack([column, row], axis=1).astype(np.float32)
    # relative to the texel: keeps float32 exact for small triangles
    (ax, ay), (bx, by), (cx, cy) = ((place[corners[:, i]] - here).T for i in range(3))
    weights = np.stack([bx * cy - by * cx, cx * ay - cy * ax, ax * by - ay * bx], axis=1)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _margin(shown: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Texels just outside what is shown, and the nearest one inside for each."""
    around = ndimage.binary_dilation(shown, iterations=_MARGIN) & ~shown
    edge = shown & ~ndimage.binary_erosion(shown)
    outside, inside = np.argwhere(around), np.argwhere(edge)
    if not len(outside) or not len(inside):
        return np.empty(0, np.int32), np.empty(0, np.int32)
    nearest = inside[cKDTree(inside).query(outside)[1]]
    width = shown.shape[1]
    outer, inner = ((at[:, 0] * width + at[:, 1]).astype(np.int32) for at in (outside, nearest))
    return outer, inner
