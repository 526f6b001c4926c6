"""Landmarks of many scans."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lineament.batch import all_newer, attempt, read_any, work_through
from lineament.detect.detector import Detection, Detector
from lineament.detect.planning import Job
from lineament.io.folder import make_folder
from lineament.io.landmarks import write_landmarks
from lineament.types import Scan


@dataclass(frozen=True)
class Request:
    """What is wanted of each scan.

    Attributes
    ----------
    formats : tuple of str
        Suffixes of landmark files without the first dot; see `lineament.io.landmarks.WRITERS`.
    sets : tuple of str
    unit : str or None
        `mm`, `cm`, `m` or `in` overrules what is found.
    picture : bool
    intrinsics : (fx, fy, cx, cy) or None, pixels
        Camera of depth images.
    """

    formats: tuple[str, ...] = ("mrk.json",)
    sets: tuple[str, ...] = ("ibug68",)
    unit: str | None = None
    picture: bool = False
    intrinsics: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one scan.

    Attributes
    ----------
    scan : Path
    failure : str or None
        In a sentence; the fields below are meaningless then.
    outputs : tuple of Path
    unit : str
        As `describe_unit` says it.
    sigma : float, mm
        Mean expected error of the first set.
    count, inferred : int
        Landmarks of the first set, and how many of them the scan does not show.
    seconds : float
    notes : tuple of str
        What the reader passed over or repaired.
    """

    scan: Path
    failure: str | None = None
    outputs: tuple[Path, ...] = ()
    unit: str = ""
    sigma: float = float("nan")
    count: int = 0
    inferred: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


def outputs_of(job: Job, request: Request) -> tuple[Path, ...]:
    """Return every file that a job writes."""
    suffixes = (*request.formats, *(["png"] if request.picture else []))
    return tuple(job.output(name, suffix) for name in request.sets for suffix in suffixes)


def is_done(job: Job, request: Request) -> bool:
    """Return whether all results are there and none is older than its scan."""
    return all_newer(job.scan, outputs_of(job, request))


def describe_unit(unit: str | None, mm_per_unit: float, stated: str | None, demanded: str | None) -> str:
    """Say a scan's unit and who says so: `mm (found)`."""
    if unit is None:
        return f"unknown (1 unit = {mm_per_unit:.4g} mm by the size of the face)"
    if demanded is not None:
        return f"{unit} (given)"
    if stated is None:
        return f"{unit} (found)"
    return f"{unit} (stated)" if stated == unit else f"{unit} (found; the file states {stated})"


def landmark_scan(job: Job, request: Request, detector: Detector) -> Outcome:
    """Find the landmarks of one scan and write them.

    Never raises but for Ctrl-C: what fails is told in the outcome.
    """
    return attempt(job.scan, Outcome, partial(_landmark, job, request, detector))


def landmark_scans(jobs: Sequence[Job], request: Request, workers: int) -> Iterator[Outcome]:
    """Find the landmarks of scans, `workers` of them at the same time, in the order in which they are done.

    Raises
    ------
    ModelError
        A network is missing or damaged.
    """
    return work_through(jobs, partial(_start, Detector, request), Outcome, workers)


def _start(detector: type[Detector], request: Request, threads: int) -> Callable[[Job], Outcome]:
    """Load the networks in a process."""
    return partial(landmark_scan, request=request, detector=detector(threads=threads))


def _landmark(job: Job, request: Request, detector: Detector) -> Outcome:
    began = time.perf_counter()
    scan = read_any(job.scan, request.intrinsics)
    detection = detector.detect(scan, request.sets, request.unit)
    _write(job, request, scan, detection)
    first = detection.landmarks[request.sets[0]]
    return Outcome(
        job.scan,
        outputs=outputs_of(job, request),
        unit=describe_unit(detection.unit, detection.mm_per_unit, scan.unit, request.unit),
        sigma=float("nan") if first.sigma is None else float(np.mean(first.sigma)),
        count=len(first),
        inferred=int(np.count_nonzero(~np.asarray(first.visible))),
        seconds=time.perf_counter() - began,
        notes=scan.source.warnings,
    )


def _write(job: Job, request: Request, scan: Scan, detection: Detection) -> None:
    make_folder(job.base.parent)
    for name in request.sets:
        landmarks = detection.landmarks[name]
        for suffix in request.formats:
            write_landmarks(landmarks, job.output(name, suffix))
        if request.picture:
            from lineament.picture.sheets import landmark_picture, save_picture

            save_picture(landmark_picture(scan, landmarks, detection.pose.rotation), job.output(name, "png"))
