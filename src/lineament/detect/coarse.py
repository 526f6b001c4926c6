"""Where is the face? Votes of the coarse network on the whole scan, then on what lies around its answer.

Symbols: N points, M votes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from lineament.detect.features import (
    FACE_CENTRE,
    NETWORK_UNIT,
    REGION_CENTRE,
    REGION_RADIUS,
    WholeSample,
    sample_whole,
    whole_graph,
)
from lineament.detect.session import Network
from lineament.errors import InputError, NoFaceError
from lineament.geometry.alignment import Similarity, fit_similarity_robust
from lineament.geometry.sampling import farthest_point_sample
from lineament.geometry.voxels import voxel_mean
from lineament.types import Floats

INLIER = 20.0
"""A vote within this distance of the pose agrees with it, mm."""
SURE = 0.6
"""A pose with this score needs no further hypotheses."""
SMALL = 100
"""Votes on the face under which the scan is looked at again from nearer."""
PIECES = 4
WINDOWS = 8
TRIED = 3
"""Hypotheses that are followed from the whole scan, and as many again from windows of it."""
FEWEST_POINTS = 300


@dataclass(frozen=True, eq=False)
class Pose:
    """One hypothesis of where the face is."""

    transform: Similarity
    """From the scan's frame and unit to the face frame in mm."""
    score: float
    """0 to 1: the network's belief that there is a face, times the share of its votes that agree."""
    nodes: Floats
    """(M, 3) agreeing places, the scan's frame and unit"""
    votes: Floats
    """(M, 3) where they lie in the face frame, mm"""


def _sigmoid(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))), dtype=np.float32)


def _vote(sample: WholeSample, network: Network) -> Pose | None:
    """Fit a pose to one sample's votes; None when they do not agree at all."""
    places, log_scale, on_face, found = network.run(sample.points, sample.normals, *whole_graph(sample.points))
    nodes = sample.points[: len(places)] * sample.scale + sample.centre
    votes = places * NETWORK_UNIT + FACE_CENTRE
    belief = _sigmoid(on_face)
    if belief.sum() < 4:
        return None
    weights = belief * np.exp(-np.clip(log_scale, -4, 2))
    try:
        transform, _ = fit_similarity_robust(nodes, votes, weights, inlier_distance=INLIER)
    except InputError:
        return None
    agree = (np.linalg.norm(transform.apply(nodes) - votes, axis=1) < INLIER) & (belief > 0.3)
    if np.count_nonzero(agree) < 6:
        return None
    share = float((belief * agree).sum() / belief.sum())
    return Pose(transform, float(_sigmoid(found)) * share, nodes[agree], votes[agree])


def _both_sides(points: Floats, network: Network) -> list[Pose]:
    """Vote with the normals as they were oriented and, where that is unsure, with all of them turned."""
    sample = sample_whole(points)
    poses = [_vote(sample, network)]
    if poses[0] is None or poses[0].score < SURE:
        poses.append(_vote(replace(sample, normals=-sample.normals), network))
    return [pose for pose in poses if pose is not None]


def around(points: Floats, transform: Similarity, reach: float) -> Floats:
    """Cut out the ball around a face: `transform` leads to the face frame, `reach` is in radii of the face region."""
    offset = points - transform.inverse().apply(REGION_CENTRE)
    near: Floats = points[np.einsum("nc,nc->n", offset, offset) < (reach * REGION_RADIUS / transform.scale) ** 2]
    return near


def _nearer(points: Floats, poses: list[Pose], network: Network) -> list[Pose]:
    """Look again at the surroundings of the best hypothesis when few of the votes fell on it."""
    found: list[Pose] = []
    for reach in (1.8, 1.3):
        pose = _sorted(poses + found)[0]
        near = around(points, pose.transform, reach)
        if len(pose.nodes) >= SMALL or not FEWEST_POINTS <= len(near) < 0.8 * len(points):
            break
        found += _both_sides(near, network)
    return found


def _sorted(poses: list[Pose]) -> list[Pose]:
    return sorted(poses, key=lambda pose: -pose.score)


def find_faces(points: Floats, network: Network) -> Iterator[Pose]:
    """Propose where the face is, the most convincing hypothesis first; more are made only when asked for.

    Parameters
    ----------
    points : (N, 3) float32, finite, any frame and unit
    network : Network
        `coarse`.

    Raises
    ------
    NoFaceError
        There are too few points.
    """
    if len(points) < FEWEST_POINTS:
        raise NoFaceError(f"the scan has {len(points)} points; a face needs {FEWEST_POINTS} or more")
    poses = _both_sides(points, network)
    if poses:
        poses += _nearer(points, poses, network)
    yield from _sorted(poses)[:TRIED]
    yield from _sorted(_through_windows(points, network))[:TRIED]


def _pieces(points: Floats, reach: float) -> list[Floats]:
    """Cut the scan where nothing was measured between: a head stands free of the wall behind it."""
    size = reach / 20
    means, cell = voxel_mean(points, size)
    pairs = cKDTree(means).query_pairs(2 * size, output_type="ndarray")
    joined = coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(means), len(means)))
    piece = connected_components(joined, directed=False)[1][cell]
    sizes = np.bincount(piece)
    largest = np.argsort(-sizes, kind="stable")[:PIECES]
    return [points[piece == number] for number in largest if FEWEST_POINTS <= sizes[number] < len(points)]


def _through_windows(points: Floats, network: Network) -> list[Pose]:
    """Look at the scan's pieces and through balls spread over it: a small face is lost in the whole."""
    thin = points[:: max(1, len(points) // 20_000)]
    middle = np.median(thin, axis=0)
    reach = float(np.percentile(np.linalg.norm(thin - middle, axis=1), 90))
    centres = np.concatenate([middle[None], thin[farthest_point_sample(thin, min(WINDOWS, len(thin)))]])
    windows = _pieces(points, reach) if reach > 0 else []
    windows += [points[np.linalg.norm(points - centre, axis=1) < 0.6 * reach] for centre in centres]
    return [pose for window in windows if len(window) >= FEWEST_POINTS for pose in _both_sides(window, network)]
