"""Scans of the database in the workspace: in memory alone, and there only as long as they may be read."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from lineament.database.access import Request, authorize
from lineament.database.database import Database
from lineament.database.derive import newest, provenance
from lineament.database.kinds import read_landmarks
from lineament.database.reading import StoredScan, open_scan
from lineament.database.review import annotate
from lineament.studio.database.pictures import reading_of
from lineament.studio.database.pool import Pool
from lineament.studio.errors import QuotaError
from lineament.studio.jobs import Job
from lineament.studio.marks import Change, Marks
from lineament.studio.opening import start_opening
from lineament.studio.sign_in_session import Session
from lineament.studio.state import Studio
from lineament.types import Landmarks, Scan

CLOSED = 1000
"""Scans that were closed, of which is still known that they were."""


@dataclass(frozen=True, eq=False)
class Held:
    """A scan that was read.

    Attributes
    ----------
    request : Request
        By which it was, and by which it is asked about again.
    scan : Scan
    name : str
    marks : dict of str to Marks
        What a person has set before, by set.
    """

    request: Request
    scan: Scan
    name: str
    marks: dict[str, Marks]


@dataclass(eq=False)
class Opened:
    """Which scans of the database are open in which session, and what must be allowed for that."""

    _found: dict[tuple[str, str], Request] = field(default_factory=dict)
    _closed: deque[str] = field(default_factory=lambda: deque(maxlen=CLOSED))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, session: str, item: str, request: Request) -> None:
        """Note an open scan."""
        with self._lock:
            self._found[session, item] = request

    def all(self) -> dict[tuple[str, str], Request]:
        """Return what must be allowed, by session and item of the workspace."""
        with self._lock:
            return dict(self._found)

    def close(self, session: str, item: str) -> None:
        """Note that an open scan may no longer be read."""
        self.forget(session, item)
        with self._lock:
            self._closed.append(item)

    def closed(self) -> list[str]:
        """Return the scans of late that may no longer be read: a job may still have been at work on one."""
        with self._lock:
            return list(self._closed)

    def forget(self, session: str, item: str | None = None) -> None:
        """Forget a session, or one scan of it."""
        with self._lock:
            for key in [key for key in self._found if key[0] == session and item in (None, key[1])]:
                del self._found[key]


def read_stored(database: Database, scan: str, purpose: str) -> Held:
    """Read a scan for a purpose, or, one that is not accepted, to decide about it; its bytes are never in a file.

    Raises
    ------
    AccessError
    InputError
        It has no geometry.
    StoreError
    """
    action = reading_of(database, scan)
    opened = open_scan(database, scan, purpose=purpose if action == "read" else "", action=action)
    name = " ".join(filter(None, (scan, opened.info["expression"])))
    request = Request(database.guard.actor, action, scan, purpose if action == "read" else "")
    return Held(request, _with_unit(opened), name, _corrections(database, opened))


def start_stored(studio: Studio, pool: Pool, opened: Opened, session: Session, held: Held) -> Job:
    """Put a scan that was read into the session's workspace; a job finds its landmarks.

    Raises
    ------
    QuotaError
        The session holds too much.
    """
    request = held.request

    def keep(landmarks: Landmarks, note: str) -> str:
        return pool.do(session, lambda database: save_landmarks(database, request, landmarks, note))

    item = studio.workspace.create(session.id, held.name, "database", database_scan=request.object, keep=keep)
    item.take(held.scan)
    item.marks.update(held.marks)
    opened.add(session.id, item.id, request)
    try:
        studio.workspace.check_room(session.id)
        return start_opening(studio, item)
    except QuotaError:
        studio.close_scan(session.id, item.id)
        opened.forget(session.id, item.id)
        raise


def save_landmarks(database: Database, request: Request, landmarks: Landmarks, note: str) -> str:
    """Keep corrected landmarks in the database, beside what was found; return where they are.

    Raises
    ------
    AccessError
    """
    annotate(database, request.object, landmarks, note, purpose=request.purpose)
    return f"the database, with {request.object}"


def refused(database: Database, requests: Iterable[Request]) -> list[str]:
    """Return of each open scan why it may no longer be read, empty where it may."""
    decisions = [authorize(database.catalogue, request) for request in requests]
    return ["" if each.allowed else each.code for each in decisions]


def tell_closed(database: Database, closed: Iterable[tuple[Request, str]]) -> None:
    """Have the log tell of scans that were closed, and why."""
    for request, reason in closed:
        database.log.append(
            request.actor,
            request.action,
            request.object,
            purpose=request.purpose,
            allowed=False,
            reason=reason,
            closed=True,
        )


def _with_unit(opened: StoredScan) -> Scan:
    scan = opened.read()
    return replace(scan, unit=opened.info["unit"] or scan.unit)


def _corrections(database: Database, opened: StoredScan) -> dict[str, Marks]:
    """Return what people have set, and who did last, where they have."""
    found = newest(database, opened.id, corrections=False)
    marks: dict[str, Marks] = {}
    for key, asset in newest(database, opened.id).items():
        if key[0] != "landmarks" or asset == found.get(key):
            continue
        set_by_hand = read_landmarks(opened.bytes(asset))
        predicted = read_landmarks(opened.bytes(found[key])) if key in found else None
        made = provenance(database, asset.id).made
        names = {each["id"]: each["name"] for each in database.catalogue.rows("SELECT id, name FROM actors")}
        by, at = names.get(made["made_by"], made["made_by"]), str(made["made_at"])
        changed = {
            name: None if np.isnan(xyz).any() else xyz
            for row, (name, xyz) in enumerate(zip(set_by_hand.names, set_by_hand.xyz, strict=True))
            if predicted is None or not np.array_equal(xyz, predicted.xyz[row], equal_nan=True)
        }
        history = tuple(Change(name, xyz, by, at) for name, xyz in changed.items())
        marks[key[1]] = Marks(predicted or set_by_hand, changed, history)
    return marks
