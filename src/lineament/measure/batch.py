"""Measures of many scans."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lineament.batch import attempt, read_any, work_through
from lineament.detect import detector
from lineament.detect.batch import describe_unit
from lineament.detect.given import read_given
from lineament.detect.planning import Job
from lineament.errors import InputError, NoFaceError
from lineament.face.fit import fit_face
from lineament.face.landmarks import consensus_landmarks
from lineament.face.model import LANDMARK_SETS
from lineament.measure.asymmetry import landmark_asymmetry
from lineament.measure.catalogue import SETS as CATALOGUE_SETS
from lineament.measure.catalogue import measures
from lineament.measure.measurement import measure_landmarks
from lineament.measure.table import Row, rows_of, rows_of_asymmetry
from lineament.types import Landmarks, Scan

LANDMARK_SET = "anthropometric"


@dataclass(frozen=True)
class Request:
    """What is wanted of each scan.

    Attributes
    ----------
    set_name : str
        `farkas`, `ansur`, `asymmetry` or `all`.
    surface : bool
        Also the distances along the surface.
    unit : str or None
        `mm`, `cm`, `m` or `in` overrules what is found.
    intrinsics : (fx, fy, cx, cy) or None, pixels
        Camera of depth images.
    """

    set_name: str = "all"
    surface: bool = False
    unit: str | None = None
    intrinsics: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one scan.

    Attributes
    ----------
    scan : Path
    failure : str or None
        In a sentence; the fields below are meaningless then.
    rows : tuple of Row
    unit : str
        As `describe_unit` says it.
    mm_per_unit : float
    seconds : float
    notes : tuple of str
        What the reader passed over or repaired, and that no face could be fitted.
    """

    scan: Path
    failure: str | None = None
    rows: tuple[Row, ...] = ()
    unit: str = ""
    mm_per_unit: float = float("nan")
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


def measure_scan(job: Job, request: Request, finder: detector.Detector | None) -> Outcome:
    """Measure one scan.

    Never raises but for Ctrl-C: what fails is told in the outcome.

    Parameters
    ----------
    job : Job
    request : Request
    finder : Detector or None
        None when landmarks are given, see `read_given`.
    """
    return attempt(job.scan, Outcome, partial(_measure, job, request, finder))


def measure_scans(jobs: Sequence[Job], request: Request, workers: int) -> Iterator[Outcome]:
    """Measure scans, `workers` of them at the same time, in the order in which they are done.

    Raises
    ------
    ModelError
        A network is missing or damaged.
    """
    start = partial(_start, None if all(job.given for job in jobs) else detector.Detector, request)
    return work_through(jobs, start, Outcome, workers)


def _start(kind: type[detector.Detector] | None, request: Request, threads: int) -> Callable[[Job], Outcome]:
    """Load the networks in a process."""
    return partial(measure_scan, request=request, finder=None if kind is None else kind(threads=threads))


def _measure(job: Job, request: Request, finder: detector.Detector | None) -> Outcome:
    began = time.perf_counter()
    scan = read_any(job.scan, request.intrinsics)
    found = _given(job, scan, request) if finder is None else _found(finder, scan, request)
    rows = _rows(found.landmarks, scan, request)
    size = float(found.landmarks.mm_per_unit or np.nan)
    notes = (*scan.source.warnings, *found.notes)
    return Outcome(job.scan, None, rows, found.unit, size, time.perf_counter() - began, notes)


@dataclass(frozen=True)
class _Marks:
    """What a scan is measured between."""

    landmarks: Landmarks
    unit: str
    """As `describe_unit` says it."""
    notes: tuple[str, ...] = ()


def _found(finder: detector.Detector, scan: Scan, request: Request) -> _Marks:
    """Find landmarks, and even them out by the face fitted to the scan, where one can be."""
    detection = finder.detect(scan, LANDMARK_SETS, request.unit)
    said = describe_unit(detection.unit, detection.mm_per_unit, scan.unit, request.unit)
    landmarks = detection.landmarks[LANDMARK_SET]
    try:
        return _Marks(consensus_landmarks(fit_face(scan, detection), landmarks), said)
    except NoFaceError as error:
        return _Marks(landmarks, said, (f"measured between landmarks that no fit evened out: {error}",))


def _given(job: Job, scan: Scan, request: Request) -> _Marks:
    landmarks, path = read_given(job, scan, (LANDMARK_SET,), request.unit)
    if landmarks.mm_per_unit is None:
        raise InputError(f"neither {path.name} nor the scan states the unit; give --unit")
    return _Marks(landmarks, describe_unit(landmarks.unit, landmarks.mm_per_unit, landmarks.unit, request.unit))


def _rows(landmarks: Landmarks, scan: Scan, request: Request) -> tuple[Row, ...]:
    rows: tuple[Row, ...] = ()
    if request.set_name in CATALOGUE_SETS:
        rows += rows_of(measure_landmarks(landmarks, scan, measures(request.set_name, request.surface)))
    if request.set_name in ("asymmetry", "all"):
        rows += rows_of_asymmetry(landmark_asymmetry(landmarks))
    return rows
