"""CF-GAT: a curvature-fused graph attention network, from sampled points to landmarks.

The points come roughly in the face frame, in farthest-point order. Three levels of graph attention
(2,048, 512 and 128 points) carry relative positions, normals and *curvature differences* in the
attention's positional term. A landmark is asked for by its place on the face model, so the network
answers for any point of the face: a new landmark set needs no new training. Its query attends to
the levels from coarse to fine; the finest look is at the points around the first answer.

After Han, Ye, Yang, Zhao, Song, IEEE TCSVT 2026 (DOI 10.1109/TCSVT.2026.3668485) in its idea;
layout and code are our own.

Symbols: B batch, N points, L landmarks, K neighbours, C channels. One network unit is 100 mm,
its origin `FACE_CENTRE` of the face frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lineament.detect.features import FACE_LEVELS, RADII
from lineament.nets.graph_attention import CrossAttention, GraphAttention, gather


def fourier(queries: Tensor, bands: int) -> Tensor:
    """Encode places on the face model (..., 3) with sines and cosines of doubling frequency: (..., 3 + 6 * bands)."""
    angles = queries[..., None] * (torch.pi * 2.0 ** torch.arange(bands, device=queries.device) / 2)
    return torch.cat([queries, angles.sin().flatten(-2), angles.cos().flatten(-2)], dim=-1)


@dataclass(frozen=True)
class CFGATConfig:
    """Sizes of the network."""

    levels: tuple[int, ...] = FACE_LEVELS
    """Points a level."""
    channels: tuple[int, ...] = (32, 96, 192)
    heads: tuple[int, ...] = (4, 6, 8)
    curvatures: int = 2 * len(RADII)
    """Shape index and curvedness at each radius."""
    query: int = 128
    close: int = 32
    """Points looked at around the first answer."""
    bands: int = 6
    """Octaves of the query's Fourier features; the finest has a period of about 12 mm."""

    @property
    def context(self) -> int:
        """Channels of what the network knows of a landmark."""
        return self.query + self.channels[1]


class CFGAT(nn.Module):
    """See the module's text."""

    def __init__(self, config: CFGATConfig = CFGATConfig()) -> None:
        super().__init__()
        self.config = config
        c0, c1, c2 = config.channels
        h0, h1, h2 = config.heads
        features = 6 + config.curvatures
        edges = features + 3
        self.embed = nn.Sequential(nn.Linear(features, c0), nn.GELU(), nn.Linear(c0, c0))
        self.local = GraphAttention(c0, c0, edges, h0)
        self.pool_1 = GraphAttention(c0, c1, edges, h1)
        self.graph_1 = GraphAttention(c1, c1, edges, h1)
        self.pool_2 = GraphAttention(c1, c2, edges, h2)
        self.graph_2 = nn.ModuleList(GraphAttention(c2, c2, edges, h2) for _ in range(3))
        q = config.query
        self.ask = nn.Sequential(nn.Linear(3 + 6 * config.bands, q), nn.GELU(), nn.Linear(q, q))
        self.look_2 = CrossAttention(q, c2 + 3, 4)
        self.look_1 = CrossAttention(q, c1 + 3, 4)
        self.first = nn.Linear(q, 3 + 1)
        self.place = nn.Linear(3, q)
        self.close = nn.Linear(q, c1)
        self.fine = nn.Linear(c0 + c1, c1)
        self.look_0 = GraphAttention(c1, c1, features + 1, h1)
        self.second = nn.Sequential(nn.LayerNorm(q + c1), nn.Linear(q + c1, q), nn.GELU(), nn.Linear(q, 3 + 2))
        nn.init.zeros_(self.first.weight)
        nn.init.zeros_(self.first.bias)

    def edges(self, geometry: Tensor, neighbours: Tensor) -> Tensor:
        """Relative position, normal and curvature (B, M, K, E) of each neighbour."""
        here = geometry[:, : neighbours.shape[1], None]
        difference = gather(geometry, neighbours) - here
        step, normal = difference[..., :3] * 10, here[..., 3:6]
        length = step.square().sum(-1, keepdim=True).clamp(min=1e-8).sqrt()
        height = (step * normal).sum(-1, keepdim=True)
        far_height = (step * (normal + difference[..., 3:6])).sum(-1, keepdim=True)
        return torch.cat([step, difference[..., 3:], length, height, far_height], dim=-1)

    def forward(
        self,
        geometry: Tensor,
        local: Tensor,
        pool_1: Tensor,
        graph_1: Tensor,
        pool_2: Tensor,
        graph_2: Tensor,
        up: Tensor,
        queries: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Find landmarks.

        Parameters
        ----------
        geometry : (B, N, 6 + curvatures)
            Point, unit normal, curvature features.
        local : (B, N, K) int64
            Neighbours of each point among all points.
        pool_1, pool_2 : (B, M, K) int64
            Neighbours of a coarser level's points among the finer level's.
        graph_1, graph_2 : (B, M, K) int64
            Neighbours within a level.
        up : (B, N, 1) int64
            Nearest level-1 point of each point.
        queries : (B, L, 3)
            Places on the face model's template.

        Returns
        -------
        xyz : (B, L, 3)
        log_sigma : (B, L)
            Logarithm of the expected error in network units.
        visible : (B, L)
            Logit.
        first : (B, L, 3)
            The answer before the closest look.
        context : (B, L, query + channels[1])
            What the network knows of each landmark: the refining network goes on from there.
        """
        x0 = self.local(self.embed(geometry), local, self.edges(geometry, local))
        x1 = self.pool_1(x0, pool_1, self.edges(geometry, pool_1))
        geometry_1 = geometry[:, : self.config.levels[1]]
        x1 = self.graph_1(x1, graph_1, self.edges(geometry_1, graph_1))
        x2 = self.pool_2(x1, pool_2, self.edges(geometry_1, pool_2))
        geometry_2 = geometry[:, : self.config.levels[2]]
        edges_2 = self.edges(geometry_2, graph_2)
        for block in self.graph_2:
            x2 = block(x2, graph_2, edges_2)

        points, points_1, points_2 = geometry[..., :3], geometry_1[..., :3], geometry_2[..., :3]
        query = self.ask(fourier(queries, self.config.bands))
        query, _ = self.look_2(query, torch.cat([x2, points_2], -1))
        query, weight = self.look_1(query, torch.cat([x1, points_1], -1))
        answer = self.first(query)
        # Millimetres need more digits than half precision has.
        with torch.autocast(geometry.device.type, enabled=False):
            first = queries + weight.float().mean(1) @ points_1 * answer[..., 3:].float() + answer[..., :3].float()
            about = first.detach()
            square = points.square().sum(-1)[:, None] - 2 * about @ points.transpose(1, 2)
        near = square.topk(self.config.close, dim=-1, largest=False).indices
        around = gather(geometry, near)
        step = (around[..., :3] - about[:, :, None]) * 10
        edges_0 = torch.cat([step, around[..., 3:], step.square().sum(-1, keepdim=True).clamp(min=1e-8).sqrt()], -1)
        asking = self.close(query + self.place(about))
        fine = self.fine(torch.cat([x0, gather(x1, up)[:, :, 0]], -1))
        # The landmarks stand first, so that each is a centre of its own little graph.
        close = self.look_0(torch.cat([asking, fine], 1), near + queries.shape[1], edges_0)
        context = torch.cat([query, close], -1)
        last = self.second(context)
        xyz = about + last[..., :3].float()
        return xyz, last[..., 3].float(), last[..., 4].float(), first, context.float()
