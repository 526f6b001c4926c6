"""The facts of a project that the papers of `consent.governance` are written from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lineament.database.consent.governance import Facts
from lineament.database.consent.purposes import Purpose
from lineament.database.find import project_named
from lineament.database.people import controller_of
from lineament.database.when import now

if TYPE_CHECKING:
    from lineament.database.database import Database

SECURITY = (
    "Each person's files are encrypted under a key of their own (AES-256-GCM); a master key outside wraps these keys",
    "Who a person is lies apart, under another key",
    "Role, conditions of the project and consent are checked at every reading, and every answer is logged",
    "Entries of the audit log are chained by their hashes",
)


def facts_of(database: Database, project: str) -> Facts:
    """Return what the database knows of a project today.

    Raises
    ------
    AccessError
    InputError
        There is no such project.
    """
    there = project_named(database, project)
    database.guard.demand("audit", facts=there)
    controller = controller_of(database, there)
    rows = database.catalogue.rows
    purposes = rows(
        """SELECT q.purpose, COUNT(*) AS people FROM subjects s JOIN consents n ON n.id = s.consent
        JOIN consent_purposes q ON q.consent = n.id WHERE s.project = :project AND n.withdrawn_at IS NULL
        AND (q.valid_until IS NULL OR q.valid_until > :now) GROUP BY q.purpose""",
        project=there,
        now=now(),
    )
    agreed = {each["purpose"]: int(each["people"]) for each in purposes}
    people = rows(
        """SELECT jurisdiction, COUNT(*) AS people FROM subjects WHERE project = :project
        GROUP BY jurisdiction ORDER BY jurisdiction""",
        project=there,
    )
    (minors,) = rows(
        """SELECT COUNT(DISTINCT v.subject) AS people FROM sessions v JOIN subjects s ON s.id = v.subject
        WHERE s.project = :project AND v.age < 18""",
        project=there,
    )
    kept = rows(
        "SELECT modality, COUNT(*) AS scans FROM scans WHERE project = :project GROUP BY modality ORDER BY modality",
        project=there,
    )
    given = rows(
        """SELECT DISTINCT e.recipient, e.country FROM exports e JOIN releases r ON r.id = e.release
        WHERE r.project = :project ORDER BY e.recipient""",
        project=there,
    )
    (name,) = rows("SELECT name FROM projects WHERE id = :project", project=there)
    return Facts(
        on=datetime.now(UTC).date(),
        database=name["name"],
        controller=controller,
        people=sum(int(each["people"]) for each in people),
        scans=sum(int(each["scans"]) for each in kept),
        purposes={purpose: agreed.get(str(purpose), 0) for purpose in Purpose},
        jurisdictions={each["jurisdiction"]: int(each["people"]) for each in people},
        minors=int(minors["people"]),
        data=tuple(f"Scans of modality {each['modality']}: {each['scans']:,}" for each in kept),
        recipients=tuple(dict.fromkeys(each["recipient"] for each in given)),
        transfers=tuple(
            (country, "")
            for country in dict.fromkeys(each["country"] for each in given)
            if country not in ("", controller.country)
        ),
        security=SECURITY,
    )
