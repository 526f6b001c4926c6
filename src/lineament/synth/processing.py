"""What software does to a measured cloud: smoothing, hole filling, fusion, decimation, and what gets lost on the way.

Symbols: N points. Millimetres, face frame; `turn` (3, 3) rotates into the view that a depth image is taken from.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from lineament.synth.relief import blurred, relief
from lineament.synth.stream import Stream

CELL = 1.2
HEAD = 150.0
"""Half the side of a box around the head, mm."""
STEP = 4.0
"""Steps between surfaces that smoothing does not cross, mm."""


def smooth(points: Tensor, turn: Tensor, sigma: float, where: Tensor | None = None) -> Tensor:
    """Blur heights in a view with a Gaussian of `sigma` mm, as devices and their software do; `where` (N,) weighs."""
    head = points.abs().amax(1) < HEAD
    if head.sum() < 100:
        return points
    local = points[head] @ turn.T
    image = relief(local, CELL)
    mean, _ = blurred(image.height, (image.weight > 0).float(), max(sigma / CELL, 0.3))
    change = torch.where(image.top, image.at(mean) - local[:, 2], 0.0)
    # Across a step in depth the mean says nothing.
    change = change * torch.exp(-((change / STEP) ** 2))
    change = change if where is None else change * where[head]
    points = points.clone()
    points[head] += change[:, None] * turn[2]
    return points


def melt(points: Tensor, turn: Tensor, stream: Stream) -> Tensor:
    """Leave smooth, slightly wrong patches where a matcher found no texture."""
    field = stream.wavy(points, stream.uniform(20, 70))
    patch = torch.sigmoid((field - stream.uniform(0.3, 1.3)) * 6)
    points = smooth(points, turn, stream.uniform(2, 4), patch)
    return points + (patch * stream.normal(0.5))[:, None] * turn[2]


def deepen(points: Tensor, turn: Tensor, share: float) -> Tensor:
    """Push hollows deeper by a share of their depth: light that bounces between the walls of a hollow comes late."""
    head = points.abs().amax(1) < HEAD
    if head.sum() < 100:
        return points
    local = points[head] @ turn.T
    image = relief(local, 2.0)
    mean, _ = blurred(image.height, (image.weight > 0).float(), 5.0)
    hollow = (image.at(mean) - local[:, 2]).clamp(0, 10)
    points = points.clone()
    points[head] -= (share * hollow * image.top)[:, None] * turn[2]
    return points


def filled(points: Tensor, turn: Tensor, reach: float) -> Tensor:
    """Return points (M, 3) of membranes across holes up to about `reach` mm wide, one every 1.5 mm."""
    head = points.abs().amax(1) < HEAD
    if head.sum() < 100:
        return points[:0]
    local = points[head] @ turn.T
    image = relief(local, 1.5)
    known = (image.weight > 0).float()
    _, share = blurred(image.height, known, reach / 2 / 1.5)
    sheet, _ = blurred(image.height, known, max(reach / 4 / 1.5, 0.8))
    # A cell that was missed between measured ones is no hole.
    gap = max_pool2d(1 - max_pool2d(known[None], 3, 1, 1), 3, 1, 1)[0] > 0
    empty = gap & (known == 0) & (share > 0.5)
    at = torch.cat([image.centres()[empty], sheet[empty][:, None]], 1)
    return at @ turn


def pixels(points: Tensor, normals: Tensor, turn: Tensor, pitch: float) -> tuple[Tensor, Tensor]:
    """Keep one point of each pixel of a depth image, the nearest, moved along the surface to the pixel's middle.

    Returns
    -------
    points : (M, 3)
    kept : (M,) int64
        The points' rows.
    """
    local, facing = points @ turn.T, normals @ turn.T
    place = local[:, :2] / pitch
    middle = place.floor() + 0.5
    # Two layers may share a pixel when several views are one scan: they stay apart.
    key = _cell(torch.cat([middle, (local[:, 2:] / (8 * pitch)).floor()], 1))
    order = torch.argsort(local[:, 2], stable=True)
    _, index = torch.unique(key, return_inverse=True)
    kept = torch.zeros(int(index.max()) + 1 if len(index) else 0, dtype=torch.int64, device=points.device)
    kept[index[order]] = order
    across = (middle - place)[kept] * pitch
    slope = -(facing[kept, :2] * across).sum(1) / facing[kept, 2].clamp(min=0.25)
    moved = torch.cat([across, slope.clamp(-pitch, pitch)[:, None]], 1)
    return points[kept] + moved @ turn, kept


def fuse(points: Tensor, size: float, stream: Stream) -> tuple[Tensor, Tensor]:
    """Average the points of each cubic cell of `size` mm.

    Returns
    -------
    points : (M, 3)
    kept : (M,) int64
        One row of each cell.
    """
    key = _cell(((points + size * stream.rand(3)) / size).floor())
    _, index, count = torch.unique(key, return_inverse=True, return_counts=True)
    mean = torch.zeros(len(count), 3, device=points.device).index_add_(0, index, points) / count[:, None]
    kept = torch.zeros(len(count), dtype=torch.int64, device=points.device)
    kept[index] = torch.arange(len(points), device=points.device)
    return mean, kept


def _cell(place: Tensor) -> Tensor:
    """Number of each cell (N,), from its whole coordinates (N, 3)."""
    whole = place.long() - place.long().amin(0) if len(place) else place.long()
    return (whole[:, 0] * 8192 + whole[:, 1]) * 8192 + whole[:, 2]


def decimate(weight: Tensor, count: int, stream: Stream) -> Tensor:
    """Choose `count` of N points (all, when there are fewer), likelier where `weight` (N,) is large; rows rise."""
    if count >= len(weight):
        return torch.arange(len(weight), device=weight.device)
    # The largest of u^(1/w) are a sample without replacement (Efraimidis and Spirakis 2006).
    luck = stream.rand(len(weight)).clamp(min=1e-9).log() / weight.clamp(min=1e-6)
    return luck.topk(count).indices.sort().values


def hidden(points: Tensor, area: Tensor, candidates: Tensor, share: float, stream: Stream) -> Tensor:
    """Lose `share` of the area of `candidates` (N,) bool in a few round holes; returns (N,) bool, True where lost."""
    lost = torch.zeros_like(candidates)
    rows = torch.nonzero(candidates)[:, 0]
    holes = stream.integer(1, 5)
    wanted = share * float(area[rows].sum())
    gone = 0.0
    for number in range(holes):
        left = rows[~lost[rows]]
        if not len(left):
            break
        centre = points[left[stream.integer(0, len(left) - 1)]]
        order = left[(points[left] - centre).norm(dim=1).argsort()]
        sums = area[order].cumsum(0)
        part = (wanted - gone) / (holes - number)
        taken = order[sums <= part]
        lost[taken] = True
        gone += float(area[taken].sum())
    return lost


def torn(points: Tensor, skin: Tensor, stream: Stream) -> Tensor:
    """Draw what is missing from a scan as its sensor left it, (N,) bool, True where lost: bites, cuts, half faces."""
    uniform, chance = stream.uniform, stream.chance
    lost = torch.zeros_like(skin)
    if not skin.any():
        return lost
    if chance(0.35):
        rows = torch.nonzero(skin)[:, 0]
        for _ in range(stream.integer(1, 5)):
            centre = points[rows[stream.integer(0, len(rows) - 1)]]
            # A lump of a few balls rather than one round hole.
            for _ in range(stream.integer(1, 3)):
                lost |= (points - centre).norm(dim=1) < uniform(2, 14)
                centre = centre + 6 * stream.randn(3)
    luck = uniform(0, 1)
    if luck < 0.04:  # a random plane past the middle of the face
        way = stream.direction()
        lost |= (points - points.new_tensor([0, 0, 90])) @ way > uniform(15, 70)
    elif luck < 0.06:  # half a face
        side = 1 if chance(0.5) else -1
        lost |= side * points[:, 0] > uniform(-5, 30)
    elif luck < 0.08:  # eyes to chin
        lost |= (points[:, 1] > uniform(48, 70)) | (points[:, 1] < uniform(-110, -82)) | (points[:, 2] < uniform(0, 50))
    return lost
