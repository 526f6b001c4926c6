"""What every dataset of real scans gives: a list of items, and the truth of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lineament.bench.points import ibug_names, known_names
from lineament.errors import FormatError, InputError
from lineament.io.landmarks.text import read_lines
from lineament.io.scans import read_scan
from lineament.types import Floats, Scan

MENPO68 = (*range(17), *range(29, 34), *range(43, 48), *range(34, 43), *range(17, 29), *range(48, 68))
"""Place in menpo's order of each of iBUG's 68 points."""
BESIDE = 1.0
"""A vertex and its coordinates in a landmark file may differ by this much, in the scan's unit."""


@dataclass(frozen=True)
class Item:
    """One scan of a dataset; nothing of it is read yet.

    Attributes
    ----------
    subject : str
        Whoever was scanned; splits never cut through a subject.
    name : str
        Unique in the dataset.
    scan : Path
    landmarks : Path or None
        File of the truth; None where the scan has none.
    """

    subject: str
    name: str
    scan: Path
    landmarks: Path | None


@dataclass(frozen=True, eq=False)
class Truth:
    """A scan and where its landmarks are.

    Attributes
    ----------
    scan : Scan
    names : tuple of L str
        In Lineament's words: of `ibug68` or `anthropometric`.
    xyz : (L, 3) float32, in the scan's frame and unit
        NaN where a point is missing.
    mm_per_unit : float or None
        None where the dataset does not say; then the size of the face decides.
    """

    scan: Scan
    names: tuple[str, ...]
    xyz: Floats
    mm_per_unit: float | None = None


@dataclass(frozen=True)
class Dataset:
    """How one dataset is laid out.

    Attributes
    ----------
    name : str
    find : callable
        Lists the items of a folder, sorted.
    load : callable
        Reads an item; the second argument is the order of its points (`--order`), or empty.
    orders : tuple of str
        Values of `--order` that are known by name; the first is taken without one. Empty: an order must be given
        where a file does not name its points.
    read : callable
        Reads a scan without its landmarks.
    """

    name: str
    find: Callable[[Path], list[Item]]
    load: Callable[[Item, str], Truth]
    orders: tuple[str, ...] = ()
    read: Callable[[Path], Scan] = read_scan


def list_scans(folder: Path, pattern: str, expected: str) -> list[Path]:
    """Return the files of a folder and those below it that match, sorted; hidden ones are left alone.

    Raises
    ------
    InputError
        The folder does not exist, or nothing in it matches.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give the folder of the dataset")
    found = sorted(path for path in folder.rglob(pattern) if path.is_file() and not path.name.startswith("."))
    if not found:
        raise InputError(f"{folder} holds no {expected}")
    return found


def split_items(items: Iterable[Item], part: str, test_share: float = 0.2) -> list[Item]:
    """Return one part of a dataset; a subject is in `train` or in `test`, never in both.

    Parameters
    ----------
    items : iterable of Item
    part : str
        `all`, `train` or `test`.
    test_share : float
        Share of the subjects in `test`. A hash of the subject's name decides, so that the part of a subject does not
        change with the scans that are there.
    """
    if part == "all":
        return list(items)
    return [item for item in items if (_fraction(item.subject) < test_share) == (part == "test")]


def _fraction(subject: str) -> float:
    return int.from_bytes(sha256(subject.encode()).digest()[:8], "big") / 2**64


def read_order(order: str, count: int, where: Path) -> Mapping[int, str]:
    """Return the name of each place of a landmark file whose points have no names.

    Parameters
    ----------
    order : str
        `ibug68`, `menpo68`, or the path of a text file with a place, from 1, and a name in each line.
    count : int
        Points in the landmark file.
    where : Path
        The landmark file, for errors.

    Returns
    -------
    mapping of int to str
        Place, from 0, to a name of `ibug68` or `anthropometric`.

    Raises
    ------
    InputError
        The order is unknown, or does not fit the number of points.
    """
    if order in ("ibug68", "menpo68"):
        if count != 68:
            raise InputError(f"{where} holds {count} points, but the order {order!r} is one of 68; give --order a file")
        places = range(68) if order == "ibug68" else MENPO68
        return dict(zip(places, ibug_names(), strict=True))
    path = Path(order)
    if not path.is_file():
        raise InputError(f"--order {order} is neither ibug68, menpo68 nor a file with a place and a name in each line")
    return _read_order_file(path, count)


def _read_order_file(path: Path, count: int) -> Mapping[int, str]:
    found: dict[int, str] = {}
    for line_number, line in enumerate(read_lines(path), 1):
        cells = line.split("#")[0].replace(",", " ").split()
        if not cells:
            continue
        where = f"{path}: line {line_number}"
        if len(cells) != 2 or not cells[0].isascii() or not cells[0].isdecimal():
            raise FormatError(
                f"{where}: expected a place, from 1, and the name of a landmark, such as '31 nose_bridge_3'"
            )
        place, name = int(cells[0]), cells[1]
        if not 1 <= place <= count:
            raise FormatError(f"{where}: place {place} is not one of the {count} points, from 1")
        if name not in known_names():
            raise FormatError(f"{where}: {name!r} is not a landmark of ibug68 or anthropometric")
        found[place - 1] = name
    if not found:
        raise FormatError(f"{path} names no point")
    return found


def pick(xyz: Floats, order: Mapping[int, str]) -> tuple[tuple[str, ...], Floats]:
    """Return names and coordinates of the places that have a name."""
    places = list(order)
    return tuple(order[place] for place in places), np.ascontiguousarray(xyz[places])


def at_vertices(scan: Scan, vertices: Sequence[int], where: Path) -> Floats:
    """Return the scan's points of those numbers, from 0.

    Raises
    ------
    FormatError
        The scan has no such point: the landmark file belongs to another one.
    """
    if vertices and not 0 <= min(vertices) <= max(vertices) < len(scan):
        raise FormatError(
            f"{where} names vertex {max(vertices)}, but the scan has {len(scan)} points; "
            "it belongs to another scan, or counts in another way"
        )
    chosen: Floats = scan.points[list(vertices)]
    return chosen


def handedness(
    left: npt.NDArray[np.floating],
    right: npt.NDArray[np.floating],
    up: npt.NDArray[np.floating],
    out: npt.NDArray[np.floating],
) -> float:
    """Tell whether `left` is the subject's own left: positive where it is.

    Parameters
    ----------
    left, right : (3,)
        Points of the two sides, such as the eyes.
    up, out : (3,)
        Directions up the face and out of it.
    """
    return float(np.dot(np.cross(left - right, up), out))
