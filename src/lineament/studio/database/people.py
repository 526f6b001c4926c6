"""People of the database: by random names, with the state of their consent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from lineament.database import browse
from lineament.database.browse import Person
from lineament.database.database import Database
from lineament.database.describe import describe_subject
from lineament.database.find import find
from lineament.studio.database.asking import Id, TheViews, answer
from lineament.studio.database.models import ConsentReply, OwnScan, PeoplePage, PeopleRows, PersonReply, PersonRow
from lineament.studio.deps import TheSession
from lineament.studio.errors import REPLIES

router = APIRouter(prefix="/api/db/subjects", tags=["database"], responses=REPLIES)


@router.get("", response_model=PeopleRows)
async def list_subjects(asked: Annotated[PeoplePage, Query()], session: TheSession, views: TheViews) -> Response:
    """Return a page of people: those whose scans one may find, and those whose consents one records."""

    def work(database: Database) -> Response:
        found = browse.people(database, **asked.model_dump())
        rows = [_row(each) for each in found]
        return answer(PeopleRows(rows=rows, next=rows[-1].id if len(rows) == asked.limit else None))

    return await views.pool.run(session, work)


@router.get("/{id}", response_model=PersonReply)
async def get_subject(id: Id, session: TheSession, views: TheViews) -> Response:
    """Return a person; consents to those who record them, to others the scans that they may find."""

    def work(database: Database) -> Response:
        known = browse.people(database, subject=id, limit=1)
        if not known or known[0].whole:
            facts = describe_subject(database, id)  # it refuses, where nobody is known, and has the log tell of it
            consents = [ConsentReply(**each) for each in facts.consents]
            scans = [OwnScan(**dict(each)) for each in facts.scans]
            return answer(PersonReply(person=_row(known[0]), consents=consents, scans=scans))
        found = find(database, {"subject": id})
        scans = [OwnScan(**{name: each[name] for name in OwnScan.model_fields}) for each in found]
        return answer(PersonReply(person=_row(known[0]), consents=[], scans=scans))

    return await views.pool.run(session, work)


def _row(person: Person) -> PersonRow:
    return PersonRow(**person.info, purposes=dict(person.purposes), whole=person.whole)
