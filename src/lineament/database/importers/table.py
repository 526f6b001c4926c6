"""The rows of `manifest.csv` or `manifest.jsonl`, as text or JSON values by column."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineament.database.importers.listing import UNFIT
from lineament.database.importers.metadata import parse_json, parse_real, read_text
from lineament.errors import FormatError
from lineament.io.landmarks.text import show

_DELIMITERS = ",;\t"
_DECIMALS = ("age", "fps")
"""Columns whose numbers have a decimal comma where semicolons separate cells."""


@dataclass(frozen=True)
class Row:
    """One row; cells that state nothing are left out.

    Attributes
    ----------
    where : str
        File and line, for errors.
    cells : dict
        By column, lower case. Of a CSV file all values are text.
    """

    where: str
    cells: dict[str, Any]

    def text(self, column: str, default: str = "") -> str:
        """Return a cell as text.

        Raises
        ------
        FormatError
            It is neither text nor a number.
        """
        value = self.cells.get(column, default)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise FormatError(f"{self.where}: {column} is {show(value)}, expected text or a number")
        text = str(value).strip()
        if UNFIT.search(text):
            raise FormatError(f"{self.where}: {column} is {show(text)}, expected one line of text")
        return text

    def real(self, column: str) -> float | None:
        """Return a cell as a number, or None when it is empty."""
        text = self.text(column)
        return parse_real(text, f"{self.where}: {column}", "a number such as 23.5") if text else None

    def count(self, column: str, default: int | None = None) -> int | None:
        """Return a cell as a whole number that is not negative, or the default when it is empty."""
        text = self.text(column)
        if not text:
            return default
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):
            raise FormatError(f"{self.where}: {column} is {show(text)}, expected a whole number such as 1")
        return int(text)

    def one_of(self, column: str, known: tuple[str, ...]) -> str:
        """Return a cell's word, in lower case, which is one of those known."""
        text = self.text(column).lower()
        if text not in known:
            raise FormatError(f"{self.where}: {column} is {show(text)}, expected one of {', '.join(known)}")
        return text

    def words(self, column: str) -> tuple[str, ...]:
        """Return a cell's words, separated by semicolons or in a list; sorted, each once."""
        value = self.cells.get(column, [])
        words = value if isinstance(value, list) else self.text(column).split(";")
        if not all(isinstance(word, str) for word in words):
            raise FormatError(f"{self.where}: {column} is {show(value)}, expected words separated by ';'")
        return tuple(sorted({word.strip() for word in words} - {""}))


def read_table(path: Path) -> Iterator[Row]:
    """Yield the rows of a table.

    Raises
    ------
    FormatError
        The file does not follow its format.
    """
    return _read_jsonl(path) if path.suffix.lower() == ".jsonl" else _read_csv(path)


def _read_jsonl(path: Path) -> Iterator[Row]:
    for number, line in enumerate(read_text(path).split("\n"), 1):
        where = f"{path}: line {number}"
        if not line.strip():
            continue
        value = parse_json(line, where)
        if not isinstance(value, dict):
            raise FormatError(f'{where}: expected an object such as {{"subject": "1", "file": "1.ply"}}')
        cells = {key.strip().lower(): item for key, item in value.items() if item is not None and item != ""}
        if len({key.strip().lower() for key in value}) != len(value):
            raise FormatError(f"{where}: a key stands twice")
        yield Row(where, cells)


def _read_csv(path: Path) -> Iterator[Row]:
    text = read_text(path)
    lines = text.split("\n")
    skipped = 1 if lines[0].strip().lower() in {f"sep={delimiter}" for delimiter in _DELIMITERS} else 0
    head = next(filter(str.strip, lines[skipped:]), "")
    return _read_cells(path, text, max(_DELIMITERS, key=head.count), skipped)


def _read_cells(path: Path, text: str, delimiter: str, skipped: int) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    columns: list[str] = []
    try:
        for cells in reader:
            where = f"{path}: line {reader.line_num}"
            if reader.line_num <= skipped or not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _columns(cells, where)
                continue
            stated = [cell.strip() for cell in cells]
            if any(stated[len(columns) :]) or any(
                cell for cell, column in zip(stated, columns, strict=False) if not column
            ):
                raise FormatError(f"{where}: a cell has no column; quote cells that hold {delimiter!r}")
            found = {column: cell for column, cell in zip(columns, stated, strict=False) if cell}
            if delimiter == ";":
                found |= {column: found[column].replace(",", ".") for column in _DECIMALS if column in found}
            yield Row(where, found)
    except csv.Error as error:
        raise FormatError(f"{path}: line {reader.line_num}: not valid CSV: {error}") from None


def _columns(cells: list[str], where: str) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    twice = [column for column, count in Counter(filter(None, columns)).items() if count > 1]
    if twice:
        raise FormatError(f"{where}: the column {twice[0]!r} stands twice")
    if "subject" not in columns or not {"file", "files"} & set(columns):
        raise FormatError(f"{where}: expected columns with names, among them subject and file; found {cells!r}"[:300])
    return columns
