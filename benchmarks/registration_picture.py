"""Draw the picture of the fit in docs/accuracy.md: one virtual scan, and how far each method lies from the person.

    python benchmarks/registration_picture.py [--number 3]

The scan is one of those of `fit.py virtual --beside`, counted from 0; needs what that needs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from fit import SEED, inside_of, lineament
from PIL import Image, ImageDraw
from registrations import alternatives

from lineament.detect.detector import Detector
from lineament.face.model import LANDMARK_SETS, load_face_model
from lineament.picture.camera import Camera, turned
from lineament.picture.colormap import colormap
from lineament.picture.landmarks import INK, font
from lineament.picture.render import render
from lineament.picture.sheets import HEIGHT, color_bar, faded, scale_bar, titled_sheet
from lineament.synth.scans import VirtualScanner
from lineament.types import Floats, Scan, Source

IMAGE = Path(__file__).parents[1] / "docs" / "images" / "registrations.png"
WIDTH = 760
FAR = 6.0
"""The darkest colour, mm."""
SMALLER = 2


def picture(scan: Scan, truth: Floats, laid: dict[str, Floats]) -> Image.Image:
    """Draw a scan, and the vertices (V, 3) that methods laid onto it, coloured by their distance to `truth`."""
    model = load_face_model()
    skin = inside_of(model)
    triangles = model.triangles[skin[model.triangles].all(axis=1)]
    camera = Camera.fit(truth[skin], turned(25.0), WIDTH, HEIGHT, fill=0.75)
    panels, names = [render(scan.points, None, camera).image], ["the scan"]
    for name, vertices in laid.items():
        away = np.linalg.norm(vertices - truth, axis=1)
        panels.append(render(vertices, triangles, camera, colors=colormap(away, 0, FAR, "sequential")).image)
        names.append(f"{name}, mean {away[skin].mean():.1f} mm")
    sheet = titled_sheet([faded(panel) for panel in panels], scan, ["distance to the true corresponding point"])
    for place, name in enumerate(names):
        at = ((place + 0.5) * WIDTH, sheet.height - 120)
        ImageDraw.Draw(sheet).text(at, name, fill=INK, font=font(34), anchor="mm")
    color_bar(sheet, WIDTH, WIDTH, "sequential", "mm", ("0", f"{FAR / 2:g}", f"{FAR:g} and more"))
    scale_bar(sheet, camera.scale, WIDTH)
    return sheet.resize((sheet.width // SMALLER, sheet.height // SMALLER), Image.Resampling.LANCZOS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=3)
    number = parser.parse_args().number
    scanner = VirtualScanner(load_face_model(), SEED)
    drawn = [scanner.faces(1)[0] for _ in range(number + 1)][number]
    scan = Scan(drawn.points.numpy(), unit="mm", source=Source(Path(f"virtual scan {number}, {drawn.sensor}")))
    found = Detector().detect(scan, LANDMARK_SETS)
    methods = {"Lineament": lineament} | alternatives(clean=False)
    laid = {name: method(scan, found)[0] for name, method in methods.items()}
    picture(scan, drawn.vertices.numpy(), laid).save(IMAGE, optimize=True)


if __name__ == "__main__":
    main()
