"""Lips that meet at rest, whatever the mouth's shape.

Symbols: B people, V model vertices, L landmarks. Millimetres.
"""

from __future__ import annotations

import torch
from torch import Tensor

_UPPER, _LOWER = (61, 62, 63), (67, 66, 65)
"""iBUG points of the inner lips, right to left."""
_APART = 0.2
"""Of four mouths at rest, three are shut; their lips are left this far apart, mm."""


def rest_lips(
    vertices: Tensor, landmarks: Tensor, closing: Tensor, travel: float, generator: torch.Generator
) -> Tensor:
    """Return faces whose lips meet; one of four keeps its lips apart, none keeps them crossed.

    Shapes that were never measured together leave lips up to 4 mm apart or as far through each other.

    Parameters
    ----------
    vertices : (B, V, 3) mm
        Without expression.
    landmarks : (B, L, 3) mm
        Of the same faces.
    closing : (V, 3) mm
        How lips close, the linear model's `mouthClose`.
    travel : float
        What `closing` closes on the mean face, mm.
    """
    gap = (landmarks[:, _UPPER, 1] - landmarks[:, _LOWER, 1]).mean(1)
    ajar = torch.rand(len(gap), generator=generator, device=gap.device) < 0.25
    wanted = torch.where(ajar, gap.clamp(_APART, 4.0), _APART)
    share = ((gap - wanted) / travel).clamp(-0.2, 0.2)
    return vertices + share[:, None, None] * closing


def closing_travel(landmarks: Tensor, closed: Tensor) -> float:
    """Return by how much lips of the mean face come closer between `landmarks` and `closed`, both (L, 3), mm."""
    apart = [(at[list(_UPPER), 1] - at[list(_LOWER), 1]).mean() for at in (landmarks, closed)]
    return float(apart[0] - apart[1])
