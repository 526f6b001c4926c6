"""What stands around a face in a raw scan, and scans without any face: shoulders, glasses, walls, furniture.

Every object is a sampled primitive. Symbols: C samples of one object. Millimetres, face frame.
"""

from __future__ import annotations

from functools import reduce
from math import cos, sin
from operator import add

import torch
from torch import Tensor
from torch.nn.functional import normalize

from lineament.synth.stream import Stream
from lineament.synth.surface import Surface, plain


class Props:
    """Makes primitives from one stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def vector(self, *values: float) -> Tensor:
        """Return `values` as a vector."""
        return torch.tensor(values, device=self.stream.device)

    def ellipsoid(self, centre: Tensor, axes: Tensor, count: int, power: float = 1.0) -> Surface:
        """Superellipsoid surface; `power` below 1 makes it box-like."""
        way = normalize(self.stream.randn(count, 3), dim=-1)
        return plain(centre + way.sign() * way.abs() ** power * axes, normalize(way / axes, dim=-1))

    def box(self, centre: Tensor, half: Tensor, turn: float, count: int) -> Surface:
        """Surface of a box with half sizes `half` (3,), turned by `turn` radians about y."""
        p = 2 * self.stream.rand(count, 3) - 1
        face = (3 * self.stream.rand(count, 1)).long().clamp(max=2)
        on = torch.zeros_like(p).scatter_(1, face, 1).bool()
        p = torch.where(on, torch.where(p >= 0, 1.0, -1.0), p)
        spin = self.vector(cos(turn), 0, sin(turn), 0, 1, 0, -sin(turn), 0, cos(turn)).view(3, 3)
        return plain(centre + (p * half) @ spin, torch.where(on, p, 0.0) @ spin)

    def ring(self, centre: Tensor, radii: Tensor, tube: float, count: int) -> Surface:
        """Torus-like rim in the x-y plane with half width and height `radii` (2,)."""
        a, b = 6.2832 * self.stream.rand(2, count)
        outward = torch.stack([a.cos(), a.sin(), torch.zeros_like(a)], -1)
        normals = outward * b.cos()[:, None] + torch.stack([torch.zeros_like(a), torch.zeros_like(a), b.sin()], -1)
        return plain(centre + outward * torch.cat([radii, torch.zeros_like(radii[:1])]) + normals * tube, normals)


def around_a_face(stream: Stream, eyes: Tensor) -> tuple[Surface | None, bool]:
    """Shoulders, collar, glasses, hand, wall and loose objects around a face whose eye centres are `eyes` (2, 3).

    Returns
    -------
    clutter : Surface or None
    glasses : bool
        Sensors see through the lenses badly.
    """
    props = Props(stream)
    uniform, chance, triple, vector = stream.uniform, stream.chance, stream.triple, props.vector
    scene: list[Surface] = []
    if chance(0.55):
        drop = uniform(-215, -170)
        axes = triple((150, 240), (60, 110), (65, 110))
        scene.append(props.ellipsoid(vector(0, drop - 60, uniform(-60, 0)), axes, 3000, 0.8))
        if chance(0.6):
            axes = triple((62, 95), (25, 60), (60, 85))
            scene.append(props.ellipsoid(vector(0, drop + 30, uniform(-45, -5)), axes, 1500))
    glasses = chance(0.12)
    if glasses:
        scene += _glasses(props, eyes)
    if chance(0.04):
        scene += _hand(props)
    if chance(0.18):
        half = triple((150, 600), (150, 500), (5, 60))
        scene.append(props.box(triple((-200, 200), (-100, 100), (-700, -130)), half, uniform(-0.5, 0.5), 4000))
    while chance(0.12):
        size = triple((10, 90), (10, 90), (10, 90))
        scene.append(props.ellipsoid(stream.direction() * uniform(170, 420), size, 800, 0.7))
    return (reduce(add, scene) if scene else None), glasses


def _glasses(props: Props, eyes: Tensor) -> list[Surface]:
    uniform, triple = props.stream.uniform, props.stream.triple
    size, tube = triple((20, 28), (15, 24)), uniform(0.8, 2.5)
    forward = props.vector(0, uniform(-5, 2), uniform(10, 20))
    rims = [props.ring(eye + forward, size, tube, 700) for eye in eyes]
    half = triple((0.8, 2), (1.5, 4), (50, 60))
    reach = uniform(64, 72)
    temples = [
        props.box(props.vector(sign * reach, float(eye[1]), float(eye[2]) - 45), half, 0.0, 500)
        for eye, sign in zip(eyes, (-1, 1), strict=True)
    ]
    return rims + temples


def _hand(props: Props) -> list[Surface]:
    """A fist or a few fingers at the chin or a cheek."""
    uniform, triple = props.stream.uniform, props.stream.triple
    side = 1 if props.stream.chance(0.5) else -1
    palm = props.vector(side * uniform(10, 70), uniform(-135, -80), uniform(60, 115))
    hand = [props.ellipsoid(palm, triple((25, 40), (25, 45), (15, 25)), 1200, 0.8)]
    for finger in range(props.stream.integer(0, 4)):
        at = palm + props.vector((finger - 1.5) * 17, uniform(30, 55), uniform(-5, 15))
        hand.append(props.ellipsoid(at, triple((7, 10), (28, 42), (7, 10)), 500))
    return hand


def without_a_face(stream: Stream) -> Surface:
    """Return a scene that holds no face: one or several primitives, a chair, a torso, or pure noise."""
    props = Props(stream)
    uniform, triple = stream.uniform, stream.triple
    kind, size = uniform(0, 1), uniform(40, 300)
    zero = props.vector(0, 0, 0)
    if kind < 0.3:
        if stream.chance(0.6):
            return props.ellipsoid(zero, size * triple((0.5, 1), (0.5, 1), (0.5, 1)), 6000)
        return props.box(zero, size * triple((0.1, 1), (0.2, 1), (0.2, 1)), uniform(0, 3), 6000)
    if kind < 0.45:
        return _chair(props, size)
    if kind < 0.7:
        scene = props.ellipsoid(zero, triple((140, 230), (200, 300), (80, 130)), 5000, power=0.8)
        if stream.chance(0.7):
            neck = triple((45, 70), (60, 110), (45, 70))
            scene = scene + props.ellipsoid(props.vector(0, uniform(230, 330), 0), neck, 1200)
        return scene
    if kind < 0.92:
        return reduce(
            add,
            (
                props.ellipsoid(
                    0.7 * size * stream.randn(3),
                    size * triple((0.1, 0.8), (0.1, 0.8), (0.1, 0.8)),
                    1500,
                    uniform(0.5, 1.5),
                )
                for _ in range(stream.integer(2, 6))
            ),
        )
    noise = stream.randn(4000, 3)
    return plain(noise * size, normalize(noise, dim=-1))


def _chair(props: Props, size: float) -> Surface:
    seat = size * props.stream.triple((0.7, 1), (0.05, 0.15), (0.7, 1))
    wide, thick, deep = (float(value) for value in seat)
    scene = props.box(props.vector(0, 0, 0), seat, 0.0, 3000)
    scene = scene + props.box(props.vector(0, wide, -deep), props.vector(wide, wide, thick), 0.0, 3000)
    for x in (-0.9, 0.9):
        for z in (-0.9, 0.9):
            leg = props.vector(thick, wide, thick)
            scene = scene + props.box(props.vector(x * wide, -wide, z * deep), leg, 0.0, 800)
    return scene
