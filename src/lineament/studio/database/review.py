"""Scans in quarantine, and what people decide about them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from lineament.database.database import Database
from lineament.database.review import accept, queue_page, reject
from lineament.studio.database.asking import Id, TheViews, answer
from lineament.studio.database.models import Decided, DoubtfulReply, FindingReply, Paged, Queue, Verdict
from lineament.studio.database.scans import rows_of
from lineament.studio.deps import TheSession
from lineament.studio.errors import REPLIES

router = APIRouter(prefix="/api/db/review", tags=["database"], responses=REPLIES)


@router.get("", response_model=Queue)
async def list_doubtful(asked: Annotated[Paged, Query()], session: TheSession, views: TheViews) -> Response:
    """Return a page of the scans in quarantine that one may review, and why they are there."""

    def work(database: Database) -> Response:
        found = queue_page(database, asked.where(), after=asked.after, limit=asked.limit)
        rows = [
            DoubtfulReply(scan=row, findings=[FindingReply(**dict(one)) for one in each.findings])
            for row, each in zip(rows_of(database, [each.info for each in found]), found, strict=True)
        ]
        return answer(Queue(rows=rows, next=rows[-1].scan.id if len(rows) == asked.limit else None))

    return await views.pool.run(session, work)


@router.post("/{id}")
async def decide(id: Id, said: Verdict, session: TheSession, views: TheViews) -> Decided:
    """Accept a scan whatever was found, or reject it for good."""
    take = accept if said.decision == "accept" else reject
    await views.pool.run(session, lambda database: take(database, id, said.reason))
    return Decided(scan=id, state="accepted" if said.decision == "accept" else "rejected")
