"""A detector without networks, in a module that worker processes can import: it puts the mean face at the centroid."""

from __future__ import annotations

import os
import signal

import numpy as np

from lineament.detect.detector import Detection
from lineament.errors import NoFaceError
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.types import MILLIMETRES, Landmarks, Scan

FACELESS, DEADLY, BROKEN = 50, 51, 52
"""Numbers of points that make a scan hold no face, kill the process, or reveal a bug."""


class FakeDetector:
    def __init__(self, threads: int = 0) -> None:
        self.threads = threads

    def detect(self, scan: Scan, sets: tuple[str, ...] = ("ibug68",), unit: str | None = None) -> Detection:
        if len(scan) == FACELESS:
            raise NoFaceError("no part of the scan looks like a face")
        if len(scan) == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        if len(scan) == BROKEN:
            raise ZeroDivisionError("division by zero")
        model = load_face_model()
        extent = float(np.ptp(scan.points, axis=0).max())
        names = [unit] if unit else list(MILLIMETRES)
        found = next((name for name in names if 100 < extent * MILLIMETRES[name] < 1000), unit)
        mm = MILLIMETRES[found] if found else 200 / extent
        pose = Similarity(mm, np.eye(3), -mm * scan.points.mean(axis=0, dtype=np.float64))
        landmarks = {}
        for name in sets:
            chosen = model.landmark_sets[name]
            sigma = np.full(len(chosen), 1.5, np.float32)
            xyz = pose.inverse().apply(model.landmarks(model.vertices, name))
            visible = np.arange(len(chosen)) > 1
            landmarks[name] = Landmarks(chosen.names, xyz, sigma, visible, found, mm, set_name=name)
        return Detection(landmarks, pose, found, mm, 0.9)
