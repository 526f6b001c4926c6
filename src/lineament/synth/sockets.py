"""Eyes deeper or shallower in their sockets, and brows heavier or lighter, than the face model draws them.

Real scans (`benchmarks/virtual_vs_real.py`) have deeper eyes than faces of the model with closed lids.
Symbols: B people, V model vertices. Millimetres, face frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lineament.face.model import STABLE_LANDMARKS
from lineament.synth.people import TorchFace, align_rigid

EYES, BROWS = (-1.3, 1.5), (0.0, 1.0)
"""Mean and standard deviation of how far eyes and brows stand out of the model's, mm."""


@dataclass(frozen=True)
class Sockets:
    """Where eyes and brows are on the model."""

    face: TorchFace
    weight: Tensor
    """(V, 4): right and left eye, right and left brow; 1 in the middle, 0 far off"""

    @classmethod
    def build(cls, face: TorchFace) -> Sockets:
        """Measure the mean face."""
        marks = face.landmarks(face.mean[None])[0]
        middles = torch.stack([marks[part].mean(0) for part in (slice(36, 42), slice(42, 48))])
        brows = [torch.cdist(face.mean, marks[part]).amin(1) for part in (slice(17, 22), slice(22, 27))]
        away = face.mean[:, None] - middles
        eyes = (away[..., 0] / 21) ** 2 + (away[..., 1] / 13) ** 2 + (away[..., 2] / 25) ** 2
        return cls(face, torch.cat([torch.exp(-eyes), torch.exp(-((torch.stack(brows, 1) / 14) ** 2))], 1))

    def moved(self, vertices: Tensor, generator: torch.Generator) -> Tensor:
        """Move eyes and brows of `vertices` (B, V, 3) in or out, both sides nearly alike."""
        people, device = len(vertices), vertices.device
        both = torch.randn(people, 2, 1, generator=generator, device=device)
        side = both + 0.25 * torch.randn(people, 2, 2, generator=generator, device=device)
        mean, spread = torch.tensor([EYES, BROWS], device=device).T
        step = (mean[:, None] + spread[:, None] * side).flatten(1)
        vertices = vertices.clone()
        vertices[..., 2] += step @ self.weight.T
        stable = list(STABLE_LANDMARKS)
        wanted = self.face.landmarks(self.face.mean[None])[0, stable]
        return align_rigid(vertices, self.face.landmarks(vertices)[:, stable], wanted)
