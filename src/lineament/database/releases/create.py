"""Publish a release: scans that all may be used so, split by person, every byte checked before.

A release has a manifest of random names and keyed hashes. Versions follow Croissant 1.1: a release to which scans were
added is a MINOR version, one from which any was removed, or in which any changed its split, is a MAJOR one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lineament.database import disk
from lineament.database.access import Request, authorize_all
from lineament.database.catalogue import Catalogue, Row, row
from lineament.database.exporters.croissant import next_version
from lineament.database.find import Where, find_all, project_named
from lineament.database.releases.manifest import manifest_sha256
from lineament.database.when import new_name, now
from lineament.errors import AccessError, InputError, StoreError

if TYPE_CHECKING:
    from lineament.database.database import Database

FIRST = "1.0.0"


@dataclass(frozen=True)
class Release:
    """A published release.

    Attributes
    ----------
    id, name, version, project, purpose : str
    scans, subjects : int
    left_out : mapping of str to int
        How many scans that matched are not in it, and which rule said no.
    """

    id: str
    name: str
    version: str
    project: str
    purpose: str
    scans: int
    subjects: int
    left_out: Mapping[str, int]


def create_release(
    database: Database,
    name: str,
    project: str,
    purpose: str,
    *,
    where: Where | Mapping[str, Any] | None = None,
    splits: Mapping[str, float] | None = None,
    seed: int = 0,
    description: str = "",
    licence: str = "",
) -> Release:
    """Publish a release, or the next version of one.

    Parameters
    ----------
    database : Database
    name : str
        Of all its versions.
    project : str
    purpose : str
        What it is for; scans whose people have not agreed to it, and to sharing, are left out.
    where : Where or mapping, optional
    splits : mapping of str to float, optional
        Shares of `train`, `validation`, `test`, which sum to 1. A person is in one split, and stays in it in every
        version of the same name and seed.
    seed : int
    description, licence : str
        For the datasheet; a release without either is refused.

    Raises
    ------
    AccessError
        The actor may not release, or no scan may be released.
    InputError
        Description or licence are empty, or the splits do not sum to 1.
    StoreError
        An object is damaged: nothing is published.
    """
    for what, text in (("description", description), ("licence", licence)):
        if not text.strip():
            raise InputError(f"a release without a {what} tells nobody what it is; give one")
    shares = _checked(splits)
    there = project_named(database, project)
    database.guard.demand("release", there, release=name)
    chosen = Where.of(where)
    asked = Request(database.guard.actor, "export", "", purpose)
    kept, left_out = _may_be_released(database, there, chosen, asked)
    _check_objects(database, kept)
    splits_of = {each["subject"]: split_of(f"{name} {seed} {each['subject']}", shares) for each in kept}
    scans = {each["id"]: (each["subject"], splits_of[each["subject"]]) for each in kept}
    previous = latest(database.catalogue, name)
    version = FIRST if previous is None else _next(database.catalogue, previous, scans)
    release = new_name("rel")
    with database.catalogue.writing():
        again = authorize_all(database.catalogue, asked, list(scans))
        if not all(decision.allowed for decision in again.values()):
            raise AccessError("somebody's consent ended while the release was made; make it again")
        write_release(
            database,
            scans,
            id=release,
            name=name,
            version=version,
            project=there,
            purpose=purpose,
            description=description,
            licence=licence,
            criteria=json.dumps({"where": _told(chosen), "splits": shares, "left_out": left_out}),
            seed=seed,
            previous=None if previous is None else previous["id"],
        )
        disk.reach("release written")
    disk.reach("release committed")
    return Release(release, name, version, there, purpose, len(scans), len(splits_of), left_out)


def _may_be_released(
    database: Database, project: str, chosen: Where, asked: Request
) -> tuple[list[Row], dict[str, int]]:
    """Return the scans of a project that match and may be released, and how many may not by which rule."""
    found = [each for each in find_all(database, chosen) if each["project"] == project]
    decisions = authorize_all(database.catalogue, asked, [each["id"] for each in found])
    kept = [each for each in found if decisions[each["id"]].allowed]
    left_out = dict(Counter(decision.code for decision in decisions.values() if not decision.allowed))
    if not kept:
        why = ", ".join(f"{many} {code}" for code, many in left_out.items()) or "none matched"
        raise AccessError(f"no scan may be released for {asked.purpose}: {why}")
    return kept, left_out


def _told(chosen: Where) -> dict[str, Any]:
    """Return what scans were chosen by, without the names of a person, who may leave, and of their scans."""
    return {name: "one" if name in ("subject", "session", "scan") else value for name, value in chosen.told().items()}


def write_release(database: Database, scans: Mapping[str, tuple[str, str]], **values: Any) -> None:
    """Write a release's rows; inside a transaction.

    `criteria` also keeps how many scans and people there were: the rows of those who withdraw go.
    """
    there = {"scans": len(scans), "people": len({who for who, _ in scans.values()})}
    values["criteria"] = json.dumps({**json.loads(values["criteria"]), **there})
    database.catalogue.run(
        """INSERT INTO releases (id, name, version, project, purpose, description, licence, criteria, seed, state,
        previous, manifest_sha256, created_by, created_at) VALUES (:id, :name, :version, :project, :purpose,
        :description, :licence, :criteria, :seed, 'published', :previous, '', :by, :at)""",
        **values,
        by=database.guard.actor,
        at=now(),
    )
    database.catalogue.run_many(
        "INSERT INTO release_scans VALUES (:release, :scan, :subject, :split)",
        [
            {"release": values["id"], "scan": scan, "subject": who, "split": split}
            for scan, (who, split) in scans.items()
        ],
    )
    database.catalogue.run(
        "UPDATE releases SET manifest_sha256 = :sha256 WHERE id = :id",
        sha256=manifest_sha256(database.catalogue, values["id"]),
        id=values["id"],
    )


def release_named(catalogue: Catalogue, name: str, version: str | None = None) -> Row:
    """Return a release by its random name, or by name and version; the newest without one.

    Raises
    ------
    InputError
        There is none.
    """
    if version is None and "@" in name:
        name, _, version = name.partition("@")
    found = row(catalogue, "SELECT * FROM releases WHERE id = :name", name=name)
    if found is None and version is not None:
        found = row(
            catalogue, "SELECT * FROM releases WHERE name = :name AND version = :version", name=name, version=version
        )
    elif found is None:
        found = latest(catalogue, name)
    if found is None:
        raise InputError(f"there is no release {name!r}" + (f" of version {version}" if version else ""))
    return found


def latest(catalogue: Catalogue, name: str) -> Row | None:
    """Return the newest version of a release."""
    found = catalogue.rows("SELECT * FROM releases WHERE name = :name", name=name)
    return max(found, key=lambda each: [int(part) for part in each["version"].split(".")], default=None)


def split_of(text: str, shares: Mapping[str, float]) -> str:
    """Return the split that a hash of a text falls into; empty without splits."""
    place = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
    total = 0.0
    for name, share in shares.items():
        total += share
        if place < total:
            return name
    return list(shares)[-1] if shares else ""


def pseudonym(database: Database, release: str, name: str) -> str:
    """Return the name of a subject, a session or a scan in one release: two releases cannot be joined by it."""
    key = database.secret(f"names in {release}")
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:16]


def _next(catalogue: Catalogue, previous: Row, scans: Mapping[str, tuple[str, str]]) -> str:
    """Return the version that follows, by what changed."""
    before = {
        each["scan"]: (each["subject"], each["split"])
        for each in catalogue.rows(
            "SELECT scan, subject, split FROM release_scans WHERE release = :id", id=previous["id"]
        )
    }
    if previous["state"] == "tombstoned" or any(scans.get(scan) != was for scan, was in before.items()):
        return next_version(previous["version"], "removed")
    return next_version(previous["version"], "added" if len(scans) > len(before) else "same")


def _check_objects(database: Database, found: list[Row]) -> None:
    """Hash every byte that is published: damage is done while data are drafts, and found when somebody needs them."""
    for each in found:
        for item in database.catalogue.rows(
            """SELECT o.name, o.sealed_sha256 FROM assets a
            JOIN objects o ON o.subject = a.subject AND o.name = a.object WHERE a.scan = :scan AND a.derived = 0""",
            scan=each["id"],
        ):
            if database.store.sealed_sha256(each["subject"], item["name"]) != item["sealed_sha256"]:
                raise StoreError(
                    f"an object of {each['id']} is damaged; nothing was published; run lineament db verify"
                )


def _checked(splits: Mapping[str, float] | None) -> dict[str, float]:
    shares = dict(splits or {})
    strange = set(shares) - {"train", "validation", "test"}
    if strange or any(share < 0 for share in shares.values()) or (shares and abs(sum(shares.values()) - 1) > 1e-6):
        raise InputError(f"splits are {shares}; expected shares of train, validation and test that sum to 1")
    return shares
