"""What the refining network is worth: the same answers of CF-GAT with and without it, and after a second one.

    python benchmarks/refinement.py --count 40 [--clean] [--networks FOLDER]

Virtual scans in any rotation, millimetres (seed 3000017), 51 inner iBUG points. Scans on which no face is believed are
left out and counted.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from scipy.spatial.transform import Rotation

from lineament.detect import detector as detection
from lineament.detect.answers import Answer, refined
from lineament.errors import NoFaceError
from lineament.face.model import load_face_model
from lineament.synth.condition import Condition
from lineament.synth.scans import VirtualScanner
from lineament.types import Floats, Scan

SEED = 3_000_017
TIMES = ("without", "with refinement", "refined twice")


def scans(count: int, condition: Condition) -> Iterator[tuple[Floats, Floats]]:
    """Draw points and iBUG landmarks of virtual people, each turned at random."""
    scanner, rng = VirtualScanner(load_face_model(), SEED), np.random.default_rng(SEED)
    for _ in range(count):
        drawn = scanner.faces(1, condition)[0]
        turn = Rotation.random(random_state=rng).as_matrix().astype(np.float32)
        yield drawn.points.numpy() @ turn.T, drawn.landmarks[:68].numpy() @ turn.T


def stages(detector: detection.Detector, points: Floats) -> list[Floats]:
    """Return the landmarks (68, 3) after none, one and two refinements, in the scan's frame."""
    answers: list[Answer] = []

    def watched(network, answer, *rest):  # type: ignore[no-untyped-def]
        answers.append(answer)
        answers.append(refined(network, answer, *rest))
        answers.append(refined(network, answers[-1], *rest))
        return answers[1]

    detection.refined = watched
    try:
        back = detector.detect(Scan(points, unit="mm")).pose.inverse()
    finally:
        detection.refined = refined
    return [back.apply(answer.xyz[:68]) for answer in answers[-3:]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--clean", action="store_true", help="clean frontal scans alone")
    parser.add_argument("--networks", type=Path, help="folder of networks; the package's without it")
    options = parser.parse_args()
    torch.set_num_threads(1)
    detector = detection.Detector(networks=options.networks)
    condition = Condition(clean=True, yaw=0.0) if options.clean else Condition()
    errors, lost = [], 0
    for points, truth in track(scans(options.count, condition), total=options.count, description="scans"):
        try:
            answers = stages(detector, points)
        except NoFaceError:
            lost += 1
            continue
        errors.append([np.linalg.norm(answer - truth, axis=1)[17:] for answer in answers])
    print(f"\n| {len(errors)} of {options.count} scans | mean | median | p95 |\n|---|---|---|---|")
    for name, values in zip(TIMES, np.moveaxis(np.array(errors), 1, 0), strict=True):
        print(f"| {name} | {values.mean():.2f} | {np.median(values):.2f} | {np.percentile(values, 95):.2f} |")


if __name__ == "__main__":
    main()
