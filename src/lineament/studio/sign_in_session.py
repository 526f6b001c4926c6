"""Sessions: who a browser is, how long, and the secrets by which it is known."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts.

    Attributes
    ----------
    idle : float, seconds
        Without a request.
    whole : float, seconds
        With all of them.
    """

    idle: float
    whole: float


BY_PASSWORD = Lifetime(idle=3600.0, whole=12 * 3600.0)
"""A shift at the scanner."""
BY_TOKEN = Lifetime(idle=12 * 3600.0, whole=7 * 24 * 3600.0)
"""On one's own machine."""
MOST = 1000
"""Sessions at the same time; who has not been seen for longest ends for a new one."""


@dataclass(frozen=True)
class Session:
    """One browser that is signed in.

    Attributes
    ----------
    id : str
        Under which things belong to it; no secret.
    actor : str
        Name in the database; empty in a studio without one.
    database : Path or None
    actor_id : str
        The actor's random name.
    password_from : str or None
        When the password was set by which they signed in; None where the token lets in.
    """

    id: str
    actor: str
    database: Path | None
    actor_id: str = ""
    password_from: str | None = None


@dataclass
class _Entry:
    session: Session
    csrf: str
    lifetime: Lifetime
    began: float
    seen: float
    checked: float


@dataclass(eq=False)
class SessionTable:
    """All sessions. The secrets in cookies are kept as hashes alone.

    Attributes
    ----------
    clock : callable
        Seconds that never go back.
    """

    clock: Callable[[], float] = time.monotonic
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _endings: list[Callable[[Session], None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on_end(self, ending: Callable[[Session], None]) -> None:
        """Have something done whenever a session has ended: what it held is destroyed."""
        self._endings.append(ending)

    def begin(self, session: Session, lifetime: Lifetime) -> str:
        """Start a session; return the secret for its cookie."""
        self.sweep()
        secret, now = secrets.token_urlsafe(32), self.clock()
        with self._lock:
            over = sorted(self._entries, key=lambda each: self._entries[each].seen)[: len(self._entries) + 1 - MOST]
            self._entries[_digest(secret)] = _Entry(session, secrets.token_urlsafe(32), lifetime, now, now, now)
        self._end(over)
        return secret

    def of(self, secret: str) -> tuple[Session, str] | None:
        """Return the session of a cookie's secret and its CSRF token, and note that it was seen; None without one."""
        if not secret:
            return None
        key = _digest(secret)
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and not self._over(entry):
                entry.seen = self.clock()
                return entry.session, entry.csrf
        if entry is not None:
            self._end([key])
        return None

    def found(self, session: Session) -> tuple[Session, str] | None:
        """Return a session as it is now, and its CSRF token; None when it has ended."""
        with self._lock:
            return next(
                ((each.session, each.csrf) for each in self._entries.values() if each.session.id == session.id), None
            )

    def put(self, session: Session) -> None:
        """Put a session in the place of that with the same id."""
        with self._lock:
            for each in self._entries.values():
                if each.session.id == session.id:
                    each.session = session

    def alive(self, session: Session) -> bool:
        """Return whether a session goes on; a stream that lasts asks from time to time."""
        with self._lock:
            return any(each.session.id == session.id and not self._over(each) for each in self._entries.values())

    def to_check(self, secret: str, every: float) -> bool:
        """Return whether it is time to ask the database again whether the actor may act; then noted as asked."""
        with self._lock:
            entry, now = self._entries.get(_digest(secret)), self.clock()
            if entry is None or now - entry.checked < every:
                return False
            entry.checked = now
            return True

    def all(self) -> list[Session]:
        """Return the sessions that go on."""
        with self._lock:
            return [each.session for each in self._entries.values() if not self._over(each)]

    def end(self, session: Session) -> None:
        """End a session."""
        with self._lock:
            gone = [key for key, each in self._entries.items() if each.session.id == session.id]
        self._end(gone)

    def sweep(self) -> None:
        """End the sessions whose time is over."""
        with self._lock:
            gone = [key for key, each in self._entries.items() if self._over(each)]
        self._end(gone)

    def _over(self, entry: _Entry) -> bool:
        now = self.clock()
        return now - entry.seen > entry.lifetime.idle or now - entry.began > entry.lifetime.whole

    def _end(self, keys: list[str]) -> None:
        with self._lock:
            ended = [self._entries.pop(key).session for key in keys if key in self._entries]
        for session in ended:
            for ending in self._endings:
                ending(session)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
