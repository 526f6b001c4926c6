"""Which landmarks are scored together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from lineament.face.model import load_face_model

GROUPS = ("eyes", "brows", "nose", "mouth", "jaw")
INNER = "inner"
"""Every landmark but those of jaw and chin: of iBUG's 68 the 51 inner points."""
ELEVEN = (36, 39, 42, 45, 48, 54, 30, 33, 51, 57, 8)
"""iBUG points that are scored on real scans: corners of eyes and mouth, tip and base of the nose, lips, chin."""

_OF_IBUG = {"eye": "eyes", "brow": "brows", "nose": "nose", "lip": "mouth", "jaw": "jaw"}
_OF_ANTHROPOMETRY = {
    "eyes": ("en", "ex", "ps", "pi", "os", "or"),
    "brows": ("sci",),
    "nose": ("g", "n", "se", "prn", "c_prime", "sn", "al", "ac", "sbal", "stn", "itn", "mf"),
    "mouth": ("ls", "sto", "li", "ch", "cph"),
}


@cache
def ibug_names() -> tuple[str, ...]:
    """Return the 68 names of `ibug68` in order."""
    return load_face_model().landmark_sets["ibug68"].names


@cache
def known_names() -> frozenset[str]:
    """Return every name that a truth may use: those of `ibug68` and `anthropometric`."""
    sets = load_face_model().landmark_sets
    return frozenset((*sets["ibug68"].names, *sets["anthropometric"].names))


def group_of(name: str) -> str:
    """Return the group of a landmark; what is outside of eyes, brows, nose and mouth counts as jaw."""
    if name in ibug_names():
        return _OF_IBUG[name.partition("_")[0]]
    stem = name.removesuffix("_l").removesuffix("_r")
    return next((group for group, names in _OF_ANTHROPOMETRY.items() if stem in names), "jaw")


def subsets(names: Sequence[str]) -> dict[str, npt.NDArray[np.intp]]:
    """Return the places in `names` of each subset that is scored; subsets that would be empty are left out.

    Parameters
    ----------
    names : sequence of str
        Landmarks of a report.

    Returns
    -------
    dict
        `inner`, `all`, `eleven`, then each of `GROUPS`.
    """
    ibug = ibug_names()
    eleven = {ibug[index] for index in ELEVEN}
    groups = [group_of(name) for name in names]
    chosen = {
        INNER: [i for i, group in enumerate(groups) if group != "jaw"],
        "all": list(range(len(names))),
        "eleven": [i for i, name in enumerate(names) if name in eleven],
    }
    chosen |= {group: [i for i, own in enumerate(groups) if own == group] for group in GROUPS}
    return {name: np.array(places, dtype=np.intp) for name, places in chosen.items() if places}
