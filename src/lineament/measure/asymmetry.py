"""Left-right asymmetry: a face beside its own mirror image.

The mirror image has left and right exchanged, landmark by landmark or vertex by vertex, and is laid onto the face by a
rigid motion (Procrustes superimposition of an object with its relabelled reflection; Mardia, Bookstein and Moreton
2000). What is left over is asymmetry: zero for a symmetric face.

Symbols: L landmarks, V model vertices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from lineament.detect.answers import AXIS_SHARE
from lineament.errors import InputError
from lineament.face.face import Face, model_of
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity, fit_similarity
from lineament.geometry.normals import vertex_normals
from lineament.measure.formulas import INTERVAL_90, Float64s
from lineament.types import Floats, Landmarks, _frozen

_MIRROR = np.array([-1.0, 1.0, 1.0])
_ROUNDS = 20
_NOISE_90 = float(np.sqrt(2 * gammaincinv(1.5, 0.9)))
"""Length of a vector of three standard normals that holds 90 %."""


@dataclass(frozen=True, eq=False, slots=True)
class LandmarkAsymmetry:
    """Asymmetry of landmarks; a point on the midline is its own partner.

    Attributes
    ----------
    names : tuple of L str
    offset : (L, 3) float32, mm
        From the mirrored partner to the point, in the frame of the landmarks. NaN where one of the two is missing.
    size : (L,) float32, mm
        Length of the offset.
    standard_error : (L,) float32, mm
        Of the size, from the errors of the landmarks; NaN where they are unknown.
    by_error : (L,) float32, mm
        Size that errors of the landmarks alone stay below 9 times in 10; NaN where they are unknown.
    visible : (L,) bool
        Whether the scan shows both partners.
    """

    names: tuple[str, ...]
    offset: Floats
    size: Floats
    standard_error: Floats
    by_error: Floats
    visible: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class FaceAsymmetry:
    """Asymmetry of a fitted face.

    Attributes
    ----------
    offset : (V, 3) float32, mm, face frame
        From the mirror image to the face.
    signed : (V,) float32, mm
        Along the outward normal: positive where the face is fuller than on its other side.
    confidence : (V,) float32
        Of the less measured of both sides.
    """

    offset: Floats
    signed: Floats
    confidence: Floats

    def __post_init__(self) -> None:
        for name in ("offset", "signed", "confidence"):
            object.__setattr__(self, name, _frozen(getattr(self, name), np.float32))


def landmark_asymmetry(landmarks: Landmarks, mm_per_unit: float | None = None) -> LandmarkAsymmetry:
    """Compare landmarks with their mirror image.

    Parameters
    ----------
    landmarks : Landmarks
        Of a set of the face model, or with names that end in `_l` and `_r`.
    mm_per_unit : float or None
        Overrules the landmarks' own.

    Raises
    ------
    InputError
        The unit is unknown, or fewer than three points that do not lie on a line have a partner.
    """
    size = mm_per_unit or landmarks.mm_per_unit
    if size is None:
        raise InputError("the unit of the landmarks is unknown, and asymmetry is in mm; give the unit")
    partner = _partners(landmarks)
    own = partner == np.arange(len(partner))
    xyz = landmarks.xyz.astype(np.float64)
    known = (partner >= 0) & np.isfinite(xyz).all(axis=1) & np.isfinite(xyz[partner]).all(axis=1)
    if np.count_nonzero(known & ~own) < 4 or np.count_nonzero(known) < 5:
        raise InputError(
            f"{np.count_nonzero(known)} landmarks have a partner on the other side; asymmetry needs two pairs and a "
            "point of the midline, or more"
        )
    xyz = (xyz - xyz[known].mean(axis=0)) * size
    error = np.full(len(xyz), np.nan)
    weights = known.astype(np.float64)
    if landmarks.sigma is not None:
        sigma = landmarks.sigma.astype(np.float64)
        # A midline point moves with its own mirror image, away from it: its error counts twice, not as two errors.
        error[known] = (AXIS_SHARE * np.where(own, 2 * sigma, np.hypot(sigma, sigma[partner])))[known]
        weights[known] /= np.maximum(np.square(error[known]), 1e-6)
    offset = np.full(xyz.shape, np.nan)
    offset[known] = (xyz - _mirrored(xyz, partner, weights))[known]
    by_error = (
        np.where(own, INTERVAL_90, _NOISE_90) * error
    )  # in one direction for a midline point, in three for a pair
    seen = np.asarray(landmarks.visible)
    return LandmarkAsymmetry(
        landmarks.names,
        _frozen(offset, np.float32),
        _frozen(np.sqrt(np.square(offset).sum(axis=1)), np.float32),
        _frozen(error, np.float32),
        _frozen(by_error, np.float32),
        _frozen(known & seen & seen[partner], np.bool_),
    )


def asymmetry(face: Face) -> FaceAsymmetry:
    """Compare a fitted face with its mirror image, vertex by vertex.

    Parts that were not measured do not take part in laying the mirror image on, nor do those that differ most: the
    weights are Tukey's, so that one swollen cheek does not tilt the whole.

    Raises
    ------
    InputError
        The face has another number of vertices than the face model, or nothing of it was measured on both sides.
    """
    model = model_of(face)
    if len(face.vertices) != len(model.vertices):
        raise InputError(f"the face has {len(face.vertices)} vertices, the face model {len(model.vertices)}")
    vertices = face.vertices.astype(np.float64)
    confidence = np.minimum(face.confidence, face.confidence[model.mirror])
    weights = confidence * _skin_area(vertices, model.triangles)
    if not np.count_nonzero(weights) >= 3:
        raise InputError("nothing of the face was measured on both sides; asymmetry cannot be told")
    first = weights
    for _ in range(_ROUNDS):
        offset = vertices - _mirrored(vertices, model.mirror, weights)
        distance = np.sqrt(np.square(offset).sum(axis=1))
        cut = max(6 * float(np.median(distance[first > 0])), 0.1)
        before, weights = weights, first * np.square(np.clip(1 - np.square(distance / cut), 0, None))
        if np.abs(weights - before).sum() < 1e-4 * first.sum():
            break
    normals = vertex_normals(vertices, model.triangles)
    return FaceAsymmetry(
        offset.astype(np.float32), (offset * normals).sum(axis=1).astype(np.float32), confidence.astype(np.float32)
    )


def _mirrored(xyz: Float64s, partner: Sequence[int] | npt.NDArray[np.integer], weights: Float64s) -> Float64s:
    """Return the mirror image with sides exchanged, laid onto the points."""
    image = xyz[np.asarray(partner)] * _MIRROR
    used = weights > 0
    rigid: Similarity = fit_similarity(image[used], xyz[used], weights[used], with_scale=False)
    return np.asarray(rigid.apply(image))


def _partners(landmarks: Landmarks) -> npt.NDArray[np.intp]:
    """Return the row of each landmark's partner (L,), its own on the midline, -1 where it is unknown."""
    known = load_face_model().landmark_sets.get(landmarks.set_name)
    if known is not None and known.names == landmarks.names:
        return known.mirror.astype(np.intp)
    row = {name: i for i, name in enumerate(landmarks.names)}
    pairs = {}
    for name in landmarks.names:
        other = name[:-2] + {"_l": "_r", "_r": "_l"}.get(name[-2:], name[-2:])
        pairs[name] = row.get(other, -1)
    return np.array([pairs[name] for name in landmarks.names], dtype=np.intp)


def _skin_area(vertices: Float64s, triangles: npt.NDArray[np.integer]) -> Float64s:
    """Return a third of the area of the triangles around each vertex."""
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    area = np.sqrt(np.square(np.cross(b - a, c - a)).sum(axis=1)) / 6
    return np.bincount(triangles.T.reshape(-1), np.tile(area, 3), len(vertices)).astype(np.float64)
