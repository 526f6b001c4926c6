"""Is a file a scan, or does it hold landmarks?"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from lineament.errors import InputError
from lineament.io import landmarks, scans
from lineament.io.depth import SUFFIXES as DEPTH_SUFFIXES

Kind = Literal["scan", "landmarks"]

MOST_LANDMARKS = 2000
"""A table with more rows is a point cloud."""


def check_kinds(path: Path) -> set[Kind]:
    """Return what a file of this name may hold; tables (`.csv`, `.txt`) may hold either.

    Raises
    ------
    InputError
        The suffix is unknown.
    """
    name = path.name.lower()
    kinds: set[Kind] = set()
    if name.rpartition(".")[2] in {*scans.READERS, *DEPTH_SUFFIXES}:
        kinds.add("scan")
    if name.endswith(tuple(landmarks.READERS)):
        kinds.add("landmarks")
    if not kinds:
        known = dict.fromkeys([*(f".{suffix}" for suffix in (*scans.READERS, *DEPTH_SUFFIXES)), *landmarks.READERS])
        raise InputError(f"{path} has the suffix {path.suffix!r}, expected one of {' '.join(known)}")
    return kinds


def kind_of(path: Path) -> Kind:
    """Return what a file holds: by its suffix, and for tables by whether the rows have names.

    Raises
    ------
    InputError
        The suffix is unknown.
    """
    kinds = check_kinds(path)
    return next(iter(kinds)) if len(kinds) == 1 else "landmarks" if _is_named_table(path) else "scan"


def _is_named_table(path: Path) -> bool:
    try:
        found = landmarks.read_landmarks(path)
    except InputError:
        return False
    return 0 < len(found) <= MOST_LANDMARKS and not all(name.strip().isdecimal() for name in found.names)
