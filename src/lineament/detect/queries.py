"""What the network is asked: places on the face model, for every landmark of every set.

Symbols: L landmarks.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from lineament.detect.features import FACE_CENTRE, NETWORK_UNIT
from lineament.errors import InputError
from lineament.face.model import load_face_model
from lineament.types import Floats, LandmarkSet

JAW_OPEN = 0.4
"""The template's mouth stands open, so that upper and lower lip are different places."""


@cache
def template_places() -> Floats:
    """Return the template's vertices (V, 3) in network units: the mean face with its mouth open."""
    model = load_face_model()
    weights = np.array([JAW_OPEN if name == "jawOpen" else 0.0 for name in model.expression_names], dtype=np.float32)
    return (model.shape(expression=weights) - FACE_CENTRE) / NETWORK_UNIT


@cache
def queries(set_name: str) -> Floats:
    """Return the queries (L, 3) of a landmark set."""
    chosen = landmark_set(set_name)
    corners = template_places()[load_face_model().triangles[chosen.triangle]]
    places: Floats = (corners * chosen.barycentric[..., None]).sum(axis=1).astype(np.float32)
    return places


def landmark_set(name: str) -> LandmarkSet:
    """Return the set called `name`.

    Raises
    ------
    InputError
        There is no such set.
    """
    sets = load_face_model().landmark_sets
    if name not in sets:
        raise InputError(f"no landmark set {name!r}; there are {', '.join(sets)}")
    return sets[name]
