"""Arrays in numpy's NPY and NPZ files, read without trusting a size that they declare, and never unpickled.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.errors import FormatError

MAGIC = b"\x93NUMPY"
HEADER = re.compile(
    rb"\{\s*'descr':\s*'([<>|=]?[fiubU]\d{1,4})',\s*'fortran_order':\s*(True|False),"
    rb"\s*'shape':\s*\(([\d, ]{0,200})\),?\s*\}\s*"
)
SIZE_LIMIT = 2 << 30
"""Bytes that the arrays of one archive may take once inflated."""
RATIO_LIMIT = 200
"""How far an array may be compressed; measured coordinates compress by less than 10."""
RATIO_FREE = 16 << 20
"""Arrays up to this many bytes are inflated whatever their ratio."""


def parse_npy(data: bytes) -> npt.NDArray[Any]:
    """Return the array of an NPY file of numbers, booleans or text.

    Raises
    ------
    FormatError
        The file is damaged, shorter or longer than its shape says, or holds Python objects.
    """
    if not data.startswith(MAGIC) or len(data) < 12:
        raise FormatError("this is not an NPY array, or it is cut off")
    length_size = 2 if data[6] == 1 else 4
    start = 8 + length_size
    end = start + int.from_bytes(data[8:start], "little")
    match = HEADER.fullmatch(data, start, min(end, len(data), start + 10_000))
    if data[6] not in (1, 2, 3) or match is None:
        raise FormatError("the header of the NPY array is damaged, or its values are not plain numbers")
    try:
        dtype = np.dtype(match[1].decode("ascii"))
    except TypeError:
        raise FormatError(f"the NPY array has an unknown type {match[1].decode('ascii')!r}") from None
    shape = tuple(int(size) for size in re.findall(rb"\d+", match[3]))
    needed = math.prod(shape) * dtype.itemsize
    if needed != len(data) - end or len(shape) > 8 or max(shape, default=0) > len(data):
        raise FormatError(
            f"the NPY array of shape {shape} takes {needed} bytes, but {len(data) - end} follow its header; "
            "the file is cut off or damaged"
        )
    values = np.frombuffer(data, dtype, offset=end) if needed else np.empty(0, dtype)
    return values.reshape(shape, order="F" if match[2] == b"True" else "C")


def parse_npz(data: bytes, wanted: Collection[str] | None = None) -> dict[str, npt.NDArray[Any]]:
    """Return those arrays of an NPZ archive that are in `wanted`; all without it.

    Raises
    ------
    FormatError
        The archive is damaged, or an array would inflate to more than is sane.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            if len(members) < len(archive.infolist()):
                raise FormatError("the NPZ archive holds two arrays of one name")
            chosen = {name: members[name] for name in (members if wanted is None else wanted) if name in members}
            _check_sizes(chosen)
            return {name: parse_npy(archive.read(info)) for name, info in chosen.items()}
    except FormatError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        raise FormatError("the NPZ archive is damaged or cut off") from None
    except (RuntimeError, ValueError, KeyError, OverflowError, IndexError):
        # zipfile lets these through for encrypted members and for damaged extra fields
        raise FormatError("the NPZ archive is damaged or encrypted") from None


def _check_sizes(members: Mapping[str, zipfile.ZipInfo]) -> None:
    total = 0
    for name, info in members.items():
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError(f"array {name!r} is packed in a way that numpy does not write")
        total += info.file_size
        ratio = info.file_size / max(info.compress_size, 1)
        if total > SIZE_LIMIT or (info.file_size > RATIO_FREE and ratio > RATIO_LIMIT):
            raise FormatError(
                f"array {name!r} would inflate from {info.compress_size} to {info.file_size} bytes, "
                "which no scan does; the archive is refused"
            )
