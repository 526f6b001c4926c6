"""A contact sheet of one person's expressions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw

from lineament.face.model import load_face_model
from lineament.face.parts import part_colors
from lineament.picture.camera import FRONT, Camera, turned
from lineament.picture.landmarks import INK, font
from lineament.picture.render import render
from lineament.types import Floats

_CENTRE = np.array([0.0, -9.0, 60.0])
"""Middle of a tile on the mean face, mm; the camera stays where it is from tile to tile, so that motion shows."""
_HEIGHT = 205.0
"""What a tile shows from top to bottom, mm."""
_LABEL = 24
TILE = 240
"""Pixels along each side of a face."""


def expression_sheet(
    poses: Mapping[str, Floats], columns: int = 5, tile: int | None = None, yaw: float = 0.0
) -> Image.Image:
    """Draw faces side by side, each with its name.

    Parameters
    ----------
    poses : mapping of str to (V, 3) float32, mm, face frame
    columns : int
    tile : int, pixels, optional
        Width and height of a face; `TILE` without it.
    yaw : float, degrees
        Towards the subject's left.
    """
    tile = TILE if tile is None else tile
    model = load_face_model()
    colors = part_colors()
    rows = -(-len(poses) // columns)
    sheet = Image.new("RGB", (columns * tile, rows * (tile + _LABEL)), "white")
    draw = ImageDraw.Draw(sheet)
    camera = Camera(turned(yaw) if yaw else FRONT, _CENTRE, tile / _HEIGHT, tile, tile)
    for number, (name, vertices) in enumerate(poses.items()):
        x, y = number % columns * tile, number // columns * (tile + _LABEL)
        sheet.paste(Image.fromarray(render(vertices, model.triangles, camera, colors=colors).image), (x, y + _LABEL))
        draw.text((x + tile / 2, y + _LABEL / 2), name, fill=INK, font=font(min(15, tile / 14)), anchor="mm")
    return sheet
