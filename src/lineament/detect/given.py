"""Landmarks that are handed in as files, corrected by hand perhaps, in the place of found ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lineament.detect.planning import Job, corrected_file, name_file
from lineament.errors import InputError
from lineament.io.landmarks import READERS, read_landmarks
from lineament.types import MILLIMETRES, Landmarks, Scan


def given_files(job: Job, sets: Sequence[str]) -> dict[Path, str]:
    """Return the landmark files of a scan, each with its set; the first is the one to use.

    What was corrected in the studio comes first. Sets come in their order in `sets`, and the formats of each in that
    of `lineament.io.landmarks.READERS`.
    """
    if job.given is None:
        return {}
    named = [(corrected_file(job.given.parent, job.scan, name), name) for name in sets]
    named += [(name_file(job.given, name, suffix.removeprefix(".")), name) for name in sets for suffix in READERS]
    return {path: name for path, name in named if path.is_file()}


def read_given(job: Job, scan: Scan, sets: Sequence[str], unit: str | None = None) -> tuple[Landmarks, Path]:
    """Read the landmarks that are handed in for a scan.

    Parameters
    ----------
    job : Job
        Says where they are.
    scan : Scan
    sets : sequence of str
        The sets that will do, the best first.
    unit : str or None
        The user's word on the unit, `mm`, `cm`, `m` or `in`. Without it the landmarks' file is believed, then the
        scan's.

    Returns
    -------
    landmarks : Landmarks
        Of the set that its file's name says; with neither `unit` nor `mm_per_unit` where nobody states one.
    path : Path
        The file.

    Raises
    ------
    InputError
        There is no file, or it cannot be read.
    FormatError
        The file is damaged.
    """
    files = given_files(job, sets)
    if not files:
        base = job.given or job.base
        names = " or ".join(name_file(base, name, "mrk.json").name for name in sets)
        raise InputError(f"no landmarks in {base.parent}; expected {names}, or another format of it")
    path, set_name = next(iter(files.items()))
    read = read_landmarks(path)
    unit = unit or read.unit or (None if read.mm_per_unit else scan.unit)
    size = MILLIMETRES[unit] if unit else read.mm_per_unit
    return replace(read, unit=unit, mm_per_unit=size, set_name=set_name), path
