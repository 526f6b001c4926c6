"""Scans of virtual people with the face that a perfect fit would find, in any frame and unit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from lineament.compare import Sitting
from lineament.demo import subdivide, visible_triangles
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.geometry.normals import vertex_normals
from lineament.types import MILLIMETRES, Floats, Ints, Landmarks, Scan

Change = Callable[[Floats, Ints], Floats]
SMILE = {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}


def person(seed: int = 1, expression: dict[str, float] | None = None) -> Floats:
    model = load_face_model()
    identity = 0.8 * np.random.default_rng(seed).standard_normal(len(model.identity))
    return model.shape(identity, [(expression or {}).get(name, 0.0) for name in model.expression_names])


def frame(unit: str = "mm", seed: int = 4) -> Similarity:
    """Return a pose from a scan that lies anyhow, in some unit, to the face frame in mm."""
    return Similarity(MILLIMETRES[unit], Rotation.random(random_state=seed).as_matrix(), np.array([30.0, -500, 220]))


def sitting(
    vertices: Floats,
    pose: Similarity | None = None,
    unit: str | None = "mm",
    change: Change | None = None,
    noise: float = 0.0,
    cloud: bool = False,
    fit_error: float = 0.0,
    inside_out: bool = False,
) -> Sitting:
    """Scan a face; `fit_error` moves the fitted face by about so many mm off the truth."""
    model, pose = load_face_model(), pose or Similarity.identity()
    points, triangles = subdivide(vertices, visible_triangles(model))
    if change is not None:
        points = change(points, triangles)
    rng = np.random.default_rng(len(points) + round(1000 * float(vertices[0, 0])))
    points = points + (noise * rng.standard_normal((len(points), 1))) * vertex_normals(points, triangles)
    back = pose.inverse()
    points = back.apply(points.astype(np.float64)).astype(np.float32)
    if inside_out:
        triangles = triangles[:, ::-1]
    scan = Scan(points[np.unique(triangles)]) if cloud else Scan(points, triangles)
    off = Similarity(1.0, Rotation.from_rotvec([0.01 * fit_error, -0.008 * fit_error, 0.0]).as_matrix(), np.zeros(3))
    off = Similarity(1.0, np.eye(3), fit_error * np.array([0.6, -0.5, 0.4])) @ off
    face = Face(off.apply(vertices), np.zeros(100), np.zeros(53), np.ones(len(vertices)), off @ pose, unit)
    landmarks = {
        name: Landmarks(
            model.landmark_sets[name].names,
            back.apply(model.landmarks(vertices, name)),
            np.full(len(model.landmark_sets[name]), 1.2),
            unit=unit,
            mm_per_unit=pose.scale,
            set_name=name,
        )
        for name in ("ibug68", "anthropometric")
    }
    return Sitting(scan, face, landmarks)


def landmark(vertices: Floats, name: str) -> npt.NDArray[np.float32]:
    model = load_face_model()
    marks = model.landmarks(vertices, "anthropometric")
    place: npt.NDArray[np.float32] = marks[model.landmark_sets["anthropometric"].names.index(name)]
    return place


def bump(centre: npt.ArrayLike, height: float, radius: float) -> Change:
    """Return what raises the surface along its normals: by `height` at the point nearest to `centre`, smoothly to 0."""

    def change(points: Floats, triangles: Ints) -> Floats:
        top = points[np.linalg.norm(points - np.asarray(centre), axis=1).argmin()]
        away = np.clip(np.linalg.norm(points - top, axis=1) / radius, 0, 1)
        rise = height * np.cos(np.pi / 2 * away) ** 2
        return (points + rise[:, None] * vertex_normals(points, triangles)).astype(np.float32)

    return change


def enclosed(points: Floats, triangles: Ints) -> float:
    """Return the volume between a surface and the origin, cm^3; its change is the volume that a bump adds."""
    a, b, c = (points[triangles[:, i]].astype(np.float64) for i in range(3))
    return float((np.cross(a, b) * c).sum() / 6 / 1000)
