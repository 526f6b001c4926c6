"""Results of several scans, such as comparisons, each of the session that asked for it."""

from __future__ import annotations

import secrets
import threading
from typing import Generic, TypeVar

from lineament.studio.errors import UnknownError
from lineament.studio.workspace import size_of

T = TypeVar("T")
MOST = 100
"""Results of one session that are kept; the oldest go first."""


class Kept(Generic[T]):
    """Results by id, each with its owner and the scans it was made of."""

    def __init__(self, what: str, most: int = MOST) -> None:
        self._what = what
        self._most = most
        self._found: dict[str, tuple[str, frozenset[str], T]] = {}
        self._lock = threading.Lock()

    def add(self, owner: str, scans: frozenset[str], result: T) -> str:
        """Keep a result; return its id."""
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._found[key] = (owner, scans, result)
            own = [each for each, (whose, _, _) in self._found.items() if whose == owner]
            for each in own[: -self._most]:
                del self._found[each]
        return key

    def of(self, owner: str) -> dict[str, T]:
        """Return the results of a session, the oldest first."""
        with self._lock:
            return {key: result for key, (whose, _, result) in self._found.items() if whose == owner}

    def get(self, owner: str, key: str) -> T:
        """Return one result.

        Raises
        ------
        UnknownError
            There is none, or it is another session's.
        """
        with self._lock:
            found = self._found.get(key)
        if found is None or found[0] != owner:
            raise UnknownError(f"there is no {self._what} {key!r}")
        return found[2]

    def held(self, owner: str) -> int:
        """Return how many bytes the results of a session take."""
        return sum(map(size_of, self.of(owner).values()))

    def owners(self) -> set[str]:
        """Return the sessions that have results."""
        with self._lock:
            return {whose for whose, _, _ in self._found.values()}

    def forget_scan(self, scan: str) -> None:
        """Drop what was made of a scan."""
        with self._lock:
            self._found = {key: found for key, found in self._found.items() if scan not in found[1]}

    def end_session(self, owner: str) -> None:
        """Drop what is a session's."""
        with self._lock:
            self._found = {key: found for key, found in self._found.items() if found[0] != owner}
