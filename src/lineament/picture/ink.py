"""Antialiased discs, rings and lines on an image, to a fraction of a pixel.

Symbols: H x W pixels. The image is `(H, W, 3) float32`, sRGB 0..255, changed in place.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lineament.types import Floats

Color = tuple[int, int, int]


def disc(image: Floats, x: float, y: float, radius: float, color: Color, alpha: float = 1.0) -> None:
    """Fill a disc."""
    _ink(image, (x, y), (x, y), radius + 1, lambda u, v: radius - np.hypot(u - x, v - y), color, alpha)


def ring(image: Floats, x: float, y: float, radius: float, width: float, color: Color, alpha: float = 1.0) -> None:
    """Draw a circle with a line of `width` pixels."""

    def inside(u: Floats, v: Floats) -> Floats:
        return np.asarray(width / 2 - np.abs(np.hypot(u - x, v - y) - radius))

    _ink(image, (x, y), (x, y), radius + width + 1, inside, color, alpha)


def line(
    image: Floats, start: tuple[float, float], end: tuple[float, float], width: float, color: Color, alpha: float = 1.0
) -> None:
    """Draw a straight line of `width` pixels with round ends."""
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    squared = max(dx * dx + dy * dy, 1e-12)

    def inside(u: Floats, v: Floats) -> Floats:
        along = np.clip(((u - x) * dx + (v - y) * dy) / squared, 0, 1)
        return np.asarray(width / 2 - np.hypot(u - x - along * dx, v - y - along * dy))

    low = (min(start[0], end[0]), min(start[1], end[1]))
    high = (max(start[0], end[0]), max(start[1], end[1]))
    _ink(image, low, high, width + 1, inside, color, alpha)


def _ink(
    image: Floats,
    low: tuple[float, float],
    high: tuple[float, float],
    margin: float,
    inside: Callable[[Floats, Floats], Floats],
    color: Color,
    alpha: float,
) -> None:
    """Blend `color` where `inside(column, row)`, the signed distance to the edge in pixels, is positive."""
    height, width = image.shape[:2]
    left, right = max(int(low[0] - margin), 0), min(int(high[0] + margin) + 2, width)
    top, bottom = max(int(low[1] - margin), 0), min(int(high[1] + margin) + 2, height)
    if left >= right or top >= bottom:
        return
    u = np.arange(left, right, dtype=np.float32)[None, :]
    v = np.arange(top, bottom, dtype=np.float32)[:, None]
    cover = np.clip(inside(u, v) + 0.5, 0, 1)[..., None] * alpha
    patch = image[top:bottom, left:right]
    patch += (np.array(color, dtype=np.float32) - patch) * cover
