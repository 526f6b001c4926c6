"""The shape prior laid onto a scan: identity, expression and pose by Gauss-Newton on point-to-plane distances.

Symbols: V model vertices, S of them matched, L landmarks, P parameters. Millimetres, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.transform import Rotation

from lineament.detect.answers import AXIS_SHARE
from lineament.face.basis import EXPRESSION, Basis
from lineament.face.measured import Measured, match
from lineament.geometry.normals import vertex_normals
from lineament.types import Floats, Ints

Float64s = npt.NDArray[np.float64]

ROUNDS = ((20.0, 4.0), (14.0, 3.0), (9.0, 2.0), (6.0, 1.4), *((4.0, 1.0),) * 3, *((4.0, 0.5),) * 4, *((3.0, 0.3),) * 8)
"""How far a match may lie in each round, and the most that a usual one is believed to, mm. Coarse rounds find the
place; without the fine ones the surface hardly says where along it a point is."""
FINEST = 0.12
"""The least that a usual match is believed to be off, mm: no prior knows a face better."""
ROBUST = 3.0
"""A match this many times as far off as a usual one counts a quarter: hair, glasses, a hand."""
CORRELATED = 5.0
"""Vertices whose errors count as one."""
ALIKE = 10.0
"""Landmarks whose errors count as one: one network's answers to one scan."""
EXPLAINED = 0.5
"""Usual distance of a match below which the surface itself says more and more where its parts are, mm."""
TURN, MOVE = 0.1, 8.0
"""Standard deviations of a round's change of pose, rad and mm."""


@dataclass(frozen=True, eq=False)
class Targets:
    """Landmarks that pull the model."""

    mean: Floats
    """(L, 3) where they lie on the basis's mean"""
    modes: Floats
    """(P, L, 3) how the basis moves them"""
    xyz: Floats
    """(L, 3) where they were found"""
    sigma: Floats
    """(L,) expected errors"""


@dataclass(frozen=True, eq=False)
class Laid:
    """The model as it lies on the scan: `rotation @ shape + translation`."""

    parameters: Floats
    """(P,)"""
    rotation: Float64s
    translation: Float64s

    def apply(self, points: Floats) -> Floats:
        """Move points (..., 3) of the model to where they lie."""
        moved: Floats = (points @ self.rotation.T + self.translation).astype(np.float32)
        return moved


def lay(
    basis: Basis, triangles: Ints, used: npt.NDArray[np.int64], trust: Floats, surface: Measured, marks: Targets
) -> Laid:
    """Fit the basis to a surface and landmarks.

    Parameters
    ----------
    basis : Basis
    triangles : (T, 3) int32
    used : (S,) int64
        Vertices that are matched to the surface.
    trust : (S,) float32
        How much each counts, 0 to 1.
    surface : Measured
    marks : Targets

    Returns
    -------
    Laid
        Expressions lie between 0 and 1.
    """
    laid = Laid(np.zeros(len(basis.modes), np.float32), np.eye(3), np.zeros(3))
    modes = np.ascontiguousarray(basis.modes[:, used])
    held = np.zeros(len(basis.modes), dtype=np.bool_)
    for reach, most in ROUNDS:
        shape = basis.shape(laid.parameters)
        moved = laid.apply(shape)
        found = match(surface, moved[used], vertex_normals(moved, triangles)[used], reach)
        apart = ((found.points - moved[used]) * found.normals).sum(axis=1)
        weight = found.weight * trust
        sigma = _usual(apart[weight > 0.3], most)
        # Geman and McClure's weights.
        weight = weight / (1 + (apart / (ROBUST * sigma)) ** 2) ** 2
        root = np.sqrt(weight / (CORRELATED * sigma**2)).astype(np.float32)
        rows = _surface_rows(laid, modes, shape[used], found.normals) * root[:, None]
        alike = ALIKE * max(1.0, EXPLAINED / sigma)
        laid, held = _solved(laid, basis, [(rows, apart * root), _landmark_rows(laid, marks, alike)], held)
    return laid


def _usual(apart: Floats, most: float) -> float:
    """Return the standard deviation of distances with outliers among them, between `FINEST` and `most`."""
    return float(np.clip(1.4826 * np.median(np.abs(apart)), FINEST, most)) if len(apart) else most


def _surface_rows(laid: Laid, modes: Floats, shape: Floats, normals: Floats) -> Floats:
    """Return how rotation, translation and parameters move vertices along the normals, (S, 6 + P)."""
    turn = laid.rotation.astype(np.float32)
    by_mode = np.einsum("psc,sc->sp", modes, normals @ turn, optimize=True)
    rows: Floats = np.concatenate([np.cross(shape @ turn.T, normals), normals, by_mode], axis=1)
    return rows


def _landmark_rows(laid: Laid, marks: Targets, alike: float) -> tuple[Floats, Floats]:
    """Return weighted rows (3 L, 6 + P) of the landmarks, and what they should come to (3 L,)."""
    turn = laid.rotation.astype(np.float32)
    shape = marks.mean + np.tensordot(laid.parameters, marks.modes, 1)
    rest = marks.xyz - laid.apply(shape)
    sigma = AXIS_SHARE * marks.sigma
    root = 1 / (np.sqrt(alike) * sigma * (1 + np.square(rest).sum(axis=1) / (6 * sigma) ** 2))
    rows = np.zeros((len(rest), 3, 6 + len(marks.modes)), np.float32)
    turned = shape @ turn.T
    for axis, (one, other) in enumerate(((1, 2), (2, 0), (0, 1))):
        rows[:, one, axis], rows[:, other, axis] = -turned[:, other], turned[:, one]
        rows[:, axis, 3 + axis] = 1
    rows[:, :, 6:] = np.einsum("plc,dc->ldp", marks.modes, turn, optimize=True)
    rows *= root[:, None, None]
    return rows.reshape(-1, rows.shape[-1]), (rest * root[:, None]).reshape(-1)


def _solved(
    laid: Laid, basis: Basis, parts: list[tuple[Floats, Floats]], held: npt.NDArray[np.bool_]
) -> tuple[Laid, npt.NDArray[np.bool_]]:
    """Solve the normal equations with the priors; return which expressions came to a limit and stay there a round."""
    rows, rest = (np.concatenate(both) for both in zip(*parts, strict=True))
    normal, right = (rows.T @ rows).astype(np.float64), (rows.T @ rest).astype(np.float64)
    normal[range(6), range(6)] += np.repeat([TURN**-2, MOVE**-2], 3)
    normal[6:, 6:] += basis.precision
    right[6:] -= basis.precision @ laid.parameters
    free = np.concatenate([np.ones(6, dtype=np.bool_), ~held])
    change = np.zeros(len(right))
    change[free] = cho_solve(cho_factor(normal[np.ix_(free, free)]), right[free])
    wanted = (laid.parameters + change[6:]).astype(np.float32)
    parameters = wanted.copy()
    parameters[basis.identities :] = np.clip(wanted[basis.identities :], 0, 1 / EXPRESSION)
    turn = Rotation.from_rotvec(change[:3]).as_matrix()
    return Laid(parameters, turn @ laid.rotation, turn @ laid.translation + change[3:6]), parameters != wanted
