"""Teeth and tongue, where an open mouth shows them.

Symbols: B people, C samples, L landmarks. Millimetres, face frame.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lineament.synth.people import TorchFace

_UPPER, _LOWER, _TONGUE = 800, 700, 700
_CONDYLE = (0.0, 5.0, 15.0)
"""About where the jaw turns on the mean face."""
_SUBNASALE, _CHIN, _INNER_LIPS = 33, 8, slice(60, 68)


def mouth_contents(face: TorchFace, vertices: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Sample the teeth and the tongue of people.

    They are no part of the face model: join the samples to a scene beside the surface's own, as what lies inside the
    mouth.

    Parameters
    ----------
    face : TorchFace
    vertices : (B, V, 3) float32, mm, face frame
        As `random_people` returns them.
    generator : torch.Generator

    Returns
    -------
    points : (B, 2200, 3) float32, mm
        Two arcs of crowns and a tongue, before the mouth bag and behind the lips.
    normals : (B, 2200, 3) outward, unit
    present : (B, 2200) bool
        Those that show between the lips from the front. None in a shut mouth, and none in one of eight open mouths: a
        scanner often fails on what is wet and shiny.
    """
    count, device = len(vertices), vertices.device

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *shape, generator=generator, device=device)

    marks, mean = face.landmarks(vertices), face.landmarks(face.mean[None])
    size = (marks[:, 45] - marks[:, 36]).norm(dim=1) / (mean[:, 45] - mean[:, 36]).norm(dim=1)

    # The upper teeth are fast to the skull, behind the upper lip.
    upper, upper_normals = _crowns(_UPPER, edge=-23.5, root=-12.0, generator=generator, count=count, device=device)
    reach = torch.minimum(marks[:, _SUBNASALE, 2] - 8.5 * size, marks[:, 61:64, 2].min(1).values - 2)
    tall = (marks[:, 27] - marks[:, 33]).norm(dim=1) / (mean[:, 27] - mean[:, 33]).norm(dim=1)
    upper = upper * torch.stack([size, tall, size], 1)[:, None]
    upper[..., 0] += marks[:, _SUBNASALE, :1]
    upper[..., 1] += marks[:, _SUBNASALE, 1:2] + uniform(-1.5, 2.0, 1)
    upper[..., 2] += reach[:, None] - uniform(0, 1.5, 1)

    # The lower ones turn with the jaw, and so does the tongue.
    lower, lower_normals = _crowns(_LOWER, edge=0.0, root=-10.0, generator=generator, count=count, device=device)
    lower = lower * 0.93 + torch.tensor([0.0, -35.5, 104.0], device=device)
    tongue, tongue_normals = _tongue(count, generator, device)
    tongue[..., 1] += uniform(-5, 4, 1)
    tongue[..., 2] += torch.where(uniform(0, 1, 1) < 0.06, uniform(5, 18, 1), uniform(-3, 2, 1))
    below, below_normals = _turned_with_jaw(
        torch.cat([lower, tongue], 1), torch.cat([lower_normals, tongue_normals], 1), marks, mean
    )
    behind_lip = (marks[:, 65:68, 2].min(1).values - 2)[:, None]
    over = (below[:, :_LOWER, 2].max(1, keepdim=True).values - behind_lip).clamp(min=0)
    below[:, :_LOWER, 2] -= over

    points, normals = torch.cat([upper, below], 1), torch.cat([upper_normals, below_normals], 1)
    opening = marks[:, _INNER_LIPS, :2]
    seen = (marks[:, 62, 1] - marks[:, 66, 1] > 1.2) & (uniform(0, 1) > 0.125)
    present = _within(points[..., :2], opening) & seen[:, None]
    toothless = uniform(0, 1, 2) < 0.05
    present[:, :_UPPER] &= ~toothless[:, :1]
    present[:, _UPPER : _UPPER + _LOWER] &= ~toothless[:, 1:]
    return points, normals, present


def _crowns(
    samples: int, *, edge: float, root: float, generator: torch.Generator, count: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Samples (B, C, 3) and normals of an arc of teeth; the middle of its front is at x = z = 0."""
    along, up = torch.rand(2, count, samples, generator=generator, device=device)
    angle = 2.2 * (along - 0.5)
    width, depth = 25.0, 28.0
    x, z = width * torch.sin(angle), depth * (torch.cos(angle) - 1)
    normal = torch.nn.functional.normalize(
        torch.stack([torch.sin(angle) / width, torch.zeros_like(x), torch.cos(angle) / depth], -1), dim=-1
    )
    groove = -0.6 * torch.cos(angle * width / 7.5 * torch.pi).abs() ** 8  # between neighbours
    bulge = -1.2 * (2 * up - 1) ** 2
    points = torch.stack([x, edge + (root - edge) * up, z], -1) + normal * (groove + bulge)[..., None]
    return points, normal


def _tongue(count: int, generator: torch.Generator, device: torch.device) -> tuple[Tensor, Tensor]:
    """Samples (B, C, 3) and normals of the upper half of an ellipsoid in the jaw of the mean face."""
    normal = torch.randn(count, _TONGUE, 3, generator=generator, device=device)
    normal = torch.nn.functional.normalize(normal, dim=-1)
    normal[..., 1:] = normal[..., 1:].abs()
    radii = torch.tensor([19.0, 12.0, 27.0], device=device)
    points = normal * radii + torch.tensor([0.0, -43.0, 72.0], device=device)
    furrow = -1.5 * torch.exp(-((normal[..., 0] * 19 / 3) ** 2))
    points[..., 1] += furrow * normal[..., 1]
    return points, torch.nn.functional.normalize(normal / radii, dim=-1)


def _turned_with_jaw(points: Tensor, normals: Tensor, marks: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Move what belongs to the mean jaw with each person's chin: turn and scale as seen from the side, and shift."""
    condyle = torch.tensor(_CONDYLE, device=points.device)
    now, rest = marks[:, _CHIN] - condyle, mean[:, _CHIN] - condyle
    scale = now[:, 1:].norm(dim=1) / rest[:, 1:].norm(dim=1)
    angle = torch.atan2(now[:, 1], now[:, 2]) - torch.atan2(rest[:, 1], rest[:, 2])
    cos, sin = torch.cos(angle), torch.sin(angle)
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    turn = torch.stack([one, zero, zero, zero, cos, sin, zero, -sin, cos], 1).view(-1, 3, 3)
    moved = (points - condyle) @ turn.transpose(1, 2) * scale[:, None, None] + condyle
    moved[..., 0] += marks[:, _CHIN, :1]
    return moved, normals @ turn.transpose(1, 2)


def _within(points: Tensor, polygon: Tensor) -> Tensor:
    """Return whether `points` (B, C, 2) lie in a closed `polygon` (B, K, 2): an odd number of edges is above them."""
    a, b = polygon[:, None], polygon.roll(-1, 1)[:, None]
    x, y = points[..., None, 0], points[..., None, 1]
    spans = (a[..., 0] > x) != (b[..., 0] > x)
    run = torch.where((b[..., 0] - a[..., 0]).abs() < 1e-6, 1e-6, b[..., 0] - a[..., 0])
    at = a[..., 1] + (x - a[..., 0]) / run * (b[..., 1] - a[..., 1])
    odd: Tensor = (spans & (at > y)).sum(-1) % 2 == 1
    return odd
