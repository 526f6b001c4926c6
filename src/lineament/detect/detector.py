"""A scan goes in, named landmarks come out: the whole job, step by step.

Symbols: N points, L landmarks, V model vertices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lineament.detect.answers import Answer, ask, ask_in_the_mirror, mean, refined
from lineament.detect.beside import Beside
from lineament.detect.coarse import Pose, around, find_faces
from lineament.detect.features import (
    FaceSample,
    FaceSurface,
    Indices,
    describe,
    disjoint_samples,
    face_graph,
    face_surface,
)
from lineament.detect.patches import Detail, detail
from lineament.detect.queries import landmark_set, queries
from lineament.detect.session import load_network
from lineament.detect.units import resolve_unit
from lineament.errors import NoFaceError
from lineament.face.model import STABLE_LANDMARKS, load_face_model
from lineament.geometry.alignment import Similarity, fit_similarity
from lineament.geometry.neighbours import knn
from lineament.geometry.sampling import sample_surface
from lineament.types import Floats, Landmarks, Scan

DENSE_ENOUGH = 40_000
"""A mesh with fewer vertices is sampled over its surface,"""
SPREAD = 80_000
"""at about this many places."""
LEAST_SCORE = 0.3
"""A pose on which fewer of the votes agree is not believed."""
REGION_MARGIN = 1.05
"""Radii of the face region within which points are moved to the face frame."""
MOST_LOOKS = 3
SAME_SIZE = 0.02
"""A scan in no common unit is sampled again until its size changes by less than this share."""
HOLE = 5.0
"""A landmark with no measured point within this distance lies in a hole, mm; more in sparse scans."""
WORST_SIGMA = 4.5
"""A face whose inner points have a larger mean expected error is not believed, mm."""
WORST_SHAPE = 10.0
"""Nor one whose points lie further from the mean face's, mm (root mean square, after a similarity)."""


@dataclass(frozen=True, eq=False)
class Detection:
    """Everything that was found on one scan.

    Attributes
    ----------
    landmarks : mapping of set name to Landmarks
        In the scan's frame and unit.
    pose : Similarity
        From the scan's frame and unit to the face frame in mm.
    unit : str or None
        Unit of the scan, `mm`, `cm`, `m` or `in`; None when it is in none of them.
    mm_per_unit : float
    score : float
        0 to 1: how well the coarse network's votes agree on a face.
    """

    landmarks: dict[str, Landmarks]
    pose: Similarity
    unit: str | None
    mm_per_unit: float
    score: float


class Detector:
    """Holds the loaded networks; one serves any number of scans.

    Parameters
    ----------
    threads : int
        1 keeps to the caller's thread; otherwise parts of the work run beside each other.
    networks : Path or None
        Folder with networks of one's own, as `lineament train` leaves them; None takes the package's.

    Raises
    ------
    ModelError
        A network is missing from the installation or damaged.
    """

    def __init__(self, threads: int = 0, networks: Path | None = None) -> None:
        self._beside = Beside(threads)
        self._coarse = load_network("coarse", networks)
        self._cfgat = load_network("cfgat", networks)
        self._refine = load_network("refine", networks)

    def detect(self, scan: Scan, sets: tuple[str, ...] = ("ibug68",), unit: str | None = None) -> Detection:
        """Find the landmarks of `sets` on `scan`.

        Parameters
        ----------
        scan : Scan
            Any frame, unit and density; a mesh or a bare cloud.
        sets : tuple of str
            Names of landmark sets.
        unit : str or None
            `mm`, `cm`, `m` or `in`; None finds it out.

        Raises
        ------
        NoFaceError
            No face can be found with confidence.
        InputError
            A set does not exist, or `unit` cannot be right.
        """
        asked = {name: queries(name) for name in dict.fromkeys(("ibug68", *sets))}
        points = measured_points(scan)
        doubts = ["no part of it looks like one"]
        for found in find_faces(points, self._coarse):
            try:
                detection = self._measure(points, found, asked, *resolve_unit(found.transform.scale, scan.unit, unit))
            except NoFaceError as doubt:
                doubts.append(str(doubt))
                continue
            return replace(detection, landmarks={name: detection.landmarks[name] for name in sets})
        raise NoFaceError(
            f"no face found with confidence ({doubts[min(1, len(doubts) - 1)]}); "
            "if there is one, cut the scan to the head, or give more of it"
        )

    def _measure(
        self, points: Floats, found: Pose, asked: dict[str, Floats], unit: str | None, mm_per_unit: float
    ) -> Detection:
        """Answer from one hypothesis; `NoFaceError` when the answer is not to be believed."""
        # Rigid in the scan's millimetres; where the unit has no name, the face's size stays free.
        start = fit_similarity(found.nodes * mm_per_unit, found.votes, with_scale=False)
        pose = start @ Similarity(mm_per_unit, np.eye(3), np.zeros(3))
        everything = np.concatenate(list(asked.values()))  # iBUG's 68 points come first
        for _ in range(MOST_LOOKS):
            region = pose.apply(around(points, pose, REGION_MARGIN))
            face = face_surface(region)
            samples = disjoint_samples(face)
            chosen = next(samples)
            # Other points of the same face, seen in the mirror: their mean has smaller errors than either answer.
            other = self._beside(partial(_another, face, samples, chosen))
            surface = self._beside(partial(detail, region))
            first = ask(self._cfgat, *_view(face, chosen), everything)
            step = _face_frame(first.xyz, with_scale=unit is None)
            pose = step @ pose
            # Curvature and spacing were measured in millimetres that were too long or too short.
            if abs(np.log(step.scale)) < SAME_SIZE:
                break
        last, graph = other()
        mirrored = ask_in_the_mirror(self._cfgat, _moved(last, step), graph, everything)
        answer = mean(replace(first, xyz=step.apply(first.xyz)), mirrored)
        measured = Detail(step.apply(surface().fine), step.apply(surface().wide))
        answer = refined(self._refine, answer, measured, everything, self._beside)
        answer = replace(answer, visible=answer.visible & _measured(answer.xyz, measured.wide))
        _believe(answer, found.score)
        mm_per_unit = mm_per_unit if unit else pose.scale
        landmarks = _by_set(answer, pose.inverse(), tuple(asked), unit, mm_per_unit)
        return Detection(landmarks, pose, unit, mm_per_unit, found.score)


def detect_landmarks(scan: Scan, landmark_set: str = "ibug68", unit: str | None = None) -> Landmarks:
    """Find one set of landmarks on a scan.

    Parameters
    ----------
    scan : Scan
    landmark_set : str
        `ibug68`, `anthropometric` or `dense520`.
    unit : str or None
        `mm`, `cm`, `m` or `in`; None finds it out.

    Returns
    -------
    Landmarks
        In the scan's frame and unit, each with its expected error in mm.

    Raises
    ------
    NoFaceError
        No face can be found with confidence.
    """
    return Detector().detect(scan, (landmark_set,), unit).landmarks[landmark_set]


def measured_points(scan: Scan) -> Floats:
    """Return the scan's surface as finite points (N, 3): its own, or samples of a coarse mesh's triangles."""
    finite = np.isfinite(scan.points)
    points: Floats = scan.points if finite.all() else scan.points[finite.all(axis=1)]
    if scan.triangles is None or not len(scan.triangles) or len(points) >= DENSE_ENOUGH:
        return points
    whole = np.isfinite(scan.points[scan.triangles]).all(axis=(1, 2))
    samples: Floats = sample_surface(scan.points, scan.triangles[whole], SPREAD)[0]
    return samples


def _view(face: FaceSurface, chosen: Indices) -> tuple[FaceSample, tuple[Indices, ...]]:
    sample = describe(face, chosen)
    return sample, face_graph(sample.points)


def _another(face: FaceSurface, samples: Iterator[Indices], chosen: Indices) -> tuple[FaceSample, tuple[Indices, ...]]:
    """Return a view of the next sample, or of the same where the scan has no points for another."""
    return _view(face, next(samples, chosen))


def _moved(sample: FaceSample, step: Similarity) -> FaceSample:
    return replace(sample, points=step.apply(sample.points), normals=step.rotate(sample.normals))


def _measured(xyz: npt.NDArray[np.float64], surface: Floats) -> npt.NDArray[np.bool_]:
    """Tell which places have measured points around them, and which lie in a hole."""
    some = surface[:: max(1, len(surface) // 1000)]
    spacing = float(np.median(knn(surface, 2, some)[1][:, 1]))
    away = knn(surface, 1, xyz.astype(np.float32))[1][:, 0]
    near: npt.NDArray[np.bool_] = away < max(HOLE, 2.5 * spacing)
    return near


def _face_frame(xyz: npt.NDArray[np.float64], with_scale: bool) -> Similarity:
    """Return the motion that puts iBUG points (68 first rows) into the face frame."""
    model, stable = load_face_model(), list(STABLE_LANDMARKS)
    mean = model.landmarks(model.vertices, "ibug68")
    return fit_similarity(xyz[stable], mean[stable], with_scale=with_scale)


def _believe(answer: Answer, score: float) -> None:
    """Raise `NoFaceError` when the answer cannot be a face."""
    model = load_face_model()
    mean = model.landmarks(model.vertices, "ibug68")
    shape = fit_similarity(answer.xyz[17:68], mean[17:])
    off = float(np.sqrt(np.square(shape.apply(answer.xyz[17:68]) - mean[17:]).sum(axis=1).mean()))
    sigma = float(answer.sigma[17:68].mean())
    if score < LEAST_SCORE or sigma > WORST_SIGMA or off > WORST_SHAPE:
        raise NoFaceError(
            f"at best votes agree to {score:.0%}, expected error {sigma:.1f} mm, {off:.1f} mm off the mean face"
        )


def _by_set(
    answer: Answer, back: Similarity, sets: tuple[str, ...], unit: str | None, mm_per_unit: float
) -> dict[str, Landmarks]:
    """Cut the answer into sets, back in the scan's frame and unit."""
    xyz = back.apply(answer.xyz)
    found, start = {}, 0
    for name in sets:
        chosen = landmark_set(name)
        rows = slice(start, start + len(chosen))
        start += len(chosen)
        found[name] = Landmarks(
            chosen.names, xyz[rows], answer.sigma[rows], answer.visible[rows], unit, mm_per_unit, set_name=name
        )
    return found
