"""Named training runs; nothing else sets a training's sizes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """How long and on how much to train."""

    shards: int
    """Shards of 64 virtual scans drawn in all; the first four are kept for testing."""
    coarse_steps: int
    cfgat_steps: int
    batch: int = 8
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warm_up: int = 300
    """Steps in which the learning rate rises."""
    cool_down: float = 0.4
    """Last share of the steps, in which the learning rate falls to nothing."""
    queries: int = 72
    """Landmarks asked for in a step besides the 68 of iBUG."""


PRESETS = {
    "quick": Preset(shards=8, coarse_steps=100, cfgat_steps=100, warm_up=20),
    "release": Preset(shards=100, coarse_steps=3_000, cfgat_steps=7_000),
}
