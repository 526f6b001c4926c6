"""The coarse network: where is the face, which way does it look, how large is it?

It reads 1,024 points of a whole scan in any rotation, unit and clutter. All it sees are quantities
that no rotation changes: distances, angles between normals and steps, and one signed volume that
tells left from right. So each of its 256 nodes can vote for *its own place in the face frame*, the
same from every side; a similarity transform fitted to the votes is the pose (`detect/coarse.py`).

Symbols: B batch, N points, M nodes, K neighbours, C channels, E edge features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lineament.detect.features import WHOLE_LEVELS
from lineament.nets.graph_attention import GraphAttention, gather


@dataclass(frozen=True)
class CoarseConfig:
    """Sizes of the network."""

    levels: tuple[int, ...] = WHOLE_LEVELS
    channels: tuple[int, ...] = (32, 96, 160)
    heads: tuple[int, ...] = (4, 6, 8)


EDGES = 7


class Coarse(nn.Module):
    """See the module's text."""

    def __init__(self, config: CoarseConfig = CoarseConfig()) -> None:
        super().__init__()
        self.config = config
        c0, c1, c2 = config.channels
        h0, h1, h2 = config.heads
        self.start = nn.Parameter(torch.zeros(c0))
        self.local = nn.ModuleList(GraphAttention(c0, c0, EDGES, h0) for _ in range(2))
        self.pool_1 = GraphAttention(c0, c1, EDGES, h1)
        self.graph_1 = nn.ModuleList(GraphAttention(c1, c1, EDGES, h1) for _ in range(2))
        self.pool_2 = GraphAttention(c1, c2, EDGES, h2)
        self.whole = nn.ModuleList(GraphAttention(c2, c2, EDGES, h2) for _ in range(3))
        self.down = nn.Linear(c2, c1)
        self.back = nn.ModuleList(GraphAttention(c1, c1, EDGES, h1) for _ in range(2))
        self.vote = nn.Sequential(nn.LayerNorm(c1), nn.Linear(c1, c1), nn.GELU(), nn.Linear(c1, 5))
        self.found = nn.Sequential(nn.LayerNorm(c2), nn.Linear(c2, c2), nn.GELU(), nn.Linear(c2, 1))

    def edges(self, points: Tensor, normals: Tensor, neighbours: Tensor) -> Tensor:
        """Return the invariants (B, M, K, E) of each edge."""
        here, normal = (values[:, : neighbours.shape[1], None] for values in (points, normals))
        step = gather(points, neighbours) - here
        other = gather(normals, neighbours)
        length = step.square().sum(-1, keepdim=True).clamp(min=1e-10).sqrt()
        along = step / length
        return torch.cat(
            [
                length * 3,
                length.log() * 0.3,
                (normal * along).sum(-1, keepdim=True),
                (other * along).sum(-1, keepdim=True),
                (normal * other).sum(-1, keepdim=True),
                (torch.linalg.cross(normal.expand_as(other), other) * along).sum(-1, keepdim=True) * 2,
                (normal * step).sum(-1, keepdim=True) * 5,
            ],
            dim=-1,
        )

    def forward(
        self,
        points: Tensor,
        normals: Tensor,
        local: Tensor,
        pool_1: Tensor,
        graph_1: Tensor,
        pool_2: Tensor,
        whole: Tensor,
        up: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Vote.

        Parameters
        ----------
        points : (B, N, 3)
            Farthest-point order, centred, mean distance to the centre 1.
        normals : (B, N, 3)
            Unit, on one side throughout.
        local, pool_1, graph_1, pool_2, whole : (B, M, K) int64
            Neighbours; `whole` joins all nodes of the last level.
        up : (B, M, 1) int64
            Nearest node of the last level to each voting node.

        Returns
        -------
        places : (B, M, 3)
            Each node's place in the face frame in units of 100 mm from `FACE_CENTRE`.
        log_sigma : (B, M)
            Logarithm of the vote's expected error.
        on_face : (B, M)
            Logit: the node lies on the face.
        found : (B,)
            Logit: the scan holds a face.
        """
        _, level_1, level_2 = self.config.levels
        x = self.start.expand(*points.shape[:2], -1)
        edges = self.edges(points, normals, local)
        for block in self.local:
            x = block(x, local, edges)
        x1 = self.pool_1(x, pool_1, self.edges(points, normals, pool_1))
        points_1, normals_1 = points[:, :level_1], normals[:, :level_1]
        edges_1 = self.edges(points_1, normals_1, graph_1)
        for block in self.graph_1:
            x1 = block(x1, graph_1, edges_1)
        x2 = self.pool_2(x1, pool_2, self.edges(points_1, normals_1, pool_2))
        edges_2 = self.edges(points_1[:, :level_2], normals_1[:, :level_2], whole)
        for block in self.whole:
            x2 = block(x2, whole, edges_2)
        x1 = x1 + self.down(gather(x2, up)[:, :, 0])
        for block in self.back:
            x1 = block(x1, graph_1, edges_1)
        vote = self.vote(x1).float()
        return vote[..., :3], vote[..., 3], vote[..., 4], self.found(x2.mean(1))[:, 0].float()
