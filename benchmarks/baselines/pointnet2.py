"""A network like PointNet++ (Qi, Yi, Su, Guibas, NeurIPS 2017): set abstraction down, feature propagation up.

Groups are the 32 nearest points instead of a ball's; centres are CF-GAT's levels, which are farthest-point samples.

Symbols: B batch, N points, M centres, K neighbours, C channels.
"""

from __future__ import annotations

import torch
from baselines.heatmap import Heatmaps, nearest, perceptron
from torch import Tensor, nn

from lineament.nets.graph_attention import gather

LEVELS = (2048, 512, 128)
GROUP = 32


class SetAbstraction(nn.Module):
    """The maximum, over each centre's group, of a perceptron of relative places and features."""

    def __init__(self, channels: int, *widths: int) -> None:
        super().__init__()
        self.each = perceptron(3 + channels, *widths)

    def forward(self, features: Tensor, points: Tensor, centres: int) -> Tensor:
        """Map features (B, N, C) at points (B, N, 3) to those of the first `centres` points."""
        group = nearest(points[:, :centres], points, GROUP)
        step = (gather(points, group) - points[:, :centres, None]) * 10
        out: Tensor = self.each(torch.cat([step, gather(features, group)], -1)).max(2).values
        return out


class Propagation(nn.Module):
    """Features of a coarse level, interpolated between the three nearest points, joined to a finer level's."""

    def __init__(self, channels: int, *widths: int) -> None:
        super().__init__()
        self.each = perceptron(channels, *widths)

    def forward(self, coarse: Tensor, fine: Tensor, points: Tensor) -> Tensor:
        """Map coarse (B, M, C) and fine (B, N, C') to (B, N, C'') at points (B, N, 3)."""
        three = nearest(points, points[:, : coarse.shape[1]], 3)
        closeness = 1 / ((gather(points, three) - points[:, :, None]).square().sum(-1, keepdim=True) + 1e-6)
        mixed = (gather(coarse, three) * (closeness / closeness.sum(2, keepdim=True))).sum(2)
        out: Tensor = self.each(torch.cat([mixed, fine], -1))
        return out


class PointNet2(nn.Module):
    """See the module's text; called like CF-GAT, for the 68 points of iBUG; the graphs it leaves aside."""

    def __init__(self, features: int = 12) -> None:
        super().__init__()
        self.down_1 = SetAbstraction(features, 64, 64, 128)
        self.down_2 = SetAbstraction(128, 128, 128, 256)
        self.whole = perceptron(3 + 256, 256, 512, 1024)
        self.up_2 = perceptron(1024 + 256, 384, 256)
        self.up_1 = Propagation(256 + 128, 384, 128)
        self.up_0 = Propagation(128 + features, 256, 128)
        self.answer = Heatmaps(128)

    def forward(self, geometry: Tensor, *graphs_and_places: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Map geometry (B, N, 12) and the mean face's places (B, 68, 3), last, to what `CFGAT.forward` returns."""
        points, points_1, points_2 = (geometry[:, :size, :3] for size in LEVELS)
        x1 = self.down_1(geometry, points, LEVELS[1])
        x2 = self.down_2(x1, points_1, LEVELS[2])
        whole = self.whole(torch.cat([points_2, x2], -1)).amax(1, keepdim=True)
        x2 = self.up_2(torch.cat([whole.expand(-1, LEVELS[2], -1), x2], -1))
        x1 = self.up_1(x2, x1, points_1)
        out: tuple[Tensor, Tensor, Tensor, Tensor] = self.answer(
            self.up_0(x1, geometry, points), points, graphs_and_places[-1]
        )
        return out
