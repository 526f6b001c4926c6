"""Any folder of scans, each with a landmark file of the same stem beside it, in any format that Lineament reads.

Points that are called as in `ibug68` or `anthropometric` are found by their names; others need `--order`. A scan
without a landmark file counts for steadiness alone. Whatever lies in one subfolder is one subject; scans that lie in
the folder itself are each a subject of their own.
"""

from __future__ import annotations

from pathlib import Path

from lineament.bench.datasets.base import Dataset, Item, Truth, list_scans, pick, read_order
from lineament.bench.points import known_names
from lineament.errors import InputError
from lineament.io import landmarks, scans
from lineament.io.landmarks import read_landmarks
from lineament.io.scans import read_scan

TABLES = ("txt", "csv")
"""Suffixes that may hold either; in a dataset they hold landmarks."""
SUFFIXES = frozenset(scans.READERS) - set(TABLES)


def find(folder: Path) -> list[Item]:
    """List the scans of a folder and of those below it."""
    files = list_scans(folder, "*", "files")
    beside = {(path.parent, stem): path for path in reversed(files) if (stem := _landmark_stem(path.name))}
    found = [path for path in files if path.suffix.lower().removeprefix(".") in SUFFIXES]
    if not found:
        raise InputError(f"{folder} holds no scan; looked for {', '.join(sorted(SUFFIXES))}")
    items = []
    for path in found:
        place = path.relative_to(folder)
        subject = place.parts[0] if len(place.parts) > 1 else path.stem
        items.append(Item(subject, place.as_posix(), path, beside.get((path.parent, path.stem.lower()))))
    return items


def _landmark_stem(name: str) -> str | None:
    lower = name.lower()
    return next((lower.removesuffix(suffix) for suffix in landmarks.READERS if lower.endswith(suffix)), None)


def load(item: Item, order: str) -> Truth:
    """Read a scan and its landmarks.

    Raises
    ------
    InputError
        A file cannot be read, or its points have no names and no order is given.
    """
    assert item.landmarks is not None
    truth = read_landmarks(item.landmarks)
    if order:
        places = read_order(order, len(truth), item.landmarks)
    else:
        places = {place: name for place, name in enumerate(truth.names) if name in known_names()}
    if not places:
        raise InputError(
            f"{item.landmarks} does not name its {len(truth)} points as ibug68 or anthropometric do; "
            "give --order ibug68, --order menpo68 or --order FILE"
        )
    names, xyz = pick(truth.xyz, places)
    return Truth(read_scan(item.scan), names, xyz, truth.mm_per_unit)


FOLDER = Dataset("folder", find, load)
