"""Backups that forget whom the database forgets.

A backup holds the encrypted objects, and the rows of each person in a file of their own, encrypted under that person's
key. It holds no key. So a key that is destroyed takes the person out of every backup there is, whoever has it; the
master key and the keys' folder need a copy of their own (`copy_keys`), which is replaced, never kept beside an older.

A restore works on any backend, so that it also carries a database from SQLite to PostgreSQL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineament.database import disk
from lineament.database.audit import AuditLog
from lineament.database.catalogue import Catalogue, connect, row
from lineament.database.cipher import derive, seal, unseal
from lineament.database.database import SETTINGS, Database, Settings, check_server, read_settings, write_settings
from lineament.database.keys import SECRET, KeyStore, load_master_key, read_secret
from lineament.database.law import write_law
from lineament.database.locks import shared
from lineament.database.migrate import migrate
from lineament.database.releases.manifest import manifest_sha256
from lineament.database.store import pieces_of
from lineament.database.when import now
from lineament.errors import InputError, StoreError
from lineament.io.folder import make_folder

if TYPE_CHECKING:
    from lineament.database.catalogue import Row

SHARED = (
    "projects", "actors", "grants", "conditions", "fulfilments", "protocols", "prompts", "devices", "calibrations",
    "releases", "exports", "export_files", "withdrawals", "notices",
)  # fmt: skip
"""Tables that name nobody."""
OF_SUBJECT = {
    "subjects": "id = :subject",
    "consents": "subject = :subject",
    "consent_purposes": "consent IN (SELECT id FROM consents WHERE subject = :subject)",
    "consent_duo": "consent IN (SELECT id FROM consents WHERE subject = :subject)",
    "sessions": "subject = :subject",
    "scans": "subject = :subject",
    "findings": "scan IN (SELECT id FROM scans WHERE subject = :subject)",
    "objects": "subject = :subject",
    "assets": "subject = :subject",
    "derivations": "asset IN (SELECT id FROM assets WHERE subject = :subject)",
    "derivation_parents": "asset IN (SELECT id FROM assets WHERE subject = :subject)",
    "jobs": "scan IN (SELECT id FROM scans WHERE subject = :subject)",
    "release_scans": "subject = :subject",
    "export_subjects": "subject = :subject",
}
"""Tables with rows about people, and which rows are about one; in the order in which they refer to each other."""
FILES = "files.json"


def backup(database: Database, folder: Path) -> int:
    """Write a backup, or bring one to the state of today; return how many files were written.

    Parameters
    ----------
    database : Database
    folder : Path
        Empty, new, or a backup of this database.

    Raises
    ------
    AccessError
    InputError
        The folder holds something else.
    StoreError
    """
    database.guard.demand("keep", backup=True)
    _check_target(database, folder)
    with shared(database.lock), database.catalogue.reading():
        return _Writer(database, folder).write()


class _Writer:
    """One backup while it is written."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._listed: dict[str, str] = {}
        self._written = 0

    def write(self) -> int:
        database = self._database
        catalogue = database.catalogue
        if not (self._folder / SETTINGS).exists():  # by which the folder is known from the first moment on
            disk.write_whole(self._folder / SETTINGS, [(database.root / SETTINGS).read_bytes()])
        self._listed[SETTINGS] = _sha256(self._folder / SETTINGS)
        for found in catalogue.rows("SELECT id FROM subjects WHERE state = 'active' ORDER BY id"):
            if found["id"] in database.keys:  # they may withdraw meanwhile
                self._write_subject(found["id"])
        tables = {name: _rows(catalogue, name) for name in SHARED}
        self._seal("shared", database.secret("backups"), json.dumps(tables).encode())
        log = [_raw(entry) for entry in database.log.entries()]
        self._seal("audit", database.secret("backups"), json.dumps(log).encode())
        said = {"made_at": now(), "settings": asdict(database.settings), "files": self._listed}
        # Until here all files of the backup before are as they were, so that one of the two can be restored.
        disk.write_whole(self._folder / FILES, [json.dumps({**said, "sha256": _digest(said)}, indent=0).encode()])
        for path in _all_files(self._folder):
            if path.relative_to(self._folder).as_posix() not in {*self._listed, FILES}:
                disk.remove(path)
        return self._written

    def _write_subject(self, subject: str) -> None:
        database = self._database
        rows = {name: _rows(database.catalogue, name, condition, subject) for name, condition in OF_SUBJECT.items()}
        place = f"subjects/{subject[-2:]}/{subject}"
        self._seal(place, database.keys.get(subject), json.dumps(rows).encode())
        for found in rows["objects"]:
            name = f"objects/{subject[-2:]}/{subject}/{found['name']}"
            if not (self._folder / name).exists():  # an object never changes
                self._put(name, pieces_of(database.store.path(subject, found["name"])), found["sealed_sha256"])
            self._listed[name] = found["sealed_sha256"]
        who = database.root / "identities" / subject[-2:] / f"{subject}.who"
        if who.exists():
            self._put_small(f"identities/{subject[-2:]}/{subject}.{{}}.who", who.read_bytes())

    def _seal(self, name: str, key: bytes, data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()
        name = f"{name}.{digest[:16]}.rows"
        self._put_small(name, digest.encode() + b"".join(seal(key, f"{name} {digest}", [data])))

    def _put_small(self, name: str, data: bytes) -> None:
        """Write a file that has its hash in its name, so that it takes no other's place, unless it is there."""
        digest = hashlib.sha256(data).hexdigest()
        name = name.format(digest[:16])
        if not (self._folder / name).is_file() or _sha256(self._folder / name) != digest:
            self._put(name, iter([data]), digest)
        self._listed[name] = digest

    def _put(self, name: str, pieces: Iterator[bytes], expected: str) -> None:
        digest = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                yield piece
            if digest.hexdigest() != expected:
                raise StoreError(f"{name} is damaged in the database; run lineament db verify")

        path = self._folder / name
        disk.make_folders(path.parent)
        disk.write_whole(path, hashed())
        self._written += 1


def check_backup(folder: Path) -> list[str]:
    """Return what is amiss with a backup's files, in sentences; no key is needed."""
    listed = _contents(folder)[1]
    said = []
    for name, digest in listed.items():
        path = folder / name
        if not path.is_file():
            said.append(f"{name} is missing")
        elif _sha256(path) != digest:
            said.append(f"{name} is damaged")
    return said


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
    said = check_backup(folder)
    if said:
        raise StoreError(f"the backup is damaged: {said[0]}" + (f", and {len(said) - 1} more" if len(said) > 1 else ""))
    if root.exists() and any(root.iterdir()):
        raise InputError(f"{root} is not empty; a restored database needs a folder of its own")
    if not (keys / "keys").is_dir():
        raise InputError(f"{keys} has no folder keys; give a copy that `lineament db backup --keys` made")
    old, listed = _contents(folder)
    settings = Settings(old.id, old.catalogue if catalogue is None else catalogue, key or old.key)
    check_server(settings.catalogue)
    master = load_master_key(settings.key)
    whole = read_secret(keys, master)
    secret, sums = derive(whole, f"backups of {settings.id}"), derive(whole, f"rows of {settings.id}")
    for name in ("objects", "keys", "identities"):
        disk.make_folders(root / name)
    for kind, suffix in (("keys", ".key"), ("identities", ".key")):
        for path in sorted((keys / kind).glob(f"*/*{suffix}")):
            _copy(path, root / kind / path.parent.name / path.name)
    _copy(keys / SECRET, root / SECRET)
    store = KeyStore(root / "keys", master, "data")
    rows = connect(settings.catalogue or root / "catalogue.sqlite", settings.id, sums)
    log = connect(settings.catalogue or root / "audit.sqlite", settings.id, sums)
    migrate(rows, "catalogue")
    migrate(log, "audit")
    if row(rows, "SELECT 1 FROM actors LIMIT 1"):
        raise InputError("the catalogue at this address is in use; give the address of an empty database")
    write_law(rows)
    people = gone = 0
    with rows.writing():
        shared_rows = json.loads(_unseal(folder, _named(listed, "shared."), secret))
        rows.run("DELETE FROM prompts")
        rows.run("DELETE FROM protocols")
        _insert(rows, shared_rows)
        for name in sorted(name for name in listed if name.startswith("subjects/")):
            subject = Path(name).name.partition(".")[0]
            if subject not in store:
                gone += 1
                continue
            _insert(rows, json.loads(_unseal(folder, name, store.get(subject))))
            _copy_objects(folder, root, subject)
            people += 1
        for name in sorted(name for name in listed if name.startswith("identities/")):
            subject = Path(name).name.partition(".")[0]
            if subject in store:
                _copy(folder / name, root / "identities" / subject[-2:] / f"{subject}.who")
        if gone:
            _tombstone_broken(rows)
    with log.writing():
        _insert_audit(log, json.loads(_unseal(folder, _named(listed, "audit."), secret)))
    AuditLog(log).append("", "restore", "*", people=people, gone=gone)
    rows.close()
    log.close()
    write_settings(root, settings)
    return people, gone


def copy_keys(database: Database, folder: Path) -> int:
    """Copy all wrapped keys to a folder, and remove from it those that were destroyed here; return how many there are.

    Without the master key the copy opens nothing; keep that elsewhere.

    Raises
    ------
    AccessError
    """
    database.guard.demand("keep", keys_copied=True)
    count = 0
    for kind in ("keys", "identities"):
        make_folder(folder / kind)
        there = {path.name for path in (database.root / kind).glob("*/*.key")}
        for old in sorted((folder / kind).glob("*/*.key")):
            if old.name not in there:
                disk.overwrite(old)
        for path in sorted((database.root / kind).glob("*/*.key")):
            _copy(path, folder / kind / path.parent.name / path.name)
            count += 1
    _copy(database.root / SECRET, folder / SECRET)
    return count


def _check_target(database: Database, folder: Path) -> None:
    make_folder(folder)
    if folder.resolve().is_relative_to(database.root.resolve()):
        raise InputError("a backup inside the database is lost with it; give another folder")
    if (folder / SETTINGS).exists():
        if read_settings(folder).id != database.settings.id:
            raise InputError(f"{folder} is a backup of another database")
    elif any(folder.iterdir()):
        raise InputError(f"{folder} is not empty, and no backup; give another folder")


def _rows(catalogue: Catalogue, table: str, condition: str = "1 = 1", subject: str = "") -> list[dict[str, Any]]:
    found = catalogue.rows(f"SELECT * FROM {table} WHERE {condition}", subject=subject)
    return [{name: _plain(value) for name, value in dict(each).items()} for each in found]


def _plain(value: Any) -> Any:
    return {"bytes": bytes(value).hex()} if isinstance(value, bytes | memoryview) else value


def _raw(entry: Any) -> dict[str, Any]:
    return {
        **entry,
        "allowed": int(entry["allowed"]),
        "detail": json.dumps(entry["detail"], sort_keys=True, separators=(",", ":")),
    }


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


def _copy_objects(folder: Path, root: Path, subject: str) -> None:
    for path in sorted((folder / "objects" / subject[-2:] / subject).glob("*")):
        _copy(path, root / "objects" / subject[-2:] / subject / path.name)


def _copy(path: Path, target: Path) -> None:
    disk.make_folders(target.parent)
    disk.write_whole(target, pieces_of(path))


def _unseal(folder: Path, name: str, key: bytes) -> bytes:
    with open(folder / name, "rb") as file:
        digest = file.read(64).decode("ascii", "replace")
        return b"".join(unseal(key, f"{name} {digest}", file))


def _contents(folder: Path) -> tuple[Settings, dict[str, str]]:
    """Return of which database a backup is, and its files with their hashes."""
    try:
        said = json.loads((folder / FILES).read_text(encoding="utf-8"))
        digest = said.pop("sha256")
    except FileNotFoundError:
        raise InputError(f"{folder} is no backup, or was never finished") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{folder / FILES} is damaged: {error}") from None
    if digest != _digest(said):
        raise StoreError(f"{folder / FILES} is damaged: it has another hash than it says")
    return Settings(**said["settings"]), said["files"]


def _digest(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _named(listed: Mapping[str, str], start: str) -> str:
    return next(name for name in listed if name.startswith(start))


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
