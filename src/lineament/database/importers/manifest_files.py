"""The files that rows of a manifest name: each is in the folder, and each has a role and an index in its scan."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from lineament.database.importers.listing import Listing, label
from lineament.database.importers.metadata import parse_json
from lineament.database.importers.table import Row
from lineament.database.records import ROLES, FileRecord
from lineament.errors import FormatError, InputError
from lineament.io.landmarks import READERS as LANDMARKS
from lineament.io.landmarks.text import show
from lineament.io.scans import READERS as SCANS

_KEYS = frozenset(("path", "role", "index", "meta", "sha256"))
_PICTURES = ("jpg", "jpeg", "png", "bmp", "tif", "tiff", "webp", "exr")
_VIDEOS = ("mp4", "mov", "avi", "mkv", "webm")
_TABLES = ("csv", "txt", "tsv", "json")
"""Suffixes that may hold anything: their role must be stated."""


@dataclass(frozen=True)
class StatedFile:
    """A file as a row states it.

    Attributes
    ----------
    where : str
        File and line, for errors.
    name : str
        In the listing.
    role : str
        Empty when not stated.
    index : int or None
    meta : mapping
    sha256 : str or None
    """

    where: str
    name: str
    role: str
    index: int | None
    meta: Mapping[str, Any]
    sha256: str | None


def stated_files(row: Row, listing: Listing, places: Mapping[str, str]) -> list[StatedFile]:
    """Return the files of a row.

    Parameters
    ----------
    row : Row
    listing : Listing
    places : mapping
        Name in the listing of each name in one spelling.

    Raises
    ------
    InputError
        A path is absolute, leads out of the folder, or to no file of it; or what is stated of a file cannot be meant.
    """
    files = []
    for own in _entries(row):
        name = _locate(own, listing, places)
        role = own.one_of("role", ROLES) if "role" in own.cells else ""
        files.append(StatedFile(row.where, name, role, own.count("index"), _meta(own), _sha256(own)))
    return files


def _entries(row: Row) -> list[Row]:
    """Return a row for each of its files, with the column `path`."""
    if ("file" in row.cells) == ("files" in row.cells):
        raise FormatError(f"{row.where}: expected either file or files")
    stated = row.cells.get("files")
    if not isinstance(stated, list):
        stated = [row.text("file")] if stated is None else [path for path in row.text("files").split(";") if path]
    if not stated or (len(stated) > 1 and row.cells.keys() & {"index", "sha256", "meta"}):
        raise FormatError(f"{row.where}: one file a row where index, sha256 or meta are given, at least one otherwise")
    entries = [{"path": entry} if isinstance(entry, str) else entry for entry in stated]
    wrong = [entry for entry in entries if not isinstance(entry, dict) or not {"path"} <= entry.keys() <= _KEYS]
    if wrong:
        found = show(wrong[0]) if not isinstance(wrong[0], dict) else ", ".join(wrong[0])
        raise FormatError(f"{row.where}: a file is a path, or has {', '.join(sorted(_KEYS))}; found {found}")
    own = [{key: value for key, value in entry.items() if value is not None} for entry in entries]
    return [Row(row.where, {**row.cells, **cells}) for cells in own]


def _locate(row: Row, listing: Listing, places: Mapping[str, str]) -> str:
    """Return the name in the listing of the file that a row states."""
    text = row.text("path").replace("\\", "/")
    path = PurePosixPath(text)
    if path.is_absolute() or re.match("[A-Za-z]:", text) or ".." in path.parts:
        raise InputError(f"{row.where}: {show(text)} leads out of the folder; give a path relative to {listing.folder}")
    name = places.get(label(str(path)))
    if name is None:
        raise InputError(f"{row.where}: {show(text)} is no file of {listing.folder}; hidden files are left out")
    try:
        listing.path(name)
    except InputError as error:
        raise InputError(f"{row.where}: {error}") from None
    return name


def _meta(row: Row) -> Mapping[str, Any]:
    value = row.cells.get("meta", {})
    if isinstance(value, str):
        value = parse_json(value, f"{row.where}: meta")
    if not isinstance(value, dict):
        raise FormatError(f"{row.where}: meta is {show(value)}, expected a JSON object")
    return value


def _sha256(row: Row) -> str | None:
    text = row.text("sha256").lower()
    if text and not re.fullmatch("[0-9a-f]{64}", text):
        raise FormatError(f"{row.where}: sha256 is {show(text)}, expected 64 hexadecimal digits")
    return text or None


def file_records(files: Iterable[StatedFile], modality: str, listing: Listing) -> tuple[FileRecord, ...]:
    """Return the files of a scan, sorted by role and index; what no row states follows from suffix and order.

    Raises
    ------
    InputError
        Two files have one role and index.
    """
    counts: Counter[str] = Counter()
    records: dict[tuple[str, int], FileRecord] = {}
    for file in files:
        role = file.role or _role(file.name, modality)
        index = counts[role] if file.index is None else file.index
        counts[role] += 1
        if (role, index) in records:
            raise InputError(
                f"{file.where}: {file.name} is the second file of its scan with role {role} and index {index}"
            )
        records[role, index] = FileRecord(listing.path(file.name), role, index, file.meta, file.sha256)
    return tuple(records[place] for place in sorted(records))


def _role(name: str, modality: str) -> str:
    """Return what a file is by its suffix."""
    lower = name.lower()
    suffix = PurePosixPath(lower).suffix.removeprefix(".")
    if any(lower.endswith(end) for end in LANDMARKS if end.removeprefix(".") not in _TABLES):
        return "landmarks"
    if suffix in SCANS and suffix not in _TABLES:
        return "geometry"
    if suffix in _VIDEOS:
        return "video"
    if suffix in _PICTURES:
        return {"multiview": "view", "depth": "depth"}.get(modality, "texture")
    return "material" if suffix == "mtl" else "other"
