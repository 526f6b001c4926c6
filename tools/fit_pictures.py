"""Draw the picture of docs/fit.md, the fit of the scan of the demo: `python tools/fit_pictures.py [--networks DIR]`."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from PIL import Image

from lineament.demo import demo_scan
from lineament.detect.detector import Detector
from lineament.face.fit import fit_face
from lineament.picture.fit import fit_picture
from lineament.types import Source

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=Path, help="folder with networks of one's own")
    networks = parser.parse_args().networks
    scan = replace(demo_scan()[0], source=Source(Path("demo.ply")))
    picture = fit_picture(scan, fit_face(scan, detector=Detector(networks=networks)))
    small = picture.resize((picture.width * 2 // 3, picture.height * 2 // 3), Image.Resampling.LANCZOS)
    small.save(IMAGES / "fit.png", optimize=True)


if __name__ == "__main__":
    main()
