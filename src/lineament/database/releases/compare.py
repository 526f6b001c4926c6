"""Releases one by one: which there are, what changed between two, and whether one is still what was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lineament.database.access import Request, authorize, authorize_all
from lineament.database.catalogue import Row
from lineament.database.releases.create import release_named
from lineament.database.releases.manifest import manifest_sha256

if TYPE_CHECKING:
    from lineament.database.database import Database


@dataclass(frozen=True)
class Difference:
    """What changed from one release to another.

    Attributes
    ----------
    old, new : str
        Name and version.
    added, removed, moved : tuple of str
        Scans; those that moved have another split.
    people_added, people_removed : int
    """

    old: str
    new: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[str, ...]
    people_added: int
    people_removed: int


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
    found = _opened(database, name)
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


def difference(database: Database, old: str, new: str) -> Difference:
    """Return what changed from one release to another.

    Raises
    ------
    AccessError
    InputError
        There is no such release.
    """
    before, after = _opened(database, old), _opened(database, new)
    was, now = _scans(database, before), _scans(database, after)
    people_before, people_after = ({who for who, _ in each.values()} for each in (was, now))
    return Difference(
        f"{before['name']} {before['version']}",
        f"{after['name']} {after['version']}",
        tuple(sorted(now.keys() - was.keys())),
        tuple(sorted(was.keys() - now.keys())),
        tuple(sorted(scan for scan in was.keys() & now.keys() if was[scan][1] != now[scan][1])),
        len(people_after - people_before),
        len(people_before - people_after),
    )


def check_release(database: Database, name: str) -> Iterator[str]:
    """Yield what is amiss with a release, in sentences: its manifest, its splits, its bytes, its permissions today.

    Raises
    ------
    AccessError
    InputError
        There is none.
    """
    found = _opened(database, name)
    if found["state"] != "published":
        yield "it is tombstoned: somebody who was in it has left"
    elif manifest_sha256(database.catalogue, found["id"]) != found["manifest_sha256"]:
        yield "it holds other scans than were published"
    scans = _scans(database, found)
    splits: dict[str, set[str]] = {}
    for who, split in scans.values():
        splits.setdefault(who, set()).add(split)
    yield from (f"{who} is in several splits" for who, several in sorted(splits.items()) if len(several) > 1)
    for each in database.catalogue.rows(
        """SELECT DISTINCT o.subject, o.name, o.sealed_sha256, r.scan FROM release_scans r
        JOIN assets a ON a.scan = r.scan AND a.derived = 0
        JOIN objects o ON o.subject = a.subject AND o.name = a.object WHERE r.release = :id ORDER BY r.scan, o.name""",
        id=found["id"],
    ):
        if database.store.sealed_sha256(each["subject"], each["name"]) != each["sealed_sha256"]:
            yield f"a file of {each['scan']} is damaged or missing"
    asked = Request(database.guard.actor, "export", "", found["purpose"])
    refused = Counter(each.code for each in authorize_all(database.catalogue, asked, list(scans)).values())
    for code, many in sorted(refused.items()):
        if code:
            yield f"{many} of {len(scans)} scans may not be handed out today: {code}"


def _opened(database: Database, name: str) -> Row:
    found = release_named(database.catalogue, name)
    database.guard.demand("release", found["project"], shown=found["id"])
    return found


def _counted(database: Database, found: Row) -> dict[str, Any]:
    (many,) = database.catalogue.rows(
        "SELECT COUNT(*) AS scans, COUNT(DISTINCT subject) AS people FROM release_scans WHERE release = :id",
        id=found["id"],
    )
    return {**dict(found), **dict(many)}


def _scans(database: Database, found: Row) -> dict[str, tuple[str, str]]:
    rows = database.catalogue.rows(
        "SELECT scan, subject, split FROM release_scans WHERE release = :id", id=found["id"]
    )
    return {each["scan"]: (each["subject"], each["split"]) for each in rows}
