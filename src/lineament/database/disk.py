"""Every change that the database makes to files: written whole, synced, renamed, removed.

All go through `_step`, so that tests can let any of them fail, or end the process before any of them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from lineament.errors import StoreError

TEMPORARY = ".tmp"
"""End of the names of files that are not whole yet."""

_watcher: Callable[[str, str], None] | None = None


def watch(watcher: Callable[[str, str], None] | None) -> None:
    """Let tests see each step before it is done: `write`, `sync`, `rename`, `remove` of a path, or a named `point`."""
    global _watcher
    _watcher = watcher


def reach(point: str) -> None:
    """Mark a place between two steps where a crash must do no harm."""
    _step("point", point)


def _step(kind: str, what: str) -> None:
    if _watcher is not None:
        _watcher(kind, what)


def write_temporary(folder: Path, pieces: Iterable[bytes], start: str = "") -> tuple[Path, int]:
    """Write bytes to a new file that is not in place yet, and sync it; its name begins with `start`.

    Returns
    -------
    path : Path
    size : int, bytes

    Raises
    ------
    StoreError
        The bytes are not on disk; nothing is left of them.
    """
    path = folder / f"{start}{secrets.token_hex(8)}{TEMPORARY}"
    size = 0
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            for piece in pieces:
                _step("write", str(path))
                if file.write(piece) != len(piece):
                    raise OSError("the disk took a part only")
                size += len(piece)
            _step("sync", str(path))
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, size


def put_in_place(temporary: Path, path: Path) -> None:
    """Give a temporary file its name; it stays after a crash once `sync_folder` has returned."""
    try:
        _step("rename", str(path))
        os.replace(temporary, path)
    except OSError as error:
        if not temporary.is_dir():  # of a folder, whoever wrote it takes care
            temporary.unlink(missing_ok=True)
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error


def sync_data(descriptor: int, path: Path) -> None:
    """Make what was written to an open file durable, with its size; other times of the file may be lost.

    Raises
    ------
    StoreError
    """
    try:
        _step("sync", str(path))
        getattr(os, "fdatasync", os.fsync)(descriptor)  # as SQLite itself does
    except OSError as error:
        raise StoreError(f"cannot sync {path}: {error.strerror or error}") from error


def sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder durable. A failure is never tried again: the pages may be lost by then.

    Raises
    ------
    StoreError
    """
    if os.name == "nt":
        return  # folders cannot be synced there
    try:
        _step("sync", str(folder))
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(f"cannot sync {folder}: {error.strerror or error}") from error


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file that is there whole and durable, or not at all; what a crash leaves has its name and more."""
    temporary, _ = write_temporary(path.parent, pieces, f"{path.name}.")
    put_in_place(temporary, path)
    sync_folder(path.parent)


def make_folders(path: Path) -> None:
    """Make a folder and those above it, durable."""
    missing = [place for place in (path, *path.parents) if not place.is_dir()]
    try:
        for place in reversed(missing):
            _step("write", str(place))
            place.mkdir(mode=0o700, exist_ok=True)
            sync_folder(place.parent)
    except OSError as error:
        raise StoreError(f"cannot make the folder {path}: {error.strerror or error}") from error


def remove(path: Path) -> None:
    """Remove a file if it is there; `sync_folder` makes that durable."""
    try:
        _step("remove", str(path))
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot remove {path}: {error.strerror or error}") from error


def remove_tree(path: Path) -> int:
    """Remove a folder and all in it, durable; return how many files there were."""
    if not path.is_dir():
        return 0
    count = 0
    for folder, _, names in os.walk(path, topdown=False):
        for name in names:
            remove(Path(folder, name))
            count += 1
        try:
            _step("remove", folder)
            os.rmdir(folder)
        except OSError as error:
            raise StoreError(f"cannot remove the folder {folder}: {error.strerror or error}") from error
    sync_folder(path.parent)
    return count


def remove_empty(path: Path) -> None:
    """Remove a folder and those in it, as far as they hold nothing; durable, with what was removed of their files."""
    try:
        for folder, _, _ in os.walk(path, topdown=False):
            if os.listdir(folder):
                sync_folder(Path(folder))
            else:
                _step("remove", folder)
                os.rmdir(folder)
    except OSError as error:
        raise StoreError(f"cannot remove folders in {path}: {error.strerror or error}") from error
    sync_folder(path.parent)


def overwrite(path: Path) -> None:
    """Write zeros over a small file, sync it and remove it; what an SSD keeps of it only a new master key ends."""
    try:
        with open(path, "r+b", buffering=0) as file:
            _step("write", str(path))
            file.write(bytes(os.fstat(file.fileno()).st_size))
            _step("sync", str(path))
            os.fsync(file.fileno())
    except FileNotFoundError:
        pass  # it is gone, but perhaps not for good
    except OSError as error:
        raise StoreError(f"cannot overwrite {path}: {error.strerror or error}") from error
    else:
        remove(path)
    sync_folder(path.parent)
