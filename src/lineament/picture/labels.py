"""Names beside a picture: where each goes so that none overlap and no leader lines cross.

Symbols: L landmarks, S places for a name.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from lineament.types import Floats


@dataclass(frozen=True)
class Label:
    """The place of one name: `x, y` in pixels is where its leader line starts; the text runs away from the picture."""

    index: int
    x: float
    y: float
    on_left: bool


def place_labels(
    xy: Floats, left: float, right: float, top: float, bottom: float, line_height: float
) -> tuple[Label, ...]:
    """Assign each landmark a line of text in the left or the right margin.

    The places are rows of `line_height`; the assignment has the least total length of leader lines, so that no two
    lines cross. Without room for all, there are no labels: half of the names would be read as all of them.

    Parameters
    ----------
    xy : (L, 2) float32, pixels
        NaN gets no label.
    left, right : float, pixels
        Columns where leader lines start.
    top, bottom : float, pixels
        Rows between which the texts lie.
    line_height : float, pixels
    """
    shown = np.flatnonzero(np.isfinite(xy).all(axis=1))
    rows = np.arange(top + line_height / 2, bottom - line_height / 2 + 1e-6, line_height)
    places = np.array([(x, y) for x in (left, right) for y in rows], dtype=np.float64).reshape(-1, 2)
    if len(shown) > len(places):
        return ()
    length: npt.NDArray[np.float64] = np.linalg.norm(xy[shown, None] - places[None], axis=2)
    chosen = linear_sum_assignment(length)[1]
    return tuple(
        Label(int(i), float(places[s, 0]), float(places[s, 1]), bool(s < len(rows)))
        for i, s in zip(shown, chosen, strict=True)
    )
