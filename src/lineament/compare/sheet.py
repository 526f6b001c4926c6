"""A scan as comparing needs it: places with outward normals and areas in the fitted face's frame, and what rays meet.

Symbols: N points of the scan, S of them around the face, T triangles, R rays. Millimetres, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from lineament.detect.features import REGION_CENTRE
from lineament.errors import InputError
from lineament.face.face import Face
from lineament.face.measured import REACH
from lineament.face.model import load_face_model
from lineament.face.project import FACING, Surface, surface
from lineament.geometry.alignment import Similarity
from lineament.geometry.arrays import unit
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import estimate_normals, vertex_normals
from lineament.geometry.quality import weld
from lineament.picture.raster import chunks
from lineament.types import Floats, Ints, Scan

Mask = npt.NDArray[np.bool_]

NEAR = 10.0
"""A point farther from the fitted face than this is no skin of it, mm."""
AGREES = 0.3
"""Nor is one whose normal has a smaller cosine with the face's."""
FEWEST = 200
_NEIGHBOURS = 16
_CLOSEST = 12
_ROUNDS = 6
_LEAN = 0.7
"""How far to one side the points around a place may lie, in spacings; farther is beside an edge of the cloud."""
_SHIFTS = (1.5, -1.5, 4.0, -4.0, 8.0, -8.0)
"""Where along a ray that has missed another triangle is looked for, mm."""


@dataclass(frozen=True, eq=False, slots=True)
class Met:
    """What R rays have met.

    Attributes
    ----------
    height : (R,) float32, mm
        Along the ray; NaN where nothing was met.
    normal : (R, 3) float32
        Of the surface there; zero where nothing was met.
    """

    height: Floats
    normal: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Sheet:
    """The part of a scan around the face.

    Attributes
    ----------
    row : (S,) int64
        Rows among the scan's points.
    points, normals : (S, 3) float32
        Normals are of unit length and point out of the face; zero for a point in no triangle.
    triangles : (T, 3) int32 or None
        Corners are rows of `points`, anticlockwise seen from outside; None for a bare cloud.
    area : (S,) float64, mm^2
        Of the surface around each point.
    vertex : (S,) int64
        The nearest vertex of the fitted face; -1 where the point is no skin of it.
    mesh : Surface or None
    tree : cKDTree or None
        Of a bare cloud.
    spacing : float, mm
        Usual distance between neighbours of a bare cloud.
    """

    row: npt.NDArray[np.int64]
    points: Floats
    normals: Floats
    triangles: Ints | None
    area: npt.NDArray[np.float64]
    vertex: npt.NDArray[np.int64]
    mesh: Surface | None
    tree: Any
    spacing: float

    def meet(self, points: Floats, normals: Floats, limit: float) -> Met:
        """Follow rays both ways to the nearest surface that looks the same way.

        Parameters
        ----------
        points, normals : (R, 3) float32
            Normals of unit length; a zero normal meets nothing.
        limit : float, mm
            How far to look on either side.
        """
        height = np.full(len(points), np.nan, np.float32)
        normal = np.zeros((len(points), 3), np.float32)
        ask = _on_mesh if self.mesh is not None else _on_cloud
        for part in chunks(len(points)):
            height[part], normal[part] = ask(self, points[part], normals[part], limit)
        return Met(height, normal)


def sheet_of(scan: Scan, face: Face, pose: Similarity) -> Sheet:
    """Prepare a scan.

    Parameters
    ----------
    scan : Scan
    face : Face
        Fitted to it.
    pose : Similarity
        From the scan's frame and unit to the face frame in mm.

    Raises
    ------
    InputError
        Hardly any point lies around the face.
    """
    moved: Floats = pose.apply(scan.points)
    near = np.square(np.nan_to_num(moved, nan=1e9) - REGION_CENTRE).sum(axis=1) < REACH**2
    row = np.flatnonzero(near)
    if len(row) < FEWEST:
        raise InputError(f"only {len(row)} points lie around the face; comparing needs {FEWEST}")
    points = np.ascontiguousarray(moved[row])
    place = np.full(len(near), -1, np.int64)
    place[row] = np.arange(len(row))
    triangles = None
    if scan.triangles is not None and len(scan.triangles):
        corners = place[scan.triangles]
        triangles = corners[(corners >= 0).all(axis=1)].astype(np.int32)
    distance, vertex, toward = _nearest_skin(face, points)
    if triangles is None or not len(triangles):
        neighbours, away = knn(points, min(_NEIGHBOURS, len(points)))
        normals = estimate_normals(points, neighbours)
        normals = np.where(((normals * toward).sum(axis=1) < 0)[:, None], -normals, normals)
        # k + 1/2 points, its own among them, lie in the disc up to the k-th neighbour.
        area = np.pi * away[:, -1].astype(np.float64) ** 2 / (away.shape[1] - 0.5)
        mesh, tree, spacing = None, cKDTree(points, balanced_tree=False), float(np.median(away[:, 1:7].mean(axis=1)))
        triangles = None
    else:
        same = weld(points)
        normals = vertex_normals(points, same[triangles])[same]
        if (np.where(distance < NEAR, (normals * toward).sum(axis=1), 0)).sum() < 0:  # scans come inside out
            triangles, normals = np.ascontiguousarray(triangles[:, ::-1]), -normals
        area = _areas(points, triangles)
        mesh, tree, spacing = surface(points, triangles), None, 0.0
    skin = (distance < NEAR) & ((normals * toward).sum(axis=1) > AGREES)
    return Sheet(row, points, normals, triangles, area, np.where(skin, vertex, -1), mesh, tree, spacing)


def _nearest_skin(face: Face, points: Floats) -> tuple[Floats, npt.NDArray[np.int64], Floats]:
    """Return the distance to the nearest vertex of the fitted skin (S,), that vertex (S,) and its normal (S, 3)."""
    model = load_face_model()
    inner = [model.region_names.index(name) for name in ("mouth", "eyeball_left", "eyeball_right")]
    skin = np.flatnonzero(~np.isin(model.region, inner))
    nearest, distance = knn(face.vertices[skin], 1, points)
    vertex = skin[nearest[:, 0]]
    return distance[:, 0], vertex, vertex_normals(face.vertices, model.triangles)[vertex]


def _areas(points: Floats, triangles: Ints) -> npt.NDArray[np.float64]:
    """Return a third of the area of the triangles around each point (S,), mm^2."""
    a, b, c = (points[triangles[:, i]].astype(np.float64) for i in range(3))
    third = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(triangles.T.reshape(-1), np.tile(third, 3), len(points)).astype(np.float64)


def _on_mesh(sheet: Sheet, points: Floats, normals: Floats, limit: float) -> tuple[Floats, Floats]:
    mesh = sheet.mesh
    assert mesh is not None
    height = np.full(len(points), np.nan, np.float32)
    triangle = np.full(len(points), -1, np.int32)
    lost = np.flatnonzero(normals.any(axis=1))
    for shift in (0.0, *_SHIFTS):
        if abs(shift) > limit or not len(lost):
            continue
        at, toward = points[lost], normals[lost]
        start = mesh.nearest(at + np.float32(shift) * toward, toward, limit + mesh.widest)
        found, hit, _ = mesh.walk(at, toward, start)
        good = (hit >= 0) & (np.abs(found) <= limit)
        height[lost[good]], triangle[lost[good]] = found[good], hit[good]
        lost = lost[~good]
    met = (triangle >= 0)[:, None]
    return height, np.where(met, mesh.planes[triangle, 0, :3], 0).astype(np.float32)


def _on_cloud(sheet: Sheet, points: Floats, normals: Floats, limit: float) -> tuple[Floats, Floats]:
    """Meet the implicit surface of a cloud: a mean of the neighbours' planes (Kolluri 2005).

    Each plane's normal is the mean of its point's and of the place's, which is exact on a sphere (as in the
    symmetric objective of Rusinkiewicz 2019).
    """
    height = np.zeros(len(points), np.float64)
    normal = np.zeros((len(points), 3))
    going = np.flatnonzero(normals.any(axis=1))
    beside = np.zeros(len(points), np.bool_)
    for _ in range(_ROUNDS):
        toward = normals[going].astype(np.float64)
        at = points[going] + height[going, None] * toward
        distance, near = sheet.tree.query(at, k=_CLOSEST, distance_upper_bound=limit + 3 * sheet.spacing)
        found = np.isfinite(distance)
        near = np.where(found, near, 0)
        own = sheet.normals[near].astype(np.float64)
        found &= np.einsum("rki,ri->rk", own, toward) > 0
        # In units of the nearest distance, so that far from the surface all neighbours count.
        scale = np.maximum(0.6 * sheet.spacing, distance[:, :1])
        weight = np.where(found, np.exp(-0.5 * (np.where(found, distance, 0) / scale) ** 2), 0)
        total = np.maximum(weight.sum(axis=1), 1e-12)
        mean = unit(np.einsum("rk,rki->ri", weight, own))
        offset = at[:, None] - sheet.points[near]
        value = np.einsum("rki,rki->rk", (own + mean[:, None]) / 2, offset)
        facing = (mean * toward).sum(axis=1)
        good = found.any(axis=1) & (facing > FACING)
        step = -(weight * value).sum(axis=1) / total / np.where(good, facing, 1)
        across = offset - (offset * toward[:, None]).sum(axis=2, keepdims=True) * toward[:, None]
        lean = np.linalg.norm(np.einsum("rk,rki->ri", weight, across) / total[:, None], axis=1)
        beside[going] = lean > _LEAN * sheet.spacing
        normal[going] = mean
        height[going] += np.where(good, step, 0)
        kept = good & (np.abs(height[going]) <= limit + sheet.spacing)
        height[going[~kept]] = np.nan
        going = going[kept]
    missed = beside | ~np.isfinite(height) | (np.abs(height) > limit) | ~normals.any(axis=1)
    height[missed], normal[missed] = np.nan, 0
    return height.astype(np.float32), normal.astype(np.float32)
