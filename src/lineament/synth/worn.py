"""What grows on a head or is worn on it: hair, fringe, beard, brows, headscarf, cap."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from lineament.synth.stream import Stream
from lineament.synth.surface import Surface


def dress(surface: Surface, place: Tensor, stream: Stream, bearded: bool = True) -> Surface:
    """Lift samples off the skin where something covers it.

    Parameters
    ----------
    surface : Surface
        Bare skin, (S,) samples.
    place : (S, 3) float32, mm
        The same samples on the mean face.
    stream : Stream
    bearded : bool
        Whether a beard or a moustache can grow.
    """
    x, y, z = place.T
    uniform, chance = stream.uniform, stream.chance
    shape = stream.wavy(surface.points, uniform(15, 50))
    rough = stream.randn(len(x))
    covered = torch.zeros_like(surface.bare)

    brow = 4 * torch.sigmoid((y - 45) / 2.5) * torch.sigmoid((60 - y) / 2.5) - 2
    brow = brow.clamp(0, 1) * ((x.abs() - 8) / 6).clamp(0, 1) * ((58 - x.abs()) / 8).clamp(0, 1)
    # Hairs of a brow: mostly a cushion, now and then rough.
    cushion = uniform(0, 1.0) * (1 + 0.5 * shape).clamp(min=0)
    lift = brow * (cushion + (uniform(0, 0.5) if chance(0.3) else 0.03) * rough.abs())

    def cover(where: Tensor, by: Tensor) -> None:
        nonlocal lift, covered
        lift = torch.where(where, by.clamp(min=0), lift)
        covered = covered | where

    near_lips = ((x / 30) ** 2 + ((y + 34) / 12) ** 2) < 1
    strength, length = stream.log_uniform(0.05, 1.2), stream.log_uniform(0.4, 10)
    beard = torch.zeros_like(covered)
    if bearded and chance(0.33):
        beard = (y < uniform(-50, -20) + 4 * shape) & (z > -10) & (y > -130) & ~near_lips
        if chance(0.3):  # a goatee
            beard &= x.abs() < uniform(20, 35)
    if bearded and chance(0.28):
        beard = beard | ((y < -14) & (y > -28) & (x.abs() < 30) & (z > 85))
    cover(beard & ~surface.inside, length * (1 + 0.3 * shape) + strength * rough)

    if chance(0.75):
        side = (y > uniform(-60, 40)) & (z < uniform(5, 50))
        hair = (y - uniform(80, 125) + 0.12 * z.clamp(max=0) + 4 * shape > 0) | side
        if chance(0.25):  # a fringe, parted anywhere
            parting, slant = uniform(-60, 60), uniform(0, 0.5)
            hair = hair | ((y - uniform(55, 85) + 6 * shape - slant * (x - parting).abs() > 0) & (z > 20))
        cover(hair, uniform(1, 22) * (1 + 0.4 * shape) + uniform(0.3, 3) * rough)
    if chance(0.06):
        rim = uniform(62, 95) + uniform(-0.2, 0.2) * z
        cover(y > rim, uniform(4, 14) + 1.5 * shape)
    if chance(0.1):
        oval = (x / uniform(58, 80)) ** 2 + ((y - 5) / uniform(85, 105)) ** 2
        cover((oval > 1) | (z < 15), (uniform(3, 12) + 2.5 * shape).clamp(min=0.5))
    return replace(surface, points=surface.points + surface.normals * lift[:, None], bare=surface.bare & ~covered)
