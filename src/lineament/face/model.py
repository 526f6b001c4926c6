"""The face model: a triangulated template, how people differ, how a face moves, and where its landmarks lie.

Symbols: V vertices, T triangles, K modes, L landmarks, B batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.check import check_indices, check_shape
from lineament.errors import InputError, ModelError
from lineament.types import Floats, Ints, LandmarkSet, _frozen

LANDMARK_SETS = ("ibug68", "anthropometric", "dense520")

STABLE_LANDMARKS = (*range(27, 36), 36, 39, 42, 45)
"""iBUG points of nose and eye corners: they fix the face frame, since expressions hardly move them."""


@dataclass(frozen=True, eq=False, slots=True)
class FaceModel:
    """A linear face model, `vertices + sum a_i identity[i] + sum w_j expression[j]`, in mm, face frame.

    Attributes
    ----------
    vertices : (V, 3) float32, mm, face frame
        The mean face; exactly mirror symmetric.
    triangles : (T, 3) int32
        Wound counter-clockwise seen from outside. Skin, mouth bag and the two eyeball caps are separate components.
    uv : (V, 2) float32
        Own layout in [0, 1], without overlaps.
    mirror : (V,) int32
        Index of the same vertex on the other side of the face.
    region : (V,) uint8
        Index into `region_names`.
    region_names : tuple of str
    identity : (100, V, 3) float32, mm
        Displacement by one standard deviation of each mode; coefficients of a population follow N(0, 1).
    expression : (53, V, 3) float32, mm
        Displacement at full activation; weights lie in [0, 1].
    expression_names : tuple of str
        ARKit's names; `browInnerUp` and `cheekPuff` are split into Left and Right, and `tongueOut` is missing.
    landmark_sets : mapping of str to LandmarkSet
        `ibug68`, `anthropometric` and `dense520`.
    """

    vertices: Floats
    triangles: Ints
    uv: Floats
    mirror: Ints
    region: npt.NDArray[np.uint8]
    region_names: tuple[str, ...]
    identity: Floats
    expression: Floats
    expression_names: tuple[str, ...]
    landmark_sets: Mapping[str, LandmarkSet]

    def __post_init__(self) -> None:
        count = len(self.vertices)
        for name, shape, dtype in (
            ("vertices", f"{count} 3", np.float32),
            ("triangles", "T 3", np.int32),
            ("uv", f"{count} 2", np.float32),
            ("mirror", f"{count}", np.int32),
            ("region", f"{count}", np.uint8),
            ("identity", f"K {count} 3", np.float32),
            ("expression", f"{len(self.expression_names)} {count} 3", np.float32),
        ):
            object.__setattr__(self, name, _frozen(getattr(self, name), dtype))
            check_shape(getattr(self, name), shape, name)
        check_indices(self.triangles, count, "triangles")
        check_indices(self.mirror, count, "mirror")
        check_indices(self.region, len(self.region_names), "region")
        for landmark_set in self.landmark_sets.values():
            check_indices(landmark_set.triangle, len(self.triangles), f"triangles of {landmark_set.name}")
        object.__setattr__(self, "landmark_sets", MappingProxyType(dict(self.landmark_sets)))

    def shape(self, identity: npt.ArrayLike | None = None, expression: npt.ArrayLike | None = None) -> Floats:
        """Return the vertices of one face or of a batch.

        Parameters
        ----------
        identity : (K,) or (B, K) array_like, optional
            Coefficients of the first K identity modes, in standard deviations; the rest are zero.
        expression : (K,) or (B, K) array_like, optional
            Weights of the first K expressions.

        Returns
        -------
        (V, 3) or (B, V, 3) float32, mm, face frame

        Raises
        ------
        InputError
            More coefficients than modes, or two batches of different size.
        """
        shape = self.vertices
        for name, weights, basis in (
            ("identity", identity, self.identity),
            ("expression", expression, self.expression),
        ):
            if weights is None:
                continue
            values = np.asarray(weights, np.float32)
            if values.ndim not in (1, 2) or values.shape[-1] > len(basis):
                raise InputError(f"{name} has shape {values.shape}, expected (K,) or (B, K) with K <= {len(basis)}")
            offset = np.tensordot(values, basis[: values.shape[-1]], axes=1)
            if shape.ndim == offset.ndim == 3 and len(shape) != len(offset):
                raise InputError(f"identity has a batch of {len(shape)}, expression one of {len(offset)}")
            shape = shape + offset
        return np.ascontiguousarray(shape, np.float32)

    def landmarks(self, vertices: npt.ArrayLike, set_name: str) -> Floats:
        """Return the landmarks of faces that share this model's vertices.

        Parameters
        ----------
        vertices : (..., V, 3) array_like
        set_name : str
            `ibug68`, `anthropometric` or `dense520`.

        Returns
        -------
        (..., L, 3) float32, in the frame and unit of `vertices`

        Raises
        ------
        InputError
            There is no such set, or the number of vertices differs from the model's.
        """
        points = np.asarray(vertices, np.float32)
        if set_name not in self.landmark_sets:
            raise InputError(f"no landmark set {set_name!r}; there are {', '.join(self.landmark_sets)}")
        if points.shape[-2:] != self.vertices.shape:
            raise InputError(f"vertices has shape {points.shape}, expected (..., {len(self.vertices)}, 3)")
        landmark_set = self.landmark_sets[set_name]
        corners = points[..., self.triangles[landmark_set.triangle], :]
        at: Floats = np.einsum("...lkc,lk->...lc", corners, landmark_set.barycentric).astype(np.float32)
        return at


def _landmark_set(name: str, data: Mapping[str, npt.NDArray[Any]]) -> LandmarkSet:
    return LandmarkSet(
        name,
        tuple(data[f"{name}_names"].tolist()),
        tuple(data[f"{name}_definitions"].tolist()),
        data[f"{name}_mirror"],
        data[f"{name}_triangle"],
        data[f"{name}_barycentric"],
    )


@cache
def load_face_model() -> FaceModel:
    """Load the face model that ships with Lineament; later calls return the same object.

    Raises
    ------
    ModelError
        The asset is missing or damaged.
    """
    asset = files("lineament") / "assets" / "face_model.npz"
    try:
        with asset.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            data = {name: archive[name] for name in archive.files}
        return FaceModel(
            vertices=data["vertices"],
            triangles=data["triangles"],
            uv=data["uv"],
            mirror=data["mirror"],
            region=data["region"],
            region_names=tuple(data["region_names"].tolist()),
            # stored as int16 steps, one step size a mode
            identity=data["identity"] * data["identity_step"][:, None, None],
            expression=data["expression"] * data["expression_step"][:, None, None],
            expression_names=tuple(data["expression_names"].tolist()),
            landmark_sets={name: _landmark_set(name, data) for name in LANDMARK_SETS},
        )
    except Exception as error:
        raise ModelError(f"{asset} is missing or damaged ({error}); reinstall lineament") from error
