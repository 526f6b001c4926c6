"""Virtual people: identity x expression x proportions, in the face frame.

Symbols: B people, V model vertices, S surface samples, L landmarks. Millimetres throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lineament.errors import InputError
from lineament.face.model import STABLE_LANDMARKS, FaceModel
from lineament.geometry.normals import vertex_normals
from lineament.synth.condition import Condition
from lineament.synth.deformation import marks_of_life, smooth_deformation
from lineament.synth.expressions import random_expressions
from lineament.synth.lids import LidCover, close_lids, cover_eyeballs
from lineament.synth.lips import closing_travel, rest_lips
from lineament.synth.proportions import Proportions, reshape, wanted_proportions
from lineament.synth.shapes import AGES, ORIGINS, SEXES, Shapes, load_shapes

__all__ = ["AGES", "INSIDE", "ORIGINS", "SEXES", "People", "TorchFace", "align_rigid", "random_people"]

INSIDE = ("mouth", "eyeball_left", "eyeball_right")
"""Regions that lids or lips may cover."""
_ODD = ("ear-shape", "ear-flap", "head-diamond", "triangular", "head-square", "neck-scale")
"""Sliders that soon spoil a face."""


@dataclass(frozen=True)
class People:
    """B virtual people."""

    vertices: Tensor
    """(B, V, 3) float32, mm, face frame"""
    origin: Tensor
    """(B,) int64, index into `ORIGINS`"""
    sex: Tensor
    """(B,) int64, index into `SEXES`"""
    age: Tensor
    """(B,) int64, index into `AGES`"""


@dataclass(frozen=True)
class TorchFace:
    """The face model as tensors on one device."""

    mean: Tensor
    """(V, 3)"""
    triangles: Tensor
    """(T, 3) int64"""
    region: Tensor
    """(T,) int64: region of each triangle's first corner."""
    identity: Tensor
    """(K, V * 3), one standard deviation a mode."""
    expression: Tensor
    """(E, V * 3), full activation."""
    expression_names: tuple[str, ...]
    region_names: tuple[str, ...]
    normals: Tensor
    """(V, 3) outward, of the mean face."""
    skin: Tensor
    """(V,) bool: neither eyeball nor inside of the mouth."""
    lids: tuple[LidCover, ...]
    """Left and right."""
    landmark_triangle: Tensor
    """(L,) all landmark sets one after another."""
    landmark_barycentric: Tensor
    """(L, 3)"""

    @classmethod
    def from_model(cls, model: FaceModel, device: str = "cpu") -> TorchFace:
        """Copy `model` to `device`."""
        sets = model.landmark_sets.values()

        def tensor(values: object, dtype: torch.dtype) -> Tensor:
            return torch.as_tensor(np.array(values), dtype=dtype, device=device)

        return cls(
            mean=tensor(model.vertices, torch.float32),
            triangles=tensor(model.triangles, torch.int64),
            region=tensor(model.region[model.triangles[:, 0]], torch.int64),
            identity=tensor(model.identity, torch.float32).flatten(1),
            expression=tensor(model.expression, torch.float32).flatten(1),
            expression_names=model.expression_names,
            region_names=model.region_names,
            normals=tensor(vertex_normals(model.vertices, model.triangles), torch.float32),
            skin=tensor(~np.isin(np.array(model.region_names)[model.region], INSIDE), torch.bool),
            lids=tuple(LidCover.from_model(model, side, device) for side in ("left", "right")),
            landmark_triangle=tensor(np.concatenate([s.triangle for s in sets]), torch.int64),
            landmark_barycentric=tensor(np.concatenate([s.barycentric for s in sets]), torch.float32),
        )

    def landmarks(self, vertices: Tensor) -> Tensor:
        """Return every landmark of `vertices` (B, V, 3) as (B, L, 3)."""
        corners = vertices[:, self.triangles[self.landmark_triangle]]
        return (corners * self.landmark_barycentric[None, :, :, None]).sum(2)


def align_rigid(points: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Move `points` (B, N, 3) by the rigid motion that takes `source` (B, M, 3) closest to `target` (M, 3)."""
    from_centre, to_centre = source.mean(1, keepdim=True), target.mean(0)
    u, _, vt = torch.linalg.svd((source - from_centre).transpose(1, 2) @ (target - to_centre))
    flip = torch.ones(len(points), 3, device=points.device)
    flip[:, 2] = torch.det(u @ vt)
    moved: Tensor = (points - from_centre) @ (u * flip[:, None, :]) @ vt + to_centre
    return moved


def _drawn(names: tuple[str, ...], wanted: str | None, shares: Sequence[float], draw: _Draw) -> Tensor:
    """Return indices (B,) into `names`, drawn with `shares`, all of them the wanted one if there is one."""
    if wanted is not None and wanted not in names:
        raise InputError(f"no group of people {wanted!r}; there are {', '.join(names)}")
    drawn = torch.bucketize(draw.uniform(), torch.tensor(shares, device=draw.device).cumsum(0)[:-1])
    return drawn if wanted is None else torch.full_like(drawn, names.index(wanted))


class _Draw:
    """One random stream for B people."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        self.count, self.generator, self.device = count, generator, generator.device

    def uniform(self, low: float = 0.0, high: float = 1.0, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(self.count, *shape, generator=self.generator, device=self.device)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.count, *shape, generator=self.generator, device=self.device)


def _group_shape(shapes: Shapes, origin: Tensor, sex: Tensor, age: Tensor, youth: Tensor, draw: _Draw) -> Tensor:
    """Return the shape (B, V * 3) of one dominant origin, sometimes with a second, one sex, and an age.

    `youth` (B,) tells small children (0) from large ones (1).
    """
    rows = torch.arange(draw.count, device=draw.device)
    other = (origin + torch.randint(1, 3, (draw.count,), generator=draw.generator, device=draw.device)) % 3
    share = torch.where(draw.uniform() < 0.3, draw.uniform(0, 0.5), 0.0)
    origins = torch.zeros(draw.count, 3, device=draw.device)
    origins[rows, origin] = 1 - share
    origins[rows, other] += share
    # how much of a sex shows varies between people
    sexes = torch.zeros(draw.count, 2, device=draw.device)
    mixed = 0.2 * draw.uniform()
    sexes[rows, sex] = 1 - mixed
    sexes[rows, 1 - sex] = mixed
    small, large = 0.4 * (1 - youth) ** 2, 0.4 * youth**2
    growing = torch.stack([1 - small - large, large, 0 * youth, small], 1)
    past = 0.35 * draw.uniform() ** 2
    grown = torch.stack([0 * past, 1 - past, past, 0 * past], 1)
    late = draw.uniform(0.6, 1.05)
    old = torch.stack([0 * late, 1 - late, late, 0 * late], 1)
    ages = torch.stack([growing, grown, old], 1)[rows, age]
    weights = (origins[:, :, None, None] * sexes[:, None, :, None] * ages[:, None, None, :]).flatten(1)
    strength = draw.uniform(0.5, 1.2, 1)
    strength = torch.where(age[:, None] == 1, strength, strength.clamp(min=0.75))
    return strength * (weights @ shapes.macro.flatten(0, 2))


def _local_shape(shapes: Shapes, eyes_closed: Tensor, draw: _Draw) -> Tensor:
    """Return a few local changes (B, V * 3), the two sides alike but for a little."""
    amount = len(shapes.names)
    often = draw.uniform(0.05, 0.22, 1)
    chosen = draw.uniform(0, 1, amount) < often
    value = draw.uniform(-0.8, 0.8, amount) * chosen
    alike = (draw.uniform() < 0.85)[:, None]
    second = torch.arange(amount, device=draw.device) > shapes.partner
    value = torch.where(alike & second, value[:, shapes.partner] * (1 + 0.2 * draw.normal(amount)), value)
    value = torch.where(shapes.one_ended, value.abs(), value).clamp(-1, 1)
    # a lid that is shut has no height left to vary
    opening = torch.tensor(["eye-height" in name for name in shapes.names], device=draw.device)
    value = torch.where(opening, value * (1 - eyes_closed), value)
    odd = torch.tensor([any(word in name for word in _ODD) for name in shapes.names], device=draw.device)
    value = torch.where(odd, 0.5 * value, value)
    return torch.cat([(-value).clamp(min=0), value.clamp(min=0)], 1) @ shapes.local


def random_people(
    face: TorchFace,
    count: int,
    generator: torch.Generator,
    condition: Condition = Condition(),  # noqa: B008
) -> People:
    """Draw virtual people.

    A person is a point of the linear model, moved by the shape of an origin, a sex and an age, by fat, by local
    changes, by a smooth deformation without symmetry and by marks of life; then brought to proportions that follow
    ANSUR II.

    Returns
    -------
    People
        Each person lies where the `STABLE_LANDMARKS` match the mean face best (rigid, no scaling).

    Raises
    ------
    InputError
        The condition names an origin, a sex or an age that there is not.
    """
    shapes = load_shapes(str(face.mean.device))
    draw = _Draw(count, generator)
    origin = _drawn(ORIGINS, condition.origin, (1 / 3, 1 / 3, 1 / 3), draw)
    sex = _drawn(SEXES, condition.sex, (0.5, 0.5), draw)
    age = _drawn(AGES, condition.age, (0.18, 0.55, 0.27), draw)
    youth = draw.uniform()

    weights = random_expressions(face.expression_names, count, generator)
    blink = [face.expression_names.index(f"eyeBlink{side}") for side in ("Left", "Right")]
    closed = weights[:, blink]
    weights[:, blink] = 0
    spread = draw.uniform(0.6, 1.2, 1) * torch.where(age == 0, 0.7, 1.0)[:, None]
    identity = draw.normal(len(face.identity)) * spread
    fatness = 0.45 * draw.normal(1)
    shape = (
        identity @ face.identity
        + _group_shape(shapes, origin, sex, age, youth, draw)
        + _local_shape(shapes, closed.mean(1, keepdim=True).clamp(0, 1), draw)
        + torch.cat([(-fatness).clamp(0, 1), fatness.clamp(0, 1.2)], 1) @ shapes.fat
    ).view(count, -1, 3)
    shape = shape + smooth_deformation(face.mean, count, generator)
    neutral = face.mean + shape + marks_of_life(face.mean, face.normals, face.skin, count, generator)

    closing = face.expression[face.expression_names.index("mouthClose")].view(-1, 3)
    travel = closing_travel(*face.landmarks(torch.stack([face.mean, face.mean + closing])))
    neutral = rest_lips(neutral, face.landmarks(neutral), closing, travel, generator)

    own = Proportions.measure(neutral, face.landmarks(neutral))
    size = torch.where(age == 0, 0.78 + 0.17 * youth, 1.0) * torch.where(age == 0, 1 + 0.02 * draw.normal(), 1.0)
    wanted = wanted_proportions(own, sex, age == 0, size, generator)
    vertices = neutral + (weights @ face.expression).view(count, -1, 3)
    vertices = close_lids(face.lids, vertices, face.landmarks(vertices), closed)
    vertices = cover_eyeballs(face.lids, reshape(vertices, size, own, wanted))
    stable = list(STABLE_LANDMARKS)
    vertices = align_rigid(vertices, face.landmarks(vertices)[:, stable], face.landmarks(face.mean[None])[0, stable])
    return People(vertices, origin, sex, age)
