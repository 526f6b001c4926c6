"""A registered collection in a file: NPZ keeps everything, TPS and Morphologika the coordinates and people's names.

NPZ, schema `lineament-stack/1`: the arrays of `Stack`, and `unit`, `mm` or `centroid size`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from lineament.errors import FormatError, InputError
from lineament.face.register import Stack
from lineament.io.atomic import atomic_write
from lineament.io.landmarks.morphologika import write_morphologika
from lineament.io.landmarks.tps import write_tps_all
from lineament.io.load import load_bytes
from lineament.io.npy import parse_npz
from lineament.types import Landmarks

SCHEMA = "lineament-stack/1"
_ARRAYS = ("names", "points", "confidence", "size", "point_names", "triangles")


def write_stack(path: str | PathLike[str], stack: Stack) -> Path:
    """Write a stack as NPZ; it appears whole or not at all, and the same stack gives the same bytes.

    Raises
    ------
    InputError
        The suffix is another one, or the file cannot be written.
    """
    place = _checked_suffix(Path(path), ".npz")
    arrays: dict[str, Any] = {name: np.asarray(getattr(stack, name)) for name in _ARRAYS}
    with atomic_write(place) as file:
        np.savez(file, schema=np.array(SCHEMA), unit=np.array(stack.unit), **arrays)
    return place


def read_stack(path: str | PathLike[str]) -> Stack:
    """Read a stack that `write_stack` wrote.

    Raises
    ------
    InputError
        The file cannot be read.
    FormatError
        The file is damaged, or is no stack.
    """
    try:
        found = parse_npz(load_bytes(path), ("schema", "unit", *_ARRAYS))
        if str(found.get("schema")) != SCHEMA:
            raise FormatError(f"this is no registered collection of schema {SCHEMA!r}")
        missing = [name for name in ("unit", *_ARRAYS) if name not in found]
        if missing:
            raise FormatError(f"the collection lacks {', '.join(missing)}; the file is damaged")
        names, point_names = (tuple(map(str, found[name].tolist())) for name in ("names", "point_names"))
        points, confidence, size = (found[name] for name in ("points", "confidence", "size"))
        return Stack(names, points, confidence, size, point_names, found["triangles"], str(found["unit"]))
    except InputError as error:
        raise (error if str(path) in str(error) else FormatError(f"{path}: {error}")) from None
    except (TypeError, ValueError):
        raise FormatError(f"{path}: an array of the collection holds no numbers; the file is damaged") from None


def write_tps_stack(path: str | PathLike[str], stack: Stack) -> Path:
    """Write a stack as TPS, for geomorph; the points' names go beside it."""
    unit = "mm" if stack.unit == "mm" else None
    people = {
        name: Landmarks(stack.point_names, xyz, unit=unit) for name, xyz in zip(stack.names, stack.points, strict=True)
    }
    return write_tps_all(people, path)


def write_morphologika_stack(path: str | PathLike[str], stack: Stack) -> Path:
    """Write a stack as Morphologika text."""
    return write_morphologika(dict(zip(stack.names, stack.points, strict=True)), path)


WRITERS: Mapping[str, tuple[str, Callable[[str | PathLike[str], Stack], Path]]] = MappingProxyType(
    {
        "npz": (".npz", write_stack),
        "tps": (".tps", write_tps_stack),
        "morphologika": (".txt", write_morphologika_stack),
    }
)
"""By name, the suffix and the function of each format."""


def _checked_suffix(path: Path, suffix: str) -> Path:
    if path.suffix.lower() != suffix:
        raise InputError(f"{path} has the suffix {path.suffix!r}, expected {suffix}")
    return path
