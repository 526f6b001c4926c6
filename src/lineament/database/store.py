"""Objects: encrypted files, never changed, all of one subject in one folder, so that they are gone together."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lineament.database import disk
from lineament.database.cipher import derive, seal, unseal
from lineament.database.keys import KeyStore
from lineament.errors import StoreError

PIECE = 1 << 20


@dataclass(frozen=True)
class Stored:
    """An object that is written; it is durable after `Store.place`.

    Attributes
    ----------
    name : str
        Keyed hash of its bytes, hex: the same bytes of one subject have one name, of two subjects two.
    subject : str
    size, sealed_size : int, bytes
        Before and after encryption.
    sealed_sha256 : str
        Of the file, so that it can be scrubbed without a key.
    temporary : Path
    """

    name: str
    subject: str
    size: int
    sealed_size: int
    sealed_sha256: str
    temporary: Path


class Store:
    """A folder of objects.

    Parameters
    ----------
    folder : Path
    keys : KeyStore
    """

    def __init__(self, folder: Path, keys: KeyStore) -> None:
        self._folder = folder
        self._keys = keys

    def folder_of(self, subject: str) -> Path:
        return self._folder / subject[-2:] / subject

    def path(self, subject: str, name: str) -> Path:
        return self.folder_of(subject) / name

    def name_of(self, subject: str, sha256: bytes) -> str:
        """Return the name that bytes with this hash have as an object of a subject."""
        key = derive(self._keys.get(subject), "names of objects")
        return hmac.new(key, sha256, hashlib.sha256).hexdigest()

    def write(self, subject: str, sha256: bytes, pieces: Iterable[bytes]) -> Stored:
        """Encrypt bytes to a temporary file and sync it.

        The name, and with it key and nonce, are of the hash. So what a file that changes meanwhile had sealed under
        them before that is seen is unlinked, and an SSD may keep it beside the object of the first bytes.

        Parameters
        ----------
        subject : str
            Must have a key.
        sha256 : bytes
            Of the bytes, taken before.
        pieces : iterable of bytes

        Raises
        ------
        StoreError
            The bytes have another hash, or cannot be written.
        """
        name = self.name_of(subject, sha256)
        folder = self.folder_of(subject)
        disk.make_folders(folder)
        digest, sealed_digest, sizes = hashlib.sha256(), hashlib.sha256(), [0]

        def counted() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                sizes[0] += len(piece)
                yield piece

        def hashed() -> Iterator[bytes]:
            for piece in seal(self._keys.get(subject), name, counted()):
                sealed_digest.update(piece)
                yield piece
            if digest.digest() != sha256:  # raised before the file is whole, which removes it
                raise StoreError("a file changed while it was read; take it in again when nothing writes to it")

        temporary, sealed_size = disk.write_temporary(folder, hashed())
        return Stored(name, subject, sizes[0], sealed_size, sealed_digest.hexdigest(), temporary)

    def place(self, objects: Iterable[Stored]) -> None:
        """Give objects their names and make all of them durable."""
        folders = set()
        for stored in objects:
            disk.put_in_place(stored.temporary, self.path(stored.subject, stored.name))
            folders.add(self.folder_of(stored.subject))
        disk.reach("objects renamed")
        for folder in sorted(folders):
            disk.sync_folder(folder)

    def read(self, subject: str, name: str) -> Iterator[bytes]:
        """Yield an object's bytes; their names are checked at the end.

        Raises
        ------
        StoreError
            It is not there, was damaged, or its key was destroyed.
        """
        key = self._keys.get(subject)
        digest = hashlib.sha256()
        try:
            with open(self.path(subject, name), "rb") as file:
                for piece in unseal(key, name, file):
                    digest.update(piece)
                    yield piece
        except OSError as error:
            raise StoreError(f"cannot read object {name}: {error.strerror or error}") from None
        if not hmac.compare_digest(self.name_of(subject, digest.digest()), name):
            raise StoreError(f"object {name} holds other bytes than were stored")

    def sealed_sha256(self, subject: str, name: str) -> str | None:
        """Return the hash of the file as it lies there, None when it does not; no key is needed."""
        digest = hashlib.sha256()
        try:
            with open(self.path(subject, name), "rb") as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
        except OSError:
            return None
        return digest.hexdigest()

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield subject and name of every file there is, whole or not."""
        for folder in sorted(self._folder.glob("*/*")):
            for _, _, names in islice(os.walk(folder), 1):  # nothing where there is no folder, or none any more
                for name in sorted(names):
                    yield folder.name, name

    def strays(self) -> Iterator[Path]:
        """Yield files that lie where only folders belong."""
        for places in ("*", "*/*"):
            yield from sorted(path for path in self._folder.glob(places) if not path.is_dir())


def hash_file(path: Path) -> bytes:
    """Return the SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def pieces_of(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes."""
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            yield piece
