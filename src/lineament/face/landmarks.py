"""Two answers to where a landmark is, made one: what the networks found, and what the fitted face says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lineament.errors import InputError
from lineament.face.face import Face, model_of
from lineament.types import Landmarks


def consensus_landmarks(face: Face, landmarks: Landmarks) -> Landmarks:
    """Move landmarks halfway to where the fitted face has them.

    The networks look at each landmark, the fit weighs all of them against the whole surface. Their errors are their own
    to a part: distances between the means are nearer to the truth than those of either on degraded virtual scans, and
    move half as much as the networks' when a scan is sampled anew (docs/measure.md).

    Parameters
    ----------
    face : Face
    landmarks : Landmarks
        The points of a set of the face model in its order, those of the scan that the face was fitted to.

    Returns
    -------
    Landmarks
        In the scan's frame and unit; missing points are the fit's. Expected errors and visibility stay as stated.

    Raises
    ------
    InputError
        The landmarks are not all those of a set, or the face is of a user's own model.
    """
    model = model_of(face)
    known = model.landmark_sets.get(landmarks.set_name or "")
    if known is None or known.names != landmarks.names:
        raise InputError(f"the landmarks are not those of a set, in its order: {', '.join(model.landmark_sets)}")
    fitted = model.landmarks(face.in_scan(), known.name)
    found = np.where(np.isfinite(landmarks.xyz), landmarks.xyz, fitted)
    return replace(landmarks, xyz=((found + fitted) / 2).astype(np.float32))
