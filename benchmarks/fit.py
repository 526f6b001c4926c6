"""How well the fitted face lies on a scan, and on the person; beside the alternatives when asked.

    OMP_NUM_THREADS=1 python benchmarks/fit.py virtual --count 40 [--clean] [--beside] [--networks FOLDER]
    OMP_NUM_THREADS=1 python benchmarks/fit.py real SCAN...
    OMP_NUM_THREADS=1 python benchmarks/fit.py speed SCAN

Virtual people (seed 8000009), millimetres, the face in front of the ears (face, lips, lids and nose). A vertex is shown
when the scan has a point within 4 mm of where it truly is. `--beside` and `speed` also run what `registrations.py`
describes, and need MeshMonk: `pip install meshmonk==0.3.0`. All methods get the same landmarks, and are scored on the
same vertices of the scans for which each gave a result. A mean error above 10 mm where shown is a failure; it stays in
the mean. Seconds are the processor's, after the landmarks; of the alternatives without preparing the scan for them.
`speed` needs Linux, which tells the peak memory.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from alone import alone
from rich.progress import track

from lineament import Detector, fit_face, read_scan
from lineament.bench.outcome import FAILED
from lineament.detect.detector import Detection
from lineament.errors import NoFaceError
from lineament.face.deviation import deviation, face_region
from lineament.face.model import LANDMARK_SETS, FaceModel, load_face_model
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import vertex_normals
from lineament.synth.condition import Condition
from lineament.synth.scans import VirtualScan, VirtualScanner
from lineament.types import Floats, Scan

SEED = 8_000_009
SHOWN_WITHIN = 4.0
EARS = 20.0
"""The ears lie behind this in the face frame, mm."""
MEASURED = 0.5
"""Confidence from which the fit counts as measured, as in `lineament measure`."""
ROUNDS = 3
FIGURES = (
    "true corresponding point, where shown",
    "the same, lips and lids left out",
    "true corresponding point, where hidden",
    "true surface, where shown",
    "iBUG inner points, from the mesh",
    "processor seconds",
)
Method = Callable[[Scan, Detection], tuple[Floats, float]]
"""Returns the model's vertices (V, 3) in the scan's frame, and the seconds that it took."""


def lineament(scan: Scan, found: Detection) -> tuple[Floats, float]:
    began = time.process_time()
    face = fit_face(scan, found)
    return face.in_scan(), time.process_time() - began


def inside_of(model: FaceModel) -> npt.NDArray[np.bool_]:
    """Return which vertices (V,) are scored: the face in front of the ears."""
    return face_region() & (model.vertices[:, 2] > EARS)


def errors(drawn: VirtualScan, here: Floats, seconds: float) -> list[float]:
    """Return `FIGURES` of vertices (V, 3) laid onto one virtual scan."""
    model, truth = load_face_model(), drawn.vertices.numpy()
    inside = inside_of(model)
    shown = knn(drawn.points.numpy(), 1, truth)[1][:, 0] < SHOWN_WITHIN
    open_skin = np.isin(model.region, [model.region_names.index(name) for name in ("face", "nose")])
    away = np.linalg.norm(here - truth, axis=1)
    nearest = knn(truth, 1, here)[0][:, 0]
    height = np.abs(((here - truth[nearest]) * vertex_normals(truth, model.triangles)[nearest]).sum(axis=1))
    marks = np.linalg.norm(model.landmarks(here, "ibug68") - drawn.landmarks.numpy()[:68], axis=1)[17:]
    hidden = inside & ~shown
    return [
        away[inside & shown].mean(),
        away[inside & shown & open_skin].mean(),
        away[hidden].mean() if hidden.sum() > 20 else np.nan,
        float(np.median(height[inside & shown])),
        marks.mean(),
        seconds,
    ]


def tried(method: Method, drawn: VirtualScan, scan: Scan, found: Detection) -> list[float]:
    """Return `FIGURES` of one method, NaN where it gives no result."""
    try:
        here, seconds = method(scan, found)
    except (NoFaceError, RuntimeError):
        return [np.nan] * len(FIGURES)
    return errors(drawn, here, seconds) if np.isfinite(here).all() else [np.nan] * len(FIGURES)


def virtual(count: int, clean: bool, beside: bool, networks: Path | None) -> None:
    """Print the mean of each figure over people, and its median in brackets."""
    methods: dict[str, Method] = {"lineament": lineament}
    if beside:
        from registrations import alternatives

        methods |= alternatives(clean)
    scanner, detector = VirtualScanner(load_face_model(), SEED), Detector(networks=networks)
    condition = Condition(clean=True) if clean else Condition()
    rows, network = [], []
    for _ in track(range(count), description="people"):
        drawn = scanner.faces(1, condition)[0]
        scan = Scan(drawn.points.numpy(), unit="mm")
        try:
            found = detector.detect(scan, LANDMARK_SETS)
        except NoFaceError:
            continue
        rows.append([tried(method, drawn, scan, found) for method in methods.values()])
        away = np.linalg.norm(found.landmarks["ibug68"].xyz - drawn.landmarks.numpy()[:68], axis=1)
        network.append(away[17:].mean())
    report(list(methods), np.array(rows), np.array(network), count)


def report(methods: list[str], values: np.ndarray, network: np.ndarray, count: int) -> None:
    """Print the table of figures (scans, methods, `FIGURES`)."""
    given, failed = np.isfinite(values[:, :, 0]), values[:, :, 0] > FAILED
    common = values[given.all(axis=1)]
    print(f"\n| {len(common)} of {count} scans | {' | '.join(methods)} |\n|---{'|---' * len(methods)}|")
    for index, name in enumerate(FIGURES):
        cells = (f"{np.nanmean(each):.2f} ({np.nanmedian(each):.2f})" for each in common[:, :, index].T)
        print(f"| {name} | {' | '.join(cells)} |")
    for name, scans in (("no result", ~given), (f"more than {FAILED:.0f} mm off", failed)):
        print(f"| {name} | {' | '.join(map(str, scans.sum(axis=0)))} |")
    print(f"\nNo landmarks on {count - len(values)}; the networks' iBUG inner points are {network.mean():.2f} off.")


def real(paths: list[Path], networks: Path | None) -> None:
    """Print how far the scans lie from their fits: in the face, in front of the ears, and where measured there."""
    detector = Detector(networks=networks)
    print(
        "| scan | points | median | p95 | in front of the ears: median | p95 | and measured: points | median | p95 | "
        "processor seconds of the fit |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for path in paths:
        scan = read_scan(path)
        found = detector.detect(scan, LANDMARK_SETS)
        began = time.process_time()
        face = fit_face(scan, found)
        seconds = time.process_time() - began
        height = np.abs(deviation(face, scan.points))
        inside = np.isfinite(height)
        moved = face.pose.apply(scan.points)
        front = inside & (moved[:, 2] > EARS)
        sure = front & (face.confidence[knn(face.vertices, 1, moved)[0][:, 0]] >= MEASURED)
        whole, part, known = (
            f"{np.median(height[of]):.3f} | {np.percentile(height[of], 95):.3f}" for of in (inside, front, sure)
        )
        print(f"| {path.name} | {inside.sum()} | {whole} | {part} | {sure.sum()} | {known} | {seconds:.2f} |")


LINEAMENT = """
import sys, time
from lineament import Detector, fit_face, read_scan
from lineament.face.model import LANDMARK_SETS
detector, scan = Detector(), read_scan(sys.argv[1])
for _ in range(2):  # the second is timed, the first reads the models
    clock = [time.process_time()]
    found = detector.detect(scan, LANDMARK_SETS)
    clock.append(time.process_time())
    fit_face(scan, found)
    clock.append(time.process_time())
print(clock[2] - clock[1], clock[2] - clock[0], peak())
"""
MESHMONK = """
import sys, time
import meshmonk, numpy
meshmonk.set_log_level("silent")
arrays = dict(numpy.load(sys.argv[1]))
began = time.process_time()
meshmonk.pyramid_register(**arrays)
print(time.process_time() - began, peak())
"""


def speed(path: Path) -> None:
    """Print seconds and peak memory on one scan, each method in a process of its own, in turns."""
    from registrations import features, prepared

    scan = read_scan(path)
    task = prepared(scan, Detector().detect(scan, LANDMARK_SETS))
    print(
        f"{len(scan):,} vertices, of which MeshMonk gets {len(task.points):,}; {len(task.template):,} in the template"
    )
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        arrays = Path(folder) / "arrays.npz"
        np.savez(arrays, **features(task))
        for _ in range(ROUNDS):
            ours.append(alone(LINEAMENT, path))
            theirs.append(alone(MESHMONK, arrays))
    fit, whole, memory = np.median(ours, axis=0)
    seconds, peak = np.median(theirs, axis=0)
    print("| | processor seconds | times as long | peak memory, MB |\n|---|---|---|---|")
    print(f"| lineament, the fit | {fit:.2f} | 1 | {memory:.0f} |")
    print(f"| lineament, landmarks and fit | {whole:.2f} | {whole / fit:.1f} | {memory:.0f} |")
    print(f"| MeshMonk, from its start on | {seconds:.2f} | {seconds / fit:.1f} | {peak:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    people = kinds.add_parser("virtual")
    people.add_argument("--count", type=int, default=40)
    people.add_argument("--clean", action="store_true")
    people.add_argument("--beside", action="store_true", help="also run MeshMonk and nricp_amberg")
    people.add_argument("--networks", type=Path)
    scans = kinds.add_parser("real")
    scans.add_argument("paths", type=Path, nargs="+")
    scans.add_argument("--networks", type=Path)
    kinds.add_parser("speed").add_argument("path", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.kind == "real":
        real(options.paths, options.networks)
    elif options.kind == "speed":
        speed(options.path)
    else:
        virtual(options.count, options.clean, options.beside, options.networks)


if __name__ == "__main__":
    main()
