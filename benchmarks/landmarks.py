"""Accuracy and steadiness of `lineament landmarks`: every figure that the README gives, from one command.

    python benchmarks/landmarks.py virtual [--count 300]     unseen virtual people, all degradations
    python benchmarks/landmarks.py real PATH                 the real scans of a folder laid out as `real/` (see below)

PATH holds `james/james.obj` with `james/james.ljson`, `lee_perry_smith/LeePerrySmith.glb` and
`truedepth_bust/fused.ply`; what is missing is passed over. Nothing here was trained or tuned on.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import numpy as np

from lineament import Detector, LineamentError, NoFaceError, Scan, read_landmarks, read_scan
from lineament.types import MILLIMETRES

INNER = slice(17, 68)
ELEVEN = [36, 39, 42, 45, 48, 54, 30, 33, 51, 57, 8]
"""iBUG points that are scored on real scans: eye and mouth corners, nose tip and base, lips, chin."""
MENPO_TO_IBUG = [*range(17), *range(29, 34), *range(43, 48), *range(34, 43), *range(17, 29), *range(48, 68)]
FAILED = 10.0
"""A scan with a larger mean error counts as a failure, mm."""


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else q[:, [1, 0, 2]]


def virtual(count: int, seed: int) -> None:
    """Unseen people before every sensor, from every side, in every unit."""
    import torch

    from lineament.face.model import load_face_model
    from lineament.synth.scans import VirtualScanner

    torch.set_num_threads(1)
    scanner, detector = VirtualScanner(load_face_model(), seed), Detector()
    rng = np.random.default_rng(seed)
    errors: dict[str, list[np.ndarray]] = {}
    ratios, refused, wrong, units, faces = [], 0, 0, 0, 0
    while faces < count:
        for scan in scanner.faces(min(8, count - faces)):
            faces += 1
            turn, unit = random_rotation(rng), rng.choice(list(MILLIMETRES))
            shift = rng.normal(size=3) * 300
            points = (scan.points.numpy() @ turn.T + shift) / MILLIMETRES[unit]
            truth = scan.landmarks.numpy()[:68] @ turn.T + shift
            try:
                found = detector.detect(Scan(points.astype(np.float32))).landmarks["ibug68"]
                # In the scan's own frame: whoever has the scan knows its unit.
                error = np.linalg.norm(found.xyz * MILLIMETRES[unit] - truth, axis=1)[INNER]
                units += found.unit == unit
            except NoFaceError:
                refused += 1
                continue
            if error.mean() > FAILED:
                wrong += 1
                continue
            ratios.append(error / found.sigma[INNER])
            errors.setdefault(scan.sensor, []).append(error)
    print(f"virtual people, all degradations, any rotation, any unit: N {count}, seed {seed}, 51 inner points, mm")
    print(f"{'sensor':<18}{'N':>5}{'mean':>7}{'median':>8}{'p95':>7}")
    everything = np.concatenate([np.stack(rows) for rows in errors.values()])
    for name, rows in [*sorted(errors.items()), ("all", everything)]:
        e = np.stack(list(rows))
        print(f"{name:<18}{len(e):>5}{e.mean():>7.2f}{np.median(e):>8.2f}{np.percentile(e, 95):>7.2f}")
    print(
        f"failures: {refused + wrong} of {count} = {(refused + wrong) / count:.1%} "
        f"({refused} no face found, {wrong} with a mean error above {FAILED:.0f} mm; left out of the lines above)"
    )
    print(f"unit found: {units} of {count - refused}")
    print(f"error / expected error, mean: {np.concatenate(ratios).mean():.2f}")


def no_face(count: int, seed: int) -> None:
    """Scans that hold no face must be refused."""
    from lineament.face.model import load_face_model
    from lineament.synth.scans import VirtualScanner

    scanner, detector, wrong = VirtualScanner(load_face_model(), seed), Detector(), 0
    for scan in scanner.faceless(count):
        try:
            detector.detect(Scan(scan.points.numpy()))
            wrong += 1
        except NoFaceError:
            pass
    print(f"scans without a face: {wrong} of {count} wrongly believed")


def real(folder: Path) -> None:
    """Accuracy where landmarks are annotated, steadiness under rotation, unit and order on each scan."""
    detector = Detector()
    james = folder / "james"
    if (james / "james.obj").exists():
        truth = read_landmarks(james / "james.ljson").xyz[MENPO_TO_IBUG]
        found = detector.detect(read_scan(james / "james.obj")).landmarks["ibug68"]
        error = np.linalg.norm(found.xyz - truth, axis=1)
        print("james, 11 points, mm: " + "  ".join(f"{n}:{e:.1f}" for n, e in zip(ELEVEN, error[ELEVEN], strict=True)))
        print(
            f"james, 11 points: mean {error[ELEVEN].mean():.2f}, median {np.median(error[ELEVEN]):.2f}; "
            f"51 inner points: mean {error[INNER].mean():.2f}; expected {found.sigma[INNER].mean():.2f}"
        )
    for name in ("james/james.obj", "lee_perry_smith/LeePerrySmith.glb", "truedepth_bust/fused.ply"):
        if (folder / name).exists():
            try:
                steadiness(name, read_scan(folder / name), detector)
            except LineamentError as error:
                print(f"{name}: {error}")


def steadiness(name: str, scan: Scan, detector: Detector, turns: int = 20) -> None:
    """How far the result moves when the same scan comes rotated, in another unit, in another order."""
    rng = np.random.default_rng(0)
    base = detector.detect(scan)
    reference = base.landmarks["ibug68"].xyz * base.mm_per_unit
    scales = {**MILLIMETRES, "0.1 mm": 0.1}
    moved = []
    for rotation, scale in product([random_rotation(rng) for _ in range(turns)], scales.values()):
        order = rng.permutation(len(scan.points))
        points = (scan.points @ rotation.T * base.mm_per_unit / scale)[order]
        triangles = None if scan.triangles is None else np.argsort(order)[scan.triangles].astype(np.int32)
        found = detector.detect(Scan(points.astype(np.float32), triangles))
        xyz = found.landmarks["ibug68"].xyz * scale @ rotation
        moved.append(np.linalg.norm(xyz - reference, axis=1))
    moves = np.stack(moved)
    print(
        f"{name}: unit {base.unit} ({base.mm_per_unit:.4g} mm), {turns} rotations x 5 units x shuffled: moves by "
        f"mean {moves.mean():.2f}, inner 51 mean {moves[:, INNER].mean():.2f}, worst point {moves.max():.2f} mm; "
        f"expected error {base.landmarks['ibug68'].sigma[INNER].mean():.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["virtual", "real"])
    parser.add_argument("path", nargs="?", type=Path, default=Path("../shared/data/real"))
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1_000_001)
    options = parser.parse_args()
    if options.what == "virtual":
        virtual(options.count, options.seed)
        no_face(max(20, options.count // 5), options.seed)
    else:
        real(options.path)


if __name__ == "__main__":
    main()
