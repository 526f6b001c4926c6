"""A network like DGCNN (Wang et al., ACM TOG 2019): edge convolutions over neighbours in feature space, found anew.

An edge convolution of one linear layer, `max over j of W [x_i, x_j - x_i]`, is linear in each point before the maximum;
so `W` is applied to the points, not to the edges, which is the same and many times faster.

Symbols: B batch, N points, K neighbours, C channels.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from baselines.heatmap import Heatmaps, nearest, perceptron
from torch import Tensor, nn

from lineament.nets.graph_attention import gather

NEIGHBOURS = 20


class EdgeConvolution(nn.Module):
    """See the module's text."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.own = nn.Linear(channels_in, channels)
        self.other = nn.Linear(channels_in, channels, bias=False)
        self.after = nn.Sequential(nn.LayerNorm(channels), nn.LeakyReLU(0.2))

    def forward(self, x: Tensor, neighbours: Tensor) -> Tensor:
        """Map x (B, N, C) and neighbours (B, N, K) to (B, N, C')."""
        out: Tensor = self.after(self.own(x) + gather(self.other(x), neighbours).max(2).values)
        return out


class DGCNN(nn.Module):
    """See the module's text; called like CF-GAT, for the 68 points of iBUG; the graphs it leaves aside."""

    def __init__(self, features: int = 12) -> None:
        super().__init__()
        widths = (features, 64, 64, 128, 256)
        self.layers = nn.ModuleList(EdgeConvolution(a, b) for a, b in pairwise(widths))
        self.whole = perceptron(sum(widths[1:]), 1024)
        self.each = perceptron(1024 + sum(widths[1:]), 512, 384, 128)
        self.answer = Heatmaps(128)

    def forward(self, geometry: Tensor, *graphs_and_places: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Map geometry (B, N, 12) and the mean face's places (B, 68, 3), last, to what `CFGAT.forward` returns."""
        points, x, found = geometry[..., :3], geometry, []
        for layer in self.layers:
            x = layer(x, nearest(x if found else points, x if found else points, NEIGHBOURS))
            found.append(x)
        local = torch.cat(found, -1)
        whole = self.whole(local).amax(1, keepdim=True)
        features = self.each(torch.cat([whole.expand(-1, local.shape[1], -1), local], -1))
        out: tuple[Tensor, Tensor, Tensor, Tensor] = self.answer(features, points, graphs_and_places[-1])
        return out
