"""What tests of several folders use."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity


@pytest.fixture(scope="session")
def person() -> Callable[..., Face]:
    """Make fitted faces without a fit: random people of the face model, with waves that the model does not know."""

    def make(seed: int, residual: float = 0.5, **expression: float) -> Face:
        model = load_face_model()
        rng = np.random.default_rng(seed)
        identity = rng.normal(size=len(model.identity)).astype(np.float32)
        weights = np.array([expression.get(name, 0.0) for name in model.expression_names], np.float32)
        waves = np.sin(model.vertices / 17 + rng.uniform(0, 6, 3)).sum(axis=1, keepdims=True)
        vertices = model.shape(identity, weights) + residual * waves * np.array([0.1, 0.1, 1.0])
        pose = Similarity(25.4, np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]), np.array([1.0, -2.0, 3.25]))
        return Face(vertices, identity, weights, rng.random(len(vertices)), pose, "in")

    return make
