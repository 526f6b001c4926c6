"""Renew the example and the picture of docs/compare.md: `python tools/compare_example.py`.

One virtual person before a scanner, at rest in mm and smiling in metres, each scan with a hole of its own.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from command_examples import BLOCK, DOCS, rerun
from PIL import Image
from scipy.spatial.transform import Rotation

from lineament.demo import cut, seen_points, sensor_errors, subdivide, visible_triangles
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.geometry.normals import vertex_normals
from lineament.io.scans import write_scan
from lineament.types import Scan

PERSON = 11
SMILE = {"mouthSmileLeft": 0.75, "mouthSmileRight": 0.6, "cheekSquintLeft": 0.3, "cheekSquintRight": 0.2}
TURNED = Similarity(1000.0, Rotation.random(random_state=2).as_matrix(), np.array([100.0, 20.0, -300.0]))
WIDTH = 1600


def sitting(expression: dict[str, float], pose: Similarity, hole: int, seed: int) -> Scan:
    """Scan the person with an expression; `pose` leads to the face frame, `hole` is an iBUG point that is missing."""
    model, rng = load_face_model(), np.random.default_rng(seed)
    identity = 0.8 * np.random.default_rng(PERSON).standard_normal(len(model.identity))
    skin = model.shape(identity, [expression.get(name, 0.0) for name in model.expression_names])
    points, triangles = subdivide(*subdivide(skin, visible_triangles(model)))
    points = points + vertex_normals(points, triangles) * sensor_errors(points, rng)[:, None]
    points, triangles = cut(points, triangles, seen_points(points, model.landmarks(skin, "ibug68")[hole]))
    return Scan(pose.inverse().apply(points.astype(np.float64)).astype(np.float32), triangles)


def main() -> None:
    """Scan, compare, and put what is printed and drawn into the page."""
    page = DOCS / "compare.md"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_scan(sitting({}, Similarity.identity(), 12, seed=1), folder / "neutral.ply")
        write_scan(sitting(SMILE, TURNED, 3, seed=2), folder / "smile.ply")
        text = page.read_text(encoding="utf-8")
        page.write_text(BLOCK.sub(lambda found: rerun(found.group(), folder), text), encoding="utf-8")
        with Image.open(folder / "out" / "deviation.png") as picture:
            small = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
            small.save(DOCS / "images" / "compare.png", optimize=True)


if __name__ == "__main__":
    main()
