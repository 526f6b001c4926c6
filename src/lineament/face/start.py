"""Where a fit starts when landmarks are handed in: which unit they are in, and how they turn the scan upright.

Symbols: L landmarks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lineament.detect.detector import WORST_SHAPE, Detection
from lineament.detect.units import resolve_unit
from lineament.errors import InputError
from lineament.face.model import STABLE_LANDMARKS, load_face_model
from lineament.geometry.alignment import Similarity, fit_similarity
from lineament.types import Floats, Landmarks

BY_HAND = 2.0
"""Expected error of a landmark that states none, mm: about what people differ by."""
FEWEST = 6
"""Fewer landmarks than this leave open how the face lies."""
JAW = 17
"""iBUG's first landmarks, on the jaw line, which everyone places elsewhere."""


def expected_errors(landmarks: Landmarks) -> Floats:
    """Return the expected errors (L,) float32, mm; `BY_HAND` where none are stated."""
    stated = landmarks.sigma
    return np.full(len(landmarks), BY_HAND, np.float32) if stated is None else stated


def start_from(landmarks: Landmarks) -> Detection:
    """Make of landmarks what a fit starts from.

    Parameters
    ----------
    landmarks : Landmarks
        Of a set of the face model, in any order; points may be missing, and errors and unit unknown.

    Raises
    ------
    InputError
        They are of no set, are too few, or do not lie as on a face.
    """
    marks = completed(landmarks)
    model, jaw = load_face_model(), np.arange(len(marks)) < JAW
    usual, given = model.landmarks(model.vertices, marks.set_name), np.isfinite(marks.xyz).all(axis=1)
    if np.count_nonzero(given) < FEWEST:
        raise InputError(f"{np.count_nonzero(given)} landmarks are given; a fit starts from {FEWEST} or more")
    firm = given & ~jaw if marks.set_name == "ibug68" else given
    stable = firm & np.isin(np.arange(len(marks)), STABLE_LANDMARKS)
    upright = stable if marks.set_name == "ibug68" and stable.sum() >= FEWEST else given
    unit, mm = marks.unit, marks.mm_per_unit
    if mm is None:
        unit, mm = resolve_unit(fit_similarity(marks.xyz[upright], usual[upright]).scale, None, None)
    turn = fit_similarity(marks.xyz[upright] * mm, usual[upright], with_scale=False)
    pose = turn @ Similarity(mm, np.eye(3), np.zeros(3))
    apart = np.linalg.norm(pose.apply(marks.xyz[firm]) - usual[firm], axis=1)
    off = float(np.sqrt(np.mean(np.square(apart)))) if firm.any() else 0.0
    if off > WORST_SHAPE:
        raise InputError(
            f"the {np.count_nonzero(given)} landmarks lie {off:.0f} mm off a face's (root mean square); "
            "check their order, their unit and that they belong to this scan"
        )
    return Detection({marks.set_name: replace(marks, unit=unit, mm_per_unit=mm)}, pose, unit, mm, 1.0)


def completed(landmarks: Landmarks) -> Landmarks:
    """Return all points of the set that the landmarks are of, in its order; NaN where none is given.

    Raises
    ------
    InputError
        They are of no set.
    """
    sets = load_face_model().landmark_sets
    named = [sets[landmarks.set_name]] if landmarks.set_name in sets else list(sets.values())
    chosen = next((known for known in named if set(landmarks.names) <= set(known.names)), None)
    if chosen is None:
        raise InputError(f"the landmarks are of none of the sets {', '.join(sets)}; expected the points of one")
    rows = [chosen.names.index(name) for name in landmarks.names]
    xyz, sigma = np.full((len(chosen), 3), np.nan, np.float32), np.full(len(chosen), BY_HAND, np.float32)
    xyz[rows], sigma[rows] = landmarks.xyz, expected_errors(landmarks)
    return Landmarks(
        chosen.names, xyz, sigma, unit=landmarks.unit, mm_per_unit=landmarks.mm_per_unit, set_name=chosen.name
    )
