"""Bosphorus: range images `bs000/bs000_N_N_0.bnt` with up to 24 named points in the `.lm3` of the same stem.

Savran, Alyuz, Dibeklioglu, Celiktutan, Gokberk, Sankur, Akarun: *Bosphorus Database for 3D Face Analysis*, BIOID 2008.
Labels after menpo3d's reader and public scripts; not checked on a licensed file. A file leaves out what its view does
not show. Not used, since their places on the surface are not stated: `Nose saddle` and `nose peak` of either side, and
the ear lobes. Whose left is left is taken from the geometry where eyes, nose and mouth are there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lineament.bench.datasets.base import Dataset, Item, Truth, handedness, list_scans
from lineament.errors import FormatError
from lineament.io.landmarks.lm3 import read_lm3
from lineament.io.scans import read_scan
from lineament.types import Landmarks

NAMES = {
    "outer left eyebrow": "brow_left_4",
    "middle left eyebrow": "brow_left_2",
    "inner left eyebrow": "brow_left_0",
    "inner right eyebrow": "brow_right_4",
    "middle right eyebrow": "brow_right_2",
    "outer right eyebrow": "brow_right_0",
    "outer left eye corner": "ex_l",
    "inner left eye corner": "en_l",
    "inner right eye corner": "en_r",
    "outer right eye corner": "ex_r",
    "nose tip": "prn",
    "left mouth corner": "ch_l",
    "right mouth corner": "ch_r",
    "upper lip outer middle": "ls",
    "upper lip inner middle": "sto",
    "lower lip inner middle": "lip_inner_6",
    "lower lip outer middle": "li",
    "chin middle": "pg",
}
"""Lineament's name of each label, lower case."""


def find(folder: Path) -> list[Item]:
    """List the range images that have landmarks."""
    files = list_scans(folder, "*.lm3", "landmarks of Bosphorus (.lm3)")
    return [Item(path.stem.split("_")[0], path.stem, path.with_suffix(".bnt"), path) for path in files]


def load(item: Item, order: str = "") -> Truth:
    """Read a range image and those of its landmarks that have a name here.

    Raises
    ------
    FormatError
        None of the labels is known.
    """
    assert item.landmarks is not None
    read = read_lm3(item.landmarks)
    swap = _sides_are_swapped(read)
    found = {}
    for label, point in zip(read.names, read.xyz, strict=True):
        known = label.lower()
        if swap:
            known = known.replace("left", "\0").replace("right", "left").replace("\0", "right")
        if known in NAMES:
            found[NAMES[known]] = point
    if not found:
        raise FormatError(f"{item.landmarks} holds none of the labels that Bosphorus uses, such as 'Nose tip'")
    return Truth(read_scan(item.scan), tuple(found), np.stack(list(found.values())), 1.0)


def _sides_are_swapped(read: Landmarks) -> bool:
    """Tell whether `left` is the viewer's left, or the frame is left-handed; False where the points do not tell."""
    at = {label.lower(): point for label, point in zip(read.names, read.xyz, strict=True)}
    needed = ("outer left eye corner", "outer right eye corner", "nose tip", "upper lip outer middle")
    if not all(label in at for label in needed):
        return False
    left, right, tip, lip = (at[label] for label in needed)
    eyes = (left + right) / 2
    return handedness(left, right, eyes - lip, tip - (eyes + lip) / 2) < 0


BOSPHORUS = Dataset("bosphorus", find, load)
