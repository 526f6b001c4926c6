"""What the landmark formats share: bounded text, strict numbers, names, rows of separated values.

Symbols: L landmarks.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lineament.errors import FormatError, InputError
from lineament.io.atomic import atomic_write
from lineament.io.load import load_bytes
from lineament.types import MILLIMETRES, Landmarks

MAX_BYTES = 8 << 20
"""Landmark files are kilobytes; past this size the file is something else."""
MAX_LINES = 200_000
"""Bounds the memory that many short lines would take."""

Row = tuple[float, float, float]
MISSING: Row = (float("nan"), float("nan"), float("nan"))

# The least magnitude that rounds to infinity in float32.
_TOO_LARGE = 2.0**128 - 2.0**103
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
# Controls and line ends, lone surrogates, byte-order marks, and what XML 1.0 forbids.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]+")


def read_text(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """Return a UTF-8 file's text; refuse what is too large to be landmarks or is not text."""
    if path.is_file() and path.stat().st_size > max_bytes:
        raise FormatError(f"{path}: larger than {max_bytes >> 20} MiB, too large for a file of landmarks")
    data = load_bytes(path)
    if not data.strip():
        raise FormatError(f"{path}: the file is empty")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: not UTF-8 text at byte {error.start}; save the file as UTF-8") from None


def read_lines(path: Path, max_bytes: int = MAX_BYTES, max_lines: int = MAX_LINES) -> list[str]:
    """Return a text file's lines; only the line ends of Unix, Windows and old Macs separate them."""
    text = read_text(path, max_bytes).replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > max_lines:
        raise FormatError(f"{path}: more than {max_lines} lines, too many for a file of landmarks")
    return text.split("\n")


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all."""
    with atomic_write(path) as file:
        file.write(text.encode("utf-8"))


def show(value: Any) -> str:
    """Return what was found, short enough for an error."""
    text = repr(value) if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"
    return text if len(text) <= 50 else text[:47] + "..."


def check_magnitude(value: float, where: str) -> float:
    """Return `value` as a float that float32 can hold."""
    if abs(value) >= _TOO_LARGE:
        raise FormatError(f"{where}: a number is too large for float32")
    return float(value)


def parse_number(text: str, where: str) -> float:
    """Parse a plain decimal number; `nan`, `inf`, `1_000` and `1,5` are refused."""
    if not _NUMBER.fullmatch(text.strip()):
        raise FormatError(f"{where}: found {show(text)}, expected a number with a decimal point")
    return check_magnitude(float(text), where)


def parse_count(text: str, where: str) -> int:
    """Parse a count of points."""
    if not _COUNT.fullmatch(text.strip()):
        raise FormatError(f"{where}: found {show(text)}, expected a count of points")
    return int(text)


def parse_row(cells: Sequence[str], where: str) -> Row:
    """Parse three numbers."""
    if len(cells) != 3:
        raise FormatError(f"{where}: found {len(cells)} numbers, expected x, y and z")
    x, y, z = (parse_number(cell, where) for cell in cells)
    return x, y, z


def lps_from_ras(row: Row) -> Row:
    """Turn RAS into LPS or back: x and y change their sign."""
    return -row[0], -row[1], row[2]


def decimal(value: float | np.floating[Any]) -> str:
    """Return the shortest decimal, without an exponent, that reads back as the same float32."""
    single = np.float32(value)
    text = np.format_float_positional(single, trim="0")
    # The shortest float32 decimal may round elsewhere on its way through a double; its own double never does.
    return text if np.float32(float(text)) == single else repr(float(single))


def missing(landmarks: Landmarks) -> list[bool]:
    """Return for each of the L landmarks whether it has no coordinates."""
    return [bool(flag) for flag in np.any(np.isnan(landmarks.xyz), axis=1)]


def name_fault(names: Sequence[str]) -> str | None:
    """Say what keeps names from being used in every format, or None: each is one line of text, unlike the others."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if not name.strip():
            return f"landmark {index + 1} has no name"
        if not is_line(name):
            return f"the name {show(name)} has control characters or blanks at its ends"
        if name in seen:
            return f"the name {show(name)} stands for two landmarks"
        seen.add(name)
    return None


def is_line(text: str) -> bool:
    """Return whether text can stand in a line of any format: no controls, no blanks at its ends, fit for XML 1.0."""
    return text == text.strip() and not _UNFIT.search(text)


def to_landmarks(path: Path, names: Sequence[str], rows: Sequence[Row], **values: Any) -> Landmarks:
    """Return the landmarks of a file; a point without a name is called by its place, from 1.

    Descriptions and the set's name lose what is not fit for a line; names with such characters are refused.
    """
    if not rows:
        raise FormatError(f"{path}: holds no landmarks")
    full = tuple(name.strip() or str(place) for place, name in enumerate(names, 1))
    fault = name_fault(full)
    if fault:
        raise FormatError(f"{path}: {fault}; each needs its own name")
    descriptions = tuple(_UNFIT.sub(" ", text).strip() for text in values.pop("descriptions", ()))
    return Landmarks(
        full,
        np.array(rows, dtype=np.float64).astype(np.float32),
        set_name=_UNFIT.sub(" ", values.pop("set_name", "")).strip(),
        descriptions=descriptions if any(descriptions) else (),
        **values,
    )


def split_cells(line: str, delimiter: str, where: str) -> list[str]:
    """Split one line of separated values, with quotes; blanks count as one separator however many."""
    try:
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter == " ", strict=True), [])
    except csv.Error:
        raise FormatError(f"{where}: a quotation mark is not closed, or a field is too long") from None
    cells = [cell.strip() for cell in cells]
    return [cell for cell in cells if cell] if delimiter == " " else cells


def join_cells(cells: Sequence[str]) -> str:
    """Join values by commas; one that holds a comma, a quotation mark or # is quoted."""
    return ",".join('"' + cell.replace('"', '""') + '"' if re.search('[",#]', cell) else cell for cell in cells)


def check_writable(landmarks: Landmarks) -> None:
    """Raise `InputError` for what no format can hold or a reader would refuse."""
    if not len(landmarks):
        raise InputError("there are no landmarks to write")
    fault = name_fault(landmarks.names)
    if fault:
        raise InputError(f"cannot write the landmarks: {fault}; rename it first")
    if not all(is_line(text) for text in (landmarks.set_name, *landmarks.descriptions)):
        raise InputError("cannot write the landmarks: a description or the set's name is not one plain line of text")
    holes = np.isnan(landmarks.xyz).sum(axis=1)
    if np.any((holes == 1) | (holes == 2)):
        raise InputError("cannot write the landmarks: some have NaN in one coordinate only; a missing point is all NaN")
    if landmarks.sigma is not None and not np.all(np.isnan(landmarks.sigma) | np.isfinite(landmarks.sigma)):
        raise InputError("cannot write the landmarks: sigma is infinite; use NaN where it is unknown")
    if landmarks.sigma is not None and np.any(landmarks.sigma < 0):
        raise InputError("cannot write the landmarks: sigma is negative")
    unit, mm_per_unit = landmarks.unit, landmarks.mm_per_unit
    if mm_per_unit is not None and (mm_per_unit <= 0 or mm_per_unit != MILLIMETRES.get(unit or "", mm_per_unit)):
        raise InputError(
            f"cannot write the landmarks: unit {unit} and {mm_per_unit} mm in a unit contradict each other"
        )
