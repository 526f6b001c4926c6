"""Where a ray meets a scan, and the point of it nearest to a place: exact, at full resolution.

Triangles, or the points of a cloud, are sorted along a space-filling curve (Morton 1966) and cut into runs of 32;
each run has a box, and so has every run of 32 boxes, up to the root (a wide bounding volume hierarchy). A query goes
down from the root and asks all boxes of a level at once, so that NumPy does the work.

Symbols: N points, T triangles, B boxes, C candidates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from trimesh.triangles import closest_point

from lineament.errors import InputError
from lineament.geometry.quality import median_spacing
from lineament.types import Floats, Ints, Scan

Float64s = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

WIDTH = 32
"""Triangles of a run, and boxes below a box."""
_BITS = 10
"""Of each axis in the order of the curve."""
_TOGETHER = 64
"""Runs that are looked at together for the nearest point."""
_AROUND = 16
"""Points of a cloud that tell a normal."""
_SLACK = 1e-9
"""Barycentric coordinate below zero that still counts as inside, so that no ray slips between two triangles."""


@dataclass(frozen=True, eq=False)
class Hit:
    """A place on the surface.

    Attributes
    ----------
    xyz : (3,) float64, scan frame
    normal : (3,) float64
        Of unit length; of the surface around, towards the outside of the mesh. Of a cloud, whose sides cannot be told
        apart, towards where the ray came from, or away from the middle of the scan.
    """

    xyz: Float64s
    normal: Float64s


@dataclass(frozen=True, eq=False)
class PickSurface:
    """A scan that is prepared for queries.

    Attributes
    ----------
    points : (N, 3) float32
        Less `centre`.
    triangles : (T, 3) int32 or None
        None for a cloud.
    centre : (3,) float64, scan frame
    order : (T,) or (N,) int64
        Triangles, or points, along the curve.
    levels : tuple of (B, 2, 3) float32
        Lowest and highest corners of the boxes, the runs' first.
    spacing : float
        Of a cloud's points; 0 of a mesh.
    """

    points: Floats
    triangles: Ints | None
    centre: Float64s
    order: Rows
    levels: tuple[Floats, ...]
    spacing: float

    def along(self, origin: Float64s, direction: Float64s) -> Hit | None:
        """Return the first place that a ray meets; of a cloud, the point that lies first near the ray.

        Parameters
        ----------
        origin, direction : (3,) float64, scan frame
            The direction need not be of unit length.

        Raises
        ------
        InputError
            The direction has no length.
        """
        length = float(np.sqrt(np.square(direction).sum()))
        if not length > 0:
            raise InputError("the direction of the ray has no length")
        start, ray = origin - self.centre, direction / length
        reach = 2 * self.spacing
        rows = self._candidates(lambda low, high: _met(low, high, start, ray, reach))
        if self.triangles is None:
            return self._first_point(rows, start, ray, reach)
        corners = self.points[self.triangles[rows]].astype(np.float64)
        away = _intersect(corners, start, ray)
        if not len(away) or not np.isfinite(away.min()):
            return None
        best = int(away.argmin())
        return Hit(start + away[best] * ray + self.centre, self._normal(int(rows[best])))

    def nearest(self, place: Float64s) -> Hit:
        """Return the point of the surface nearest to a place (3,), scan frame."""
        at = place - self.centre
        bound = self._bound(at)
        runs = self._runs(lambda low, high: _gap(low, high, at) <= bound)
        boxes = self.levels[0][runs].astype(np.float64)
        gaps = _gap(boxes[:, 0], boxes[:, 1], at)
        order = np.argsort(gaps)
        best, xyz, row = np.inf, at, -1
        for part in range(0, len(order), _TOGETHER):
            some = order[part : part + _TOGETHER]
            if gaps[some[0]] > best:  # so are all that follow
                break
            rows = self._members(runs[some])
            places = self._closest(rows, at)
            away = np.sqrt(np.square(places - at).sum(axis=1))
            nearest = int(away.argmin())
            if away[nearest] < best:
                best, xyz, row = float(away[nearest]), places[nearest], int(rows[nearest])
        return Hit(xyz + self.centre, self._cloud_normal(xyz, xyz) if self.triangles is None else self._normal(row))

    def _closest(self, rows: Rows, at: Float64s) -> Float64s:
        """Return the points of triangles, or the points themselves, that are nearest to a place, (C, 3)."""
        if self.triangles is None:
            return self.points[rows].astype(np.float64)
        corners = self.points[self.triangles[rows]].astype(np.float64)
        closest: Float64s = closest_point(corners, np.tile(at, (len(rows), 1)))  # type: ignore[no-untyped-call]
        return closest

    def _candidates(self, asked: Callable[[Float64s, Float64s], npt.NDArray[np.bool_]]) -> Rows:
        """Return the triangles, or points, in the runs whose boxes, and all above them, answer yes."""
        return self._members(self._runs(asked))

    def _runs(self, asked: Callable[[Float64s, Float64s], npt.NDArray[np.bool_]]) -> Rows:
        chosen = np.arange(len(self.levels[-1]))
        for level in range(len(self.levels) - 1, -1, -1):
            boxes = self.levels[level][chosen].astype(np.float64)
            chosen = chosen[asked(boxes[:, 0], boxes[:, 1])]
            if level:
                chosen = _below(chosen, len(self.levels[level - 1]))
        return chosen

    def _members(self, runs: Rows) -> Rows:
        return self.order[_below(runs, len(self.order))]

    def _bound(self, at: Float64s) -> float:
        """Return a distance within which the nearest point is: that to the nearest corner in the nearest run."""
        chosen = np.arange(len(self.levels[-1]))
        for level in range(len(self.levels) - 1, -1, -1):
            boxes = self.levels[level][chosen].astype(np.float64)
            nearest = chosen[_gap(boxes[:, 0], boxes[:, 1], at).argmin()]
            chosen = _below(np.array([nearest]), len(self.levels[level - 1]) if level else len(self.order))
        rows = self.order[chosen]
        corners = self.points[rows if self.triangles is None else self.triangles[rows].reshape(-1)]
        # a little more, since boxes are rounded
        return float(np.sqrt(np.square(corners - at).sum(axis=1).min())) * (1 + 1e-5) + 1e-12

    def _first_point(self, rows: Rows, start: Float64s, ray: Float64s, reach: float) -> Hit | None:
        offset = self.points[rows] - start
        ahead = offset @ ray
        beside = np.sqrt(np.square(offset - ahead[:, None] * ray).sum(axis=1))
        near = (ahead >= 0) & (beside <= reach)
        if not near.any():
            return None
        # of the points about the first one, that which the ray passes closest
        front = near & (ahead <= ahead[near].min() + 2 * reach)
        xyz = self.points[rows[np.where(front, beside, np.inf).argmin()]].astype(np.float64)
        return Hit(xyz + self.centre, self._cloud_normal(xyz, -ray))

    def _normal(self, row: int) -> Float64s:
        """Return the mean normal of the triangles around one that face its way, weighted by area."""
        assert self.triangles is not None
        place = self.points[self.triangles[row]].astype(np.float64).mean(axis=0)
        size = float(np.ptp(self.points[self.triangles[row]], axis=0).max())
        rows = self._candidates(lambda low, high: _gap(low, high, place) <= size)
        a, b, c = (self.points[self.triangles[rows, i]].astype(np.float64) for i in range(3))
        normals = np.cross(b - a, c - a)
        near = np.square((a + b + c) / 3 - place).sum(axis=1) <= (2 * size) ** 2
        own = normals[rows == row][0]
        total = normals[near & (normals @ own >= 0)].sum(axis=0)
        return _unit(total if np.square(total).sum() > 0 else own)

    def _cloud_normal(self, place: Float64s, towards: Float64s) -> Float64s:
        """Return the direction in which the points around a place are thinnest."""
        reach = 4 * self.spacing
        rows = self._candidates(lambda low, high: _gap(low, high, place) <= reach)
        away = np.square(self.points[rows] - place).sum(axis=1)
        near = self.points[rows[np.argsort(away)[:_AROUND]]].astype(np.float64)
        axis: Float64s = np.linalg.svd(near - near.mean(axis=0), full_matrices=True)[2][2]
        return axis if axis @ towards >= 0 else -axis


def pick_surface(scan: Scan, centre: Float64s) -> PickSurface:
    """Prepare a scan for queries.

    Parameters
    ----------
    scan : Scan
        Points that are missing, and the triangles that have one, are left out.
    centre : (3,) float64
        A place near it.
    """
    points = np.asarray(scan.points.astype(np.float64) - centre, np.float32)
    finite: npt.NDArray[np.bool_] = np.asarray(np.isfinite(points).all(axis=1))
    triangles = scan.triangles
    if triangles is not None:
        triangles = triangles if finite.all() else triangles[finite[triangles].all(axis=1)]
    if triangles is None or not len(triangles):
        rows = np.flatnonzero(finite)
        order = rows[_along_curve(points[rows])]
        low = high = points[order]
        distinct = np.unique(points[rows[:: max(1, len(rows) // 200_000)]], axis=0)
        spacing = float(median_spacing(distinct)) if len(distinct) > 1 else 1.0
        return PickSurface(points, None, centre, order, _levels(low, high), spacing)
    a, b, c = (points[triangles[:, i]] for i in range(3))
    low, high = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    order = _along_curve((low + high) * np.float32(0.5))
    return PickSurface(points, triangles, centre, order, _levels(low[order], high[order]), 0.0)


def _below(boxes: Rows, count: int) -> Rows:
    """Return what lies below boxes, of `count` in all."""
    found = (boxes[:, None] * WIDTH + np.arange(WIDTH)).reshape(-1)
    return np.asarray(found[found < count])


def _along_curve(places: Floats) -> Rows:
    """Return the order of places (P, 3) along a Morton curve."""
    low = places.min(axis=0)
    size = float((places.max(axis=0) - low).max()) or 1.0
    cells = ((places - low) * np.float32(((1 << _BITS) - 1) / size)).astype(np.int32)
    code = np.zeros(len(places), np.int32)
    for axis in range(3):
        spread = cells[:, axis]
        for shift, mask in ((16, 0x30000FF), (8, 0x300F00F), (4, 0x30C30C3), (2, 0x9249249)):
            spread = (spread | (spread << shift)) & mask
        code |= spread << axis
    return np.argsort(code, kind="stable")


def _levels(low: Floats, high: Floats) -> tuple[Floats, ...]:
    levels = []
    while True:
        starts = np.arange(0, len(low), WIDTH)
        low, high = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
        levels.append(np.stack([low, high], axis=1))
        if len(low) <= WIDTH:
            return tuple(levels)


def _met(low: Float64s, high: Float64s, start: Float64s, ray: Float64s, reach: float) -> npt.NDArray[np.bool_]:
    """Return which boxes (B, 3), made larger by `reach`, a ray passes."""
    slack = reach + 1e-6 * np.abs(high - low).max(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - slack - start) / ray, (high + slack - start) / ray
    # 0 / 0: the ray lies in a face of the box
    enter = np.nanmax(np.fmin(one, other), axis=1, initial=0.0)
    leave = np.nanmin(np.fmax(one, other), axis=1, initial=np.inf)
    return np.asarray(enter <= leave)


def _gap(low: Float64s, high: Float64s, at: Float64s) -> Float64s:
    """Return the distance of a place to boxes (B, 3)."""
    return np.asarray(np.sqrt(np.square(np.maximum(np.maximum(low - at, at - high), 0)).sum(axis=1)))


def _intersect(corners: Float64s, start: Float64s, ray: Float64s) -> Float64s:
    """Return how far along a ray it meets each triangle (C, 3, 3), or infinity (Möller and Trumbore 1997)."""
    a, one, other = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(ray, other)
    volume = (one * across).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        back = start - a
        u = (back * across).sum(axis=1) / volume
        turned = np.cross(back, one)
        v = (turned @ ray) / volume
        away = (other * turned).sum(axis=1) / volume
        met = (u >= -_SLACK) & (v >= -_SLACK) & (u + v <= 1 + _SLACK) & (away >= 0)
    return np.where(met & np.isfinite(away), away, np.inf)


def _unit(vector: Float64s) -> Float64s:
    length = float(np.sqrt(np.square(vector).sum()))
    return vector / length if length > 0 else np.array([0.0, 0.0, 1.0])
