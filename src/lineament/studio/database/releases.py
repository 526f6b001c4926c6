"""Releases of the database: what is in each, who was given it, how balanced it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path

from lineament.database.database import Database
from lineament.database.releases.balance import Balance, balance
from lineament.database.releases.create import release_named
from lineament.database.releases.listing import release_shown, releases_of
from lineament.errors import InputError
from lineament.studio.database.asking import TheViews
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


@router.get("/{name}/{version}")
async def get_release(name: Word, version: Word, session: TheSession, views: TheViews) -> ReleaseReply:
    """Return a release: its splits, who was given it, what it is made of, and whom quality control kept out of it."""

    def work(database: Database) -> tuple[dict[str, Any], dict[str, str]]:
        try:
            return release_shown(database, f"{name}@{version}"), _projects(database)
        except InputError as error:
            raise UnknownError(str(error)) from None

    found, projects = await views.pool.run(session, work, slow=True)  # it asks whether one may release
    key = ("balance", found["id"], found["state"])
    made = await views.figures.get(views.pool, session, key, partial(_balanced, release=found["id"]))
    exports = [{word: each[word] for word in ExportReply.model_fields} for each in found["exports"]]
    return ReleaseReply(
        release=_row(found, projects),
        manifest_sha256=found["manifest_sha256"],
        seed=found["seed"],
        splits=[SplitReply(**each) for each in found["splits"]],
        exports=[ExportReply(**each) for each in exports],
        balance=_balance(made),
    )


def _balanced(database: Database, release: str) -> Balance:
    return balance(database, release_named(database.catalogue, release))


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
