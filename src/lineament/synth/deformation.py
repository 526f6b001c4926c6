"""Local shape that no linear model holds: uneven halves, scars, swellings, dents.

Symbols: B people, V model vertices, K bumps. Millimetres.
"""

from __future__ import annotations

import torch
from torch import Tensor


def smooth_deformation(mean: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Return a smooth random displacement (B, V, 3): asymmetry and shapes outside the linear model."""
    bumps = 10
    device = mean.device
    at = torch.randint(len(mean), (count, bumps), generator=generator, device=device)
    width = 12 + 35 * torch.rand(count, bumps, generator=generator, device=device)
    strength = 0.9 * torch.rand(count, 1, 1, generator=generator, device=device)
    push = torch.randn(count, bumps, 3, generator=generator, device=device) * strength * (width / 20)[..., None]
    squared = torch.cdist(mean.expand(count, -1, -1), mean[at]) ** 2
    return torch.exp(-squared / (2 * width[:, None, :] ** 2)) @ push


def marks_of_life(mean: Tensor, normals: Tensor, skin: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Return the displacement (B, V, 3) of scars, swellings and dents, on about every third person.

    Each is a ridge or furrow along a short line: a scar is narrow and low, a swelling round and high.

    Parameters
    ----------
    mean, normals : (V, 3)
        The mean face: the places of marks are drawn and measured on it.
    skin : (V,) bool
        Where marks may be.
    """
    device = mean.device
    slots = 3

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, slots, generator=generator, device=device)

    rows = torch.nonzero(skin & (mean[:, 2] > 20))[:, 0]
    start = mean[rows[torch.randint(len(rows), (count, slots), generator=generator, device=device)]]
    scar = uniform(0, 1) < 0.6
    along = torch.nn.functional.normalize(torch.randn(count, slots, 3, generator=generator, device=device), dim=-1)
    along = along * torch.where(scar, uniform(3, 30), uniform(0, 6))[..., None]
    width = torch.where(scar, uniform(1.2, 2.5), uniform(4, 14))
    height = torch.where(scar, uniform(-1.2, 1.2), uniform(-2.2, 3.5) * width / 9)
    height = height * ((uniform(0, 1) < 0.3) & (uniform(0, 1)[:, :1] < 0.4))
    offset = torch.zeros(count, len(mean), 3, device=device)
    for row, slot in torch.nonzero(height).tolist():
        a, ab = start[row, slot], along[row, slot]
        t = ((mean - a) @ ab / (ab @ ab).clamp(min=1e-6)).clamp(0, 1)
        squared = (mean - a - t[:, None] * ab).square().sum(1)
        lift = height[row, slot] * torch.exp(-squared / (2 * width[row, slot] ** 2)) * skin
        offset[row] += lift[:, None] * normals
    return offset
