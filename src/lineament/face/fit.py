"""A scan goes in, a registered face comes out: landmarks, the linear model, then what the scan shows beyond it.

Symbols: V model vertices, L landmarks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from lineament.detect.detector import Detection, Detector
from lineament.face.basis import EXPRESSION, Basis, load_basis
from lineament.face.face import Face
from lineament.face.follow import follow
from lineament.face.linear import Targets, lay
from lineament.face.measured import measured_surface
from lineament.face.model import LANDMARK_SETS, FaceModel, load_face_model
from lineament.geometry.alignment import Similarity
from lineament.geometry.sampling import farthest_point_sample
from lineament.types import Floats, Landmarks, Scan

MATCHED = 3500
"""Vertices that are matched to the scan while the prior is fitted."""
TRUST = {"face": 1.0, "lips": 0.7, "eyelids": 0.5, "nose": 1.0, "ears": 0.3, "scalp": 0.25, "neck": 0.6}
"""How far each region is believed to be skin, and the part that the model takes it for; 0 for all others."""


def fit_face(scan: Scan, detection: Detection | None = None, detector: Detector | None = None) -> Face:
    """Fit the face model to a scan.

    Parameters
    ----------
    scan : Scan
    detection : Detection, optional
        All landmark sets of this scan; without it they are found here.
    detector : Detector, optional
        Finds them; without it the package's networks do.

    Raises
    ------
    NoFaceError
        No face can be found with confidence, or hardly anything of it was measured.
    """
    model, basis = load_face_model(), load_basis()
    found = detection or (detector or Detector()).detect(scan, LANDMARK_SETS)
    surface = measured_surface(scan, found.pose)
    trust, used = _trust(model), _matched(model)
    marks = _targets(model, basis, found.landmarks, found.pose)
    laid = lay(basis, model.triangles, used, trust[used], surface, marks)
    vertices, confidence = follow(model, laid.apply(basis.shape(laid.parameters)), surface, trust)
    back = Similarity(1.0, laid.rotation, laid.translation).inverse()
    identity, expression = np.split(laid.parameters, [basis.identities])
    return Face(back.apply(vertices), identity, expression * EXPRESSION, confidence, back @ found.pose, found.unit)


@cache
def _trust(model: FaceModel) -> Floats:
    trust: Floats = np.array([TRUST.get(name, 0.0) for name in model.region_names], np.float32)[model.region]
    return trust


@cache
def _matched(model: FaceModel) -> npt.NDArray[np.int64]:
    """Return vertices (S,) evenly over what may be matched to a scan."""
    skin = np.flatnonzero(_trust(model) > 0)
    chosen: npt.NDArray[np.int64] = skin[farthest_point_sample(model.vertices[skin], MATCHED)]
    return chosen


def _targets(model: FaceModel, basis: Basis, landmarks: Mapping[str, Landmarks], pose: Similarity) -> Targets:
    """Gather the landmarks of all sets that there are, in the face frame."""
    sets = [name for name in LANDMARK_SETS if name in landmarks]
    return Targets(
        np.concatenate([model.landmarks(basis.mean, name) for name in sets]),
        np.concatenate([model.landmarks(basis.modes, name) for name in sets], axis=1),
        np.concatenate([pose.apply(landmarks[name].xyz) for name in sets]).astype(np.float32),
        np.concatenate([landmarks[name].sigma for name in sets]).astype(np.float32),
    )
