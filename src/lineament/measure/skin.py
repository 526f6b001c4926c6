"""The skin between landmarks: a smooth surface through a scan's points, be it a mesh or a bare cloud.

Near a place, the surface is the quadric that fits the points around best, with Gaussian weights (moving least squares,
Levin 1998). So noise does not lengthen paths along it, and a mesh and its vertices alone measure alike.

Symbols: N points, M places, k neighbours. Millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from lineament.errors import InputError
from lineament.geometry.normals import vertex_normals
from lineament.geometry.sampling import sample_surface
from lineament.geometry.voxels import voxel_mean
from lineament.types import Floats, Ints, Scan

Float64s = npt.NDArray[np.float64]

DENSE_ENOUGH = 40_000
"""A mesh with fewer vertices is sampled over its surface,"""
SPREAD = 80_000
"""at about this many places."""
CELL = 1.0
"""Points are averaged in cells of this size, mm."""
LEAST_RADIUS = 2.0
"""Standard deviation of the weights, mm; of sparse scans"""
SPACINGS = 1.2
"""this many spacings of the points."""
NEIGHBOURS = 64
MARGIN = 40.0
"""Skin that is kept around the landmarks, mm."""


@dataclass(frozen=True, eq=False)
class Skin:
    """A surface that places can be moved onto.

    Attributes
    ----------
    points : (N, 3) float64
    normals : (N, 3) float64 or None
        Outward; None for a bare cloud, whose two sides cannot be told apart.
    tree : cKDTree
    spacing : float
        Median distance of a point to the next.
    """

    points: Float64s
    normals: Float64s | None
    tree: cKDTree
    spacing: float

    @property
    def radius(self) -> float:
        """Standard deviation of the weights of points around a place."""
        return max(LEAST_RADIUS, SPACINGS * self.spacing)

    @classmethod
    def of(cls, scan: Scan, mm_per_unit: float, around: Float64s) -> Skin:
        """Prepare the skin around the places (M, 3), mm.

        Raises
        ------
        InputError
            The scan has too few points there.
        """
        points, normals = _oriented_points(scan)
        places = around[np.isfinite(around).all(axis=1)]
        if len(places):
            centre = places.mean(axis=0)
            reach = np.sqrt(np.square(places - centre).sum(axis=1).max()) + MARGIN
            near = np.square(points * mm_per_unit - centre).sum(axis=1) < reach**2
            points = points[near] * mm_per_unit
            normals = None if normals is None else normals[near]
        else:
            points = points * mm_per_unit
        if len(points) < NEIGHBOURS:
            raise InputError(f"the scan has {len(points)} points around the landmarks; {NEIGHBOURS} or more are needed")
        extra = () if normals is None else (normals,)
        points, *means, _ = voxel_mean(points, CELL, *extra)
        if means:
            normals = means[0] / np.maximum(np.sqrt(np.square(means[0]).sum(axis=1, keepdims=True)), 1e-12)
        tree = cKDTree(points, balanced_tree=False)
        spacing = float(np.median(tree.query(points[:: max(1, len(points) // 2000)], k=2)[0][:, 1]))
        return cls(points, normals, tree, spacing)

    def project(self, places: Float64s, smoothing: float = 1.0) -> tuple[Float64s, Float64s, Float64s, Float64s]:
        """Move places (M, 3) onto the surface along its normal.

        Parameters
        ----------
        places : (M, 3) float64
        smoothing : float
            Times the usual radius.

        Returns
        -------
        moved : (M, 3)
        normals : (M, 3)
            Of unit length and either sign.
        rise : (M,)
            How far each place was moved, either sign.
        gap : (M,)
            Distance from each place to the nearest point.
        """
        distances, near = self.tree.query(places, k=min(NEIGHBOURS, len(self.points)))
        # Wider where points are rare, so that every quadric rests on several.
        width = np.maximum(smoothing * self.radius, distances[:, min(8, distances.shape[1] - 1)])[:, None]
        weights = np.exp(-0.5 * np.square(distances / width))
        if self.normals is not None:  # what faces another way is another sheet: the other lip, the back of the ear
            facing = self.normals[near[:, :6]].sum(axis=1)
            weights *= np.clip(2 * np.einsum("mkc,mc->mk", self.normals[near], facing) / 6, 1e-6, 1)
        weights /= weights.sum(axis=1, keepdims=True)
        around = self.points[near]
        centre = np.einsum("mk,mkc->mc", weights, around)
        local = around - centre[:, None]
        covariance = np.einsum("mk,mkc,mkd->mcd", weights, local, local)
        axes = np.linalg.eigh(covariance)[1]  # columns: normal first
        local = (local @ axes) / width[..., None]
        place = np.einsum("mc,mcd->md", places - centre, axes) / width
        basis = _quadric(local[..., 1], local[..., 2])
        weighted = basis * weights[..., None]
        normal = np.swapaxes(basis, 1, 2) @ weighted + 1e-7 * np.eye(6)
        right = np.swapaxes(weighted, 1, 2) @ local[..., :1]
        q = np.linalg.solve(normal, right)[..., 0]
        u, v = place[:, 1], place[:, 2]
        height = (_quadric(u, v) * q).sum(axis=1)
        slope = np.stack(
            [-np.ones_like(u), q[:, 1] + 2 * q[:, 3] * u + q[:, 4] * v, q[:, 2] + q[:, 4] * u + 2 * q[:, 5] * v]
        )
        slope /= np.sqrt(np.square(slope).sum(axis=0))
        # To the foot of the perpendicular, to first order.
        rise = (height - place[:, 0]) * slope[0] * width[:, 0]
        normals = np.einsum("mcd,dm->mc", axes, slope)
        return places + rise[:, None] * normals, normals, rise, distances[:, 0]


def _quadric(u: Float64s, v: Float64s) -> Float64s:
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=-1)


def _oriented_points(scan: Scan) -> tuple[Float64s, Float64s | None]:
    """Return the finite points of the surface and, for a mesh, their outward normals; a coarse mesh is sampled."""
    finite = np.asarray(np.isfinite(scan.points).all(axis=1))
    if scan.triangles is None or not len(scan.triangles):
        return scan.points[finite].astype(np.float64), None
    triangles = scan.triangles[finite[scan.triangles].all(axis=1)]
    if not len(triangles):
        return scan.points[finite].astype(np.float64), None
    if np.count_nonzero(finite) < DENSE_ENOUGH:
        return _sampled(scan.points, triangles)
    normals = vertex_normals(np.where(finite[:, None], scan.points, 0), triangles)
    used = np.square(normals).sum(axis=1) > 0.5
    return scan.points[used].astype(np.float64), normals[used].astype(np.float64)


def _sampled(points: Floats, triangles: Ints) -> tuple[Float64s, Float64s]:
    samples, triangle, _ = sample_surface(points.astype(np.float64), triangles, SPREAD)
    a, b, c = (points[triangles[triangle, i]].astype(np.float64) for i in range(3))
    normals = np.cross(b - a, c - a)
    return samples, normals / np.sqrt(np.square(normals).sum(axis=1, keepdims=True))
