"""Figures on all that somebody may find, and the audit log for those who may read it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from lineament.database.actors import actor_named
from lineament.database.database import Database
from lineament.database.stats import stats
from lineament.studio.database.asking import TheViews, answer
from lineament.studio.database.models import AuditEntry, AuditPage, AuditQuery, StatsReply
from lineament.studio.deps import TheSession
from lineament.studio.errors import REPLIES

router = APIRouter(prefix="/api/db", tags=["database"], responses=REPLIES)


@router.get("/stats")
async def get_stats(session: TheSession, views: TheViews) -> StatsReply:
    """Return figures of one moment (`at`), which may be some minutes old where there is much to count."""
    found = await views.figures.get(views.pool, session, "stats", stats)
    return StatsReply.model_validate({**asdict(found), "actor": session.actor})


@router.get("/audit", response_model=AuditPage)
async def read_audit(asked: Annotated[AuditQuery, Query()], session: TheSession, views: TheViews) -> Response:
    """Return entries of the log, the newest first; that it was read is an entry as well."""

    def work(database: Database) -> Response:
        database.guard.demand("audit", of=asked.about or asked.actor or "*")
        who = None if asked.actor is None else actor_named(database, asked.actor)
        found = database.log.newest(asked.about, who, asked.before, asked.limit)
        names = {each["id"]: each["name"] for each in database.catalogue.rows("SELECT id, name FROM actors")}
        rows = [
            AuditEntry(
                **{
                    **{word: each[word] for word in AuditEntry.model_fields},
                    "actor": names.get(each["actor"], each["actor"]),
                }
            )
            for each in found
        ]
        return answer(AuditPage(rows=rows, next=rows[-1].seq if len(rows) == asked.limit else None))

    # By actor, the log is read from its end until there are enough entries.
    return await views.pool.run(session, work, slow=asked.actor is not None)
