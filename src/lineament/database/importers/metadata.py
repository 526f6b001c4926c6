"""Small text files about scans, read strictly: what is damaged or contradicts itself is said, nothing is guessed."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from lineament.errors import FormatError, InputError
from lineament.io.load import load_bytes

T = TypeVar("T")
MOST_BYTES = 256 << 20
"""A table of some million files takes less."""
OLDEST = 130
"""Years."""
_SEXES = {"m": "male", "male": "male", "f": "female", "female": "female", "other": "other"}
_UNSTATED = ("", "-", "unknown", "none", "na", "n/a")


def read_text(path: Path) -> str:
    """Return a text file's content with the line ends of Unix, without a byte-order mark.

    Raises
    ------
    FormatError
        The file is empty, too large for its kind, or not UTF-8.
    """
    if path.stat().st_size > MOST_BYTES:
        raise FormatError(f"{path} has more than the {MOST_BYTES >> 20} MiB of a table; divide it")
    data = load_bytes(path)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FormatError(f"{path} is UTF-16, as some spreadsheets save it; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(f"{path}: line {line} is not UTF-8; save the file as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_rows(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield place and cells of each line of a list; blanks, tabs, commas and semicolons separate cells."""
    for number, line in enumerate(read_text(path).split("\n"), 1):
        cells = re.split(r"[\s,;]+", line.split("#")[0].strip(" \t,;"))
        if cells != [""]:
            yield f"{path}: line {number}", cells


def parse_json(text: str, where: str) -> Any:
    """Parse JSON; a key that stands twice, half a character, NaN and infinity are refused.

    Raises
    ------
    FormatError
        It is not JSON, or holds one of these.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{where}: not valid JSON: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number of JSON")


def parse_sex(text: str) -> str | None:
    """Return one of `female`, `male`, `other`, or None when it is not stated."""
    word = text.strip().lower()
    return None if word in _UNSTATED else _SEXES.get(word, "other")


def parse_age(text: str, where: str) -> float | None:
    """Return an age in years, or None when it is not stated.

    Raises
    ------
    FormatError
        It is no age of a person.
    """
    if text.strip().lower() in _UNSTATED:
        return None
    age = parse_real(text, where, "an age in years")
    if not 0 <= age <= OLDEST:
        raise FormatError(f"{where}: {text.strip()!r} is no age in years, expected 0 to {OLDEST}")
    return age


def parse_real(text: str, where: str, expected: str) -> float:
    """Return a finite decimal number.

    Raises
    ------
    FormatError
        The text is none.
    """
    if not re.fullmatch(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*", text) or math.isinf(float(text)):
        raise FormatError(f"{where}: found {text.strip()!r}, expected {expected}")
    return float(text)


def agreed(values: Iterable[T | None], what: str) -> T | None:
    """Return the one value that is stated, or None when none is.

    Raises
    ------
    InputError
        Two are.
    """
    stated = {value: None for value in values if value is not None}
    if len(stated) > 1:
        one, other = list(stated)[:2]
        raise InputError(f"{what} is stated as {one!r} and as {other!r}; correct what is wrong")
    return next(iter(stated), None)
