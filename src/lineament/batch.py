"""Work over many scans: one after another in this process, or in processes of their own.

What goes wrong with one scan is told in its outcome and never stops the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from lineament.detect.planning import Job
from lineament.errors import LineamentError
from lineament.io.depth import SUFFIXES as DEPTH_SUFFIXES
from lineament.io.scans import read_scan
from lineament.pool import Lost, run_isolated
from lineament.types import Scan

Result = TypeVar("Result")
Failed = Callable[[Path, str], Result]
"""Makes an outcome of a scan and of what went wrong with it, in a sentence."""
Intrinsics = tuple[float, float, float, float]


class Outcome(Protocol):
    """What became of one scan; `failure` says in a sentence why nothing did."""

    @property
    def scan(self) -> Path: ...
    @property
    def failure(self) -> str | None: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


def attempt(scan: Path, failed: Failed[Result], work: Callable[[], Result]) -> Result:
    """Return what `work` returns; never raise but for Ctrl-C: what fails becomes an outcome."""
    try:
        return work()
    except LineamentError as error:
        text = str(error)
        return failed(scan, text if str(scan) in text else f"{scan}: {text}")
    except MemoryError:
        return failed(scan, f"{scan}: out of memory; the scan is too large for this machine")
    except Exception as error:
        return failed(scan, f"{scan}: internal error, please report it: {type(error).__name__}: {error}")


def work_through(
    jobs: Sequence[Job], start: Callable[[int], Callable[[Job], Result]], failed: Failed[Result], workers: int
) -> Iterator[Result]:
    """Work on scans; a single one is worked on in this process, with all cores.

    Parameters
    ----------
    jobs : sequence of Job
    start : callable
        Called once in each process with the number of threads it may take, 0 for all cores; returns what turns a job
        into an outcome and never raises. Must be picklable, as outcomes must be.
    failed : callable
    workers : int
        Scans that are worked on at the same time.

    Yields
    ------
    Outcome
        In the order in which they are done.

    Raises
    ------
    LineamentError
        `start` raised it.
    """
    if len(jobs) == 1:
        yield start(0)(jobs[0])
        return
    for index, result in run_isolated(partial(start, 1), jobs, workers):
        if isinstance(result, Lost):
            yield failed(jobs[index].scan, f"{jobs[index].scan}: {result.reason}")
        else:
            yield result


def read_any(path: Path, intrinsics: Intrinsics | None) -> Scan:
    """Read a scan or a depth image; the camera, fx, fy, cx, cy in pixels, is for depth images alone."""
    depth = path.suffix.lower().removeprefix(".") in DEPTH_SUFFIXES
    return read_scan(path, intrinsics=intrinsics if depth else None)


def all_newer(source: Path, results: Iterable[Path]) -> bool:
    """Return whether all results are there and none is older than its source. Files appear whole or not at all."""
    try:
        changed = source.stat().st_mtime_ns
        found = [path.stat() for path in results]
    except OSError:
        return False
    return all(stat.st_mtime_ns >= changed and stat.st_size > 0 for stat in found)
