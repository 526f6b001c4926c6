"""Anthropometric measures of a face, each with its standard error, and its left-right asymmetry."""

from __future__ import annotations

from lineament.measure.asymmetry import FaceAsymmetry, LandmarkAsymmetry, asymmetry, landmark_asymmetry
from lineament.measure.catalogue import MEASURES, measures
from lineament.measure.measurement import Measurement, measure_face, measure_landmarks

__all__ = [
    "MEASURES",
    "FaceAsymmetry",
    "LandmarkAsymmetry",
    "Measurement",
    "asymmetry",
    "landmark_asymmetry",
    "measure_face",
    "measure_landmarks",
    "measures",
]
