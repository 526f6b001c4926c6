"""Breadths and heights of virtual heads, made to follow those measured on people.

Symbols: B people, V model vertices. Millimetres, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from lineament.face.model import load_face_model

# ANSUR II, mean and standard deviation, mm, women and men: Gordon et al., 2012 Anthropometric Survey of U.S. Army
# Personnel: Methods and Summary Statistics, NATICK/TR-15/007 (2014).
MEASURED = {
    "bizygomatic": ((133.8, 5.6), (142.6, 6.2)),
    "menton_sellion": ((113.1, 6.1), (122.6, 6.7)),
    "head_breadth": ((147.8, 5.2), (154.3, 5.5)),
}
# The same of virtual adults before they are rescaled: `python tools/build_people.py --measure`.
UNSCALED = {
    "bizygomatic": ((148.8, 8.7), (146.7, 8.4)),
    "menton_sellion": ((111.8, 6.7), (111.7, 7.2)),
    "head_breadth": ((160.8, 8.0), (156.4, 8.0)),
}
_KEPT = 0.8
"""Correlation between a head's own standing among virtual people and the one it is given."""
_CENTRE = 0.6
"""Share of the half breadth within which the face is only scaled: eyes, nose and mouth."""


@cache
def _places() -> dict[str, int]:
    """Rows of the landmarks that proportions are measured at, all sets one after another."""
    sets = load_face_model().landmark_sets
    names = sets["anthropometric"].names
    return {name: len(sets["ibug68"].names) + names.index(name) for name in ("zy_l", "zy_r", "se", "me")}


@cache
def _widest() -> tuple[int, ...]:
    """Vertices of the left parietal side where the mean head is widest, above the ears."""
    model = load_face_model()
    scalp = (model.region == model.region_names.index("scalp")) & (model.vertices[:, 1] > 45)
    breadth = torch.tensor(model.vertices[:, 0] * scalp)
    return tuple(breadth.topk(6).indices.tolist())


@dataclass(frozen=True)
class Proportions:
    """Three measures of B heads, mm."""

    bizygomatic: Tensor
    """(B,) between the zygia"""
    menton_sellion: Tensor
    """(B,)"""
    head_breadth: Tensor
    """(B,) above the ears, where the mean head is widest"""

    @classmethod
    def measure(cls, vertices: Tensor, landmarks: Tensor) -> Proportions:
        """Measure heads without expression from `vertices` (B, V, 3) and all `landmarks` (B, L, 3)."""
        at = _places()
        left = list(_widest())
        right = load_face_model().mirror[left].tolist()
        return cls(
            (landmarks[:, at["zy_l"]] - landmarks[:, at["zy_r"]]).norm(dim=1),
            (landmarks[:, at["se"]] - landmarks[:, at["me"]]).norm(dim=1),
            (vertices[:, left] - vertices[:, right]).norm(dim=2).mean(1),
        )


def wanted_proportions(
    own: Proportions, sex: Tensor, child: Tensor, size: Tensor, generator: torch.Generator
) -> Proportions:
    """Draw the proportions that heads get.

    Adults follow ANSUR II; a child keeps its own proportions at the size of its age.

    Parameters
    ----------
    own : Proportions
    sex : (B,) int64
    child : (B,) bool
    size : (B,) float32
        Against an adult; 1 for adults.
    """
    common = torch.randn(len(sex), generator=generator, device=sex.device)
    drawn = {}
    for name, truth in MEASURED.items():
        mean, spread = torch.tensor(truth, device=sex.device)[sex].unbind(1)
        raw_mean, raw_spread = torch.tensor(UNSCALED[name], device=sex.device)[sex].unbind(1)
        value: Tensor = getattr(own, name)
        chance = 0.6 * common + 0.8 * torch.randn(len(sex), generator=generator, device=sex.device)
        standing = ((value - raw_mean) / raw_spread).clamp(-2.8, 2.8)
        adult = mean + spread * (_KEPT * standing + (1 - _KEPT**2) ** 0.5 * chance)
        # girls and boys hardly differ: both get the mean correction of women and men
        correction = sum(m for m, _ in truth) / sum(m for m, _ in UNSCALED[name])
        drawn[name] = torch.where(child, value * correction * size, adult)
    return Proportions(**drawn)


def _smoothstep(x: Tensor) -> Tensor:
    x = x.clamp(0, 1)
    return x * x * (3 - 2 * x)


def reshape(vertices: Tensor, size: Tensor, own: Proportions, wanted: Proportions) -> Tensor:
    """Return heads (B, V, 3) with the wanted proportions.

    Height is scaled; breadth is scaled in the middle, and eased to the wanted breadth towards the sides, by itself at
    the height of the cheeks and of the skull, so that eyes and mouths keep their shape.

    Parameters
    ----------
    vertices : (B, V, 3)
        With or without expression.
    size : (B,)
        Against an adult; 1 for adults.
    own : Proportions
        Of the same heads without expression.
    wanted : Proportions
    """
    tall = wanted.menton_sellion / own.menton_sellion
    usual = sum(m for m, _ in MEASURED["bizygomatic"]) / sum(m for m, _ in UNSCALED["bizygomatic"])
    wide = size * (wanted.bizygomatic / own.bizygomatic / usual / size).sqrt()
    x, y = vertices[..., 0], vertices[..., 1]
    moved = torch.zeros_like(x)
    skull = _smoothstep((y - 15) / 40)
    for share, name in ((1 - skull, "bizygomatic"), (skull, "head_breadth")):
        half: Tensor = getattr(own, name)[:, None] / 2
        missing = getattr(wanted, name)[:, None] / 2 - wide[:, None] * half
        moved += share * missing * _smoothstep((x.abs() / half - _CENTRE) / (1 - _CENTRE))
    scale = torch.stack([wide, tall, (wide * tall).sqrt()], 1)
    shaped = vertices * scale[:, None]
    return torch.cat([shaped[..., :1] + (torch.sign(x) * moved)[..., None], shaped[..., 1:]], 2)
