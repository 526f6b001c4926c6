"""What a file holds, in numbers: of scans and of landmarks.

Symbols: N points. Lengths are in the file's own unit unless a name says mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lineament.errors import NoFaceError
from lineament.geometry.quality import Topology, estimate_noise, measure_topology, median_spacing, weld
from lineament.types import MILLIMETRES, Landmarks, Scan

if TYPE_CHECKING:
    from lineament.detect.detector import Detector

HEAD_EXTENT = 280.0
"""Diagonal of a scan of a face or a head, mm; between a mask's and a bust's."""
FACTOR = 3.0
"""How far from it a scan may be when its unit is guessed from its size."""


@dataclass(frozen=True)
class FoundUnit:
    """The unit of a scan's numbers and how it is known.

    Attributes
    ----------
    unit : str or None
        None when no common unit fits.
    mm_per_unit : float or None
    by : str
        `face`, `file`, `size` (of the whole scan: a guess) or `nothing`.
    sure : str
        In words for the user.
    """

    unit: str | None
    mm_per_unit: float | None
    by: str
    sure: str


@dataclass(frozen=True)
class ScanInfo:
    """What a scan is like.

    Attributes
    ----------
    path : Path or None
    format : str
    points, triangles, missing, duplicates : int
        Missing points are rows of NaN; a duplicate has the coordinates of an earlier point.
    carries : tuple of str
        Of `normals`, `colours`, `uv`.
    low, high : tuple of 3 floats
        Bounds.
    stated : str or None
        Unit that the file states.
    found : FoundUnit
    spacing, noise : float
        See `lineament.geometry.quality`; NaN for too few points.
    topology : Topology or None
        None for a cloud.
    notes : tuple of str
        What the reader passed over or repaired.
    """

    path: Path | None
    format: str
    points: int
    triangles: int
    missing: int
    duplicates: int
    carries: tuple[str, ...]
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    stated: str | None
    found: FoundUnit
    spacing: float
    noise: float
    topology: Topology | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class LandmarksInfo:
    """What a file of landmarks holds.

    Attributes
    ----------
    path : Path
    count, missing, inferred : int
        Missing landmarks have no coordinates; inferred ones are not seen on the scan.
    set_name : str
    unit : str or None
    mm_per_unit : float or None
    mean_sigma, worst_sigma : float or None, mm
        Expected errors.
    low, high : tuple of 3 floats
        Bounds.
    """

    path: Path
    count: int
    missing: int
    inferred: int
    set_name: str
    unit: str | None
    mm_per_unit: float | None
    mean_sigma: float | None
    worst_sigma: float | None
    low: tuple[float, float, float]
    high: tuple[float, float, float]


def describe_scan(scan: Scan, detector: Detector | None = None) -> ScanInfo:
    """Measure what a scan is like.

    Parameters
    ----------
    scan : Scan
    detector : Detector, optional
        Looks for a face, whose size tells the unit; without it the size of the scan does.
    """
    finite = np.isfinite(scan.points).all(axis=1)
    points = scan.points[finite]
    distinct = points[np.unique(weld(points))]
    low, high = points.min(axis=0), points.max(axis=0)
    mesh = scan.triangles is not None and len(scan.triangles) > 0
    return ScanInfo(
        path=scan.source.path,
        format=scan.source.format,
        points=len(scan),
        triangles=0 if scan.triangles is None else len(scan.triangles),
        missing=int(np.count_nonzero(~finite)),
        duplicates=len(points) - len(distinct),
        carries=tuple(
            what
            for name, what in (("normals", "normals"), ("colors", "colours"), ("uv", "uv"))
            if getattr(scan, name) is not None
        ),
        low=_triple(low),
        high=_triple(high),
        stated=scan.unit,
        found=find_unit(scan, detector),
        spacing=median_spacing(distinct),
        noise=estimate_noise(distinct),
        topology=measure_topology(scan.points, scan.triangles) if mesh and scan.triangles is not None else None,
        notes=scan.source.warnings,
    )


def find_unit(scan: Scan, detector: Detector | None = None) -> FoundUnit:
    """Find out a scan's unit by the size of its face; else believe the file; else guess by the size of the whole."""
    without = ""
    if detector is not None:
        try:
            found = detector.detect(scan, ())
        except NoFaceError:
            without = "no face found; "
        else:
            sure = f"by the size of the face, sure to {found.score:.0%}"
            return FoundUnit(found.unit, found.mm_per_unit, "face", sure)
    points = scan.points[np.isfinite(scan.points).all(axis=1)]
    low, high = np.percentile(points, [2, 98], axis=0)
    extent = float(np.linalg.norm(high - low))
    if scan.unit is not None:
        mm = MILLIMETRES[scan.unit]
        across = f"the scan is then {extent * mm:.3g} mm across"
        return FoundUnit(scan.unit, mm, "file", f"{without}stated by the file, {across}")
    off = {unit: abs(float(np.log(max(extent, 1e-30) * mm / HEAD_EXTENT))) for unit, mm in MILLIMETRES.items()}
    unit = min(off, key=lambda name: off[name])
    if off[unit] > np.log(FACTOR):
        return FoundUnit(None, None, "nothing", f"{without}in no common unit is the scan as large as a head")
    size = extent * MILLIMETRES[unit]
    return FoundUnit(unit, MILLIMETRES[unit], "size", f"{without}a guess, the scan is then {size:.0f} mm across")


def describe_landmarks(landmarks: Landmarks, path: Path) -> LandmarksInfo:
    """Count what a file of landmarks holds."""
    missing = np.isnan(landmarks.xyz).any(axis=1)
    there = landmarks.xyz[~missing]
    nowhere = np.full(3, np.nan, np.float32)
    sigma = None if landmarks.sigma is None else landmarks.sigma[np.isfinite(landmarks.sigma)]
    known = sigma is not None and len(sigma) > 0
    return LandmarksInfo(
        path=path,
        count=len(landmarks),
        missing=int(np.count_nonzero(missing)),
        inferred=int(np.count_nonzero(~missing & ~np.asarray(landmarks.visible))),
        set_name=landmarks.set_name,
        unit=landmarks.unit,
        mm_per_unit=landmarks.mm_per_unit,
        mean_sigma=float(np.mean(sigma)) if known and sigma is not None else None,
        worst_sigma=float(np.max(sigma)) if known and sigma is not None else None,
        low=_triple(there.min(axis=0) if len(there) else nowhere),
        high=_triple(there.max(axis=0) if len(there) else nowhere),
    )


def _triple(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
