"""Makes landmarks, fits and the like of every scan that has none yet: over again after a crash, beside other programs.

Decrypted bytes go to worker processes in memory and never to a file. What they make comes back in the same way, and is
encrypted, written and noted here, with the end of its job in the same transaction: so a scan has a result and a job
that is done, or neither.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineament.batch import attempt
from lineament.database import jobs
from lineament.database.access import Request
from lineament.database.catalogue import Row
from lineament.database.derive import Derivation, newest, store_derived
from lineament.database.find import Where, count, find
from lineament.database.jobs import MOST_ATTEMPTS, Wanted
from lineament.database.kinds import KINDS, Kind, Made, Task, in_order, made_of, version_of, weights_sha256
from lineament.database.reading import PAGE, StoredScan, assets_of
from lineament.database.when import new_name
from lineament.detect.detector import Detector
from lineament.errors import AccessError, LineamentError
from lineament.pool import run_isolated

if TYPE_CHECKING:
    from lineament.database.database import Database

BATCH = 16
"""Scans whose results are written in one transaction,"""
SOON = 1.0
"""unless seconds pass."""
POLL = 1.0
"""Seconds between looks at jobs that other programs hold."""


@dataclass(frozen=True)
class Outcome:
    """What became of one scan.

    Attributes
    ----------
    scan, kind : str
    state : str
        `done`, `failed`, `waiting` (it is tried again) or `cancelled` (it may not be worked on any more, or another
        program has taken it over).
    said : str
        Why it is not done.
    assets : tuple of str
        What was made.
    frame : int or None
        Of a sequence.
    """

    scan: str
    kind: str
    state: str
    said: str = ""
    assets: tuple[str, ...] = ()
    frame: int | None = None


@dataclass(frozen=True)
class Failure:
    """In place of a result: what went wrong with the scan, in a sentence."""

    scan: Path
    said: str


@dataclass(frozen=True)
class _Taken:
    """A job that is in work, and what it is made of."""

    job: str
    scan: str
    frame: int | None
    attempts: int
    parents: tuple[str, ...] = ()


def run(
    database: Database,
    kind: str,
    where: Where | Mapping[str, Any] | None = None,
    *,
    purpose: str = "research",
    workers: int | None = None,
    again: bool = False,
) -> Iterator[Outcome]:
    """Make what is wanted of each scan that matches, may be worked on, and lacks it; first what it needs.

    Returns when no such scan is left, also none that another program works on.

    Parameters
    ----------
    database : Database
    kind : str
        A name in `lineament.database.kinds.KINDS`.
    where : Where or mapping, optional
    purpose : str
        That the people must have agreed to.
    workers : int, optional
        Processes; all cores without it. A script that asks for them begins with `if __name__ == "__main__":`. 0 works
        in this process, where a scan that ends it ends all.
    again : bool
        Also try again what failed.

    Yields
    ------
    Outcome
        Once it is durable.

    Raises
    ------
    AccessError
        Scans match, and none may be worked on.
    InputError
        There is no such kind.
    ModelError
        A network is missing or damaged.
    StoreError
        The disk or the log fails; what was yielded before is durable.
    """
    wanted = [wish(name, where, purpose) for name in in_order(KINDS, kind)]
    for each in wanted:
        jobs.enqueue(database, each, again=again)
    if not jobs.some(database, wanted[-1], *jobs.STATES):
        _explain(database, wanted[-1])
    for each in wanted:
        yield from _run(database, each, _cores() if workers is None else workers)


def wish(kind: str, where: Where | Mapping[str, Any] | None = None, purpose: str = "research") -> Wanted:
    """Return what `run` wants, for `lineament.database.jobs.count`."""
    in_order(KINDS, kind)
    known = KINDS[kind]
    return Wanted(kind, version_of(KINDS, kind), known.action, purpose, Where.of(where), known.each_frame)


def _explain(database: Database, wanted: Wanted) -> None:
    """Raise `AccessError` when scans match."""
    matched = count(database, wanted.where)
    if matched:
        names = [found["id"] for found in find(database, wanted.where, limit=PAGE)]
        allowed, refused = database.guard.choose(wanted.action, names, wanted.purpose)
        if not allowed:
            why = ", ".join(f"{many} {code}" for code, many in sorted(refused.items()))
            raise AccessError(f"none of {matched} scans may be worked on for {wanted.purpose}: {why}")


def _run(database: Database, wanted: Wanted, workers: int) -> Iterator[Outcome]:
    worker = new_name("run")
    with jobs.holding(database, worker):
        while True:
            if found := jobs.free(database, wanted, max(workers, 1)):
                yield from _Run(database, wanted, worker).outcomes(min(workers, len(found)))
            elif jobs.some(database, wanted, "running"):
                time.sleep(POLL)  # others work on them, or their leases have not ended yet
            else:
                return


class _Run:
    """One worker's way through the jobs that are free."""

    def __init__(self, database: Database, wanted: Wanted, worker: str) -> None:
        self._database = database
        self._wanted = wanted
        self._worker = worker
        self._kind = KINDS[wanted.kind]
        self._taken: list[_Taken] = []
        self._early: list[Outcome] = []
        self._ready: list[tuple[_Taken, Made]] = []
        self._written = time.monotonic()

    def outcomes(self, workers: int) -> Iterator[Outcome]:
        start = partial(_start, self._kind)
        for index, result in run_isolated(start, self._tasks(), workers) if workers else self._here(start):
            taken = self._taken[index]
            if isinstance(result, Made):
                self._ready.append((taken, result))
            elif isinstance(result, Failure):
                self._early.append(self._ended(taken, "failed", result.said))
            else:
                state = "waiting" if taken.attempts < MOST_ATTEMPTS else "failed"
                self._early.append(self._ended(taken, state, result.reason))
            if len(self._ready) >= BATCH or time.monotonic() - self._written > SOON:
                yield from self._write()
            yield from self._told()
        yield from self._write()
        yield from self._told()

    def _told(self) -> Iterator[Outcome]:
        early, self._early = self._early, []
        yield from early

    def _here(self, start: Callable[[], Callable[[Task], Made | Failure]]) -> Iterator[tuple[int, Made | Failure]]:
        work = start()
        for index, task in enumerate(self._tasks()):
            yield index, work(task)

    def _tasks(self) -> Iterator[Task]:
        """Claim jobs one after another, as workers are ready for them; decided and logged a page at a time."""
        database, wanted = self._database, self._wanted
        while page := jobs.free(database, wanted, PAGE):
            names = [found["id"] for found in page]
            allowed, _ = database.guard.choose(wanted.action, names, wanted.purpose, make=wanted.kind)
            for found in page:
                if found["id"] not in allowed or not jobs.claim(database, found["job"], self._worker):
                    continue
                frame = found["frame"] if found["modality"] == "sequence" else None
                taken = _Taken(found["job"], found["id"], frame, found["attempts"] + 1)
                try:
                    task, parents = self._task(found, frame)
                except AccessError as error:
                    self._early.append(self._cancelled(taken, str(error)))
                except LineamentError as error:
                    self._early.append(self._ended(taken, "failed", str(error)))
                else:
                    self._taken.append(replace(taken, parents=parents))
                    yield task

    def _task(self, found: Row, frame: int | None) -> tuple[Task, tuple[str, ...]]:
        """Return what a worker needs, and the assets that this is."""
        database, wanted = self._database, self._wanted
        request = Request(database.guard.actor, wanted.action, found["id"], wanted.purpose)
        scan = StoredScan(found, assets_of(database, found["id"]), database, request)
        shape = scan.shape(frame)
        newer = newest(database, scan.id, frame=frame)
        made = {key: each for key, each in newer.items() if key[0] in self._kind.needs}
        of_shape = self._kind.shape
        task = Task(
            scan.id,
            found["expression"],
            found["unit"],
            shape.suffix,
            scan.bytes(shape) if of_shape else b"",
            {key: scan.bytes(each) for key, each in made.items()},
            scan.camera(shape) if of_shape and shape.role == "depth" else None,
        )
        originals = (shape.id,) if of_shape else ()
        return task, (*originals, *(each.id for each in made.values()))

    def _write(self) -> Iterator[Outcome]:
        """Write what is ready, with the ends of its jobs."""
        ready, self._ready = self._ready, []
        self._written = time.monotonic()
        if not ready:
            return
        kind = self._kind
        derivations = [
            Derivation(
                taken.scan,
                made.products,
                taken.parents,
                self._wanted.kind,
                weights_sha256(kind.weights),
                {**kind.parameters, **({"weights": list(kind.weights)} if kind.weights else {})},
                taken.frame,
            )
            for taken, made in ready
        ]
        results = {(taken.scan, taken.frame): (taken, made) for taken, made in ready}

        def confirm(derivation: Derivation) -> str:
            taken, made = results[derivation.scan, derivation.frame]
            if not jobs.end(self._database, taken.job, self._worker, "done"):
                return "another program has taken it over, or the person has withdrawn"
            jobs.outdate(self._database, taken.scan, made_of(KINDS, self._wanted.kind), taken.frame)
            _note(self._database, taken.scan, made)
            return ""

        stored = store_derived(
            self._database,
            derivations,
            action=self._wanted.action,
            purpose=self._wanted.purpose,
            confirm=confirm,
        )
        for (taken, _), outcome in zip(ready, stored, strict=True):
            if isinstance(outcome, str):
                yield self._cancelled(taken, outcome)
            else:
                yield Outcome(taken.scan, self._wanted.kind, "done", assets=outcome, frame=taken.frame)

    def _ended(self, taken: _Taken, state: str, said: str) -> Outcome:
        if jobs.end(self._database, taken.job, self._worker, state, said):
            return Outcome(taken.scan, self._wanted.kind, state, said, frame=taken.frame)
        return Outcome(taken.scan, self._wanted.kind, "cancelled", said, frame=taken.frame)

    def _cancelled(self, taken: _Taken, said: str) -> Outcome:
        """The job waits until it is allowed again; it is gone when the person has withdrawn."""
        jobs.give_back(self._database, self._worker, taken.job)
        return Outcome(taken.scan, self._wanted.kind, "cancelled", said, frame=taken.frame)


def _note(database: Database, scan: str, made: Made) -> None:
    """Add findings to those that there are. A refusal moves the scan to quarantine, unless a person has accepted it."""
    database.catalogue.run_many(
        """INSERT INTO findings VALUES (:scan, :kind, :severity, :value, :most, :said)
        ON CONFLICT (scan, kind) DO UPDATE SET severity = excluded.severity, value = excluded.value,
        limit_value = excluded.limit_value, said = excluded.said""",
        [
            {
                "scan": scan,
                "kind": each.kind,
                "severity": each.severity,
                "value": each.value,
                "most": each.limit,
                "said": each.text,
            }
            for each in made.findings
        ],
    )
    refusals = [each.text for each in made.findings if each.severity == "refuse"]
    if refusals:
        database.catalogue.run(
            """UPDATE scans SET state = 'quarantined', state_reason = :reason
            WHERE id = :scan AND state = 'accepted' AND state_reason = ''""",
            scan=scan,
            reason="; ".join(refusals),
        )


def _start(kind: Kind) -> Callable[[Task], Made | Failure]:
    """Load the networks in a process."""
    return partial(_work, kind=kind, detector=Detector(threads=1) if kind.detects else None)


def _work(task: Task, kind: Kind, detector: Detector | None) -> Made | Failure:
    """Never raise but for Ctrl-C: what fails with a scan is told."""
    failed: Callable[[Path, str], Made | Failure] = Failure
    return attempt(Path(task.scan), failed, partial(kind.work, task, detector))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
