"""Draw one virtual scan, find its landmarks, measure how far off they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lineament.bench.outcome import Outcome
from lineament.bench.protocols import Case
from lineament.detect.detector import Detector
from lineament.errors import InputError
from lineament.types import MILLIMETRES, Scan

if TYPE_CHECKING:
    from lineament.synth.scans import VirtualScan, VirtualScanner

FAR = 300.0
"""Spread of the place that a turned scan is put to, mm."""


def check_torch() -> None:
    """Raise `InputError` where PyTorch is missing, which draws the virtual people."""
    if find_spec("torch") is None:
        raise InputError("virtual people need torch; install with: pip install 'lineament[train]'")


def start_virtual(detector: Callable[[], Detector]) -> Callable[[Case], Outcome]:
    """Load networks and face model in a worker process; return the function that does one case."""
    check_torch()
    import torch

    from lineament.face.model import load_face_model
    from lineament.synth.scans import VirtualScanner

    # One thread: sums come out the same on every machine with the same library.
    torch.set_num_threads(1)
    return partial(run_case, scanner=VirtualScanner(load_face_model(), 0), detector=detector())


def run_case(case: Case, scanner: VirtualScanner, detector: Detector) -> Outcome:
    """Draw the scan of `case` and detect its landmarks."""
    from lineament.synth.stream import Stream

    scanner.stream = Stream(case.seed)
    drawn = scanner.faces(1, case.condition)[0] if case.face else scanner.faceless(1)[0]
    pose = _pose(case)
    points = pose.apply(drawn.points.numpy())
    tags = {"sensor": drawn.sensor}
    tags |= {name: value for name in ("origin", "sex", "age") if (value := getattr(drawn, name)) is not None}
    outcome = partial(Outcome, case.protocol, case.point, case.name, tags=tags, points=len(points))
    truth, shown = _truth(drawn)
    if truth is not None:
        outcome = partial(outcome, size=float(np.linalg.norm(np.ptp(truth, axis=0))), shown=shown)
    try:
        found = detector.detect(Scan(points.astype(np.float32)), ("ibug68",)).landmarks["ibug68"]
    except InputError as doubt:
        return outcome(reason=str(doubt))
    if truth is None:
        return outcome()
    # In the scan's own millimetres: whoever has the scan knows its unit.
    error = np.linalg.norm((found.xyz - pose.apply(truth)) * MILLIMETRES[pose.unit], axis=1)
    return outcome(
        error=error, sigma=np.asarray(found.sigma, np.float64), said=found.visible, unit_right=found.unit == pose.unit
    )


def _truth(drawn: VirtualScan) -> tuple[npt.NDArray[np.float64] | None, npt.NDArray[np.bool_] | None]:
    """Return the 68 iBUG points, which come first of all sets, and whether the scan shows them."""
    if drawn.landmarks is None or drawn.visible is None:
        return None, None
    return drawn.landmarks[:68].numpy().astype(np.float64), drawn.visible[:68].numpy()


@dataclass(frozen=True, eq=False)
class _Pose:
    """Where and in which unit a scan is handed over."""

    rotation: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]
    unit: str

    def apply(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        moved: npt.NDArray[np.float64] = (points @ self.rotation.T + self.shift) / MILLIMETRES[self.unit]
        return moved


def _pose(case: Case) -> _Pose:
    if not case.turned:
        return _Pose(np.eye(3), np.zeros(3), "mm")
    rng = np.random.default_rng(case.seed)
    return _Pose(random_rotation(rng), rng.normal(size=3) * FAR, str(rng.choice(list(MILLIMETRES))))


def random_rotation(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return a rotation (3, 3), uniform over all (QR of a Gaussian matrix; Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else q[:, [1, 0, 2]]
