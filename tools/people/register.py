"""Lay MakeHuman's head over the template, and carry displacement fields from one to the other.

Symbols: N vertices of MakeHuman, V of the template, L landmarks. Millimetres, face frame.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.interpolate import RBFInterpolator
from scipy.sparse.linalg import factorized
from scipy.spatial import cKDTree

from lineament.face.model import FaceModel
from people.makehuman import CORRESPONDENCES, MakeHuman

DENSE = 400_000
"""Samples of MakeHuman's skin; a closest point is the closest sample."""


def similarity(source: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Scale, rotation and shift with `target ~ scale * source @ rotation + shift` (Umeyama 1991)."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = float((s * sign).sum() / (a**2).sum())
    return scale, rotation, target.mean(0) - scale * source.mean(0) @ rotation


def landmark_pairs(model: FaceModel, human: MakeHuman) -> tuple[np.ndarray, np.ndarray]:
    """The same places on MakeHuman (L, 3) and on the template (L, 3), both sides."""
    here, there = [], []
    for (set_name, which), vertices in CORRESPONDENCES.items():
        marks, names = model.landmarks(model.vertices, set_name), model.landmark_sets[set_name].names
        mark = marks[which if isinstance(which, int) else names.index(which)].astype(np.float64)
        place = human.vertices[list(vertices)].mean(0)
        here.append(place)
        there.append(mark)
        if abs(mark[0]) > 1:
            here.append(place * [-1, 1, 1])
            there.append(mark * [-1, 1, 1])
    return np.array(here), np.array(there)


def triangle_normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def vertex_normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    normals = np.zeros_like(points)
    for k in range(3):
        np.add.at(normals, triangles[:, k], np.cross(b - a, c - a))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


class Carrier:
    """Takes displacements (N, 3) of MakeHuman to displacements (V, 3) of the template."""

    def __init__(self, model: FaceModel, human: MakeHuman, sharp: float = 2.2, blunt: float = 5.0) -> None:
        self.model, self.points = model, model.vertices.astype(np.float64)
        names = np.array(model.region_names)[model.region]
        self.skin = ~np.isin(names, ["mouth", "eyeball_left", "eyeball_right"])
        self.skin_triangles = model.triangles[self.skin[model.triangles].all(1)]
        here, there = landmark_pairs(model, human)
        self.scale, self.rotation, self.shift = similarity(here, there)
        self.normals = vertex_normals(self.points, self.skin_triangles)
        self.warped = self._refined(human, self._splined(here, there, human))
        self.onto, self.distance = self._barycentric(human)
        self._smooth = self._smoother(names, sharp, blunt)

    def placed(self, vertices: np.ndarray) -> np.ndarray:
        """MakeHuman's vertices in the face frame, scaled, not warped."""
        return self.scale * vertices @ self.rotation + self.shift

    def _splined(self, here: np.ndarray, there: np.ndarray, human: MakeHuman) -> np.ndarray:
        warp = RBFInterpolator(here, there, kernel="linear", degree=1, smoothing=1.0)
        used = np.unique(human.triangles)
        warped = self.placed(human.vertices)
        warped[used] = warp(human.vertices[used])
        return warped

    def _samples(self, human: MakeHuman, warped: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Samples of MakeHuman's warped skin: place, normal, triangle, barycentric."""
        rng = np.random.default_rng(0)
        a, b, c = (warped[human.triangles[:, k]] for k in range(3))
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
        triangle = rng.choice(len(area), DENSE, p=area / area.sum())
        u, v = rng.random((2, DENSE))
        u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
        barycentric = np.stack([1 - u - v, u, v], 1)
        place = np.einsum("nkc,nk->nc", warped[human.triangles[triangle]], barycentric)
        return place, triangle_normals(warped, human.triangles)[triangle], triangle, barycentric

    def _closest(self, place: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """The closest sample that faces the same way, for each of the template's skin vertices."""
        apart = 8.0  # mm that opposite normals are worth, over two
        tree = cKDTree(np.hstack([place, apart * normals]))
        return tree.query(np.hstack([self.points[self.skin], apart * self.normals[self.skin]]))[1]

    def _refined(self, human: MakeHuman, warped: np.ndarray) -> np.ndarray:
        used = np.unique(human.triangles)
        for width in (25.0, 18.0, 12.0, 9.0, 7.0, 7.0):
            place, normals, *_ = self._samples(human, warped)
            nearest = self._closest(place, normals)
            gap = self.points[self.skin] - place[nearest]
            # along the normal only: sliding is the landmarks' business
            normal = self.normals[self.skin]
            gap = (gap * normal).sum(1, keepdims=True) * normal
            gap[np.linalg.norm(gap, axis=1) > 12] = 0
            tree = cKDTree(place[nearest])
            distance, index = tree.query(warped[used], k=40, distance_upper_bound=3 * width)
            weight = np.where(np.isfinite(distance), np.exp(-0.5 * (distance / width) ** 2), 0)
            padded = np.vstack([gap, np.zeros(3)])
            step = (weight[..., None] * padded[index]).sum(1) / np.maximum(weight.sum(1, keepdims=True), 0.5)
            warped = warped.copy()
            warped[used] += step
        return warped

    def _barycentric(self, human: MakeHuman) -> tuple[sp.csr_matrix, np.ndarray]:
        place, normals, triangle, barycentric = self._samples(human, self.warped)
        nearest = self._closest(place, normals)
        rows = np.repeat(np.arange(self.skin.sum()), 3)
        columns = human.triangles[triangle[nearest]].ravel()
        matrix = sp.csr_matrix((barycentric[nearest].ravel(), (rows, columns)), (self.skin.sum(), len(human.vertices)))
        return matrix, np.linalg.norm(place[nearest] - self.points[self.skin], axis=1)

    def _smoother(self, names: np.ndarray, sharp: float, blunt: float):
        """Heat flow on the skin, (mass + width^2 / 2 stiffness) x = mass y; finer at eyes, nose, mouth and ears."""
        index = np.cumsum(self.skin) - 1
        triangles = index[self.skin_triangles]
        points = self.points[self.skin]
        fine = np.isin(names[self.skin], ["eyelids", "lips", "nose", "ears"]).astype(float)
        count = len(points)
        stiffness = sp.csr_matrix((count, count))
        for k in range(3):
            i, j, o = triangles[:, k], triangles[:, (k + 1) % 3], triangles[:, (k + 2) % 3]
            e, f = points[i] - points[o], points[j] - points[o]
            cot = (e * f).sum(1) / np.maximum(np.linalg.norm(np.cross(e, f), axis=1), 1e-9)
            half = np.maximum(cot, 0.02) / 2
            width = blunt + (sharp - blunt) * fine[[i, j]].mean(0)
            half = half * width**2 / 2
            rows, columns = np.concatenate([i, j, i, j]), np.concatenate([i, j, j, i])
            values = np.concatenate([half, half, -half, -half])
            stiffness += sp.csr_matrix((values, (rows, columns)), (count, count))
        a, b, c = (points[triangles[:, k]] for k in range(3))
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
        mass = np.bincount(triangles.ravel(), np.repeat(area / 3, 3), count)
        trust = np.exp(-0.5 * (self.distance / 3.0) ** 2) + 0.02  # where the heads do not meet, follow the neighbours
        solve = factorized((sp.diags(mass * trust) + stiffness).tocsc())
        return lambda field: np.stack([solve(mass * trust * field[:, k]) for k in range(3)], 1)

    def carry(self, displacement: np.ndarray) -> np.ndarray:
        """Return the template's displacement (V, 3), mm, for one of MakeHuman in the face frame (N, 3)."""
        field = np.zeros_like(self.points)
        field[self.skin] = self._smooth(self.onto @ displacement)
        self._follow_inside(field)
        return field

    def _follow_inside(self, field: np.ndarray) -> None:
        """Move each eyeball with the lids around it, and the mouth bag with the lips before it."""
        names = np.array(self.model.region_names)[self.model.region]
        for side in ("left", "right"):
            ball = names == f"eyeball_{side}"
            around = (names == "eyelids") & (np.sign(self.points[:, 0]) == (1 if side == "left" else -1))
            field[ball] = field[around].mean(0)
        bag = np.flatnonzero(names == "mouth")
        near = np.flatnonzero(self.skin & np.isin(names, ["lips", "face"]))
        distance, index = cKDTree(self.points[near]).query(self.points[bag], k=24)
        weight = np.exp(-distance / (1.5 + distance[:, :1] / 2))
        weight /= weight.sum(1, keepdims=True)
        field[bag] = np.einsum("nk,nkc->nc", weight, field[near[index]])
