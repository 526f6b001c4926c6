"""How well the own face model reproduces its source, and whether its mesh is sound."""

from __future__ import annotations

from pathlib import Path

import igl
import numpy as np

from face_model.refit import skin_map, skin_triangles
from face_model.source import read_source
from lineament.face.model import load_face_model


def verify(path: Path, faces: int = 500, seed: int = 0) -> None:
    """Print the RMS distance, mm, of ICT-FaceKit's skin from the model on random faces, and the mesh's quality."""
    source, model = read_source(path), load_face_model()
    triangles = skin_triangles(model.region, model.triangles)
    covered, place = skin_map(source, model.vertices.astype(np.float64), triangles, model.mirror)
    target = source.vertices[covered]
    identity, expression = source.identity[:, covered], source.expression[:, covered]

    rng = np.random.default_rng(seed)
    fixed, free, far = [], [], []
    for _ in range(faces):
        a = rng.standard_normal(len(identity)).astype(np.float32)
        w = rng.uniform(0, 1, len(expression)) * (rng.uniform(size=len(expression)) < 0.12)
        w = w.astype(np.float32)
        truth = target + np.tensordot(a, identity, 1) + np.tensordot(w, expression, 1)
        own = model.shape(a, w).astype(np.float64)
        fixed.append(np.mean(np.sum((place @ own - truth) ** 2, axis=1)))
        squared, *_ = igl.point_mesh_squared_distance(truth, own, triangles)
        free.append(np.mean(squared))
        far.append(np.percentile(np.sqrt(squared), 99))
    print(f"{len(covered)} skin vertices of ICT-FaceKit, {faces} random faces")
    for name, squares in (("closest point", free), ("fixed barycentric map", fixed)):
        print(f"{name}: RMS {np.sqrt(np.mean(squares)):.3f} mm, worst face {np.sqrt(np.max(squares)):.3f} mm")
    print(f"closest point, 99th percentile of a face: {np.mean(far):.3f} mm")

    e = model.vertices[triangles]
    sides = np.linalg.norm(e - np.roll(e, 1, axis=1), axis=2)
    area = np.linalg.norm(np.cross(e[:, 1] - e[:, 0], e[:, 2] - e[:, 0]), axis=1) / 2
    quality = 4 * np.sqrt(3) * area / (sides**2).sum(1)
    print(
        f"{len(model.vertices)} vertices, {len(model.triangles)} triangles; triangle quality (1 = equilateral): "
        f"least {quality.min():.2f}, median {np.median(quality):.2f}; edges {sides.min():.2f} to {sides.max():.2f} mm"
    )
    uv = model.uv[model.triangles]
    e1, e2 = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    print(f"uv: {int((e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0] <= 0).sum())} folded triangles")
