"""Landmarks drawn on a picture.

Symbols: L landmarks, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from lineament.picture.ink import Color, disc, line, ring
from lineament.picture.labels import place_labels
from lineament.types import Floats

# Okabe and Ito, Color Universal Design, 2008: told apart in all common kinds of colour blindness.
LEFT_COLOR: Color = (0, 114, 178)
MIDDLE_COLOR: Color = (240, 228, 66)
RIGHT_COLOR: Color = (213, 94, 0)
INK: Color = (38, 42, 48)


def font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow."""
    return ImageFont.load_default(size)


def draw_landmarks(
    image: npt.NDArray[np.uint8],
    xy: Floats,
    *,
    colors: Sequence[Color],
    visible: npt.NDArray[np.bool_],
    names: Sequence[str] = (),
    error_radius: Floats | None = None,
    margin: int = 0,
    radius: float = 4.6,
) -> npt.NDArray[np.uint8]:
    """Draw landmarks as dots with their names in the margins.

    Parameters
    ----------
    image : (H, W, 3) uint8
    xy : (L, 2) float32, pixels
        Column and row; NaN is passed over.
    colors : L colours
    visible : (L,) bool
        False is drawn hollow.
    names : L str, or empty
        Left out when they do not all fit.
    error_radius : (L,) float32, pixels, or None
        Radius of a circle around each dot.
    margin : int, pixels
        Columns on each side that are free for names.
    radius : float, pixels

    Returns
    -------
    (H, W, 3) uint8
    """
    canvas = image.astype(np.float32)
    height, width = image.shape[:2]
    text = font(17)
    labels = place_labels(xy, margin - 14, width - margin + 14, 8, height - 8, 23) if names else ()
    for label in labels:
        x, y = (float(value) for value in xy[label.index])
        line(canvas, (label.x, label.y), (x, y), 1.1, INK, 0.38)
    shown = [(i, float(x), float(y)) for i, (x, y) in enumerate(xy) if np.isfinite(x) and np.isfinite(y)]
    if error_radius is not None:
        for i, x, y in shown:
            if np.isfinite(error_radius[i]):
                disc(canvas, x, y, float(error_radius[i]), colors[i], 0.13)
                ring(canvas, x, y, float(error_radius[i]), 1.2, colors[i], 0.65)
    for i, x, y in shown:
        size = radius if visible[i] else radius + 0.8
        disc(canvas, x, y, size + 1.2, INK, 0.9)
        disc(canvas, x, y, size, colors[i])
        if not visible[i]:
            disc(canvas, x, y, size - 2.2, (255, 255, 255))
    picture = Image.fromarray(np.clip(canvas + 0.5, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for label in labels:
        x = label.x - 5 if label.on_left else label.x + 5
        draw.text((x, label.y), names[label.index], fill=INK, font=text, anchor="rm" if label.on_left else "lm")
    return np.asarray(picture)
