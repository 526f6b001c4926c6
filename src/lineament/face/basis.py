"""All that the linear fit may change about a face's shape, in one basis; and the models that give one.

Symbols: V model vertices, K identity modes, E expressions, P = K + E parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from lineament.face.face import Template
from lineament.face.model import FaceModel, load_face_model
from lineament.face.play import expression_precision
from lineament.face.prior import load_shape_prior
from lineament.types import Floats

EXPRESSION = 0.3
"""Weight of an expression for which its parameter is 1."""


@dataclass(frozen=True, eq=False)
class Basis:
    """`mean + sum x_p modes[p]` with x ~ N(0, the inverse of `precision`)."""

    mean: Floats
    """(V, 3) mm, face frame"""
    modes: Floats
    """(P, V, 3) mm: identity, then expression"""
    identities: int
    """K"""
    precision: npt.NDArray[np.float64]
    """(P, P)"""

    @classmethod
    def build(cls, mean: Floats, identity: Floats, expression: Floats, names: Sequence[str]) -> Basis:
        """Put together how people differ (K, V, 3), one standard deviation each, and expressions (E, V, 3) by name."""
        count = len(identity)
        precision = np.eye(count + len(names))
        precision[count:, count:] = expression_precision(names) * EXPRESSION**2
        return cls(mean, np.concatenate([identity, expression * np.float32(EXPRESSION)]), count, precision)

    def shape(self, parameters: Floats) -> Floats:
        """Return the vertices (V, 3) of the parameters (P,), mm, face frame."""
        offset = parameters.astype(np.float32) @ self.modes.reshape(len(self.modes), -1)
        shape: Floats = self.mean + offset.reshape(self.mean.shape)
        return shape


@cache
def load_basis() -> Basis:
    """Put the shape prior and the model's expressions into one basis; kept for the next scan."""
    prior, model = load_shape_prior(), load_face_model()
    return Basis.build(prior.mean, prior.modes, model.expression, model.expression_names)


@dataclass(frozen=True, eq=False)
class FitModel:
    """What scans can be fitted with: the face model that ships with Lineament, or a user's own."""

    surface: FaceModel
    """Its vertices, triangles, regions and landmarks; identity and expression as they are at the mean."""
    basis: Callable[[Floats | None], Basis]
    """What may change near a person of identity (K,), at the mean without one; the same object where that is alike."""
    template: Template | None = None
    """None for the shipped one."""


@cache
def shipped_model() -> FitModel:
    """Return the model that ships with Lineament."""
    basis = load_basis()
    return FitModel(load_face_model(), lambda _: basis)
