"""What both baselines share: nearest neighbours, perceptrons, and a head that turns point features into landmarks.

LayerNorm stands where the papers have batch normalisation: the training loop averages weights, not running statistics.

Symbols: B batch, N points, L landmarks, K neighbours, C channels. Network units, as in CF-GAT.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

LANDMARKS = 68
SPREAD = 0.15
"""Standard deviation of the heat before training, network units."""


def nearest(places: Tensor, points: Tensor, count: int) -> Tensor:
    """Return the `count` rows of `points` (B, N, D) nearest to each of `places` (B, M, D), (B, M, K)."""
    # Half precision would mix up neighbours.
    with torch.no_grad(), torch.autocast(places.device.type, enabled=False):
        points = points.float()
        nearness = torch.baddbmm(-0.5 * points.square().sum(-1)[:, None], places.float(), points.transpose(1, 2))
        return nearness.topk(count).indices


def perceptron(*widths: int) -> nn.Sequential:
    """Linear, LayerNorm and ReLU from each width to the next."""
    layers = [(nn.Linear(a, b), nn.LayerNorm(b), nn.ReLU()) for a, b in pairwise(widths)]
    return nn.Sequential(*(part for layer in layers for part in layer))


class Heatmaps(nn.Module):
    """One heatmap over the points for each landmark; its mean is the first answer, a look at its features the last.

    Heat starts around the landmark's place on the mean face, which CF-GAT is told as well.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heat = nn.Linear(channels, LANDMARKS)
        self.name = nn.Parameter(torch.randn(LANDMARKS, channels) * 0.1)
        self.last = nn.Sequential(*perceptron(2 * channels, channels), nn.Linear(channels, 3 + 2))

    def forward(self, features: Tensor, points: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Map features (B, N, C), points (B, N, 3) and places (B, 68, 3) to what `CFGAT.forward` returns."""
        far = (places[:, :, None] - points[:, None]).square().sum(-1)
        heat = self.heat(features).float().transpose(1, 2) - 0.5 * far / SPREAD**2
        weight = heat.softmax(2)
        with torch.autocast(points.device.type, enabled=False):
            first = weight @ points
        around = weight.to(features.dtype) @ features
        last = self.last(torch.cat([around, self.name.to(around.dtype).expand_as(around)], -1)).float()
        return first + last[..., :3], last[..., 3], last[..., 4], first
