"""What is still to be made of which scan: a table of jobs, which survives whoever works on it.

A job is made once for each scan, kind and version of the kind, of a 4D sequence for each frame. Who works on it holds
it by a lease, which is made longer while the program lives; a program that is killed loses its jobs when their leases
end. A job is tried three times at most. Several programs may work on one table: a job is claimed in one statement, and
ends only by whoever holds it. The jobs of a person who withdraws are gone with the person's other rows, and then end as
nobody's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lineament.database.access import SCANS, allowed_scans
from lineament.database.catalogue import Row
from lineament.database.find import COLUMNS, PAGE, Where, conditions
from lineament.database.when import new_name, now, stamp
from lineament.errors import LineamentError

if TYPE_CHECKING:
    from lineament.database.database import Database

LEASE = 120.0
"""Seconds after which the jobs of a program that is not heard of any more are free."""
BEAT = 30.0
"""Seconds after which leases are made longer."""
MOST_ATTEMPTS = 3
STATES = ("waiting", "running", "done", "failed")
_JOBS = f"FROM jobs job CROSS JOIN {SCANS} WHERE job.scan = c.id AND job.kind = :kind AND job.version = :version"
"""Jobs first: SQLite keeps to this order."""
_OTHER = "SELECT 1 FROM assets h WHERE h.scan = c.id AND h.derived = 0"
_SHAPE = f"""g.derived = 0
  AND (g.role = 'geometry' OR (g.role = 'depth' AND NOT EXISTS ({_OTHER} AND h.role = 'geometry')))
  AND (c.modality = 'sequence' OR NOT EXISTS ({_OTHER} AND h.role = g.role AND h.id <> g.id))"""
"""The one file `g` that is the shape, a mesh or else a depth image; of a sequence each such file."""
_FIRST = f"NOT EXISTS ({_OTHER} AND h.role = g.role AND h.place < g.place)"
_FRAME = "CASE WHEN c.modality = 'sequence' THEN g.place ELSE 0 END"


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to be made.

    Attributes
    ----------
    kind, version : str
    action, purpose : str
        What must be allowed for each scan.
    where : Where
    each_frame : bool
        Of a sequence; otherwise of its first frame alone.
    """

    kind: str
    version: str
    action: str
    purpose: str
    where: Where
    each_frame: bool = True


def enqueue(database: Database, wanted: Wanted, *, again: bool = False) -> int:
    """Make a job for each scan that matches, may be worked on and has none; return how many were made.

    Of a sequence for each frame. Scans without a shape are passed over, and those of several, of which nobody knows how
    they belong together.

    Parameters
    ----------
    database : Database
    wanted : Wanted
    again : bool
        Jobs that failed wait again.

    Raises
    ------
    StoreError
    """
    condition, values = _matching(database, wanted)
    known = f"""SELECT 1 FROM jobs job WHERE job.scan = c.id AND job.kind = :kind AND job.version = :version
    AND job.frame = {_FRAME}"""
    which = _SHAPE if wanted.each_frame else f"{_SHAPE} AND {_FIRST}"
    sql = f"""SELECT c.id, {_FRAME} AS frame FROM {SCANS} JOIN assets g ON g.scan = c.id
    WHERE {condition} AND c.id >= :after AND {which} AND NOT EXISTS ({known}) ORDER BY c.id, frame LIMIT :limit"""
    made, after = 0, ""
    database.log.append(
        database.guard.actor,
        wanted.action,
        "",
        purpose=wanted.purpose,
        queued=wanted.kind,
        version=wanted.version,
        where=wanted.where.told(),
    )
    while True:
        with database.catalogue.writing():
            page = database.catalogue.rows(sql, after=after, limit=PAGE, **values)
            database.catalogue.run_many(
                """INSERT INTO jobs (id, kind, version, scan, frame, state, created_at)
                VALUES (:id, :kind, :version, :scan, :frame, 'waiting', :at)""",
                [
                    {
                        "id": new_name("job"),
                        "kind": wanted.kind,
                        "version": wanted.version,
                        "scan": found["id"],
                        "frame": found["frame"],
                        "at": now(),
                    }
                    for found in page
                ],
            )
        if not page:
            break
        made, after = made + len(page), str(page[-1]["id"])
    if again:
        database.catalogue.run(
            f"""UPDATE jobs SET state = 'waiting', attempts = 0, said = '' WHERE state = 'failed'
            AND kind = :kind AND version = :version AND scan IN (SELECT c.id FROM {SCANS} WHERE {condition})""",
            **values,
        )
    return made


def free(database: Database, wanted: Wanted, limit: int) -> list[Row]:
    """Return scans, as `find` does, whose jobs can be claimed, with the `job`, its `frame` and its `attempts`.

    Jobs that were tried too often by programs that were killed fail here.
    """
    database.catalogue.run(
        f"""UPDATE jobs SET state = 'failed', ended_at = :now, worker = '', lease_until = NULL,
        said = 'the program that worked on it ended {MOST_ATTEMPTS} times'
        WHERE kind = :kind AND version = :version AND state IN ('waiting', 'running')
        AND attempts >= {MOST_ATTEMPTS} AND (lease_until IS NULL OR lease_until <= :now)""",
        kind=wanted.kind,
        version=wanted.version,
        now=now(),
    )
    condition, values = _matching(database, _lasting(wanted))
    sql = f"SELECT job.id AS job, job.frame, job.attempts, {COLUMNS} {_JOBS} AND {condition}"
    # One state at a time, so that the index gives them in order and the rules are asked of the first ones only.
    waiting = f"{sql} AND job.state = 'waiting' ORDER BY job.id LIMIT :limit"
    ended = f"{sql} AND job.state = 'running' AND job.lease_until <= :now ORDER BY job.id LIMIT :limit"
    found = database.catalogue.rows(waiting, limit=limit, **values)
    if len(found) < limit:
        found += database.catalogue.rows(ended, limit=limit - len(found), **values)
    return found


def count(database: Database, wanted: Wanted) -> dict[str, int]:
    """Return how many jobs of scans that match, and may be worked on, are in which state."""
    condition, values = _matching(database, _lasting(wanted))
    found = database.catalogue.rows(
        f"SELECT job.state, COUNT(*) AS many {_JOBS} AND {condition} GROUP BY job.state", **values
    )
    return {each["state"]: each["many"] for each in found}


def some(database: Database, wanted: Wanted, *states: str) -> bool:
    """Return whether there are jobs in one of these states; of scans that match, and may be worked on."""
    condition, values = _matching(database, _lasting(wanted))
    sql = f"SELECT 1 AS one {_JOBS} AND {condition} AND job.state = :among LIMIT 1"
    return any(database.catalogue.rows(sql, among=state, **values) for state in states)


def claim(database: Database, job: str, worker: str) -> bool:
    """Take a job that is free; return whether it is the worker's now."""
    with database.catalogue.writing():
        claimed = database.catalogue.run(
            f"""UPDATE jobs SET state = 'running', worker = :worker, lease_until = :until, attempts = attempts + 1
            WHERE id = :job AND state IN ('waiting', 'running') AND (lease_until IS NULL OR lease_until <= :now)
            AND attempts < {MOST_ATTEMPTS}""",
            job=job,
            worker=worker,
            until=_lease(),
            now=now(),
        )
    return claimed == 1


def end(database: Database, job: str, worker: str, state: str, said: str = "") -> bool:
    """End a job as `done` or `failed`, or let it be `waiting` again; return whether it was the worker's.

    It is not when the person has withdrawn, or when another program took it over since the lease ended.
    """
    ended = database.catalogue.run(
        """UPDATE jobs SET state = :state, said = :said, ended_at = :at, worker = '', lease_until = NULL
        WHERE id = :job AND worker = :worker AND state = 'running'""",
        job=job,
        worker=worker,
        state=state,
        said=said,
        at=None if state == "waiting" else now(),
    )
    return ended == 1


def give_back(database: Database, worker: str, job: str | None = None) -> None:
    """Let all jobs of a worker, or one, wait as if they had not been tried."""
    database.catalogue.run(
        f"""UPDATE jobs SET state = 'waiting', worker = '', lease_until = NULL, attempts = attempts - 1
        WHERE worker = :worker AND state = 'running' {"" if job is None else "AND id = :job"}""",
        worker=worker,
        job=job,
    )


def outdate(database: Database, scan: str, versions: Mapping[str, str], frame: int | None = None) -> None:
    """Let jobs of a scan wait again, since what they are made of has changed; who works on one loses it.

    Parameters
    ----------
    database : Database
    scan : str
    versions : mapping
        Of each kind.
    frame : int, optional
        Of a sequence; of all frames without it.
    """
    among = "" if frame is None else "AND frame = :frame"
    for kind, version in versions.items():
        database.catalogue.run(
            f"""UPDATE jobs SET state = 'waiting', attempts = 0, said = '', worker = '', lease_until = NULL
            WHERE scan = :scan AND kind = :kind AND version = :version {among}""",
            scan=scan,
            kind=kind,
            version=version,
            frame=frame,
        )


def beat(database: Database, worker: str) -> None:
    """Make the leases of a worker longer."""
    database.catalogue.run(
        "UPDATE jobs SET lease_until = :until WHERE worker = :worker AND state = 'running'",
        until=_lease(),
        worker=worker,
    )


@contextmanager
def holding(database: Database, worker: str) -> Iterator[None]:
    """Make the leases of a worker longer again and again, in a thread with a connection of its own.

    Jobs that are not ended when the block ends are given back.
    """
    over = threading.Event()
    (actor,) = database.catalogue.rows("SELECT name FROM actors WHERE id = :id", id=database.guard.actor)

    def keep() -> None:
        while not over.wait(BEAT):
            # What cannot be written now is tried again; when it never can, others take the jobs over.
            with (
                suppress(LineamentError),
                type(database).open(database.root, actor["name"], key=database.master.place) as own,
            ):
                beat(own, worker)

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        give_back(database, worker)


def _matching(database: Database, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    condition, values = conditions(database, wanted.where)
    asking = {"actor": database.guard.actor, "action": wanted.action, "purpose": wanted.purpose, "country": ""}
    return f"{condition} AND {allowed_scans()}", {
        **values,
        **asking,
        "now": now(),
        "kind": wanted.kind,
        "version": wanted.version,
    }


def _lasting(wanted: Wanted) -> Wanted:
    """Leave out which derived data a scan has: that changes while it is worked on."""
    return replace(wanted, where=replace(wanted.where, has=None, lacks=None))


def _lease() -> str:
    return stamp(datetime.now(UTC) + timedelta(seconds=LEASE))
