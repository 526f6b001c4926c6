"""One stream of luck: numbers that decide, and fields of random tensors, from one seed."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class Stream:
    """Draws plain numbers on the CPU and tensors on the device."""

    def __init__(self, seed: int, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.numbers = np.random.default_rng(seed)
        self.generator = torch.Generator(self.device).manual_seed(seed)

    def uniform(self, low: float, high: float) -> float:
        """Return a number from `low` to `high`."""
        return float(self.numbers.uniform(low, high))

    def log_uniform(self, low: float, high: float) -> float:
        """Return a number whose logarithm is uniform; 0 where `high` is 0."""
        return float(np.exp(self.numbers.uniform(np.log(max(low, 1e-4)), np.log(high)))) if high > 0 else 0.0

    def normal(self, scale: float = 1.0) -> float:
        """Return a normal number."""
        return float(self.numbers.normal() * scale)

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return int(self.numbers.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """Return True with `probability`."""
        return bool(self.numbers.random() < probability)

    def rand(self, *shape: int) -> Tensor:
        """Return a tensor of uniform numbers from 0 to 1."""
        return torch.rand(*shape, generator=self.generator, device=self.device)

    def randn(self, *shape: int) -> Tensor:
        """Return a tensor of standard normal numbers."""
        return torch.randn(*shape, generator=self.generator, device=self.device)

    def triple(self, *ranges: tuple[float, float]) -> Tensor:
        """Return one uniform number for each range, as a vector."""
        return torch.tensor([self.uniform(low, high) for low, high in ranges], device=self.device)

    def direction(self) -> Tensor:
        """Return a unit vector (3,), uniform over all directions."""
        return torch.nn.functional.normalize(torch.tensor(self.numbers.normal(size=3), dtype=torch.float32), dim=0).to(
            self.device
        )

    def wavy(self, points: Tensor, length: float, waves: int = 6) -> Tensor:
        """Return a smooth random field of unit variance at `points` (N, 3), (N,).

        A sum of plane waves with wavelengths around `length`, in mm.
        """
        way = torch.nn.functional.normalize(self.randn(waves, 3), dim=-1)
        vectors = way * (6.2832 / (length * (0.6 + 0.8 * self.rand(waves))))[:, None]
        field: Tensor = torch.sin(points @ vectors.T + 6.2832 * self.rand(waves)).sum(-1) * (2 / waves) ** 0.5
        return field
