"""Any folder with `manifest.csv` or `manifest.jsonl`: who, what and when of each file, in a table.

Rows of one subject, session, expression and repeat are one scan. Of a scan and of a subject every row may state
everything, and what is stated twice must agree. Columns are listed in `docs/db-import.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, TypeVar

from lineament.database.consent.duo import canonical
from lineament.database.consent.purposes import Purpose
from lineament.database.importers.layout import Layout
from lineament.database.importers.listing import Listing, label, left_over
from lineament.database.importers.manifest_files import StatedFile, file_records, stated_files
from lineament.database.importers.metadata import parse_age, parse_sex
from lineament.database.importers.table import Row, read_table
from lineament.database.records import MODALITIES, SEXES, Manifest, ScanRecord, SubjectRecord
from lineament.errors import FormatError, InputError
from lineament.io.landmarks.text import show

T = TypeVar("T")
NAMES = ("manifest.csv", "manifest.jsonl")
PURPOSES = tuple(purpose.value for purpose in Purpose)
UNITS = ("mm", "cm", "m", "in")
KNOWN = frozenset(
    (
        *("subject", "sex", "origin", "birth_year", "purposes", "duo"),
        *("session", "expression", "repeat", "modality", "protocol", "captured_at", "age", "device", "unit", "fps"),
        *("file", "files", "role", "index", "meta", "sha256"),
    )
)
"""Columns with a meaning; any other becomes an attribute of the scan."""
_Key = tuple[str, str, str, int]


def read(listing: Listing) -> Manifest:
    """Read the table of a folder."""
    tables = [name for name in listing.names if name.lower() in NAMES]
    if len(tables) != 1:
        found = " and ".join(tables) or "neither"
        raise InputError(f"{listing.folder} holds {found}; expected one of manifest.csv and manifest.jsonl")
    places = {label(name): name for name in listing.names if name not in tables}
    scans: dict[_Key, list[Row]] = {}
    people: dict[str, list[Row]] = {}
    files: dict[_Key, list[StatedFile]] = {}
    taken: dict[tuple[str, _Key | None], str] = {}
    for row in read_table(listing.path(tables[0])):
        key = _key(row)
        scans.setdefault(key, []).append(row)
        people.setdefault(key[0], []).append(row)
        for file in stated_files(row, listing, places):
            mark = file.name, key if file.role == "calibration" else None
            if mark in taken:
                raise InputError(f"{row.where}: {file.name} stands in {taken[mark].rsplit(': ')[-1]} already")
            taken[mark] = row.where
            files.setdefault(key, []).append(file)
    subjects = {who: _subject(who, rows) for who, rows in people.items()}
    records = tuple(_scan(key, rows, files[key], listing, subjects[key[0]]) for key, rows in scans.items())
    unlisted = sorted(set(listing.names) - {name for name, _ in taken} - set(tables))
    notes = left_over(unlisted, "files that are not in the manifest")
    double = [scan for scan in records if scan.modality in ("mesh", "cloud", "body") and _geometries(scan) > 1]
    if double:
        notes.append(
            f"scans of modality mesh, cloud or body with several files of geometry, one of {double[0].subject}: "
            f"{len(double)}; if these files are scans of their own, give each its repeat"
        )
    return Manifest("manifest", tuple(subjects.values()), records, (*listing.notes, *notes))


def _geometries(scan: ScanRecord) -> int:
    return sum(file.role == "geometry" for file in scan.files)


def _key(row: Row) -> _Key:
    who = label(row.text("subject"))
    if not who:
        raise FormatError(f"{row.where}: the subject is empty")
    repeat = row.count("repeat", 1) or 0
    if repeat < 1:
        raise FormatError(f"{row.where}: repeat is 0, expected 1 for the first scan")
    return who, label(row.text("session")) or "1", label(row.text("expression")), repeat


def _settle(rows: Iterable[Row], column: str, parse: Callable[[Row], T | None]) -> T | None:
    """Return the one value that rows state; two different ones are an error that names both lines."""
    first: tuple[Row, T] | None = None
    for row in rows:
        value = parse(row) if column in row.cells else None
        if value is None:
            continue
        if first is None:
            first = row, value
        elif first[1] != value:
            line = first[0].where.rsplit(": ")[-1]
            raise InputError(f"{row.where}: {column} is {value!r:.80}, but {first[1]!r:.80} in {line}; correct one")
    return first and first[1]


def _text(column: str) -> Callable[[Row], str]:
    return lambda row: row.text(column)


def _cell(column: str) -> Callable[[Row], Any]:
    return lambda row: row.cells[column]


def _subject(who: str, rows: list[Row]) -> SubjectRecord:
    return SubjectRecord(
        who,
        _settle(rows, "sex", _sex) or "unknown",
        _settle(rows, "origin", _text("origin")) or "",
        _settle(rows, "birth_year", _birth_year),
        _settle(rows, "purposes", _purposes) or (),
        _settle(rows, "duo", _duo) or (),
    )


def _sex(row: Row) -> str | None:
    text = row.text("sex")
    sex = parse_sex(text)
    if sex == "other" and text.lower() != "other":
        raise FormatError(f"{row.where}: sex is {show(text)}, expected one of {', '.join(SEXES)}")
    return sex


def _birth_year(row: Row) -> int | None:
    year = row.count("birth_year")
    if year is not None and not 1850 <= year <= 2200:
        raise FormatError(f"{row.where}: birth_year is {year}, expected a year such as 1980")
    return year


def _purposes(row: Row) -> tuple[str, ...]:
    words = row.words("purposes")
    wrong = next((word for word in words if word not in PURPOSES), None)
    if wrong:
        raise FormatError(f"{row.where}: {show(wrong)} is no purpose, expected some of {', '.join(PURPOSES)}")
    return words


def _duo(row: Row) -> tuple[str, ...]:
    try:
        return tuple(sorted({canonical(word) for word in row.words("duo")}))
    except InputError as error:
        raise FormatError(f"{row.where}: {error}") from None


def _scan(key: _Key, rows: list[Row], files: list[StatedFile], listing: Listing, subject: SubjectRecord) -> ScanRecord:
    who, session, expression, repeat = key
    modality = _settle(rows, "modality", _modality) or "mesh"
    columns = dict.fromkeys(column for row in rows for column in row.cells if column not in KNOWN)
    captured, age = _settle(rows, "captured_at", _time), _settle(rows, "age", _age)
    _check_age(rows[0].where, captured, age, subject.birth_year)
    return ScanRecord(
        who,
        file_records(files, modality, listing),
        modality,
        session,
        expression,
        _settle(rows, "protocol", _text("protocol")) or "",
        repeat,
        captured,
        age,
        _settle(rows, "device", _text("device")) or "",
        _settle(rows, "unit", _unit),
        _settle(rows, "fps", _fps),
        {column: _settle(rows, column, _cell(column)) for column in columns},
    )


def _modality(row: Row) -> str:
    return row.one_of("modality", MODALITIES)


def _age(row: Row) -> float | None:
    return parse_age(row.text("age"), f"{row.where}: age")


def _unit(row: Row) -> str:
    return row.one_of("unit", UNITS)


def _fps(row: Row) -> float | None:
    fps = row.real("fps")
    if fps is not None and fps <= 0:
        raise FormatError(f"{row.where}: fps is {fps}, expected frames a second")
    return fps


def _time(row: Row) -> datetime | date:
    text = row.text("captured_at")
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(text)
        except ValueError:
            continue
    raise FormatError(f"{row.where}: captured_at is {show(text)}, expected 2026-05-17 or 2026-05-17T14:30:00+02:00")


def _check_age(where: str, captured: date | None, age: float | None, birth_year: int | None) -> None:
    """Refuse an age that does not go with the year of birth; the birthday may still have been to come."""
    if captured is None or age is None or birth_year is None:
        return
    years = captured.year - birth_year
    if not years - 1 <= age < years + 1:
        raise InputError(f"{where}: age {age:g} in {captured.year} does not go with birth_year {birth_year}")


def _fits(listing: Listing) -> bool:
    return any(name.lower() in NAMES for name in listing.names)


MANIFEST = Layout("manifest", "manifest.csv or manifest.jsonl at its top", _fits, read)
