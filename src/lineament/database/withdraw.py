"""A person leaves: everything of them is destroyed, everyone who has a copy is written to, and a certificate says so.

The request takes effect at once: from the first transaction on nobody can read anything of the person. What follows is
a row of steps, each of which may be done twice, so that after a crash the same call goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineament.database import disk
from lineament.database.backup import OF_SUBJECT
from lineament.database.catalogue import Row, row
from lineament.database.consent.letters import certificate, letter
from lineament.database.consent.terms import Controller
from lineament.database.exporters.croissant import next_version
from lineament.database.locks import alone
from lineament.database.people import controller_of, identity_path
from lineament.database.releases.create import latest, pseudonym, write_release
from lineament.database.releases.hand_out import rebuild, remove_export
from lineament.database.when import moment_of, new_name, now
from lineament.errors import AccessError, InputError

if TYPE_CHECKING:
    from lineament.database.database import Database

ANSWER_DAYS = 30
"""Until when recipients are asked to answer; GDPR Art. 12(3) gives a controller a month."""


def withdraw(database: Database, subject: str) -> dict[str, Any]:
    """Destroy all that there is of a person; after a crash, go on.

    Parameters
    ----------
    database : Database
    subject : str
        Random name.

    Returns
    -------
    dict
        The certificate; `certificate_of` gives it again.

    Raises
    ------
    AccessError
    InputError
        There is no such person.
    StoreError
        A step failed, or somebody else works on objects for too long. The request stands; call again.
    """
    begun = row(database.catalogue, "SELECT * FROM withdrawals WHERE subject = :subject", subject=subject)
    if begun is None:
        database.guard.demand("withdraw", subject)
        _request(database, subject)
    elif begun["done_at"] is not None:
        return certificate_of(database, subject)
    disk.reach("withdrawal requested")
    _destroy_keys(database, subject)  # before the lock, which may take long to get
    with alone(database.lock):
        if subject not in pending(database):  # somebody else was faster
            return certificate_of(database, subject)
        for name, step in _STEPS:
            step(database, subject)
            disk.reach(f"withdrawal {name}")
        return _certify(database, subject)


def pending(database: Database) -> list[str]:
    """Return the people whose withdrawal was requested and is not done."""
    found = database.catalogue.rows("SELECT subject FROM withdrawals WHERE done_at IS NULL ORDER BY requested_at")
    return [each["subject"] for each in found]


def expired(database: Database) -> list[str]:
    """Return the people of whom nothing may be kept any longer; `withdraw` destroys it."""
    found = database.catalogue.rows("SELECT id FROM subjects WHERE retain_until <= :now ORDER BY id", now=now())
    return [each["id"] for each in found]


def certificate_of(database: Database, subject: str) -> dict[str, Any]:
    """Return the certificate of a withdrawal that is done.

    Raises
    ------
    InputError
    """
    found = row(database.catalogue, "SELECT facts, done_at FROM withdrawals WHERE subject = :subject", subject=subject)
    if found is None or found["done_at"] is None:
        raise InputError(f"the withdrawal of {subject} is " + ("not requested" if found is None else "not done yet"))
    return dict(json.loads(found["facts"])["certificate"])


def letters(database: Database, subject: str) -> list[Row]:
    """Return the letters to those who have copies: export, recipient, letter, when it was written."""
    return database.catalogue.rows("SELECT * FROM notices WHERE subject = :subject ORDER BY recipient", subject=subject)


def _request(database: Database, subject: str) -> None:
    """From here on nobody reads anything of the person."""
    with database.catalogue.writing():
        known = row(database.catalogue, "SELECT project, label_key FROM subjects WHERE id = :subject", subject=subject)
        if known is None:
            raise InputError(f"there is no subject {subject!r}")
        at = now()
        consents = database.catalogue.rows(
            "SELECT id FROM consents WHERE subject = :subject ORDER BY given_at", subject=subject
        )
        facts = {
            "controller": json.loads(json.dumps(controller_of(database, known["project"]).__dict__)),
            "consents": [each["id"] for each in consents],
            "destroyed": _count(database, subject),
        }
        database.catalogue.run("UPDATE subjects SET state = 'withdrawing' WHERE id = :subject", subject=subject)
        database.catalogue.run(
            "UPDATE consents SET withdrawn_at = :at WHERE subject = :subject AND withdrawn_at IS NULL",
            at=at,
            subject=subject,
        )
        database.catalogue.run(
            """INSERT INTO withdrawals (subject, project, label_key, step, requested_by, requested_at, facts)
            VALUES (:subject, :project, :label, 'requested', :by, :at, :facts)""",
            subject=subject,
            project=known["project"],
            label=known["label_key"],
            by=database.guard.actor,
            at=at,
            facts=json.dumps(facts),
        )


def _count(database: Database, subject: str) -> dict[str, int]:
    found = database.catalogue.rows(
        "SELECT derived, role, COUNT(*) AS many FROM assets WHERE subject = :subject GROUP BY derived, role",
        subject=subject,
    )
    counts = {f"{'derived' if each['derived'] else 'original'} {each['role']}": each["many"] for each in found}
    scans = row(database.catalogue, "SELECT COUNT(*) AS many FROM scans WHERE subject = :subject", subject=subject)
    return {"key": 2, "scan": scans["many"] if scans else 0, **counts}


def _destroy_keys(database: Database, subject: str) -> None:
    database.keys.destroy(subject)
    disk.reach("withdrawal data key")
    database.identity_keys.destroy(subject)
    _note(database, subject, "keys")


def _write_letters(database: Database, subject: str) -> None:
    """One letter for each export that the person was in, with the names that the recipient knows."""
    today = datetime.now(UTC).date()
    sql = """
    SELECT DISTINCT e.id, e.recipient, e.contact, r.id AS release, r.name, r.version FROM exports e
    JOIN releases r ON r.id = e.release JOIN release_scans i ON i.release = r.id WHERE i.subject = :subject"""
    for found in database.catalogue.rows(sql, subject=subject):
        text = letter(
            found["recipient"],
            f"{found['name']} {found['version']}",
            [pseudonym(database, found["release"], subject)],
            today,
            today + timedelta(days=ANSWER_DAYS),
        )
        database.catalogue.run(
            """INSERT INTO notices (subject, export, recipient, letter, written_at)
            VALUES (:subject, :export, :recipient, :letter, :at) ON CONFLICT DO NOTHING""",
            subject=subject,
            export=found["id"],
            recipient=" ".join(filter(None, (found["recipient"], found["contact"]))),
            letter=text,
            at=now(),
        )


def _tombstone_releases(database: Database, subject: str) -> None:
    """Each release with the person ends; where others are left, a MAJOR version without the person follows."""
    sql = """
    SELECT DISTINCT r.name FROM releases r JOIN release_scans i ON i.release = r.id
    WHERE i.subject = :subject AND r.state = 'published'"""
    for found in database.catalogue.rows(sql, subject=subject):
        with database.catalogue.writing():
            newest = latest(database.catalogue, found["name"])
            assert newest is not None
            items = database.catalogue.rows(
                "SELECT scan, subject, split FROM release_scans WHERE release = :release", release=newest["id"]
            )
            left = {each["scan"]: (each["subject"], each["split"]) for each in items if each["subject"] != subject}
            if len(left) < len(items) and left:
                same = ("name", "project", "purpose", "description", "licence", "criteria", "seed")
                write_release(
                    database,
                    left,
                    **{name: newest[name] for name in same},
                    id=new_name("rel"),
                    version=next_version(newest["version"], "removed"),
                    previous=newest["id"],
                )
            for old in database.catalogue.rows(
                """SELECT DISTINCT r.id, r.removed FROM releases r JOIN release_scans i ON i.release = r.id
                WHERE r.name = :name AND r.state = 'published' AND i.subject = :subject""",
                name=found["name"],
                subject=subject,
            ):
                removed = json.loads(old["removed"])
                database.catalogue.run(
                    "UPDATE releases SET state = 'tombstoned', removed = :removed WHERE id = :id",
                    removed=json.dumps({**removed, "people": removed.get("people", 0) + 1, "at": now()}),
                    id=old["id"],
                )
        disk.reach("withdrawal release")


def _rebuild_exports(database: Database, subject: str) -> None:
    """Exports that lie on this machine lose the person's files; the newest version takes their place where it may."""
    sql = """
    SELECT e.*, r.name FROM exports e JOIN releases r ON r.id = e.release JOIN notices n ON n.export = e.id
    WHERE n.subject = :subject AND e.state IN ('writing', 'handed out', 'removing')"""
    for found in database.catalogue.rows(sql, subject=subject):
        newest = latest(database.catalogue, found["name"])
        was_there = found["state"] != "writing"
        state = remove_export(database, found, settle=False)
        disk.reach("withdrawal export removed")
        free = state == "removed" and was_there and not Path(found["folder"]).exists()
        if free and newest is not None and newest["state"] == "published":
            # Under the name of who made it; when they or others may not any more, the files are simply gone.
            with suppress(AccessError, InputError):
                rebuild(database, found, newest)
        database.catalogue.run(
            "UPDATE exports SET state = 'removed' WHERE id = :id AND state = 'removing'", id=found["id"]
        )


def _not_reached(database: Database, subject: str) -> list[str]:
    """Return the exports whose files could not be removed, in sentences."""
    found = database.catalogue.rows(
        """SELECT e.recipient, e.folder FROM exports e JOIN notices n ON n.export = e.id
        WHERE n.subject = :subject AND e.state = 'not reached' ORDER BY e.folder""",
        subject=subject,
    )
    return [f"The copy for {each['recipient']} in {each['folder']}, which could not be reached." for each in found]


def _remove_objects(database: Database, subject: str) -> None:
    disk.remove_tree(database.store.folder_of(subject))
    disk.reach("withdrawal objects removed")
    who = identity_path(database, subject)
    disk.remove(who)
    if who.parent.is_dir():
        disk.sync_folder(who.parent)


def _remove_rows(database: Database, subject: str) -> None:
    with database.catalogue.writing():
        for table, condition in reversed(OF_SUBJECT.items()):
            database.catalogue.run(f"DELETE FROM {table} WHERE {condition}", subject=subject)
        _note(database, subject, "rows")


def _forget(database: Database, subject: str) -> None:
    database.catalogue.forget()


def _certify(database: Database, subject: str) -> dict[str, Any]:
    found = row(database.catalogue, "SELECT * FROM withdrawals WHERE subject = :subject", subject=subject)
    assert found is not None
    facts = json.loads(found["facts"])
    by = row(database.catalogue, "SELECT name FROM actors WHERE id = :id", id=found["requested_by"])
    document, text = certificate(
        Controller(**facts["controller"]),
        subject,
        facts["consents"],
        moment_of(found["requested_at"]),
        datetime.now(UTC),
        by["name"] if by else found["requested_by"],
        facts["destroyed"],
        {"audit": database.log.head().hash},
        sorted({each["recipient"] for each in letters(database, subject)}),
        _not_reached(database, subject),
    )
    facts["certificate"] = {**document, "text": text}
    database.log.append(database.guard.actor, "withdrawn", subject, destroyed=facts["destroyed"])
    database.catalogue.run(
        "UPDATE withdrawals SET step = 'done', done_at = :at, facts = :facts WHERE subject = :subject",
        at=now(),
        facts=json.dumps(facts),
        subject=subject,
    )
    return dict(facts["certificate"])


def _note(database: Database, subject: str, step: str) -> None:
    database.catalogue.run("UPDATE withdrawals SET step = :step WHERE subject = :subject", step=step, subject=subject)


def write_papers(database: Database, subject: str, folder: Path) -> list[Path]:
    """Write the certificate and the letters of a withdrawal to a folder.

    Raises
    ------
    InputError
    """
    document = certificate_of(database, subject)
    text = document.pop("text")
    papers = {"certificate.json": json.dumps(document, indent=1), "certificate.txt": text}
    for place, found in enumerate(letters(database, subject), start=1):
        papers[f"letter_{place}.txt"] = found["letter"]
    disk.make_folders(folder.absolute())
    for name, content in papers.items():
        disk.write_whole(folder / name, [content.encode()])
    return [folder / name for name in papers]


_STEPS: tuple[tuple[str, Callable[[Database, str], None]], ...] = (
    ("keys", _destroy_keys),  # again, for somebody may have changed the master key meanwhile
    ("letters", _write_letters),
    ("releases", _tombstone_releases),
    ("objects", _remove_objects),
    ("rows", _remove_rows),
    ("forgotten", _forget),
    ("exports", _rebuild_exports),  # last, for their folders may not be reached
)
"""Each may be done twice; exports are found by the letters, since the person's rows are gone by then."""
