"""What the networks see of a scan: chosen points, their normals and curvature, and who neighbours whom.

Training and detection call these same functions. Normals are estimated here from the points alone,
so that a mesh and its bare vertices look the same to the networks.

Symbols: N points, M nodes of a level, K neighbours. Millimetres, face frame, unless a docstring says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lineament.errors import NoFaceError
from lineament.geometry.curvature import curvedness, principal_curvatures, shape_index
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import estimate_normals, orient_normals, orient_outward
from lineament.geometry.sampling import farthest_point_sample
from lineament.geometry.voxels import voxel_mean
from lineament.types import Floats

Indices = npt.NDArray[np.int64]

FACE_CENTRE = np.array([0.0, 0.0, 90.0], dtype=np.float32)
"""Origin of the networks' coordinates in the face frame, between the nasal bones, mm."""
NETWORK_UNIT = 100.0
"""Millimetres in one unit of the networks' coordinates."""
REGION_CENTRE = np.array([0.0, 5.0, 70.0], dtype=np.float32)
REGION_RADIUS = 120.0
"""The ball around a face that CF-GAT looks at: forehead to chin and back to the ears, mm."""
HEAD_CENTRE = np.array([0.0, -5.0, 0.0], dtype=np.float32)
"""Normals point away from here, mm; inside every head."""
VOXEL = 2.0
"""Cell of the mean that evens out density and noise, mm."""
RADII = (5.0, 10.0, 20.0)
"""Radii of the curvature channels, mm."""
WEIGHT_RADIUS = 10.0
"""The one whose curvedness draws the farthest-point sampling, mm."""
SURFACE_RADII = RADII[1:]
"""Those that are measured on a mean anyway, so that the whole face costs little more than a few of its points."""

FACE_LEVELS = (2048, 512, 128)
FACE_NEIGHBOURS = (8, 12, 12, 12, 12)
WHOLE_LEVELS = (1024, 256, 64)
WHOLE_NEIGHBOURS = (12, 12, 12, 12, 64)
FEWEST_POINTS = 200
"""Fewer points than this in the region hold no face that could be measured."""


@dataclass(frozen=True, eq=False)
class FaceSurface:
    """A face region as even points, many more than the network looks at."""

    points: Floats
    """(N, 3) mm"""
    normals: Floats
    """(N, 3)"""
    curvature: Floats
    """(N, 2, 2) principal curvatures at each of `SURFACE_RADII`, 1/mm"""


@dataclass(frozen=True, eq=False)
class FaceSample:
    """CF-GAT's view of a face region, in farthest-point order."""

    points: Floats
    """(2048, 3) mm"""
    normals: Floats
    """(2048, 3)"""
    curvature: Floats
    """(2048, 6): shape index at each of `RADII`, then scaled log curvedness."""

    def geometry(self) -> Floats:
        """Return the network's input (2048, 12)."""
        xyz = (self.points - FACE_CENTRE) / NETWORK_UNIT
        return np.concatenate([xyz, self.normals, self.curvature], axis=1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class WholeSample:
    """The coarse network's view of a whole scan, in farthest-point order."""

    points: Floats
    """(1024, 3) centred, mean distance to the centre 1"""
    normals: Floats
    """(1024, 3)"""
    centre: Floats
    """(3,) in the scan's frame and unit"""
    scale: float
    """Scan units in one unit of `points`."""


def _first(points: Floats, count: int, weights: Floats | None = None) -> Indices:
    """Farthest-point order of `count` points; repeated in turn where there are fewer."""
    chosen = farthest_point_sample(points, min(count, len(points)), weights)
    return np.resize(chosen, count)


def _even(points: Floats) -> Floats:
    """Average over cells; in a dense scan, without the cells that the surface only clips.

    Those crowd beside fuller cells: a third of all, which cost time and show nothing.
    """
    means, cell = voxel_mean(points, VOXEL)
    counts = np.bincount(cell)
    usual = len(points) / len(means)
    even: Floats = means[counts > 0.5 * usual] if usual > 3 else means
    return even


def face_surface(points: Floats) -> FaceSurface:
    """Average a face region over cells and measure what its samples are drawn by.

    Parameters
    ----------
    points : (N, 3) float32, mm, roughly in the face frame
        The whole scan; only the ball around the face is used.

    Raises
    ------
    NoFaceError
        Fewer than `FEWEST_POINTS` points lie in the region.
    """
    offset = points - REGION_CENTRE
    near = np.einsum("nc,nc->n", offset, offset) < REGION_RADIUS**2
    if np.count_nonzero(near) < FEWEST_POINTS:
        raise NoFaceError(
            f"only {np.count_nonzero(near)} points where the face should be; a face needs {FEWEST_POINTS}"
        )
    means = _even(points[near])
    if len(means) < FEWEST_POINTS:
        raise NoFaceError(f"only {len(means)} distinct places where the face should be; a face needs {FEWEST_POINTS}")
    neighbours, _ = knn(means, min(16, len(means)))
    normals = orient_outward(means, estimate_normals(means, neighbours), HEAD_CENTRE)
    return FaceSurface(means, normals, principal_curvatures(means, normals, SURFACE_RADII))


def disjoint_samples(face: FaceSurface) -> Iterator[Indices]:
    """Draw farthest-point samples, each (2048,) of the points that the ones before left; one at least.

    Where the face is curved more points are drawn.
    """
    k1, k2 = face.curvature[:, SURFACE_RADII.index(WEIGHT_RADIUS)].T
    weights = (1 + 1.5 * np.clip(curvedness(k1, k2) / 0.08, 0, 1)).astype(np.float32)
    left = everything = np.arange(len(face.points))
    while len(left) >= FACE_LEVELS[0] or left is everything:
        chosen = left[_first(face.points[left], FACE_LEVELS[0], weights[left])]
        yield chosen
        left = np.setdiff1d(left, chosen)


def describe(face: FaceSurface, chosen: Indices) -> FaceSample:
    """Describe the chosen points at all of `RADII`."""
    small = principal_curvatures(face.points, face.normals, RADII[:1], at=chosen)
    k1, k2 = np.moveaxis(np.concatenate([small, face.curvature[chosen]], axis=1), 2, 0)
    curvature = np.concatenate([shape_index(k1, k2), (np.log(curvedness(k1, k2) + 0.003) + 3.5) / 1.2], axis=1)
    return FaceSample(face.points[chosen], face.normals[chosen], curvature.astype(np.float32))


def sample_face(points: Floats) -> FaceSample:
    """Choose and describe the points of a face region, see `face_surface`."""
    face = face_surface(points)
    return describe(face, next(disjoint_samples(face)))


def sample_whole(points: Floats) -> WholeSample:
    """Choose and describe points of a whole scan in any frame and unit.

    Parameters
    ----------
    points : (N, 3) float32, finite
    """
    # A tenth of a large scan fixes its extent as well as the whole.
    some = points[:: max(1, len(points) // 10_000)]
    middle = np.median(some, axis=0)
    reach = float(np.percentile(np.abs(some - middle).max(axis=1), 95)) or 1.0
    size = reach / 25
    for _ in range(3):
        means = voxel_mean(points, size)[0]
        if len(means) < 5000 and (len(means) > 2500 or len(means) > 0.7 * len(points)):
            break
        size *= float(np.clip((len(means) / 3500) ** 0.5, 0.3, 3.0))
    means = means[np.abs(means - middle).max(axis=1) < 6 * reach]
    neighbours, _ = knn(means, min(16, len(means)))
    normals = orient_normals(means, estimate_normals(means, neighbours), neighbours)
    chosen = _first(means, WHOLE_LEVELS[0])
    centre = means[chosen].mean(axis=0)
    scale = float(np.linalg.norm(means[chosen] - centre, axis=1).mean()) or 1.0
    return WholeSample((means[chosen] - centre) / scale, normals[chosen], centre, scale)


def _graph(points: Floats, levels: tuple[int, ...], neighbours: tuple[int, ...]) -> tuple[Indices, ...]:
    """Neighbours within and between the levels; each level is the first points of the one before."""
    first, second, third = (points[:size] for size in levels)
    k = neighbours
    return (
        knn(first, k[0])[0],
        knn(first, k[1], second)[0],
        knn(second, k[2])[0],
        knn(second, k[3], third)[0],
        knn(third, k[4])[0],
    )


def face_graph(points: Floats) -> tuple[Indices, ...]:
    """Return `local, pool_1, graph_1, pool_2, graph_2, up` of `CFGAT.forward` for (2048, 3) points."""
    return *_graph(points, FACE_LEVELS, FACE_NEIGHBOURS), knn(points[: FACE_LEVELS[1]], 1, points)[0]


def whole_graph(points: Floats) -> tuple[Indices, ...]:
    """Return `local, pool_1, graph_1, pool_2, whole, up` of `Coarse.forward` for (1024, 3) points."""
    nodes = points[: WHOLE_LEVELS[1]]
    return *_graph(points, WHOLE_LEVELS, WHOLE_NEIGHBOURS), knn(points[: WHOLE_LEVELS[2]], 1, nodes)[0]
