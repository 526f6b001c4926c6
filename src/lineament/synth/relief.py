"""Reliefs: a patch of a scan as heights over a plane, where blurring and filling are cheap.

Symbols: N points, H x W cells. Millimetres; a frame's rows are right, up and out of the plane.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import conv2d, grid_sample

LAYER = 4.0
"""Points this far below the highest one of their cell belong to another layer, mm."""


def frame_facing(normal: Tensor) -> Tensor:
    """Return rows right, up, out (3, 3) of an upright frame that looks at a surface with `normal` (3,)."""
    out = torch.nn.functional.normalize(normal, dim=0)
    up = torch.tensor([0.0, 1.0, 0.0], device=normal.device)
    right = torch.nn.functional.normalize(torch.linalg.cross(up, out), dim=0)
    return torch.stack([right, torch.linalg.cross(out, right), out])


@dataclass(frozen=True)
class Relief:
    """Heights on a grid, and where each point lies over it."""

    height: Tensor
    """(H, W) mean height of the top layer, 0 where nothing was measured"""
    weight: Tensor
    """(H, W) number of points"""
    place: Tensor
    """(N, 2) column and row of each point, in cells"""
    top: Tensor
    """(N,) bool: belongs to the top layer"""
    cell: float
    """mm"""
    low: Tensor
    """(2,) mm, where cell (0, 0) begins"""

    def at(self, image: Tensor) -> Tensor:
        """Look `image` (H, W) up at each point, bilinear, (N,)."""
        size = torch.tensor(image.shape[::-1], dtype=image.dtype, device=image.device)
        where = (2 * self.place / size - 1)[None, None]
        found: Tensor = grid_sample(image[None, None], where, align_corners=False, padding_mode="border")
        return found[0, 0, 0]

    def centres(self) -> Tensor:
        """Return the place of each cell's middle in the plane, (H, W, 2), mm."""
        rows, columns = (torch.arange(n, device=self.low.device) + 0.5 for n in self.height.shape)
        return torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1) * self.cell + self.low


def relief(local: Tensor, cell: float) -> Relief:
    """Lay `local` (N, 3), mm in the frame of a plane, on a grid of `cell` mm."""
    low = local[:, :2].amin(0)
    place = (local[:, :2] - low) / cell
    columns, rows = (int(n) + 1 for n in place.amax(0))
    index = place[:, 1].long().clamp(max=rows - 1) * columns + place[:, 0].long().clamp(max=columns - 1)
    height = local[:, 2]
    highest = torch.full((rows * columns,), -1e9, device=local.device).scatter_reduce_(0, index, height, "amax")
    top = height > highest[index] - LAYER
    total = torch.zeros(2, rows * columns, device=local.device)
    total[0].index_add_(0, index[top], height[top])
    total[1] = torch.bincount(index[top], minlength=rows * columns)
    mean = total[0] / total[1].clamp(min=1)
    return Relief(mean.view(rows, columns), total[1].view(rows, columns), place, top, cell, low)


def blurred(height: Tensor, weight: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Average `height` (H, W) with a Gaussian of `sigma` cells over the cells that count.

    Returns
    -------
    mean, share : (H, W)
        Share is the weighted part of the neighbourhood that counts.
    """
    reach = max(1, round(2.5 * sigma))
    offset = torch.arange(-reach, reach + 1, device=height.device)
    kernel = torch.exp(-0.5 * (offset / sigma) ** 2)
    kernel = (kernel / kernel.sum())[None, None, None]
    both = torch.stack([height * weight, weight])[:, None]
    both = conv2d(both, kernel, padding=(0, reach))
    both = conv2d(both, kernel.transpose(2, 3), padding=(reach, 0))[:, 0]
    return both[0] / both[1].clamp(min=1e-6), both[1]
