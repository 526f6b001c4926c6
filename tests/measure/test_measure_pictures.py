"""Pictures of measures and of asymmetry: what is coloured where."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lineament.errors import InputError
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.measure import MEASURES, asymmetry, measure_landmarks
from lineament.measure.picture import asymmetry_picture, measures_picture
from lineament.picture.landmarks import LEFT_COLOR, RIGHT_COLOR
from lineament.types import Landmarks, Scan

MODEL = load_face_model()
SET = MODEL.landmark_sets["anthropometric"]


def near(picture: np.ndarray, color: tuple[int, int, int]) -> int:
    return int((np.abs(picture.astype(int) - color).max(axis=2) < 30).sum())


def test_each_kind_has_its_colour() -> None:
    xyz = MODEL.landmarks(MODEL.vertices, SET.name)
    marks = Landmarks(SET.names, xyz, np.full(len(SET), 1.0), unit="mm", set_name=SET.name)
    scan = Scan(MODEL.vertices, MODEL.triangles)
    chosen = [m for m in MEASURES if m.abbreviation in ("zy-zy", "t-sn arc", "c'-sn-ls", "n-gn/zy-zy")]
    found = measure_landmarks(marks, scan, chosen)
    picture = np.asarray(measures_picture(scan, marks, found))
    half = picture.shape[1] // 2
    front, side = picture[100:-100, :half], picture[100:-100, half:]
    assert near(front, LEFT_COLOR) > 500
    assert near(front, RIGHT_COLOR) == 0
    assert near(side, RIGHT_COLOR) > 500
    with pytest.raises(InputError, match="none of the measures"):
        measures_picture(scan, marks, [m for m in found if m.unit == "%"])
    with pytest.raises(InputError, match="unit"):
        measures_picture(scan, dataclasses.replace(marks, unit=None, mm_per_unit=None), found)


def test_the_fuller_side_is_brown_and_what_was_not_measured_grey() -> None:
    bump = 4 * np.exp(-np.square(MODEL.vertices - [45, -10, 85]).sum(axis=1) / (2 * 12**2))
    vertices = MODEL.vertices + bump[:, None] * np.array([0.5, 0, 0.85])
    for low in (-np.inf, 30.0):
        confidence = (MODEL.vertices[:, 1] > low).astype(float)
        face = Face(vertices, np.zeros(100), np.zeros(53), confidence, Similarity.identity(), "mm")
        picture = np.asarray(asymmetry_picture(face, asymmetry(face))).astype(int)[100:-100]
        left = picture[:, -picture.shape[1] // 3 :]
        brown = (left[..., 0] - left[..., 2] > 90).sum()
        assert (brown > 3000) == (low < 0)
