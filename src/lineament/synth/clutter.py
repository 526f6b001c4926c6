"""What stands around a face in a raw scan, and scans without any face: shoulders, glasses, walls, furniture.

Every object is a sampled primitive. Symbols: B scans, C samples of clutter in a scan.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Clutter:
    """Sampled objects, padded; samples that are not there are marked."""

    points: Tensor
    """(B, C, 3) mm, face frame"""
    normals: Tensor
    """(B, C, 3)"""
    present: Tensor
    """(B, C) bool"""

    def __add__(self, other: Clutter) -> Clutter:
        return Clutter(
            torch.cat([self.points, other.points], 1),
            torch.cat([self.normals, other.normals], 1),
            torch.cat([self.present, other.present], 1),
        )


class Props:
    """Makes primitives for `people` scans from one random stream."""

    def __init__(self, people: int, generator: torch.Generator, device: torch.device | str = "cpu") -> None:
        self.people, self.generator, self.device = people, generator, device

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return (B, *shape) uniform numbers."""
        span = torch.rand(self.people, *shape, generator=self.generator, device=self.device)
        return low + (high - low) * span

    def normal(self, *shape: int) -> Tensor:
        """Return (B, *shape) standard normal numbers."""
        return torch.randn(self.people, *shape, generator=self.generator, device=self.device)

    def triple(self, *ranges: tuple[float, float]) -> Tensor:
        """Return (B, len(ranges)) numbers, one range a column."""
        return torch.stack([self.uniform(low, high) for low, high in ranges], -1)

    def chance(self, probability: float) -> Tensor:
        """Return (B,) bool."""
        return self.uniform(0, 1) < probability

    def ellipsoid(self, centre: Tensor, axes: Tensor, count: int, there: Tensor, power: float = 1.0) -> Clutter:
        """Superellipsoid surface; `power` below 1 makes it box-like."""
        direction = torch.nn.functional.normalize(self.normal(count, 3), dim=-1)
        bent = direction.sign() * direction.abs() ** power
        normals = torch.nn.functional.normalize(direction / axes[:, None], dim=-1)
        return Clutter(centre[:, None] + bent * axes[:, None], normals, there[:, None].expand(-1, count))

    def box(self, centre: Tensor, half: Tensor, turn: Tensor, count: int, there: Tensor) -> Clutter:
        """Surface of a box with half sizes `half` (B, 3), turned by `turn` (B,) radians about y."""
        p = self.uniform(-1, 1, count, 3)
        face = torch.randint(3, (self.people, count, 1), generator=self.generator, device=self.device)
        on = torch.zeros_like(p).scatter_(2, face, 1).bool()
        p = torch.where(on, torch.where(p >= 0, 1.0, -1.0), p)
        cos, sin, zero = turn.cos(), turn.sin(), torch.zeros_like(turn)
        spin = torch.stack([cos, zero, sin, zero, zero + 1, zero, -sin, zero, cos], -1).view(-1, 3, 3)
        normals = torch.where(on, p, 0.0)
        return Clutter(centre[:, None] + (p * half[:, None]) @ spin, normals @ spin, there[:, None].expand(-1, count))

    def ring(self, centre: Tensor, radii: Tensor, tube: Tensor, count: int, there: Tensor) -> Clutter:
        """Torus-like rim in the x-y plane with half width and height `radii` (B, 2)."""
        a, b = 6.2832 * self.uniform(0, 1, count), 6.2832 * self.uniform(0, 1, count)
        outward = torch.stack([a.cos(), a.sin(), torch.zeros_like(a)], -1)
        normals = outward * b.cos()[..., None]
        normals = normals + torch.stack([torch.zeros_like(a), torch.zeros_like(a), b.sin()], -1)
        rim = outward * torch.cat([radii, torch.zeros_like(radii[:, :1])], -1)[:, None]
        return Clutter(centre[:, None] + rim + normals * tube[:, None, None], normals, there[:, None].expand(-1, count))


def around_a_face(props: Props, eyes: Tensor) -> tuple[Clutter, Tensor]:
    """Shoulders, glasses, walls and loose objects around faces whose eye centres are `eyes` (B, 2, 3).

    Returns
    -------
    clutter : Clutter
    glasses : (B,) bool
        Who wears glasses: sensors see through the lenses badly.
    """
    dressed = props.chance(0.55)
    drop = props.uniform(-215, -170)
    zeros = torch.zeros_like(drop)
    chest = props.ellipsoid(
        torch.stack([zeros, drop - 60, props.uniform(-60, 0)], -1),
        props.triple((150, 240), (60, 110), (65, 110)),
        1600,
        dressed,
        power=0.8,
    )
    collar = props.ellipsoid(
        torch.stack([zeros, drop + 30, props.uniform(-45, -5)], -1),
        props.triple((62, 95), (25, 60), (60, 85)),
        700,
        dressed & props.chance(0.6),
    )
    glasses = props.chance(0.12)
    size, tube = props.triple((20, 28), (15, 24)), props.uniform(0.8, 2.5)
    forward = torch.stack([zeros, props.uniform(-5, 2), props.uniform(10, 20)], -1)
    rims = [props.ring(eyes[:, side] + forward, size, tube, 350, glasses) for side in (0, 1)]
    temples = [
        props.box(
            eyes[:, side] * torch.tensor([0.0, 1.0, 0.0], device=eyes.device)
            + torch.stack([zeros + sign * props.uniform(64, 72), zeros, eyes[:, side, 2] - 45], -1),
            props.triple((0.8, 2), (1.5, 4), (50, 60)),
            zeros,
            250,
            glasses,
        )
        for side, sign in ((0, -1), (1, 1))
    ]
    wall = props.box(
        props.triple((-200, 200), (-100, 100), (-700, -130)),
        props.triple((150, 600), (150, 500), (5, 60)),
        props.uniform(-0.5, 0.5),
        2200,
        props.chance(0.18),
    )
    scene = chest + collar + rims[0] + rims[1] + temples[0] + temples[1] + wall
    for _ in range(2):
        away = torch.nn.functional.normalize(props.normal(3), dim=-1) * props.uniform(170, 420)[:, None]
        scene = scene + props.ellipsoid(
            away, props.triple((10, 90), (10, 90), (10, 90)), 450, props.chance(0.12), power=0.7
        )
    return scene, glasses


def without_a_face(props: Props) -> Clutter:
    """Scenes that hold no face: one or several primitives, a chair, a torso, or pure noise."""
    kind = props.uniform(0, 1)
    size = props.uniform(40, 300)[:, None]
    zero = torch.zeros(props.people, 3, device=size.device)
    single = kind < 0.3
    scene = props.ellipsoid(zero, size * props.triple((0.5, 1), (0.5, 1), (0.5, 1)), 3000, single & props.chance(0.6))
    scene = scene + props.box(
        zero,
        size * props.triple((0.1, 1), (0.2, 1), (0.2, 1)),
        props.uniform(0, 3),
        3000,
        single & ~scene.present[:, 0],
    )
    chair = (kind >= 0.3) & (kind < 0.45)
    seat = size * props.triple((0.7, 1), (0.05, 0.15), (0.7, 1))
    scene = scene + props.box(zero, seat, zero[:, 0], 1500, chair)
    lift = torch.stack([zero[:, 0], seat[:, 0], -seat[:, 2]], -1)
    scene = scene + props.box(lift, seat[:, [0, 0, 1]], zero[:, 0], 1500, chair)
    for x in (-0.9, 0.9):
        for z in (-0.9, 0.9):
            foot = torch.stack([x * seat[:, 0], -seat[:, 0], z * seat[:, 2]], -1)
            leg = torch.stack([seat[:, 1], seat[:, 0], seat[:, 1]], -1)
            scene = scene + props.box(foot, leg, zero[:, 0], 400, chair)
    torso = (kind >= 0.45) & (kind < 0.7)
    scene = scene + props.ellipsoid(zero, props.triple((140, 230), (200, 300), (80, 130)), 2500, torso, power=0.8)
    neck = torch.stack([zero[:, 0], props.uniform(230, 330), zero[:, 0]], -1)
    scene = scene + props.ellipsoid(neck, props.triple((45, 70), (60, 110), (45, 70)), 600, torso & props.chance(0.7))
    heap = (kind >= 0.7) & (kind < 0.92)
    for _ in range(6):
        at = props.normal(3) * size * 0.7
        axes = size * props.triple((0.1, 0.8), (0.1, 0.8), (0.1, 0.8))
        scene = scene + props.ellipsoid(
            at,
            axes,
            600,
            heap & props.chance(0.8),
            power=float(0.5 + torch.rand(1, generator=props.generator, device=size.device)),
        )
    noise = props.normal(2500, 3)
    there = (kind >= 0.92)[:, None].expand(-1, 2500)
    return scene + Clutter(noise * size[:, None], torch.nn.functional.normalize(noise, dim=-1), there)
