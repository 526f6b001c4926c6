"""Work that is done beside other work, where there is a second core for it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

T = TypeVar("T")


class Beside:
    """Starts work in a thread of its own; with one thread it waits until its result is asked for.

    Parameters
    ----------
    threads : int
        1 for no second thread.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(1, "lineament") if threads != 1 else None

    def __call__(self, work: Callable[[], T]) -> Callable[[], T]:
        """Start `work`; what is returned waits for its result, or raises what it raised."""
        if self._pool is not None:
            return self._pool.submit(work).result
        return cache(work)
