"""Files for download: what the library writes to a path, as bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from fastapi import Response

from lineament.errors import InputError

LONGEST = 100


def written(name: str, write: Callable[[Path], object]) -> bytes:
    """Return the bytes of the file `name` that `write` writes; nothing of it stays on disk.

    Raises
    ------
    InputError
        The format cannot hold what is to be written.
    """
    with tempfile.TemporaryDirectory(prefix="lineament-studio-") as folder:
        place = Path(folder) / name
        try:
            write(place)
        except InputError as error:
            raise type(error)(str(error).replace(str(place), name)) from None
        return place.read_bytes()


def stem_of(name: str) -> str:
    """Return the beginning of the names of files that are made of a scan."""
    stem = "".join(letter if letter.isalnum() or letter in "-_ ." else "_" for letter in Path(name).stem)
    return stem.strip(" .")[:LONGEST] or "scan"


def attachment(data: bytes, name: str, media_type: str = "application/octet-stream") -> Response:
    """Return a reply that a browser saves under `name`."""
    return Response(
        data, media_type=media_type, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    )
