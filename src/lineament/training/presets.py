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
    refine_steps: int
    calibration: int = 320
    """Virtual scans that the expected errors are calibrated on."""
    batch: int = 8
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warm_up: int = 300
    """Steps in which the learning rate rises."""
    cool_down: float = 0.4
    """Last share of the steps, in which the learning rate falls to nothing."""
    queries: int = 72
    """Landmarks that CF-GAT is asked for in a step besides the 68 of iBUG."""
    patch_scans: int = 6
    """Scans in a step of the refining network,"""
    patches: int = 72
    """and patches of each."""


PRESETS = {
    "quick": Preset(shards=8, coarse_steps=100, cfgat_steps=100, refine_steps=100, calibration=8, warm_up=20),
    "release": Preset(shards=110, coarse_steps=4_500, cfgat_steps=31_000, refine_steps=11_000),
}
