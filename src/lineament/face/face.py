"""A fitted face: a scan in the vertices of the face model, so that everyone's can be compared, posed and measured.

Symbols: V model vertices, K modes of the shape prior, E expressions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineament.check import check_finite, check_shape
from lineament.errors import InputError
from lineament.geometry.alignment import Similarity
from lineament.types import MILLIMETRES, Floats, _frozen


@dataclass(frozen=True, eq=False, slots=True)
class Face:
    """The face model fitted to one scan.

    Attributes
    ----------
    vertices : (V, 3) float32, mm, face frame
        The fitted surface: the prior's shape, and beyond it what the scan shows.
    identity : (K,) float32
        Coefficients of the shape prior's modes (`lineament.face.prior`), in standard deviations.
    expression : (E,) float32
        Weights of the model's expressions, 0 to 1.
    confidence : (V,) float32
        1 where the scan was measured there, 0 where the model alone says how the face goes on.
    pose : Similarity
        From the scan's frame and unit to the face frame in mm.
    unit : str or None
        Unit of the scan, `mm`, `cm`, `m` or `in`; None when it is in none of them.

    Raises
    ------
    InputError
        Shapes do not agree, or a value is not finite.
    """

    vertices: Floats
    identity: Floats
    expression: Floats
    confidence: Floats
    pose: Similarity
    unit: str | None = None

    def __post_init__(self) -> None:
        for name in ("vertices", "identity", "expression", "confidence"):
            object.__setattr__(self, name, _frozen(getattr(self, name), np.float32))
            check_finite(getattr(self, name), name)
        count = check_shape(self.vertices, "V 3", "vertices")["V"]
        check_shape(self.identity, "K", "identity")
        check_shape(self.expression, "E", "expression")
        check_shape(self.confidence, f"{count}", "confidence")
        if self.unit is not None and self.unit not in MILLIMETRES:
            raise InputError(f"unit is {self.unit!r}, expected one of {', '.join(MILLIMETRES)}")

    def in_scan(self) -> Floats:
        """Return the vertices (V, 3) in the scan's frame and unit."""
        moved: Floats = self.pose.inverse().apply(self.vertices)
        return moved
