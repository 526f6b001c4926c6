"""Do lids and lips meet? The face model's own targets beside those made for a person: `python benchmarks/rig.py`.

100 random people of the face model, identity N(0, 1), without a residual.
"""

from __future__ import annotations

import numpy as np

from lineament.face.contact import eyes, gaps, mouth
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.face.rig import arkit_targets
from lineament.geometry.alignment import Similarity
from lineament.picture.camera import FRONT, Camera
from lineament.picture.raster import rasterise
from lineament.types import Floats

PEOPLE, PIXELS, SIZE = 100, 240, 60.0


def someone(seed: int) -> Face:
    model = load_face_model()
    identity = np.random.default_rng(seed).normal(size=len(model.identity)).astype(np.float32)
    rest, sure = np.zeros(len(model.expression), np.float32), np.zeros(len(model.vertices), np.float32)
    return Face(model.shape(identity), identity, rest, sure, Similarity.identity(), "mm")


def seen(vertices: Floats, centre: Floats) -> int:
    """How many pixels of a close-up from the front show the left eyeball."""
    model = load_face_model()
    camera = Camera(FRONT, np.asarray(centre, np.float64), PIXELS / SIZE, PIXELS, PIXELS)
    shown = rasterise(camera.project(vertices), model.triangles, PIXELS, PIXELS)
    part = model.region[model.triangles[shown[shown >= 0], 0]]
    return int(np.count_nonzero(part == model.region_names.index("eyeball_left")))


def main() -> None:
    model = load_face_model()
    own = dict(zip(model.expression_names, model.expression, strict=True))
    lids, lips = eyes()["Left"], mouth()
    ball = model.region == model.region_names.index("eyeball_left")
    margin, eye, mouths = ({"model": [], "rig": []} for _ in range(3))
    for seed in range(1, PEOPLE + 1):
        face = someone(seed)
        rest, centre = face.vertices, face.vertices[ball].mean(axis=0)
        for name, targets in (("model", own), ("rig", arkit_targets(face))):
            shut = rest + targets["eyeBlinkLeft"]
            margin[name].append(np.abs(gaps(lids, shut)).max())
            eye[name].append(100 * seen(shut, centre) / seen(rest, centre))
            mouths[name].extend(gaps(lips, rest + targets["jawOpen"] + targets["mouthClose"]))
    for title, found in (
        ("eyeBlink: largest distance of the lids' margins, mm", margin),
        ("eyeBlink: eyeball still seen, %", eye),
        ("jawOpen and mouthClose: distance between the lips' inner lines, mm", mouths),
    ):
        print(title)
        for name, values in found.items():
            low, median, high = np.percentile(values, [0, 50, 100])
            print(f"  {name:6} least {low:6.2f}  median {median:6.2f}  most {high:6.2f}")


if __name__ == "__main__":
    main()
