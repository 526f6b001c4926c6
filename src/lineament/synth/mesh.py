"""The person's mesh as software simplifies it: fewer, larger, flat triangles.

Symbols: V model vertices, T triangles, C clusters. Millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lineament.synth.people import TorchFace


@dataclass(frozen=True)
class Mesh:
    """How the model's vertices hang together."""

    skin: Tensor
    """(V,) bool: not eyeball or mouth"""

    @classmethod
    def build(cls, face: TorchFace) -> Mesh:
        """Read the model's regions."""
        inner = torch.tensor([name.startswith("eyeball") for name in face.region_names], device=face.mean.device)
        skin = torch.ones(len(face.mean), dtype=torch.bool, device=face.mean.device)
        skin[face.triangles[inner[face.region]].flatten()] = False
        return cls(skin)

    def simplified(self, vertices: Tensor, edge: float) -> Tensor:
        """Move vertices (V, 3) that share a cell of `edge` mm to their mean (Rossignac and Borrel 1993)."""
        cell = (vertices / edge).floor().long()
        cell = cell - cell.amin(0)
        key = ((cell[:, 0] * 4096 + cell[:, 1]) * 4096 + cell[:, 2]) * 2 + self.skin
        _, index, count = torch.unique(key, return_inverse=True, return_counts=True)
        mean = torch.zeros(len(count), 3, device=vertices.device).index_add_(0, index, vertices) / count[:, None]
        moved: Tensor = mean[index]
        return moved
