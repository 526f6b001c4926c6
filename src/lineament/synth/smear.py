"""Eyes, brows, nostrils and lips as scanners see them: blurred, bulging with lashes, dented and torn at the cornea.

Each feature is changed in its own relief over a plane that faces it, and each draws its own strength, so that one
side may stay sharp. Symbols: N points of a scan, M of them in a feature. Millimetres; u, v, h right, up and out.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lineament.synth.relief import Relief, blurred, frame_facing, relief
from lineament.synth.stream import Stream

CELL = 0.8
EYES = (slice(36, 42), slice(42, 48))
BROWS = (slice(17, 22), slice(22, 27))
LIPS, NOSTRILS = slice(48, 60), slice(31, 36)
UPPER_LIDS = ((36, 37, 38, 39), (42, 43, 44, 45))


@dataclass(frozen=True)
class _Feature:
    """A feature's points in its own frame."""

    rows: Tensor
    """(M,) int64, into the scan"""
    frame: Tensor
    """(3, 3)"""
    origin: Tensor
    """(3,)"""
    local: Tensor
    """(M, 3) u, v, h"""
    marks: Tensor
    """(K, 3) its landmarks, u, v, h"""
    fade: Tensor
    """(M,) 1 at the landmarks, falling to 0 at the margin"""
    relief: Relief


def _feature(points: Tensor, normals: Tensor, skin: Tensor, marks: Tensor, margin: float) -> _Feature | None:
    low, high = marks.amin(0) - margin, marks.amax(0) + margin
    near = skin & (points > low).all(1) & (points < high).all(1)
    rows = torch.nonzero(near)[:, 0]
    if len(rows) < 30:
        return None
    frame = frame_facing(normals[rows].mean(0))
    origin = marks.mean(0)
    local, flat = (points[rows] - origin) @ frame.T, (marks - origin) @ frame.T
    away = torch.cdist(local[:, :2], flat[:, :2]).amin(1)
    fade = (1.25 * (1 - (away / margin) ** 2)).clamp(0, 1)
    inner = fade > 0
    rows, local, fade = rows[inner], local[inner], fade[inner]
    if len(rows) < 30:
        return None
    return _Feature(rows, frame, origin, local, flat, fade, relief(local, CELL))


def smear(
    points: Tensor, normals: Tensor, skin: Tensor, landmarks: Tensor, strength: float, stream: Stream
) -> tuple[Tensor, Tensor, Tensor]:
    """Change eyes, brows, nostrils and lips as sensors and their software do.

    Parameters
    ----------
    points, normals : (N, 3) float32, mm, face frame
    skin : (N,) bool
        Points that belong to the bare face; others stay.
    landmarks : (L, 3) float32, mm
        The iBUG points first.
    strength : float
        From 0 (sharp) over 1 (blurred) to 1.8 (melted).

    Returns
    -------
    points : (N, 3) float32, mm
    kept : (N,) bool
        False where nothing is measured: corneas, nostrils.
    landmarks : (L, 3) float32, mm
        Moved with the surface that they lie on: a scan shows, and people mark, what software left of an eye's corner.
    """
    points, kept, marks = points.clone(), torch.ones_like(skin), landmarks.clone()
    if strength <= 0:
        return points, kept, marks

    def lift(part: _Feature, by: Tensor) -> None:
        step = part.fade * by
        local = (landmarks - part.origin) @ part.frame.T
        here = ((local > part.local.amin(0) - 1) & (local < part.local.amax(0) + 1)).all(1)
        if here.any():
            distance, near = torch.cdist(local[here], part.local).topk(8, largest=False)
            share = torch.exp(-((distance / 1.5) ** 2)) + 1e-6
            along = (share * step[near]).sum(1) / share.sum(1) * (distance[:, 0] < 3)
            marks[here] += along[:, None] * part.frame[2]
        points[part.rows] += step[:, None] * part.frame[2]

    wide = max(1.0, strength) ** 0.5
    for eye, lid in zip(EYES, UPPER_LIDS, strict=True):
        part = _feature(points, normals, skin, landmarks[eye], wide * stream.uniform(8, 16))
        if part is not None and stream.chance(0.95):
            upper = (landmarks[list(lid)] - part.origin) @ part.frame.T
            by, lost = _eye(part, upper, strength, stream)
            lift(part, by)
            kept[part.rows] &= ~lost
    for which, margin, widest, bulge in ((BROWS[0], 9, 4, 1.2), (BROWS[1], 9, 4, 1.2), (LIPS, 9, 3.5, 0.4)):
        part = _feature(points, normals, skin, landmarks[which], margin)
        if part is not None and stream.chance(0.9):
            by = torch.full_like(part.fade, stream.uniform(0, bulge) * strength)
            if stream.chance(0.3):
                by = by + _rough(part, stream.uniform(0, 0.5) * strength, stream)
            lift(part, _blurred(part, by, strength * stream.uniform(0.5, widest), stream.uniform(0.5, 1)))
    part = _feature(points, normals, skin, landmarks[NOSTRILS], wide * stream.uniform(6, 11))
    if part is not None and stream.chance(0.9):
        by = torch.zeros_like(part.fade)
        if stream.chance(0.4):
            by = by + _membrane(part, stream.uniform(1, 3)).clamp(min=0)
        elif stream.chance(0.3):
            kept[part.rows] &= ~(part.local[:, 2] < part.relief.at(part.relief.height) - stream.uniform(0.5, 2))
        lift(part, _blurred(part, by, strength * stream.uniform(0.5, 5), stream.uniform(0.5, 1)))
    return points, kept, marks


def _blurred(part: _Feature, by: Tensor, sigma: float, share: float) -> Tensor:
    """Add to a movement `by` (M,) what takes the moved points towards their surroundings' mean, (M,), mm."""
    local = torch.cat([part.local[:, :2], (part.local[:, 2] + part.fade * by)[:, None]], 1)
    image = relief(local, CELL)
    mean, _ = blurred(image.height, (image.weight > 0).float(), max(sigma, 0.2) / CELL)
    return by + share * (image.at(mean) - local[:, 2])


def _membrane(part: _Feature, sigma: float, inside: Tensor | None = None) -> Tensor:
    """How far to move each point to a sheet across the feature, (M,): it bridges `inside` (H, W), or hollows."""
    height, weight = part.relief.height, (part.relief.weight > 0).float()
    mean, _ = blurred(height, weight, 2 * sigma / CELL)
    rim = weight * ((height > mean - 0.3) if inside is None else ~inside).float()
    sheet, _ = blurred(height, rim, sigma / CELL)
    return part.relief.at(sheet) - part.local[:, 2]


def _rough(part: _Feature, amount: float, stream: Stream) -> Tensor:
    """Draw noise as hairs give: half of it shared by neighbours within 2 mm, (M,), mm."""
    field, _ = blurred(stream.randn(*part.relief.height.shape), torch.ones_like(part.relief.height), 1.2)
    return amount * (stream.randn(len(part.rows)) + 3 * part.relief.at(field)) * 0.7


def _eye(part: _Feature, upper: Tensor, strength: float, stream: Stream) -> tuple[Tensor, Tensor]:
    """Return how far to move each point of an eye (M,) and which are lost (M,)."""
    uniform, chance = stream.uniform, stream.chance
    place = part.local[:, :2]
    width = float((part.marks[3] - part.marks[0])[:2].norm())
    opening = float((part.marks[[1, 2]] - part.marks[[5, 4]]).norm(dim=1).mean())
    lost = torch.zeros(len(place), dtype=torch.bool, device=place.device)
    by = torch.zeros(len(place), device=place.device)
    middle = part.marks[:, :2].mean(0)
    pupil = middle + torch.stack([middle.new_tensor(stream.normal(2)), middle.new_tensor(stream.normal(0.8))])
    from_pupil = (place - pupil).norm(dim=1)
    if opening > 3:
        if chance(0.35):  # a sheet over the eyeball, as hole filling leaves it
            grow = uniform(1.0, 1.4)
            offset = (part.relief.centres() - middle) / place.new_tensor([width / 2, max(opening / 2, 2.0)]) / grow
            by = by + uniform(0.4, 1) * _membrane(part, uniform(2, 5), (offset**2).sum(-1) < 1)
        if chance(0.4):  # refraction at the cornea: a dent or a bump
            by = by + stream.normal(1.3) * strength * torch.exp(-((from_pupil / uniform(1.5, 4.5)) ** 2))
        if chance(0.15):
            spikes = (from_pupil < uniform(2, 5)) & (stream.rand(len(place)) < 0.3)
            by = by + spikes * stream.randn(len(place)) * uniform(0.5, 4)
        if chance(0.15):
            lost = from_pupil < uniform(2, 8)
    t = torch.linspace(0, 1, 24, device=place.device)
    knots = t * 3
    left = knots.long().clamp(max=2)
    lashes = upper[left] + (knots - left)[:, None] * (upper[left + 1] - upper[left])
    from_lashes = torch.cdist(place, lashes[:, :2]).amin(1)
    reach = uniform(1.0, 2.8)
    by = by + (0.3 + 0.7 * strength) * 2 * uniform(0, 1) ** 2 * torch.exp(-((from_lashes / reach) ** 2))
    corner = part.marks[[0, 3], :2]
    for end in corner:
        # Tears and lashes fill a corner, or shade deepens it.
        if chance(0.3):
            away = (place - end).norm(dim=1)
            by = by + stream.normal(0.7) * strength * torch.exp(-((away / uniform(2, 5)) ** 2))
    by = _blurred(part, by, strength * uniform(0.6, 6), uniform(0.5, 1))
    if chance(0.3):
        by = by + _rough(part, uniform(0, 0.5) * strength, stream) * torch.exp(-((from_lashes / (2 * reach)) ** 2))
    if chance(0.5):  # the whole eye read too high or too deep
        by = by + stream.normal(0.6) * strength
    return by, lost
