"""A scan as fitting needs it: even points with normals in the face frame, and how noisy they are.

Symbols: N points, K neighbours. Millimetres, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from lineament.detect.detector import measured_points
from lineament.detect.features import REGION_CENTRE
from lineament.errors import NoFaceError
from lineament.geometry.alignment import Similarity
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import estimate_normals
from lineament.geometry.voxels import voxel_mean
from lineament.types import Floats, Scan

REACH = 175.0
"""Points farther than this from the middle of the face are no part of the model, mm."""
CELL = 1.0
"""Cell that points are averaged over, mm."""
NEIGHBOURS = 14
FEWEST = 200


@dataclass(frozen=True, eq=False)
class Measured:
    """The scan's surface around a face."""

    points: Floats
    """(N, 3) mm, face frame"""
    normals: Floats
    """(N, 3) unit, of either sign"""
    spacing: float
    """Usual distance between neighbours, mm."""
    noise: float
    """Standard deviation of the points from the surface through their neighbours, mm."""
    tree: cKDTree


@dataclass(frozen=True, eq=False)
class Match:
    """For each of V places the piece of the scan that it should lie on."""

    points: Floats
    """(V, 3) mm"""
    normals: Floats
    """(V, 3) unit, turned to the side that the model's normal looks to"""
    weight: Floats
    """(V,) 0 where the scan shows nothing there: a hole, or a surface that looks elsewhere."""


def measured_surface(scan: Scan, pose: Similarity) -> Measured:
    """Move a scan to the face frame, `pose`, and average it over cells.

    Raises
    ------
    NoFaceError
        Hardly any point lies around the face.
    """
    points: Floats = pose.apply(measured_points(scan))
    near = np.square(points - REGION_CENTRE).sum(axis=1) < REACH**2
    means = voxel_mean(points[near], CELL)[0]
    if len(means) < FEWEST:
        raise NoFaceError(f"only {len(means)} distinct places within {REACH:.0f} mm of the face; a fit needs {FEWEST}")
    neighbours, distances = knn(means, min(NEIGHBOURS, len(means)))
    normals = estimate_normals(means, neighbours)
    spacing = float(np.median(distances[:, 1]))
    return Measured(means, normals, spacing, _noise(means, normals, neighbours), cKDTree(means, balanced_tree=False))


def _noise(points: Floats, normals: Floats, neighbours: npt.NDArray[np.int64]) -> float:
    """Return the usual distance of a point from the mean plane of its nearest neighbours, mm."""
    some = np.arange(0, len(points), max(1, len(points) // 5000))
    around = neighbours[some, 1:7]
    height = ((points[around].mean(axis=1) - points[some]) * normals[some]).sum(axis=1)
    # The mean of six neighbours has noise of its own.
    return float(1.4826 * np.median(np.abs(height - np.median(height))) / np.sqrt(1 + 1 / 6))


def match(surface: Measured, places: Floats, normals: Floats, reach: float) -> Match:
    """Find the scan's surface next to each place of the model.

    Parameters
    ----------
    surface : Measured
    places, normals : (V, 3) mm and unit
        Where the model is, and where it looks.
    reach : float, mm
        A surface farther off than this is another one.
    """
    distance, nearest = surface.tree.query(places, distance_upper_bound=2 * reach)
    found = np.isfinite(distance)
    nearest = np.where(found, nearest, 0)
    points, own = surface.points[nearest], surface.normals[nearest]
    facing = (own * normals).sum(axis=1)
    own = own * np.where(facing < 0, -1, 1)[:, None].astype(np.float32)
    offset = points - places
    along = (offset * own).sum(axis=1)
    across = np.linalg.norm(offset - along[:, None] * own, axis=1)
    # Beside the edge of a hole the nearest point lies to the side.
    beside = np.clip(1.5 - across / (2.2 * surface.spacing + 0.8), 0, 1)
    weight = found * (np.abs(along) < reach) * beside * np.clip((np.abs(facing) - 0.3) / 0.4, 0, 1)
    return Match(points, own, weight.astype(np.float32))
