"""How far expressions usually go, and which of them go together: both lids shut, both corners of the mouth rise.

Symbols: E expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from lineament.errors import ModelError

Float64s = npt.NDArray[np.float64]

ALONE = 0.3
"""Standard deviation of the weight of an expression of which nothing is known."""
WIDER = 2.0
"""Real people are allowed this many times the squares that virtual ones show:"""
LEAST = 0.05
"""no weight is known better than this."""
_SIDES = {"_L": "Left", "_R": "Right"}


@cache
def load_play() -> tuple[tuple[str, ...], Float64s]:
    """Load the names of the face model's expressions, and the mean products of their weights over people, (E, E).

    Raises
    ------
    ModelError
        The asset is missing or damaged.
    """
    asset = files("lineament") / "assets" / "expression_play.npz"
    try:
        with asset.open("rb") as file, np.load(file, allow_pickle=False) as data:
            return tuple(data["names"].tolist()), data["products"].astype(np.float64)
    except Exception as error:
        raise ModelError(f"{asset} is missing or damaged ({error}); reinstall lineament") from error


def expression_precision(names: Sequence[str]) -> Float64s:
    """Return the inverse covariance (E, E) of expressions' weights about rest, by which a fit holds them back.

    Parameters
    ----------
    names : sequence of str
        ARKit's, with `Left` and `Right` or `_L` and `_R`; others stand alone, see `ALONE`.
    """
    known, products = load_play()
    arkit = [name[:-2] + _SIDES[name[-2:]] if name[-2:] in _SIDES else name for name in names]
    row = np.array([known.index(name) if name in known else -1 for name in arkit], np.int64)
    covariance = np.eye(len(row)) * ALONE**2
    here = np.flatnonzero(row >= 0)
    covariance[np.ix_(here, here)] = WIDER * products[np.ix_(row[here], row[here])]
    covariance[here, here] += LEAST**2
    inverse: Float64s = np.linalg.inv(covariance).astype(np.float64)
    return inverse
