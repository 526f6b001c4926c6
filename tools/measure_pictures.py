"""Draw the pictures of docs/measure.md: measures on the scan of the demo, and the asymmetry of a virtual face.

python tools/measure_pictures.py [--networks DIR] [FOLDER]
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from lineament.demo import demo_scan
from lineament.detect.detector import Detector
from lineament.face.face import Face
from lineament.face.fit import fit_face
from lineament.face.landmarks import consensus_landmarks
from lineament.face.model import LANDMARK_SETS, load_face_model
from lineament.geometry.alignment import Similarity
from lineament.geometry.normals import vertex_normals
from lineament.measure import MEASURES, asymmetry, measure_landmarks
from lineament.measure.picture import asymmetry_picture, measures_picture
from lineament.picture.sheets import save_picture
from lineament.types import Source

DRAWN = (
    *("ft-ft", "zy-zy", "go-go", "ex-ex", "en-en", "mf-mf", "al-al", "ch-ch", "cph-cph", "n-sn", "sn-gn", "en-ex"),
    *("ps-pi", "t-ex", "ex-go", "sa-sba", "t-g arc", "t-sn arc", "t-gn arc", "n-prn arc", "ch-ls-ch arc"),
    *("g-n-prn", "c'-sn-ls", "li-sl-pg"),
)
"""Measures of the page's picture."""


def draw(detector: Detector, folder: Path) -> None:
    """Draw the pictures of the page on measures."""
    scan = replace(demo_scan(0)[0], source=Source(Path("demo.ply")))
    detection = detector.detect(scan, LANDMARK_SETS)
    marks = consensus_landmarks(fit_face(scan, detection), detection.landmarks["anthropometric"])
    chosen = [m for m in MEASURES if m.abbreviation in DRAWN]
    save_picture(measures_picture(scan, marks, measure_landmarks(marks, scan, chosen)), folder / "measure.png")
    model = load_face_model()
    identity = 0.8 * np.random.default_rng(7).standard_normal(len(model.identity))
    shape = model.shape(identity)
    swelling = 3.5 * np.exp(-np.square(model.vertices - [48, -12, 80]).sum(axis=1) / (2 * 14**2))
    shape = shape + swelling[:, None] * vertex_normals(shape, model.triangles)
    whole = np.ones(len(shape))
    face = Face(shape, identity, np.zeros(len(model.expression)), whole, Similarity.identity(), "mm")
    title = "a virtual person with a swollen left cheek"
    save_picture(asymmetry_picture(face, asymmetry(face), title), folder / "asymmetry.png")


def main() -> None:
    """Draw both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).resolve().parents[1] / "docs" / "images")
    parser.add_argument("--networks", type=Path, help="folder of networks; the package's without it")
    given = parser.parse_args()
    draw(Detector(networks=given.networks), given.folder)


if __name__ == "__main__":
    main()
