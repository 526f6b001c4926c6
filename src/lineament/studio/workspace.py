"""The scans that are open in a studio. Each belongs to the session that opened it; nothing of it outlives that."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from lineament.detect.detector import Detection
from lineament.face.face import Face
from lineament.io.scans.texture import Texture
from lineament.studio.errors import ConflictError, QuotaError, StudioError, UnknownError
from lineament.studio.marks import Marks
from lineament.types import MILLIMETRES, Landmarks, Scan

LONGEST_NAME = 200
MOST_FILES = 64
"""Files of one dropped scan."""
MOST_SCANS = 1000
"""Open at the same time in one session."""

Origin = Literal["file", "drop", "database"]
T = TypeVar("T")


@dataclass(eq=False)
class Item:
    """One open scan and all that is known of it; it grows as stages are done.

    Attributes
    ----------
    id : str
    owner : str or None
        Session; None for scans that everybody with the token sees.
    name : str
    origin : str
    folder : Path or None
        Where the files of a dropped scan lie until it is read.
    path : Path or None
        The user's own file, of `lineament view`.
    database_scan : str or None
    keep : callable or None
        Saves landmarks, with a note; returns where they are. None where they cannot be saved.
    scan, texture
        Once it is parsed.
    found : Detection or None
        Once landmarks were looked for and found,
    no_face : str
        or why not.
    marks : dict of set name to Marks
    face : Face or None
        Once it was fitted.
    on_disk : int
        Bytes of its files, and of those that are on their way.
    closed : bool
        Whoever still works on it keeps nothing.
    reading : Lock
        Held by the one job that reads it.
    """

    id: str
    owner: str | None
    name: str
    origin: Origin
    folder: Path | None = None
    path: Path | None = None
    database_scan: str | None = None
    sequence: str | None = None
    keep: Callable[[Landmarks, str], str] | None = None
    scan: Scan | None = None
    texture: Texture | None = None
    found: Detection | None = None
    no_face: str = ""
    marks: dict[str, Marks] = field(default_factory=dict)
    face: Face | None = None
    on_disk: int = 0
    closed: bool = False
    reading: threading.Lock = field(default_factory=threading.Lock, repr=False)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    _making: dict[Hashable, threading.Lock] = field(default_factory=dict, repr=False)
    _generation: int = 0
    _dropped: dict[Hashable, int] = field(default_factory=dict, repr=False)

    @property
    def parsed(self) -> Scan:
        """The scan.

        Raises
        ------
        ConflictError
            It has not been read yet.
        """
        if self.scan is None:
            raise ConflictError("the scan has not been read yet; open it first")
        return self.scan

    @property
    def fitted(self) -> Face:
        """The fitted face.

        Raises
        ------
        ConflictError
            There is none yet.
        """
        if self.face is None:
            raise ConflictError("no face has been fitted to this scan yet")
        return self.face

    @property
    def mm_per_unit(self) -> float | None:
        """Millimetres in one unit of the scan, where that is known."""
        if self.found is not None:
            return self.found.mm_per_unit
        return None if self.scan is None or self.scan.unit is None else MILLIMETRES[self.scan.unit]

    def held(self) -> int:
        """Return how many bytes the scan takes, on disk and in memory."""
        with self.lock:
            return self.on_disk + size_of((self.scan, self.texture, *self._made.values()))

    def made(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made under a key, and make it the first time; meanwhile others wait for this key alone."""
        with self.lock:
            if key in self._made:
                value: T = self._made[key]
                return value
            making = self._making.setdefault(key, threading.Lock())
            age = self._age(key)
        with making:
            with self.lock:
                if key in self._made:
                    value = self._made[key]
                    return value
            value = make()
            with self.lock:
                if age == self._age(key):  # else it has been dropped meanwhile
                    self._made[key] = value
            return value

    def _age(self, key: Hashable) -> tuple[int, int]:
        """Return how often what stands under a key has been dropped."""
        return self._generation, self._dropped.get(_kind(key), 0)

    def has(self, key: Hashable) -> bool:
        """Return whether something was made under a key."""
        return key in self._made

    def has_kind(self, kind: str) -> bool:
        """Return whether something was made under a key that is, or begins with, `kind`."""
        with self.lock:
            return any(_kind(key) == kind for key in self._made)

    def put(self, key: Hashable, value: Any) -> None:
        """Keep something under a key."""
        with self.lock:
            self._made[key] = value

    def forget(self, *kinds: str) -> None:
        """Drop what was made under keys that begin with one of `kinds`."""
        with self.lock:
            for kind in kinds:
                self._dropped[kind] = self._dropped.get(kind, 0) + 1
            for key in [key for key in self._made if _kind(key) in kinds]:
                del self._made[key]

    def take(self, scan: Scan, texture: Texture | None = None) -> None:
        """Hold a scan that was read; what was made of another one is dropped."""
        with self.lock:
            self.scan, self.texture = scan, texture
            self.found, self.face, self.no_face = None, None, ""
            self._made.clear()
            self._generation += 1

    def empty(self) -> None:
        """Let go of the scan."""
        with self.lock:
            self.scan = self.texture = self.found = self.face = None
            self._made.clear()
            self._generation += 1

    def located(self, found: Detection | None, no_face: str = "") -> None:
        """Hold the landmarks that were found, or why there are none; corrections stay."""
        with self.lock:
            self.found, self.no_face, self.face = found, no_face, None
            self.forget("fit", "rig", "curvature", "deviation")
            for name, landmarks in ({} if found is None else found.landmarks).items():
                self.marks[name] = self.marks[name].taken_over(landmarks) if name in self.marks else Marks(landmarks)

    def centre(self) -> npt.NDArray[np.float64]:
        """Return the middle of the scan's bounds, in its frame."""

        def make() -> npt.NDArray[np.float64]:
            points = self.parsed.points
            return np.asarray((np.nanmin(points, axis=0).astype(np.float64) + np.nanmax(points, axis=0)) / 2)

        return self.made("centre", make)


class Workspace:
    """All open scans, and the folder in which dropped files wait to be read.

    Parameters
    ----------
    upload_limit, quota : int, bytes
        Of one file, and of all that one session holds.
    """

    def __init__(self, upload_limit: int, quota: int) -> None:
        self.upload_limit = upload_limit
        self.quota = quota
        self._root: Path | None = None
        self._items: dict[str, Item] = {}
        self._lock = threading.Lock()

    def create(
        self,
        owner: str | None,
        name: str = "",
        origin: Origin = "drop",
        *,
        path: Path | None = None,
        database_scan: str | None = None,
        keep: Callable[[Landmarks, str], str] | None = None,
    ) -> Item:
        """Make a place for a scan.

        Raises
        ------
        QuotaError
            The session has too many open.
        """
        item = Item(secrets.token_urlsafe(12), owner, name, origin, path=path, database_scan=database_scan, keep=keep)
        with self._lock:
            if sum(other.owner == owner for other in self._items.values()) >= MOST_SCANS:
                raise QuotaError(f"{MOST_SCANS} scans are open; close some first")
            self._items[item.id] = item
        return item

    def of(self, owner: str) -> list[Item]:
        """Return the scans that a session sees, in the order in which they were opened."""
        with self._lock:
            return [item for item in self._items.values() if item.owner in (owner, None)]

    def get(self, owner: str, item: str) -> Item:
        """Return one scan.

        Raises
        ------
        UnknownError
            There is none, or it is another session's.
        """
        with self._lock:
            found = self._items.get(item)
        if found is None or found.owner not in (owner, None):
            raise UnknownError(f"there is no scan {item!r}")
        return found

    def left(self, owner: str | None) -> int:
        """Return how many bytes a session may still take."""
        with self._lock:
            own = [item for item in self._items.values() if item.owner == owner]
        # not under the lock, for which somebody who has an item's may wait
        return self.quota - sum(item.held() for item in own)

    def check_room(self, owner: str | None) -> None:
        """Raise `QuotaError` where a session holds more than it may."""
        if self.left(owner) < 0:
            raise QuotaError(f"the open scans take more than {self.quota >> 20} MiB; close some first")

    def place_for(self, item: Item, name: str) -> Path:
        """Return where a file of a dropped scan goes.

        Raises
        ------
        StudioError
            The name is no plain file name, or there are too many files.
        ConflictError
            The scan takes no files.
        """
        check_name(name)
        with item.lock:
            check_open(item)
            if item.folder is None:
                item.folder = Path(tempfile.mkdtemp(dir=self._folder()))
            place = item.folder / name
            if not place.exists() and len(list(item.folder.iterdir())) >= MOST_FILES:
                raise StudioError(f"a scan has {MOST_FILES} files at most")
        return place

    def drop_files(self, item: Item) -> None:
        """Remove the files of a dropped scan, once they are read."""
        with item.lock:
            if item.folder is not None:
                shutil.rmtree(item.folder, ignore_errors=True)
            item.folder, item.on_disk = None, 0

    def remove(self, owner: str, item: str) -> None:
        """Close a scan.

        Raises
        ------
        UnknownError
        """
        found = self.get(owner, item)
        with self._lock:
            self._items.pop(found.id, None)
        self._close(found)

    def owners(self) -> set[str]:
        """Return the sessions that have scans open."""
        with self._lock:
            return {item.owner for item in self._items.values() if item.owner is not None}

    def end_session(self, owner: str) -> None:
        """Close all scans of a session."""
        with self._lock:
            gone = [item for item in self._items.values() if item.owner == owner]
            for item in gone:
                del self._items[item.id]
        for item in gone:
            self._close(item)

    def close(self) -> None:
        """Close everything; nothing stays on disk."""
        with self._lock:
            self._items.clear()
            root, self._root = self._root, None
        if root is not None:
            shutil.rmtree(root, ignore_errors=True)

    def _close(self, item: Item) -> None:
        with item.lock:
            item.closed = True
            item.empty()
        self.drop_files(item)

    def _folder(self) -> Path:
        """Return the folder of all dropped files, which the first of them makes."""
        with self._lock:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="lineament-studio-"))
            return self._root


def _kind(key: Hashable) -> Hashable:
    return key[0] if isinstance(key, tuple) else key


def size_of(value: Any) -> int:
    """Return how many bytes the arrays and bytes in a value take."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, (tuple, list)):
        return sum(map(size_of, value))
    if is_dataclass(value):
        return sum(size_of(getattr(value, each.name)) for each in fields(value))
    return 0


def check_open(item: Item) -> None:
    """See whether a scan takes files.

    Raises
    ------
    UnknownError
        It was closed.
    ConflictError
        It has been read.
    """
    if item.closed:
        raise UnknownError(f"there is no scan {item.id!r}")
    if item.origin != "drop" or item.scan is not None:
        raise ConflictError("this scan has been read already; drop the file as a new one")


def check_name(name: str) -> None:
    """Raise `StudioError` where a name is no plain file name."""
    plain = name == name.strip() and name.isprintable() and not set(name) & set('/\\:*?"<>|') and name[:1] != "."
    if not plain or not 0 < len(name.encode("utf-8", "replace")) <= LONGEST_NAME:
        raise StudioError(f"{name[:40]!r} is no plain file name")
