"""How far a scan lies from the face fitted to it.

Symbols: N points of the scan, S of them asked.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.face.project import surface
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import vertex_normals
from lineament.types import Floats, Ints

REGIONS = ("face", "lips", "eyelids", "nose")
"""What counts as the face; ears, scalp and neck are not always shown, the rest never is."""
REACH = 10.0
"""Points farther off are hair, clothes or something else, mm."""


@cache
def face_region() -> npt.NDArray[np.bool_]:
    """Return which vertices of the model are the face itself, (V,)."""
    model = load_face_model()
    inside: npt.NDArray[np.bool_] = np.isin(model.region, [model.region_names.index(name) for name in REGIONS])
    inside.flags.writeable = False
    return inside


def triangles_of(face: Face) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return the triangles (T, 3) of a face, and which of its vertices are the face itself, (V,)."""
    if face.template is None:
        return load_face_model().triangles, face_region()
    return face.template.triangles, face.template.inside


def deviation(face: Face, points: Floats) -> Floats:
    """Return how far points of a scan lie above the fitted face.

    Parameters
    ----------
    face : Face
    points : (S, 3) float
        In the scan's frame and unit.

    Returns
    -------
    (S,) float32, mm
        Along the normal of the nearest vertex, outwards positive. NaN where the point is missing, is farther than
        10 mm from the face, or is next to another part of the head.
    """
    triangles, inside = triangles_of(face)
    height = np.full(len(points), np.nan, np.float32)
    moved = face.pose.apply(np.asarray(points, np.float32))
    row = np.flatnonzero(np.isfinite(moved).all(axis=1))
    nearest, away = knn(face.vertices, 1, moved[row], radius=REACH + 3)
    kept = np.isfinite(away[:, 0]) & inside[nearest[:, 0]]
    row, nearest = row[kept], nearest[kept, 0]
    mesh = surface(face.vertices, triangles[inside[triangles].all(axis=1)])
    toward = vertex_normals(face.vertices, triangles)[nearest]
    start = mesh.nearest(moved[row], toward, REACH + mesh.widest)
    down, triangle, _ = mesh.walk(moved[row], toward, start)
    met = (triangle >= 0) & (np.abs(down) <= REACH)
    height[row[met]] = -down[met]
    return height


def measured_share(face: Face) -> float:
    """Return the share of the face's area that the scan shows, 0 to 1."""
    triangles, inside = triangles_of(face)
    triangles = triangles[inside[triangles].all(axis=1)]
    a, b, c = (face.vertices[triangles[:, corner]] for corner in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return float((area * face.confidence[triangles].mean(axis=1)).sum() / area.sum())
