"""Measures: exactness along surfaces, repeatability, how honest the error bars are, and time.

    OMP_NUM_THREADS=1 python benchmarks/measure.py [--networks DIR] [--people 20]

Exactness: geodesics of a sphere and a cylinder, with noise, and of a face beside libigl's exact ones (optional,
`pip install libigl`). Repeatability: one virtual scan, 20 times sampled anew and turned anyhow, landmarks found and
fitted anew. Error bars: virtual people whose true measures are known, and the share of them within the 90 % interval.
Both for the landmarks of the networks, of the fitted face, and halfway, as `lineament measure` takes them.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from curvature import hull, sphere
from scipy.spatial.transform import Rotation

from lineament.demo import NOISE, cut, demo_scan, seen_points, sensor_errors, subdivide, visible_triangles
from lineament.detect.detector import Detector
from lineament.errors import NoFaceError
from lineament.face.fit import fit_face
from lineament.face.landmarks import consensus_landmarks
from lineament.face.model import LANDMARK_SETS, load_face_model
from lineament.geometry.alignment import Similarity
from lineament.geometry.normals import vertex_normals
from lineament.measure import MEASURES, Measurement, measure_landmarks
from lineament.measure.definitions import KINDS, SurfaceDistance, all_landmarks, is_bilateral, on_side
from lineament.measure.geodesic import shortest_paths
from lineament.measure.skin import Skin
from lineament.synth.scans import VirtualScanner
from lineament.types import Landmarks, Scan

Array = npt.NDArray[Any]
NETWORKS, FITTED, HALFWAY = "the networks'", "the fitted face's", "halfway"
DEGRADED = 8_000_101
TARGET = 0.3
"""Standard deviation over re-samplings that measuring must reach, mm."""


def exactness() -> None:
    """Print the errors of geodesics that are known."""
    print("geodesics: error in % of the length, mean and worst of 20")
    random = np.random.default_rng(0)
    ends = random.normal(size=(20, 2, 3))
    ends *= 80 / np.linalg.norm(ends, axis=2, keepdims=True)
    true = 80 * np.arccos((ends[:, 0] * ends[:, 1]).sum(axis=1) / 80**2)
    for count in (5_000, 100_000):
        vectors = sphere(count)
        triangles = hull(vectors)
        for noise in (0.0, 0.1, 0.3):
            points = (vectors * (80 + random.normal(0, noise, (count, 1)))).astype(np.float32)
            for name, scan in (("mesh", Scan(points, triangles)), ("cloud", Scan(points))):
                start = time.perf_counter()
                paths = shortest_paths(Skin.of(scan, 1.0, ends.reshape(-1, 3)), ends)
                seconds = time.perf_counter() - start
                error = 100 * (np.array([path.length for path in paths]) / true - 1)
                row = f"sphere, {count:,} vertices, {noise} mm noise, {name}"
                print(f"{row:50s}{error.mean():8.3f} {np.abs(error).max():8.3f}   {seconds:.2f} s")


def beside_exact_geodesics() -> None:
    """Print the catalogue's paths on a virtual face beside the exact ones on its mesh."""
    try:
        import igl
    except ImportError:
        print("libigl is not installed: no comparison on a face")
        return
    model = load_face_model()
    shape = model.shape(np.random.default_rng(0).normal(0, 0.8, 100))
    triangles = visible_triangles(model)
    names = model.landmark_sets["anthropometric"].names
    marks = model.landmarks(shape, "anthropometric")
    nearest = [int(np.square(shape - mark).sum(axis=1).argmin()) for mark in marks]
    legs = []
    for measure in MEASURES:
        if isinstance(measure, SurfaceDistance) and len(measure.landmarks) == 2:
            legs += [on_side(measure, side) for side in ("left", "right")]
    rows = np.array([[nearest[names.index(name)] for name in leg] for leg in dict.fromkeys(legs)])
    paths = shortest_paths(Skin.of(Scan(shape, triangles), 1.0, marks.astype(np.float64)), shape[rows].astype(float))
    none = np.zeros(0, dtype=np.int64)
    worst = []
    for (a, b), path in zip(rows, paths, strict=True):
        exact = igl.exact_geodesic(
            shape.astype(float), triangles.astype(np.int64), np.array([a]), none, np.array([b]), none
        )
        worst.append(100 * (path.length / float(np.ravel(exact)[0]) - 1))
    print(f"face, {len(rows)} paths beside libigl's exact ones: mean {np.mean(worst):.2f} %, ", end="")
    print(f"worst {np.abs(worst).max():.2f} %")


def resampled(scan: Scan, random: np.random.Generator) -> tuple[Scan, Similarity]:
    """Return the scan with points anywhere on its triangles, fewer or more, turned anyhow, and how it was turned."""
    assert scan.triangles is not None
    corners = scan.points[scan.triangles].astype(np.float64)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chosen = random.choice(len(area), int(random.uniform(40_000, 100_000)), p=area / area.sum())
    weights = random.dirichlet(np.ones(3), len(chosen))
    points = np.einsum("nk,nkc->nc", weights, corners[chosen])
    move = Similarity(1.0, Rotation.random(random_state=random).as_matrix(), random.uniform(-0.5, 0.5, 3))
    return Scan(move.apply(points).astype(np.float32)), move


def landmarks_of(detector: Detector, scan: Scan) -> dict[str, Landmarks]:
    """Find a face's landmarks: the networks', those of the fitted face, and halfway between."""
    detection = detector.detect(scan, LANDMARK_SETS)
    marks, face = detection.landmarks["anthropometric"], fit_face(scan, detection)
    fitted = load_face_model().landmarks(face.in_scan(), "anthropometric")
    return {NETWORKS: marks, FITTED: replace(marks, xyz=fitted), HALFWAY: consensus_landmarks(face, marks)}


def repeatability(detector: Detector, times: int = 20) -> None:
    """Print the standard deviation of each measure over re-samplings and rotations of one scan."""
    scan, _ = demo_scan(0)
    random = np.random.default_rng(0)
    first = detector.detect(scan, ("anthropometric",)).landmarks["anthropometric"]
    found, same = defaultdict(list), []
    for _ in range(times):
        again, move = resampled(scan, random)
        for kind, marks in landmarks_of(detector, again).items():
            found[kind].append(measure_landmarks(marks, again))
        moved = Landmarks(first.names, move.apply(first.xyz), first.sigma, first.visible, "m")
        along = tuple(m for m in MEASURES if isinstance(m, SurfaceDistance))
        same.append(measure_landmarks(moved, again, along))
    print(f"\nstandard deviation over {times} re-samplings and rotations of one scan")
    print_each(found[HALFWAY])
    for kind, runs in found.items():
        print_spread(kind, runs)
    fixed = np.std([[m.value for m in run] for run in same], axis=0, ddof=1)
    print(f"surface distances between given landmarks: sd median {np.nanmedian(fixed):.2f} mm, ", end="")
    print(f"worst {np.nanmax(fixed):.2f} mm")


def spread(runs: list[tuple[Measurement, ...]]) -> Array:
    """Return the standard deviation of each measure over runs."""
    return np.std([[m.value for m in run] for run in runs], axis=0, ddof=1)


def print_each(runs: list[tuple[Measurement, ...]]) -> None:
    """Print mean and spread of every measure, and the error that is stated."""
    print(f"{'measure':18s}{'side':7s}{'mean':>8s}{'sd':>7s}{'error':>7s}")
    means = np.mean([[m.value for m in run] for run in runs], axis=0)
    for m, mean, sd in zip(runs[0], means, spread(runs), strict=True):
        hidden = "" if m.visible else "  inferred"
        name = m.definition.abbreviation
        print(f"{name:18s}{m.side:7s}{mean:8.2f}{sd:7.2f}{m.standard_error:7.2f} {m.unit}{hidden}")


def print_spread(of: str, runs: list[tuple[Measurement, ...]]) -> None:
    """Print what the spreads of a kind of measure are."""
    print(f"{of} landmarks")
    sd = spread(runs)
    for kind, name in KINDS.items():
        rows = [i for i, m in enumerate(runs[0]) if isinstance(m.definition, kind)]
        unit = runs[0][rows[0]].unit
        said = []
        for which in ("all", "shown"):
            some = rows if which == "all" else [i for i in rows if runs[0][i].visible]
            if some:
                within = f", {np.mean(sd[some] <= TARGET):.0%} within {TARGET} mm" if unit == "mm" else ""
                said.append(
                    f"{len(some):3d} {which}: median {np.median(sd[some]):.2f}, worst {sd[some].max():.2f}{within}"
                )
        print(f"  {name:18s} {unit:4s}{'; '.join(said)}")


Person = tuple[Scan, Landmarks, Array, Array]
"""A scan, the true landmarks, and the whole surface: its vertices and triangles."""


def virtual_person(seed: int) -> Person:
    """Scan somebody of the face model."""
    random = np.random.default_rng(1000 + seed)
    model = load_face_model()
    person = model.shape(0.8 * random.standard_normal(len(model.identity)))
    points, triangles = subdivide(person, visible_triangles(model))
    noisy = points + vertex_normals(points, triangles) * sensor_errors(points, random)[:, None]
    marks = model.landmarks(person, "anthropometric")
    kept = seen_points(points, marks[0] + 1000)  # no hole
    seen, faces = cut(noisy, triangles, kept)
    move = Similarity(1.0, Rotation.random(random_state=random).as_matrix(), random.uniform(-500, 500, 3))
    names = model.landmark_sets["anthropometric"].names
    truth = Landmarks(names, marks, unit="mm", set_name="anthropometric")
    return Scan(move.apply(seen), faces, unit="mm"), truth, points, triangles


def degraded_person(scanner: VirtualScanner) -> Person:
    """Scan a virtual person of the trainings' kind, with all degradations."""
    drawn, model = scanner.faces(1)[0], load_face_model()
    assert drawn.vertices is not None
    skin, names = drawn.vertices.numpy(), model.landmark_sets["anthropometric"].names
    truth = Landmarks(names, model.landmarks(skin, "anthropometric"), unit="mm", set_name="anthropometric")
    return Scan(drawn.points.numpy(), unit="mm"), truth, skin, visible_triangles(model)


def error_bars(detector: Detector, title: str, people: Iterable[Person]) -> None:
    """Print how many true values lie within the 90 % interval, and how far they lie from the measured ones."""
    inside: dict[str, list[bool]] = defaultdict(list)
    off: dict[str, list[float]] = defaultdict(list)
    stated: dict[str, list[float]] = defaultdict(list)
    for scan, truth, points, triangles in people:
        true: tuple[Measurement, ...] = measure_landmarks(truth, Scan(points, triangles, unit="mm"))
        try:
            every = landmarks_of(detector, scan)
        except NoFaceError:
            continue
        for of, marks in every.items():
            for m, t in zip(measure_landmarks(marks, scan), true, strict=True):
                if np.isfinite([m.value, t.value]).all():
                    name = KINDS[type(m.definition)] + ("" if m.visible else ", inferred") + f", {of}"
                    inside[name].append(m.interval[0] <= t.value <= m.interval[1])
                    off[name].append(abs(m.value - t.value))
                    stated[name].append(m.standard_error)
    print(f"\n{title}: true values within the 90 % interval")
    print(f"{'kind':45s}{'values':>8s}{'within':>8s}{'off':>8s}{'stated':>8s}   (medians, mm, deg or %)")
    for name in sorted(inside):
        cells = (len(inside[name]), np.mean(inside[name]), np.median(off[name]), np.median(stated[name]))
        print("{:45s}{:8d}{:8.0%}{:8.2f}{:8.2f}".format(name, *cells))


def main() -> None:
    """Run all parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=Path, help="folder of networks; the package's without it")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--degraded", type=int, default=80, help="people with all degradations (seed 8000101)")
    given = parser.parse_args()
    count = sum(2 if is_bilateral(m) else 1 for m in MEASURES)
    used = {name for m in MEASURES for name in all_landmarks(m, "left")}
    print(f"{len(MEASURES)} measures, {count} with both sides, between {len(used)} landmarks and their partners\n")
    exactness()
    beside_exact_geodesics()
    detector = Detector(networks=given.networks)
    repeatability(detector)
    people = map(virtual_person, range(given.people))
    error_bars(detector, f"{given.people} people of the face model, {NOISE} mm noise", people)
    scanner = VirtualScanner(load_face_model(), DEGRADED)
    people = (degraded_person(scanner) for _ in range(given.degraded))
    error_bars(detector, f"{given.degraded} virtual people with all degradations", people)


if __name__ == "__main__":
    main()
