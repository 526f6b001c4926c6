"""Draw the pictures of surface detail and colour in the docs: `python tools/detail_pictures.py`.

A virtual person gets wrinkles, pores, freckles, lips and brows by formula, and is scanned without the back of the head
and with a hole; the fitted face is the person without all that.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from lineament.face.colour import bake_colour
from lineament.face.detail import applied, displacement, subdivided
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.face.uvmap import sample, uv_map
from lineament.geometry.alignment import Similarity
from lineament.picture.camera import Camera, turned
from lineament.picture.colormap import colormap
from lineament.picture.landmarks import INK, font
from lineament.picture.render import render
from lineament.picture.shade import PAPER
from lineament.types import Scan

TARGET = Path(__file__).parents[1] / "docs" / "images"
WIDTH, HEIGHT, TITLE = 500, 620, 54
SIZE = 2048
RANGE = 0.6
"""Heights from which on the map's colours stay the same, mm."""


def waves(points: np.ndarray, count: int, wavelength: float, spread: float, seed: int) -> np.ndarray:
    """Return smooth noise of unit variance at points (N, 3)."""
    random = np.random.default_rng(seed)
    direction = random.normal(size=(3, count))
    number = 2 * np.pi / (wavelength * np.exp(random.normal(0, spread, count)))
    direction *= number / np.linalg.norm(direction, axis=0)
    return np.cos(points @ direction + random.uniform(0, 2 * np.pi, count)).sum(axis=1) * np.sqrt(2 / count)


def bump(distance: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((distance / width) ** 2) / 2)


def skin(points: np.ndarray, mark: dict[int, np.ndarray]) -> np.ndarray:
    """Heights of wrinkles, folds, pores and a scar, mm."""
    x, y, _ = points.T
    height = 0.02 * waves(points, 64, 1.8, 0.2, 0) + 0.03 * waves(points, 48, 9, 0.4, 1)
    forehead = np.linalg.norm((points - mark[27] - [0, 44, 0]) / [42, 19, 50], axis=1)
    height += 0.5 * bump(forehead, 0.55) * np.sin(2 * np.pi * (y + 2 * np.sin(x / 17) + x * x / 300) / 9)
    for corner, side in ((36, -1), (45, 1)):
        away = points - mark[corner] - [10 * side, 0, 0]
        angle = np.arctan2(away[:, 1], side * away[:, 0] + 14)
        height += 0.3 * bump(np.linalg.norm(away, axis=1), 8) * np.sin(22 * angle)
    cheek = (mark[4] + mark[48]) / 2
    across, along = ((points - cheek) @ axis for axis in ([0.8, -0.6, 0], [0.6, 0.8, 0]))
    height += 0.6 * bump(across, 1.0) * bump(along, 7) * (points[:, 2] > 20)
    return height


def tone(points: np.ndarray, region: np.ndarray, lips: np.ndarray, mark: dict[int, np.ndarray]) -> np.ndarray:
    """Colours of skin, lips, brows and eyes, sRGB."""
    color = np.array([214, 166, 140]) + 4 * waves(points, 64, 9, 0.5, 2)[:, None] * [1, 1.1, 1.1]
    for cheek in (mark[31] + [-27, 2, -8], mark[35] + [27, 2, -8], mark[30]):
        color += bump(np.linalg.norm(points - cheek, axis=1), 13)[:, None] * [14, -10, -6]
    freckles = np.clip(waves(points, 64, 4.5, 0.2, 3) - 1.5, 0, 1) * bump(points[:, 1] - mark[30][1] - 8, 16)
    color -= freckles[:, None] * [60, 62, 58]
    color += lips[:, None] * ([182, 106, 98] + 4 * waves(points, 32, 3, 0.3, 4)[:, None] - color)
    for brow in (range(17, 22), range(22, 27)):
        line = np.concatenate([np.linspace(mark[i], mark[i + 1], 12) for i in list(brow)[:-1]]) - [0, 2, 0]
        near = np.min([np.linalg.norm(points - at, axis=1) for at in line], axis=0)
        color -= bump(near, 2.6)[:, None] * (92 + 16 * waves(points * [1, 0.25, 1], 48, 1.6, 0.2, 5)[:, None])
    for side, (low, high) in (("left", (42, 48)), ("right", (36, 42))):
        eye = region == f"eyeball_{side}"
        away = np.linalg.norm(points[:, :2] - np.mean([mark[i] for i in range(low, high)], axis=0)[:2], axis=1)
        iris = np.where(
            away[:, None] < 2.4, [28, 24, 24], np.where(away[:, None] < 5.6, [92, 112, 106], [236, 232, 228])
        )
        color = np.where(eye[:, None], iris, color)
    return np.clip(color, 0, 255)


def sheet(panels: list[tuple[str, np.ndarray]]) -> Image.Image:
    """Set titled panels side by side."""
    paper = tuple(round(255 * part) for part in PAPER)
    picture = Image.new("RGB", (sum(image.shape[1] for _, image in panels), TITLE + HEIGHT), paper)
    x = 0
    for title, image in panels:
        picture.paste(Image.fromarray(image), (x, TITLE + (HEIGHT - image.shape[0]) // 2))
        ImageDraw.Draw(picture).text((x + image.shape[1] // 2, TITLE // 2), title, fill=INK, font=font(22), anchor="mm")
        x += image.shape[1]
    return picture


def square(image: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((HEIGHT, HEIGHT), Image.Resampling.LANCZOS))


def main() -> None:
    model = load_face_model()
    vertices = model.shape(0.9 * np.random.default_rng(11).normal(size=len(model.identity)))
    face = Face(vertices, np.zeros(100), np.zeros(53), np.ones(len(vertices)), Similarity.identity())
    mark = dict(enumerate(model.landmarks(vertices, "ibug68").astype(np.float64)))
    fine = subdivided(face, 3)
    names = np.array(model.region_names)
    corner = np.empty(len(fine), int)
    corner[fine.triangles] = np.repeat(model.region[model.triangles].max(axis=1), 64)[:, None]
    uv = uv_map(1024)
    image = uv.image(uv.interpolate((names[model.region] == "lips").astype(np.float32)[:, None]))
    uv.dilate(image)
    lips = np.clip(2 * sample(image, fine.uv)[:, 0] - 0.5, 0, 1)
    colors = tone(fine.points.astype(np.float64), names[corner], lips, mark)
    points = fine.points + fine.normals * skin(fine.points.astype(np.float64), mark)[:, None]
    lost = (fine.points[:, 2] < 5) | (np.linalg.norm(fine.points[:, :2] - (mark[2] + mark[31])[:2] / 2, axis=1) < 6)
    lost |= names[corner] == "mouth"
    scan = Scan(points, fine.triangles[~lost[fine.triangles].any(axis=1)], colors=np.rint(colors), unit="mm")

    camera = Camera(turned(-20.0), np.array([-6.0, 14.0, 20.0]), 2.7, WIDTH, HEIGHT)
    detail = displacement(face, scan, SIZE)
    raised = applied(face, detail, 3)
    heights = np.where(detail.measured, detail.height, np.nan)
    reduced = np.nanmean(np.nan_to_num(heights, nan=0).reshape(SIZE // 2, 2, SIZE // 2, 2), axis=(1, 3))
    seen = detail.measured[::2, ::2]
    drawn = colormap(np.where(seen, reduced, np.nan), -RANGE, RANGE, "diverging")
    save(
        sheet(
            [
                ("the fitted mesh", render(vertices, model.triangles, camera).image),
                ("mesh and map", render(raised.points, raised.triangles, camera).image),
                (f"the map: -{RANGE} (blue) to {RANGE} mm (brown), grey not measured", square(drawn)),
            ]
        ),
        "detail.png",
    )
    colour = bake_colour(face, scan, 1024)
    painted = np.clip(sample(colour.image, fine.uv) + 0.5, 0, 255).astype(np.uint8)
    save(
        sheet(
            [
                ("the scan", render(scan.points, scan.triangles, camera, colors=scan.colors).image),
                ("baked into the model's uv", square(colour.image)),
                ("the fitted mesh with it", render(fine.points, fine.triangles, camera, colors=painted).image),
            ]
        ),
        "colour.png",
    )


def save(picture: Image.Image, name: str) -> None:
    picture.quantize(224, kmeans=3, dither=Image.Dither.NONE).save(TARGET / name, optimize=True)


if __name__ == "__main__":
    main()
