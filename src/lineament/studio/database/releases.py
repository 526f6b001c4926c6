"""Releases of the database: what is in each, who was given it, how balanced it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from lineament.database.database import Database
from lineament.database.releases.balance import Balance, balance
from lineament.database.releases.create import release_named
from lineament.database.releases.listing import release_shown, releases_of
from lineament.errors import InputError
from lineament.studio.database.asking import TheViews, answer
from lineament.studio.database.models import (
    BalanceReply,
    ExportReply,
    ReleaseReply,
    ReleaseRow,
    SplitReply,
)
from lineament.studio.deps import TheSession
from lineament.studio.errors import REPLIES, UnknownError

router = APIRouter(prefix="/api/db/releases", tags=["database"], responses=REPLIES)
Word = Annotated[str, Path(max_length=200)]


@router.get("")
async def list_releases(session: TheSession, views: TheViews) -> list[ReleaseRow]:
    """Return all versions of the releases in projects where one may release."""

    def work(database: Database) -> list[ReleaseRow]:
        projects = _projects(database)
        return [_row(each, projects) for each in releases_of(database)]

    return await views.pool.run(session, work, slow=True)


@router.get("/{name}/{version}", response_model=ReleaseReply)
async def get_release(name: Word, version: Word, session: TheSession, views: TheViews) -> Response:
    """Return a release: its splits, who was given it, what it is made of, and whom quality control kept out of it."""

    def work(database: Database) -> Response:
        try:
            found = release_shown(database, f"{name}@{version}")
        except InputError as error:
            raise UnknownError(str(error)) from None
        row = release_named(database.catalogue, f"{name}@{version}")
        made = views.figures.get(database, ("balance", row["id"], row["state"]), lambda: balance(database, row))
        return answer(
            ReleaseReply(
                release=_row(found, _projects(database)),
                manifest_sha256=found["manifest_sha256"],
                seed=found["seed"],
                splits=[SplitReply(**each) for each in found["splits"]],
                exports=[
                    ExportReply(**{word: each[word] for word in ExportReply.model_fields}) for each in found["exports"]
                ],
                balance=_balance(made),
            )
        )

    return await views.pool.run(session, work, slow=True)


def _row(found: Mapping[str, Any], projects: Mapping[str, str]) -> ReleaseRow:
    said = {word: found[word] for word in ReleaseRow.model_fields}
    return ReleaseRow(**{**said, "project": projects[found["project"]]})


def _projects(database: Database) -> dict[str, str]:
    return {each["id"]: each["name"] for each in database.catalogue.rows("SELECT id, name FROM projects")}


def _balance(made: Balance) -> BalanceReply:
    removed = {
        attribute: {
            group: {**asdict(each), "share": each.share, "uneven": each.uneven} for group, each in groups.items()
        }
        for attribute, groups in made.removed.items()
    }
    return BalanceReply.model_validate({**asdict(made), "removed": removed})
