"""Real scans: how far landmarks are from the annotated ones, and how far they move when only the scan's guise does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from zlib import crc32

import numpy as np
import numpy.typing as npt

from lineament.bench.datasets import DATASETS
from lineament.bench.datasets.base import Dataset, Item, Truth
from lineament.bench.datasets.database import Corrections
from lineament.bench.outcome import Array, Outcome
from lineament.bench.points import ibug_names
from lineament.bench.virtual import random_rotation
from lineament.detect.detector import Detection, Detector
from lineament.detect.queries import landmark_set
from lineament.errors import InputError, LineamentError, NoFaceError
from lineament.types import MILLIMETRES, Scan

SETS = ("ibug68", "anthropometric")
REAL = ("accuracy", "steadiness", "mirror")
"""Protocols on real scans, in the order of the report."""
TURNS = 100
"""Random rotations of each scan; each comes in every one of `SCALES`."""
SCALES = (*MILLIMETRES.values(), 0.1)
"""Millimetres in the units that a turned scan comes in: mm, cm, m, inches, and tenths of a millimetre."""


@dataclass(frozen=True)
class RealCase:
    """One thing to do with one scan.

    Attributes
    ----------
    protocol : str
        Of `REAL`.
    dataset : str
    item : Item
    order : str
        Of the points in the landmark file.
    seed : int
        Of the rotation; for `steadiness`.
    database : Corrections or None
        Where the scan is, when it is in no folder.
    """

    protocol: str
    dataset: str
    item: Item
    order: str = ""
    seed: int = 0
    database: Corrections | None = None

    @property
    def source(self) -> Dataset | Corrections:
        """Return what reads the scan."""
        return self.database or DATASETS[self.dataset]


@dataclass(frozen=True, eq=False)
class Movement:
    """How far a result moved when its scan came in another guise; (R, 68) mm, NaN where no face was found."""

    protocol: str
    name: str
    unit: str
    moved: Array
    sigma: float
    """Mean expected error of the 51 inner points on the scan as it is, mm."""
    reason: str = ""
    """Why there is no result on the scan as it is."""


@dataclass(frozen=True)
class Unusable:
    """A scan whose files cannot be used: no failure of the detector, and not counted."""

    name: str
    reason: str


RealResult = Outcome | Movement | Unusable


def real_names() -> tuple[str, ...]:
    """Return the landmarks of an outcome on a real scan: of both `SETS`; most are NaN."""
    return tuple(name for set_name in SETS for name in landmark_set(set_name).names)


def plan_real(
    protocols: Sequence[str],
    dataset: Dataset | Corrections,
    items: Sequence[Item],
    order: str,
    seed: int,
    turns: int = TURNS,
) -> list[RealCase]:
    """Return what is to be done with the scans of a dataset.

    Raises
    ------
    InputError
        A protocol does not exist, or nothing is left to do.
    """
    cases: list[RealCase] = []
    for protocol in protocols:
        if protocol not in REAL:
            raise InputError(f"there is no protocol {protocol!r} for real scans, expected one of {', '.join(REAL)}")
        for item in items:
            case = RealCase(protocol, dataset.name, item, order or next(iter(dataset.orders), ""))
            if isinstance(dataset, Corrections):
                case = replace(case, database=dataset)
            if protocol == "steadiness":
                cases += [replace(case, seed=crc32(f"{seed}/{item.name}/{turn}".encode())) for turn in range(turns)]
            elif protocol == "mirror" or item.landmarks is not None:
                cases.append(case)
    if not cases:
        raise InputError("no scan of the dataset has landmarks beside it; --protocol steadiness or mirror needs none")
    return cases


def start_real(detector: Callable[[], Detector]) -> Callable[[RealCase], RealResult]:
    """Load the networks in a worker process; return the function that does one case."""
    loaded = detector()

    @lru_cache(maxsize=2)
    def as_it_is(source: Dataset | Corrections, item: Item) -> tuple[Scan, Detection]:
        scan = source.read(item.scan)
        return scan, loaded.detect(scan)

    return partial(run_real, detector=loaded, as_it_is=as_it_is)


def run_real(
    case: RealCase, detector: Detector, as_it_is: Callable[[Dataset | Corrections, Item], tuple[Scan, Detection]]
) -> RealResult:
    """Do one case; what is wrong with a file is told in the result."""
    if case.protocol == "accuracy":
        return _accuracy(case, detector)
    try:
        scan, base = as_it_is(case.source, case.item)
    except NoFaceError as doubt:
        return Movement(case.protocol, case.item.name, "", np.empty((0, 68)), float("nan"), str(doubt))
    except LineamentError as error:
        return Unusable(case.item.name, str(error))
    sigma = base.landmarks["ibug68"].sigma
    assert sigma is not None
    move = partial(
        Movement, case.protocol, case.item.name, base.unit or f"1 unit = {base.mm_per_unit:.4g} mm",
        sigma=float(sigma[17:].mean()),
    )  # fmt: skip
    moved = _mirrored(scan, base, detector) if case.protocol == "mirror" else _turned(scan, base, detector, case.seed)
    return move(moved=moved)


def _accuracy(case: RealCase, detector: Detector) -> Outcome | Unusable:
    outcome = partial(Outcome, "accuracy", "", case.item.name, tags={"subject": case.item.subject})
    try:
        truth: Truth = case.source.load(case.item, case.order)
    except LineamentError as fault:
        return Unusable(case.item.name, str(fault))
    known = truth.xyz[~np.isnan(truth.xyz).any(axis=1)]
    if not len(known):
        return Unusable(case.item.name, f"{case.item.landmarks} marks every point as missing")
    sets = SETS if not set(truth.names) <= set(ibug_names()) else SETS[:1]
    size = float(np.linalg.norm(np.ptp(known, axis=0)))
    try:
        found = detector.detect(truth.scan, sets)
    except NoFaceError as doubt:
        return outcome(points=len(truth.scan), size=size, reason=str(doubt))
    except InputError as fault:
        return Unusable(case.item.name, str(fault))
    error, sigma, said = errors_of(truth, found)
    return outcome(points=len(truth.scan), size=size, error=error, sigma=sigma, said=said)


def errors_of(truth: Truth, found: Detection) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Return error and expected error in mm, and whether it is said to be visible, of each of `real_names`.

    NaN where the truth has no such point.
    """
    factor = truth.mm_per_unit or MILLIMETRES.get(truth.scan.unit or "", found.mm_per_unit)
    at = dict(zip(truth.names, truth.xyz, strict=True))
    parts = [found.landmarks[name] for name in SETS if name in found.landmarks]
    names = [name for part in parts for name in part.names]
    places = np.array([place for place, name in enumerate(names) if name in at], dtype=np.intp)
    error, sigma = (np.full(len(real_names()), np.nan) for _ in range(2))
    said = np.zeros(len(error), dtype=np.bool_)
    apart = np.concatenate([part.xyz for part in parts])[places] - np.stack([at[names[place]] for place in places])
    error[places] = np.linalg.norm(apart, axis=1) * factor
    sigma[places] = np.concatenate([np.asarray(part.sigma) for part in parts])[places]
    said[places] = np.concatenate([np.asarray(part.visible) for part in parts])[places]
    return error, sigma, said


def _turned(scan: Scan, base: Detection, detector: Detector, seed: int) -> Array:
    """Detect on the scan in one random rotation, in each unit, shuffled each time; return movements (units, 68) mm."""
    rng = np.random.default_rng(seed)
    reference = base.landmarks["ibug68"].xyz * base.mm_per_unit
    rotation, rows = random_rotation(rng), []
    for scale in SCALES:
        order = rng.permutation(len(scan.points))
        points = (scan.points @ rotation.T * base.mm_per_unit / scale)[order]
        triangles = None if scan.triangles is None else np.argsort(order)[scan.triangles].astype(np.int32)
        xyz = _detected(Scan(points.astype(np.float32), triangles), detector)
        rows.append(np.linalg.norm(xyz * scale @ rotation - reference, axis=1))
    return np.stack(rows)


def _mirrored(scan: Scan, base: Detection, detector: Detector) -> Array:
    """Detect on the mirrored scan; return how far its mirrored result is from the scan's own, (1, 68) mm."""
    mirror = np.array([-1, 1, 1], dtype=np.float32)
    triangles = None if scan.triangles is None else scan.triangles[:, ::-1]
    xyz = _detected(Scan(scan.points * mirror, triangles, unit=scan.unit), detector)
    back = (xyz * mirror)[landmark_set("ibug68").mirror]
    moved: Array = np.linalg.norm(back - base.landmarks["ibug68"].xyz, axis=1) * base.mm_per_unit
    return moved[None]


def _detected(scan: Scan, detector: Detector) -> npt.NDArray[np.float64]:
    try:
        return detector.detect(scan).landmarks["ibug68"].xyz.astype(np.float64)
    except InputError:
        return np.full((68, 3), np.nan)
