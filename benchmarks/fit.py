"""How well the fitted face lies on a scan, and on the person.

    python benchmarks/fit.py virtual --count 40 [--clean] [--networks FOLDER]
    python benchmarks/fit.py real SCAN...

Virtual people (seed 8000009), millimetres, the face in front of the ears (face, lips, lids and nose). A vertex is shown
when the scan has a point within 4 mm of where it truly is.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from rich.progress import track

from lineament import Detector, fit_face, read_scan
from lineament.errors import NoFaceError
from lineament.face.deviation import deviation, face_region
from lineament.face.model import LANDMARK_SETS, load_face_model
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import vertex_normals
from lineament.synth.condition import Condition
from lineament.synth.scans import VirtualScan, VirtualScanner
from lineament.types import Scan

SEED = 8_000_009
SHOWN_WITHIN = 4.0
FIGURES = (
    "true corresponding point, where shown",
    "true corresponding point, where hidden",
    "true surface, where shown",
    "iBUG inner points, network",
    "iBUG inner points, fit",
    "seconds of the fit",
)


def errors(drawn: VirtualScan, detector: Detector) -> list[float]:
    """Fit one virtual scan and return `FIGURES`."""
    model = load_face_model()
    points, truth, marks = (part.numpy() for part in (drawn.points, drawn.vertices, drawn.landmarks))
    scan = Scan(points, unit="mm")
    found = detector.detect(scan, LANDMARK_SETS)
    began = time.perf_counter()
    face = fit_face(scan, found)
    seconds = time.perf_counter() - began
    here = face.in_scan()
    inside = face_region() & (model.vertices[:, 2] > 20)
    shown = knn(points, 1, truth)[1][:, 0] < SHOWN_WITHIN
    away = np.linalg.norm(here - truth, axis=1)
    nearest = knn(truth, 1, here)[0][:, 0]
    height = np.abs(((here - truth[nearest]) * vertex_normals(truth, model.triangles)[nearest]).sum(axis=1))
    network = np.linalg.norm(found.landmarks["ibug68"].xyz - marks[:68], axis=1)[17:]
    fitted = np.linalg.norm(model.landmarks(here, "ibug68") - marks[:68], axis=1)[17:]
    hidden = inside & ~shown
    return [
        away[inside & shown].mean(),
        away[hidden].mean() if hidden.sum() > 20 else np.nan,
        float(np.median(height[inside & shown])),
        network.mean(),
        fitted.mean(),
        seconds,
    ]


def virtual(count: int, clean: bool, networks: Path | None) -> None:
    """Print the mean of each figure over people, and its median."""
    scanner, detector = VirtualScanner(load_face_model(), SEED), Detector(networks=networks)
    condition = Condition(clean=True) if clean else Condition()
    rows, lost = [], 0
    for _ in track(range(count), description="people"):
        try:
            rows.append(errors(scanner.faces(1, condition)[0], detector))
        except NoFaceError:
            lost += 1
    print(f"\n| {len(rows)} of {count} scans | mean | median of scans |\n|---|---|---|")
    for name, values in zip(FIGURES, np.array(rows).T, strict=True):
        print(f"| {name} | {np.nanmean(values):.2f} | {np.nanmedian(values):.2f} |")


def real(paths: list[Path]) -> None:
    """Print how far the scans lie from their fits."""
    detector = Detector()
    print("| scan | points | median | p95 | seconds of the fit |\n|---|---|---|---|---|")
    for path in paths:
        scan = read_scan(path)
        found = detector.detect(scan, LANDMARK_SETS)
        began = time.perf_counter()
        face = fit_face(scan, found)
        seconds = time.perf_counter() - began
        height = np.abs(deviation(face, scan.points))
        height = height[np.isfinite(height)]
        figures = f"{np.median(height):.3f} | {np.percentile(height, 95):.3f} | {seconds:.2f}"
        print(f"| {path.name} | {len(height)} | {figures} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    people = kinds.add_parser("virtual")
    people.add_argument("--count", type=int, default=40)
    people.add_argument("--clean", action="store_true")
    people.add_argument("--networks", type=Path)
    kinds.add_parser("real").add_argument("paths", type=Path, nargs="+")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.kind == "real":
        real(options.paths)
    else:
        virtual(options.count, options.clean, options.networks)


if __name__ == "__main__":
    main()
