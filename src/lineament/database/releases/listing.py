"""Which releases there are, and what is in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lineament.database.access import Request, authorize
from lineament.database.catalogue import Row
from lineament.database.releases.create import release_named

if TYPE_CHECKING:
    from lineament.database.database import Database


def releases_of(database: Database) -> list[dict[str, Any]]:
    """Return all versions of the releases in projects where the actor may release; with `scans` and `people`."""
    found = database.catalogue.rows("SELECT * FROM releases ORDER BY name, created_at")
    actor = database.guard.actor
    mine = {
        project
        for project in {each["project"] for each in found}
        if authorize(database.catalogue, Request(actor, "release", project)).allowed
    }
    database.log.append(actor, "release", "", listed=len(mine))
    return [_counted(database, each) for each in found if each["project"] in mine]


def release_shown(database: Database, name: str) -> dict[str, Any]:
    """Return a release, with `scans`, `people`, `splits` (people and scans of each) and `exports`.

    Raises
    ------
    AccessError
    InputError
        There is none.
    """
    found = release_named(database.catalogue, name)
    database.guard.demand("release", found["project"], shown=found["id"])
    splits = database.catalogue.rows(
        """SELECT split, COUNT(*) AS scans, COUNT(DISTINCT subject) AS people FROM release_scans
        WHERE release = :id GROUP BY split ORDER BY split""",
        id=found["id"],
    )
    exports = database.catalogue.rows(
        "SELECT layout, recipient, country, folder, state, made_at FROM exports WHERE release = :id ORDER BY made_at",
        id=found["id"],
    )
    return {
        **_counted(database, found),
        "splits": [dict(each) for each in splits],
        "exports": [dict(each) for each in exports],
    }


def _counted(database: Database, found: Row) -> dict[str, Any]:
    (many,) = database.catalogue.rows(
        "SELECT COUNT(*) AS scans, COUNT(DISTINCT subject) AS people FROM release_scans WHERE release = :id",
        id=found["id"],
    )
    return {**dict(found), **dict(many)}
