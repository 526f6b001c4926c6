"""Light on what is seen: three soft lamps, a sky, and the darkening of hollows.

Symbols: H x W pixels. View frame: +x right, +y up, +z towards the viewer. Colours are linear until `encode`.

Hollows darken by the mean horizon over eight directions in the depth buffer, after Bavoil et al., *Image-space
horizon-based ambient occlusion*, SIGGRAPH 2008.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lineament.picture.raster import resample
from lineament.types import Floats


def _row(*values: float) -> Floats:
    return np.array(values, dtype=np.float32)


def _unit(*values: float) -> Floats:
    return _row(*values) / np.linalg.norm(values).astype(np.float32)


PAPER = (0.957, 0.961, 0.967)
"""sRGB of the ground."""

CLAY = (0.845, 0.795, 0.755)
"""sRGB of a surface without colours."""

_LAMPS = (  # direction towards the lamp, colour, wrap: the share of the far side that still gets light
    (_unit(-0.45, 0.52, 0.72), _row(1.34, 1.25, 1.14), 0.12),
    (_unit(0.85, 0.10, 0.50), _row(0.40, 0.46, 0.54), 0.30),
    (_unit(0.70, 0.45, -0.55), _row(0.80, 0.86, 0.95), 0.10),
)
_SKY, _GROUND = _row(0.30, 0.32, 0.34), _row(0.15, 0.135, 0.125)


def decode(colors: npt.ArrayLike) -> Floats:
    """sRGB in 0..1 to linear."""
    srgb = np.asarray(colors, dtype=np.float32)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encode(linear: Floats) -> npt.NDArray[np.uint8]:
    """Linear to sRGB in 0..255."""
    table = np.linspace(0, 1, 4096)
    srgb = np.where(table <= 0.0031308, table * 12.92, 1.055 * table ** (1 / 2.4) - 0.055)
    codes = np.round(srgb * 255).astype(np.uint8)
    return np.asarray(codes[np.clip(linear * 4095 + 0.5, 0, 4095).astype(np.int32)])


def shade(normals: Floats, albedo: Floats, openness: Floats, lamp: Floats) -> Floats:
    """Light a surface.

    Parameters
    ----------
    normals : (P, 3) float32, view frame
        Of any length.
    albedo : (P, 3) or (3,) float32, linear
    openness : (P,) float32
        Share of the sky that is seen, 0 to 1.
    lamp : (P,) float32
        Share of the main lamp that is seen, 0 to 1.

    Returns
    -------
    (P, 3) float32, linear
    """
    length = np.sqrt(np.einsum("ij,ij->i", normals, normals))
    normals = normals / np.maximum(length, 1e-12)[:, None]
    up = 0.5 + 0.5 * normals[:, 1:2]
    light = (_SKY * up + _GROUND * (1 - up)) * openness[:, None]
    for i, (towards, color, wrap) in enumerate(_LAMPS):
        amount = np.clip((normals @ towards + wrap) / (1 + wrap), 0, 1) * (lamp if i == 0 else openness)
        light += amount[:, None] * color
    half = _LAMPS[0][0] + _row(0, 0, 1)
    gloss = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1)
    for _ in range(5):  # to the power of 32
        gloss *= gloss
    # Light that went through the surface leaves hollows red-brown rather than grey.
    deep = albedo * (1 - 0.5 * (1 - openness)[:, None] * (1 - albedo))
    color = deep * light * 0.80 + (0.10 * gloss * lamp)[:, None]
    return np.asarray(color / (1 + 0.18 * color), dtype=np.float32)


def occlusion(depth: Floats, reach: float) -> tuple[Floats, Floats]:
    """Return how much of the sky and of the main lamp each pixel sees, both `(H, W) float32` in 0..1.

    Parameters
    ----------
    depth : (H, W) float32, pixels towards the viewer
        -inf where there is no surface.
    reach : float, pixels
        How far away a surface still takes light.
    """
    step = 4  # a quarter of the resolution is enough for what varies slowly
    small = depth[::step, ::step] / np.float32(step)
    reach = max(reach / step, 3.0)
    sky = np.zeros_like(small)
    distances = np.unique(np.round(np.geomspace(1, reach, 7)))
    for angle in np.arange(8) * (np.pi / 4) + 0.2:
        horizon: Floats = np.zeros_like(small)
        for distance in distances:
            rise, run = _rise(small, float(np.cos(angle) * distance), float(np.sin(angle) * distance))
            fade = 1 - (run / (reach + 1)) ** 2
            sine = rise / np.sqrt(rise * rise + run * run)
            # A surface far in front is another object, not the wall of a hollow.
            horizon = np.maximum(horizon, np.where(rise < 2 * reach, sine, 0) * fade)
        sky += 1 - horizon
    sky = np.asarray((sky / 8) ** 1.5, dtype=np.float32)

    towards = _LAMPS[0][0]
    flat = float(np.hypot(*towards[:2]))
    shadow: Floats = np.zeros_like(small)
    for distance in np.unique(np.round(np.geomspace(2, 4 * reach, 24))):
        rise, run = _rise(small, float(towards[0] / flat * distance), float(-towards[1] / flat * distance))
        above = rise - run * towards[2] / flat
        shadow = np.maximum(shadow, np.clip((above - 0.5) / (0.12 * run + 1), 0, 1))
    lamp = 1 - 0.62 * ndimage.gaussian_filter(shadow, 2.5)
    rows, columns = (np.arange(size) / step for size in depth.shape)
    return resample(sky, rows, columns), resample(lamp, rows, columns)


def _rise(depth: Floats, columns: float, rows: float) -> tuple[Floats, float]:
    """How far the surface `columns, rows` away stands above each pixel (0 where none or below), and the distance."""
    dx, dy = round(columns), round(rows)
    moved = np.full_like(depth, -np.inf)
    height, width = depth.shape
    to = (slice(max(-dy, 0), min(height - dy, height)), slice(max(-dx, 0), min(width - dx, width)))
    moved[to] = depth[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)]
    both = np.isfinite(moved) & np.isfinite(depth)
    rise = np.zeros_like(depth)
    rise[both] = np.maximum(moved[both] - depth[both], 0)
    return rise, max(float(np.hypot(dx, dy)), 1.0)
