"""What a browser draws of a scan: at most about 100,000 vertices, each of which knows the point that it stands for.

Symbols: N points, T triangles, M vertices that are drawn, S triangles that are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from lineament.geometry.normals import vertex_normals
from lineament.geometry.voxels import voxel_mean
from lineament.io.scans.texture import Texture
from lineament.types import Floats, Ints, Scan

MOST = 100_000
"""Vertices from which a scan is thinned out."""
NEIGHBOURS = 12
"""Points through which a cloud's plane is laid, where it has no normals."""
_ROUNDS = 6
_SAMPLED = 20_000
"""Triangles that tell the area of a mesh."""


@dataclass(frozen=True, eq=False)
class Display:
    """A scan as it is drawn.

    Attributes
    ----------
    points : (M, 3) float32, scan units
        Less `centre`.
    normals : (M, 3) float32 or None
    colors : (M, 3) uint8 or None
    uv : (M, 2) float32 or None
        Origin at the lower left; of the texture.
    triangles : (S, 3) int32 or None
        None for a cloud.
    source : (M,) int64
        Row of the scan's point whose value a vertex shows.
    centre : (3,) float64, scan frame
    decimated : bool
    """

    points: Floats
    normals: Floats | None
    colors: npt.NDArray[np.uint8] | None
    uv: Floats | None
    triangles: Ints | None
    source: npt.NDArray[np.int64]
    centre: npt.NDArray[np.float64]
    decimated: bool


def make_display(scan: Scan, texture: Texture | None, centre: npt.NDArray[np.float64], most: int | None) -> Display:
    """Prepare a scan for drawing.

    Parameters
    ----------
    scan : Scan
    texture : Texture or None
    centre : (3,) float64
    most : int or None
        Vertices from which it is thinned out; None draws all.
    """
    finite: npt.NDArray[np.bool_] = np.asarray(np.isfinite(scan.points).all(axis=1))
    rows = np.flatnonzero(finite)
    triangles = scan.triangles
    if triangles is not None and len(rows) < len(scan):
        triangles = triangles[finite[triangles].all(axis=1)]
    if triangles is not None and not len(triangles):
        triangles = None
    local = _local(scan.points, centre)
    if most is not None and len(rows) > most:
        return _thinned(scan, texture, local, triangles, rows, centre, most)
    if texture is not None and triangles is not None and scan.triangles is not None:
        corner_uv = texture.uv if len(triangles) == len(scan.triangles) else texture.uv[_kept(scan, finite)]
        source, uv, triangles = _split(triangles, corner_uv)
    else:
        source, uv = rows, None
        if triangles is not None and len(rows) < len(scan):
            triangles = _renumbered(rows, len(scan))[triangles]
    normals = _normals(scan, local, triangles, source)
    colors = None if scan.colors is None or uv is not None else scan.colors[source]
    return Display(local[source], normals, colors, uv, triangles, source, centre, False)


def colours_of(scan: Scan, texture: Texture | None) -> npt.NDArray[np.uint8] | None:
    """Return a colour for each point (N, 3): its own, or the texture's at one of its corners."""
    if scan.colors is not None or texture is None or scan.triangles is None:
        return scan.colors
    height, width = texture.image.shape[:2]
    uv = np.zeros((len(scan), 2), np.float32)
    uv[scan.triangles.reshape(-1)] = texture.uv.reshape(-1, 2)
    column = np.clip(uv[:, 0] * width, 0, width - 1).astype(np.int64)
    row = np.clip((1 - uv[:, 1]) * height, 0, height - 1).astype(np.int64)
    return np.asarray(texture.image[row, column])


def _thinned(
    scan: Scan,
    texture: Texture | None,
    local: Floats,
    triangles: Ints | None,
    rows: npt.NDArray[np.int64],
    centre: npt.NDArray[np.float64],
    most: int,
) -> Display:
    """Put all points of a cell of a grid together; a triangle between three cells stays, so no cracks open."""
    points = local if len(rows) == len(local) else local[rows]
    means, cell = _cells(points, _area(local, rows, triangles), most)
    # the point nearest to its cell's mean stands for the cell
    away = np.square(points - means[cell]).sum(axis=1)
    least = np.full(len(means), np.inf, np.float32)
    np.minimum.at(least, cell, away)
    nearest = np.flatnonzero(away == least[cell])
    source = np.empty(len(means), np.int64)
    source[cell[nearest]] = rows[nearest]
    drawn = None
    if triangles is not None:
        number = np.full(len(scan), -1, np.int32)
        number[rows] = cell
        a, b, c = (number[triangles[:, i]] for i in range(3))
        kept = np.flatnonzero((a != b) & (b != c) & (c != a))
        drawn = _unique_triangles(np.stack([a[kept], b[kept], c[kept]], axis=1), len(source))
    colors = colours_of(scan, texture)
    if colors is not None:
        colors = np.stack([np.bincount(cell, colors[rows, i], len(source)) for i in range(3)], axis=1)
        colors = np.round(colors / np.bincount(cell, minlength=len(source))[:, None]).astype(np.uint8)
    normals = None
    if drawn is not None and not len(drawn):
        drawn = None
    if drawn is not None:
        used: npt.NDArray[np.bool_] = np.zeros(len(source), np.bool_)
        used[drawn.reshape(-1)] = True
        means, source, drawn = means[used], source[used], _renumbered(np.flatnonzero(used), len(source))[drawn]
        colors = None if colors is None else colors[used]
        normals = _sound(vertex_normals(means, drawn), means, drawn)
    elif scan.normals is not None:
        normals = scan.normals[source]
    else:
        normals = cloud_normals(means)
    return Display(means, normals, colors, None, drawn, source, centre, True)


def _area(local: Floats, rows: npt.NDArray[np.int64], triangles: Ints | None) -> float:
    """Return about the area of a mesh; of a cloud that of its bounds."""
    if triangles is not None:
        step = max(1, len(triangles) // _SAMPLED)
        a, b, c = (local[triangles[::step, i]].astype(np.float64) for i in range(3))
        found = step * float(np.sqrt(np.square(np.cross(b - a, c - a)).sum(axis=1)).sum()) / 2
        if found > 0:
            return found
    size = np.ptp(local[rows].astype(np.float64), axis=0)
    return float(np.square(size).sum())


def _cells(points: Floats, area: float, most: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the means of cells, about `most` of them, and the cell of each point."""
    # a surface passes through one and a half cells for each square that it has
    size = float(np.sqrt(1.5 * area / (0.85 * most))) or 1.0
    for _ in range(_ROUNDS):
        means, cell = voxel_mean(points, size)
        if 0.7 * most <= len(means) <= most:
            break
        size *= float(np.sqrt(len(means) / (0.85 * most)))
    return means, cell


def _unique_triangles(triangles: Ints, count: int) -> Ints:
    """Keep one of the triangles that have become the same."""
    low = np.argmin(triangles, axis=1)
    at = np.arange(len(triangles))
    turned = [triangles[at, (low + i) % 3].astype(np.int64) for i in range(3)]
    bits = max(count - 1, 1).bit_length()
    if 3 * bits > 63:
        return triangles
    _, first = np.unique((turned[0] << 2 * bits) | (turned[1] << bits) | turned[2], return_index=True)
    return triangles[np.sort(first)]


def _split(triangles: Ints, corner_uv: Floats) -> tuple[npt.NDArray[np.int64], Floats, Ints]:
    """Give a point as many vertices as it has places in the texture."""
    corner = triangles.reshape(-1).astype(np.int64)
    uv = np.ascontiguousarray(corner_uv.reshape(-1, 2))
    key = np.rec.fromarrays([corner, uv.view(np.int32)[:, 0], uv.view(np.int32)[:, 1]])
    order = np.lexsort((key.f2, key.f1, key.f0))
    ranked = key[order]
    new = np.concatenate([[True], ranked[1:] != ranked[:-1]])
    number = np.empty(len(corner), np.int64)
    number[order] = np.cumsum(new) - 1
    first = order[new]
    return corner[first], uv[first], number.reshape(-1, 3).astype(np.int32)


def _normals(scan: Scan, local: Floats, triangles: Ints | None, source: npt.NDArray[np.int64]) -> Floats | None:
    if scan.normals is not None and np.isfinite(scan.normals[source]).all():
        return np.asarray(scan.normals[source])
    if triangles is None or scan.triangles is None:
        return cloud_normals(local[source])
    # of the scan's own triangles, so that a seam of the texture is no edge
    whole: npt.NDArray[np.bool_] = np.asarray(np.isfinite(scan.points).all(axis=1))
    own = scan.triangles if whole.all() else scan.triangles[whole[scan.triangles].all(axis=1)]
    return np.asarray(vertex_normals(np.where(whole[:, None], local, 0), own)[source])


def cloud_normals(points: Floats) -> Floats | None:
    """Return how the plane through each point and its neighbours faces, either way, (M, 3); None of too few."""
    if len(points) < NEIGHBOURS:
        return None
    _, near = cKDTree(points).query(points, NEIGHBOURS)
    patches = points[near] - points[near].mean(axis=1, keepdims=True)
    _, axes = np.linalg.eigh(patches.transpose(0, 2, 1) @ patches)
    return np.ascontiguousarray(axes[:, :, 0], np.float32)


def _sound(normals: Floats, points: Floats, triangles: Ints) -> Floats:
    """Give a vertex whose triangles face each other, so that their normals cancel, the normal of one of them."""
    lost = np.square(normals).sum(axis=1) < 0.5
    some = triangles[lost[triangles].any(axis=1)]
    a, b, c = (points[some[:, i]].astype(np.float64) for i in range(3))
    facing = np.cross(b - a, c - a)
    length = np.sqrt(np.square(facing).sum(axis=1))
    some, facing = some[length > 0], facing[length > 0] / length[length > 0, None]
    found = np.where(lost[:, None], np.array([0, 0, 1], np.float32), normals)
    for corner in range(3):
        rows = lost[some[:, corner]]
        found[some[rows, corner]] = facing[rows]
    return np.asarray(found, np.float32)


def _kept(scan: Scan, finite: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    assert scan.triangles is not None
    return np.asarray(finite[scan.triangles].all(axis=1))


def _renumbered(rows: npt.NDArray[np.int64], count: int) -> Ints:
    number = np.full(count, -1, np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    return number


def _local(points: Floats, centre: npt.NDArray[np.float64]) -> Floats:
    """Return points less the centre; subtracted in float64, as files far from the origin need it."""
    return np.asarray(points.astype(np.float64) - centre, np.float32)
