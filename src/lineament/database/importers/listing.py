"""What lies in a folder that somebody sent, and which part of a scan each file is. Names only: no file is opened."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Generic, TypeVar
from unicodedata import normalize

from lineament.database.records import FileRecord
from lineament.errors import InputError

Key = TypeVar("Key", bound=Hashable)
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Controls, and bytes that are not UTF-8: a name with them cannot become a label."""
_MOST_KINDS = 6
"""Suffixes that a note about files passed over names."""


@dataclass(frozen=True)
class Listing:
    """The files of a folder and of those below it.

    Attributes
    ----------
    folder : Path
        Absolute, without links.
    names : tuple of str
        Relative to the folder, with `/`; in natural order, so that 2 comes before 10.
    notes : tuple of str
        What was passed over.
    outside : frozenset of str
        Those of the names that are links out of the folder.
    """

    folder: Path
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    outside: frozenset[str] = frozenset()

    def path(self, name: str) -> Path:
        """Return where a file lies.

        Raises
        ------
        InputError
            It is a link that leads out of the folder.
        """
        if name in self.outside:
            raise InputError(
                f"{self.folder / name} is a link that leads out of {self.folder}; put the file itself there"
            )
        return self.folder / name

    def full(self, name: str) -> str:
        """Return a file's name with the folder's own before it: the folder may itself be the subject."""
        return f"{self.folder.name}/{name}"


def list_files(folder: Path) -> Listing:
    """List the files of a folder and of those below it; hidden ones are left alone.

    Raises
    ------
    InputError
        The folder does not exist or may not be read.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give the folder with the scans")
    root, names, outside, passed = folder.resolve(), list[str](), set[str](), Counter[str]()
    waiting = [""]
    while waiting:
        place = waiting.pop()
        try:
            entries = list(os.scandir(root / place))
        except OSError as error:
            raise InputError(f"cannot read {root / place}: {error.strerror or error}") from None
        for entry in entries:
            name = place + entry.name
            kind = _kind(entry)
            if kind == "folder":
                waiting.append(name + "/")
            elif kind == "file":
                names.append(name)
                if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(root):
                    outside.add(name)
            else:
                passed[kind] += 1
    notes = tuple(f"{kind} passed over: {count}" for kind, count in sorted(passed.items()))
    return Listing(root, tuple(sorted(names, key=natural)), notes, frozenset(outside))


def _kind(entry: os.DirEntry[str]) -> str:
    """Return `file`, `folder`, or why an entry is passed over."""
    if UNFIT.search(entry.name):
        return "names with controls or not UTF-8"
    if entry.name.startswith("."):
        return "hidden entries"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    if entry.is_file(follow_symlinks=False) or (entry.is_symlink() and os.path.isfile(entry.path)):
        return "file"
    if entry.is_symlink():
        return "links to folders or to nothing"
    return "entries that are neither files nor folders"


def natural(name: str) -> list[str | int]:
    """Return a sort key by which 2 comes before 10."""
    return [int(piece) if place % 2 else piece for place, piece in enumerate(re.split(r"([0-9]+)", name))]


def label(text: str) -> str:
    """Return a label in one spelling: accents may come composed or not, by the system that unpacked the files."""
    return normalize("NFC", text).strip()


@dataclass(frozen=True)
class Part:
    """Which files of a layout are one part of a scan.

    Attributes
    ----------
    pattern : str
        Regular expression of the end of a path, from a `/` on; case does not matter. Its group `index` is the index.
    role : str
    index : int or None
        Without that group: None counts in natural order.
    meta : mapping
    """

    pattern: str
    role: str
    index: int | None = 0
    meta: Mapping[str, Any] = field(default_factory=dict)

    def match(self, full: str) -> re.Match[str] | None:
        """Return the match of a file's full name."""
        return re.fullmatch(f"(?:.*/)?{self.pattern}", full, re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Gathered(Generic[Key]):
    """Files by scan.

    Attributes
    ----------
    scans : mapping
        Files of each scan, sorted by role and index.
    rest : tuple of str
        Names of files that are no part of the layout.
    """

    scans: Mapping[Key, tuple[FileRecord, ...]]
    rest: tuple[str, ...]


def gather(
    listing: Listing, parts: tuple[Part, ...], key: Callable[[re.Match[str]], Key], needed: tuple[str, ...]
) -> Gathered[Key]:
    """Put the files of a listing together into scans.

    Parameters
    ----------
    listing : Listing
    parts : tuple of Part
        The first that matches takes the file.
    key : callable
        What files of one scan have in common, of a part's match.
    needed : tuple of str
        Roles of which a scan has at least one; what has none is no scan, and its files are left over.

    Raises
    ------
    InputError
        Two files are the same part of one scan.
    """
    found: dict[Key, dict[tuple[str, int], tuple[str, FileRecord]]] = defaultdict(dict)
    rest = []
    for name in listing.names:
        part, match = _first(parts, listing.full(name))
        if part is None or match is None:
            rest.append(name)
            continue
        files = found[key(match)]
        index = _index(part, match, files)
        if (part.role, index) in files:
            other = files[part.role, index][0]
            raise InputError(
                f"{listing.folder}: {other} and {name} are the same part of one scan ({part.role} {index}); keep one"
            )
        files[part.role, index] = name, FileRecord(listing.path(name), part.role, index, part.meta)
    scans = {}
    for which, files in found.items():
        if {role for role, _ in files} & set(needed):
            scans[which] = tuple(record for _, (_, record) in sorted(files.items()))
        else:
            rest.extend(name for name, _ in files.values())
    return Gathered(scans, tuple(rest))


def _first(parts: Iterable[Part], full: str) -> tuple[Part | None, re.Match[str] | None]:
    for part in parts:
        match = part.match(full)
        if match:
            return part, match
    return None, None


def _index(part: Part, match: re.Match[str], files: Iterable[tuple[str, int]]) -> int:
    if "index" in match.groupdict():
        return int(match["index"])
    if part.index is not None:
        return part.index
    return sum(role == part.role for role, _ in files)


def left_over(names: Iterable[str], what: str = "files that are part of no scan") -> list[str]:
    """Return a note about files that are not taken, if there are any."""
    kinds = Counter(PurePosixPath(name).suffix.lower() or "without a suffix" for name in names)
    if not kinds:
        return []
    most = [f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))]
    more = ["others"] if len(most) > _MOST_KINDS else []
    listed = ", ".join(most[:_MOST_KINDS] + more)
    return [f"{what} passed over: {kinds.total()} ({listed})"]
