"""Peers: what is rendered can be cast back, and a missing peer is named."""

from __future__ import annotations

import sys

import numpy as np
import peers
import pytest
import trimesh

from lineament.picture.camera import turned

CENTRE = np.array([10.0, 20.0, 30.0])


@pytest.mark.parametrize("rotation", [turned(0), turned(40, -15)])
def test_a_pixel_is_cast_back_onto_the_surface_it_shows(rotation):
    ball = trimesh.creation.icosphere(subdivisions=4, radius=80)
    subject = peers.Subject((ball.vertices + CENTRE).astype(np.float32), ball.faces.astype(np.int32))
    view = peers.take(subject, rotation)
    towards = np.array([[0, 0, 1], [0.5, 0.2, 0.8], [-0.4, 0.5, 0.7]])
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    places = towards * 80 @ rotation + CENTRE
    pixels = view.camera.project(places.astype(np.float32))[:, :2]
    assert np.abs(view.surface(pixels) - places).max() < 1.0


def test_a_texture_is_seen_upright():
    square = np.array([[0, 0, 0], [100, 0, 0], [100, 100, 0], [0, 100, 0]], np.float32)
    uv = square[:, :2] / 100 * 0.98 + 0.01
    texture = np.zeros((10, 10, 3), np.uint8)
    texture[:5, :, 0] = 255  # the upper half is red
    view = peers.take(peers.Subject(square, np.array([[0, 1, 2], [0, 2, 3]], np.int32), uv, texture), turned(0))
    half = peers.SIZE // 2
    assert view.image[half - 50, half, 0] == 255
    assert view.image[half + 50, half, 0] == 0


def test_a_missing_mediapipe_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(SystemExit, match=r"pip install mediapipe==0\.10\.21"):
        peers.FaceMesh(peers.ONE)
