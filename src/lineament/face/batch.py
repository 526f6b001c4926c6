"""Fits of many scans."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lineament.batch import Intrinsics, all_newer, attempt, read_any, work_through
from lineament.detect import detector
from lineament.detect.batch import describe_unit
from lineament.detect.given import given_files, read_given
from lineament.detect.planning import Job
from lineament.errors import InputError
from lineament.face.basis import FitModel
from lineament.face.deviation import deviation, measured_share
from lineament.face.face import Face
from lineament.face.fit import fit_face
from lineament.face.model import LANDMARK_SETS
from lineament.face.start import start_from
from lineament.face.user_model import read_model
from lineament.io.faces.glb import write_glb
from lineament.io.faces.mesh import write_mesh
from lineament.io.faces.models import model_digest_of
from lineament.io.faces.parameters import holds_face_of, write_face
from lineament.io.folder import make_folder
from lineament.types import Floats, Scan

SET = "face"
"""In the place of a landmark set in the names of results."""
POINTS = 20_000
"""Points of a scan whose distances make the median."""
DETAIL = 2048
"""Texels along each side of displacement maps."""


@dataclass(frozen=True)
class Request:
    """What is wanted of each scan.

    Attributes
    ----------
    formats : tuple of str
        `glb`, `obj`, `ply`; the parameters are always written.
    detail, colour : bool
        Also a displacement map, and the scan's colours.
    unit : str or None
        `mm`, `cm`, `m` or `in` overrules what is found.
    intrinsics : (fx, fy, cx, cy) or None, pixels
        Camera of depth images.
    model : Path or None
        A face model of the user's own, see `read_model`.

    Raises
    ------
    InputError
        Detail or colour is wanted of another model.
    """

    formats: tuple[str, ...] = ("glb",)
    detail: bool = False
    colour: bool = False
    unit: str | None = None
    intrinsics: Intrinsics | None = None
    model: Path | None = None

    def __post_init__(self) -> None:
        if self.model is not None and (self.detail or self.colour):
            raise InputError("--detail and --colour need the uv of Lineament's own model; leave them or --model out")


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
    measured : float
        Share of the face that the scan shows, 0 to 1.
    distance : float, mm
        Median distance between the scan and the fitted face.
    seconds : float
    notes : tuple of str
        What the reader passed over or repaired, and what could not be made.
    """

    scan: Path
    failure: str | None = None
    outputs: tuple[Path, ...] = ()
    unit: str = ""
    measured: float = float("nan")
    distance: float = float("nan")
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


def parameters_of(job: Job) -> Path:
    """Return the file that a job's parameters are written to."""
    return job.output(SET, "npz")


def is_done(job: Job, request: Request) -> bool:
    """Return whether all results are there, and the face can still be read and used.

    None may be older than its scan, nor than the landmarks that are given.
    """
    wanted = [parameters_of(job), *(job.output(SET, suffix) for suffix in request.formats)]
    if request.detail:  # its description, which is written last
        wanted.append(_beside(job, "_displacement.json"))
    if request.colour:
        from lineament.face.colour import colour_path

        wanted.append(colour_path(parameters_of(job)))
    given = given_files(job, LANDMARK_SETS)
    if job.given is not None and not given:
        return False
    model = None if request.model is None else model_digest_of(request.model)
    return all(all_newer(path, wanted) for path in (job.scan, *given)) and holds_face_of(parameters_of(job), model)


def fit_scan(job: Job, request: Request, finder: detector.Detector | None, model: FitModel | None = None) -> Outcome:
    """Fit the face model, or the user's own `model`, to one scan and write the results.

    Never raises but for Ctrl-C: what fails is told in the outcome.

    Parameters
    ----------
    job : Job
    request : Request
    finder : Detector or None
        None when landmarks are given, see `read_given`.
    model : FitModel, optional
    """
    return attempt(job.scan, Outcome, partial(_fit, job, request, finder, model))


def fit_scans(jobs: Sequence[Job], request: Request, workers: int) -> Iterator[Outcome]:
    """Fit scans, `workers` of them at the same time, in the order in which they are done.

    Raises
    ------
    ModelError
        A network is missing or damaged.
    InputError
        The user's own model cannot be read.
    """
    start = partial(_start, None if all(job.given for job in jobs) else detector.Detector, request)
    return work_through(jobs, start, Outcome, workers)


def _start(kind: type[detector.Detector] | None, request: Request, threads: int) -> Callable[[Job], Outcome]:
    """Load the networks and the model in a process."""
    model = None if request.model is None else read_model(request.model)
    return partial(fit_scan, request=request, finder=None if kind is None else kind(threads=threads), model=model)


def _fit(job: Job, request: Request, finder: detector.Detector | None, model: FitModel | None) -> Outcome:
    began = time.perf_counter()
    scan = read_any(job.scan, request.intrinsics)
    if finder is None:
        start, stated, started = _given(job, scan, request)
    else:
        start, stated, started = finder.detect(scan, LANDMARK_SETS, request.unit), scan.unit, ()
    face = fit_face(scan, start, model=model)
    outputs, notes = _write(job, request, scan, face, model)
    return Outcome(
        job.scan,
        outputs=outputs,
        unit=describe_unit(start.unit, start.mm_per_unit, stated, request.unit),
        measured=measured_share(face),
        distance=median_distance(face, scan.points),
        seconds=time.perf_counter() - began,
        notes=(*scan.source.warnings, *started, *notes),
    )


def _given(job: Job, scan: Scan, request: Request) -> tuple[detector.Detection, str | None, tuple[str, ...]]:
    """Return what the fit starts from, the unit that is stated for it, and a note on the file."""
    landmarks, path = read_given(job, scan, LANDMARK_SETS, request.unit)
    try:
        start = start_from(landmarks)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    others = [other.name for other in given_files(job, LANDMARK_SETS) if other != path]
    return start, landmarks.unit, (f"started from {path}" + (f", not {', '.join(others)}" if others else ""),)


def median_distance(face: Face, points: Floats) -> float:
    """Return the median distance in mm of a scan's points from the fitted face; NaN where none lies near."""
    heights = deviation(face, points[:: max(1, len(points) // POINTS)])
    known = heights[np.isfinite(heights)]
    return float(np.median(np.abs(known))) if len(known) else float("nan")


def _write(
    job: Job, request: Request, scan: Scan, face: Face, model: FitModel | None
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write the results; return their files, and notes. The parameters come last: with them the scan is done."""
    from lineament.face.colour import bake_colour, colour_path, has_colour, write_colour
    from lineament.face.detail import displacement
    from lineament.face.detail_files import write_displacement

    make_folder(job.base.parent)
    outputs, notes = [], []
    texture = None
    if request.colour and has_colour(scan):
        outputs.append(write_colour(bake_colour(face, scan), colour_path(parameters_of(job))))
        texture = outputs[-1].read_bytes()
    elif request.colour:
        notes.append("the scan has no colours")
    if request.detail:
        outputs += write_displacement(displacement(face, scan, DETAIL), _beside(job, ""))
    for suffix in request.formats:
        path = job.output(SET, suffix)
        if suffix == "glb":
            outputs.append(write_glb(path, face, texture, landmarks="ibug68", model=model))
        else:
            outputs.append(write_mesh(path, face.vertices, face.template))
    return (write_face(parameters_of(job), face), *outputs), tuple(notes)


def _beside(job: Job, end: str) -> Path:
    return job.base.with_name(f"{job.base.name}.{SET}{end}")
