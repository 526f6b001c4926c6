"""Similarity transforms and their fits to pairs of points.

Symbols: N pairs, H hypotheses; a transform maps a source point x to `scale * rotation @ x + translation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.check import check_finite, check_shape
from lineament.errors import InputError

Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Similarity:
    """A uniform scale, a proper rotation and a translation.

    Attributes
    ----------
    scale : float
        Positive.
    rotation : (3, 3) float64
        Orthonormal, determinant +1.
    translation : (3,) float64, target unit

    Raises
    ------
    InputError
        The scale is not positive, or the rotation is not one: a reflection, or sheared.
    """

    scale: float
    rotation: Float64s
    translation: Float64s

    def __post_init__(self) -> None:
        for name, shape in (("rotation", "3 3"), ("translation", "3")):
            value = np.array(getattr(self, name), dtype=np.float64)
            check_shape(value, shape, name)
            check_finite(value, name)
            value.flags.writeable = False
            object.__setattr__(self, name, value)
        object.__setattr__(self, "scale", float(self.scale))
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise InputError(f"scale is {self.scale}, expected a positive number")
        skew = np.abs(self.rotation @ self.rotation.T - np.eye(3)).max()
        if skew > 1e-4 or np.linalg.det(self.rotation) < 0:
            raise InputError("rotation is not a proper rotation; expected an orthonormal matrix of determinant +1")

    @classmethod
    def identity(cls) -> Similarity:
        """Return the transform that leaves points where they are."""
        return cls(1.0, np.eye(3), np.zeros(3))

    @property
    def matrix(self) -> Float64s:
        """The transform as a homogeneous matrix `(4, 4)`."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.scale * self.rotation
        matrix[:3, 3] = self.translation
        return matrix

    def apply(self, points: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Transform `points (..., 3)`; computed in float64, returned in their own floating type."""
        points = np.asarray(points)
        moved = self.scale * (points.astype(np.float64) @ self.rotation.T) + self.translation
        return moved.astype(points.dtype) if np.issubdtype(points.dtype, np.floating) else moved

    def rotate(self, vectors: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Rotate directions such as normals `(..., 3)`; neither scaled nor moved."""
        return (vectors @ self.rotation.T).astype(vectors.dtype)

    def inverse(self) -> Similarity:
        """Return the transform from target to source."""
        return Similarity(1 / self.scale, self.rotation.T, -(self.rotation.T @ self.translation) / self.scale)

    def __matmul__(self, first: Similarity) -> Similarity:
        """Return the transform that applies `first`, then this one."""
        translation = self.scale * self.rotation @ first.translation + self.translation
        return Similarity(self.scale * first.scale, self.rotation @ first.rotation, translation)


def fit_similarity(
    source: npt.NDArray[Any],
    target: npt.NDArray[Any],
    weights: npt.NDArray[Any] | None = None,
    with_scale: bool = True,
) -> Similarity:
    """Fit `target = scale * rotation @ source + translation` by least squares (Umeyama 1991).

    Parameters
    ----------
    source, target : (N, 3) float
        Pairs; N of 3 or more.
    weights : (N,) float, optional
        Not negative; 0 leaves a pair out.
    with_scale : bool
        False keeps the scale at 1.

    Returns
    -------
    Similarity
        Always a proper rotation, also where a reflection would fit better.

    Raises
    ------
    InputError
        A value is not finite, shapes differ, fewer than 3 pairs have weight, or the points lie on a line.
    """
    source, target, weights = _checked(source, target, weights)
    scale, rotation, translation, sound = _umeyama(source[None], target[None], weights[None], with_scale)
    if not sound[0]:
        raise InputError(
            f"{np.count_nonzero(weights)} pairs of points do not fix a transform; "
            "expected 3 or more that do not lie on one line"
        )
    return Similarity(float(scale[0]), rotation[0], translation[0])


def fit_similarity_robust(
    source: npt.NDArray[Any],
    target: npt.NDArray[Any],
    weights: npt.NDArray[Any] | None = None,
    *,
    inlier_distance: float,
    with_scale: bool = True,
    seed: int = 0,
) -> tuple[Similarity, npt.NDArray[np.bool_]]:
    """Fit a similarity where up to about two thirds of the pairs are wrong.

    256 triples are fitted at once (RANSAC, Fischler and Bolles 1981) and scored by truncated squared residuals
    (MSAC, Torr and Zisserman 2000); the best is refined by least squares with Tukey's weights.

    Parameters
    ----------
    source, target : (N, 3) float
    weights : (N,) float, optional
        Not negative; how much each pair counts, and how likely it is drawn.
    inlier_distance : float, target unit
        A pair with a larger residual is an outlier.
    with_scale : bool
    seed : int
        Of the draw of triples.

    Returns
    -------
    transform : Similarity
    inliers : (N,) bool

    Raises
    ------
    InputError
        As `fit_similarity`; or no three pairs agree within `inlier_distance`.
    """
    source, target, weights = _checked(source, target, weights)
    if not inlier_distance > 0:
        raise InputError(f"inlier distance is {inlier_distance}, expected a positive number")
    best = _best_triple(source, target, weights, inlier_distance, with_scale, seed)
    for _ in range(10):
        residual = np.linalg.norm(best.apply(source) - target, axis=1)
        # Wider than the inlier distance: a triple is noisier than the fit it starts.
        tukey = np.clip(1 - (residual / (2 * inlier_distance)) ** 2, 0, None) ** 2
        scale, rotation, translation, sound = _umeyama(source[None], target[None], (weights * tukey)[None], with_scale)
        if not sound[0]:
            break
        best = Similarity(float(scale[0]), rotation[0], translation[0])
    inliers = (np.linalg.norm(best.apply(source) - target, axis=1) <= inlier_distance) & (weights > 0)
    if np.count_nonzero(inliers) < 3:
        raise InputError(f"no three of {len(source)} pairs of points agree within {inlier_distance}")
    return best, inliers


_HYPOTHESES = 256
_SCORED = 2048
"""Pairs that score a hypothesis; more change nothing but the time."""


def _best_triple(
    source: Float64s, target: Float64s, weights: Float64s, distance: float, with_scale: bool, seed: int
) -> Similarity:
    random = np.random.default_rng(seed)
    # The top three of Gumbel-shifted log weights are a weighted draw without replacement.
    used = np.flatnonzero(weights)
    if len(used) > _SCORED:
        used = random.choice(used, _SCORED, replace=False)
    if len(used) < 3:
        raise InputError(f"{len(used)} pairs of points do not fix a transform; expected 3 or more")
    keys = np.log(weights[used]) + random.gumbel(size=(_HYPOTHESES, len(used)))
    triples = used[np.argpartition(-keys, 2, axis=1)[:, :3]]
    scale, rotation, translation, sound = _umeyama(source[triples], target[triples], np.ones(triples.shape), with_scale)
    if not sound.any():
        raise InputError(f"{len(used)} pairs of points lie on one line; they do not fix a transform")
    moved = scale[:, None, None] * (source[used] @ np.swapaxes(rotation, 1, 2)) + translation[:, None]
    squared = ((moved - target[used]) ** 2).sum(axis=2) / distance**2
    cost = np.where(sound, np.minimum(squared, 1.0) @ weights[used], np.inf)
    best = int(cost.argmin())
    return Similarity(float(scale[best]), rotation[best], translation[best])


def _checked(
    source: npt.NDArray[Any], target: npt.NDArray[Any], weights: npt.NDArray[Any] | None
) -> tuple[Float64s, Float64s, Float64s]:
    source = np.asarray(source, dtype=np.float64)
    target = np.asarray(target, dtype=np.float64)
    count = check_shape(source, "N 3", "source points")["N"]
    check_shape(target, f"{count} 3", "target points")
    check_finite(source, "source points")
    check_finite(target, "target points")
    weights = np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64)
    check_shape(weights, f"{count}", "weights")
    check_finite(weights, "weights")
    if (weights < 0).any():
        raise InputError("weights of pairs are negative; expected 0 or more")
    return source, target, weights


def _umeyama(
    source: Float64s, target: Float64s, weights: Float64s, with_scale: bool
) -> tuple[Float64s, Float64s, Float64s, npt.NDArray[np.bool_]]:
    """Fit (H, N, 3) to (H, N, 3); return scale, rotation, translation, and whether each fit is determined."""
    total = weights.sum(axis=1)
    weights = weights / np.where(total > 0, total, 1)[:, None]
    centre_source = np.einsum("hn,hnc->hc", weights, source)
    centre_target = np.einsum("hn,hnc->hc", weights, target)
    source = source - centre_source[:, None]
    target = target - centre_target[:, None]
    covariance = np.swapaxes(target * weights[:, :, None], 1, 2) @ source
    u, singular, vt = np.linalg.svd(covariance)
    proper = np.ones_like(singular)
    proper[:, 2] = np.where(np.linalg.det(u) * np.linalg.det(vt) < 0, -1.0, 1.0)
    rotation = (u * proper[:, None]) @ vt
    variance = (weights[:, :, None] * source**2).sum(axis=(1, 2))
    explained = (singular * proper).sum(axis=1)
    sound = (singular[:, 1] > 1e-10 * singular[:, 0]) & (variance > 0) & (explained > 0)
    scale = np.where(sound, explained / np.where(variance > 0, variance, 1), 1.0) if with_scale else np.ones(len(u))
    translation = centre_target - scale[:, None] * np.einsum("hij,hj->hi", rotation, centre_source)
    return scale, rotation, translation, sound
