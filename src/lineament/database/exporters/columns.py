"""What a table of scans says about each of them, the same in every layout."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lineament.database.consent import duo
from lineament.database.exporters.items import ExportFile, ExportRelease, ExportScan
from lineament.errors import InputError, StoreError

OLDEST = 89.0
"""Years; older people are few enough to be known by their age, so this stands for all of them (BIDS, HIPAA)."""
SPLITS = ("train", "validation", "test")
SCANS = "scans.jsonl"
"""Table of the scans of a layout, a JSON object a line: `COLUMNS`, `quality` and `files`."""

_LABEL = re.compile(r"[A-Za-z0-9]{1,64}")
_ROLE = re.compile(r"(?!scan$)[a-z][a-z0-9]{0,31}")
_SUFFIX = re.compile(r"[a-z0-9]{1,16}(\.[a-z0-9]{1,16})*")


@dataclass(frozen=True)
class Column:
    """A column of the table of scans."""

    name: str
    kind: Literal["text", "integer", "number"]
    description: str


COLUMNS = (
    Column("scan", "text", "Pseudonym of the scan, of this release alone"),
    Column("subject", "text", "Pseudonym of the person, of this release alone"),
    Column("session", "text", "The visit"),
    Column("split", "text", "train, validation or test; empty when the release has no splits"),
    Column("sex", "text", "female, male, other or unknown, as stated"),
    Column("origin", "text", "As the person or the source stated it"),
    Column("age", "number", f"Years at the capture; {OLDEST:.0f} stands for {OLDEST:.0f} or older"),
    Column("modality", "text", "mesh, cloud, depth, multiview, video, sequence (4D) or body"),
    Column("expression", "text", "Name in the list of prompts"),
    Column("protocol", "text", "The list of prompts"),
    Column("device", "text", "Make and model of the scanner"),
    Column("repeat", "integer", "1 for the first scan of an expression in a session"),
    Column("unit", "text", "Unit of the geometry: mm, cm, m or in"),
    Column("fps", "number", "Frames a second of a sequence or a video"),
)


def describe(scan: ExportScan) -> dict[str, Any]:
    """Return the values of `COLUMNS`."""
    row = {column.name: getattr(scan, column.name) for column in COLUMNS}
    row["age"] = None if scan.age is None else min(float(scan.age), OLDEST)
    return row


def describe_file(file: ExportFile, digest: str) -> dict[str, Any]:
    """Return what a table of scans says of a file, `digest` being the sha256 of its bytes."""
    return {
        "role": file.role,
        "index": file.index,
        "suffix": file.suffix,
        "size": file.size,
        "sha256": digest,
        "meta": dict(file.meta),
    }


def files_of(scan: ExportScan) -> list[ExportFile]:
    """Return the files of a scan in the order in which all layouts have them."""
    return sorted(scan.files, key=lambda file: (file.role, file.index, file.suffix))


def numbered(scan: ExportScan, file: ExportFile) -> bool:
    """Tell whether the name of a file says its index: where its scan has others of the role, or the index is not 0."""
    return file.index != 0 or sum(other.role == file.role for other in scan.files) > 1


def pieces(file: ExportFile) -> Iterator[bytes]:
    """Yield the bytes of a file.

    Raises
    ------
    AccessError
        It may not be read any more.
    StoreError
        There are more or fewer than its size says.
    """
    size = 0
    for piece in file.read():
        size += len(piece)
        if size > file.size:
            break
        yield piece
    if size != file.size:
        raise StoreError(f"a {file.role} file has {size} bytes or more, expected {file.size}; check it with db verify")


def check_release(release: ExportRelease) -> None:
    """Check what names of files and splits rest on.

    Raises
    ------
    InputError
        There are no scans; a pseudonym, role or suffix has other characters than letters and digits; two pseudonyms
        differ in case only, so that many file systems would mix them; scans are out of order; a person is in two
        splits; a scan has two files of one name; what is known of it is no JSON; a condition of use is no DUO code.
    """
    for code in release.duo:
        duo.parse(code)
    people: dict[str, str] = {}
    scans: set[str] = set()
    before: tuple[str, str, str] | None = None
    subject, sessions = "", dict[str, str]()
    for scan in release.scans():
        here = (scan.subject, scan.session, scan.scan)
        if before is not None and here <= before:
            raise InputError(
                f"scan {scan.scan} comes after {before[2]}; expected each once, sorted by subject, session and scan"
            )
        before = here
        for name in here:
            _check_name(name, _LABEL, "letters and digits, 64 at most")
        if scan.subject != subject:
            subject, sessions = scan.subject, {}
            if subject.casefold() in people:
                raise InputError(
                    f"subjects {people[subject.casefold()]} and {subject} differ in upper and lower case only"
                )
            people[subject.casefold()] = subject
            split = scan.split
        if scan.split != split:
            raise InputError(
                f"subject {subject} is in the splits {split!r} and {scan.split!r}; a person belongs to one"
            )
        if scan.split not in ("", *SPLITS):
            raise InputError(f"the split of scan {scan.scan} is {scan.split!r}, expected one of {', '.join(SPLITS)}")
        if sessions.setdefault(scan.session.casefold(), scan.session) != scan.session:
            raise InputError(f"two sessions of {subject} differ in upper and lower case only: {scan.session}")
        if scan.scan.casefold() in scans:
            raise InputError(f"two scans are called {scan.scan}, in upper or lower case")
        scans.add(scan.scan.casefold())
        _check_files(scan)
        _check_json(scan)
    if before is None:
        raise InputError(f"the release {release.name} {release.version} has no scans")


def _check_files(scan: ExportScan) -> None:
    names = set()
    for file in scan.files:
        _check_name(file.role, _ROLE, "lower-case letters and digits")
        _check_name(file.suffix, _SUFFIX, "lower-case letters and digits with dots between")
        names.add((file.role, file.index, file.suffix))
    if len(names) != len(scan.files):
        raise InputError(f"scan {scan.scan} has two files of one role, index and suffix")


def _check_json(scan: ExportScan) -> None:
    try:
        json.dumps([describe(scan), dict(scan.quality), *(dict(file.meta) for file in scan.files)], allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"what is known of scan {scan.scan} is no JSON: {error}") from None


def _check_name(name: str, pattern: re.Pattern[str], expected: str) -> None:
    if not pattern.fullmatch(name):
        raise InputError(f"{name!r} cannot be part of a file's name; expected {expected}")
