"""BU-3DFE: `F0001/F0001_AN01WH_F3D.wrl` (raw: `_RAW.wrl`) with 83 points in the `.bnd` of the same stem.

Yin, Wei, Sun, Wang, Rosato: *A 3D Facial Expression Database For Facial Behavior Research*, FG 2006. Layout of the
points after menpo (`menpo/landmark/labels/human/face_3d.py`): from 0, rings of 8 around the right eye (0) and the
left (8), brows (16, 26), sides of the nose (36, 39), nostrils (42), a ring of 12 on the outer lips (48), one of 8 on
the inner lips (60), jaw (68). Not checked on a licensed file: so corners are taken as the ends of their ring across
the face, and whose left is left is taken from the geometry, not from places in the ring. The set has no nose tip.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lineament.bench.datasets.base import BESIDE, Dataset, Item, Truth, at_vertices, handedness, list_scans
from lineament.errors import FormatError
from lineament.io.landmarks.bnd import read_bnd
from lineament.io.scans import read_scan
from lineament.types import Floats

ONE_EYE, OTHER_EYE, NOSE = slice(0, 8), slice(8, 16), slice(36, 48)
OUTER_LIPS, JAW = slice(48, 60), slice(68, 83)
CORNERS = (("eye_right_0", "eye_right_3"), ("eye_left_3", "eye_left_0"))
"""Outer and inner corner of the right eye and of the left."""


def find(folder: Path) -> list[Item]:
    """List the scans that have a `.bnd` file."""
    files = list_scans(folder, "*.bnd", "landmarks of BU-3DFE (.bnd)")
    return [Item(path.stem.split("_")[0], path.stem, path.with_suffix(".wrl"), path) for path in files]


def load(item: Item, order: str = "") -> Truth:
    """Read a scan and 8 of its landmarks: corners of eyes and mouth, middles of the lips.

    Raises
    ------
    FormatError
        The landmarks belong to another scan.
    """
    assert item.landmarks is not None
    read, scan = read_bnd(item.landmarks), read_scan(item.scan)
    vertices = [int(text.split()[1]) for text in read.descriptions]
    away = np.linalg.norm(at_vertices(scan, vertices, item.landmarks) - read.xyz, axis=1)
    if away.max() > BESIDE:
        raise FormatError(
            f"{item.landmarks} puts a point {away.max():.1f} from the vertex of {item.scan.name} that it names; "
            "it belongs to another scan"
        )
    names, xyz = landmarks_of(read.xyz)
    return Truth(scan, names, xyz, 1.0)


def landmarks_of(points: Floats) -> tuple[tuple[str, ...], Floats]:
    """Return the names and places of what the 83 points have in common with iBUG's 68."""
    right, left = points[ONE_EYE], points[OTHER_EYE]
    up = (right.mean(0) + left.mean(0)) / 2 - points[OUTER_LIPS].mean(0)
    out = points[NOSE].mean(0) - points[JAW].mean(0)
    if handedness(left.mean(0), right.mean(0), up, out) < 0:
        right, left = left, right
    across = left.mean(0) - right.mean(0)
    upwards = up - across * np.dot(up, across) / np.dot(across, across)
    found: dict[str, npt.NDArray[np.floating]] = {}
    for ring, (outer, inner), sign in ((right, CORNERS[0], 1), (left, CORNERS[1], -1)):
        ends = _ends(ring, sign * across)
        found[outer], found[inner] = ends
    lips = points[OUTER_LIPS]
    found["lip_outer_0"], found["lip_outer_6"] = _ends(lips, across)
    low, high = _middles(lips, across, upwards)
    found["lip_outer_9"], found["lip_outer_3"] = low, high
    return tuple(found), np.stack(list(found.values())).astype(np.float32)


def _ends(ring: Floats, direction: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    along = ring @ direction
    return ring[along.argmin()], ring[along.argmax()]


def _middles(
    ring: Floats, across: npt.NDArray[np.floating], upwards: npt.NDArray[np.floating]
) -> tuple[Floats, Floats]:
    """Return the points half way round between the two ends of a ring, the lower one first."""
    along = ring @ across
    half = len(ring) // 2
    first, last = int(along.argmin()), int(along.argmax())
    if (first - last) % len(ring) != half:
        missing = np.full(3, np.nan, np.float32)
        return missing, missing
    one, other = ring[(first + half // 2) % len(ring)], ring[(first - half // 2) % len(ring)]
    return (one, other) if one @ upwards < other @ upwards else (other, one)


BU3DFE = Dataset("bu3dfe", find, load)
