"""Is everything as it was? Every byte against its hash, every row against its files, the log against its chain.

`verify` only looks. `doctor` mends what can be mended without losing anything: it removes what a crash left behind,
finishes withdrawals and exports that were cut off, and lets jobs go whose worker is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
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
    for store in (database.keys, database.identity_keys):
        store.get.cache_clear()  # as they are on disk
    for said in database.catalogue.check():
        yield Damage("row", "catalogue", said)
    for said in database.log.check():
        yield Damage("log", "audit", said)
    for said in database.log.verify(kept):
        yield Damage("log", "audit", said)
    yield from _objects(database, whole)
    yield from _keys(database)
    with database.catalogue.reading():
        releases = list(_releases(database))
    yield from releases
    yield from _left_for_good(database)


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
        for exported in database.catalogue.rows(
            "SELECT * FROM exports WHERE state NOT IN ('handed out', 'replaced', 'removed')"
        ):
            why = "could not be reached" if exported["state"] == "not reached" else "was cut off"
            if remove_export(database, exported) == "removed":
                yield f"the export {exported['id']} to {exported['recipient']} {why}; what there was of it is removed"
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
        said = _object(database, found, whole)
        if said and _is_active(database, found["subject"]):
            yield Damage("object", f"{found['subject']}/{found['name']}", said)


def _is_active(database: Database, subject: str) -> bool:
    """Return whether a person is still there, whose files may have gone since their rows were read."""
    sql = "SELECT 1 FROM subjects WHERE id = :subject AND state = 'active'"
    return bool(database.catalogue.rows(sql, subject=subject))


def _object(database: Database, found: Row, whole: bool) -> str:
    sealed = database.store.sealed_sha256(found["subject"], found["name"])
    if sealed is None:
        return "the file is missing, or cannot be read"
    if sealed != found["sealed_sha256"]:
        return "the file has other bytes than were written"
    if not whole:
        return ""
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
            except (StoreError, OSError) as error:
                if _is_active(database, found["id"]):
                    yield Damage("key", found["id"], str(error))


def _releases(database: Database) -> Iterator[Damage]:
    for found in database.catalogue.rows("SELECT * FROM releases WHERE state = 'published' ORDER BY name, version"):
        if manifest_sha256(database.catalogue, found["id"]) != found["manifest_sha256"]:
            yield Damage("release", f"{found['name']} {found['version']}", "it holds other scans than were published")
        for said in doubled(database, found):
            yield Damage("release", f"{found['name']} {found['version']}", said)


def _left_for_good(database: Database) -> list[Damage]:
    """Return the leftovers, but for what other programs are writing: while they do, nobody has the lock alone."""
    if not any(True for _ in _leftovers(database)):
        return []
    with ExitStack() as held:
        try:
            held.enter_context(alone(database.lock))
        except StoreError:
            return []  # they write for long; what they leave shows another time
        return list(_leftovers(database))


def _leftovers(database: Database) -> Iterator[Damage]:
    """Yield files that no row knows; they are people's data all the same. Those of who is leaving go with them."""
    people = {found["id"]: found["state"] for found in database.catalogue.each("SELECT id, state FROM subjects")}
    known: dict[str, set[str]] = {}
    for found in database.catalogue.each("SELECT subject, name FROM objects"):
        known.setdefault(found["subject"], set()).add(found["name"])
    for subject, name in database.store.files():
        if name not in known.get(subject, ()) and people.get(subject) != "withdrawing":
            place = database.store.path(subject, name).relative_to(database.root)
            yield Damage("leftover", str(place), "an object that no row knows, left by a crash")
    for path in database.store.strays():
        yield Damage("leftover", str(path.relative_to(database.root)), "a file that is not of this database")
    for kind in ("keys", "identities"):
        for path in sorted((database.root / kind).glob("*/*")):
            if path.stem not in people or path.name.endswith(disk.TEMPORARY):
                yield Damage("leftover", str(path.relative_to(database.root)), "a key or an identity of nobody")
