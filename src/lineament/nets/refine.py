"""The refining network: given a landmark to within some millimetres, it looks at the surface there and corrects it.

One small network for all landmarks. It is told which place of the face it looks for (the same query that CF-GAT
answers), how far off the first answer may be, and what CF-GAT knew when it gave it: along a brow or a lip the surface
alone does not say where one is. A handful of learned seeds read the patch by attention (Lee et al., Set Transformer,
ICML 2019): all of it is matrix products.

Symbols: B batch, L patches, K points of a patch, S seeds, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lineament.detect.patches import NEAREST
from lineament.nets.cfgat import CFGATConfig, fourier
from lineament.nets.graph_attention import CrossAttention, SeedAttention


@dataclass(frozen=True)
class RefineConfig:
    """Sizes of the network."""

    points: int = 64
    """Channels of a point."""
    channels: int = 96
    """Channels of a seed."""
    seeds: int = 6
    looks: int = 3
    heads: int = 4
    bands: int = 6
    """Octaves of the query's Fourier features."""
    point_bands: int = 3
    """Octaves of a point's; the finest has a period of 5 mm."""
    context: int = CFGATConfig().context


class Refine(nn.Module):
    """See the module's text."""

    def __init__(self, config: RefineConfig = RefineConfig()) -> None:
        super().__init__()
        self.config = config
        p, c = config.points, config.channels
        self.embed = nn.Sequential(nn.Linear(5 + 6 * config.point_bands, p), nn.GELU(), nn.Linear(p, p), nn.GELU())
        self.ask = nn.Sequential(nn.Linear(4 + 6 * config.bands, c), nn.GELU(), nn.Linear(c, c))
        self.know = nn.Sequential(nn.LayerNorm(config.context), nn.Linear(config.context, c))
        self.modulate = nn.Linear(c, p)
        self.seed = nn.Parameter(torch.randn(config.seeds, c) * 0.5)
        self.look = nn.ModuleList(SeedAttention(c, p, config.heads) for _ in range(config.looks))
        self.think = nn.ModuleList(CrossAttention(c, c, config.heads) for _ in range(config.looks - 1))
        last = nn.Linear(c, 4)
        self.answer = nn.Sequential(nn.LayerNorm(config.seeds * c), nn.Linear(config.seeds * c, c), nn.GELU(), last)
        # Until it has learned something it leaves the answers as they are.
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, patches: Tensor, queries: Tensor, log_sigma: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Correct landmarks.

        Parameters
        ----------
        patches : (B, L, 2 * NEAREST, 3)
            See `lineament.detect.patches.patches`.
        queries : (B, L, 3)
            Places on the face model's template.
        log_sigma : (B, L)
            Logarithm of the first answers' expected error, patch units.
        context : (B, L, context)
            CF-GAT's.

        Returns
        -------
        step : (B, L, 3)
            From the first answer to the better one, patch units.
        log_scale : (B, L)
            Logarithm of the scale of its error, patch units; the expected error is three times the scale.
        """
        batch = log_sigma.shape
        patches, queries, log_sigma, context = (part.flatten(0, 1) for part in (patches, queries, log_sigma, context))
        away = patches.square().sum(-1, keepdim=True).clamp(min=1e-8).sqrt()
        wide = (torch.arange(2 * NEAREST, device=patches.device) >= NEAREST).to(patches.dtype)
        asked = self.ask(torch.cat([fourier(queries, self.config.bands), log_sigma[:, None]], -1)) + self.know(context)
        x = self.embed(torch.cat([fourier(patches, self.config.point_bands), away, wide[:, None].expand_as(away)], -1))
        x = x * (1 + self.modulate(asked))[:, None]
        seeds = asked[:, None] + self.seed
        for number, look in enumerate(self.look):
            seeds, _ = look(seeds, x)
            if number < len(self.think):
                seeds, _ = self.think[number](seeds, seeds)
        found = self.answer(seeds.flatten(1)).float()
        step, log_scale = found[:, :3] * torch.exp(log_sigma)[:, None], found[:, 3] + log_sigma - 1.0
        return step.unflatten(0, batch), log_scale.unflatten(0, batch)
