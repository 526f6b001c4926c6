"""How well mesh plus displacement map reproduces a scan: a known relief on virtual people, and real scans when given.

    OMP_NUM_THREADS=1 python benchmarks/detail.py
    OMP_NUM_THREADS=1 python benchmarks/detail.py scan.obj head.glb

The virtual scans are people of the face model, subdivided to 0.6 mm and raised by a known relief along their normals,
as a mesh and as a bare cloud of their vertices; the face is the person without the relief. A real scan is fitted first.
`--relief IMAGE --range MM` raises a real scan by a displacement map in its own uv, mid-grey zero, before anything else.

Distances run from the points of the scan to the nearest place on the mesh, in mm, over skin, nose, lips and lids.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.spatial import cKDTree

from lineament.face.detail import applied, displacement, subdivided
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.face.uvmap import sample, uv_map
from lineament.geometry.alignment import Similarity
from lineament.geometry.normals import vertex_normals
from lineament.geometry.quality import weld
from lineament.io.scans import read_scan
from lineament.types import Scan

Array = npt.NDArray[np.float64]
NEAR = 5.0
"""Points of a scan farther from the fitted face belong to something else, mm."""
LEVELS = 3
FACE = ("face", "nose", "lips", "eyelids")


def relief(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Swells of centimetres, and ripples of millimetres, mm."""
    x, y = points[:, 0], points[:, 1]
    return (0.8 * np.sin(x / 9) * np.cos(y / 11) + 0.1 * np.sin(x / 0.8) * np.sin(y / 0.8)).astype(np.float32)


def person(seed: int) -> Face:
    """Return a face of the model."""
    model = load_face_model()
    vertices = model.shape(np.random.default_rng(seed).normal(0, 0.8, len(model.identity)))
    return Face(vertices, np.zeros(100), np.zeros(53), np.ones(len(vertices)), Similarity.identity())


def closest(a: Array, b: Array, c: Array, p: Array) -> Array:
    """Return the distances (N, k) of points (N, k, 3) to triangles (Ericson, *Real-Time Collision Detection*, 5.1)."""

    def to_edge(start: Array, end: Array) -> Array:
        along = end - start
        share = ((p - start) * along).sum(-1) / np.maximum((along * along).sum(-1), 1e-12)
        return np.linalg.norm(p - start - np.clip(share, 0, 1)[..., None] * along, axis=-1)

    normal = np.cross(b - a, c - a)
    squared = np.maximum((normal * normal).sum(-1), 1e-18)
    second = (np.cross(p - a, c - a) * normal).sum(-1) / squared
    third = (np.cross(b - a, p - a) * normal).sum(-1) / squared
    inside = (second >= 0) & (third >= 0) & (second + third <= 1)
    plane = np.abs(((p - a) * normal).sum(-1)) / np.sqrt(squared)
    edges = np.minimum.reduce([to_edge(a, b), to_edge(b, c), to_edge(c, a)])
    return np.where(inside, plane, edges)


def distances(points: npt.NDArray[np.float32], mesh: Scan) -> Array:
    """Return the distance of each point to the nearest of the triangles around it."""
    assert mesh.triangles is not None
    corners = mesh.points.astype(np.float64)[mesh.triangles]
    tree = cKDTree(corners.mean(axis=1))
    found = np.empty(len(points))
    for start in range(0, len(points), 20_000):
        part = points[start : start + 20_000].astype(np.float64)
        near = tree.query(part, k=12)[1]
        a, b, c = (corners[near, i] for i in range(3))
        found[start : start + len(part)] = closest(a, b, c, np.broadcast_to(part[:, None], a.shape)).min(axis=1)
    return found


def on_face(face: Face, scan: Scan) -> npt.NDArray[np.float32]:
    """Return the scan's points at the skin of the face, in the face frame, without those on the inside of the head."""
    model = load_face_model()
    points = face.pose.apply(scan.points)
    toward = np.zeros_like(points)
    if scan.triangles is not None:
        same = weld(points)
        toward = vertex_normals(points, same[scan.triangles].astype(np.int32))[same]
    there = np.flatnonzero(np.isfinite(points).all(axis=1))
    distance, nearest = cKDTree(face.vertices).query(points[there])
    names = np.array(model.region_names)[model.region[nearest]]
    cosine = (vertex_normals(face.vertices, model.triangles)[nearest] * toward[there]).sum(axis=1)
    return points[there[(distance < NEAR) & np.isin(names, FACE) & (cosine >= 0)]]


def report(name: str, face: Face, scan: Scan, size: int) -> None:
    """Print one row."""
    start = time.perf_counter()
    detail = displacement(face, scan, size)
    seconds = time.perf_counter() - start
    points = on_face(face, scan)
    points = points[:: len(points) // 40_000 + 1]
    cells = []
    for mesh in (subdivided(face, 0), applied(face, detail, LEVELS)):
        far = distances(points, mesh)
        cells.append(f"{np.median(far):.3f} | {np.percentile(far, 95):.3f}")
    shown = uv_map(size).mask()
    share = detail.measured[shown].mean()
    print(f"| {name} | {len(scan):,} | {' | '.join(cells)} | {share:.0%} | {seconds:.1f} |", flush=True)


def raised(scan: Scan, image: Path, mm: float, mm_per_unit: float, flip: bool) -> Scan:
    """Raise a scan, subdivided twice, by a displacement map in its own uv."""
    assert scan.triangles is not None
    if scan.uv is None:
        raise SystemExit("the scan has no uv for the relief")
    same = weld(scan.points)
    normals = vertex_normals(scan.points, same[scan.triangles].astype(np.int32))[same]
    values, triangles = np.concatenate([scan.points, normals, scan.uv], axis=1), scan.triangles
    for _ in range(2):
        ends = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
        edges, place = np.unique(ends, axis=0, return_inverse=True)
        a, b, c = triangles.T
        ab, bc, ca = place.reshape(3, -1) + len(values)
        values = np.concatenate([values, values[edges].mean(axis=1)])
        triangles = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], axis=1).reshape(-1, 3)
    if flip:
        values[:, 7] = 1 - values[:, 7]
    with Image.open(image) as picture:
        grey = np.asarray(picture.convert("L").reduce(4)).astype(np.float32) / 255
    height = (sample(grey, values[:, 6:]) - 0.5) * np.float32(mm / mm_per_unit)
    return replace(
        scan,
        points=values[:, :3] + values[:, 3:6] * height[:, None],
        triangles=triangles,
        uv=values[:, 6:],
        normals=None,
        colors=None,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scans", nargs="*", type=Path)
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--relief", type=Path, help="displacement map in the real scan's own uv")
    parser.add_argument("--range", type=float, default=4.0, help="mm from black to white of that map")
    parser.add_argument("--flip-v", action="store_true", help="the map counts v from the other end than the scan")
    options = parser.parse_args()
    print("| scan | points | mesh: median | p95 | mesh + map: median | p95 | measured | s |")
    print("|---|---|---|---|---|---|---|---|")
    uv_map(options.size)  # made once
    for seed in range(options.people):
        face = person(seed)
        fine = subdivided(face, 2)
        points = fine.points + fine.normals * relief(fine.points)[:, None]
        report(f"virtual {seed}, mesh", face, Scan(points, fine.triangles, unit="mm"), options.size)
        report(f"virtual {seed}, cloud", face, Scan(points, unit="mm"), options.size)
    for path in options.scans:
        from lineament.face.fit import fit_face  # the virtual people need none

        scan = read_scan(path)
        if options.relief:
            scan = raised(scan, options.relief, options.range, fit_face(scan).pose.scale, options.flip_v)
        report(path.name, fit_face(scan), scan, options.size)


if __name__ == "__main__":
    main()
