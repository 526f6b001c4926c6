"""Attention over a nearest-neighbour graph whose positional term is made of geometry.

Symbols: B batch, N points, M centres (the first M points: farthest-point order makes any prefix a
coarser sample), K neighbours, C channels, H heads, E edge features.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def gather(values: Tensor, neighbours: Tensor) -> Tensor:
    """Look up rows of `values` (B, N, C) at `neighbours` (B, M, K): (B, M, K, C)."""
    batch, points, channels = values.shape
    offset = torch.arange(batch, device=values.device)[:, None, None] * points
    rows = (neighbours + offset).flatten()
    return values.reshape(batch * points, channels).index_select(0, rows).view(*neighbours.shape, channels)


class GraphAttention(nn.Module):
    """Each centre attends to its K neighbours; edge geometry enters keys and values alike."""

    def __init__(self, channels_in: int, channels: int, edges: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels_in)
        self.query = nn.Linear(channels_in, channels)
        self.key_value = nn.Linear(channels_in, 2 * channels)
        width = max(16, channels // 4)
        self.edge = nn.Sequential(nn.Linear(edges, width), nn.GELU(), nn.Linear(width, channels))
        self.out = nn.Linear(channels, channels)
        self.skip = nn.Linear(channels_in, channels) if channels_in != channels else nn.Identity()
        self.feed = nn.Sequential(
            nn.LayerNorm(channels), nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels)
        )

    def forward(self, x: Tensor, neighbours: Tensor, edges: Tensor) -> Tensor:
        """Map x (B, N, C_in), neighbours (B, M, K) and edges (B, M, K, E) to (B, M, C)."""
        centres = neighbours.shape[1]
        y = self.norm(x)
        position = self.edge(edges)  # (B, M, K, C)
        key, value = gather(self.key_value(y), neighbours).chunk(2, dim=-1)
        query = self.query(y[:, :centres])[:, :, None]
        product = (query * (key + position)).unflatten(-1, (self.heads, -1)).sum(-1)  # (B, M, K, H)
        weight = torch.softmax(product * (self.heads / position.shape[-1]) ** 0.5, dim=2)
        mixed = (weight[..., None] * (value + position).unflatten(-1, (self.heads, -1))).sum(2).flatten(-2)
        x = self.skip(x[:, :centres]) + self.out(mixed)
        out: Tensor = x + self.feed(x)
        return out


class CrossAttention(nn.Module):
    """Queries (B, L, C) attend to points (B, N, P), optionally with a bias on the logits (B, L, N)."""

    def __init__(self, channels: int, point_channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.query = nn.Linear(channels, channels)
        self.key_value = nn.Sequential(nn.LayerNorm(point_channels), nn.Linear(point_channels, 2 * channels))
        self.out = nn.Linear(channels, channels)
        self.feed = nn.Sequential(
            nn.LayerNorm(channels), nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels)
        )

    def forward(self, x: Tensor, points: Tensor, bias: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the updated queries and the attention of each head (B, H, L, N)."""
        query = self.query(self.norm(x)).unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, H, L, D)
        key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.key_value(points).chunk(2, dim=-1)
        )
        logits = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
        weight = torch.softmax(logits if bias is None else logits + bias[:, None], dim=-1)
        x = x + self.out((weight @ value).transpose(1, 2).flatten(-2))
        return x + self.feed(x), weight
