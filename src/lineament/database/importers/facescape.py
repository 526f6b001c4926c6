"""FaceScape's uniform models: `<id>/models_reg/<n>_<expression>.obj`, with lists of age, sex and consent to portraits.

Yang, Zhu, Wang, Huang, Shen, Yang, Cao: *FaceScape*, CVPR 2020. Layout after github.com/zhuhao-nju/facescape
(`doc/doc_tu_model.md`): texture `models_reg/<n>_<expression>.jpg`, material `.obj.mtl`, displacement map
`dpmap/<n>_<expression>.png`. Lines of `info_list_v2.txt`: id, `m` or `f`, age, label of validity; `-` is not stated.
The second version corrects the first, which is then not read. `publishable_list_v1.txt`: ids of those whose pictures
may be published, which is the purpose `portrait`. No other purpose is stated: the licence binds who receives the data
and says nothing of what a person allowed.

Coordinates are mm, but of a head brought to a mean distance of the eyes, not of its own size (issue 84 there).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from lineament.database.consent.purposes import Purpose
from lineament.database.importers.layout import Layout, has
from lineament.database.importers.listing import Listing, Part, gather, label, left_over, natural
from lineament.database.importers.metadata import agreed, parse_age, parse_sex, read_rows
from lineament.database.records import Manifest, ScanRecord, SubjectRecord
from lineament.errors import FormatError
from lineament.face.rig import FACESCAPE20

PROTOCOL = "facescape20"
PROMPTS: Mapping[str, str] = {f"{number}_{name}": name for number, name in enumerate(FACESCAPE20, 1)}
"""Expression of each stem."""
STEM = f"(?P<stem>{'|'.join(PROMPTS)})"
SUBJECT = "(?P<subject>[^/]+)"
_MODEL = f"{SUBJECT}/models_reg/{STEM}"
PARTS = (
    Part(rf"{_MODEL}\.obj", "geometry"),
    Part(rf"{_MODEL}(\.obj)?\.mtl", "material"),
    Part(rf"{_MODEL}\.(jpe?g|png)", "texture"),
    Part(rf"{SUBJECT}/dpmap/{STEM}\.png", "other", meta={"map": "displacement"}),
)


@dataclass(frozen=True)
class People:
    """What the lists say.

    Attributes
    ----------
    subjects : tuple of SubjectRecord
    ages : mapping of str to float
        Years, by label.
    read : frozenset of str
        Names of the lists.
    notes : tuple of str
    """

    subjects: tuple[SubjectRecord, ...]
    ages: Mapping[str, float]
    read: frozenset[str]
    notes: tuple[str, ...]


def scan_key(match: re.Match[str]) -> tuple[str, str]:
    """Return label and stem of a file."""
    return label(match["subject"]), match["stem"].lower()


def read(listing: Listing) -> Manifest:
    """List the models of a folder."""
    found = gather(listing, PARTS, scan_key, ("geometry",))
    people = read_people(listing, found.rest, {subject for subject, _ in found.scans})
    scans = tuple(
        ScanRecord(
            subject,
            found.scans[subject, stem],
            expression=PROMPTS[stem],
            protocol=PROTOCOL,
            age=people.ages.get(subject),
            unit="mm",
            attributes={"size": "brought to a mean distance of the eyes"},
        )
        for subject, stem in sort_scans(found.scans)
    )
    notes = (*listing.notes, *people.notes, *left_over(set(found.rest) - people.read))
    return Manifest("facescape", people.subjects, scans, notes)


def sort_scans(scans: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return keys by subject, then in the protocol's order."""
    return sorted(scans, key=lambda key: (natural(key[0]), natural(key[1])))


def read_people(listing: Listing, names: Iterable[str], labels: Iterable[str]) -> People:
    """Read the lists among files that are no part of a scan.

    Raises
    ------
    FormatError
        A line is not as it should be.
    InputError
        The list contradicts itself.
    """
    names = tuple(names)
    infos, portraits = _newest(names, "info_list"), _newest(names, "publishable_list")
    people = _read_infos(listing, infos)
    allowed = {number for name in portraits for number in _read_numbers(listing, name)}
    subjects, ages, unknown = [], {}, 0
    for who in sorted(labels, key=natural):
        number = _number(who)
        sex, age, attributes = people.get(number, (None, None, {}))
        unknown += number not in people
        if age is not None:
            ages[who] = age
        purposes = (Purpose.PORTRAIT.value,) if number in allowed else ()
        subjects.append(SubjectRecord(who, sex or "unknown", purposes=purposes, attributes=attributes))
    notes = []
    if not infos:
        notes.append("there is no info_list_v2.txt: sex and age of the subjects are not known")
    elif unknown:
        notes.append(f"subjects that {infos[0]} does not name, whose sex and age are not known: {unknown}")
    if not portraits:
        notes.append("there is no publishable_list_v1.txt: nobody is taken to have allowed portraits")
    return People(tuple(subjects), ages, frozenset(infos + portraits), tuple(notes))


def _newest(names: Iterable[str], stem: str) -> list[str]:
    """Return the lists of that name that have the highest version."""
    found: dict[int, list[str]] = {}
    for name in names:
        match = re.fullmatch(rf"{stem}(?:_v([0-9]{{1,4}}))?\.txt", PurePosixPath(name).name, re.IGNORECASE)
        if match:
            found.setdefault(int(match[1] or 0), []).append(name)
    return found[max(found)] if found else []


def _number(text: str) -> str:
    """Return an id without leading zeros: folders may have them, the lists do not."""
    return text.lstrip("0") or text


def _read_infos(listing: Listing, names: Iterable[str]) -> dict[str, tuple[str | None, float | None, dict[str, Any]]]:
    rows: dict[str, list[tuple[str | None, float | None, str | None]]] = {}
    for name in names:
        for place, (where, cells) in enumerate(read_rows(listing.path(name))):
            if place == 0 and not cells[0].isdecimal():
                continue
            if len(cells) < 3 or not cells[0].isdecimal():
                raise FormatError(f"{where}: expected id, sex, age and validity, such as '122 m 23 1 0000'")
            row = parse_sex(cells[1]), parse_age(cells[2], where), " ".join(cells[3:]) or None
            rows.setdefault(_number(cells[0]), []).append(row)
    people = {}
    for number, stated in rows.items():
        sexes, ages, valid = zip(*stated, strict=True)
        mark = agreed(valid, f"the label of validity of subject {number}")
        people[number] = (
            agreed(sexes, f"the sex of subject {number}"),
            agreed(ages, f"the age of subject {number}"),
            {"valid": mark} if mark else {},
        )
    return people


def _read_numbers(listing: Listing, name: str) -> set[str]:
    numbers: set[str] = set()
    for where, cells in read_rows(listing.path(name)):
        wrong = next((cell for cell in cells if not cell.isdecimal()), None)
        if wrong is not None:
            raise FormatError(f"{where}: found {wrong!r}, expected ids such as '12, 122'")
        numbers.update(_number(cell) for cell in cells)
    return numbers


FACESCAPE = Layout("facescape", "<id>/models_reg/<n>_<expression>.obj", has(rf"{_MODEL}\.obj"), read)
