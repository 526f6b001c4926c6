"""Keys: one for each subject, wrapped by a master key that lies outside the database.

A subject's key is a file of its own, so that destroying it leaves nothing in a journal or a freed page.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from lineament.database import disk
from lineament.database.cipher import KEY, derive, seal_small, unseal_small
from lineament.errors import InputError, StoreError

SERVICE = "lineament"
"""Under which an operating system's keyring holds master keys."""
SECRET = "secret.key"
"""The file with the secret of a whole database, wrapped."""


@dataclass(frozen=True)
class MasterKey:
    """The key that wraps all others.

    Attributes
    ----------
    place : str
        Path of a file, or `keyring:` and the name of the database.
    secret : bytes
    """

    place: str
    secret: bytes

    def __repr__(self) -> str:  # the secret must not reach a log
        return f"MasterKey({self.place!r})"


def make_master_key(place: str) -> MasterKey:
    """Make a master key and keep it at a place where there is none yet.

    Raises
    ------
    InputError
        There is one, the file cannot be written, or the system has no keyring.
    """
    secret = secrets.token_bytes(KEY)
    if place.startswith("keyring:"):
        ring = _keyring()
        if ring.get_password(SERVICE, place.removeprefix("keyring:")) is not None:
            raise InputError(f"the keyring has a key {place!r} already; give another name")
        ring.set_password(SERVICE, place.removeprefix("keyring:"), secret.hex())
        return MasterKey(place, secret)
    path = Path(place)
    if path.exists():
        raise InputError(f"{path} exists; a master key never takes the place of another file")
    disk.make_folders(path.parent)
    disk.write_whole(path, [secret.hex().encode() + b"\n"])
    return MasterKey(str(path), secret)


def load_master_key(place: str) -> MasterKey:
    """Return the master key that is kept at a place.

    Raises
    ------
    InputError
        There is none, others may read the file, or it is no key.
    """
    if place.startswith("keyring:"):
        text = _keyring().get_password(SERVICE, place.removeprefix("keyring:"))
        if text is None:
            raise InputError(f"the keyring has no key {place.removeprefix('keyring:')!r}")
    else:
        path = Path(place)
        try:
            mode = path.stat().st_mode
            text = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read the master key {path}: {error}") from None
        if os.name == "posix" and mode & 0o077:
            raise InputError(f"{path} holds a master key and others may read it; chmod 600 it")
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != KEY:
        raise InputError(f"{place} holds no master key; expected {2 * KEY} hexadecimal digits")
    return MasterKey(place, secret)


def check_key_place(place: str, root: Path) -> str:
    """Return the place of a new master key in full.

    Raises
    ------
    InputError
        It is in the database.
    """
    if place.startswith("keyring:"):
        return place
    path = Path(place).absolute()
    if path.is_relative_to(root):
        raise InputError("the master key would lie in the database, and in each of its backups; give another place")
    return str(path)


def make_secret(root: Path, master: MasterKey) -> None:
    """Make the secret of a whole database: what is derived from it outlives a change of the master key."""
    _write_secret(root, master, secrets.token_bytes(KEY))


def read_secret(root: Path, master: MasterKey) -> bytes:
    """Return the secret of a whole database.

    Raises
    ------
    StoreError
        It is not there, was damaged, or is wrapped by another master key.
    """
    path = root / SECRET
    try:
        return unseal_small(derive(master.secret, "wrap database"), SECRET, path.read_bytes())
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}") from None
    except StoreError:
        raise StoreError(f"{path} is damaged, or {master.place} is not the master key of this database") from None


def rewrap_secret(root: Path, old: MasterKey, new: MasterKey) -> None:
    """Wrap the secret of a whole database by another master key, unless that is done."""
    try:
        secret = read_secret(root, old)
    except StoreError:
        read_secret(root, new)
    else:
        _write_secret(root, new, secret)


def _write_secret(root: Path, master: MasterKey, secret: bytes) -> None:
    disk.write_whole(root / SECRET, [seal_small(derive(master.secret, "wrap database"), SECRET, secret)])


def _keyring() -> Any:
    try:
        return import_module("keyring")
    except ImportError:
        raise InputError(
            "the operating system's keyring needs: pip install keyring; or keep the key in a file"
        ) from None


class KeyStore:
    """The keys of subjects in one folder, wrapped for one use.

    Parameters
    ----------
    folder : Path
    master : MasterKey
    use : str
        `data` or `identity`: what is wrapped for one cannot be unwrapped for the other.
    """

    def __init__(self, folder: Path, master: MasterKey, use: str) -> None:
        self._folder = folder
        self._use = use
        self._wrapping = derive(master.secret, f"wrap {use}")
        self.get = lru_cache(4096)(self._read)

    def create(self, subject: str) -> bytes:
        """Make a subject's key, durable, unless there is one; return it."""
        path = self._path(subject)
        if not path.exists():
            disk.make_folders(path.parent)
            disk.write_whole(path, [seal_small(self._wrapping, self._about(subject), secrets.token_bytes(KEY))])
        return self.get(subject)

    def _read(self, subject: str) -> bytes:
        """Return a subject's key.

        Raises
        ------
        StoreError
            It was destroyed, or is wrapped by another master key.
        """
        try:
            wrapped = self._path(subject).read_bytes()
        except FileNotFoundError:
            raise StoreError(f"the key of {subject} is not there; it was destroyed, or never made") from None
        return unseal_small(self._wrapping, self._about(subject), wrapped)

    def destroy(self, subject: str) -> None:
        """Overwrite and remove a subject's key, and what a crash left of one; nothing happens when all is gone.

        A change of the master key that runs can bring it back, unless this is called under the lock that both take.
        """
        self.get.cache_clear()
        path = self._path(subject)
        if path.parent.is_dir():
            for each in (path, *sorted(path.parent.glob(f"{path.name}.*"))):
                disk.overwrite(each)

    def __contains__(self, subject: str) -> bool:
        return self._path(subject).exists()

    def __iter__(self) -> Iterator[str]:
        for path in sorted(self._folder.glob("*/*.key")):
            yield path.stem

    def rewrap(self, master: MasterKey) -> int:
        """Wrap all keys by another master key; return how many. After a crash it goes on where it stopped.

        A key that neither opens is left as it is, so that one damaged file does not close the database.
        """
        new = KeyStore(self._folder, master, self._use)
        count = 0
        for subject in self:
            try:
                secret = self._read(subject)
            except StoreError:  # done before the crash, or damaged, or destroyed by now
                continue
            try:
                disk.write_whole(self._path(subject), [seal_small(new._wrapping, self._about(subject), secret)])
            except StoreError:
                if subject in self:
                    raise
                continue  # destroyed meanwhile, with what was to take its place
            count += 1
        return count

    def _path(self, subject: str) -> Path:
        return self._folder / subject[-2:] / f"{subject}.key"

    def _about(self, subject: str) -> str:
        return f"{self._use} key of {subject}"
