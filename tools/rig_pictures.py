"""Draw the rig's pictures in the docs: `python tools/rig_pictures.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.face.parts import part_colors
from lineament.face.rig import EMPTY_TARGETS, FACESCAPE20, arkit_targets, neutral, posed
from lineament.geometry.alignment import Similarity
from lineament.picture.camera import Camera, turned
from lineament.picture.expressions import expression_sheet
from lineament.picture.landmarks import INK, font
from lineament.picture.render import render

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SEED, OTHERS = 21, (11, 12, 30)


def someone(seed: int) -> Face:
    """A person of the face model."""
    model = load_face_model()
    identity = 0.8 * np.random.default_rng(seed).normal(size=len(model.identity)).astype(np.float32)
    rest = np.zeros(len(model.expression), np.float32)
    return Face(
        model.shape(identity), identity, rest, np.zeros(len(model.vertices), np.float32), Similarity.identity(), "mm"
    )


def save(picture: Image.Image, name: str) -> None:
    picture.quantize(240, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    print(name, picture.size, (IMAGES / name).stat().st_size)


def main() -> None:
    face = someone(SEED)
    rest, targets = neutral(face), arkit_targets(face)
    poses = {}
    for name, displacement in targets.items():
        label = "jawOpen + mouthClose" if name == "mouthClose" else f"{name} (empty)" if name in EMPTY_TARGETS else name
        poses[label] = rest + displacement + (targets["jawOpen"] if name == "mouthClose" else 0)
    save(expression_sheet(poses, columns=8, tile=170), "rig_targets.png")
    save(expression_sheet({name: posed(face, w, targets) for name, w in FACESCAPE20.items()}), "expressions20.png")
    save(contacts(), "rig_contacts.png")


def contacts() -> Image.Image:
    """Eyes and mouths of three people closed by the face model alone, and by the rig made for them."""
    model = load_face_model()
    own = dict(zip(model.expression_names, model.expression, strict=True))
    tile, label, colors = 220, 26, part_colors()
    titles = ("neutral", "eyeBlink, model", "eyeBlink, rig", "jawOpen + mouthClose, model", "jawOpen + mouthClose, rig")
    sheet = Image.new("RGB", (len(titles) * tile, len(OTHERS) * tile + label), "white")
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(titles):
        draw.text(((column + 0.5) * tile, label / 2), title, fill=INK, font=font(13), anchor="mm")
    for row, seed in enumerate(OTHERS):
        face = someone(seed)
        rest, targets = neutral(face), arkit_targets(face)
        eye = rest[model.region == model.region_names.index("eyeball_left")].mean(axis=0)
        mouth = model.landmarks(rest, "ibug68")[60:68].mean(axis=0) - [0, 8, 0]
        shapes = (
            (rest, eye, 48),
            (rest + own["eyeBlinkLeft"], eye, 48),
            (rest + targets["eyeBlinkLeft"], eye, 48),
            (rest + own["jawOpen"] + own["mouthClose"], mouth, 95),
            (rest + targets["jawOpen"] + targets["mouthClose"], mouth, 95),
        )
        for column, (shape, centre, size) in enumerate(shapes):
            camera = Camera(turned(15), np.asarray(centre, np.float64), tile / size, tile, tile)
            image = render(shape.astype(np.float32), model.triangles, camera, colors=colors).image
            sheet.paste(Image.fromarray(image), (column * tile, row * tile + label))
    return sheet


if __name__ == "__main__":
    main()
