"""Projects, people, what they agreed to, and, apart from all else, who they are."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lineament.database import disk
from lineament.database.catalogue import Row, row
from lineament.database.cipher import seal_small, unseal_small
from lineament.database.consent.law import find as find_jurisdiction
from lineament.database.consent.law import headcount_alarm, retention_end
from lineament.database.consent.record import consent_record, read_record
from lineament.database.consent.terms import Consent, Controller
from lineament.database.find import project_named
from lineament.database.locks import shared
from lineament.database.records import SubjectRecord
from lineament.database.when import new_name, now, stamp
from lineament.errors import AccessError, InputError

if TYPE_CHECKING:
    from lineament.database.database import Database


def add_project(database: Database, name: str, controller: Controller, description: str = "") -> str:
    """Add a project: what roles are given in, and conditions are set for.

    Parameters
    ----------
    database : Database
    name : str
    controller : Controller
        Who answers for its data.
    description : str

    Returns
    -------
    str
        Its random name.

    Raises
    ------
    AccessError
    InputError
        There is one of this name.
    """
    database.guard.demand("manage", project=name)
    if row(database.catalogue, "SELECT id FROM projects WHERE name = :name", name=name):
        raise InputError(f"there is a project {name!r} already")
    project = new_name("prj")
    database.catalogue.run(
        "INSERT INTO projects VALUES (:id, :name, :description, :country, :controller, :at)",
        id=project,
        name=name,
        description=description,
        country=controller.country,
        controller=json.dumps(asdict(controller)),
        at=now(),
    )
    return project


def controller_of(database: Database, project: str) -> Controller:
    """Return who answers for a project's data."""
    found = row(
        database.catalogue, "SELECT controller FROM projects WHERE id = :id", id=project_named(database, project)
    )
    assert found is not None
    return Controller(**json.loads(found["controller"]))


def enrol(
    database: Database, project: str, subject: SubjectRecord, jurisdiction: str, *, returning: bool = False
) -> str:
    """Add a person to a project; of one whose label is known there, add what was unknown. Return the random name.

    Parameters
    ----------
    database : Database
    project : str
    subject : SubjectRecord
        Its label is kept as a keyed hash, its attributes encrypted.
    jurisdiction : str
        A name in `lineament.database.consent.law.JURISDICTIONS`.
    returning : bool
        Whether somebody who has withdrawn comes back of their own will.

    Raises
    ------
    AccessError
    InputError
        Sex or year of birth contradict what is known of this label, or the person has withdrawn.
    """
    there = project_named(database, project)
    find_jurisdiction(jurisdiction)
    key = label_key(database, there, subject.label)
    known = row(
        database.catalogue,
        "SELECT id, sex, origin, birth_year FROM subjects WHERE project = :project AND label_key = :key",
        project=there,
        key=key,
    )
    if known is not None:
        for name, said in (("sex", subject.sex), ("birth_year", subject.birth_year)):
            if said not in (known[name], None, "unknown") and known[name] not in (None, "unknown"):
                raise InputError(
                    f"subject {subject.label!r} is known with the {name} {known[name]!r}, and now it is {said!r}"
                )
        _complete(database, there, known, subject)
        return str(known["id"])
    if not returning and has_left(database, there, subject.label):
        raise InputError(
            f"{subject.label!r} has withdrawn; they come back only by a consent that they give anew: "
            "lineament db consent record"
        )
    name = new_name("sub")
    database.guard.demand("enrol", there, subject=name)
    # Until a row knows the key, `doctor` would take it for a leftover; and somebody else may enrol the same person.
    with shared(database.lock), database.catalogue.writing():
        meanwhile = row(
            database.catalogue,
            "SELECT id FROM subjects WHERE project = :project AND label_key = :key",
            project=there,
            key=key,
        )
        if meanwhile is not None:
            return str(meanwhile["id"])
        _add_subject(database, name, there, key, subject, jurisdiction)
    return name


def _complete(database: Database, project: str, known: Row, subject: SubjectRecord) -> None:
    """Add what is said now and was not known before."""
    said = {"sex": subject.sex, "origin": subject.origin, "birth_year": subject.birth_year}
    nothing = ("", None, "unknown")
    new = {name: value for name, value in said.items() if value not in nothing and known[name] in nothing}
    if new:
        database.guard.demand("enrol", project, completed=known["id"], words=sorted(new))
        values = {**dict(known), **new}
        with database.catalogue.writing():
            sql = "UPDATE subjects SET sex = :sex, origin = :origin, birth_year = :birth_year WHERE id = :id"
            database.catalogue.run(sql, **values)
            database.catalogue.run("UPDATE scans SET sex = :sex, origin = :origin WHERE subject = :id", **values)


def _add_subject(
    database: Database, name: str, project: str, key: str, subject: SubjectRecord, jurisdiction: str
) -> None:
    database.check_master()
    secret = database.keys.create(name)
    disk.reach("key made")
    today = datetime.now(UTC)
    end = retention_end(jurisdiction, today.date())
    sealed = json.dumps({"attributes": dict(subject.attributes), "label": subject.label}).encode()
    database.catalogue.run(
        """INSERT INTO subjects (id, project, label_key, sex, origin, birth_year, jurisdiction, last_interaction,
        retain_until, created_at, sealed) VALUES (:id, :project, :key, :sex, :origin, :born, :law, :today, :until,
        :today, :sealed)""",
        id=name,
        project=project,
        key=key,
        sex=subject.sex,
        origin=subject.origin,
        born=subject.birth_year,
        law=jurisdiction,
        today=stamp(today),
        until=None if end is None else stamp(end),
        sealed=seal_small(secret, f"subject {name}", sealed),
    )


def has_left(database: Database, project: str, label: str) -> bool:
    """Return whether the person with a label has withdrawn, and has not come back."""
    key = label_key(database, project, label)
    found = database.catalogue.rows(
        """SELECT 1 FROM withdrawals w WHERE w.project = :project AND w.label_key = :key AND NOT EXISTS (
        SELECT 1 FROM subjects s WHERE s.project = w.project AND s.label_key = w.label_key AND s.state = 'active')""",
        project=project,
        key=key,
    )
    return bool(found)


def label_key(database: Database, project: str, label: str) -> str:
    """Return the keyed hash by which a label is found again."""
    return hmac.new(database.secret("labels"), f"{project} {label}".encode(), hashlib.sha256).hexdigest()


def subject_labelled(database: Database, project: str, label: str) -> str:
    """Return the random name of the person with a label; whoever gets it from here must be allowed to know it.

    Raises
    ------
    InputError
        There is none.
    """
    there = project_named(database, project)
    found = row(
        database.catalogue,
        "SELECT id FROM subjects WHERE project = :project AND label_key = :key",
        project=there,
        key=label_key(database, there, label),
    )
    if found is None:
        raise InputError(f"the project {project} knows nobody with the label {label!r}")
    return str(found["id"])


def record_consent(database: Database, consent: Consent) -> None:
    """Record what a person agreed to; it takes the place of what they agreed to before, which is kept.

    Raises
    ------
    AccessError
    InputError
        There is no such person, the consent names another jurisdiction than theirs, its identifier is taken, or it is
        older than what the person said last.
    """
    database.guard.demand("consent", consent.subject, consent=consent.id, purposes=sorted(consent.purposes))
    with database.catalogue.writing():
        known = row(
            database.catalogue,
            """SELECT s.jurisdiction, n.given_at, n.withdrawn_at FROM subjects s
            LEFT JOIN consents n ON n.id = s.consent WHERE s.id = :id""",
            id=consent.subject,
        )
        if known is None or known["jurisdiction"] != consent.jurisdiction:
            law = "unknown" if known is None else f"under {known['jurisdiction']}"
            raise InputError(f"{consent.subject} is {law}, and the consent under {consent.jurisdiction}")
        if row(database.catalogue, "SELECT 1 FROM consents WHERE id = :id", id=consent.id):
            raise InputError(f"a consent with the identifier {consent.id} is recorded already")
        before = max((each for each in (known["given_at"], known["withdrawn_at"]) if each), default="")
        if stamp(consent.given_at) < before:
            raise InputError(
                f"the consent was given on {consent.given_at:%Y-%m-%d %H:%M}, and what the person said on "
                f"{before[:16]} is newer; an older paper does not take its place"
            )
        end = retention_end(consent.jurisdiction, consent.given_at.date())
        database.catalogue.run(
            """INSERT INTO consents (id, subject, given_at, withdrawn_at, guardian, separate,
            transfer_abroad, signed, legal_basis, art9_condition, text_sha256, record, recorded_by, recorded_at)
            VALUES (:id, :subject, :given, :withdrawn, :guardian, :separate, :abroad, :signed, :basis,
            :condition, :text, :record, :by, :at)""",
            id=consent.id,
            subject=consent.subject,
            given=stamp(consent.given_at),
            withdrawn=None if consent.withdrawn_at is None else stamp(consent.withdrawn_at),
            guardian=int(consent.guardian),
            separate=int(consent.separate),
            abroad=int(consent.transfer_abroad),
            signed=int(consent.signed_sha256 is not None),
            basis=consent.legal_basis,
            condition=consent.art9_condition,
            text=consent.text_sha256,
            record=json.dumps(consent_record(consent), sort_keys=True),
            by=database.guard.actor,
            at=now(),
        )
        database.catalogue.run_many(
            """INSERT INTO consent_purposes (consent, purpose, valid_until, subject)
            VALUES (:consent, :purpose, :until, :subject)""",
            [
                {
                    "consent": consent.id,
                    "purpose": str(purpose),
                    "until": None if day is None else _end_of(day),
                    "subject": consent.subject,
                }
                for purpose, day in consent.purposes.items()
            ],
        )
        database.catalogue.run_many(
            "INSERT INTO consent_duo VALUES (:consent, :duo)",
            [{"consent": consent.id, "duo": code} for code in consent.duo],
        )
        database.catalogue.run(
            """UPDATE subjects SET consent = :consent, last_interaction = :given, retain_until = :until
            WHERE id = :subject""",
            consent=consent.id,
            given=stamp(consent.given_at),
            until=None if end is None else stamp(end),
            subject=consent.subject,
        )


def end_consent(database: Database, subject: str) -> None:
    """Note that a person's consent ended today: nothing of them is used any more. `withdraw` also destroys it.

    Raises
    ------
    AccessError
    InputError
        There is no consent.
    """
    database.guard.demand("consent", subject, ended=True)
    at = now()
    ended = database.catalogue.run(
        """UPDATE consents SET withdrawn_at = :at WHERE withdrawn_at IS NULL
        AND id = (SELECT consent FROM subjects WHERE id = :subject)""",
        at=at,
        subject=subject,
    )
    if not ended:
        raise InputError(f"{subject} has no consent in force")


def consent_of(database: Database, subject: str) -> Consent | None:
    """Return the consent that is in force, or that ended last; None when there never was one.

    Raises
    ------
    AccessError
    """
    database.guard.demand("consent", subject, looked_at=True)
    found = row(
        database.catalogue,
        "SELECT n.record, n.withdrawn_at FROM consents n JOIN subjects s ON s.consent = n.id WHERE s.id = :subject",
        subject=subject,
    )
    return None if found is None else read_record(json.loads(found["record"]))


def write_identity(database: Database, subject: str, identity: Mapping[str, Any]) -> None:
    """Keep who a person is, encrypted under a key that no scan's key leads to.

    Raises
    ------
    AccessError
    """
    database.guard.demand("identify", subject, written=True)
    data = json.dumps(dict(identity), ensure_ascii=False).encode()
    with shared(database.lock):
        if not database.catalogue.rows("SELECT 1 FROM subjects WHERE id = :id AND state = 'active'", id=subject):
            raise AccessError(f"{subject} has withdrawn meanwhile")
        database.check_master()
        secret = database.identity_keys.create(subject)
        disk.write_whole(identity_path(database, subject), [seal_small(secret, f"identity {subject}", data)])


def read_identity(database: Database, subject: str) -> dict[str, Any]:
    """Return who a person is.

    Raises
    ------
    AccessError
    InputError
        It is not known here.
    """
    database.guard.demand("identify", subject)
    try:
        sealed = identity_path(database, subject).read_bytes()
    except FileNotFoundError:
        raise InputError(f"nobody wrote down who {subject} is") from None
    secret = database.identity_keys.get(subject)
    return dict(json.loads(unseal_small(secret, f"identity {subject}", sealed)))


def identity_path(database: Database, subject: str) -> Any:
    """Return the file of a person's identity; beside its key."""
    return database.root / "identities" / subject[-2:] / f"{subject}.who"


def headcounts(database: Database) -> list[tuple[str, int, str | None]]:
    """Return for each jurisdiction how many people there are, and what is due; for those whose role spans projects."""
    found = database.catalogue.rows(
        "SELECT jurisdiction, COUNT(*) AS people FROM subjects GROUP BY jurisdiction ORDER BY jurisdiction"
    )
    return [
        (each["jurisdiction"], each["people"], headcount_alarm(each["jurisdiction"], each["people"])) for each in found
    ]


def _end_of(day: Any) -> str:
    """Return the first moment after a day."""
    return stamp(datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=UTC))
