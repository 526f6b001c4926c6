"""Regions of the face, and the parts of it that keep their shape, on the face model.

Both are declared by regions of the model and by landmarks. An anchor is a landmark of the mean face, or the middle of
several: `or_l+ch_l` lies between orbitale and the corner of the mouth.

Symbols: V model vertices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from lineament.errors import InputError
from lineament.face.model import load_face_model
from lineament.types import Floats

Mask = npt.NDArray[np.bool_]
SETS = ("anthropometric", "ibug68")
"""Whose landmarks an anchor may name; iBUG's where anthropometry has none."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the model's vertices.

    Attributes
    ----------
    regions : tuple of str
        Of `FaceModel.region_names`.
    anchors : tuple of str
    radius : float, mm
        Only vertices of the mean face within this distance of an anchor.
    """

    regions: tuple[str, ...]
    anchors: tuple[str, ...] = ()
    radius: float = float("inf")


def _sides(name: str, regions: tuple[str, ...], *anchors: str) -> dict[str, Part]:
    """Declare a region of the subject's left side, and the same on the right."""
    mirrored = tuple("+".join(_other_side(mark) for mark in anchor.split("+")) for anchor in anchors)
    return {f"left {name}": Part(regions, anchors), f"right {name}": Part(regions, mirrored)}


def _other_side(mark: str) -> str:
    return f"{mark[:-2]}_r" if mark.endswith("_l") else mark


REGIONS: Mapping[str, Part] = MappingProxyType(
    {
        "forehead": Part(("face",), ("g", "tr", "g+tr", "sci_l", "sci_r", "ft_l+tr", "ft_r+tr", "ft_l+g", "ft_r+g")),
        **_sides("temple", ("face",), "ft_l", "ft_l+zy_l+t_l", "ft_l+t_l"),
        **_sides("eyelids", ("face", "eyelids"), "ps_l", "pi_l", "en_l", "ex_l", "os_l", "os_l+ex_l"),
        "nose": Part(("nose",), ("prn",)),
        **_sides(
            "cheek", ("face",), "or_l", "mf_l+ac_l", "ac_l+or_l", "or_l+ch_l", "zy_l", "or_l+zy_l", "zy_l+ch_l", "ac_l"
        ),
        "upper lip": Part(("face", "lips"), ("sn", "sn+ls", "ls", "sbal_l+ch_l", "sbal_r+ch_r", "cph_l", "cph_r")),
        "lower lip": Part(("face", "lips"), ("li", "li+sl", "li+ch_l", "li+ch_r")),
        "chin": Part(("face",), ("pg", "gn", "me", "sl+pg", "jaw_07", "jaw_09", "pg+ch_l+gn", "pg+ch_r+gn")),
        **_sides("jaw", ("face",), "go_l", "go_l+ch_l", "go_l+gn", "go_l+go_l+zy_l"),
        "neck": Part(("neck",), ("c",)),
    }
)
"""A vertex belongs to the region, among those that hold its region of the model, with the nearest anchor."""

STABLE: Mapping[str, tuple[Part, ...]] = MappingProxyType(
    {
        "upper": (
            Part(("face",), ("g", "g+tr", "ft_l", "ft_r", "ft_l+g", "ft_r+g", "ft_l+tr", "ft_r+tr"), 22.0),
            Part(("face", "nose"), ("n", "se", "nose_bridge_1"), 13.0),
            Part(("face",), ("ex_l+zy_l", "ex_r+zy_r"), 14.0),
        ),
        "nose": (Part(("nose",)), Part(("face",), ("n", "se"), 13.0)),
        "all": (Part(("face", "nose", "lips", "eyelids")),),
    }
)
"""Parts that are taken not to have changed between two scans."""


@cache
def region_of_vertices() -> npt.NDArray[np.int8]:
    """Return the row in `REGIONS` of each vertex of the model, (V,); -1 for none."""
    model = load_face_model()
    away = np.full((len(REGIONS), len(model.vertices)), np.inf)
    for row, part in enumerate(REGIONS.values()):
        inside = _of_model(part.regions)
        away[row, inside] = _distance(part.anchors)[inside]
    nearest: npt.NDArray[np.int8] = np.where(np.isfinite(away.min(axis=0)), away.argmin(axis=0), -1).astype(np.int8)
    nearest.flags.writeable = False
    return nearest


@cache
def stable_vertices(name: str) -> Mask:
    """Return which vertices of the model belong to a stable mask, (V,).

    Raises
    ------
    InputError
        There is no such mask.
    """
    if name not in STABLE:
        raise InputError(f"no stable mask {name!r}; there are {', '.join(STABLE)}")
    mask: Mask = np.zeros(len(load_face_model().vertices), np.bool_)
    for part in STABLE[name]:
        near = _distance(part.anchors) <= part.radius if part.anchors else True
        mask |= _of_model(part.regions) & near
    mask.flags.writeable = False
    return mask


def _of_model(regions: tuple[str, ...]) -> Mask:
    model = load_face_model()
    inside: Mask = np.isin(model.region, [model.region_names.index(name) for name in regions])
    return inside


def _distance(anchors: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return the distance of each vertex of the mean face to the nearest anchor, (V,), mm."""
    vertices = load_face_model().vertices
    away: npt.NDArray[np.float64] = np.min([np.linalg.norm(vertices - _place(anchor), axis=1) for anchor in anchors], 0)
    return away


def _place(anchor: str) -> Floats:
    """Return the place (3,) of an anchor on the mean face, mm."""
    model = load_face_model()
    places = []
    for mark in anchor.split("+"):
        chosen = next(model.landmark_sets[name] for name in SETS if mark in model.landmark_sets[name].names)
        places.append(model.landmarks(model.vertices, chosen.name)[chosen.names.index(mark)])
    mean: Floats = np.mean(places, axis=0)
    return mean
