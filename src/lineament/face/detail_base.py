"""The fitted mesh as what texels lie on: its vertices, its normals, and what of it is covered by skin.

Symbols: V vertices, S texels along each side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineament.errors import InputError
from lineament.face.face import Face, model_of
from lineament.face.model import FaceModel
from lineament.face.project import surface
from lineament.geometry.normals import vertex_normals
from lineament.geometry.quality import weld
from lineament.types import Floats

_COVER = 8.0
"""How far above an eyeball its lids may lie, mm."""


@dataclass(frozen=True, eq=False, slots=True)
class Base:
    """A fitted mesh in the face frame, mm.

    Attributes
    ----------
    model : FaceModel
    vertices, normals : (V, 3) float32
        The normals are of unit length, the same on both sides of a seam.
    eyes : (V,) float32
        1 for the eyeballs.
    hidden : (V,) float32
        1 for what no scanner sees: the inside of the mouth, and of the eyeballs what the lids cover.
    bend : (V,) float32, 1/mm
        How fast the normals turn: from a height of `1 / bend` they may cross, and no height stands for one place.
    """

    model: FaceModel
    vertices: Floats
    normals: Floats
    eyes: Floats
    hidden: Floats
    bend: Floats

    @classmethod
    def of(cls, face: Face, model: FaceModel | None = None) -> Base:
        """Return the mesh of a face.

        Raises
        ------
        InputError
            The face has another number of vertices than the model.
        """
        model = model_of(face) if model is None else model
        if len(face.vertices) != len(model.vertices):
            raise InputError(
                f"the face has {len(face.vertices)} vertices and the model {len(model.vertices)}; "
                "give the model that the face was fitted with"
            )
        same = weld(model.vertices)
        normals = np.asarray(vertex_normals(face.vertices, same[model.triangles])[same])
        eyes = np.char.startswith(np.array(model.region_names)[model.region], "eyeball").astype(np.float32)
        hidden = _hidden(model, face.vertices, normals, eyes)
        return cls(model, face.vertices, normals, eyes, hidden, _bend(model, face.vertices, normals))

    def texel(self, size: int) -> float:
        """Return the width of a texel on the surface, mm, in the mean."""
        corners, flat = self.vertices[self.model.triangles], self.model.uv[self.model.triangles]
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
        (ax, ay), (bx, by) = ((flat[:, i] - flat[:, 0]).T for i in (1, 2))
        return float(np.sqrt(area / max(float(np.abs(ax * by - bx * ay).sum()), 1e-12)) / size)


def _bend(model: FaceModel, vertices: Floats, normals: Floats) -> Floats:
    bend = np.zeros(len(vertices), np.float32)
    for one, other in ((0, 1), (1, 2), (2, 0)):
        ends = model.triangles[:, [one, other]]
        length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
        turn = np.linalg.norm(normals[ends[:, 0]] - normals[ends[:, 1]], axis=1) / np.maximum(length, 1e-6)
        for end in ends.T:
            np.maximum.at(bend, end, turn)
    return bend


def _hidden(model: FaceModel, vertices: Floats, normals: Floats, eyeball: Floats) -> Floats:
    mouth = np.array(model.region_names)[model.region] == "mouth"
    hidden = mouth.astype(np.float32)
    eyes, inner = np.flatnonzero(eyeball), mouth | (eyeball > 0)
    skin = surface(vertices, model.triangles[~inner[model.triangles].any(axis=1)])
    start = skin.nearest(vertices[eyes], normals[eyes], _COVER)
    height, triangle, _ = skin.walk(vertices[eyes], normals[eyes], start)
    hidden[eyes] = (triangle >= 0) & (height > 0) & (height < _COVER)
    return np.asarray(hidden)
