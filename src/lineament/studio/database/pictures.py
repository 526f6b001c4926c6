"""Thumbnails: of a whole page decided about and logged at once, each asked for again when it is handed out."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lineament.database.access import Request, authorize
from lineament.database.catalogue import row
from lineament.database.database import Database
from lineament.database.derive import newest
from lineament.database.reading import StoredScan, assets_of, open_scan
from lineament.studio.errors import UnknownError

VALID = 300.0
"""Seconds in which a page's thumbnails are fetched by its entry in the log."""
MOST = 2000
"""Of a session."""


@dataclass(eq=False)
class Pictures:
    """Of which scans thumbnails were decided about, for whom and what, and when."""

    clock: Callable[[], float] = time.monotonic
    _chosen: dict[str, OrderedDict[tuple[str, str], float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def choose(self, database: Database, session: str, scans: Sequence[str], purpose: str) -> None:
        """Decide about the thumbnails of scans, in one entry of the log, before the first of them is handed out."""
        if not scans:
            return
        allowed, _ = database.guard.choose("read", scans, purpose, pictures=True)
        with self._lock:
            own = self._chosen.setdefault(session, OrderedDict())
            for scan in allowed:
                own[scan, purpose] = self.clock()
                own.move_to_end((scan, purpose))
            while len(own) > MOST:
                own.popitem(last=False)

    def were_chosen(self, session: str, scan: str, purpose: str) -> bool:
        """Return whether an entry of the log tells of a thumbnail."""
        with self._lock:
            own = self._chosen.get(session)
            at = None if own is None else own.get((scan, purpose))
        return at is not None and self.clock() - at < VALID

    def forget(self, session: str) -> None:
        """Forget a session."""
        with self._lock:
            self._chosen.pop(session, None)


def thumbnail(database: Database, scan: str, purpose: str, chosen: bool) -> bytes:
    """Return the thumbnail of a scan, PNG.

    Parameters
    ----------
    database : Database
    scan : str
    purpose : str
        Of one in quarantine it is none: it is looked at to decide.
    chosen : bool
        Whether an entry of the log tells of it already.

    Raises
    ------
    AccessError
    UnknownError
        There is none.
    """
    request = Request(database.guard.actor, "read", scan, purpose)
    if chosen and authorize(database.catalogue, request).allowed:
        opened = StoredScan({"id": scan}, assets_of(database, scan), database, request)
    else:
        action = reading_of(database, scan)
        opened = open_scan(database, scan, purpose=purpose if action == "read" else "", action=action)
    asset = newest(database, scan).get(("thumbnail", ""))
    if asset is None:
        raise UnknownError(f"{scan} has no thumbnail; make them with: lineament db run thumbnail")
    return opened.bytes(asset)


def reading_of(database: Database, scan: str) -> str:
    """Return by which action a scan is read: one that is not accepted by those who review."""
    found = row(database.catalogue, "SELECT state FROM scans WHERE id = :scan", scan=scan)
    return "read" if found is None or found["state"] == "accepted" else "review"
