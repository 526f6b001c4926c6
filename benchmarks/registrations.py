"""The alternatives that `fit.py` measures Lineament beside: MeshMonk 0.3.0 and trimesh's `nricp_amberg`.

MeshMonk is no dependency of the package: `pip install meshmonk==0.3.0` next to it.

Both get the same: the shape prior's mean face (skin in front of the ears, with a margin that is not scored), scaled,
turned and moved onto the landmarks that Lineament finds, weighted by their expected errors; and all points of the scan
within 15 mm of it. Settings that were tried for them on virtual scans of another seed (8000010), mean distance to the
true corresponding point where shown, mm:

- MeshMonk takes a mesh with outward normals, and no landmarks. A cloud is triangulated over directions from inside the
  head; its normals are estimated and turned outwards. `pyramid_register` has its defaults. On a clean scan 2.63, after
  MeshMonk's own rigid registration 2.11; the scan averaged over 1 mm 2.61, over 1.5 mm 2.88. Scans with holes and hair
  draw the rigid registration away: 59.8 in place of 10.2 on a half face (seed 8000009), else within 0.5 of each other.
  So it comes first on clean scans only.
- `nricp_amberg` takes points, and the landmarks that the scan shows. Default steps 2.65 and 3.17 on two clean scans;
  the steps of trimesh's example, which it gets, 2.42 and 2.37; on a degraded one 2.86 and 2.99. Onto a mesh 2.59.

Symbols: S template vertices, F its triangles, N points, T triangles, L landmarks. The scan's frame, millimetres.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import trimesh.registration
from scipy.spatial import ConvexHull

from lineament.detect.detector import Detection
from lineament.face.deviation import face_region
from lineament.face.model import load_face_model
from lineament.face.prior import load_shape_prior
from lineament.geometry.alignment import fit_similarity
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import estimate_normals, orient_outward, vertex_normals
from lineament.geometry.quality import median_spacing
from lineament.types import Floats, Ints, Scan

AROUND = 15.0
"""Points farther from the moved template are left out, mm."""
INSIDE = (0.0, 0.0, 20.0)
"""A place in the head that sees most of the face's skin from behind, mm, face frame."""
STEPS = [[0.02, 3, 0.5, 10], [0.007, 3, 0.5, 10], [0.002, 3, 0.5, 10]]
"""Smoothness, landmarks, normals and iterations, as in trimesh's example, with its threshold."""
THRESHOLD = 0.05


@dataclass(frozen=True, eq=False)
class Task:
    """What an alternative starts from."""

    template: Floats
    """(S, 3)"""
    faces: Ints
    """(F, 3)"""
    points: Floats
    """(N, 3) of the scan"""
    normals: Floats
    """(N, 3) outwards"""
    triangles: Ints
    """(T, 3)"""
    carriers: Ints
    """(L,) triangles of the template that carry landmarks which the scan shows,"""
    weights: Floats
    """(L, 3) of their corners,"""
    places: Floats
    """(L, 3) and where these landmarks are."""


@cache
def template() -> tuple[Ints, Ints]:
    """Return the template's vertices (S,) and triangles (F,) in the face model."""
    model = load_face_model()
    front = model.vertices[:, 2]
    around = np.isin(model.region, [model.region_names.index(name) for name in ("neck", "scalp")])
    kept = (face_region() & (front > 0)) | (around & (front > 20))
    triangles = np.flatnonzero(kept[model.triangles].all(axis=1)).astype(np.int32)
    return np.unique(model.triangles[triangles]), triangles


def prepared(scan: Scan, found: Detection) -> Task:
    """Put the template onto the scan, and the scan in the form that the alternatives take."""
    model, mean = load_face_model(), load_shape_prior().mean
    marks, definition = found.landmarks["ibug68"], model.landmark_sets["ibug68"]
    to_scan = fit_similarity(model.landmarks(mean, "ibug68"), marks.xyz, marks.sigma**-2.0)
    vertices, triangles = template()
    moved = to_scan.apply(mean[vertices])
    near = np.flatnonzero(knn(moved, 1, scan.points)[1][:, 0] < AROUND)
    points, middle = scan.points[near], to_scan.apply(np.array(INSIDE))
    if scan.triangles is None:
        surface = triangulated(points, middle)
        normals = orient_outward(points, estimate_normals(points, knn(points, 12)[0]), middle)
    else:
        row = np.full(len(scan.points), -1)
        row[near] = np.arange(len(near))
        surface = row[scan.triangles]
        surface = surface[(surface >= 0).all(axis=1)]
        normals = vertex_normals(points, surface)
    carrier = np.searchsorted(triangles, definition.triangle).clip(max=len(triangles) - 1)
    used = marks.visible & (triangles[carrier] == definition.triangle)
    return Task(
        moved,
        np.searchsorted(vertices, model.triangles[triangles]).astype(np.int32),
        points,
        normals.astype(np.float32),
        surface.astype(np.int32),
        carrier[used],
        definition.barycentric[used],
        marks.xyz[used],
    )


def triangulated(points: Floats, middle: Floats) -> Ints:
    """Join neighbours, as seen from `middle` (3,), to triangles (T, 3) that look outwards; long ones are left out."""
    ray = points.astype(np.float64) - middle
    triangles = ConvexHull(ray / np.linalg.norm(ray, axis=1, keepdims=True)).simplices
    edges = points[triangles] - points[np.roll(triangles, 1, axis=1)]
    triangles = triangles[np.linalg.norm(edges, axis=2).max(axis=1) < max(6.0, 4 * median_spacing(points))]
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    inwards = (np.cross(b - a, c - a) * ray[triangles[:, 0]]).sum(axis=1) < 0
    triangles[inwards] = triangles[inwards][:, ::-1]
    return triangles.astype(np.int32)


def features(task: Task) -> dict[str, Floats | Ints]:
    """Return the scan and the template, with normals, as MeshMonk names them."""
    return {
        "floating_features": np.concatenate([task.template, vertex_normals(task.template, task.faces)], axis=1),
        "floating_faces": task.faces,
        "target_features": np.concatenate([task.points, task.normals], axis=1),
        "target_faces": task.triangles,
    }


def meshmonk(task: Task, rigid: bool) -> Floats:
    """Register with MeshMonk, at will rigidly first; return the template's vertices (S, 3)."""
    import meshmonk

    meshmonk.set_log_level("silent")
    moved: Floats = meshmonk.pyramid_register(**features(task), rigid_params={} if rigid else None).aligned_vertices
    return moved


def nricp_amberg(task: Task) -> Floats:
    """Register with trimesh; return the template's vertices (S, 3)."""
    moved: Floats = trimesh.registration.nricp_amberg(
        trimesh.Trimesh(task.template, task.faces, process=False),
        trimesh.PointCloud(task.points),
        source_landmarks=(task.carriers, task.weights.astype(np.float64)),
        target_positions=task.places.astype(np.float64),
        steps=STEPS,
        distance_threshold=THRESHOLD,
        use_faces=False,
    )
    return moved.astype(np.float32)


def alternatives(clean: bool) -> dict[str, Callable[[Scan, Detection], tuple[Floats, float]]]:
    """Return what Lineament is measured beside: model vertices (V, 3), zero outside the template, and seconds."""
    registers = {"MeshMonk": partial(meshmonk, rigid=clean), "nricp_amberg": nricp_amberg}
    return {name: partial(run, register) for name, register in registers.items()}


def run(register: Callable[[Task], Floats], scan: Scan, found: Detection) -> tuple[Floats, float]:
    task = prepared(scan, found)
    began = time.process_time()
    moved = register(task)
    seconds = time.process_time() - began
    vertices = np.zeros_like(load_face_model().vertices)
    vertices[template()[0]] = moved
    return vertices, seconds
