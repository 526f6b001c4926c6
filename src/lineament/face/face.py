"""A fitted face: a scan in the vertices of the face model, so that everyone's can be compared, posed and measured.

Symbols: V model vertices, K modes of the shape prior, E expressions, T triangles, S seam vertices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lineament.check import check_finite, check_indices, check_shape
from lineament.errors import InputError
from lineament.face.model import FaceModel, load_face_model
from lineament.geometry.alignment import Similarity
from lineament.types import MILLIMETRES, Floats, Ints, _frozen


@dataclass(frozen=True, eq=False, slots=True)
class Template:
    """The surface of a user's own model, which its faces carry: with it they can be used without the model's file.

    Attributes
    ----------
    name, sha256 : str
        Of the model's file.
    expression_names : tuple of E str
    corners : (T, 3) int32
        Corners of the triangles among the vertices and, behind them, the copies.
    copies : (S,) int32
        Vertices that stand a second time behind the V vertices, since the uv has a seam there.
    uv : (V + S, 2) float32
        Of vertices and copies; (0, 2) where the model has none.
    inside : (V,) bool
        The face itself: skin, nose, lips and lids.

    Raises
    ------
    InputError
        Shapes do not agree, or an index is out of range.
    """

    name: str
    sha256: str
    expression_names: tuple[str, ...]
    corners: Ints
    copies: Ints
    uv: Floats
    inside: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        for name, dtype in (("corners", np.int32), ("copies", np.int32), ("uv", np.float32), ("inside", np.bool_)):
            object.__setattr__(self, name, _frozen(getattr(self, name), dtype))
        count = check_shape(self.inside, "V", "inside")["V"]
        copies = check_shape(self.copies, "S", "copies")["S"]
        check_shape(self.uv, f"{count + copies if len(self.uv) else 0} 2", "uv")
        check_shape(self.corners, "T 3", "corners")
        check_finite(self.uv, "uv")
        check_indices(self.copies, count, "copies")
        check_indices(self.corners, count + copies, "corners")

    @property
    def triangles(self) -> Ints:
        """The triangles (T, 3) of the V vertices, without seams."""
        return np.concatenate([np.arange(len(self.inside), dtype=np.int32), self.copies])[self.corners]

    def with_copies(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Repeat values (V, ...) of vertices for the copies, (V + S, ...)."""
        return np.concatenate([values, values[self.copies]])


@dataclass(frozen=True, eq=False, slots=True)
class Face:
    """A face model fitted to one scan.

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
    template : Template or None
        The user's own model that was fitted, whose modes and expressions are meant then; None for the one that ships
        with Lineament.

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
    template: Template | None = None

    def __post_init__(self) -> None:
        for name in ("vertices", "identity", "expression", "confidence"):
            object.__setattr__(self, name, _frozen(getattr(self, name), np.float32))
            check_finite(getattr(self, name), name)
        count = check_shape(self.vertices, "V 3", "vertices")["V"]
        check_shape(self.identity, "K", "identity")
        check_shape(self.expression, "E", "expression")
        check_shape(self.confidence, f"{count}", "confidence")
        if self.template is not None:
            check_shape(self.vertices, f"{len(self.template.inside)} 3", "vertices")
            check_shape(self.expression, f"{len(self.template.expression_names)}", "expression")
        if self.unit is not None and self.unit not in MILLIMETRES:
            raise InputError(f"unit is {self.unit!r}, expected one of {', '.join(MILLIMETRES)}")

    def in_scan(self) -> Floats:
        """Return the vertices (V, 3) in the scan's frame and unit."""
        moved: Floats = self.pose.inverse().apply(self.vertices)
        return moved


def model_of(face: Face) -> FaceModel:
    """Return the shipped face model, which only its own faces can be used with.

    Raises
    ------
    InputError
        The face is of a user's own model.
    """
    if face.template is not None:
        raise InputError(
            f"the face was fitted with {face.template.name}; this needs a face of Lineament's own model: "
            "fit the scan again without --model"
        )
    return load_face_model()
