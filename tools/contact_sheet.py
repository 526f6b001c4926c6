"""Draw the contact sheet of virtual scans in the docs: `python tools/contact_sheet.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from lineament.face.model import load_face_model
from lineament.picture.camera import FRONT, Camera, turned
from lineament.picture.landmarks import draw_landmarks, font
from lineament.picture.render import render
from lineament.synth.scans import VirtualScanner

ROWS, COLUMNS, TILE = 4, 6, 330
TARGET = Path(__file__).parents[1] / "docs" / "images" / "virtual_scans.png"
RANGE = 230.0
"""Height of a tile, mm; shoulders and walls are cut off."""


def tile(scan, number: int) -> Image.Image:
    """Draw one scan with its 68 true landmarks, half of them turned to the side."""
    rotation = FRONT if number % 2 == 0 else turned(35 if number % 4 == 1 else -35)
    points = scan.points.numpy()
    centre = np.array([0.0, 5.0, 60.0], dtype=np.float32)
    near = np.abs(points - centre).max(axis=1) < 0.75 * RANGE
    camera = Camera(rotation, centre, TILE / RANGE, TILE, TILE)
    image = render(points[near], None, camera).image
    marks = scan.landmarks.numpy()[:68]
    picture = draw_landmarks(
        image, camera.project(marks)[:, :2], colors=[(213, 94, 0)] * 68, visible=scan.visible.numpy()[:68], radius=3.2
    )
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    ImageDraw.Draw(picture).text((10, TILE - 24), f"{scan.sensor}, {len(points):,}", fill=(70, 70, 80), font=font(14))
    return picture


def main() -> None:
    sheet = Image.new("RGB", (COLUMNS * TILE, ROWS * TILE), "white")
    for number, scan in enumerate(VirtualScanner(load_face_model(), seed=24).faces(ROWS * COLUMNS)):
        sheet.paste(tile(scan, number), (number % COLUMNS * TILE, number // COLUMNS * TILE))
    sheet.quantize(128).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
