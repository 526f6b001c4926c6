"""The rig of a fitted face: its neutral shape, the 52 expressions of Apple's ARKit made for it, and new poses.

Symbols: V model vertices, E model expressions, P landmarks along a lid or a lip.

Names and order are ARKit's (`ARFaceAnchor.BlendShapeLocation`). Displacements are the face model's expressions, which
come from ICT-FaceKit (Li et al., CVPR 2020); lids and lips are then brought to where this face's own ones meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
from scipy.spatial import cKDTree

from lineament.errors import InputError
from lineament.face.contact import eyes, gaps, keep_off_eyeballs, meet, mouth, part, recess_eyeballs
from lineament.face.face import Face, model_of
from lineament.face.model import load_face_model
from lineament.types import Floats, _frozen

_EYE = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_MOUTH = (
    *("jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker"),
    *("mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight"),
    *("mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight"),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight"),
    *("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight"),
)

ARKIT_NAMES: tuple[str, ...] = (
    *(f"eye{what}{side}" for side in ("Left", "Right") for what in _EYE),
    *_MOUTH,
    *("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    *("cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut"),
)
"""The 52 names in ARKit's order."""

EMPTY_TARGETS = ("tongueOut",)
"""Targets without displacement: the face model has no tongue."""


def _both(**weights: float) -> dict[str, float]:
    """Weights of ARKit's names; one that exists for both sides is given without its side."""
    return {name: weight for stem, weight in weights.items() for name in ARKIT_NAMES if name in _sides(stem)}


def _sides(stem: str) -> tuple[str, ...]:
    return (stem, f"{stem}Left", f"{stem}Right")


FACESCAPE20: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "neutral": {},
        "smile": _both(mouthSmile=0.75, cheekSquint=0.4, mouthDimple=0.15, eyeSquint=0.15),
        "mouth_stretch": _both(jawOpen=0.8, mouthLowerDown=0.25, mouthStretch=0.35, browOuterUp=0.15),
        "anger": _both(
            browDown=0.9, noseSneer=0.25, eyeSquint=0.45, mouthPress=0.6, mouthShrugLower=0.25, mouthFrown=0.3
        ),
        "jaw_left": {"jawLeft": 1.0, "mouthLeft": 0.15},
        "jaw_right": {"jawRight": 1.0, "mouthRight": 0.15},
        "jaw_forward": {"jawForward": 1.0},
        "mouth_left": {"mouthLeft": 0.9, "mouthSmileLeft": 0.1},
        "mouth_right": {"mouthRight": 0.9, "mouthSmileRight": 0.1},
        "dimpler": _both(mouthDimple=0.9, mouthPress=0.3),
        "chin_raiser": _both(mouthShrugLower=0.9, mouthShrugUpper=0.25, mouthFrown=0.3),
        "lip_puckerer": _both(mouthPucker=1.0),
        "lip_funneler": _both(mouthFunnel=0.9, jawOpen=0.12),
        "sadness": _both(browInnerUp=0.9, mouthFrown=0.8, mouthShrugLower=0.35, eyeSquint=0.15, eyeLookDown=0.15),
        "lip_roll": _both(mouthRollLower=0.8, mouthRollUpper=0.8, mouthPress=0.2),
        "grin": _both(mouthSmile=0.7, mouthUpperUp=0.5, mouthLowerDown=0.65, mouthStretch=0.35, cheekSquint=0.4),
        "cheek_blowing": _both(cheekPuff=0.9, mouthPress=0.2),
        "eye_closed": _both(eyeBlink=1.0),
        "brow_raiser": _both(browInnerUp=0.9, browOuterUp=0.9, eyeWide=0.3),
        "brow_lower": _both(browDown=1.0, eyeSquint=0.2),
    }
)
"""The 20 expressions of FaceScape (Yang et al., CVPR 2020), in its order; the names are FaceScape's, the weights over
ARKit's names are Lineament's own."""


def neutral(face: Face) -> Floats:
    """Return the fitted face without its expression, (V, 3) mm: what the scan shows beyond the model stays.

    Raises
    ------
    InputError
        The face was fitted with another model.
    """
    model = model_of(face)
    if face.vertices.shape != model.vertices.shape or len(face.expression) != len(model.expression):
        raise InputError(
            f"the face has {len(face.vertices)} vertices and {len(face.expression)} expressions, this face model has "
            f"{len(model.vertices)} and {len(model.expression)}; fit the scan again with this version"
        )
    return np.asarray(face.vertices - np.tensordot(face.expression, model.expression, 1), np.float32)


def arkit_weights(face: Face) -> dict[str, float]:
    """Return the expression that a face was fitted with, by ARKit's names, 0 to 1.

    Where ARKit has one weight for both sides (`browInnerUp`, `cheekPuff`), it is their mean.
    """
    names = model_of(face).expression_names
    if len(face.expression) != len(names):
        raise InputError(f"the face has {len(face.expression)} expressions, expected {len(names)}")
    by_name = dict(zip(names, np.clip(face.expression, 0, 1).tolist(), strict=True))
    return {name: float(np.mean([by_name[part] for part in _parts(name)] or [0.0])) for name in ARKIT_NAMES}


def arkit_targets(face: Face) -> dict[str, Floats]:
    """Return what each of the 52 expressions at full activation adds to the neutral face.

    The model's displacement, with three changes for this face: at `eyeBlink` its lids meet, at `jawOpen` and
    `mouthClose` together its lips meet, and no lid crosses the other one or moves into the eyeball.

    Returns
    -------
    dict of str to (V, 3) float32, mm, face frame
        In ARKit's order. `tongueOut` is zero: the model has no tongue.

    Raises
    ------
    InputError
        The face was fitted with another model.
    """
    model = load_face_model()
    rest = neutral(face)
    names = model.expression_names
    targets = {
        name: np.asarray(sum((model.expression[names.index(p)] for p in _parts(name)), np.zeros_like(rest)), np.float32)
        for name in ARKIT_NAMES
    }
    for side, lids in eyes().items():
        for what in _EYE:
            name = f"eye{what}{side}"
            close = meet if what == "Blink" else part
            moved = close(lids, rest, rest + targets[name])
            moved = keep_off_eyeballs(rest, recess_eyeballs(rest, moved))
            targets[name] = close(lids, rest, moved) - rest  # again, as the eyeball pushed the lids
    targets["mouthClose"] = _closing_lips(rest, targets)
    return {name: _frozen(values, np.float32) for name, values in targets.items()}


def posed(face: Face, weights: Mapping[str, float], targets: Mapping[str, Floats] | None = None) -> Floats:
    """Return the fitted person with a new expression.

    The sum of the targets, with two limits: `mouthClose` closes no more than `jawOpen` opens, and lids that several
    targets move neither cross nor enter the eyeball.

    Parameters
    ----------
    face : Face
    weights : mapping of str to float
        By ARKit's names, 0 to 1; those left out are 0.
    targets : mapping, optional
        From `arkit_targets(face)`, when many poses of one face are wanted.

    Returns
    -------
    (V, 3) float32, mm, face frame

    Raises
    ------
    InputError
        An unknown name, a weight outside 0 to 1, or a face of another model.
    """
    targets = arkit_targets(face) if targets is None else targets
    used = limited_weights(face, weights, targets)
    rest = neutral(face)
    moved = np.array(rest)
    for name, weight in used.items():
        if weight:
            moved += np.float32(weight) * targets[name]
    return _frozen(keep_off_eyeballs(rest, moved), np.float32)


def _closing_lips(rest: Floats, targets: Mapping[str, Floats]) -> Floats:
    """`mouthClose`: undoes what `jawOpen` does to the lips, so that they close as they do at rest, however open."""
    opened = rest + targets["jawOpen"]
    share = _lip_share()[:, None]
    closed = opened + (1 - share) * targets["mouthClose"] - share * targets["jawOpen"]
    return np.asarray(meet(mouth(), rest, closed) - opened, np.float32)


@cache
def _lip_share() -> Floats:
    """How much of a lip each vertex is, (V,): 1 on the lips, 0 from 20 mm off."""
    model = load_face_model()
    lips = model.vertices[model.region == model.region_names.index("lips")]
    near = (1 - cKDTree(lips).query(model.vertices)[0] / 20).clip(min=0)
    return np.asarray(near * near * (3 - 2 * near), np.float32)


def limited_weights(
    face: Face, weights: Mapping[str, float], targets: Mapping[str, Floats] | None = None
) -> dict[str, float]:
    """Return weights of which no sum closes a mouth or an eye further than shut.

    `mouthClose` is at most `jawOpen`; `eyeBlink`, `eyeLookDown` and `eyeSquint` of one eye are scaled down together
    where they would close more than the eye is open.

    Raises
    ------
    InputError
        As `posed`.
    """
    used = checked_weights(weights)
    if "mouthClose" in used:
        used["mouthClose"] = min(used["mouthClose"], used.get("jawOpen", 0.0))
    rest = neutral(face)
    targets = arkit_targets(face) if targets is None else targets
    for side, lids in eyes().items():
        closers = [name for name in (f"eye{what}{side}" for what in ("Blink", "LookDown", "Squint")) if name in used]
        open_mm = max(float(gaps(lids, rest).mean()), 1e-3)
        closed_mm = [used[name] * (open_mm - float(gaps(lids, rest + targets[name]).mean())) for name in closers]
        total = sum(max(mm, 0.0) for mm in closed_mm) / open_mm
        used |= {name: used[name] / total for name in closers if total > 1}
    return used


def checked_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Return `weights` as plain numbers.

    Raises
    ------
    InputError
        An unknown name, or a weight outside 0 to 1.
    """
    for name, value in weights.items():
        if name not in ARKIT_NAMES:
            raise InputError(f"no expression {name!r}; there are {_choices()}")
        if not 0 <= value <= 1:
            raise InputError(f"{name} is {value}, expected a weight from 0 to 1")
    return {name: float(value) for name, value in weights.items()}


def _choices() -> str:
    """All names in few words."""
    sideways = ("jawLeft", "mouthLeft")  # a direction, not a side of the face
    paired = [name[:-4] for name in ARKIT_NAMES if name.endswith("Left") and name not in sideways]
    single = [name for name in ARKIT_NAMES if name.removesuffix("Left").removesuffix("Right") not in paired]
    return f"{', '.join(single)}, and with Left or Right at the end {', '.join(paired)}"


def _parts(name: str) -> list[str]:
    """The model's expressions that make up one of ARKit's."""
    names = load_face_model().expression_names
    return [name] if name in names else [part for part in (name + "Left", name + "Right") if part in names]
