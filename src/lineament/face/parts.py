"""Colours of a face that has none of its own: skin, mouth, eyeballs with an iris."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lineament.face.model import load_face_model

_SKIN, _MOUTH, _WHITE, _IRIS, _PUPIL = (222, 205, 192), (104, 46, 44), (240, 238, 235), (88, 104, 112), (24, 24, 26)
_RIM = 20
"""Vertices of the last ring of an eyeball's cap: nearly its equator."""
_IRIS_DEGREES, _PUPIL_DEGREES = 25.0, 9.0
"""Half the angles under which the centre of an eyeball sees them."""


def part_colors() -> npt.NDArray[np.uint8]:
    """Return the sRGB colour of each vertex of the face model, (V, 3) uint8."""
    model = load_face_model()
    colors = np.tile(np.array(_SKIN, np.uint8), (len(model.vertices), 1))
    colors[model.region == model.region_names.index("mouth")] = _MOUTH
    for side in ("left", "right"):
        ball = np.flatnonzero(model.region == model.region_names.index(f"eyeball_{side}"))
        at = model.vertices[ball]
        rim = at[np.argsort(at[:, 2])[:_RIM]].mean(axis=0)
        offset = at - rim
        away = np.degrees(np.arccos(offset[:, 2] / np.linalg.norm(offset, axis=1)))
        colors[ball] = _WHITE
        colors[ball[away < _IRIS_DEGREES]] = _IRIS
        colors[ball[away < _PUPIL_DEGREES]] = _PUPIL
    return colors
