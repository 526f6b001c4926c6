"""Scans of the database: pages, what to filter by, facts, thumbnails, and opening one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, get_args

from fastapi import APIRouter, Query
from starlette.responses import Response

from lineament.database import browse
from lineament.database.browse import count_up_to
from lineament.database.catalogue import Row
from lineament.database.consent.purposes import Purpose
from lineament.database.database import Database
from lineament.database.describe import describe_scan
from lineament.database.find import find
from lineament.database.kinds import KINDS
from lineament.studio.database.asking import Id, TheViews, answer
from lineament.studio.database.models import (
    FacetsReply,
    FileReply,
    Filters,
    FindingReply,
    Number,
    OpenStoredRequest,
    ScanFactsReply,
    ScanPage,
    ScanRow,
    ScanRows,
    State,
)
from lineament.studio.database.opening import read_stored, start_stored
from lineament.studio.database.pictures import thumbnail
from lineament.studio.deps import TheSession, TheStudio
from lineament.studio.errors import REPLIES
from lineament.studio.jobs import Job

router = APIRouter(prefix="/api/db", tags=["database"], responses=REPLIES)
COUNTED = 10_000
"""Scans, and no further: how many more there are tells `stats`."""


@router.get("/scans", response_model=ScanRows)
async def list_scans(asked: Annotated[ScanPage, Query()], session: TheSession, views: TheViews) -> Response:
    """Return a page of the scans that match and that one may know of, in the order of their random names."""

    def work(database: Database) -> Response:
        rows = rows_of(database, find(database, asked.where(), after=asked.after, limit=asked.limit))
        if asked.pictures is not None and asked.state == "accepted":
            shown = [each.id for each in rows if "thumbnail" in each.has]
            views.pictures.choose(database, session.id, shown, asked.pictures)
        return answer(ScanRows(rows=rows, next=rows[-1].id if len(rows) == asked.limit else None))

    return await views.pool.run(session, work)


@router.get("/scans/count")
async def count_scans(asked: Annotated[Filters, Query()], session: TheSession, views: TheViews) -> Number:
    """Return how many scans match, counted up to 10,000."""
    where = asked.where()
    key = ("count", *sorted((name, str(value)) for name, value in where.items()))
    found = await views.figures.get(views.pool, session, key, partial(count_up_to, where=where, most=COUNTED + 1))
    return Number(scans=min(found, COUNTED), more=found > COUNTED)


@router.get("/facets")
async def get_facets(session: TheSession, views: TheViews) -> FacetsReply:
    """Return what scans can be filtered by, of those that one may find."""
    found = await views.figures.get(views.pool, session, "facets", browse.facets)
    values = {name: list(known) for name, known in found.values.items()}
    states = list(get_args(State))
    return FacetsReply(**values, has=list(KINDS), purposes=list(Purpose), states=states, age=found.age)


@router.get("/scans/{id}", response_model=ScanFactsReply)
async def get_scan(id: Id, session: TheSession, views: TheViews) -> Response:
    """Return all that the catalogue holds of a scan: findings, files, and how each result was made."""

    def work(database: Database) -> Response:
        facts = describe_scan(database, id)
        (row,) = rows_of(database, [facts.scan])
        files = [FileReply(**{**each, "parameters": _parsed(each["parameters"])}) for each in facts.files]
        findings = [FindingReply(**dict(each)) for each in facts.findings]
        return answer(ScanFactsReply(scan=row, findings=findings, files=files))

    return await views.pool.run(session, work)


@router.get(
    "/scans/{id}/thumbnail",
    response_class=Response,
    responses={200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_thumbnail(id: Id, session: TheSession, views: TheViews, purpose: Purpose = Purpose.RESEARCH) -> Response:
    """Return a picture of a scan, for a purpose that the person has agreed to; of one in quarantine to decide."""
    chosen = views.pictures.were_chosen(session.id, id, purpose)
    data = await views.pool.run(session, lambda database: thumbnail(database, id, purpose, chosen))
    return Response(data, media_type="image/png")


@router.post("/scans/{id}/open", status_code=202)
async def open_scan(id: Id, said: OpenStoredRequest, session: TheSession, views: TheViews, studio: TheStudio) -> Job:
    """Read a scan for a purpose into the workspace; a job finds its landmarks, its `result.scan` is the open scan."""
    held = await views.pool.run(session, lambda database: read_stored(database, id, said.purpose), slow=True)
    return start_stored(studio, views.pool, views.opened, session, held)


def rows_of(database: Database, found: Sequence[Row]) -> list[ScanRow]:
    """Return rows as they are told, of scans that the actor may know of."""
    kinds = browse.kinds_of(database, [each["id"] for each in found])
    agreed = browse.purposes_today(database, list({each["subject"] for each in found}))
    projects = {each["id"]: each["name"] for each in database.catalogue.rows("SELECT id, name FROM projects")}
    return [
        ScanRow(
            **{
                **dict(each),
                "project": projects[each["project"]],
                "has": kinds[each["id"]],
                "consent": "in force",
                "purposes": list(agreed[each["subject"]]),
            }
        )
        for each in found
    ]


def _parsed(text: str | None) -> object:
    import json

    return None if text is None else json.loads(text)
