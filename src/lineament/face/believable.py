"""Whether a fit is one of a face: the model can be bent onto a ball or a wall as well.

Symbols: V model vertices, L landmarks.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lineament.errors import NoFaceError
from lineament.face.face import Face
from lineament.face.model import FaceModel
from lineament.types import Floats, Landmarks

# Virtual scans reach 2.0 and 1.3 mm (N 40). Balls, walls, boxes and pillars with the mean face's landmarks either draw
# the face away from these, or stay far from the face that these hold: by 1.26 of a limit at least (N 43).
FARTHEST = 5.0
"""Usual distance of the landmarks from where the fitted face has them, mm."""
MOST_BENT = 3.0
"""How far the scan lies beyond what people are like, root mean square, mm."""


def check_believable(face: Face, shape: Floats, model: FaceModel, landmarks: Mapping[str, Landmarks]) -> None:
    """Refuse the fit of what is no face.

    Parameters
    ----------
    face : Face
    shape : (V, 3) mm, face frame
        What its identity and expression alone make of the model, before it followed the scan.
    model : FaceModel
    landmarks : mapping of set name to Landmarks
        Those that the fit began with, in the scan's frame and unit.

    Raises
    ------
    NoFaceError
        The landmarks lie far from the fitted face, or the scan does from any face.
    """
    off = [
        np.linalg.norm(face.pose.apply(found.xyz) - model.landmarks(face.vertices, name), axis=1)
        for name, found in landmarks.items()
        if name in model.landmark_sets
    ]
    apart = float(np.nanmedian(np.concatenate(off)))  # missing points are NaN
    if apart > FARTHEST:
        raise NoFaceError(
            f"no face fits both the scan and its landmarks: they are {apart:.1f} mm apart, expected at most "
            f"{FARTHEST:.0f}; check the landmarks, or cut the scan to the head"
        )
    bent = float(np.sqrt(np.average(np.square(face.vertices - shape).sum(axis=1), weights=face.confidence)))
    if bent > MOST_BENT:
        raise NoFaceError(
            f"the scan is like no face: {bent:.1f} mm from the nearest (root mean square), expected at most "
            f"{MOST_BENT:.0f}; check the landmarks, or cut the scan to the head"
        )
