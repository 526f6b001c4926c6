"""From a fitted face along its normals to the surface of a scan.

A ray walks over the scan's triangles: from one that it misses it steps across the edge that it lies farthest beyond
(a walk in a triangulation, Devillers et al. 2002). Neighbouring texels meet neighbouring triangles, so each starts
where a texel beside it has ended, and few steps are needed.

Symbols: N points, T triangles, R rays, S texels along each side, P texels that show the surface, V vertices of the
face. All lengths in mm, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from lineament.face.uvmap import UvMap
from lineament.geometry.arrays import unit
from lineament.geometry.quality import weld
from lineament.picture.raster import chunks
from lineament.types import Floats, Ints

Mask = npt.NDArray[np.bool_]

REACH = 3.0
"""How far from the fitted mesh the scan's surface may lie, mm; farther is another surface, or no fit."""
NOWHERE = f"the scan lies nowhere within {REACH:g} mm of the face; was the face fitted to another scan?"
FACING = 0.25
"""Least cosine between a ray and the normal of what it meets; less is a side wall, or the far side of something."""
STEEP = 3.0
"""Slope of the heights from which they belong to two surfaces, mm a mm."""
ISLAND = 9.0
"""Area below which a piece cut off by such jumps is taken for a stray one, mm^2."""
_STEPS = 40
"""Steps after which a ray gives up."""
_EDGE = -1e-4
"""Barycentric coordinate from which a ray counts as inside, so that none slips between two triangles."""
_CANDIDATES = 8
"""Nearest triangles among which a ray without a neighbour looks for one that faces it."""
_STRIDES = (8, 4, 2, 1)


@dataclass(frozen=True, eq=False, slots=True)
class Surface:
    """Triangles prepared for rays.

    Attributes
    ----------
    source : (T,) int64
        Rows among the triangles that were given; those without an area are left out.
    corners : (T, 3) int32
        Points of each triangle.
    planes : (T, 3, 4) float32
        Affine functions of a place: distance to the plane, and the second and third barycentric coordinate.
    beside : (T, 3) int32
        The triangle across the edge opposite each corner; -1 where there is none.
    centroids : cKDTree
    widest : float, mm
        Distance from the centroid that few corners exceed.
    """

    source: npt.NDArray[np.int64]
    corners: Ints
    planes: Floats
    beside: Ints
    centroids: Any
    widest: float

    def turned(self, points: Floats, normals: Floats, reach: float) -> Surface:
        """Return the surface with its outside where most `normals (R, 3)` near it point; scans come inside out."""
        distance, nearest = self.centroids.query(points, distance_upper_bound=reach + self.widest)
        near = np.isfinite(distance)
        cosine = np.einsum("ij,ij->i", self.planes[nearest[near], 0, :3], normals[near])
        if np.count_nonzero(cosine < -FACING) <= np.count_nonzero(cosine > FACING):
            return self
        planes = self.planes.copy()
        planes[:, 0] *= -1
        return replace(self, planes=planes)

    def nearest(self, points: Floats, normals: Floats, reach: float) -> Ints:
        """Return the triangle to start from for rays of which nothing is known; -1 where none is near, (R,) int32."""
        if not len(self.corners):
            return np.full(len(points), -1, np.int32)
        count = min(_CANDIDATES, len(self.corners))
        distance, nearest = self.centroids.query(points, k=[*range(1, count + 1)], distance_upper_bound=reach)
        near = np.isfinite(distance)
        nearest[~near] = 0
        facing = near & (np.einsum("rki,ri->rk", self.planes[nearest, 0, :3], normals) > FACING)
        first = nearest[np.arange(len(points)), facing.argmax(axis=1)]
        return np.where(facing.any(axis=1), first, -1).astype(np.int32)

    def walk(self, points: Floats, normals: Floats, start: Ints) -> tuple[Floats, Ints, Floats]:
        """Follow rays in both directions to the triangle that they meet.

        Parameters
        ----------
        points, normals : (R, 3) float32
            The rays; normals of unit length.
        start : (R,) int32
            Triangle from which each ray walks; -1 gives up at once.

        Returns
        -------
        height : (R,) float32, mm
            Along the normal; zero without a hit.
        triangle : (R,) int32
            -1 without a hit.
        weights : (R, 2) float32
            The second and third barycentric coordinate of the hit.
        """
        height, weights = np.zeros(len(points), np.float32), np.zeros((len(points), 2), np.float32)
        triangle = np.full(len(points), -1, np.int32)
        rays = np.flatnonzero(start >= 0)
        here = start[rays]
        for _ in range(_STEPS):
            planes = self.planes[here]
            at = np.einsum("rij,rj->ri", planes[:, :, :3], points[rays]) + planes[:, :, 3]
            along = np.einsum("rij,rj->ri", planes[:, :, :3], normals[rays])
            faced = along[:, 0] > FACING
            rise = -at[:, 0] / np.where(faced, along[:, 0], 1)
            second, third = (at[:, i] + rise * along[:, i] for i in (1, 2))
            inside = np.stack([1 - second - third, second, third])
            least = inside.min(axis=0)
            hit = faced & (least >= _EDGE)
            met = rays[hit]
            height[met], triangle[met], weights[met] = rise[hit], here[hit], inside[1:, hit].T
            onward = self.beside[here, inside.argmin(axis=0)]
            going = faced & ~hit & (onward >= 0)
            rays, here = rays[going], onward[going]
            if not len(rays):
                break
        return height, triangle, weights


def surface(points: Floats, triangles: Ints) -> Surface:
    """Prepare a mesh; triangles without an area, or with a missing corner, are left out.

    Parameters
    ----------
    points : (N, 3) float32, mm, face frame
    triangles : (T, 3) int32
    """
    finite = np.asarray(np.isfinite(points).all(axis=1))
    source = np.flatnonzero(finite[triangles].all(axis=1))
    corners = triangles[source]
    place = points.astype(np.float64)
    a, b, c = (place[corners[:, i]] for i in range(3))
    normal = np.cross(b - a, c - a)
    area = np.sqrt((normal * normal).sum(axis=1))
    kept = area > 1e-9
    a, b, c, normal, area = a[kept], b[kept], c[kept], normal[kept], area[kept]
    source, corners = source[kept], corners[kept]
    normal /= area[:, None]
    gradients = [normal, np.cross(normal, a - c) / area[:, None], np.cross(normal, b - a) / area[:, None]]
    planes = np.stack([np.column_stack([g, -(g * a).sum(axis=1)]) for g in gradients], axis=1)
    centre = (a + b + c) / 3
    reach = np.sqrt(np.maximum.reduce([((corner - centre) ** 2).sum(axis=1) for corner in (a, b, c)]))
    widest = float(np.percentile(reach, 99)) if len(reach) else 0.0
    same = weld(points[finite])
    welded = np.zeros(len(points), np.int64)
    welded[finite] = same
    return Surface(
        source,
        corners.astype(np.int32),
        planes.astype(np.float32),
        _neighbours(welded[corners]),
        cKDTree(centre, balanced_tree=False),
        widest,
    )


def _neighbours(corners: npt.NDArray[np.int64]) -> Ints:
    """Return for each triangle the one across the edge opposite each corner, `(T, 3) int32`; -1 where there is none."""
    ends = np.concatenate([corners[:, [1, 2]], corners[:, [2, 0]], corners[:, [0, 1]]])
    key = ends.min(axis=1) * (int(corners.max(initial=0)) + 1) + ends.max(axis=1)
    order = np.argsort(key, kind="stable")
    pair = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    one, other = order[pair], order[pair + 1]
    beside = np.full(len(ends), -1, np.int32)
    # of three triangles at one edge, each still has a neighbour
    beside[other], beside[one] = one % len(corners), other % len(corners)
    return np.ascontiguousarray(beside.reshape(3, -1).T)


@dataclass(frozen=True, eq=False, slots=True)
class Projection:
    """Where the normals of the texels meet a scan.

    Attributes
    ----------
    height : (P,) float32, mm
        Signed distance along the normal; zero where nothing was met.
    triangle : (P,) int32
        Row of `Surface.corners`; -1 where nothing was met.
    weights : (P, 2) float32
        The second and third barycentric coordinate of the hit.
    """

    height: Floats
    triangle: Ints
    weights: Floats


def project(uv: UvMap, vertices: Floats, normals: Floats, onto: Surface, reach: float) -> Projection:
    """Follow the normal of each texel to a mesh.

    Parameters
    ----------
    uv : UvMap
    vertices, normals : (V, 3) float32
        The face, and its normals of unit length.
    onto : Surface
    reach : float, mm
        How far to look on either side.
    """
    onto = onto.turned(vertices, normals, reach)
    count = len(uv.texel)
    height, weights = np.zeros(count, np.float32), np.zeros((count, 2), np.float32)
    triangle = np.full(count, -1, np.int32)
    row, column = np.divmod(uv.texel, np.int32(uv.size))
    found = np.full(uv.size * uv.size, -1, np.int32)
    both = row | column
    level = np.ones(count, np.bool_)
    for stride in _STRIDES:
        rows = np.flatnonzero(level & ((both & (stride - 1)) == 0))
        level[rows] = False
        # the texel of the coarser level at or before this one
        coarse = (row[rows] & -2 * stride) * np.int32(uv.size) + (column[rows] & -2 * stride)
        for part in chunks(len(rows)):
            some, start = rows[part], found[coarse[part]]
            points, toward = uv.interpolate(vertices, some), unit(uv.interpolate(normals, some))
            hit = _follow(onto, points, toward, start, reach)
            height[some], triangle[some], weights[some] = hit
            found[uv.texel[some]] = hit[1]
    return Projection(height, triangle, weights)


def _follow(onto: Surface, points: Floats, normals: Floats, start: Ints, reach: float) -> tuple[Floats, Ints, Floats]:
    """Walk from `start`, and where that leads nowhere from the nearest triangle."""
    height, triangle, weights = onto.walk(points, normals, start)
    lost = np.flatnonzero((triangle < 0) | (np.abs(height) > reach))
    if len(lost):
        begin = onto.nearest(points[lost], normals[lost], reach + onto.widest)
        height[lost], triangle[lost], weights[lost] = onto.walk(points[lost], normals[lost], begin)
        far = np.abs(height) > reach
        height[far], triangle[far] = 0, -1
    return height, triangle, weights


def one_surface(height: Floats, measured: Mask, texel: float) -> Mask:
    """Return what was measured (S, S) without the texels beside jumps to another sheet, and without what these cut off.

    Parameters
    ----------
    height : (S, S) float32, mm
    measured : (S, S) bool
    texel : float, mm
        Width of a texel on the surface.
    """
    sound = measured.copy()
    for axis in (0, 1):
        one, other = np.moveaxis(measured, axis, 0)[1:], np.moveaxis(measured, axis, 0)[:-1]
        jump = one & other & (np.abs(np.diff(np.moveaxis(height, axis, 0), axis=0)) > STEEP * texel)
        view = np.moveaxis(sound, axis, 0)
        view[1:] &= ~jump
        view[:-1] &= ~jump
    islands, count = ndimage.label(sound)
    area = np.bincount(islands.reshape(-1), minlength=count + 1) * texel**2
    area[0] = 0
    kept = area >= ISLAND
    return np.asarray(kept[islands])
