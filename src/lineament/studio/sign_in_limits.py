"""How often somebody may try to sign in: guessing gets slower with each failure, whoever guesses whatever."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lineament.errors import AccessError

FREE = {"both": 5, "address": 20, "name": 50}
"""Failures without a wait: of a name from one address, of all names from one address, of a name from anywhere; the last
is high, so that nobody is easily kept out by somebody else."""
LONGEST = 900.0
"""Seconds that a wait grows to."""
FORGOTTEN = 3600.0
"""Seconds after the last failure."""
KEPT = 20_000
"""Names and addresses that are remembered."""


class TooManyError(AccessError):
    """There were too many failures; `seconds` tells how long to wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, int(seconds + 0.999))
        super().__init__(f"too many attempts; try again in {self.seconds} s")


@dataclass
class _Failures:
    count: int = 0
    last: float = 0.0


@dataclass
class Limits:
    """Failures of late, in memory: a studio that starts anew forgets them.

    Attributes
    ----------
    clock : callable
        Seconds that never go back.
    """

    clock: Callable[[], float] = time.monotonic
    _found: OrderedDict[tuple[str, str], _Failures] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def attempt(self, name: str, address: str) -> Iterator[None]:
        """Let an attempt be made, unless there were too many; it failed when the block raises `AccessError`.

        It counts from its beginning, so that many at once are not let through before the first one has failed.

        Raises
        ------
        TooManyError
        """
        where = _network(address)
        who = name.casefold()[:200]
        keys = [("both", f"{who} {where}"), ("address", where), ("name", who)]
        with self._lock:
            now = self.clock()
            wait = max(self._wait(key, now) for key in keys)
            if wait > 0:
                raise TooManyError(wait)
            for key in keys:
                self._count(key, now)
        try:
            yield
        except AccessError:
            raise
        except BaseException:
            self._take_back(keys)
            raise
        self._take_back(keys)
        with self._lock:
            self._found.pop(keys[0], None)

    def _wait(self, key: tuple[str, str], now: float) -> float:
        known = self._found.get(key)
        if known is None or now - known.last > FORGOTTEN:
            return 0.0
        over = known.count - FREE[key[0]]
        return 0.0 if over < 0 else known.last + min(LONGEST, 2.0 ** min(over, 20)) - now

    def _count(self, key: tuple[str, str], now: float) -> None:
        known = self._found.setdefault(key, _Failures())
        known.count = 1 if now - known.last > FORGOTTEN else known.count + 1
        known.last = now
        self._found.move_to_end(key)
        while len(self._found) > KEPT:
            self._found.popitem(last=False)

    def _take_back(self, keys: list[tuple[str, str]]) -> None:
        with self._lock:
            for key in keys:
                if (known := self._found.get(key)) is not None:
                    known.count = max(0, known.count - 1)


def _network(address: str) -> str:
    """Return an address; of IPv6 the network, whose 2^64 addresses one machine has."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    return str(known) if known.version == 4 else str(ipaddress.ip_network(f"{known}/64", strict=False))
