"""Backups that forget whom the database forgets.

A backup holds the encrypted objects, and the rows of each person in a file of their own, encrypted under that person's
key. It holds no key. So a key that is destroyed takes the person out of every backup there is, whoever has it; the
master key and the keys' folder need a copy of their own (`copy_keys`), which is replaced, never kept beside an older.

`lineament.database.restore` works on any backend, so that it also carries a database from SQLite to PostgreSQL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineament.database import disk
from lineament.database.catalogue import Catalogue, connect, row
from lineament.database.cipher import seal
from lineament.database.database import Database, Settings
from lineament.database.keys import SECRET
from lineament.database.locks import alone, shared
from lineament.database.store import pieces_of
from lineament.database.when import now
from lineament.errors import InputError, StoreError

if TYPE_CHECKING:
    pass

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
BACKUP_OF, KEYS_OF = "backup.json", "keys.json"
"""Files that say of which database a folder is, from the first moment on."""


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
    _claim(database, folder, BACKUP_OF)
    with shared(database.lock), database.catalogue.reading():
        return _Writer(database, folder).write()


class _Writer:
    """One backup while it is written."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._listed = {BACKUP_OF: _sha256(folder / BACKUP_OF)}
        self._people: dict[str, list[str]] = {}
        self._written = 0

    def write(self) -> int:
        database = self._database
        catalogue = database.catalogue
        for found in catalogue.rows("SELECT id FROM subjects WHERE state = 'active' ORDER BY id"):
            self._write_subject(found["id"])
        # With the files of everyone, so that nobody can be taken out unnoticed; the objects are in everyone's rows.
        rows = {"people": self._people, "tables": {name: _rows(catalogue, name) for name in SHARED}}
        self._seal("shared", database.secret("backups"), json.dumps(rows).encode())
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
        try:
            key = database.keys.get(subject)
        except StoreError:
            if _is_active_now(database, subject):
                raise
            return  # they have left since the moment that the backup is of
        rows = {name: _rows(database.catalogue, name, condition, subject) for name, condition in OF_SUBJECT.items()}
        place = f"subjects/{subject[-2:]}/{subject}"
        self._people[subject] = [self._seal(place, key, json.dumps(rows).encode())]
        for found in rows["objects"]:
            name = f"objects/{subject[-2:]}/{subject}/{found['name']}"
            if not (self._folder / name).exists():  # an object never changes
                self._put(name, pieces_of(database.store.path(subject, found["name"])), found["sealed_sha256"])
            self._listed[name] = found["sealed_sha256"]
        who = database.root / "identities" / subject[-2:] / f"{subject}.who"
        if who.exists():
            name = self._put_small(f"identities/{subject[-2:]}/{subject}.{{}}.who", who.read_bytes())
            self._people[subject].append(name)

    def _seal(self, name: str, key: bytes, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        name = f"{name}.{digest[:16]}.rows"
        return self._put_small(name, digest.encode() + b"".join(seal(key, f"{name} {digest}", [data])))

    def _put_small(self, name: str, data: bytes) -> str:
        """Write a file that has its hash in its name, so that it takes no other's place, unless it is there."""
        digest = hashlib.sha256(data).hexdigest()
        name = name.format(digest[:16])
        if not (self._folder / name).is_file() or _sha256(self._folder / name) != digest:
            self._put(name, iter([data]), digest)
        self._listed[name] = digest
        return name

    def _put(self, name: str, pieces: Iterator[bytes], expected: str) -> None:
        digest = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                yield piece
            if digest.hexdigest() != expected:
                raise StoreError(f"{name} is damaged in the database; run lineament db verify")

        _write(self._folder / name, hashed())
        self._written += 1


def check_backup(folder: Path) -> list[str]:
    """Return what is amiss with a backup's files, in sentences; no key is needed."""
    listed = contents(folder)[1]
    said = []
    for name, digest in listed.items():
        path = folder / name
        if not path.is_file():
            said.append(f"{name} is missing")
        elif _sha256(path) != digest:
            said.append(f"{name} is damaged")
    return said


def copy_keys(database: Database, folder: Path) -> int:
    """Copy all wrapped keys to a folder, and destroy those there of people who left; return how many there are.

    Keys of people whom this database does not know stay in the folder: a backup that is newer than the one that the
    database was restored from may need them. Without the master key the copy opens nothing; keep that elsewhere.

    Raises
    ------
    AccessError
    InputError
        The folder holds something else than the keys of this database.
    StoreError
    """
    database.guard.demand("keep", keys_copied=True)
    _claim(database, folder, KEYS_OF)
    count = 0
    with alone(database.lock):
        left = {each["subject"] for each in database.catalogue.rows("SELECT subject FROM withdrawals")}
        for kind in ("keys", "identities"):
            disk.make_folders(folder / kind)
            for old in sorted((folder / kind).glob("*/*")):
                if old.stem in left or old.name.endswith(disk.TEMPORARY):
                    disk.overwrite(old)
            for path in sorted((database.root / kind).glob("*/*.key")):
                with suppress(FileNotFoundError):  # they leave meanwhile
                    if path.stem not in left:
                        _write(folder / kind / path.parent.name / path.name, [path.read_bytes()])
                        count += 1
        copy_file(database.root / SECRET, folder / SECRET)
    return count


def _claim(database: Database, folder: Path, marker: str) -> None:
    """Make a folder for files of this database alone; a file in it says so."""
    if folder.resolve().is_relative_to(database.root.resolve()):
        raise InputError("a copy inside the database is lost with it; give another folder")
    disk.make_folders(folder)
    try:
        if json.loads((folder / marker).read_bytes())["id"] != database.settings.id:
            raise InputError(f"{folder} belongs to another database; give another folder")
    except FileNotFoundError:
        if any(folder.iterdir()):
            raise InputError(f"{folder} is not empty, and this database has not made it; give another folder") from None
        disk.write_whole(folder / marker, [json.dumps({"id": database.settings.id}).encode()])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{folder / marker} is damaged: {error}") from None


def _is_active_now(database: Database, subject: str) -> bool:
    """Return whether a person has not left, as a connection sees it that reads no moment of the past."""
    with closing(connected(database.root, database.settings, "catalogue")) as today:
        return row(today, "SELECT 1 FROM subjects WHERE id = :id AND state = 'active'", id=subject) is not None


def connected(root: Path, settings: Settings, part: str, sums: bytes = b"") -> Catalogue:
    return connect(settings.catalogue or root / f"{part}.sqlite", settings.id, sums)


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


def copy_file(path: Path, target: Path) -> None:
    _write(target, pieces_of(path))


def _write(target: Path, pieces: Iterable[bytes]) -> None:
    disk.make_folders(target.parent)
    disk.write_whole(target, pieces)


def contents(folder: Path) -> tuple[Settings, dict[str, str]]:
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


def named(listed: Mapping[str, str], start: str) -> str:
    return next(name for name in listed if name.startswith(start))


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
