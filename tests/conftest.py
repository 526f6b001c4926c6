"""What tests of several folders use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw sheets at half their size in this process."""
    from lineament.picture import sheets

    for name in ("HEIGHT", "_FRONT_WIDTH", "_SIDE_WIDTH"):
        monkeypatch.setattr(sheets, name, getattr(sheets, name) // 2)


@pytest.fixture(scope="session")
def person() -> Callable[..., Face]:
    """Make fitted faces without a fit: random people of the face model, with waves that the model does not know."""

    def make(seed: int, residual: float = 0.5, **expression: float) -> Face:
        model = load_face_model()
        rng = np.random.default_rng(seed)
        identity = rng.normal(size=len(model.identity)).astype(np.float32)
        weights = np.array([expression.get(name, 0.0) for name in model.expression_names], np.float32)
        waves = np.sin(model.vertices / 17 + rng.uniform(0, 6, 3)).sum(axis=1, keepdims=True)
        vertices = model.shape(identity, weights) + residual * waves * np.array([0.1, 0.1, 1.0])
        pose = Similarity(25.4, np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]), np.array([1.0, -2.0, 3.25]))
        return Face(vertices, identity, weights, rng.random(len(vertices)), pose, "in")

    return make


@dataclass(frozen=True, eq=False)
class UserModels:
    """Files of face models in their users' layouts, made of the shipped one's skin; vertex i is `kept[i]` of that."""

    kept: np.ndarray
    """(V,)"""
    triangles: np.ndarray
    """(T, 3)"""
    ict: Path
    """30 identities and all expressions; two triangles are one quad, and one vertex has a second place in uv."""
    facescape: Path
    """5 identities and 51 expressions, which are larger on a person of a larger first identity; turned, in 5 cm."""
    identity: np.ndarray
    """(5, V, 3) of that, mm, face frame"""
    expression: np.ndarray
    """(51, V, 3) of that at the mean"""


GROWTH = 0.4
"""How much larger all expressions of the FaceScape-like model are on a person of first identity 1."""


@pytest.fixture(scope="session")
def user_models(tmp_path_factory: pytest.TempPathFactory) -> UserModels:
    model, folder = load_face_model(), tmp_path_factory.mktemp("models")
    kept = np.flatnonzero(model.region < model.region_names.index("mouth"))
    row = np.full(len(model.vertices), -1)
    row[kept] = np.arange(len(kept))
    triangles = row[model.triangles]
    triangles = triangles[(triangles >= 0).all(axis=1)]
    marks = model.landmark_sets["ibug68"]
    marks = row[model.triangles[marks.triangle, marks.barycentric.argmax(axis=1)]]
    mean, uv = model.vertices[kept], np.concatenate([model.uv[kept], [[0.25, 0.75]]])
    corners_uv = triangles.copy()
    corners_uv[7, 0] = len(kept)

    # The first two triangles that share an edge become one quad.
    a, c = triangles[0, [0, 2]]
    other = next(i for i in range(1, len(triangles)) if {a, c} <= set(triangles[i].tolist()))
    (d,) = set(triangles[other].tolist()) - {a, c}
    polygons = np.column_stack([triangles, np.full(len(triangles), -1)])
    polygons[0, 3] = d
    polygon_uv = np.column_stack([corners_uv, np.full(len(triangles), -1)])
    polygon_uv[0, 3] = d
    np.savez(
        folder / "ict.npz",
        vertices=mean,
        polygons=np.delete(polygons, other, axis=0).astype(np.int32),
        identity=model.identity[:30, kept].astype(np.float16),
        expression=model.expression[:, kept].astype(np.float16),
        expression_names=np.array(model.expression_names),
        landmarks68=marks.astype(np.int32),
        uv=uv.astype(np.float32),
        polygon_uv=np.delete(polygon_uv, other, axis=0).astype(np.int32),
    )

    identity, expression = model.identity[:5, kept], model.expression[:51, kept]
    usual, spread = np.array([0.03, 0.0, 0.0, 0.0, 0.0, 0.0]), np.array([0.0, *[0.03] * 5])
    turn = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]) / 50
    faces = mean + np.concatenate([np.zeros_like(expression[:1]), expression])
    by_person = identity[:, None].repeat(52, axis=1)
    by_person[0, 1:] += GROWTH * expression
    core = np.concatenate([faces[None] / usual[0], by_person / 0.03]) @ turn.T
    np.savez(
        folder / "facescape.npz",
        shape_bm_core=core.transpose(2, 3, 1, 0).reshape(-1, 52, 6).astype(np.float32),
        id_mean=usual,
        id_var=spread**2,
        fv_indices=triangles + 1,
        lm_list_v16=marks,
        texcoords=uv.astype(np.float32),
        ft_indices=corners_uv + 1,
        sym_dict=np.array({"an": "object"}),
    )
    return UserModels(kept, triangles, folder / "ict.npz", folder / "facescape.npz", identity, expression)
