"""Thin-plate spline files, `.tps`, of tpsDig and geomorph: the points of one or several specimens, by order.

Written: `LM3=`, rows without leading blanks, `NA NA NA` for a missing point, `ID=`, a blank line. The format has no
names: they go to `<stem>.names.csv` beside it, in the points' order. Dropped: unit, expected errors, the state
`visible`, descriptions, the set's name.

Read: names from that sidecar where it exists, else the points' places from 1. Coordinates are multiplied by `SCALE=`,
as the format defines. Negative coordinates are coordinates. Points in 2D are refused. Dropped: curves, image,
comment, variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from lineament.errors import FormatError, InputError
from lineament.io.atomic import atomic_write
from lineament.io.landmarks.text import (
    MISSING,
    Row,
    check_magnitude,
    check_writable,
    decimal,
    is_line,
    join_cells,
    missing,
    parse_count,
    parse_number,
    parse_row,
    read_lines,
    show,
    split_cells,
    to_landmarks,
)
from lineament.types import Landmarks

MAX_BYTES = 32 << 20
MAX_LINES = 1_000_000
"""A file may hold a whole study, unlike the other formats."""


def read_tps(path: Path) -> Landmarks:
    """Read the first specimen."""
    return next(iter(read_tps_all(path).values()))


def read_tps_all(path: str | PathLike[str]) -> dict[str, Landmarks]:
    """Read every specimen of a `.tps` file.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    dict of str to Landmarks
        By `ID=`, in the file's order; a specimen without it is called by its place, from 1.

    Raises
    ------
    FormatError
        The file is truncated or damaged, two specimens have one id, or the sidecar has another number of names.
    """
    path = Path(path)
    lines = read_lines(path, MAX_BYTES, MAX_LINES)
    names = _read_names(path)
    specimens: dict[str, Landmarks] = {}
    at = 0
    while (at := _skip_blank(lines, at)) < len(lines):
        rows, at = _points(lines, at, path, ("LM", "LM3"))
        facts, at = _facts(lines, at, path)
        scale = parse_number(facts.get("SCALE") or "1", f"{path}: SCALE")
        if scale <= 0:
            raise FormatError(f"{path}: SCALE={show(facts['SCALE'])}, expected more than 0")
        labels = ("",) * len(rows) if names is None else names
        if len(labels) != len(rows):
            raise FormatError(
                f"{path}: specimen {len(specimens) + 1} has {len(rows)} points, but {_sidecar(path)} has "
                f"{len(labels)} names"
            )
        scaled = [(x * scale, y * scale, z * scale) for x, y, z in rows]
        for row in scaled:
            for value in row:
                check_magnitude(value, f"{path}: SCALE={show(scale)}")
        specimen = facts.get("ID") or str(len(specimens) + 1)
        if specimen in specimens:
            raise FormatError(f"{path}: two specimens have the id {show(specimen)}")
        specimens[specimen] = to_landmarks(path, labels, scaled)
    return specimens


def _skip_blank(lines: list[str], at: int) -> int:
    """Return the place of the next line that is not blank."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _key(line: str) -> tuple[str, str]:
    """Return the key and the value of a line such as `ID=s001`; an empty key where it is something else."""
    key, equals, value = line.partition("=")
    key = key.strip().upper()
    return (key, value.strip()) if equals and key.isascii() and key.isidentifier() else ("", "")


def _points(lines: list[str], at: int, path: Path, keys: tuple[str, ...]) -> tuple[list[Row], int]:
    """Return the rows under a line such as `LM3=4`, and the place after them."""
    key, value = _key(lines[at])
    if key not in keys:
        raise FormatError(f"{path}: line {at + 1}: found {show(lines[at])}, expected {' or '.join(keys)}=<count>")
    count = parse_count(value, f"{path}: line {at + 1}")
    at += 1
    if count > len(lines) - at:
        raise FormatError(f"{path}: line {at} declares {count} points, but {len(lines) - at} lines follow; truncated?")
    rows = []
    for place in range(at, at + count):
        cells, where = lines[place].split(), f"{path}: line {place + 1}"
        if len(cells) == 2:
            raise FormatError(f"{where}: a point in 2D, expected x y z")
        rows.append(MISSING if cells == ["NA"] * 3 else parse_row(cells, where))
    return rows, at + count


def _facts(lines: list[str], at: int, path: Path) -> tuple[dict[str, str], int]:
    """Return a specimen's `KEY=value` lines, up to a blank line or the next specimen; its curves are passed over."""
    facts: dict[str, str] = {}
    while at < len(lines) and lines[at].strip():
        key, value = _key(lines[at])
        if not key:
            raise FormatError(f"{path}: line {at + 1}: found {show(lines[at])}, expected KEY=value; a wrong LM3 count?")
        if key in ("LM", "LM3"):
            break
        if key in ("POINTS", "POINTS3"):
            _, at = _points(lines, at, path, (key,))
            continue
        facts[key] = value
        at += 1
    return facts, at


def _sidecar(path: Path) -> Path:
    """Return where the names of a `.tps` file stand."""
    return path.with_name(path.name[: -len(path.suffix)] + ".names.csv")


def _read_names(path: Path) -> tuple[str, ...] | None:
    """Return the names in the sidecar, or None where there is none."""
    sidecar = _sidecar(path)
    if not sidecar.is_file():
        return None
    lines = read_lines(sidecar)
    if lines[0].strip() != "name":
        raise FormatError(f"{sidecar}: found {show(lines[0])}, expected the header 'name'")
    cells = [split_cells(line, ",", str(sidecar)) for line in lines[1:] if line.strip()]
    if any(len(row) != 1 for row in cells):
        raise FormatError(f"{sidecar}: found several columns, expected one name a line")
    return tuple(row[0] for row in cells)


def write_tps(landmarks: Landmarks, path: Path) -> None:
    """Write one specimen, its id the file's stem, and the names beside it."""
    write_tps_all({path.name[: -len(path.suffix)]: landmarks}, path)


def write_tps_all(specimens: Mapping[str, Landmarks], path: str | PathLike[str]) -> Path:
    """Write several specimens to one `.tps` file, and the names to `<stem>.names.csv` beside it.

    Parameters
    ----------
    specimens : mapping of str to Landmarks
        By id; all with the same names in the same order, as geomorph needs it.
    path : path-like

    Returns
    -------
    Path

    Raises
    ------
    InputError
        The specimens differ in their names, an id is not one line of text, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".tps":
        raise InputError(f"cannot write {path}: its suffix is not .tps")
    if not specimens:
        raise InputError(f"cannot write {path}: there are no specimens")
    names = next(iter(specimens.values())).names
    lines = []
    for specimen, landmarks in specimens.items():
        check_writable(landmarks)
        if landmarks.names != names:
            raise InputError(f"cannot write {path}: specimen {show(specimen)} has other names than the first")
        if not specimen or not is_line(specimen):
            raise InputError(f"cannot write {path}: the id {show(specimen)} is not one line of text")
        lines.append(f"LM3={len(landmarks)}")
        for xyz, gone in zip(landmarks.xyz, missing(landmarks), strict=True):
            lines.append("NA NA NA" if gone else " ".join(map(decimal, xyz)))
        lines += [f"ID={specimen}", ""]
    titles = ["name", *(join_cells([name]) for name in names)]
    # Both take their places only once both are complete: points under other names are worse than none.
    with atomic_write(_sidecar(path)) as sidecar, atomic_write(path) as file:
        sidecar.write(("\n".join(titles) + "\n").encode("utf-8"))
        file.write(("\n".join(lines) + "\n").encode("utf-8"))
    return path
