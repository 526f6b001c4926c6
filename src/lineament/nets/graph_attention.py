"""Attention over a nearest-neighbour graph whose positional term is made of geometry, and attention to a set of points.

Keys and values are linear in what is attended to, so neither is ever made where there are few queries: the query is
carried back through the key's weights, and the mean of what was attended to forward through the value's. The numbers
are those of the textbook's form, in a third less time.

Symbols: B batch, N points, M centres (the first M points: farthest-point order makes any prefix a
coarser sample), K neighbours, C channels, H heads, D channels of a head, E edge features.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn


def gather(values: Tensor, neighbours: Tensor) -> Tensor:
    """Look up rows of `values` (B, N, C) at `neighbours` (B, M, K): (B, M, K, C)."""
    batch, points, channels = values.shape
    offset = torch.arange(batch, device=values.device)[:, None, None] * points
    rows = (neighbours + offset).flatten()
    return values.reshape(batch * points, channels).index_select(0, rows).view(*neighbours.shape, channels)


def attend(query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """Attend with few queries to many rows of features.

    Parameters
    ----------
    query : (B, H, L, D)
    key, value : (H, D, Z)
        Weights that make a head's keys and values of features.
    seen : (B, S, K, Z)
        Features; the L queries are in S groups of as many, and each group sees its own K rows.

    Returns
    -------
    (B, H, L, D), and the attention (B * S, L / S * H, K).
    """
    batch, heads, count, _ = query.shape
    sets, width = seen.shape[1], seen.shape[-1]
    asking = (query * query.shape[-1] ** -0.5 @ key).transpose(1, 2).reshape(batch * sets, -1, width)
    rows = seen.flatten(0, 1)
    weight = torch.softmax(asking @ rows.transpose(1, 2), dim=-1)
    mixed = (weight @ rows).view(batch, count, heads, width).transpose(1, 2)
    return mixed @ value.transpose(1, 2), weight


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
        seen = torch.cat([gather(y, neighbours), self.edge[:2](edges)], -1)
        position = cast(nn.Linear, self.edge[2])
        size = len(position.weight)
        key, value = (
            torch.cat([weight, position.weight], dim=1).view(self.heads, -1, seen.shape[-1])
            for weight in (self.key_value.weight[:size], self.key_value.weight[size:])
        )
        query = self.query(y[:, :centres]).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        mixed, _ = attend(query, key, value, seen)
        # A key's bias is the same for all neighbours and falls out of the softmax; a value's comes through whole.
        bias = self.key_value.bias[size:] + position.bias
        x = self.skip(x[:, :centres]) + self.out(mixed.transpose(1, 2).flatten(-2) + bias)
        out: Tensor = x + self.feed(x)
        return out


class CrossAttention(nn.Module):
    """Queries (B, L, C) attend to points (B, N, P)."""

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

    def forward(self, x: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return the updated queries and the attention of each head (B, H, L, N)."""
        query = self.query(self.norm(x)).unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, H, L, D)
        mixed, weight = self.look(query, points)
        x = x + self.out(mixed.transpose(1, 2).flatten(-2))
        return x + self.feed(x), weight

    def look(self, query: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Attend with queries (B, H, L, D); return the mixed values (B, H, L, D) and the attention (B, H, L, N)."""
        key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.key_value(points).chunk(2, dim=-1)
        )
        weight = torch.softmax(query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5, dim=-1)
        return weight @ value, weight


class SeedAttention(CrossAttention):
    """A few queries attend to many points: the same, without keys and values of the points."""

    def look(self, query: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """See `CrossAttention.look`."""
        norm, linear = self.key_value[0], cast(nn.Linear, self.key_value[1])
        size = len(linear.weight) // 2
        halves = linear.weight[:size], linear.weight[size:]
        key, value = (half.view(self.heads, -1, points.shape[-1]) for half in halves)
        mixed, weight = attend(query, key, value, norm(points)[:, None])
        bias = linear.bias[size:].view(self.heads, 1, -1)
        return mixed + bias, weight.view(weight.shape[0], -1, self.heads, weight.shape[-1]).transpose(1, 2)
