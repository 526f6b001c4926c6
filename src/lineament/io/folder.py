"""Folders for results."""

from __future__ import annotations

from pathlib import Path

from lineament.errors import InputError


def make_folder(path: Path) -> Path:
    """Make a folder and those above it where they are missing.

    Raises
    ------
    InputError
        A file is in the way, or the folder may not be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {path}: {error.strerror or error}") from None
    return path
