"""Lids that meet, lips that meet, and lids that stay outside the eyeball, on any face of the face model.

Symbols: V model vertices, P pairs of landmarks, D vertices of the lids, B vertices of an eyeball. mm, face frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.spatial import cKDTree

from lineament.face.model import load_face_model
from lineament.types import Floats

Float64s = npt.NDArray[np.float64]

_LIPS_TOUCH = 0.9
"""Lips touch a little inside of the lines that landmarks mark; these are then this far apart, mm."""
_BEYOND = 4.0
"""Where margins are brought together, the skin follows up to here beyond the corners, mm."""
_BACK, _THICK = 0.15, 0.8
"""Skin of lids nearer to the eyeball of the mean face is their back; the most that lids keep off it; mm."""
_SPREAD = 6
"""Steps from neighbour to neighbour over which a push runs out."""


@dataclass(frozen=True)
class Opening:
    """An eye or a mouth.

    Attributes
    ----------
    upper, lower : (P,) int
        `dense520` landmarks along the margins, right to left.
    x : (P + 2,) float64, mm
        Where the upper ones lie on the mean face, and a little beyond the corners of the opening on both sides.
    moving : (V,) float64
        How much each vertex goes along when the moving margin is shifted: 1 there, 0 far away.
    sign : float
        -1 where the upper margin moves, 1 where the lower does.
    touch : float, mm
        How far apart the landmarks are vertically when the margins touch.
    """

    upper: npt.NDArray[np.intp]
    lower: npt.NDArray[np.intp]
    x: Float64s
    moving: Float64s
    sign: float
    touch: float


@cache
def eyes() -> Mapping[str, Opening]:
    """Return both eyes, `Left` and `Right`; the upper lid moves."""
    return {
        side: _opening(f"lid_{{}}_{side.lower()}", f"canthus_{side.lower()}", f"eyeBlink{side}", -1.0, 0.0)
        for side in ("Left", "Right")
    }


@cache
def mouth() -> Opening:
    """Return the mouth; the lower lip moves."""
    return _opening("lip_line_{}_", "lip_line_corner", "mouthClose", 1.0, _LIPS_TOUCH)


def _opening(pattern: str, corner: str, closing: str, sign: float, touch: float) -> Opening:
    model = load_face_model()
    names = model.landmark_sets["dense520"].names
    at = model.landmarks(model.vertices, "dense520")

    def across(start: str) -> npt.NDArray[np.intp]:
        return np.array(sorted((i for i, name in enumerate(names) if name.startswith(start)), key=lambda i: at[i, 0]))

    upper, lower, corners = across(pattern.format("upper")), across(pattern.format("lower")), across(corner)
    x = at[[corners[0], *upper, corners[-1]], 0] + np.array([-_BEYOND, *np.zeros(len(upper)), _BEYOND])
    motion = model.expression[model.expression_names.index(closing)]
    travel = sign * (model.landmarks(model.vertices + motion, "dense520") - at)[lower if sign > 0 else upper, 1]
    along = np.interp(model.vertices[:, 0], at[upper, 0], np.maximum(travel, 0.3 * travel.max()))
    moving = np.maximum(sign * motion[:, 1], 0) / along
    return Opening(upper, lower, x, moving, sign, touch)


def gaps(opening: Opening, vertices: Floats) -> Float64s:
    """Return how far the upper margin lies above the lower one, (P,) mm; negative where they cross."""
    at = load_face_model().landmarks(vertices, "dense520").astype(np.float64)
    upper, lower = at[opening.upper], at[opening.lower]
    lower = lower[np.argsort(lower[:, 0])]
    gap: Float64s = upper[:, 1] - np.interp(upper[:, 0], lower[:, 0], lower[:, 1])
    return gap


def meet(opening: Opening, rest: Floats, moved: Floats) -> Floats:
    """Return `moved` (V, 3) with margins that touch along their whole length; `rest` (V, 3) is the neutral face."""
    wanted = np.clip(gaps(opening, rest), 0, opening.touch)
    return _held(opening, moved, wanted, wanted)


def part(opening: Opening, rest: Floats, moved: Floats) -> Floats:
    """Return `moved` (V, 3) with margins that cross nowhere, or no further than at `rest`."""
    return _held(opening, moved, np.minimum(gaps(opening, rest), 0), np.inf)


def _held(opening: Opening, moved: Floats, low: Float64s, high: Float64s | float) -> Floats:
    """Return `moved` with gaps between `low` and `high`."""
    result = np.array(moved, np.float32)
    x = load_face_model().vertices[:, 0].clip(opening.x[0], opening.x[-1])
    for _ in range(4):  # lids also move sideways, so that one step is not enough
        have = gaps(opening, result)
        change = np.pad(np.clip(have, low, high) - have, 1)
        result[:, 1] -= opening.sign * PchipInterpolator(opening.x, change)(x) * opening.moving
    return result


@dataclass(frozen=True)
class _Eyeball:
    """An eyeball and the outside of the lids before it.

    Attributes
    ----------
    ball, rim : (B,), (20,) int
        Vertices; the rim is nearly the equator.
    lids : (D,) int
        Vertices; the back of the lids is left out, which lies in the ball unseen.
    thickness : (D,) float64, mm
        How far they keep off.
    around : (D, 8) int
        Neighbours of each among the D, itself first.
    """

    ball: npt.NDArray[np.intp]
    rim: npt.NDArray[np.intp]
    lids: npt.NDArray[np.intp]
    thickness: Float64s
    around: npt.NDArray[np.intp]


@cache
def _eyeballs() -> tuple[_Eyeball, ...]:
    model = load_face_model()
    found = []
    for side in ("left", "right"):
        ball = np.flatnonzero(model.region == model.region_names.index(f"eyeball_{side}"))
        rim = ball[np.argsort(model.vertices[ball, 2])[:20]]
        skin = model.region < model.region_names.index("mouth")
        near = np.linalg.norm(model.vertices - model.vertices[rim].mean(axis=0), axis=1) < 24
        lids = np.flatnonzero(skin & near & (model.vertices[:, 2] > model.vertices[rim, 2].max()))
        bare = _Eyeball(ball, rim, lids, np.zeros(len(lids)), np.zeros((len(lids), 0), np.intp))
        gap = _gap(bare, model.vertices)[0]
        outside = gap > _BACK
        around = cKDTree(model.vertices[lids[outside]]).query(model.vertices[lids[outside]], k=8)[1]
        found.append(_Eyeball(ball, rim, lids[outside], gap[outside].clip(0.3, _THICK), around))
    return tuple(found)


def _gap(eye: _Eyeball, vertices: Floats) -> tuple[Float64s, Float64s]:
    """Return how far the lids lie outside the ball, (D,), and their directions from its centre, (D, 3)."""
    centre = vertices[eye.rim].mean(axis=0, dtype=np.float64)
    lids, ball = vertices[eye.lids] - centre, vertices[eye.ball] - centre
    reach, radius = np.linalg.norm(lids, axis=1), np.linalg.norm(ball, axis=1)
    direction = lids / np.maximum(reach, 1e-6)[:, None]
    distance, near = cKDTree(ball / radius[:, None]).query(direction, k=3)
    weight = 1 / (distance + 1e-3)
    surface = (radius[near] * weight).sum(axis=1) / weight.sum(axis=1)
    # Beyond the cap's rim there is no ball to keep off.
    return np.where(distance[:, 0] > 0.2, 10.0, reach - surface), direction


def recess_eyeballs(rest: Floats, moved: Floats) -> Floats:
    """Return `moved` (V, 3) with eyeballs set back by up to 2 mm, so that lids also clear them halfway from `rest`.

    Lids go round the ball but a morph target goes straight. Eyeballs do draw back a little in a blink (Evinger et al.,
    *Blinking and associated eye movements in humans, guinea pigs, and rabbits*, 1984).
    """
    result = np.array(moved, np.float32)
    halfway = np.asarray((rest + moved) / 2, np.float32)
    for eye in _eyeballs():
        gap, direction = _gap(eye, halfway)
        # The margins may dip into the ball, as what is before them hides it.
        lacking = np.where(eye.thickness < _THICK, 0, np.minimum(_gap(eye, rest)[0], 0) - gap)
        needed = float((lacking / direction[:, 2].clip(min=0.5)).max(initial=0))
        result[eye.ball, 2] -= np.float32(min(2 * needed, 2.0))
    return result


def keep_off_eyeballs(rest: Floats, moved: Floats) -> Floats:
    """Return `moved` (V, 3) with lids that lie on the eyeball instead of in it; what did not move stays."""
    result = np.array(moved, np.float32)
    for eye in _eyeballs():
        gap, direction = _gap(eye, moved)
        # Nothing for lids that hardly move, so that a smile leaves them as they are; all from 2 mm on.
        gone = ((np.linalg.norm(moved[eye.lids] - rest[eye.lids], axis=1) - 0.5) / 1.5).clip(0, 1)
        push = (eye.thickness - gap).clip(0, 4) * gone
        for _ in range(_SPREAD):
            push = np.maximum(push, push[eye.around].mean(axis=1))
        result[eye.lids] += (push[:, None] * direction).astype(np.float32)
    return result
