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
from lineament.errors import InputError
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
        What the reader passed over or repaired.
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
    landmarks, said = _read(job, scan, request) if finder is None else _find(finder, scan, request)
    rows = _rows(landmarks, scan, request)
    size = float(landmarks.mm_per_unit or np.nan)
    return Outcome(job.scan, None, rows, said, size, time.perf_counter() - began, scan.source.warnings)


def _find(finder: detector.Detector, scan: Scan, request: Request) -> tuple[Landmarks, str]:
    detection = finder.detect(scan, (LANDMARK_SET,), request.unit)
    said = describe_unit(detection.unit, detection.mm_per_unit, scan.unit, request.unit)
    return detection.landmarks[LANDMARK_SET], said


def _read(job: Job, scan: Scan, request: Request) -> tuple[Landmarks, str]:
    landmarks, path = read_given(job, scan, (LANDMARK_SET,), request.unit)
    if landmarks.mm_per_unit is None:
        raise InputError(f"neither {path.name} nor the scan states the unit; give --unit")
    return landmarks, describe_unit(landmarks.unit, landmarks.mm_per_unit, landmarks.unit, request.unit)


def _rows(landmarks: Landmarks, scan: Scan, request: Request) -> tuple[Row, ...]:
    rows: tuple[Row, ...] = ()
    if request.set_name in CATALOGUE_SETS:
        rows += rows_of(measure_landmarks(landmarks, scan, measures(request.set_name, request.surface)))
    if request.set_name in ("asymmetry", "all"):
        rows += rows_of_asymmetry(landmark_asymmetry(landmarks))
    return rows
