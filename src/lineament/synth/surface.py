"""Samples of a virtual person's surface, and what grows or is worn on it: hair, beard, scarf.

Symbols: B people, S samples, V model vertices, T triangles.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lineament.synth.people import TorchFace

INSIDE = ("mouth", "eyeball_left", "eyeball_right")
"""Regions that lids or lips may cover."""


@dataclass(frozen=True)
class SurfacePool:
    """Many places on the model's surface, dense where scanners and eyes look; a scan takes some of them."""

    triangle: Tensor
    """(P,) int64"""
    barycentric: Tensor
    """(P, 3)"""
    place: Tensor
    """(P, 3) mm, on the mean face: tells forehead from chin."""
    inside: Tensor
    """(P,) bool: eyeball or mouth, behind lids or lips."""

    @classmethod
    def build(cls, face: TorchFace, generator: torch.Generator, size: int = 300_000) -> SurfacePool:
        """Draw `size` places, area-weighted, three times denser in the face and six times around the eyes."""
        corners = face.mean[face.triangles]
        area = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).norm(dim=1)
        centre = corners.mean(1)
        eyes = torch.stack([face.landmarks(face.mean[None])[0, 36:42], face.landmarks(face.mean[None])[0, 42:48]])
        to_eye = torch.cdist(centre, eyes.mean(1)).min(1).values
        density = 1 + 2 * torch.sigmoid((centre[:, 2] - 50) / 8) + 3 * torch.sigmoid((24 - to_eye) / 3)
        triangle = torch.multinomial(area * density, size, replacement=True, generator=generator)
        a, b = torch.rand(2, size, generator=generator, device=area.device)
        a, b = torch.where(a + b > 1, 1 - a, a), torch.where(a + b > 1, 1 - b, b)
        barycentric = torch.stack([1 - a - b, a, b], 1)
        inside = torch.tensor([name in INSIDE for name in face.region_names], device=area.device)
        return cls(
            triangle, barycentric, (corners[triangle] * barycentric[..., None]).sum(1), inside[face.region[triangle]]
        )


@dataclass(frozen=True)
class Surface:
    """Sampled surfaces of B people."""

    points: Tensor
    """(B, S, 3) mm, face frame"""
    normals: Tensor
    """(B, S, 3) outward, unit"""
    inside: Tensor
    """(B, S) bool"""
    bare: Tensor
    """(B, S) bool: the skin itself, not hair or cloth"""


def sample_surface(
    face: TorchFace, pool: SurfacePool, vertices: Tensor, count: int, generator: torch.Generator
) -> Surface:
    """Take `count` samples of each person's bare surface."""
    people = len(vertices)
    device = vertices.device
    start = torch.randint(len(pool.triangle) - count, (people, 1), generator=generator, device=device)
    pick = start + torch.arange(count, device=device)
    corners = face.triangles[pool.triangle[pick]]
    rows = torch.arange(people, device=device)[:, None, None]
    xyz = vertices[rows, corners]
    points = (xyz * pool.barycentric[pick][..., None]).sum(2)
    normals = torch.nn.functional.normalize(
        torch.linalg.cross(xyz[:, :, 1] - xyz[:, :, 0], xyz[:, :, 2] - xyz[:, :, 0]), dim=-1
    )
    surface = Surface(points, normals, pool.inside[pick], torch.ones(people, count, dtype=torch.bool, device=device))
    return _dress(surface, pool.place[pick], generator)


def wavy(points: Tensor, length: Tensor, generator: torch.Generator, waves: int = 6) -> Tensor:
    """Return a smooth random field of unit variance at `points` (B, S, 3), (B, S).

    A sum of plane waves with wavelengths around `length` (B, 1), in mm.
    """
    people = len(points)
    device = points.device
    direction = torch.nn.functional.normalize(torch.randn(people, waves, 3, generator=generator, device=device), dim=-1)
    stretch = 0.6 + 0.8 * torch.rand(people, waves, generator=generator, device=device)
    phase = 6.2832 * torch.rand(people, 1, waves, generator=generator, device=device)
    vectors = direction * (6.2832 / (length * stretch))[..., None]
    field: Tensor = torch.sin(points @ vectors.transpose(1, 2) + phase).mean(-1) * (2 * waves) ** 0.5
    return field


def _dress(surface: Surface, place: Tensor, generator: torch.Generator) -> Surface:
    """Lift samples off the skin where hair, a beard, brows or a scarf cover it."""
    people, count = surface.inside.shape
    device = place.device

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(people, 1, generator=generator, device=device)

    x, y, z = place.unbind(-1)
    shape = wavy(surface.points, uniform(15, 50), generator)
    rough = torch.randn(people, count, generator=generator, device=device)

    side = (y > uniform(-60, 40)) & (z < uniform(5, 50))
    hair = ((y - uniform(80, 125) + 0.12 * z.clamp(max=0) + 4 * shape > 0) | side) & (uniform(0, 1) < 0.75)
    hair_lift = (uniform(1, 22) * (1 + 0.4 * shape) + uniform(0.3, 3) * rough).clamp(min=0)

    near_lips = ((x / 30) ** 2 + ((y + 34) / 12) ** 2) < 1
    chin = (y < uniform(-50, -20) + 4 * shape) & (z > -10) & (y > -130) & ~near_lips
    moustache = (y < -14) & (y > -28) & (x.abs() < 30) & (z > 85)
    beard = ((chin & (uniform(0, 1) < 0.22)) | (moustache & (uniform(0, 1) < 0.2))) & ~surface.inside
    beard_lift = (uniform(0.3, 9) * (1 + 0.3 * shape) + uniform(0.1, 1.5) * rough).clamp(min=0)

    brow = (y > 44) & (y < 60) & (x.abs() > 10) & (x.abs() < 55) & (z > 70)
    brow_lift = uniform(0, 0.8) * rough.abs()

    oval = (x / uniform(58, 80)) ** 2 + ((y - 5) / uniform(85, 105)) ** 2
    scarf = ((oval > 1) | (z < 15)) & (uniform(0, 1) < 0.1)
    scarf_lift = (uniform(3, 12) + 2.5 * shape).clamp(min=0.5)

    covered = hair | beard | scarf
    lift = torch.where(brow & ~covered, brow_lift, torch.zeros_like(rough))
    lift = torch.where(beard, beard_lift, lift)
    lift = torch.where(hair, hair_lift, lift)
    lift = torch.where(scarf, scarf_lift, lift)
    return Surface(surface.points + surface.normals * lift[..., None], surface.normals, surface.inside, ~covered)
