"""Virtual people: identity x expression x proportions, in the face frame.

Symbols: B people, V model vertices, S surface samples, L landmarks. Millimetres throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lineament.face.model import STABLE_LANDMARKS, FaceModel


@dataclass(frozen=True)
class TorchFace:
    """The face model as tensors on one device."""

    mean: Tensor
    """(V, 3)"""
    triangles: Tensor
    """(T, 3) int64"""
    region: Tensor
    """(T,) int64: region of each triangle's first corner."""
    identity: Tensor
    """(K, V * 3), one standard deviation a mode."""
    expression: Tensor
    """(E, V * 3), full activation."""
    expression_names: tuple[str, ...]
    region_names: tuple[str, ...]
    landmark_triangle: Tensor
    """(L,) all landmark sets one after another."""
    landmark_barycentric: Tensor
    """(L, 3)"""

    @classmethod
    def from_model(cls, model: FaceModel, device: str = "cpu") -> TorchFace:
        """Copy `model` to `device`."""
        sets = model.landmark_sets.values()

        def tensor(values: object, dtype: torch.dtype) -> Tensor:
            return torch.as_tensor(np.array(values), dtype=dtype, device=device)

        return cls(
            mean=tensor(model.vertices, torch.float32),
            triangles=tensor(model.triangles, torch.int64),
            region=tensor(model.region[model.triangles[:, 0]], torch.int64),
            identity=tensor(model.identity, torch.float32).flatten(1),
            expression=tensor(model.expression, torch.float32).flatten(1),
            expression_names=model.expression_names,
            region_names=model.region_names,
            landmark_triangle=tensor(np.concatenate([s.triangle for s in sets]), torch.int64),
            landmark_barycentric=tensor(np.concatenate([s.barycentric for s in sets]), torch.float32),
        )

    def landmarks(self, vertices: Tensor) -> Tensor:
        """Return every landmark of `vertices` (B, V, 3) as (B, L, 3)."""
        corners = vertices[:, self.triangles[self.landmark_triangle]]
        return (corners * self.landmark_barycentric[None, :, :, None]).sum(2)


def random_expressions(face: TorchFace, count: int, generator: torch.Generator) -> Tensor:
    """Draw expression weights, (B, E): eyes as people hold them for a scanner, mouths at rest or in play.

    Scanners ask for closed eyes or dazzle, so 45 % are closed, 15 % half closed.
    """
    device = face.mean.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, device=device)

    amount = len(face.expression_names)
    chosen = uniform(count, amount) < uniform(count, 1) * 0.25
    weights = torch.where(chosen, uniform(count, amount) ** 1.5 * 0.9, 0.0)
    weights = torch.where(uniform(count, 1) < 0.3, torch.zeros_like(weights), weights)
    lids = uniform(count, 1)
    closed = torch.where(lids < 0.45, 0.9 + 0.15 * uniform(count, 1), 0.15 * uniform(count, 1))
    closed = torch.where((lids >= 0.45) & (lids < 0.6), 0.2 + 0.6 * uniform(count, 1), closed)
    jaw = torch.where(uniform(count, 1) < 0.25, 0.8 * uniform(count, 1), 0.0)
    for index, name in enumerate(face.expression_names):
        if name.startswith("eyeBlink"):
            weights[:, index] = (closed[:, 0] + 0.03 * (uniform(count) - 0.5)).clamp(0, 1.05)
        elif name.startswith("eyeWide"):
            weights[:, index] *= closed[:, 0] < 0.2
        elif name == "jawOpen":
            weights[:, index] = jaw[:, 0]
        elif name == "mouthClose":
            weights[:, index] *= jaw[:, 0]
    return weights


def _smooth_deformation(mean: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Return a smooth random displacement (B, V, 3): asymmetry and shapes outside the linear model."""
    bumps = 10
    device = mean.device
    at = torch.randint(len(mean), (count, bumps), generator=generator, device=device)
    width = 12 + 35 * torch.rand(count, bumps, generator=generator, device=device)
    strength = 0.9 * torch.rand(count, 1, 1, generator=generator, device=device)
    push = torch.randn(count, bumps, 3, generator=generator, device=device) * strength * (width / 20)[..., None]
    squared = torch.cdist(mean.expand(count, -1, -1), mean[at]) ** 2
    return torch.exp(-squared / (2 * width[:, None, :] ** 2)) @ push


def align_rigid(points: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Move `points` (B, N, 3) by the rigid motion that takes `source` (B, M, 3) closest to `target` (M, 3)."""
    from_centre, to_centre = source.mean(1, keepdim=True), target.mean(0)
    u, _, vt = torch.linalg.svd((source - from_centre).transpose(1, 2) @ (target - to_centre))
    flip = torch.ones(len(points), 3, device=points.device)
    flip[:, 2] = torch.det(u @ vt)
    moved: Tensor = (points - from_centre) @ (u * flip[:, None, :]) @ vt + to_centre
    return moved


def random_people(face: TorchFace, count: int, generator: torch.Generator) -> Tensor:
    """Draw virtual people.

    Returns
    -------
    vertices : (B, V, 3) float32, mm, face frame
        Each person lies where the `STABLE_LANDMARKS` match the mean face best (rigid, no scaling).
    """
    device = face.mean.device
    spread = 0.7 + 0.6 * torch.rand(count, 1, generator=generator, device=device)
    identity = torch.randn(count, len(face.identity), generator=generator, device=device) * spread
    weights = random_expressions(face, count, generator)
    vertices = face.mean + (identity @ face.identity + weights @ face.expression).view(count, -1, 3)
    vertices = vertices + _smooth_deformation(face.mean, count, generator)
    child = torch.rand(count, 1, 1, generator=generator, device=device) < 0.12
    size = torch.exp(0.04 * torch.randn(count, 1, 1, generator=generator, device=device))
    size = torch.where(child, 0.74 + 0.18 * torch.rand(count, 1, 1, generator=generator, device=device), size)
    proportions = torch.exp(0.025 * torch.randn(count, 1, 3, generator=generator, device=device))
    vertices = vertices * size * proportions
    stable = list(STABLE_LANDMARKS)
    return align_rigid(vertices, face.landmarks(vertices)[:, stable], face.landmarks(face.mean[None])[0, stable])
