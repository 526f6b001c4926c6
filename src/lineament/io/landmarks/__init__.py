"""Landmark files: one small module a format, found by the file's suffix.

Coordinates are written exactly as they are in `Landmarks.xyz`, in the frame and unit of the scan's file, and read back
to the same float32. What a format cannot hold is either named in its module's docstring as dropped, or refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from lineament.errors import InputError
from lineament.io.landmarks.bnd import read_bnd
from lineament.io.landmarks.csv import read_csv, write_csv
from lineament.io.landmarks.fcsv import read_fcsv, write_fcsv
from lineament.io.landmarks.lineament_json import read_lineament_json, write_lineament_json
from lineament.io.landmarks.ljson import read_ljson, write_ljson
from lineament.io.landmarks.lm3 import read_lm3
from lineament.io.landmarks.mrk_json import read_mrk_json, write_mrk_json
from lineament.io.landmarks.pp import read_pp, write_pp
from lineament.io.landmarks.pts import read_pts
from lineament.io.landmarks.text import check_writable
from lineament.io.landmarks.tps import read_tps, read_tps_all, write_tps, write_tps_all
from lineament.types import Landmarks

__all__ = ["READERS", "WRITERS", "read_landmarks", "read_tps_all", "write_landmarks", "write_tps_all"]

T = TypeVar("T")

READERS: Mapping[str, Callable[[Path], Landmarks]] = MappingProxyType(
    {
        ".mrk.json": read_mrk_json,
        ".json": read_lineament_json,
        ".fcsv": read_fcsv,
        ".csv": read_csv,
        ".tsv": read_csv,
        ".txt": read_csv,
        ".pp": read_pp,
        ".tps": read_tps,
        ".ljson": read_ljson,
        ".lm3": read_lm3,
        ".bnd": read_bnd,
        ".pts": read_pts,
    }
)
"""Readers by suffix; the first that the file's name ends with."""

WRITERS: Mapping[str, Callable[[Landmarks, Path], None]] = MappingProxyType(
    {
        ".mrk.json": write_mrk_json,
        ".json": write_lineament_json,
        ".fcsv": write_fcsv,
        ".csv": write_csv,
        ".pp": write_pp,
        ".tps": write_tps,
        ".ljson": write_ljson,
    }
)
"""Writers by suffix; the first that the file's name ends with."""


def read_landmarks(path: str | PathLike[str]) -> Landmarks:
    """Read landmarks; the file's suffix chooses the format.

    Parameters
    ----------
    path : path-like
        Its suffix is one of `READERS`. Of a `.tps` file with several specimens the first is read; see `read_tps_all`.

    Returns
    -------
    Landmarks
        `xyz` is `(L, 3) float32` with the file's numbers; files that declare RAS are turned into LPS. Points that the
        file marks as missing are rows of NaN. `sigma` and `unit` are None where the format cannot hold them.

    Raises
    ------
    InputError
        The suffix is not known, or the file cannot be opened.
    FormatError
        The file does not follow its format.
    """
    path = Path(path)
    return _choose(READERS, path, "read")(path)


def write_landmarks(landmarks: Landmarks, path: str | PathLike[str]) -> Path:
    """Write landmarks, whole or not at all; the file's suffix chooses the format.

    Parameters
    ----------
    landmarks : Landmarks
    path : path-like
        Its suffix is one of `WRITERS`. `.tps` has no names: they are written to `<stem>.names.csv` beside it.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        The suffix is not known; a name is empty or stands twice; the format cannot hold the missing points or the
        unit; the file cannot be written.
    """
    path = Path(path)
    write = _choose(WRITERS, path, "write")
    check_writable(landmarks)
    write(landmarks, path)
    return path


def _choose(formats: Mapping[str, T], path: Path, verb: str) -> T:
    """Return the format whose suffix the file's name ends with."""
    name = path.name.lower()
    for suffix, value in formats.items():
        if name.endswith(suffix):
            return value
    raise InputError(f"cannot {verb} {path}: its suffix is none of {' '.join(formats)}")
