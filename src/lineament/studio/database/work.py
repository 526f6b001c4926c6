"""Batch jobs on scans of the database, with live progress."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, cast

from fastapi import APIRouter

from lineament.database import jobs
from lineament.database.consent.purposes import Purpose
from lineament.database.database import Database
from lineament.database.describe import actions_of, own_roles
from lineament.database.kinds import KINDS, in_order
from lineament.database.run import Outcome, run, wish
from lineament.errors import AccessError
from lineament.studio.database.asking import TheViews
from lineament.studio.database.models import WorkCounts, WorkRequest
from lineament.studio.database.pool import check_session
from lineament.studio.deps import TheSession, TheStudio
from lineament.studio.errors import REPLIES
from lineament.studio.jobs import Job, JobResult, Progress
from lineament.studio.sign_in_session import Session

router = APIRouter(prefix="/api/db/jobs", tags=["database"], responses=REPLIES)
WORKERS = 2
"""Processes of one batch."""
TELL = 0.25
"""Seconds between two states that are told."""
CHECK = 10.0
"""Seconds between looks whether whoever started it may still act."""
SAID = 20
"""Scans of which is told what went wrong."""


@router.post("", status_code=202)
async def start_work(said: WorkRequest, session: TheSession, views: TheViews, studio: TheStudio) -> Job:
    """Compute something of all scans that match and lack it: until the session ends, and on when started again."""
    where, purpose = said.where.where(), str(said.purpose)
    await views.pool.run(session, lambda database: _may_work(database, KINDS[said.kind].action, purpose))
    root = views.pool.root

    def work(progress: Progress) -> JobResult:
        return _work(root, session, said.kind, where, purpose, said.again, progress)

    return studio.jobs.start(session.id, "batch", f"{said.kind} of the database", work)


@router.get("")
async def count_work(session: TheSession, views: TheViews, purpose: Purpose = Purpose.RESEARCH) -> WorkCounts:
    """Return how many jobs of each kind are in which state, also those that other programs work on."""
    key = ("jobs", str(purpose), session.actor_id)
    found = await views.figures.get(views.pool, session, key, partial(_counted, purpose=str(purpose)))
    return WorkCounts(purpose=purpose, kinds=found)


def _counted(database: Database, purpose: str) -> dict[str, dict[str, int]]:
    return {kind: found for kind in KINDS if (found := jobs.count(database, wish(kind, None, purpose)))}


def _may_work(database: Database, action: str, purpose: str) -> None:
    """Refuse at once who may do this nowhere; each scan is decided about later."""
    if not actions_of(database, {each["role"] for each in own_roles(database)})[action]:
        actor = database.guard.actor
        database.log.append(actor, action, "", purpose=purpose, allowed=False, reason="no role")
        raise AccessError(f"{action} is not allowed: no role of theirs in any project allows it")


def _work(
    root: Path, session: Session, kind: str, where: dict[str, Any], purpose: str, again: bool, progress: Progress
) -> JobResult:
    counts: dict[str, int] = {}
    said: list[str] = []
    done = total = 0
    told = checked = time.monotonic()
    progress(kind, message="looking for scans")
    with Database.open(root, session.actor) as database:
        outcomes = run(database, kind, where, purpose=purpose, workers=WORKERS, again=again)
        with closing(
            cast("Generator[Outcome]", outcomes)
        ):  # so that what was claimed is free again when it is cancelled
            for outcome in outcomes:
                done += 1
                counts[outcome.state] = counts.get(outcome.state, 0) + 1
                if outcome.state != "done" and len(said) < SAID:
                    said.append(f"{outcome.scan}: {outcome.kind}: {outcome.said}")
                now = time.monotonic()
                if done == 1:
                    total = done + _left(database, kind, where, purpose)
                if now - checked > CHECK:
                    check_session(database, session)
                    checked = now
                progress.check()
                if now - told > TELL or done == 1:
                    progress(outcome.kind, done, max(done, total), _summary(counts))
                    told = now
    progress(kind, done, done, _summary(counts) or "nothing to do: all scans that match have been through it")
    return {"counts": counts, "said": said}


def _left(database: Database, kind: str, where: dict[str, Any], purpose: str) -> int:
    """Return how many jobs are still to be done, of the kind and of what it is made of."""
    found = [jobs.count(database, wish(each, where, purpose)) for each in in_order(KINDS, kind)]
    return sum(each.get("waiting", 0) + each.get("running", 0) for each in found)


def _summary(counts: dict[str, int]) -> str:
    return ", ".join(f"{many:,} {state}" for state, many in counts.items())
