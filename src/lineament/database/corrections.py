"""Landmarks that people have set by hand: from a file into the database, and all that there are.

Points that a file does not have are missing, and not taken from what was found: who compares a network with corrections
must not compare it with itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from lineament.database.derive import CORRECTION, newest
from lineament.database.find import Where, find_all
from lineament.database.kinds import read_landmarks
from lineament.database.reading import StoredAsset, StoredScan, assets_of, open_scan
from lineament.database.review import annotate
from lineament.errors import AccessError, InputError
from lineament.face.start import completed
from lineament.io.landmarks import read_landmarks as read_file
from lineament.types import Landmarks, Scan

if TYPE_CHECKING:
    from lineament.database.database import Database

APART = 0.1
"""Landmarks half of which are farther from the scan than this share of their spread are of another scan or frame."""


@dataclass(frozen=True)
class Corrected:
    """A scan, or a frame of one, with landmarks that somebody has set.

    Attributes
    ----------
    scan, subject : str
    frame : int or None
        Of a sequence.
    """

    scan: str
    subject: str
    frame: int | None


def correct(
    database: Database,
    scan: str,
    file: Path,
    note: str = "",
    *,
    purpose: str = "research",
    frame: int | None = None,
) -> tuple[str, Landmarks]:
    """Store the landmarks of a file in place of those that were found, which stay; return the asset and what it holds.

    Parameters
    ----------
    database : Database
    scan : str
    file : Path
        Of any format that Lineament reads; points of one set by their names, in any order, in the scan's frame and
        unit.
    note : str
        Stored encrypted.
    purpose : str
    frame : int, optional
        Of a sequence.

    Raises
    ------
    AccessError
    InputError
        The file cannot be read, its points are of no set, or do not lie on the scan.
    """
    landmarks = completed(read_file(file))
    opened = open_scan(database, scan, purpose=purpose, action="annotate")
    _check_on(landmarks, opened.read(frame), f"{file} does not belong to {scan}")
    return annotate(database, scan, landmarks, note, purpose=purpose, frame=frame), landmarks


def corrected(
    database: Database, where: Where | Mapping[str, Any] | None = None, *, purpose: str = "research"
) -> list[Corrected]:
    """Return the scans that match, have corrections, and may be read for a purpose.

    Raises
    ------
    AccessError
        There are some, and none may be read.
    """
    sql = """SELECT DISTINCT a.scan FROM derivations d JOIN assets a ON a.id = d.asset
    WHERE d.tool = :correction AND a.role = 'landmarks'"""
    marked = {each["scan"] for each in database.catalogue.rows(sql, correction=CORRECTION)}
    chosen = Where.of(where)
    chosen = replace(chosen, has=chosen.has or "landmarks")
    found = {each["id"]: each for each in find_all(database, chosen) if each["id"] in marked} if marked else {}
    allowed, refused = database.guard.choose("read", list(found), purpose, corrections=True) if found else ([], {})
    if found and not allowed:
        why = ", ".join(f"{many} {code}" for code, many in sorted(refused.items()))
        raise AccessError(f"none of {len(found)} corrected scans may be read for {purpose}: {why}")
    return [
        Corrected(name, found[name]["subject"], frame) for name in sorted(allowed) for frame in _frames(database, name)
    ]


def corrections_of(scan: StoredScan, database: Database, frame: int | None = None) -> dict[str, Landmarks]:
    """Return the newest correction of each set of landmarks."""
    return {
        set_name: read_landmarks(scan.bytes(asset))
        for (role, set_name), asset in newest(database, scan.id, frame=frame).items()
        if role == "landmarks" and _is_correction(asset)
    }


def _is_correction(asset: StoredAsset) -> bool:
    return bool(asset.meta.get("correction"))


def _frames(database: Database, scan: str) -> list[int | None]:
    frames = {each.meta.get("frame") for each in assets_of(database, scan) if _is_correction(each)}
    return sorted(frames, key=lambda frame: -1 if frame is None else frame)


def _check_on(landmarks: Landmarks, scan: Scan, what: str) -> None:
    """Refuse landmarks of another scan or in another unit or frame; not those of a frame in which a head is alike."""
    marks = landmarks.xyz[np.isfinite(landmarks.xyz).all(axis=1)]
    points = scan.points[np.isfinite(scan.points).all(axis=1)]
    if not len(marks):
        raise InputError(f"{what}: it has no point of {landmarks.set_name}")
    spread = float(np.linalg.norm(np.ptp(marks, axis=0))) or float(np.linalg.norm(np.ptp(points, axis=0)))
    away = float(np.median(cKDTree(points).query(marks)[0]))
    if away > APART * spread:
        raise InputError(
            f"{what}: half of its points are more than {away:.4g} away from the scan, in its unit; check unit and frame"
        )
