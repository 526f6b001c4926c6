"""How well the own face model reproduces its source, and whether its mesh is sound."""

from __future__ import annotations

from pathlib import Path

import igl
import numpy as np

from face_model.remesh import closest_on_triangles
from face_model.source import SKIN, coverage, read_source
from lineament.face.model import load_face_model


def verify(path: Path, faces: int = 500, seed: int = 0) -> None:
    """Print the RMS distance, mm, of ICT-FaceKit's skin from the model on random faces, and the mesh's quality."""
    source, model = read_source(path), load_face_model()
    names = model.region_names
    skin = model.region < names.index("mouth")
    triangles = model.triangles[skin[model.triangles].all(1)].astype(np.int64)
    covered = np.flatnonzero(coverage(source.vertices[:SKIN]) > 1.0)
    target = source.vertices[covered]

    _, nearest, _ = igl.point_mesh_squared_distance(target, model.vertices.astype(np.float64), triangles)
    a, b, c = (model.vertices[triangles[nearest][:, k]].astype(np.float64) for k in range(3))
    weights = closest_on_triangles(target, a, b, c)[..., None]
    corners = triangles[nearest]

    rng = np.random.default_rng(seed)
    fixed, free = [], []
    for i in range(faces):
        a = rng.standard_normal(len(source.identity)).astype(np.float32)
        w = rng.uniform(0, 1, len(source.expression)) * (rng.uniform(size=len(source.expression)) < 0.12)
        w = w.astype(np.float32)
        truth = (
            target + np.tensordot(a, source.identity[:, covered], 1) + np.tensordot(w, source.expression[:, covered], 1)
        )
        own = model.shape(a, w)
        fixed.append(np.mean(np.sum((np.sum(own[corners] * weights, axis=1) - truth) ** 2, axis=1)))
        if i % 10 == 0:
            squared, *_ = igl.point_mesh_squared_distance(truth, own.astype(np.float64), triangles)
            free.append((np.mean(squared), np.percentile(np.sqrt(squared), 99)))
    print(f"{len(covered)} skin vertices of ICT-FaceKit, {faces} random faces")
    print(f"fixed barycentric map: RMS {np.sqrt(np.mean(fixed)):.3f} mm, worst face {np.sqrt(np.max(fixed)):.3f} mm")
    free = np.array(free)
    print(
        f"closest point ({len(free)} faces): RMS {np.sqrt(free[:, 0].mean()):.3f} mm, 99th percentile {free[:, 1].mean():.3f} mm"
    )

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
