"""The bytes of a file from the user, or a clear reason why there are none."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from lineament.errors import FormatError, InputError

SIZE_LIMIT = 4 << 30
"""Bytes; a scan of a hundred million points takes less."""


def load_bytes(path: str | PathLike[str]) -> bytes:
    """Return the content of a file.

    Raises
    ------
    InputError
        There is no such file, it is a folder or a device, it may not be read, or it is larger than 4 GiB.
    FormatError
        The file is empty.
    """
    place = Path(path)
    try:
        if place.is_dir():
            raise InputError(f"{place} is a folder; give the name of a file in it")
        if not place.exists():
            raise InputError(f"{place} does not exist; check the name and the folder")
        if not place.is_file():
            raise InputError(f"{place} is not an ordinary file")
        size = place.stat().st_size
        if size > SIZE_LIMIT:
            raise InputError(f"{place} has {size} bytes; files up to {SIZE_LIMIT} bytes are read")
        data = place.read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {place}: {getattr(error, 'strerror', None) or error}") from None
    if not data:
        raise FormatError(f"{place} is empty")
    return data
