"""Is everything as it was? Every byte against its hash, every row against its files, the log against its chain.

`verify` only looks. `doctor` mends what can be mended without losing anything: it removes what a crash left behind,
finishes withdrawals and exports that were cut off, and lets jobs go whose worker is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineament.database import disk
from lineament.database.audit import Head
from lineament.database.catalogue import Row
from lineament.database.cipher import unseal_small
from lineament.database.locks import alone
from lineament.database.people import identity_path
from lineament.database.releases.hand_out import remove_export
from lineament.database.releases.manifest import manifest_sha256
from lineament.database.releases.verify_release import doubled
from lineament.database.when import now
from lineament.database.withdraw import expired, pending, withdraw
from lineament.errors import StoreError

if TYPE_CHECKING:
    from lineament.database.database import Database


@dataclass(frozen=True)
class Damage:
    """Something that is not as it was.

    Attributes
    ----------
    what : str
        Such as `object`, `row`, `key`, `log`, `release`, `leftover`.
    name : str
    said : str
        A sentence.
    """

    what: str
    name: str
    said: str


def verify(database: Database, *, kept: Head | None = None, whole: bool = True) -> Iterator[Damage]:
    """Look at everything.

    Parameters
    ----------
    database : Database
    kept : Head, optional
        Of the audit log, from elsewhere.
    whole : bool
        Decrypt each object and compare its bytes with its name; otherwise only hash the files, which needs no key.

    Yields
    ------
    Damage
    """
    database.guard.demand("keep", verify=True)
    for said in database.catalogue.check():
        yield Damage("row", "catalogue", said)
    for said in database.log.check():
        yield Damage("log", "audit", said)
    for said in database.log.verify(kept):
        yield Damage("log", "audit", said)
    yield from _objects(database, whole)
    yield from _keys(database)
    yield from _releases(database)
    yield from _leftovers(database)


def doctor(database: Database) -> Iterator[str]:
    """Mend what a crash left; yield what was done, in sentences."""
    database.guard.demand("keep", doctor=True)
    for subject in pending(database):
        withdraw(database, subject)
        yield f"the withdrawal of {subject} was cut off; it is done now"
    with alone(database.lock):
        for damage in list(_leftovers(database)):
            gone = disk.remove if damage.name.startswith("objects") else disk.overwrite  # the others are keys
            gone(database.root / damage.name)
            yield f"removed {damage.name}: {damage.said}"
        for folder in sorted((database.root / "objects").glob("*/*")):
            with suppress(OSError):
                folder.rmdir()
        for exported in database.catalogue.rows("SELECT * FROM exports WHERE state = 'writing'"):
            remove_export(database, exported)
            yield f"the export {exported['id']} to {exported['recipient']} was cut off; what there was of it is removed"
    freed = database.catalogue.run(
        """UPDATE jobs SET state = 'waiting', worker = '', lease_until = NULL
        WHERE state = 'running' AND lease_until < :now""",
        now=now(),
    )
    if freed:
        yield f"{freed} jobs whose worker is gone wait again"
    for subject in expired(database):
        yield f"{subject} may not be kept any longer; run: lineament db withdraw {subject}"


def _objects(database: Database, whole: bool) -> Iterator[Damage]:
    sql = "SELECT subject, name, sealed_sha256, size FROM objects ORDER BY subject, name"
    for found in database.catalogue.rows(sql):
        place = f"{found['subject']}/{found['name']}"
        sealed = database.store.sealed_sha256(found["subject"], found["name"])
        if sealed is None:
            yield Damage("object", place, "the file is missing, or cannot be read")
        elif sealed != found["sealed_sha256"]:
            yield Damage("object", place, "the file has other bytes than were written")
        elif whole:
            said = _content(database, found)
            if said:
                yield Damage("object", place, said)


def _content(database: Database, found: Row) -> str:
    try:
        size = sum(map(len, database.store.read(found["subject"], found["name"])))
    except StoreError as error:
        return str(error)
    return "" if size == found["size"] else f"it has {size} bytes, and had {found['size']}"


def _keys(database: Database) -> Iterator[Damage]:
    for found in database.catalogue.rows("SELECT id FROM subjects WHERE state = 'active' ORDER BY id"):
        for kind, store in (("data", database.keys), ("identity", database.identity_keys)):
            if kind == "identity" and not identity_path(database, found["id"]).exists():
                continue
            try:
                secret = store.get(found["id"])
                if kind == "identity":
                    unseal_small(secret, f"identity {found['id']}", identity_path(database, found["id"]).read_bytes())
            except StoreError as error:
                yield Damage("key", found["id"], str(error))


def _releases(database: Database) -> Iterator[Damage]:
    for found in database.catalogue.rows("SELECT * FROM releases WHERE state = 'published' ORDER BY name, version"):
        if manifest_sha256(database.catalogue, found["id"]) != found["manifest_sha256"]:
            yield Damage("release", f"{found['name']} {found['version']}", "it holds other scans than were published")
        for said in doubled(database, found):
            yield Damage("release", f"{found['name']} {found['version']}", said)


def _leftovers(database: Database) -> Iterator[Damage]:
    """Yield files that no row knows; they are people's data all the same."""
    known: dict[str, set[str]] = {}
    for found in database.catalogue.each("SELECT subject, name FROM objects"):
        known.setdefault(found["subject"], set()).add(found["name"])
    for subject, name in database.store.files():
        if name not in known.get(subject, ()):
            place = database.store.path(subject, name).relative_to(database.root)
            yield Damage("leftover", str(place), "an object that no row knows, left by a crash")
    people = {found["id"] for found in database.catalogue.each("SELECT id FROM subjects WHERE state = 'active'")}
    for kind in ("keys", "identities"):
        for path in sorted((database.root / kind).glob("*/*")):
            if path.stem not in people or path.name.endswith(disk.TEMPORARY):
                yield Damage("leftover", str(path.relative_to(database.root)), "a key or an identity of nobody")
