"""From files to a scan with landmarks: the job behind `open`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import numpy as np

from lineament.errors import FormatError, InputError, LineamentError, NoFaceError
from lineament.face.model import LANDMARK_SETS
from lineament.studio.errors import QuotaError
from lineament.studio.geometry import surface_of
from lineament.studio.jobs import Job, JobResult, Progress
from lineament.studio.marks import Marks
from lineament.studio.reading import Intrinsics, files_beside, main_file
from lineament.studio.saving import load_corrections
from lineament.studio.state import Studio
from lineament.studio.workspace import Item
from lineament.types import MILLIMETRES, Landmarks

FARTHEST = 1e9
"""Largest coordinate that is drawn and measured, in any unit."""


def start_opening(
    studio: Studio,
    item: Item,
    unit: str | None = None,
    intrinsics: Intrinsics | None = None,
    given: Mapping[str, Landmarks] | None = None,
) -> Job:
    """Read a scan and find its landmarks, in a job.

    Parameters
    ----------
    studio : Studio
    item : Item
        With files, with a path, or with a scan already.
    unit : str, optional
        `mm`, `cm`, `m` or `in`.
    intrinsics : (fx, fy, cx, cy), pixels, optional
    given : mapping of set name to Landmarks, optional
        Shown in place of what is found here: those that a database holds.

    Raises
    ------
    InputError
        There is no such unit.
    """
    if unit is not None and unit not in MILLIMETRES:
        raise InputError(f"unit is {unit!r}, expected one of {', '.join(MILLIMETRES)}")

    def work(progress: Progress) -> JobResult:
        return _open(studio, item, unit, intrinsics, given or {}, progress)

    return studio.jobs.start(item.owner, "open", item.name or _name_of_files(item), work)


def _name_of_files(item: Item) -> str:
    if item.folder is not None:
        with suppress(LineamentError, OSError):  # what is wrong with the files is told by the job
            return main_file(sorted(item.folder.iterdir())).name
    return "a scan"


def _open(
    studio: Studio,
    item: Item,
    unit: str | None,
    intrinsics: Intrinsics | None,
    given: Mapping[str, Landmarks],
    progress: Progress,
) -> JobResult:
    progress("parsing", scan=item.id)
    try:
        with item.reading:
            if item.scan is None:
                _read(studio, item, unit, intrinsics, progress)
            elif unit is not None:
                item.take(replace(item.scan, unit=unit), item.texture)
            progress("parsed", scan=item.id)
            result = locate(studio, item, unit)
        with item.lock:
            item.marks.update({name: Marks(landmarks) for name, landmarks in given.items()})
        progress("landmarks", scan=item.id)
        return {"scan": item.id, **result}
    finally:
        studio.readers.warm()
        # so that the first correction of a large scan need not wait
        threading.Thread(target=_prepare, args=(item,), name="studio-surface", daemon=True).start()


def _prepare(item: Item) -> None:
    with suppress(LineamentError):  # it is closed already, or was never read
        surface_of(item)


def _read(studio: Studio, item: Item, unit: str | None, intrinsics: Intrinsics | None, progress: Progress) -> None:
    if item.path is not None:
        path, beside = item.path, files_beside(item.path)
    else:
        paths = sorted(item.folder.iterdir()) if item.folder is not None else []
        path, beside = main_file(paths), tuple(paths)
    whole = studio.readers.read(path, beside, unit, intrinsics, progress.stopping)
    reach = float(np.nanmax(np.abs(whole.scan.points)))
    if reach > FARTHEST:
        raise FormatError(f"coordinates reach {reach:.1e}; those of a scan are below {FARTHEST:.0e}")
    item.name = item.name or path.name
    item.take(whole.scan, whole.texture)
    studio.workspace.drop_files(item)
    try:
        studio.workspace.check_room(item.owner)
    except QuotaError:
        item.empty()
        raise


def locate(studio: Studio, item: Item, unit: str | None) -> JobResult:
    """Find the landmarks of all sets; a scan without a face stays open without them."""
    try:
        found = studio.detector.detect(item.parsed, LANDMARK_SETS, unit)
    except InputError as error:
        if unit is not None and not isinstance(error, NoFaceError):
            raise  # the unit that was given cannot be right
        item.located(None, str(error))
        return {"no_face": str(error)}
    item.located(found)
    load_corrections(item)
    return {}
