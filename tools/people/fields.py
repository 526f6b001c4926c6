"""Which of MakeHuman's targets are carried over, and how they are made comparable.

A field is a displacement of the template (V, 3) in mm, face frame. V vertices, N vertices of MakeHuman.
"""

from __future__ import annotations

import numpy as np

from lineament.face.model import FaceModel
from people.makehuman import ORIGINS, SEXES, MakeHuman
from people.register import Carrier, similarity

AGES = ("child", "young", "old", "baby")
LIMITS = {
    "eyes": 3.5,
    "eyebrows": 3.5,
    "nose": 5.0,
    "mouth": 4.0,
    "chin": 7.0,
    "cheek": 6.0,
    "forehead": 7.0,
    "head": 8.0,
    "ears": 7.0,
    "neck": 10.0,
}
"""Folders of local targets, and the most, mm, that a vertex moves at full strength: a modeller's extremes are cut."""
LEFT_OUT = (
    *("head-trans", "neck-trans", "neck-back", "head-back", "neck-scale-vert", "head-fat", "head-age"),
    *("nose-trans-in", "nose-trans-out", "mouth-trans-in", "mouth-trans-out"),
)
"""Motions of the whole head, what our template does not cover, and what the macro targets do better."""
PAIRS = (
    ("decr", "incr"),
    ("down", "up"),
    ("in", "out"),
    ("backward", "forward"),
    ("concave", "convex"),
    ("compress", "uncompress"),
)


BROADER_NOSES = {"asian": 2.2}
"""mm to each side. MakeHuman's asian noses are as narrow as its caucasian ones; measured ones are not: breadth is 80 %
of the height in Chinese students, 81 % in Malay, 76 % in Indian (Wai et al., Anatomy Research International 2015)."""


def posed(human: MakeHuman, shape: np.ndarray, reference: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Move and scale a whole shape (N, 3) so that its `face` vertices lie on the reference's."""
    scale, rotation, shift = similarity(shape[face], reference[face])
    return scale * shape @ rotation + shift


def macro_fields(human: MakeHuman, carrier: Carrier, model: FaceModel) -> np.ndarray:
    """Shape (3, 2, 4, V, 3) of each origin, sex and age against the mean young adult, size removed."""
    reference = carrier.placed(human.vertices)
    face = np.unique(human.triangles)
    face = face[(reference[face, 2] > 45) & (reference[face, 1] > -85) & (reference[face, 1] < 115)]
    fields = np.zeros((3, 2, len(AGES), *model.vertices.shape))
    wings = even(carrier.carry(carrier.scale * human.delta("nose/nose-width3-incr") @ carrier.rotation), model)
    wings /= np.linalg.norm(wings, axis=1).max()
    for i, origin in enumerate(ORIGINS):
        for j, sex in enumerate(SEXES):
            for k, age in enumerate(AGES):
                shape = human.base + human.delta(f"macrodetails/{origin}-{sex}-{age}")
                moved = posed(human, carrier.placed(shape), reference, face)
                fields[i, j, k] = even(carrier.carry(moved - reference), model) + BROADER_NOSES.get(origin, 0.0) * wings
    return fields


def fat_fields(human: MakeHuman, carrier: Carrier, model: FaceModel) -> np.ndarray:
    """A lean and a fat face with its double chin, (2, V, 3)."""
    ends = (("head/head-fat-decr",), ("head/head-fat-incr", "neck/neck-double-incr"))
    return np.array(
        [even(carrier.carry(carrier.scale * sum(map(human.delta, names)) @ carrier.rotation), model) for names in ends]
    )


def even(field: np.ndarray, model: FaceModel) -> np.ndarray:
    """The mirror symmetric part of a field."""
    return (field + field[model.mirror] * [-1, 1, 1]) / 2


def sliders(human: MakeHuman) -> list[tuple[str, str, str]]:
    """Local targets as (name, negative target or "", positive target); left sides stand for both."""
    found = []
    for folder in LIMITS:
        names = [n for n in human.names(folder) if not n.startswith(("r-", *LEFT_OUT))]
        for name in names:
            stem, _, end = name.rpartition("-")
            ends = [pair for pair in PAIRS if end in pair]
            if not ends:
                found.append((f"{folder}/{name}", "", f"{folder}/{name}"))
            elif end == ends[0][1]:
                negative = f"{stem}-{ends[0][0]}"
                other = f"{folder}/{negative}" if negative in names else ""
                found.append((f"{folder}/{stem}-{'-'.join(ends[0])}", other, f"{folder}/{name}"))
    return found


def local_fields(human: MakeHuman, carrier: Carrier, model: FaceModel) -> tuple[list[str], np.ndarray]:
    """Names (K,) and fields (K, 2, V, 3) of all sliders: negative and positive end, zero where there is none."""
    chosen = sliders(human)
    fields = np.zeros((len(chosen), 2, *model.vertices.shape))
    for row, (name, *ends) in enumerate(chosen):
        for column, end in enumerate(ends):
            if not end:
                continue
            field = carrier.carry(carrier.scale * human.delta(end) @ carrier.rotation)
            one_side = name.split("/")[1].startswith("l-")
            field = np.where(model.vertices[:, :1] > 0, field, 0) if one_side else even(field, model)
            most = np.linalg.norm(field, axis=1).max()
            fields[row, column] = field * min(1.0, LIMITS[name.split("/")[0]] / max(most, 1e-6))
    kept = np.abs(fields).max(axis=(1, 2, 3)) > 0.4
    return [name for (name, *_), keep in zip(chosen, kept, strict=True) if keep], fields[kept]
