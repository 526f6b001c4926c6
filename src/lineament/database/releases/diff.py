"""What has changed from one release to another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lineament.database.catalogue import Row

if TYPE_CHECKING:
    from lineament.database.database import Database

SAID = ("name", "project", "purpose", "description", "licence", "seed")
"""Columns of a release that are compared."""


@dataclass(frozen=True)
class ReleaseDiff:
    """What has changed.

    Attributes
    ----------
    old, new : str
        Name and version.
    added, removed : tuple of str
        Scans; of `removed` those that the database still has.
    added_people, removed_people : int
        People with a scan in `added`, in `removed`.
    withdrawn_scans, withdrawn_people : int
        What `old` had of people who have withdrawn since; their names are gone.
    moved : mapping of str to (str, str)
        People who are in another split now: from, to.
    changed : mapping of str to (Any, Any)
        What the two say of themselves, where that differs: `SAID`, and the filter `where`.
    """

    old: str
    new: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    added_people: int
    removed_people: int
    withdrawn_scans: int
    withdrawn_people: int
    moved: Mapping[str, tuple[str, str]]
    changed: Mapping[str, tuple[Any, Any]]


def diff(database: Database, old: Row, new: Row) -> ReleaseDiff:
    """Compare two releases, as a rule two versions of one.

    Raises
    ------
    AccessError
        The actor may not release.
    """
    for project in sorted({old["project"], new["project"]}):
        database.guard.demand("release", project, compared=[old["id"], new["id"]])
    before, after = _held(database, old), _held(database, new)
    added, removed = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    splits = [dict(held.values()) for held in (before, after)]
    there = json.loads(old["criteria"])
    return ReleaseDiff(
        old=f"{old['name']} {old['version']}",
        new=f"{new['name']} {new['version']}",
        added=tuple(added),
        removed=tuple(removed),
        added_people=len({after[scan][0] for scan in added}),
        removed_people=len({before[scan][0] for scan in removed}),
        withdrawn_scans=there.get("scans", len(before)) - len(before),
        withdrawn_people=there.get("people", len(splits[0])) - len(splits[0]),
        moved={
            subject: (split, splits[1][subject])
            for subject, split in sorted(splits[0].items())
            if splits[1].get(subject, split) != split
        },
        changed={name: pair for name, pair in _said(old, new).items() if pair[0] != pair[1]},
    )


def describe(found: ReleaseDiff) -> str:
    """Return what has changed in sentences, a line each."""
    lines = [f"{found.old} to {found.new}:"]
    if found.added:
        lines.append(f"{_many(len(found.added), 'scan')} of {_people(found.added_people)} added")
    if found.removed:
        lines.append(f"{_many(len(found.removed), 'scan')} of {_people(found.removed_people)} left out")
    if found.withdrawn_people:
        who = _people(found.withdrawn_people)
        lines.append(f"{_many(found.withdrawn_scans, 'scan')} of {who} destroyed, because of withdrawals")
    for pair in sorted(set(found.moved.values())):
        who = _people(sum(each == pair for each in found.moved.values()))
        lines.append(f"{who} moved from {pair[0] or 'no split'} to {pair[1] or 'no split'}")
    lines += [f"{name} changed from {was!r} to {now!r}" for name, (was, now) in found.changed.items()]
    return "\n  ".join(lines if len(lines) > 1 else [*lines, "nothing changed"])


def _held(database: Database, release: Row) -> dict[str, tuple[str, str]]:
    """Return person and split of each scan of a release."""
    found = database.catalogue.rows(
        "SELECT scan, subject, split FROM release_scans WHERE release = :release", release=release["id"]
    )
    return {each["scan"]: (each["subject"], each["split"]) for each in found}


def _said(old: Row, new: Row) -> dict[str, tuple[Any, Any]]:
    filters = tuple(json.loads(release["criteria"]).get("where", {}) for release in (old, new))
    return {**{name: (old[name], new[name]) for name in SAID}, "where": (filters[0], filters[1])}


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"
