"""A scan goes in, a registered face comes out: landmarks, the linear model, then what the scan shows beyond it.

Symbols: V model vertices, L landmarks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from lineament.detect.detector import Detection, Detector
from lineament.errors import NoFaceError
from lineament.face.basis import EXPRESSION, Basis, FitModel, shipped_model
from lineament.face.believable import check_believable
from lineament.face.face import Face
from lineament.face.follow import follow
from lineament.face.linear import Laid, Targets, lay
from lineament.face.measured import measured_surface
from lineament.face.model import LANDMARK_SETS, FaceModel
from lineament.face.start import expected_errors, start_from
from lineament.geometry.alignment import Similarity
from lineament.geometry.neighbours import knn
from lineament.geometry.quality import on_boundary
from lineament.geometry.sampling import farthest_point_sample
from lineament.types import Floats, Landmarks, Scan

RIM = 4.0
"""Distance from a rim within which scans show lashes, teeth and the other lip, mm."""
RIM_FRONT = 40.0
"""The rims of mouth and eyes lie farther forward than this in the face frame, the mask's outer rim behind it, mm."""
MATCHED = 3500
"""Vertices that are matched to the scan while the prior is fitted."""
LEAST_SHOWN = 0.05
"""Share of the skin that has to be measured."""
TRUST = {"face": 1.0, "lips": 0.7, "eyelids": 0.5, "nose": 1.0, "ears": 0.3, "scalp": 0.25, "neck": 0.6}
"""How far each region is believed to be skin, and the part that the model takes it for; 0 for all others."""


def fit_face(
    scan: Scan,
    landmarks: Detection | Landmarks | None = None,
    detector: Detector | None = None,
    model: FitModel | None = None,
) -> Face:
    """Fit a face model to a scan.

    Parameters
    ----------
    scan : Scan
    landmarks : Detection or Landmarks, optional
        A detector's result, best with all sets; or one set in the scan's frame and unit, set by hand perhaps, in which
        points may be missing. Without it they are found here.
    detector : Detector, optional
        Finds them; without it the package's networks do.
    model : FitModel, optional
        One of the user's own, from `lineament.read_model`; without it the one that ships with Lineament.

    Raises
    ------
    NoFaceError
        No face can be found with confidence, hardly anything of it was measured, or what was measured is no face.
    InputError
        The landmarks are of no set, are too few, or do not lie as on a face.
    """
    model = model or shipped_model()
    if isinstance(landmarks, Landmarks):
        found = start_from(landmarks)
    else:
        found = landmarks or (detector or Detector()).detect(scan, LANDMARK_SETS)
    surface = measured_surface(scan, found.pose)
    trust, used = _trust(model.surface), _matched(model.surface)

    def laid_on(basis: Basis) -> Laid:
        marks = _targets(model.surface, basis, found.landmarks, found.pose)
        return lay(basis, model.surface.triangles, used, trust[used], surface, marks)

    basis = model.basis(None)
    laid = laid_on(basis)
    nearer = model.basis(laid.parameters[: basis.identities])
    if nearer is not basis:  # the model's expressions depend on the person
        basis, laid = nearer, laid_on(nearer)
    vertices, confidence = follow(model.surface, laid.apply(basis.shape(laid.parameters)), surface, trust)
    shown = float(confidence[trust > 0].mean())
    if shown < LEAST_SHOWN:
        raise NoFaceError(
            f"the scan shows {shown:.0%} of the face where its landmarks are; a fit needs {LEAST_SHOWN:.0%}"
        )
    back = Similarity(1.0, laid.rotation, laid.translation).inverse()
    identity, expression = np.split(laid.parameters, [basis.identities])
    pose, weights = back @ found.pose, expression * EXPRESSION
    face = Face(back.apply(vertices), identity, weights, confidence, pose, found.unit, model.template)
    check_believable(face, basis.shape(laid.parameters), model.surface, found.landmarks)
    return face


@cache
def _trust(model: FaceModel) -> Floats:
    """Return how far each vertex (V,) may follow the scan, 0 to 1; less towards the rims of lips and lids."""
    trust: Floats = np.array([TRUST.get(name, 0.0) for name in model.region_names], np.float32)[model.region]
    skin = trust > 0
    rim = np.flatnonzero(on_boundary(len(trust), model.triangles[skin[model.triangles].all(axis=1)]))
    away = knn(model.vertices[rim], 1, model.vertices)[1][:, 0]
    return trust * np.where(model.vertices[:, 2] > RIM_FRONT, np.clip(away / RIM, 0.02, 1), 1).astype(np.float32)


@cache
def _matched(model: FaceModel) -> npt.NDArray[np.int64]:
    """Return vertices (S,) evenly over what may be matched to a scan."""
    skin = np.flatnonzero(_trust(model) > 0)
    chosen: npt.NDArray[np.int64] = skin[farthest_point_sample(model.vertices[skin], MATCHED)]
    return chosen


def _targets(model: FaceModel, basis: Basis, landmarks: Mapping[str, Landmarks], pose: Similarity) -> Targets:
    """Gather the landmarks of all sets that there are, in the face frame."""
    sets = [name for name in LANDMARK_SETS if name in landmarks]
    given = np.concatenate([np.isfinite(landmarks[name].xyz).all(axis=1) for name in sets])
    return Targets(
        np.concatenate([model.landmarks(basis.mean, name) for name in sets])[given],
        np.concatenate([model.landmarks(basis.modes, name) for name in sets], axis=1)[:, given],
        np.concatenate([pose.apply(landmarks[name].xyz) for name in sets])[given].astype(np.float32),
        np.concatenate([expected_errors(landmarks[name]) for name in sets])[given],
    )
