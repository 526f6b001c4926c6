"""A scan as comparing needs it: places with outward normals and areas in the fitted face's frame, and what rays meet.

Symbols: N points of the scan, S of them around the face, T triangles, R rays. Millimetres, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.spatial import cKDTree

from lineament.detect.features import REGION_CENTRE
from lineament.errors import InputError
from lineament.face.face import Face
from lineament.face.measured import REACH
from lineament.face.model import load_face_model
from lineament.face.project import FACING, Surface, surface
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
SMOOTH = 0.7
"""Normals of a dense mesh are evened out over about this distance, or noise would tilt them, mm."""
CREASE = -0.3
"""Smallest cosine between a point's normal and those of its triangles; below, the mesh is folded there."""
_MOST_ROUNDS = 20
_NEIGHBOURS = 16
_CLOSEST = 12
_ROUNDS = 6
_WIDTH = 0.5
"""Of the weights around a place in a cloud, in spacings: the narrowest that still joins the points to a surface."""
_LEAN = 0.7
"""How far to one side the points around a place may lie, in spacings; farther is beside an edge of the cloud."""
_CANDIDATES = 20
"""Nearest triangles from which a ray that may have missed the right one walks again."""
_NEARER = 1.2
"""It may have when it has gone this much farther than to the middle of the nearest triangle."""
_ASTRAY = 3.0
"""A ray that goes this much farther than the nearest triangle passes it by: something that it was not meant for."""
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
        Of the surface there, evened out as those of its points; zero where nothing was met.
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
    spacing : (S,) float32, mm
        Of a bare cloud around each point; at most three times the median, or a gap would pass for a sparse place.
    """

    row: npt.NDArray[np.int64]
    points: Floats
    normals: Floats
    triangles: Ints | None
    area: npt.NDArray[np.float64]
    vertex: npt.NDArray[np.int64]
    mesh: Surface | None
    tree: Any
    spacing: Floats

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
        for part in chunks(len(points)):
            ray = (points[part], normals[part], limit)
            height[part], normal[part] = _on_cloud(self, *ray) if self.mesh is None else _on_mesh(self, self.mesh, *ray)
        return Met(height, normal)


def sheet_of(scan: Scan, face: Face) -> Sheet:
    """Prepare a scan.

    Parameters
    ----------
    scan : Scan
    face : Face
        Fitted to it.

    Raises
    ------
    InputError
        Hardly any point lies around the face.
    """
    moved: Floats = face.pose.apply(scan.points)
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
        mesh, tree, spacing = None, cKDTree(points, balanced_tree=False), away[:, 1:7].mean(axis=1)
        spacing = np.minimum(spacing, 3 * np.median(spacing)).astype(np.float32)
        triangles = None
    else:
        same = weld(points)
        normals = _mesh_normals(points, same[triangles].astype(np.int32))[same]
        if (np.where(distance < NEAR, (normals * toward).sum(axis=1), 0)).sum() < 0:  # scans come inside out
            triangles, normals = np.ascontiguousarray(triangles[:, ::-1]), -normals
        area = point_areas(points, triangles)
        mesh, tree, spacing = surface(points, triangles), None, np.zeros(len(points), np.float32)
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


def _mesh_normals(points: Floats, triangles: Ints) -> Floats:
    """Return normals (S, 3) that are evened out over about `SMOOTH`; zero at creases so sharp that none faces there."""
    normals = vertex_normals(points, triangles)
    a, b, c = (points[triangles[:, i]] for i in range(3))
    flat = unit(np.cross(b - a, c - a))
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edge = float(np.median(np.linalg.norm(points[ends[:, 0]] - points[ends[:, 1]], axis=1)))
    rounds = min(round((SMOOTH / edge) ** 2), _MOST_ROUNDS) if edge > 0 else 0
    if rounds:
        rows, columns = ends.T
        beside = coo_matrix((np.ones(len(ends), np.float32), (rows, columns)), (len(points), len(points))).tocsr()
        beside = beside + beside.T
        for _ in range(rounds):
            normals = unit(normals + unit(beside @ normals))
    facing = np.full(len(points), 1.0, np.float32)
    for corner in range(3):
        np.minimum.at(facing, triangles[:, corner], np.einsum("ti,ti->t", flat, normals[triangles[:, corner]]))
    return np.where((facing > CREASE)[:, None], normals, 0).astype(np.float32)


def point_areas(points: Floats, triangles: Ints) -> npt.NDArray[np.float64]:
    """Return a third of the area of the triangles around each point (N,), the square of their unit."""
    a, b, c = (points[triangles[:, i]].astype(np.float64) for i in range(3))
    third = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(triangles.T.reshape(-1), np.tile(third, 3), len(points)).astype(np.float64)


def _on_mesh(sheet: Sheet, mesh: Surface, points: Floats, normals: Floats, limit: float) -> tuple[Floats, Floats]:
    height = np.full(len(points), np.inf, np.float32)
    triangle = np.full(len(points), -1, np.int32)
    weights = np.zeros((len(points), 2), np.float32)

    def walk(rays: npt.NDArray[np.int64], start: Ints) -> None:
        found, hit, share = mesh.walk(points[rays], normals[rays], start)
        better = (hit >= 0) & (np.abs(found) < np.abs(height[rays]))
        at = rays[better]
        height[at], triangle[at], weights[at] = found[better], hit[better], share[better]

    away, first = mesh.centroids.query(points, distance_upper_bound=limit + mesh.widest)
    rays = np.flatnonzero(normals.any(axis=1) & np.isfinite(away))
    walk(rays, first[rays].astype(np.int32))
    # In folds a walk ends on another sheet, or nowhere: look again where some triangle is nearer than what was met.
    rays = rays[np.abs(height[rays]) > _NEARER * away[rays]]
    near = mesh.centroids.query(points[rays], k=[*range(1, min(_CANDIDATES, len(mesh.corners)) + 1)])[1]
    for column in near.T[1:].astype(np.int32):
        left = np.abs(height[rays]) > _NEARER * away[rays]
        walk(rays[left], column[left])
    for shift in _SHIFTS:
        rays = rays[triangle[rays] < 0]
        if abs(shift) < limit and len(rays):
            beside = points[rays] + np.float32(shift) * normals[rays]
            walk(rays, mesh.nearest(beside, normals[rays], limit + mesh.widest))
    met = (triangle >= 0) & (np.abs(height) <= np.minimum(limit, _ASTRAY * away + 0.5))
    height = np.where(met, height, np.nan).astype(np.float32)
    shares = np.column_stack([1 - weights.sum(axis=1), weights])
    normal = unit(np.einsum("rc,rci->ri", shares, sheet.normals[mesh.corners[triangle]]))
    return height, np.where(met[:, None], normal, 0).astype(np.float32)


def _on_cloud(sheet: Sheet, points: Floats, normals: Floats, limit: float) -> tuple[Floats, Floats]:
    """Meet the implicit surface of a cloud: a mean of the neighbours' planes (Kolluri 2005).

    Each plane's normal is the mean of its point's and of the place's, which is exact on a sphere (as in the
    symmetric objective of Rusinkiewicz 2019).
    """
    height = np.zeros(len(points), np.float64)
    normal = np.zeros((len(points), 3))
    going = np.flatnonzero(normals.any(axis=1))
    beside = np.zeros(len(points), np.bool_)
    away = sheet.tree.query(points)[0]
    widest = float(sheet.spacing.max())
    for _ in range(_ROUNDS):
        toward = normals[going].astype(np.float64)
        at = points[going] + height[going, None] * toward
        distance, near = sheet.tree.query(at, k=_CLOSEST, distance_upper_bound=limit + 3 * widest)
        found = np.isfinite(distance)
        near = np.where(found, near, 0)
        own = sheet.normals[near].astype(np.float64)
        found &= np.einsum("rki,ri->rk", own, toward) > 0
        spacing = sheet.spacing[near[:, 0]].astype(np.float64)
        # At least the nearest distance, so that far from the surface all neighbours count.
        scale = np.maximum(_WIDTH * spacing[:, None], distance[:, :1])
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
        beside[going] = lean > _LEAN * spacing
        normal[going] = mean
        height[going] += np.where(good, step, 0)
        kept = good & (np.abs(height[going]) <= limit + widest)
        height[going[~kept]] = np.nan
        going = going[kept]
    missed = beside | ~np.isfinite(height) | ~normals.any(axis=1)
    missed |= np.abs(height) > np.minimum(limit, _ASTRAY * away + 0.5)
    height[missed], normal[missed] = np.nan, 0
    return height.astype(np.float32), normal.astype(np.float32)
