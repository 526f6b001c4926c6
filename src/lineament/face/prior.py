"""Who there may be: the mean of many virtual people and the ways in which they differ.

Symbols: V model vertices, K modes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from lineament.errors import ModelError
from lineament.types import Floats

FINE = 60
"""Modes that are stored in 16 bits; the smaller ones that follow in 8."""


@dataclass(frozen=True, eq=False)
class ShapePrior:
    """A Gaussian over neutral faces, wider than the face model: `mean + sum a_k modes[k]` with a_k ~ N(0, 1)."""

    mean: Floats
    """(V, 3) mm, face frame"""
    modes: Floats
    """(K, V, 3) mm, one standard deviation each, the largest first"""


@cache
def load_shape_prior() -> ShapePrior:
    """Load the prior that ships with Lineament; later calls return the same object.

    Raises
    ------
    ModelError
        The asset is missing or damaged.
    """
    asset = files("lineament") / "assets" / "shape_prior.npz"
    try:
        with asset.open("rb") as file, np.load(file, allow_pickle=False) as data:
            modes = np.concatenate([data["fine"].astype(np.float32), data["coarse"].astype(np.float32)])
            return ShapePrior(data["mean"], modes * data["step"][:, None, None])
    except Exception as error:
        raise ModelError(f"{asset} is missing or damaged ({error}); reinstall lineament") from error
