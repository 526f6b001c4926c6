"""Headspace: `00001/<12 digits>.obj` with texture, landmarks and a text file about the subject and the capture.

Dai, Pears, Smith, Duncan: *Statistical Modeling of Craniofacial Shape and Texture*, IJCV 2020; the layout is described
at www-users.york.ac.uk/~np7/research/Headspace. A folder is a subject, twelve digits are a capture: `.obj`, `.mtl`,
`.bmp`, `ldmks<12 digits>.txt`. The multi-view download has `00001/<12 digits>/*.png` and `*.tka`. The text file is
called `subject.txt` there, and has `person` in its name in public scripts that read it; both are taken. After these
scripts its lines are `key:value` with `id`, `gender`, `age`, `declaredethnicGroup`, `expression` and descriptors of
beard, moustache, spectacles and quality, which become attributes of the scan. Not checked on a licensed file, so lines
of another form are counted and passed over. The unit is not stated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from lineament.database.importers.layout import Layout, has
from lineament.database.importers.listing import Listing, Part, gather, label, left_over
from lineament.database.importers.metadata import agreed, parse_age, parse_sex, read_text
from lineament.database.records import Manifest, ScanRecord, SubjectRecord
from lineament.errors import InputError

_SUBJECT, _CAPTURE = "(?P<subject>[0-9]{5})", "(?P<capture>[0-9]{12})"
PARTS = (
    Part(rf"{_SUBJECT}/{_CAPTURE}\.obj", "geometry"),
    Part(rf"{_SUBJECT}/{_CAPTURE}\.mtl", "material"),
    Part(rf"{_SUBJECT}/{_CAPTURE}\.(bmp|jpe?g|png)", "texture"),
    Part(rf"{_SUBJECT}/ldmks{_CAPTURE}\.txt", "landmarks"),
    Part(rf"{_SUBJECT}/{_CAPTURE}/[^/]+\.(png|bmp)", "view", index=None),
    Part(rf"{_SUBJECT}/{_CAPTURE}/[^/]+\.tka", "calibration", index=None),
)
_USED = {"id", "gender", "age", "declaredethnicgroup", "expression"}


def _key(match: re.Match[str]) -> tuple[str, str]:
    return match["subject"], match["capture"]


def read(listing: Listing) -> Manifest:
    """List the scans of a folder."""
    found = gather(listing, PARTS, _key, ("geometry", "view"))
    captures: dict[str, list[str]] = {}
    for subject, capture in sorted(found.scans):
        captures.setdefault(subject, []).append(capture)
    texts = [name for name in found.rest if _is_about(name)]
    subjects, scans, unread, bare = [], [], 0, 0
    for subject, its in captures.items():
        own = [listing.path(name) for name in texts if PurePosixPath(listing.full(name)).parent.name == subject]
        facts, odd = _read_facts(own, subject)
        unread, bare = unread + odd, bare + (not own)
        sex = parse_sex(facts.get("gender", "")) or "unknown"
        attributes = {"gender": facts["gender"]} if sex == "other" else {}
        origin = facts.get("declaredethnicgroup", "")
        subjects.append(SubjectRecord(subject, sex, origin, attributes=attributes))
        for repeat, capture in enumerate(its, 1):
            files = found.scans[subject, capture]
            scans.append(
                ScanRecord(
                    subject,
                    files,
                    "mesh" if any(file.role == "geometry" for file in files) else "multiview",
                    expression=label(facts.get("expression", "")),
                    repeat=repeat,
                    age=parse_age(facts.get("age", ""), f"the age of subject {subject}"),
                    attributes={key: value for key, value in facts.items() if key not in _USED},
                )
            )
    notes = [f"subjects without subject.txt, whose sex and age are not known: {bare}"] if bare else []
    notes += [f"lines about subjects that are not key:value, passed over: {unread}"] if unread else []
    notes += left_over(set(found.rest) - set(texts))
    return Manifest("headspace", tuple(subjects), tuple(scans), (*listing.notes, *notes))


def _is_about(name: str) -> bool:
    return re.fullmatch(r"[^/]*(subject|person)[^/]*\.txt", PurePosixPath(name).name, re.IGNORECASE) is not None


def _read_facts(paths: list[Path], subject: str) -> tuple[Mapping[str, str], int]:
    """Return what is stated of a subject, keys in lower case, and the number of lines of another form."""
    stated: dict[str, list[str]] = {}
    unread = 0
    for path in paths:
        for line in filter(None, map(str.strip, read_text(path).split("\n"))):
            key, colon, value = line.partition(":")
            if colon:
                stated.setdefault(key.strip().lower(), []).append(value.strip())
            else:
                unread += 1
    facts = {key: agreed((v or None for v in values), f"{key} of {subject}") or "" for key, values in stated.items()}
    if facts.get("id", subject).lstrip("0") != subject.lstrip("0"):
        raise InputError(f"{paths[0]} is about subject {facts['id']}, but lies in the folder of {subject}")
    return {key: value for key, value in facts.items() if value}, unread


HEADSPACE = Layout(
    "headspace",
    "00001/<12 digits>.obj, or 00001/<12 digits>/*.tka",
    has(r"[0-9]{5}/[0-9]{12}(\.obj|/[^/]+\.tka)"),
    read,
)
