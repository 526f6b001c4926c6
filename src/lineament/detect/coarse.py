"""Where is the face? Votes of the coarse network on the whole scan, then on what lies around its answer.

Symbols: N points, M votes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

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
from lineament.types import Floats

INLIER = 20.0
"""A vote within this distance of the pose agrees with it, mm."""
SURE = 0.6
"""A pose with this score needs no further hypotheses."""
SMALL = 100
"""Votes on the face under which the scan is looked at again from nearer."""
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


def _best_side(points: Floats, network: Network) -> Pose | None:
    """Vote with the normals as they were oriented and, where that is unsure, with all of them turned."""
    sample = sample_whole(points)
    pose = _vote(sample, network)
    if pose is not None and pose.score > SURE:
        return pose
    turned = _vote(replace(sample, normals=-sample.normals), network)
    return max((p for p in (pose, turned) if p is not None), key=lambda p: p.score, default=None)


def _around(points: Floats, pose: Pose) -> Floats:
    """Cut out the ball around a hypothesis's face, as wide as a head with its neck."""
    local = pose.transform.apply(points)
    near: Floats = points[np.linalg.norm(local - REGION_CENTRE, axis=1) < 1.6 * REGION_RADIUS]
    return near


def find_face(points: Floats, network: Network) -> Pose:
    """Find the most convincing face.

    Parameters
    ----------
    points : (N, 3) float32, finite, any frame and unit
    network : Network
        `coarse`.

    Raises
    ------
    NoFaceError
        There are too few points, or no hypothesis holds together.
    """
    if len(points) < FEWEST_POINTS:
        raise NoFaceError(f"the scan has {len(points)} points; a face needs {FEWEST_POINTS} or more")
    best = _nearer(points, _best_side(points, network), network)
    if best is None or best.score < SURE:
        # A face that is small in the scan is lost in the whole: look through windows.
        reach = np.percentile(np.linalg.norm(points - np.median(points, axis=0), axis=1), 90)
        thin = points[:: max(1, len(points) // 20_000)]
        for centre in thin[farthest_point_sample(thin, min(8, len(thin)))]:
            window = points[np.linalg.norm(points - centre, axis=1) < 0.6 * reach]
            if len(window) >= FEWEST_POINTS:
                pose = _nearer(points, _best_side(window, network), network)
                if pose is not None and (best is None or pose.score > best.score):
                    best = pose
            if best is not None and best.score > SURE:
                break
    if best is None:
        raise NoFaceError("no part of the scan looks like a face; if there is one, cut the scan to the head")
    return best


def _nearer(points: Floats, pose: Pose | None, network: Network) -> Pose | None:
    """Look again at the surroundings of a face that few of the votes fell on."""
    for _ in range(2):
        if pose is None or len(pose.nodes) >= SMALL:
            return pose
        near = _around(points, pose)
        if len(near) < FEWEST_POINTS or len(near) > 0.8 * len(points):
            return pose
        closer = _best_side(near, network)
        if closer is None or closer.score < pose.score:
            return pose
        pose = closer
    return pose
