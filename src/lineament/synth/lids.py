"""Lids that shut without a slit, whatever the eye's shape, and lie on the eyeball instead of in it.

Symbols: B people, V model vertices, D lid vertices, E eyeball vertices. Millimetres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lineament.face.model import FaceModel

_RIM = 20
"""Vertices of the last ring of an eyeball's cap: nearly its equator."""
_MARGINS = {"left": ((43, 44), (47, 46)), "right": ((38, 37), (40, 41))}
"""iBUG points of the upper and the lower lid, inner before outer."""


@dataclass(frozen=True)
class LidCover:
    """One eye's lids and ball."""

    lid: Tensor
    """(D,) int64, vertices"""
    ball: Tensor
    """(E,) int64, vertices"""
    rim: Tensor
    """(20,) int64, vertices"""
    thickness: Tensor
    """(D,) mm, least distance of a lid vertex from the ball"""
    moving: Tensor
    """(M,) int64, vertices that a blink moves"""
    blink: Tensor
    """(M, 3) mm, their displacement by a full blink"""
    travel: Tensor
    """(2,) mm that a full blink closes the mean eye, inner and outer half"""
    upper: Tensor
    """(2,) int64, landmarks of the upper lid's margin, inner before outer"""
    lower: Tensor
    """(2,) int64"""

    @classmethod
    def from_model(cls, model: FaceModel, side: str, device: str) -> LidCover:
        """Collect the vertices of the eye on `side`, "left" or "right"."""
        at = model.vertices
        ball = np.flatnonzero(model.region == model.region_names.index(f"eyeball_{side}"))
        rim = ball[np.argsort(at[ball, 2])[:_RIM]]
        around = (model.region == model.region_names.index("eyelids")) & (at[:, 2] > at[rim, 2].max())
        lid = np.flatnonzero(around & (np.linalg.norm(at - at[rim].mean(0), axis=1) < 24))

        blink = model.expression[model.expression_names.index(f"eyeBlink{side.capitalize()}")]
        moving = np.flatnonzero(np.abs(blink).max(axis=1) > 0.01)
        upper, lower = _MARGINS[side]
        opened, shut = (model.landmarks(shape, "ibug68")[:, 1] for shape in (at, at + blink))
        travel = (opened - shut)[list(upper)] - (opened - shut)[list(lower)]

        def rows(values: object) -> Tensor:
            return torch.as_tensor(np.array(values), dtype=torch.int64, device=device)

        def reals(values: object) -> Tensor:
            return torch.as_tensor(np.array(values), dtype=torch.float32, device=device)

        cover = cls(
            lid=rows(lid),
            ball=rows(ball),
            rim=rows(rim),
            thickness=torch.zeros(len(lid), device=device),
            moving=rows(moving),
            blink=reals(blink[moving]),
            travel=reals(travel),
            upper=rows(upper),
            lower=rows(lower),
        )
        return replace(cover, thickness=cover.gap(reals(at)[None])[0][0].clamp(0.15, 0.8))

    def gap(self, vertices: Tensor) -> tuple[Tensor, Tensor]:
        """Return how far (B, D) lid vertices lie outside the ball, and their directions (B, D, 3) from its centre."""
        centre = vertices[:, self.rim].mean(1, keepdim=True)
        lid, ball = vertices[:, self.lid] - centre, vertices[:, self.ball] - centre
        reach, radius = lid.norm(dim=2), ball.norm(dim=2)
        direction = lid / reach[..., None].clamp(min=1e-6)
        near = (direction @ (ball / radius[..., None].clamp(min=1e-6)).transpose(1, 2)).max(2)
        beyond = near.values < 0.98  # 11 degrees off the cap: behind its equator
        return torch.where(beyond, 10.0, reach - radius.gather(1, near.indices)), direction


def close_lids(lids: Sequence[LidCover], vertices: Tensor, landmarks: Tensor, blink: Tensor) -> Tensor:
    """Return faces whose lids are closed by a share of what their own eyes are open.

    Wide eyes travel further than the linear model's blink, narrow ones less, so that at 1 the margins meet.

    Parameters
    ----------
    lids : sequence of LidCover
        Left, right.
    vertices : (B, V, 3) mm
        Faces that do not blink.
    landmarks : (B, L, 3) mm
        Of the same faces.
    blink : (B, 2)
        0 open, 1 closed; left, right.
    """
    moved = vertices.clone()
    for cover, share in zip(lids, blink.unbind(1), strict=True):
        opened = landmarks[:, cover.upper, 1] - landmarks[:, cover.lower, 1]
        needed = (opened / cover.travel).clamp(0.3, 1.8)
        inner, outer = landmarks[:, cover.upper, 0].unbind(1)
        at = ((vertices[:, cover.moving, 0] - inner[:, None]) / (outer - inner)[:, None]).clamp(-0.5, 1.5)
        factor = (needed[:, :1] + at * (needed[:, 1:] - needed[:, :1])).clamp(0.2, 2.0)
        moved[:, cover.moving] += (share[:, None] * factor)[..., None] * cover.blink
    return moved


def cover_eyeballs(lids: Sequence[LidCover], vertices: Tensor) -> Tensor:
    """Return `vertices` (B, V, 3) with every lid vertex at least its thickness outside the eyeball."""
    moved = vertices.clone()
    for cover in lids:
        gap, direction = cover.gap(vertices)
        moved[:, cover.lid] += (cover.thickness - gap).clamp(0, 4)[..., None] * direction
    return moved
