"""Landmarks where a fitted face has them."""

from __future__ import annotations

from dataclasses import replace

from lineament.face.face import Face, model_of
from lineament.types import Landmarks


def fitted_landmarks(face: Face, landmarks: Landmarks) -> Landmarks:
    """Move landmarks to where the fitted face has them.

    The fit weighs all landmarks against the whole surface. So they lie nearer to the true ones, and more alike on
    another sampling of the same scan (docs/measure.md).

    Parameters
    ----------
    face : Face
    landmarks : Landmarks
        The points of a set of the face model in its order, those of the scan that the face was fitted to.

    Returns
    -------
    Landmarks
        In the scan's frame and unit. Expected errors and visibility stay as they were stated.

    Raises
    ------
    InputError
        The face is of a user's own model.
    """
    return replace(landmarks, xyz=model_of(face).landmarks(face.in_scan(), landmarks.set_name))
