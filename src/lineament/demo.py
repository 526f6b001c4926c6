"""A scan of a virtual person whose landmarks are known.

Symbols: N points, T triangles, V model vertices.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from lineament.face.model import FaceModel, load_face_model
from lineament.geometry.alignment import Similarity
from lineament.geometry.normals import vertex_normals
from lineament.geometry.visibility import visible_from
from lineament.types import Floats, Ints, Landmarks, Scan

EXPRESSION = {"mouthSmileLeft": 0.45, "mouthSmileRight": 0.35, "browInnerUpLeft": 0.2, "browInnerUpRight": 0.2}
"""A mild smile, not quite even."""
NOISE = 0.12
"""Of the sensor along the surface's normal, mm."""
VIEWS = ((0, 0), (40, 0), (-40, 0), (75, 5), (-75, 5), (0, -35), (0, 30))
"""Yaw and pitch of the cameras, degrees; what none of them sees is missing."""
NECK = -105.0
"""The scan ends below this height, mm, face frame."""
HOLE = ("jaw_12", 9.0)
"""What the sensor lost: the landmark in the middle of a hole, and its radius in mm."""


def demo_scan(seed: int = 0) -> tuple[Scan, Landmarks]:
    """Scan a virtual person: turned anyhow, in metres, with noise and a hole.

    Parameters
    ----------
    seed : int
        Chooses the person, the pose and the noise.

    Returns
    -------
    scan : Scan
        A mesh in metres that does not state its unit.
    truth : Landmarks
        `ibug68` without the sensor's errors, in the scan's frame and unit.
    """
    rng = np.random.default_rng(seed)
    model = load_face_model()
    weights = [EXPRESSION.get(name, 0.0) for name in model.expression_names]
    person = model.shape(0.8 * rng.standard_normal(len(model.identity)), weights)
    points, triangles = subdivide(person, visible_triangles(model))
    points = points + vertex_normals(points, triangles) * sensor_errors(points, rng)[:, None]
    marks = model.landmarks(person, "ibug68")
    names = model.landmark_sets["ibug68"].names
    points, triangles = cut(points, triangles, seen_points(points, marks[names.index(HOLE[0])]))
    pose = Similarity(1e-3, Rotation.random(random_state=rng).as_matrix(), rng.uniform(-0.5, 0.5, 3))
    return Scan(pose.apply(points), triangles), Landmarks(names, pose.apply(marks), unit="m", set_name="ibug68")


def visible_triangles(model: FaceModel) -> Ints:
    """Return the triangles that a scanner can see: all but the inside of the mouth."""
    inside = model.region_names.index("mouth")
    return np.asarray(model.triangles[(model.region[model.triangles] != inside).any(axis=1)])


def subdivide(points: Floats, triangles: Ints) -> tuple[Floats, Ints]:
    """Split each triangle into four at the middles of its edges."""
    edges = np.sort(triangles[:, [[1, 2], [2, 0], [0, 1]]].reshape(-1, 2), axis=1)
    edges, middle = np.unique(edges, axis=0, return_inverse=True)
    a, b, c = triangles.T
    u, v, w = len(points) + middle.reshape(-1, 3).T
    split = np.stack([a, w, v, b, u, w, c, v, u, u, v, w], axis=1).reshape(-1, 3)
    return np.concatenate([points, points[edges].mean(axis=1)]).astype(np.float32), split.astype(np.int32)


def sensor_errors(points: Floats, rng: np.random.Generator) -> Floats:
    """Return the sensor's error at each point in mm: white noise, and a ripple as stripe projectors leave."""
    ripple = np.sin(points @ rng.normal(0, 0.25, 3) + rng.uniform(0, 6))
    return (NOISE * (rng.standard_normal(len(points)) + 0.5 * ripple)).astype(np.float32)


def seen_points(points: Floats, hole: Floats) -> npt.NDArray[np.bool_]:
    """Return which points some camera sees outside of the hole around `hole (3,)`, (N,)."""
    seen = np.zeros(len(points), dtype=np.bool_)
    for yaw, pitch in VIEWS:
        towards = Rotation.from_euler("YX", [yaw, -pitch], degrees=True).apply([0.0, 0.0, -1.0])
        seen |= visible_from(points, direction=towards, cell=2.5, tolerance=5.0)
    left = np.linalg.norm(points - hole, axis=1) > HOLE[1]
    return np.asarray(seen & left & (points[:, 1] > NECK))


def cut(points: Floats, triangles: Ints, kept: npt.NDArray[np.bool_]) -> tuple[Floats, Ints]:
    """Keep the triangles whose corners are all kept, and the points that they use."""
    left = triangles[kept[triangles].all(axis=1)]
    used, renumbered = np.unique(left, return_inverse=True)
    return points[used], renumbered.reshape(-1, 3).astype(np.int32)
