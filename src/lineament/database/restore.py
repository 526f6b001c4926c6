"""A database made of a backup, on any backend: people whose keys are gone are not in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineament.database import disk
from lineament.database.audit import AuditLog
from lineament.database.backup import check_backup, connected, contents, copy_file, named
from lineament.database.catalogue import Catalogue, row
from lineament.database.cipher import derive, unseal
from lineament.database.database import Settings, check_server, write_settings
from lineament.database.keys import SECRET, KeyStore, load_master_key, read_secret
from lineament.database.law import write_law
from lineament.database.migrate import migrate
from lineament.database.releases.manifest import manifest_sha256
from lineament.errors import InputError, StoreError

if TYPE_CHECKING:
    from lineament.database.catalogue import Row


def restore(
    folder: Path, root: Path, keys: Path, *, key: str | None = None, catalogue: str | None = None
) -> tuple[int, int]:
    """Make a database of a backup; people whose keys are gone are not in it.

    Parameters
    ----------
    folder : Path
        The backup.
    root : Path
        Of the new database, empty or new.
    keys : Path
        A copy that `copy_keys` made; or the folder of the database that was lost, if its keys are still there.
    key : str, optional
        Place of the master key, when it was moved.
    catalogue : str, optional
        Address of a PostgreSQL database for the catalogue; empty for SQLite; as it was without it.

    Returns
    -------
    people, gone : int
        Who is in it, and who was left out because their key was destroyed.

    Raises
    ------
    InputError
        There is no backup, or `root` is not empty.
    StoreError
        The backup is damaged; the new folder is then not a database.
    """
    _check_sources(folder, root, keys)
    old, listed = contents(folder)
    settings = Settings(old.id, old.catalogue if catalogue is None else catalogue, key or old.key)
    check_server(settings.catalogue)
    master = load_master_key(settings.key)
    whole = read_secret(keys, master)
    secret, sums = derive(whole, f"backups of {settings.id}"), derive(whole, f"rows of {settings.id}")
    for name in ("objects", "keys", "identities"):
        disk.make_folders(root / name)
    copy_file(keys / SECRET, root / SECRET)
    reader = _Reader(folder, listed, root, keys, KeyStore(keys / "keys", master, "data"))
    with _made(root, settings, "catalogue", sums) as rows, _made(root, settings, "audit", sums) as log:
        if row(rows, "SELECT 1 FROM actors LIMIT 1"):
            raise InputError("the catalogue at this address is in use; give the address of an empty database")
        write_law(rows)
        with rows.writing():
            people, gone = reader.read(rows, secret)
        with log.writing():
            _insert_audit(log, reader.unsealed(named(listed, "audit."), secret))
        AuditLog(log).append("", "restore", "*", people=people, gone=gone)
    write_settings(root, settings)
    return people, gone


class _Reader:
    """One backup while it is restored."""

    def __init__(self, folder: Path, listed: Mapping[str, str], root: Path, keys: Path, store: KeyStore) -> None:
        self._folder = folder
        self._listed = listed
        self._root = root
        self._keys = keys
        self._store = store

    def read(self, rows: Catalogue, secret: bytes) -> tuple[int, int]:
        """Insert all rows and copy all files; return how many people there are, and how many have no key any more."""
        said = self.unsealed(named(self._listed, "shared."), secret)
        rows.run("DELETE FROM prompts")
        rows.run("DELETE FROM protocols")
        _insert(rows, said["tables"])
        there = {subject: names for subject, names in said["people"].items() if subject in self._store}
        for subject, names in there.items():
            self._read_subject(rows, subject, *names)
        gone = len(said["people"]) - len(there)
        if gone:
            _tombstone_broken(rows)
        return len(there), gone

    def unsealed(self, name: str, key: bytes) -> Any:
        with open(self._listed_path(name), "rb") as file:
            digest = file.read(64).decode("ascii", "replace")
            return json.loads(b"".join(unseal(key, f"{name} {digest}", file)))

    def _read_subject(self, rows: Catalogue, subject: str, name: str, who: str = "") -> None:
        found = self.unsealed(name, self._store.get(subject))
        for each in found["consent_purposes"]:
            each["subject"] = subject  # which a backup of schema 4 and before does not tell
        _insert(rows, found)
        for each in found["objects"]:
            place = f"objects/{subject[-2:]}/{subject}/{each['name']}"
            if self._listed.get(place) != each["sealed_sha256"]:
                raise StoreError(f"the backup is damaged: {place} is missing, or not what was written")
            copy_file(self._folder / place, self._root / place)
        if who:
            copy_file(self._listed_path(who), self._root / "identities" / subject[-2:] / f"{subject}.who")
        for kind in ("keys", "identities"):
            place = f"{kind}/{subject[-2:]}/{subject}.key"
            if (self._keys / place).exists():
                copy_file(self._keys / place, self._root / place)

    def _listed_path(self, name: str) -> Path:
        if name not in self._listed:
            raise StoreError(f"the backup is damaged: {name} is missing, and somebody has changed the list")
        return self._folder / name


def _check_sources(folder: Path, root: Path, keys: Path) -> None:
    said = check_backup(folder)
    if said:
        raise StoreError(f"the backup is damaged: {said[0]}" + (f", and {len(said) - 1} more" if len(said) > 1 else ""))
    if root.exists() and any(root.iterdir()):
        raise InputError(f"{root} is not empty; a restored database needs a folder of its own")
    if not (keys / "keys").is_dir():
        raise InputError(f"{keys} has no folder keys; give a copy that `lineament db backup --keys` made")


@contextmanager
def _made(root: Path, settings: Settings, part: str, sums: bytes) -> Iterator[Catalogue]:
    with closing(connected(root, settings, part, sums)) as made:
        migrate(made, part)
        yield made


def _insert(catalogue: Catalogue, tables: dict[str, list[dict[str, Any]]]) -> None:
    for table, rows in tables.items():
        for each in rows:
            values = {
                name: bytes.fromhex(value["bytes"]) if isinstance(value, dict) else value
                for name, value in each.items()
            }
            columns = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            catalogue.run(f"INSERT INTO {table} ({columns}) VALUES ({marks})", **values)


def _insert_audit(log: Catalogue, entries: list[Row]) -> None:
    for entry in entries:
        columns = ", ".join(entry)
        log.run(f"INSERT INTO audit ({columns}) VALUES ({', '.join(f':{name}' for name in entry)})", **entry)
        about = {entry["object"], *json.loads(entry["detail"]).get("about", [])} - {""}
        log.run_many(
            "INSERT INTO audit_objects VALUES (:object, :seq)",
            [{"object": each, "seq": entry["seq"]} for each in about],
        )


def _tombstone_broken(catalogue: Catalogue) -> None:
    """Releases that have lost people since the backup are not what was published."""
    for found in catalogue.rows("SELECT id, manifest_sha256 FROM releases WHERE state = 'published'"):
        if manifest_sha256(catalogue, found["id"]) != found["manifest_sha256"]:
            catalogue.run("UPDATE releases SET state = 'tombstoned' WHERE id = :id", id=found["id"])
