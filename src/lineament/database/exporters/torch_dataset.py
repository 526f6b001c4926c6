"""Scans of an export as NumPy arrays, for torch's `DataLoader` and anything else that indexes or iterates.

torch itself is not imported: a map-style dataset is any object with `__len__` and `__getitem__`.
"""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from lineament.database.exporters.columns import SCANS
from lineament.errors import FormatError, InputError
from lineament.io.scans import READERS

Item = dict[str, Any]
ARRAYS = ("points", "triangles", "normals", "colors", "uv")


class ScanDataset:
    """The scans of a folder that was exported as `webdataset` or `bids`.

    An item is a dict with the columns of the table of scans (`subject`, `age`, `expression`, ...), `quality`, `files`,
    and the arrays of the geometry: `points` (N, 3) float32, and where the file has them `triangles` (T, 3) int32,
    `normals`, `colors`, `uv`. A scan with several geometries, a 4D sequence, has them in `frames`, a list of dicts of
    arrays, instead. Coordinates are those of the file; `unit` says in what.

    Parameters
    ----------
    folder : Path
    split : str, optional
        `train`, `validation` or `test`; all scans when not given.
    transform : callable, optional
        Applied to each item. `DataLoader` stacks items of one shape only, so let it return those.

    Raises
    ------
    InputError
        The folder is no such export, or has no scans of the split.
    """

    def __init__(self, folder: Path, split: str | None = None, transform: Callable[[Item], Any] | None = None) -> None:
        self._folder, self._transform = Path(folder), transform
        starts, place = [], 0
        try:
            with open(self._folder / SCANS, "rb") as table:
                for line in table:
                    if split is None or _row(line)["split"] == split:
                        starts.append(place)
                    place += len(line)
        except OSError:
            raise InputError(f"{folder} holds no {SCANS}; expected a webdataset or bids export") from None
        if not starts:
            raise InputError(f"{folder} has no scans" + ("" if split is None else f" of the split {split!r}"))
        # where lines begin takes far less memory than what they say
        self._starts = np.array(starts, np.int64)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, index: int) -> Any:
        row = self.describe(index)
        geometry = [(file, self._bytes(file)) for file in row["files"] if file["role"] == "geometry"]
        item = row | _arrays(geometry)
        return item if self._transform is None else self._transform(item)

    def describe(self, index: int) -> Item:
        """Return what is known of a scan without reading its files."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"scan {index} of {len(self)}")
        with open(self._folder / SCANS, "rb") as table:
            table.seek(self._starts[index])
            return _row(table.readline())

    def read(self, index: int, role: str, number: int = 0) -> bytes:
        """Return the bytes of a file of a scan, such as its `texture`; `number` counts the files of the role from 0.

        Raises
        ------
        InputError
            There is no such file.
        FormatError
            It is not what was exported.
        """
        files = [file for file in self.describe(index)["files"] if file["role"] == role]
        if not 0 <= number < len(files):
            raise InputError(f"scan {index} has {len(files)} files of the role {role!r}")
        return self._bytes(files[number])

    def _bytes(self, file: Item) -> bytes:
        with open(self._folder / file["path"], "rb") as source:
            source.seek(file["offset"])
            return _checked(file, source.read(file["size"]))


def stream_scans(shards: Iterable[Path]) -> Iterator[Item]:
    """Yield the items of WebDataset shards, each of which is read once from its beginning to its end.

    Parameters
    ----------
    shards : iterable of Path
        Such as `sorted(folder.glob("train-*.tar"))`; give each worker its own.

    Yields
    ------
    dict
        As of `ScanDataset`.

    Raises
    ------
    FormatError
        A shard is damaged.
    """
    for shard in shards:
        try:
            # tarfile takes a file that was cut off between two members for a whole one
            if not _ends(shard):
                raise EOFError("its end is missing")
            with tarfile.open(shard, "r|") as archive:
                for _, members in groupby(archive, key=lambda member: member.name.partition(".")[0]):
                    yield _item(archive, members)
        except (tarfile.TarError, EOFError) as error:
            raise FormatError(f"{shard} is no whole tar file: {error}") from None


def _ends(shard: Path) -> bool:
    with open(shard, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 2 * tarfile.BLOCKSIZE))
        return file.read() == bytes(2 * tarfile.BLOCKSIZE)


def _item(archive: tarfile.TarFile, members: Iterable[tarfile.TarInfo]) -> Item:
    content = {}
    for member in members:
        file = archive.extractfile(member)
        content[member.name] = b"" if file is None else file.read()
    *_, last = content
    row = _row(content[last])
    missing = [file["member"] for file in row["files"] if file["member"] not in content]
    if missing:
        raise FormatError(f"{last} names the member {missing[0]}, which does not stand before it")
    checked = [(file, _checked(file, content[file["member"]])) for file in row["files"]]
    return row | _arrays((file, data) for file, data in checked if file["role"] == "geometry")


def _row(line: bytes) -> Item:
    try:
        row = json.loads(line)
        if not {"scan", "split", "files"} <= row.keys():
            raise ValueError("it lacks scan, split or files")
    except (ValueError, AttributeError) as error:
        raise FormatError(f"a row of the table of scans is damaged: {error}") from None
    return dict(row)


def _checked(file: Item, data: bytes) -> bytes:
    if sha256(data).hexdigest() != file["sha256"]:
        raise FormatError(f"a {file['role']} file in {file.get('path', file.get('member'))} is not what was exported")
    return data


def _arrays(geometry: Iterable[tuple[Item, bytes]]) -> Item:
    """Return the arrays of one geometry, or `frames` with those of each of several."""
    frames = []
    for file, data in geometry:
        name = Path(file.get("member") or file["path"])
        if file["suffix"] not in READERS:
            raise FormatError(f"{name} has the suffix {file['suffix']!r}, which is not read as a scan")
        arrays: Mapping[str, Any] = READERS[file["suffix"]](data, name)
        frames.append({key: arrays[key] for key in ARRAYS if arrays.get(key) is not None})
    return frames[0] if len(frames) == 1 else {"frames": frames} if frames else {}
