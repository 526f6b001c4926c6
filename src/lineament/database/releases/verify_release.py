"""Is a release still what was published, and may it still be used? Is an exported folder whole?"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from lineament.database.access import Request, authorize_all
from lineament.database.catalogue import Row
from lineament.database.releases.manifest import manifest_sha256
from lineament.database.store import hash_file

if TYPE_CHECKING:
    from lineament.database.database import Database

CROISSANT, FILES = "croissant.json", "files.json"


def verify_release(database: Database, release: Row) -> list[str]:
    """Return what is amiss with a release, in sentences; empty when nothing is.

    Its manifest against its hash, nobody in two splits, nothing derived from data outside of its split, every object
    against its hash, every scan still allowed for the release's purpose.

    Raises
    ------
    AccessError
        The actor may not release.
    """
    database.guard.demand("release", release["project"], verified=release["id"])
    return [
        *_state(database, release),
        *doubled(database, release),
        *_strange_parents(database, release),
        *_damaged(database, release),
        *_forbidden(database, release),
    ]


def doubled(database: Database, release: Row) -> Iterator[str]:
    """Yield the people who are in two splits."""
    found = database.catalogue.rows(
        "SELECT subject FROM release_scans WHERE release = :id GROUP BY subject HAVING COUNT(DISTINCT split) > 1",
        id=release["id"],
    )
    for each in found:
        yield f"{each['subject']} is in two splits"


def _state(database: Database, release: Row) -> Iterator[str]:
    if release["state"] != "published":
        yield "it was tombstoned, because somebody withdrew; use the newest version"
    elif manifest_sha256(database.catalogue, release["id"]) != release["manifest_sha256"]:
        yield "it holds other scans or files than were published"


def _strange_parents(database: Database, release: Row) -> Iterator[str]:
    sql = """
    SELECT a.id, a.role, a.scan, b.scan AS parent, q.split FROM release_scans r
    JOIN assets a ON a.scan = r.scan JOIN derivation_parents d ON d.asset = a.id JOIN assets b ON b.id = d.parent
    LEFT JOIN release_scans q ON q.release = r.release AND q.scan = b.scan
    WHERE r.release = :id AND (q.split IS NULL OR q.split <> r.split) ORDER BY a.id, b.scan"""
    for each in database.catalogue.rows(sql, id=release["id"]):
        where = "not in the release" if each["split"] is None else f"in {each['split']}, another split"
        yield f"{each['role']} {each['id']} of {each['scan']} was made from {each['parent']}, which is {where}"


def _damaged(database: Database, release: Row) -> Iterator[str]:
    sql = """
    SELECT DISTINCT a.scan, o.subject, o.name, o.sealed_sha256 FROM release_scans r JOIN assets a ON a.scan = r.scan
    JOIN objects o ON o.subject = a.subject AND o.name = a.object WHERE r.release = :id ORDER BY a.scan, o.name"""
    for each in database.catalogue.rows(sql, id=release["id"]):
        sealed = database.store.sealed_sha256(each["subject"], each["name"])
        if sealed != each["sealed_sha256"]:
            how = "is missing" if sealed is None else "has other bytes than were written"
            yield f"object {each['name']} of {each['scan']} {how}"


def _forbidden(database: Database, release: Row) -> Iterator[str]:
    scans = database.catalogue.rows(
        "SELECT scan FROM release_scans WHERE release = :id ORDER BY scan", id=release["id"]
    )
    asked = Request(database.guard.actor, "export", "", release["purpose"])
    for scan, decision in authorize_all(database.catalogue, asked, [each["scan"] for each in scans]).items():
        if not decision.allowed:
            yield f"{scan} may not be used for {release['purpose']} any more: {decision.reason}"


def verify_export(folder: str | Path) -> list[str]:
    """Return what is amiss with an exported folder, in sentences; no database is needed.

    Every file against its hash and size, missing files, and files that the export did not write. `croissant.json`
    vouches for all others; compare its own hash with the sender's. Links are not followed, and nothing outside of the
    folder is read.
    """
    root = Path(folder)
    try:
        vouched = {
            entry["@id"]: _entry(entry) for entry in _read(root / CROISSANT)["distribution"] if "sha256" in entry
        }
        if FILES not in vouched:
            return [f"{CROISSANT} does not name {FILES}"]
        said = list(_check(root, FILES, *vouched[FILES]))
        if said:
            return said
        listed = {entry["path"]: (str(entry["sha256"]), int(entry["size"])) for entry in _read(root / FILES)}
    except FileNotFoundError as error:
        return [f"{Path(str(error.filename)).name} is missing: this is no export, or one that was cut short"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        return [f"{CROISSANT} or {FILES} cannot be read: {error}"]
    said = [
        f"{CROISSANT} and {FILES} tell different things of {name}"
        for name, entry in sorted(vouched.items())
        if name != FILES and listed.get(name) != entry
    ]
    for path, entry in sorted(listed.items()):
        said += _check(root, path, *entry)
    known = {*listed, FILES, CROISSANT}
    said += [f"{path} is not of this export" for path in sorted(_files(root)) if path not in known]
    return said


def _entry(entry: dict[str, Any]) -> tuple[str, int]:
    return str(entry["sha256"]), int(entry["contentSize"].split()[0])


def _read(path: Path) -> Any:
    if path.is_symlink():
        raise ValueError(f"{path.name} is a link")
    return json.loads(path.read_text(encoding="utf-8"))


def _check(root: Path, path: str, sha256: str, size: int) -> Iterator[str]:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or ":" in path or "\0" in path:
        yield f"{path!r} would lie outside of the folder"
        return
    place = root.joinpath(*parts)
    if any(step.is_symlink() for step in (place, *place.parents) if step != root and step.is_relative_to(root)):
        yield f"{path} is, or lies behind, a link"
    elif not place.is_file():
        yield f"{path} is missing"
    elif place.stat().st_size != size:
        yield f"{path} has {place.stat().st_size:,} bytes, expected {size:,}"
    elif hash_file(place).hex() != sha256:
        yield f"{path} has other bytes than were written"


def _files(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in (*names, *links):
            yield Path(folder, name).relative_to(root).as_posix()
