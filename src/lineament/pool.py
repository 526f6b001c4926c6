"""Worker processes that may die: what kills one of them costs one item, and the rest goes on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from lineament.errors import LineamentError

Item = TypeVar("Item")
Result = TypeVar("Result")

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Lost:
    """In place of a result: the worker process ended while it had the item."""

    reason: str


@dataclass
class _Worker(Generic[Item]):
    process: BaseProcess
    line: Connection
    index: int | None = None
    """Of the item that it works on; None until it is ready."""


def run_isolated(
    start: Callable[[], Callable[[Item], Result]], items: Iterable[Item], workers: int
) -> Iterator[tuple[int, Result | Lost]]:
    """Work on items in processes of one thread each.

    Parameters
    ----------
    start : callable
        Called once in each process; returns the function that turns an item into a result. Must be picklable,
        as items and results must be.
    items : iterable
        Each is taken when a process is ready for it.
    workers : int
        Processes, 1 or more.

    Yields
    ------
    index : int
        Of the item; in the order in which they are done.
    result : Result or Lost

    Raises
    ------
    LineamentError
        `start` raised it, or a process ended in `start`.
    """
    todo = enumerate(items)
    running: dict[Connection, _Worker[Item]] = {}
    try:
        for _ in range(min(workers, len(items)) if isinstance(items, Sized) else workers):
            worker: _Worker[Item] = _begin(start)
            running[worker.line] = worker
        while running:
            for line in wait(list(running)):
                assert isinstance(line, Connection)
                worker = running[line]
                try:
                    message = line.recv()
                except (EOFError, OSError):
                    del running[line]
                    reason = _end(worker)
                    if worker.index is None:
                        raise LineamentError(f"a worker process ended before its first item: {reason}") from None
                    yield worker.index, Lost(reason)
                    worker = _begin(start)
                    running[worker.line] = worker
                    continue
                if worker.index is not None:
                    yield worker.index, message
                elif message is not None:
                    raise message
                following = next(todo, None)
                if following is None:
                    del running[line]
                    _end(worker)
                else:
                    worker.index = following[0]
                    # A worker that died since is noticed at the next recv.
                    with suppress(OSError):
                        line.send(following[1])
    finally:
        for worker in running.values():
            worker.process.terminate()
            _end(worker)


def _begin(start: Callable[[], Any]) -> _Worker[Any]:
    # Spawned, not forked: a copy of a process with threads in it may hang.
    context = multiprocessing.get_context("spawn")
    line, far = context.Pipe()
    process = context.Process(target=_serve, args=(far,), daemon=True)
    process.start()
    far.close()
    with suppress(OSError):
        line.send(start)
    return _Worker(process, line)


def _end(worker: _Worker[Any]) -> str:
    """Wait for a worker's end; return how it came."""
    worker.line.close()
    worker.process.join()
    code = worker.process.exitcode or 0
    if code == -getattr(signal, "SIGKILL", 9):
        return "its process was killed, perhaps for lack of memory"
    return f"its process ended with {f'signal {-code}' if code < 0 else f'status {code}'}"


def _serve(line: Connection) -> None:
    """The life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends the workers
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that half written files are removed
    # Before numpy is imported, which is when `start` arrives.
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    with suppress(EOFError, OSError):
        start = line.recv()
        try:
            work = start()
        except LineamentError as error:
            line.send(error)
            return
        line.send(None)
        while True:
            line.send(work(line.recv()))
