"""What people decide: which scans in quarantine are taken, and where landmarks really lie.

A prediction that was corrected stays; whoever asks for landmarks gets the correction. Reasons and notes name nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lineament.database import jobs
from lineament.database.catalogue import Row
from lineament.database.derive import CORRECTION, Derivation, newest, store_derived
from lineament.database.find import PAGE, find, find_all
from lineament.database.kinds import KINDS, landmarks_product, made_of, read_landmarks
from lineament.database.reading import open_scan
from lineament.errors import AccessError, InputError
from lineament.face.model import load_face_model
from lineament.types import Landmarks

if TYPE_CHECKING:
    from lineament.database.database import Database


@dataclass(frozen=True)
class Doubtful:
    """A scan in quarantine.

    Attributes
    ----------
    info : mapping
        As `find` gives it.
    findings : tuple of mapping
        `kind`, `severity`, `value`, `limit_value`, `said`; refusals first.
    """

    info: Row
    findings: tuple[Row, ...]


def queue(database: Database, where: Mapping[str, Any] | None = None) -> Iterator[Doubtful]:
    """Yield the scans in quarantine that the actor may review, and that match.

    Raises
    ------
    InputError
        A filter is unknown.
    """
    for found in find_all(database, {**(where or {}), "state": "quarantined"}):
        yield _doubtful(database, found)


def queue_page(
    database: Database, where: Mapping[str, Any] | None = None, *, after: str = "", limit: int = PAGE
) -> list[Doubtful]:
    """Return a page of the queue, as `find` does."""
    found = find(database, {**(where or {}), "state": "quarantined"}, after=after, limit=limit)
    return [_doubtful(database, each) for each in found]


def _doubtful(database: Database, found: Row) -> Doubtful:
    order = "CASE severity WHEN 'refuse' THEN 0 WHEN 'warn' THEN 1 ELSE 2 END, kind"
    sql = f"SELECT kind, severity, value, limit_value, said FROM findings WHERE scan = :scan ORDER BY {order}"
    return Doubtful(found, tuple(database.catalogue.rows(sql, scan=found["id"])))


def accept(database: Database, scan: str, reason: str) -> None:
    """Take a scan, whatever was found; the findings are kept.

    Raises
    ------
    AccessError
    InputError
        No reason is given.
    """
    _decide(database, scan, "accepted", reason)


def reject(database: Database, scan: str, reason: str) -> None:
    """Take a scan out for good: nobody finds it any more. It stays encrypted until the person withdraws.

    Raises
    ------
    AccessError
    InputError
        No reason is given.
    """
    _decide(database, scan, "rejected", reason)


def annotate(
    database: Database,
    scan: str,
    landmarks: Landmarks,
    note: str = "",
    *,
    purpose: str = "research",
    frame: int | None = None,
) -> str:
    """Store landmarks that a person has set, in place of those that were found; return the new asset.

    What was made of the old ones is made again by the next `run`.

    Parameters
    ----------
    database : Database
    scan : str
    landmarks : Landmarks
        All points of a set in its order, in the frame and unit of the scan; missing ones are NaN. Where no unit is
        given, it is that of what was found.
    note : str
        Stored encrypted, beside the points.
    purpose : str
    frame : int, optional
        Of a 4D sequence.

    Raises
    ------
    AccessError
    InputError
        The points are not those of a set; or a sequence is given without a frame, or has no such frame.
    """
    opened = open_scan(database, scan, purpose=purpose, action="annotate")
    sets = load_face_model().landmark_sets
    same = [name for name, known in sets.items() if known.names == landmarks.names]
    if not same or landmarks.set_name not in ("", *same):
        raise InputError(f"the landmarks are not those of a set, in its order; sets are {', '.join(sets)}")
    landmarks = replace(landmarks, set_name=same[0])
    if (frame is None) == (opened.info["modality"] == "sequence"):
        what = "it is a sequence; say which" if frame is None else "it is no sequence; it has no"
        raise InputError(f"{scan} cannot be corrected so: {what} frame")
    if frame is not None:
        opened.shape(frame)
    parent = newest(database, scan, corrections=False, frame=frame).get(("landmarks", same[0]))
    if landmarks.mm_per_unit is None:
        found = None if parent is None else read_landmarks(opened.bytes(parent))
        unit, size = (opened.info["unit"], None) if found is None else (found.unit, found.mm_per_unit)
        landmarks = replace(landmarks, unit=unit, mm_per_unit=size)
    shapes = [each.id for each in opened.shapes if frame in (None, each.place)]
    parents = shapes if parent is None else [parent.id]
    product = landmarks_product(landmarks, correction=True)
    data = json.dumps({**json.loads(product.data), "note": note}, ensure_ascii=False, indent=1).encode()
    derivation = Derivation(scan, (replace(product, data=data),), tuple(parents), CORRECTION, frame=frame)

    def confirm(derivation: Derivation) -> str:
        jobs.outdate(database, scan, made_of(KINDS, "landmarks"), frame)
        return ""

    (stored,) = store_derived(database, [derivation], action="annotate", purpose=purpose, confirm=confirm)
    if isinstance(stored, str):
        raise AccessError(f"annotate of {scan} is not allowed: {stored}")
    return stored[0]


def newest_landmarks(
    database: Database, scan: str, set_name: str = "ibug68", *, purpose: str = "research", frame: int | None = None
) -> Landmarks:
    """Return the landmarks of a scan: what a person has set, otherwise what was found last.

    Raises
    ------
    AccessError
    InputError
        There are none of this set.
    """
    opened = open_scan(database, scan, purpose=purpose)
    asset = newest(database, scan, frame=frame).get(("landmarks", set_name))
    if asset is None:
        raise InputError(f"{scan} has no landmarks of the set {set_name!r}; run: lineament db run landmarks")
    return read_landmarks(opened.bytes(asset))


def _decide(database: Database, scan: str, state: str, reason: str) -> None:
    if not reason.strip():
        raise InputError(f"{scan} is {state} for a reason; give it")
    database.guard.demand("review", scan, state=state)
    database.catalogue.run(
        "UPDATE scans SET state = :state, state_reason = :reason WHERE id = :scan",
        state=state,
        reason=reason,
        scan=scan,
    )
