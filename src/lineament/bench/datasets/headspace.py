"""Headspace: `00001/<12 digits>.obj` with 68 vertices in `ldmks<12 digits>.txt` beside it.

Dai, Pears, Smith, Duncan: *Statistical Modeling of Craniofacial Shape and Texture*, IJCV 2020; the layout is described
at www-users.york.ac.uk/~np7/research/Headspace. That the lines are vertices counted from 1, in iBUG's order, is after
github.com/lucacarotenuto/3d-facial-landmarks-omfs (`scripts`), not checked on a licensed file. `--order FILE` takes
another order: a place, from 1, and a name in each line.
"""

from __future__ import annotations

from pathlib import Path

from lineament.bench.datasets.base import Dataset, Item, Truth, at_vertices, list_scans, pick, read_order
from lineament.errors import FormatError
from lineament.io.landmarks.text import parse_count, read_lines
from lineament.io.scans import read_scan


def find(folder: Path) -> list[Item]:
    """List the scans that have landmarks; a folder is a subject."""
    files = list_scans(folder, "ldmks*.txt", "landmarks of Headspace (ldmks*.txt)")
    return [
        Item(path.parent.name, f"{path.parent.name}/{path.stem.removeprefix('ldmks')}", _scan_of(path), path)
        for path in files
    ]


def _scan_of(path: Path) -> Path:
    return path.with_name(path.stem.removeprefix("ldmks") + ".obj")


def load(item: Item, order: str) -> Truth:
    """Read a scan and its landmarks.

    Raises
    ------
    FormatError
        A line is no vertex of the scan.
    """
    assert item.landmarks is not None
    lines = [(place, line.strip()) for place, line in enumerate(read_lines(item.landmarks), 1) if line.strip()]
    vertices = [parse_count(line, f"{item.landmarks}: line {place}") - 1 for place, line in lines]
    if not vertices:
        raise FormatError(f"{item.landmarks} holds no landmarks")
    scan = read_scan(item.scan)
    names, xyz = pick(at_vertices(scan, vertices, item.landmarks), read_order(order, len(vertices), item.landmarks))
    return Truth(scan, names, xyz)


HEADSPACE = Dataset("headspace", find, load, ("ibug68",))
