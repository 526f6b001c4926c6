"""A database: a folder with a catalogue, an audit log, keys and encrypted objects; the master key lies elsewhere.

database.json        what this is, and where the catalogue and the master key are
catalogue.sqlite     rows; or a PostgreSQL schema
audit.sqlite         the log
secret.key           a wrapped key of the whole database, of which labels and names in releases are made
keys/ identities/    a wrapped key for each subject, and who they are, under keys of their own
objects/             encrypted files, a folder for each subject
lock.sqlite          between those who write objects and those who remove them
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from lineament.database import disk
from lineament.database.audit import AuditLog
from lineament.database.catalogue import Catalogue, connect, row
from lineament.database.cipher import derive
from lineament.database.guard import Guard
from lineament.database.keys import (
    KeyStore,
    MasterKey,
    check_key_place,
    load_master_key,
    make_master_key,
    make_secret,
    read_secret,
)
from lineament.database.law import write_law
from lineament.database.log_file import LogFile
from lineament.database.migrate import migrate
from lineament.database.store import Store
from lineament.database.when import new_name, now
from lineament.errors import AccessError, InputError, StoreError

if TYPE_CHECKING:
    from lineament.database.find import Where
    from lineament.database.reading import StoredScan

FORMAT = 1
SETTINGS = "database.json"
ROLES = ("reader", "analyst", "contributor", "curator", "officer", "auditor", "admin")


@dataclass(frozen=True)
class Settings:
    """What `database.json` says.

    Attributes
    ----------
    id : str
    catalogue : str
        Empty for SQLite in the folder, or the address of a PostgreSQL database without a password.
    key : str
        Place of the master key.
    next_key : str
        Of the one that takes its place; empty unless a change was cut off.
    format : int
    """

    id: str
    catalogue: str
    key: str
    next_key: str = ""
    format: int = FORMAT


@dataclass(frozen=True)
class Database:
    """An open database, on behalf of one actor. Not for use by several threads.

    Attributes
    ----------
    root : Path
    settings : Settings
    master : MasterKey
    catalogue : Catalogue
    log : AuditLog
    keys, identity_keys : KeyStore
    store : Store
    guard : Guard
    """

    root: Path
    settings: Settings
    master: MasterKey
    catalogue: Catalogue
    log: AuditLog
    keys: KeyStore
    identity_keys: KeyStore
    store: Store
    guard: Guard
    _secret: bytes = field(repr=False)

    @classmethod
    def create(
        cls, path: str | Path, actor: str | None = None, *, catalogue: str = "", key: str | None = None
    ) -> Database:
        """Make a database in a folder that is empty or not there.

        Parameters
        ----------
        path : path
        actor : str, optional
            Name of the first actor, who gets every role; the user's name at the operating system without it.
        catalogue : str
            Address of a PostgreSQL database, `postgresql://...`; a file of SQLite without it. The password belongs into
            PostgreSQL's own password file.
        key : str, optional
            Where the master key is made: a file outside the database, or `keyring:NAME`. In the user's home without it.

        Raises
        ------
        InputError
            The folder is not empty, or the key would lie in it.
        StoreError
        """
        root = Path(path).absolute()
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise InputError(f"{path} is not empty; a new database needs a folder of its own")
        known = new_name("db")
        place = check_key_place(key or str(Path.home() / ".lineament" / "keys" / f"{known}.key"), root)
        settings = Settings(known, catalogue, place)
        check_server(catalogue)
        disk.make_folders(root)
        for folder in ("objects", "keys", "identities"):
            disk.make_folders(root / folder)
        make_secret(root, make_master_key(place))
        parts = _connect(root, settings)
        name = actor or getpass.getuser()
        _add_first_actor(parts[1], parts[2], name)
        write_settings(root, settings)  # last, for a folder without it is no database
        return cls._assembled(root, settings, *parts, name)

    @classmethod
    def open(cls, path: str | Path, actor: str | None = None, *, key: str | None = None) -> Database:
        """Open a database, bring its schema to this version, and finish a change of its master key that was cut off.

        Parameters
        ----------
        path : path
        actor : str, optional
            Who acts; the user's name at the operating system without it.
        key : str, optional
            Place of the master key, when it was moved.

        Raises
        ------
        InputError
            There is none, or its master key cannot be read.
        AccessError
            The actor is unknown.
        StoreError
            It is of a newer version, or damaged.
        """
        return cls._opened(path, actor or getpass.getuser(), key)

    @classmethod
    def open_for_nobody(cls, path: str | Path, *, key: str | None = None) -> Database:
        """Open a database on behalf of nobody, who may do nothing: for a server, whose users come and go (`acting`).

        Raises
        ------
        InputError, StoreError
            As `open` does.
        """
        return cls._opened(path, None, key)

    def acting(self, actor: str) -> Database:
        """Return the same open database on behalf of another actor, by random name; each action asks what they may."""
        return replace(self, guard=self.guard.as_actor(actor))

    @classmethod
    def _opened(cls, path: str | Path, actor: str | None, key: str | None) -> Database:
        root = Path(path).absolute()
        settings = read_settings(root)
        if settings.next_key:
            from lineament.database.rotate import finish_rotation

            settings = finish_rotation(root)
        return cls._assembled(root, settings, *_connect(root, settings, key), actor)

    @classmethod
    def _assembled(
        cls, root: Path, settings: Settings, master: MasterKey, catalogue: Catalogue, log: AuditLog, name: str | None
    ) -> Database:
        keys = KeyStore(root / "keys", master, "data")
        known = row(catalogue, "SELECT id FROM actors WHERE name = :name AND active = 1", name=name)
        if known is None and name is not None:
            log.append("", "open", "", allowed=False, reason="unknown actor")
            catalogue.close()
            log.close()
            raise AccessError(f"{name!r} is not an actor of {root}; an admin adds them with: lineament db actor add")
        return cls(
            root,
            settings,
            master,
            catalogue,
            log,
            keys,
            KeyStore(root / "identities", master, "identity"),
            Store(root / "objects", keys),
            Guard(catalogue, log, known["id"] if known else ""),
            read_secret(root, master),
        )

    def scans(self, where: Where | Mapping[str, Any] | None = None, *, purpose: str = "") -> Iterator[StoredScan]:
        """Yield the scans that match and may be read for a purpose; each is read when it is asked for.

        See Also
        --------
        lineament.database.reading.scans
        """
        from lineament.database.reading import scans

        return scans(self, where, purpose=purpose)

    @property
    def lock(self) -> Path:
        return self.root / "lock.sqlite"

    def secret(self, use: str) -> bytes:
        """Return a key of the whole database for one use."""
        return derive(self._secret, f"{use} of {self.settings.id}")

    def check_master(self) -> None:
        """Make sure, under the lock, that keys made now are wrapped by the master key of today.

        Raises
        ------
        StoreError
            Another program has changed it since the database was opened.
        """
        try:
            read_secret(self.root, self.master)
        except StoreError:
            raise StoreError("the master key was changed since this database was opened; open it again") from None

    def close(self) -> None:
        self.catalogue.close()
        self.log.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_settings(root: Path) -> Settings:
    """Return what `database.json` says.

    Raises
    ------
    InputError
        There is no database.
    StoreError
        It is of a newer version, or damaged.
    """
    try:
        said = json.loads((root / SETTINGS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{root} is no database; make one with: lineament db init {root}") from None
    except (OSError, ValueError) as error:
        raise StoreError(f"{root / SETTINGS} is damaged: {error}") from None
    if not isinstance(said, dict) or said.keys() != {each.name for each in fields(Settings)}:
        raise StoreError(f"{root / SETTINGS} is damaged: it does not say what it must say")
    if said["format"] != FORMAT:
        raise StoreError(f"{root} is a database of format {said['format']}, this program knows {FORMAT}")
    return Settings(str(said["id"]), str(said["catalogue"]), str(said["key"]), str(said["next_key"]))


def check_server(address: str) -> None:
    """See whether a PostgreSQL database answers, before anything is made; nothing to see without one.

    Raises
    ------
    InputError
        The address is none of PostgreSQL, or holds a password.
    StoreError
        Nobody answers.
    """
    if not address:
        return
    if not address.startswith("postgresql://"):
        raise InputError(f"{address!r} is no address of a catalogue; expected postgresql://USER@HOST/NAME")
    if ":" in address.removeprefix("postgresql://").rpartition("@")[0] or "password=" in address:
        raise InputError(
            "the address would lie in database.json with its password; leave the password out of it, and write it into "
            "PostgreSQL's own password file, ~/.pgpass"
        )
    connect(address, "public").close()


def write_settings(root: Path, settings: Settings) -> None:
    """Write `database.json`."""
    disk.write_whole(root / SETTINGS, [json.dumps(asdict(settings), indent=1).encode()])


def _connect(root: Path, settings: Settings, key: str | None = None) -> tuple[MasterKey, Catalogue, AuditLog]:
    master = load_master_key(key or settings.key)
    server = settings.catalogue
    sums = derive(read_secret(root, master), f"rows of {settings.id}")
    catalogue = connect(server or root / "catalogue.sqlite", settings.id, sums)
    with catalogue.writing():  # both or neither
        if migrate(catalogue, "catalogue"):
            write_law(catalogue)
    log = connect(server, settings.id) if server else LogFile(root / "audit.sqlite", sums)
    migrate(log, "audit")
    return master, catalogue, AuditLog(log)


def _add_first_actor(catalogue: Catalogue, log: AuditLog, name: str) -> None:
    """Add who makes the database, with every role; they give to others what others should do."""
    actor = new_name("act")
    log.append(actor, "create", "*", roles=list(ROLES))
    with catalogue.writing():
        catalogue.run(
            "INSERT INTO actors (id, name, created_at) VALUES (:id, :name, :at)", id=actor, name=name, at=now()
        )
        catalogue.run_many(
            "INSERT INTO grants VALUES (:id, :actor, :role, '*', NULL, :actor, :at)",
            [{"id": new_name("gra"), "actor": actor, "role": role, "at": now()} for role in ROLES],
        )
