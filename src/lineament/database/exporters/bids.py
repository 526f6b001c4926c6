"""Folders in the manner of BIDS, the Brain Imaging Data Structure: `sub-<label>/ses-<label>/<modality>/...`.

Layout: https://bids-specification.readthedocs.io, version 1.10. BIDS has no modality for 3D scans of the surface of a
body, so that the folders of the modalities and the entity `item` are Lineament's own, and stand in `.bidsignore`.
`scans.jsonl` lists all scans with their files for machines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from lineament import __version__
from lineament.database.exporters.columns import (
    COLUMNS,
    OLDEST,
    SCANS,
    describe,
    describe_file,
    files_of,
    numbered,
    pieces,
)
from lineament.database.exporters.items import ExportRelease, ExportScan, Written
from lineament.database.exporters.output import Output, Sink, to_page
from lineament.database.records import MODALITIES
from lineament.errors import FormatError

BIDS_VERSION = "1.10.0"
MISSING = "n/a"
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula begins with, in the wide forms of Chinese and Japanese too."""
OF_PERSON = ("sex", "age", "origin", "split")
OF_SESSION = ("age",)
OF_SCAN = ("scan", "split", "modality", "expression", "protocol", "device", "repeat", "unit", "fps")

_PATH = re.compile(
    r"sub-(?P<subject>[A-Za-z0-9]+)/ses-(?P<session>[A-Za-z0-9]+)/(?P<modality>[a-z]+)/"
    r"sub-(?P=subject)_ses-(?P=session)(_task-(?P<task>[A-Za-z0-9]+))?_run-(?P<run>[0-9]+)"
    r"(_item-(?P<item>[0-9]+))?_(?P<role>[a-z][a-z0-9]*)\.(?P<suffix>[a-z0-9]+(\.[a-z0-9]+)*)"
)


@dataclass(frozen=True)
class Name:
    """What the path of a file says.

    Attributes
    ----------
    subject, session : str
        Letters and digits.
    modality : str
        One of `lineament.database.records.MODALITIES`.
    task : str
        Letters and digits of the expression; empty when unknown.
    run : int
        1 for the first scan of a task in a session.
    item : int or None
        The camera or the frame, where a scan has several files of a role.
    role, suffix : str
    """

    subject: str
    session: str
    modality: str
    task: str
    run: int
    item: int | None
    role: str
    suffix: str

    def __str__(self) -> str:
        folder = f"sub-{self.subject}/ses-{self.session}"
        task = f"_task-{self.task}" if self.task else ""
        item = "" if self.item is None else f"_item-{self.item:06d}"
        start = folder.replace("/", "_")
        return f"{folder}/{self.modality}/{start}{task}_run-{self.run}{item}_{self.role}.{self.suffix}"


def parse_name(path: str) -> Name:
    """Return what a path says, relative to the folder of the export, with `/` between its parts.

    Raises
    ------
    FormatError
        It is no path of a file of a scan.
    """
    found = _PATH.fullmatch(path)
    if found is None or found["modality"] not in MODALITIES:
        raise FormatError(
            f"{path!r} is not sub-LABEL/ses-LABEL/MODALITY/sub-LABEL_ses-LABEL[_task-NAME]_run-N[_item-N]_ROLE.SUFFIX"
        )
    item = None if found["item"] is None else int(found["item"])
    plain = (found["subject"], found["session"], found["modality"], found["task"] or "")
    return Name(*plain, int(found["run"]), item, found["role"], found["suffix"])


def write_bids(release: ExportRelease, folder: Path) -> tuple[Written, ...]:
    """Write a release as folders of people, sessions and modalities.

    Parameters
    ----------
    release : ExportRelease
        One that `check_release` lets pass.
    folder : Path
        Empty.

    Returns
    -------
    tuple of Written
    """
    output = Output(folder)
    with ExitStack() as stack:
        people = stack.enter_context(output.file("participants.tsv"))
        index = stack.enter_context(output.file(SCANS))
        people.write(_line(["participant_id", *OF_PERSON]))
        for subject, group in groupby(release.scans(), key=lambda scan: scan.subject):
            scans = list(group)
            people.write(_line([f"sub-{subject}", *_cells(scans[0], OF_PERSON)]))
            _write_person(output, index, scans)
        people.subjects |= index.subjects
    _write_descriptions(output, release)
    return tuple(output.written)


def _write_person(output: Output, index: Sink, scans: list[ExportScan]) -> None:
    subject = scans[0].subject
    visits = [list(visit) for _, visit in groupby(scans, key=lambda scan: scan.session)]
    lines = [_line([f"ses-{visit[0].session}", *_cells(visit[0], OF_SESSION)]) for visit in visits]
    title = _line(["session_id", *OF_SESSION])
    output.put(f"sub-{subject}/sub-{subject}_sessions.tsv", [title, *lines], [subject])
    # Beside each table, since the older validator looks for it there alone.
    output.put(f"sub-{subject}/sub-{subject}_sessions.json", to_page(_about("session_id", OF_SESSION)), [subject])
    index.subjects.add(subject)
    for visit in visits:
        _write_visit(output, index, visit)


def _write_visit(output: Output, index: Sink, scans: list[ExportScan]) -> None:
    subject, session = scans[0].subject, scans[0].session
    place = f"sub-{subject}/ses-{session}/"
    taken: set[tuple[str, str, int]] = set()
    lines = [_line(["filename", *OF_SCAN])]
    for scan in scans:
        row = _write_scan(output, scan, taken)
        index.write_json(row)
        lines += [_line([file["path"].removeprefix(place), *_cells(scan, OF_SCAN)]) for file in row["files"]]
    output.put(f"{place}sub-{subject}_ses-{session}_scans.tsv", lines, [subject])


def _write_scan(output: Output, scan: ExportScan, taken: set[tuple[str, str, int]]) -> dict[str, Any]:
    """Write the files of a scan, and beside them what is known of it; return its row in `scans.jsonl`."""
    task, run = label(scan.expression), max(scan.repeat, 1)
    # two expressions may have the same letters, and two scans the same repeat
    while (scan.modality, task.casefold(), run) in taken:
        run += 1
    taken.add((scan.modality, task.casefold(), run))
    name = Name(scan.subject, scan.session, scan.modality, task, run, None, "scan", "json")
    files = []
    for file in files_of(scan):
        item = file.index if numbered(scan, file) else None
        path = str(replace(name, item=item, role=file.role, suffix=file.suffix))
        written = output.put(path, pieces(file), [scan.subject])
        files.append({**describe_file(file, written.sha256), "path": path, "offset": 0})
    row = {**describe(scan), "quality": dict(scan.quality), "files": files}
    output.put(str(name), to_page(row), [scan.subject])
    return row


def label(text: str) -> str:
    """Return the letters and digits of a text; `other` when it has none, and nothing for an empty one."""
    return re.sub(r"[^A-Za-z0-9]", "", text) or ("other" if text else "")


def _write_descriptions(output: Output, release: ExportRelease) -> None:
    for table, key, names in (("participants", "participant_id", OF_PERSON), ("scans", "filename", OF_SCAN)):
        output.put(f"{table}.json", to_page(_about(key, names)))
    description = {
        "Name": release.name,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        "License": release.licence,
        "Authors": list(release.creators),
        "HowToAcknowledge": release.citation,
        "GeneratedBy": [{"Name": "lineament", "Version": __version__}],
    }
    output.put("dataset_description.json", to_page(description))
    # The folders without a slash at the end: the validator asks about them as well as about the files in them.
    own = ["DATASHEET.md", "croissant.json", "files.json", SCANS, *(f"**/{name}" for name in MODALITIES)]
    output.put(".bidsignore", "".join(f"{name}\n" for name in own))
    output.put("README", README.format(name=release.name, version=release.version, about=release.description))


def _about(key: str, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return what the columns of a table are."""
    about = {column.name: column.description for column in COLUMNS}
    return {key: {"Description": "Names the row"}} | {name: {"Description": about[name]} for name in names}


def _line(cells: Iterable[str]) -> bytes:
    return ("\t".join(cells) + "\n").encode()


def _cells(scan: ExportScan, names: Iterable[str]) -> list[str]:
    row = describe(scan)
    return [f"{OLDEST:.0f}+" if name == "age" and row[name] == OLDEST else cell(row[name]) for name in names]


def cell(value: str | float | None) -> str:
    """Return a value for a table of tab-separated values, which a spreadsheet will not take for a formula."""
    if not isinstance(value, str):
        return MISSING if value is None else str(value)
    text = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return f"'{text}" if text.startswith(FORMULA) else text or MISSING


README = """\
{name} {version}

{about}

This folder follows the Brain Imaging Data Structure (BIDS) where BIDS has a rule: names of people and sessions,
participants.tsv, *_sessions.tsv, *_scans.tsv and dataset_description.json.

BIDS has no modality for 3D scans of the surface of a body. The folders mesh, cloud, depth, multiview, video, sequence
and body, and the entity "item" (a camera, or a frame of a 4D sequence) are not part of BIDS. They stand in
.bidsignore, so that a validator passes over them: it checks the tables, not the scans.

A scan has one file for each role (geometry, texture, view, ...), and one ending in _scan.json that tells what is known
of it, such as the cameras. "task" is the expression without its signs. Textures, materials and buffers have new names;
names that an OBJ, MTL or GLTF file gives inside are those of the original and lead nowhere.

Ages of 89 and more are written as 89+. In cells that begin with = + - or @ a ' comes first, so that no spreadsheet
runs them. The scans show faces: they are pseudonymous, not anonymous.
"""
