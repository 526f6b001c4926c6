"""The files of an export while they are written: each whole or not at all, each with its hash and whom it holds."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from lineament.database.disk import make_folders
from lineament.database.exporters.items import Written
from lineament.io.atomic import atomic_write


class Sink(io.RawIOBase):
    """A file that is hashed as it is written.

    Attributes
    ----------
    subjects : set of str
        Whom the file holds anything of; add to it while writing.
    """

    def __init__(self, file: BinaryIO, subjects: Iterable[str]) -> None:
        self.subjects = set(subjects)
        self._file = file
        self._hash = sha256()
        self._size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: Any) -> int:
        self._file.write(data)
        self._hash.update(data)
        length = memoryview(data).nbytes
        self._size += length
        return length

    def write_json(self, value: Any) -> None:
        """Write one line."""
        self.write(to_line(value))

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class Output:
    """The folder of an export.

    Attributes
    ----------
    written : list of Written
        Files that are complete.
    """

    def __init__(self, folder: Path) -> None:
        self.written: list[Written] = []
        self._folder = folder

    @contextmanager
    def file(self, path: str, subjects: Iterable[str] = ()) -> Iterator[Sink]:
        """Open a file, `path` being relative to the folder, with `/` between its parts."""
        place = self._folder / path
        make_folders(place.parent)
        with atomic_write(place, 0o600) as file:  # faces in the clear
            sink = Sink(file, subjects)
            yield sink
        self.written.append(Written(Path(path), sink.hexdigest(), sink.tell(), frozenset(sink.subjects)))

    def put(self, path: str, content: str | Iterable[bytes], subjects: Iterable[str] = ()) -> Written:
        """Write a file from text or from pieces."""
        with self.file(path, subjects) as sink:
            for piece in [content.encode()] if isinstance(content, str) else content:
                sink.write(piece)
        return self.written[-1]


def to_line(value: Any) -> bytes:
    """Return a JSON value as a line of UTF-8 that is the same in every run."""
    return json.dumps(value, ensure_ascii=False, sort_keys=False, allow_nan=False).encode() + b"\n"


def to_page(value: Any) -> str:
    """Return a JSON value as text for people to read."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
