"""4D sequences: open scans in their order in time.

Symbols: F frames, L landmarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Unpack

import numpy as np

from lineament.errors import LineamentError
from lineament.face.model import load_face_model
from lineament.face.rig import ARKIT_NAMES, arkit_weights
from lineament.studio.fitting import fit
from lineament.studio.jobs import Job, JobResult, Progress
from lineament.studio.opening import locate
from lineament.studio.state import Studio
from lineament.studio.workspace import Item
from lineament.types import Floats

SET: Final = "ibug68"


@dataclass(frozen=True, eq=False)
class Frames:
    """A sequence.

    Attributes
    ----------
    name : str
    scans : tuple of F str
        Ids of the open scans.
    times : tuple of F float, seconds
    xyz : (F, L, 3) float32
        Landmarks in the frame and unit of each scan; NaN where there are none.
    expressions : dict of str to (F,) float32, or None
        By ARKit's names; NaN where a frame could not be fitted. None where nobody asked.
    failed : tuple of (int, str)
        Frames that lack something, and why.
    """

    name: str
    scans: tuple[str, ...]
    times: tuple[float, ...]
    xyz: Floats
    expressions: dict[str, Floats] | None
    failed: tuple[tuple[int, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the L landmarks."""
        return load_face_model().landmark_sets[SET].names


def start_sequence(
    studio: Studio, owner: str, name: str, items: Sequence[Item], times: Sequence[float], fitted: bool
) -> Job:
    """Put open scans in a row, in a job: find landmarks where there are none, and fit each where it is asked for."""

    def work(progress: Progress) -> JobResult:
        names = load_face_model().landmark_sets[SET].names
        xyz = np.full((len(items), len(names), 3), np.nan, np.float32)
        weights = np.full((len(items), len(ARKIT_NAMES)), np.nan, np.float32)
        failed: list[tuple[int, str]] = []
        for row, item in enumerate(items):
            progress("frames", row, len(items), item.name)
            try:
                if item.found is None and not item.no_face:
                    locate(studio, item, None)
                if item.found is None:
                    failed.append((row, item.no_face))
                    continue
                xyz[row] = item.marks[SET].landmarks.xyz
                if fitted:
                    face = item.face or fit(item, _Quiet(progress))
                    weights[row] = list(arkit_weights(face).values())
            except LineamentError as error:
                failed.append((row, str(error)))
        progress("frames", len(items), len(items))
        curves = {name: weights[:, i] for i, name in enumerate(ARKIT_NAMES)} if fitted else None
        scans = tuple(item.id for item in items)
        frames = Frames(name, scans, tuple(times), xyz, curves, tuple(failed))
        key = studio.keep(studio.sequences, owner, items, frames)
        for item in items:
            item.sequence = key
        return {"sequence": key}

    return studio.jobs.start(owner, "sequence", name, work)


class _Quiet(Progress):
    """Does not tell the stages of a part of a job, but stops with it."""

    def __init__(self, whole: Progress) -> None:
        self._whole = whole

    def __call__(
        self, stage: str, done: int = 0, total: int = 0, message: str = "", **result: Unpack[JobResult]
    ) -> None:
        self.check()

    def check(self) -> None:
        self._whole.check()
