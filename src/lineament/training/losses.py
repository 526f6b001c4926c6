"""What the networks are trained to make small. Network units: 100 mm."""

from __future__ import annotations

import torch
from torch import Tensor

INNER = slice(17, 68)
"""iBUG points without the jaw line: the 51 points that papers report."""


def distance(answer: Tensor, truth: Tensor) -> Tensor:
    """Euclidean distance (...,) of points (..., 3); smooth at zero."""
    return ((answer - truth).square().sum(-1) + 1e-8).sqrt()


def likelihood(error: Tensor, log_scale: Tensor) -> Tensor:
    """Negative log-likelihood of distances under the density exp(-|e| / b) / (8 pi b^3) in space."""
    return error * torch.exp(-log_scale) + 3 * log_scale


def cfgat_loss(outputs: tuple[Tensor, ...], truth: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss and the error (B, L) of CF-GAT's answers."""
    xyz, log_scale, logit, first, *_ = outputs
    error = distance(xyz, truth)
    weight = torch.where(visible, 1.0, 0.3)
    seen = torch.nn.functional.binary_cross_entropy_with_logits(logit, visible.float())
    each = 6 * distance(first, truth) + 10 * error + 0.08 * likelihood(error, log_scale.clamp(-7, 1))
    return (each * weight).mean() + 0.05 * seen, error.detach()


def coarse_loss(
    outputs: tuple[Tensor, Tensor, Tensor, Tensor], places: Tensor, on_face: Tensor, found: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the loss and the error (B, M) of the coarse network's votes, NaN away from the head."""
    votes, log_scale, face_logit, found_logit = outputs
    error = distance(votes, places)
    # Beyond the head a vote has nothing to go by.
    near = (places.norm(dim=-1) < 2.5) & (found > 0.5)[:, None]
    weight = near * torch.where(on_face, 1.0, 0.2)
    each = 2 * error + 0.1 * likelihood(error, log_scale.clamp(-6, 2))
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    loss = (each * weight).sum() / weight.sum().clamp(min=1)
    loss = loss + 0.3 * bce(face_logit, on_face.float()) + 0.3 * bce(found_logit, found)
    return loss, torch.where(on_face & near, error.detach(), torch.nan)


def refine_loss(
    outputs: tuple[Tensor, Tensor], step: Tensor, visible: Tensor, log_sigma: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the loss and the error (L,) of the refining network's answers, patch units.

    Errors count as a share of what a first answer of that quality leaves: fine corrections matter as much as large.
    """
    found, log_scale = outputs
    error = distance(found, step)
    weight = torch.where(visible, 1.0, 0.3)
    share = error * torch.exp(-0.5 * log_sigma)
    return ((2 * share + 0.3 * likelihood(error, log_scale.clamp(-7, 1))) * weight).mean(), error.detach()
