"""Following a scan: onto what it shows, and back to the prior where it shows nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from lineament.face.follow import follow
from lineament.face.measured import Measured
from lineament.face.model import load_face_model
from lineament.geometry.normals import vertex_normals
from lineament.types import Floats

LIFTED = 1.5
"""How far the person's skin lies outside of the prior's, mm."""


@pytest.fixture(scope="module")
def skin() -> np.ndarray:
    """Which vertices are the skin in front of the ears, (V,)."""
    model = load_face_model()
    inside: np.ndarray = (model.region == model.region_names.index("face")) & (model.vertices[:, 2] > 20)
    return inside


def moved(kept: np.ndarray) -> tuple[Floats, Floats, Floats]:
    """Follow a scan that shows only the vertices `kept` (V,); return shift along the normals, across, confidence."""
    model = load_face_model()
    normals = vertex_normals(model.vertices, model.triangles)
    points = (model.vertices + LIFTED * normals)[kept].astype(np.float32)
    surface = Measured(points, normals[kept], 2.0, 0.05, cKDTree(points))
    trust = (model.region == model.region_names.index("face")).astype(np.float32)
    vertices, confidence = follow(model, model.vertices, surface, trust)
    shift = vertices - model.vertices
    along = (shift * normals).sum(axis=1)
    return along, np.linalg.norm(shift - along[:, None] * normals, axis=1), confidence


def test_it_lies_on_what_is_shown(skin: np.ndarray) -> None:
    along, across, confidence = moved(skin)
    assert np.median(np.abs(along[skin] - LIFTED)) < 0.1
    assert np.median(across[skin]) < 0.2
    assert confidence[skin].mean() > 0.9


def test_what_is_hidden_stays_where_the_prior_has_it(skin: np.ndarray) -> None:
    x = load_face_model().vertices[:, 0]
    along, _, confidence = moved(skin & (x > 0))
    assert np.median(np.abs(along[skin & (x > 5)] - LIFTED)) < 0.1
    hidden = skin & (x < -15)
    assert np.abs(along[hidden]).mean() < 0.1
    assert np.abs(along[hidden]).max() < LIFTED
    assert confidence[hidden].max() < 0.1
