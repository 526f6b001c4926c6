"""The people of a manifest: who is known, who is new, and the consents that whoever sent the scans states."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lineament.database.catalogue import row
from lineament.database.consent.law import find as find_law
from lineament.database.consent.purposes import Purpose
from lineament.database.consent.receipt import consent_id
from lineament.database.consent.terms import Consent
from lineament.database.find import project_named
from lineament.database.people import controller_of, enrol, has_left, label_key, record_consent
from lineament.database.records import Manifest, SubjectRecord
from lineament.errors import InputError

if TYPE_CHECKING:
    from lineament.database.database import Database

METHOD = "stated by the source"


@dataclass(frozen=True)
class People:
    """The people of a manifest, by what the database knows of them.

    Attributes
    ----------
    known : tuple of SubjectRecord
        With a consent on record, in force or not.
    stated : tuple of SubjectRecord
        Without one; the manifest states what they agreed to.
    silent : tuple of SubjectRecord
        Without one anywhere.
    left : tuple of SubjectRecord
        Who have withdrawn; nothing of them is taken in.
    """

    known: tuple[SubjectRecord, ...]
    stated: tuple[SubjectRecord, ...]
    silent: tuple[SubjectRecord, ...]
    left: tuple[SubjectRecord, ...] = ()


def people_of(database: Database, project: str, manifest: Manifest) -> People:
    """Return who of a manifest is known."""
    there = project_named(database, project)
    known: list[SubjectRecord] = []
    stated: list[SubjectRecord] = []
    silent: list[SubjectRecord] = []
    left: list[SubjectRecord] = []
    for subject in manifest.subjects:
        if has_left(database, there, subject.label):
            left.append(subject)
            continue
        found = row(
            database.catalogue,
            "SELECT consent FROM subjects WHERE project = :project AND label_key = :key",
            project=there,
            key=label_key(database, there, subject.label),
        )
        if found is not None and found["consent"] is not None:
            known.append(subject)
        else:
            (stated if subject.purposes else silent).append(subject)
    return People(tuple(known), tuple(stated), tuple(silent), tuple(left))


def enrol_people(
    database: Database,
    project: str,
    manifest: Manifest,
    jurisdiction: str,
    *,
    text_sha256: str = "",
    separate: bool = False,
) -> int:
    """Add the people of a manifest and record the consents that it states; return how many consents.

    A consent that is on record, in force or ended, is never touched: a manifest does not bring back what was ended,
    nor people who have withdrawn.

    Parameters
    ----------
    database : Database
    project : str
    manifest : Manifest
    jurisdiction : str
        Of people who are new.
    text_sha256 : str
        Of the text that they read; needed when a consent is recorded.
    separate : bool
        Whether the source asked for it apart from everything else.

    Raises
    ------
    AccessError
    InputError
        Somebody has no consent anywhere, or what is stated is less than the law asks for; nobody is added.
    """
    people = people_of(database, project, manifest)
    if people.silent:
        raise InputError(
            f"{len(people.silent)} of {len(manifest.subjects)} people, such as {people.silent[0].label!r}, have no "
            "consent here, and the folder states none; record theirs with: lineament db consent record"
        )
    if people.stated:
        _check_stated(len(people.stated), jurisdiction, text_sha256, separate)
    controller, law = controller_of(database, project), find_law(jurisdiction)
    for subject in people.known:
        enrol(database, project, subject, jurisdiction)  # raises when sex or year of birth contradict
    for subject in people.stated:
        name = enrol(database, project, subject, jurisdiction)
        record_consent(
            database,
            Consent(
                subject=name,
                id=consent_id(secrets.token_bytes(10)),
                given_at=datetime.now(UTC),
                purposes={Purpose(each): None for each in subject.purposes},
                text_sha256=text_sha256,
                text_version="1",
                language="und",
                controller=controller,
                jurisdiction=jurisdiction,
                legal_basis=law.legal_bases[0],
                art9_condition=next(iter(law.special_conditions), ""),
                method=METHOD,
                separate=separate,
                duo=subject.duo,
            ),
        )
    return len(people.stated)


def _check_stated(many: int, jurisdiction: str, text_sha256: str, separate: bool) -> None:
    law = find_law(jurisdiction)
    if law.signed:
        raise InputError(
            f"{jurisdiction} asks for a signed release of each of {many} people; record each with: "
            "lineament db consent record --signed"
        )
    if law.separate and not separate:
        raise InputError(
            f"{jurisdiction} asks for a consent apart from everything else; say --separate when the source of the "
            "scans asked for it so"
        )
    if not text_sha256:
        raise InputError(
            f"{many} people have no consent on record yet, and the folder states what they agreed to; give the text "
            "that they read with --consent-text FILE"
        )
