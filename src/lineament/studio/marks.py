"""Landmarks of one set on one scan: what was found, what a person has set in its place, and who did so when.

Symbols: L landmarks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from lineament.errors import InputError
from lineament.face.model import load_face_model
from lineament.types import Floats, Landmarks

LONGEST_HISTORY = 20_000
"""Changes of one set; the whole history goes with every answer."""


@dataclass(frozen=True, eq=False)
class Change:
    """One entry of the history.

    Attributes
    ----------
    name : str
    xyz : (3,) float32 or None, scan frame
        Where the landmark was put; None where it was marked as missing.
    by : str
    at : str
        UTC, ISO 8601.
    """

    name: str
    xyz: Floats | None
    by: str
    at: str


@dataclass(frozen=True, eq=False)
class Marks:
    """One set of landmarks; a value, of which every edit makes a new one.

    Attributes
    ----------
    predicted : Landmarks
        What was found; it never changes.
    corrected : mapping of str to (3,) float32 or None
        What a person has set, None where they say that the landmark is missing.
    history : tuple of Change
        The oldest first.
    """

    predicted: Landmarks
    corrected: Mapping[str, Floats | None] = field(default_factory=dict)
    history: tuple[Change, ...] = ()

    @property
    def landmarks(self) -> Landmarks:
        """The landmarks as they are now: a corrected one is seen, and its expected error is not known."""
        if not self.corrected:
            return self.predicted
        found = self.predicted
        xyz = np.array(found.xyz)
        visible = np.array(found.visible)
        sigma = np.full(len(found), np.nan, np.float32) if found.sigma is None else np.array(found.sigma)
        for name, at in self.corrected.items():
            row = self.row(name)
            xyz[row] = np.nan if at is None else at
            visible[row] = at is not None
            sigma[row] = np.nan
        return replace(found, xyz=xyz, visible=visible, sigma=sigma)

    def row(self, name: str) -> int:
        """Return the row of a landmark.

        Raises
        ------
        InputError
            There is none of this name.
        """
        try:
            return self.predicted.names.index(name)
        except ValueError:
            raise InputError(f"the set {self.predicted.set_name!r} has no landmark {name!r}") from None

    def put(self, name: str, xyz: Floats | None, by: str) -> Marks:
        """Put a landmark somewhere, or mark it as missing with None."""
        self.row(name)
        at = None if xyz is None else np.asarray(xyz, np.float32)
        return replace(self, corrected={**self.corrected, name: at}, history=self._with(Change(name, at, by, _now())))

    def restore(self, name: str, by: str) -> Marks:
        """Take a correction back."""
        found = self.predicted.xyz[self.row(name)]
        if name not in self.corrected:
            return self
        left = {other: at for other, at in self.corrected.items() if other != name}
        at = None if np.isnan(found).any() else found
        return replace(self, corrected=left, history=self._with(Change(name, at, by, _now())))

    def swap(self, one: str, other: str, by: str) -> Marks:
        """Exchange two landmarks."""
        now = self.landmarks
        places = {name: now.xyz[self.row(name)] for name in (one, other)}
        there = {name: None if np.isnan(at).any() else at for name, at in places.items()}
        return self.put(one, there[other], by).put(other, there[one], by)

    def _with(self, change: Change) -> tuple[Change, ...]:
        if len(self.history) >= LONGEST_HISTORY:
            raise InputError(f"the landmarks have been changed {LONGEST_HISTORY:,} times; open the scan anew")
        return (*self.history, change)

    def taken_over(self, newer: Landmarks) -> Marks:
        """Keep the corrections where landmarks were found anew."""
        return replace(self, predicted=newer)


def pairs_of(set_name: str) -> list[tuple[int, int]]:
    """Return the rows of landmarks that are each other's partners on both sides of the face."""
    mirror = load_face_model().landmark_sets[set_name].mirror
    return [(row, int(other)) for row, other in enumerate(mirror) if row < other]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
