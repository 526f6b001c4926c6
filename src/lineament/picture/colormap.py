"""Colours for values on a surface.

Lightness falls or rises evenly along each table, so that it reads the same in grey and to colour-blind eyes.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["diverging", "sequential"]

_ANCHORS: dict[Kind, npt.NDArray[np.float64]] = {
    # Blue for hollows, through near-white, to brown for domes.
    "diverging": np.array(
        [
            (20, 62, 118),
            (45, 113, 170),
            (122, 175, 210),
            (243, 241, 236),
            (236, 178, 112),
            (203, 107, 38),
            (121, 52, 8),
        ],
        dtype=np.float64,
    ),
    # Pale to dark, so that what is strongly curved stands out on clay.
    "sequential": np.array(
        [
            (247, 242, 226),
            (250, 208, 143),
            (244, 158, 98),
            (219, 103, 92),
            (172, 62, 103),
            (112, 37, 103),
            (48, 20, 72),
        ],
        dtype=np.float64,
    ),
}
_MISSING = (200, 200, 200)


def colormap(values: npt.ArrayLike, low: float, high: float, kind: Kind) -> npt.NDArray[np.uint8]:
    """Return the sRGB colour of each value, `(..., 3) uint8`.

    Parameters
    ----------
    values : (...) float
        Cut to `low..high`; NaN becomes grey.
    low, high : float
    kind : "diverging" or "sequential"
    """
    numbers = np.asarray(values, dtype=np.float64)
    missing = np.isnan(numbers)
    anchors = _ANCHORS[kind]
    span = high - low if high > low else 1.0
    at = np.clip(np.where(missing, 0, (numbers - low) / span), 0, 1) * (len(anchors) - 1)
    colors = np.stack([np.interp(at, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)], axis=-1)
    colors[missing] = _MISSING
    return np.round(colors).astype(np.uint8)
