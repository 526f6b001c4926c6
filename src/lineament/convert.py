"""From one file format to another, and what was lost on the way.

What is lost is found by reading the new file back, so that it is true whatever the format promises.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lineament.errors import InputError
from lineament.io import landmarks as landmark_files
from lineament.io import scans as scan_files
from lineament.io.kinds import Kind, check_kinds, kind_of
from lineament.types import Landmarks, Scan


@dataclass(frozen=True)
class Conversion:
    """What a conversion did.

    Attributes
    ----------
    kind : "scan" or "landmarks"
    count : int
        Points or landmarks read.
    losses : tuple of str
        What the new file does not hold, in the user's words.
    """

    kind: Kind
    count: int
    losses: tuple[str, ...]


def convert_file(
    source: Path,
    target: Path,
    *,
    unit: str | None = None,
    intrinsics: tuple[float, float, float, float] | None = None,
) -> Conversion:
    """Read a scan or landmarks and write them in the format of the suffix of `target`.

    Parameters
    ----------
    source, target : Path
    unit : str, optional
        What the numbers of a scan are in, for formats that state it; the numbers stay as they are.
    intrinsics : (fx, fy, cx, cy), pixels, optional
        The camera of a depth image.

    Raises
    ------
    InputError
        A suffix is unknown, one is a scan's and the other one of landmarks, or a file cannot be read or written.
    """
    if source.exists() and target.exists() and source.samefile(target):
        raise InputError(f"{source} and {target} are the same file; give the result a name of its own")
    if _common_kind(source, target) == "landmarks":
        if intrinsics is not None or unit is not None:
            raise InputError(f"{source} holds landmarks; a unit and intrinsics are given for scans only")
        marks = landmark_files.read_landmarks(source)
        landmark_files.write_landmarks(marks, target)
        return Conversion("landmarks", len(marks), _lost_landmarks(marks, landmark_files.read_landmarks(target)))
    scan = scan_files.read_scan(source, unit=unit, intrinsics=intrinsics)
    scan_files.write_scan(scan, target)
    return Conversion("scan", len(scan), _lost_scan(scan, scan_files.read_scan(target)))


def _common_kind(source: Path, target: Path) -> Kind:
    """Return what goes from `source` to `target`: what both may hold by their suffixes, else by the content."""
    kinds, others = check_kinds(source), check_kinds(target)
    common = kinds & others
    if len(common) == 1:
        return next(iter(common))
    if common:
        return kind_of(source)
    if "scan" in kinds:
        raise InputError(f"{source} is a scan, {target} would hold landmarks; to find them, use: lineament landmarks")
    raise InputError(f"{source} holds landmarks, {target} would be a scan; give {target.name} a suffix of landmarks")


def _lost_scan(scan: Scan, back: Scan) -> tuple[str, ...]:
    losses = [
        what
        for name, what in (("triangles", "triangles"), ("normals", "normals"), ("colors", "colours"), ("uv", "uv"))
        if getattr(scan, name) is not None and getattr(back, name) is None
    ]
    missing = int(np.isnan(scan.points).any(axis=1).sum())
    if missing and not np.isnan(back.points).any():
        losses.append(f"{missing} missing points (NaN)")
    elif len(back) != len(scan):
        losses.append(f"the order of the points ({len(scan)} points became {len(back)})")
    if scan.unit is not None and back.unit is None:
        losses.append(f"the unit ({scan.unit})")
    return tuple(losses)


def _lost_landmarks(marks: Landmarks, back: Landmarks) -> tuple[str, ...]:
    losses = []
    if back.names != marks.names:
        losses.append("names")
    if marks.sigma is not None and back.sigma is None:
        losses.append("expected errors")
    if back.sigma is None and not np.array_equal(marks.visible, back.visible):  # type: ignore[arg-type]
        losses.append("which points are inferred")
    if (marks.unit, marks.mm_per_unit) != (back.unit, back.mm_per_unit) and marks.mm_per_unit is not None:
        losses.append(f"the unit ({marks.unit or f'1 unit = {marks.mm_per_unit:.4g} mm'})")
    if marks.set_name and not back.set_name:
        losses.append(f"the name of the set ({marks.set_name})")
    if any(marks.descriptions) and back.descriptions != marks.descriptions:
        losses.append("descriptions")
    return tuple(losses)
