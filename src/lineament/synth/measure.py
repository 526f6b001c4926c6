"""What a sensor sees of a scene, and with which errors.

Symbols: P samples of the scene, W views. Millimetres, face frame.
"""

from __future__ import annotations

from math import cos, sin

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from lineament.synth.sensors import Capture
from lineament.synth.stream import Stream
from lineament.synth.surface import Surface

GRID, CELL = 256, 3.0
"""Cells along the side of the depth buffer, and their size where 50,000 samples look through it, mm."""


def see(capture: Capture, scene: Surface, stream: Stream) -> tuple[Tensor, Tensor]:
    """Measure a scene.

    Samples hide what lies behind them in a depth buffer; eyeballs and mouths are hidden by anything in front of them.

    Returns
    -------
    measured : (P, 3) float32, mm
        Places of the samples with the sensor's errors.
    seen : (P,) bool
    """
    points = scene.points
    size = CELL * min(max((50_000 / max(len(points), 1)) ** 0.5, 0.7), 1.4)
    seen = torch.zeros_like(scene.inside)
    edge = torch.zeros_like(seen)
    first = torch.zeros(len(points), dtype=torch.int64, device=points.device)
    for number, turn in enumerate(capture.views):
        camera = points @ turn.T
        facing = scene.normals @ turn[2]
        depth = camera[:, 2]
        behind = _behind(camera, size) if len(points) else depth
        slope = size * (1 - facing**2).clamp(min=0).sqrt() / facing.clamp(min=0.15)
        visible = (facing > 0.12) & (behind < 2.0 + slope)
        if scene.inside.any():
            skin_height = torch.where(scene.inside, -1e9, depth)
            covered = _behind(torch.stack([*camera.T[:2], skin_height], 1), size / 2, depth)
            visible &= ~(scene.inside & (covered > -0.3))
        fresh = visible & ~seen
        first[fresh] = number
        edge |= fresh & ((behind > 1.5) | (facing < 0.3))
        seen |= fresh
    if capture.whole:
        seen = torch.ones_like(seen)
    sight = capture.views[first, 2]
    along = (points * sight).sum(-1)
    reading = along + _error(capture, points, edge, stream)
    if capture.quantum > 1e-3:
        reading = (reading / capture.quantum).round() * capture.quantum
    shift = capture.drift * stream.randn(len(capture.views), 3)
    shift[0] = 0
    return points + sight * (reading - along)[:, None] + shift[first], seen


def _behind(camera: Tensor, size: float, depth: Tensor | None = None) -> Tensor:
    """How far each point lies behind the nearest one in its cell, mm, (P,); `depth` stands in for its own."""
    place = (camera[:, :2] / size + GRID / 2).long().clamp(0, GRID - 1)
    index = place[:, 0] * GRID + place[:, 1]
    top = torch.full((GRID * GRID,), -1e9, device=camera.device)
    top.scatter_reduce_(0, index, camera[:, 2], "amax")
    return top[index] - (camera[:, 2] if depth is None else depth)


def _error(capture: Capture, points: Tensor, edge: Tensor, stream: Stream) -> Tensor:
    """Draw the error of each reading along the line of sight, (P,), mm."""
    across = points @ capture.views[0, :2].T
    error = capture.noise * stream.randn(len(points))
    if capture.ripple > 0:
        error = error + capture.ripple * stream.wavy(points, capture.ripple_length)
    if capture.grain > 0:
        error = error + capture.grain * _grain(across, capture.grain_length, stream)
    if capture.fringe > 0:
        turn, phase = stream.uniform(0, 6.2832), stream.uniform(0, 6.2832)
        # Phase errors of a projector follow its stripes, bent by the depth that they fall on.
        stripes = cos(turn) * across[:, 0] + sin(turn) * across[:, 1] + 0.4 * (points @ capture.views[0, 2])
        error = error + capture.fringe * torch.sin(stripes * (6.2832 / capture.fringe_period) + phase)
    if capture.sway > 0:
        stripe = (across[:, 1] / 0.8 + 400).long().clamp(0, 799)
        jitter = stream.randn(800)
        drift = jitter.cumsum(0) / 10
        error = error + capture.sway * (jitter + drift - drift.mean())[stripe]
    if capture.bleed > 0:
        luck = stream.rand(2, len(points))
        error = error - 12 * luck[1] * (edge & (luck[0] < 0.3 * capture.bleed))
    return error


def _grain(across: Tensor, length: float, stream: Stream) -> Tensor:
    """Look random numbers of unit variance up, smooth over `length` mm, at places (P, 2) of the image plane."""
    side = int(500 / length)
    field = stream.randn(1, 1, side, side)
    found: Tensor = grid_sample(field, (across / 250)[None, None], align_corners=False, padding_mode="reflection")
    # Bilinear means of four numbers have 4/9 of their variance.
    return found[0, 0, 0] * 1.5
