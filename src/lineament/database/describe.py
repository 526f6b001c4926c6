"""What there is about one scan or one person, and what would go with a person, for those who may know it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lineament.database.catalogue import Row, row
from lineament.database.consent.receipt import receipt_number
from lineament.database.find import COLUMNS, project_named
from lineament.database.when import now

if TYPE_CHECKING:
    from lineament.database.database import Database


@dataclass(frozen=True)
class ScanFacts:
    """All that the catalogue holds of a scan.

    Attributes
    ----------
    scan : mapping
        As `find` gives it.
    findings : list of mapping
        Of quality control: kind, severity, value, limit_value, said.
    files : list of dict
        Originals and what was derived: id, role, place, suffix, size, meta, derived, and of the derived tool,
        tool_version, weights_sha256, parameters, made_at, `made_by` (a name) and parents.
    """

    scan: Row
    findings: list[Row]
    files: list[dict[str, Any]]


@dataclass(frozen=True)
class SubjectFacts:
    """What the catalogue holds of a person; not who they are.

    Attributes
    ----------
    subject : mapping
        id, project, sex, origin, birth_year, jurisdiction, state, retain_until.
    consents : list of dict
        Newest first: receipt, given_at, withdrawn_at, guardian, separate, abroad, duo, purposes (to the last moment or
        None), in_force.
    scans : list of mapping
        id, state, expression, modality.
    """

    subject: Row
    consents: list[dict[str, Any]]
    scans: list[Row]


@dataclass(frozen=True)
class Goes:
    """What a withdrawal destroys and touches.

    Attributes
    ----------
    scans, files, size : int
        Size in bytes.
    releases : tuple of str
        Name and version; they are tombstoned.
    exports : tuple of (str, str)
        Recipient and folder; they are written to, and the folder is rebuilt where it is on this machine.
    """

    scans: int
    files: int
    size: int
    releases: tuple[str, ...]
    exports: tuple[tuple[str, str], ...]


def describe_scan(database: Database, scan: str) -> ScanFacts:
    """Return what there is about a scan; one in quarantine is shown to those who review.

    Raises
    ------
    AccessError
    """
    known = row(database.catalogue, "SELECT state FROM scans WHERE id = :scan", scan=scan)
    database.guard.demand("find" if known is None or known["state"] == "accepted" else "review", scan)
    rows = database.catalogue.rows
    (found,) = rows(f"SELECT {COLUMNS} FROM scans c JOIN subjects s ON s.id = c.subject WHERE c.id = :scan", scan=scan)
    findings = rows("SELECT kind, severity, value, limit_value, said FROM findings WHERE scan = :scan", scan=scan)
    files = rows(
        """SELECT a.id, a.role, a.place, a.suffix, a.derived, a.meta, o.size, d.tool, d.tool_version, d.weights_sha256,
        d.parameters, d.made_at, w.name AS made_by FROM assets a
        JOIN objects o ON o.subject = a.subject AND o.name = a.object LEFT JOIN derivations d ON d.asset = a.id
        LEFT JOIN actors w ON w.id = d.made_by WHERE a.scan = :scan ORDER BY a.derived, a.role, a.place, a.id""",
        scan=scan,
    )
    parents = rows(
        """SELECT p.asset, p.parent FROM derivation_parents p JOIN assets a ON a.id = p.asset WHERE a.scan = :scan
        ORDER BY p.parent""",
        scan=scan,
    )
    told = [
        {
            **dict(each),
            "meta": json.loads(each["meta"]),
            "parents": [pair["parent"] for pair in parents if pair["asset"] == each["id"]],
        }
        for each in files
    ]
    return ScanFacts(found, findings, told)


def describe_subject(database: Database, subject: str) -> SubjectFacts:
    """Return what there is about a person, for those who record consents.

    Raises
    ------
    AccessError
    """
    database.guard.demand("consent", subject, shown=True)
    rows = database.catalogue.rows
    (found,) = rows(
        """SELECT s.id, p.name AS project, s.sex, s.origin, s.birth_year, s.jurisdiction, s.state, s.retain_until,
        s.consent FROM subjects s JOIN projects p ON p.id = s.project WHERE s.id = :subject""",
        subject=subject,
    )
    consents = [
        {
            "receipt": receipt_number(each["id"]),
            **{name: each[name] for name in ("given_at", "withdrawn_at", "guardian", "separate")},
            "abroad": each["transfer_abroad"],
            "in_force": each["id"] == found["consent"] and each["withdrawn_at"] is None,
            "duo": [one["duo"] for one in rows("SELECT duo FROM consent_duo WHERE consent = :id", id=each["id"])],
            "purposes": {
                one["purpose"]: one["valid_until"]
                for one in rows("SELECT * FROM consent_purposes WHERE consent = :id ORDER BY purpose", id=each["id"])
            },
        }
        for each in rows("SELECT * FROM consents WHERE subject = :subject ORDER BY given_at DESC, id", subject=subject)
    ]
    scans = rows(
        "SELECT id, state, expression, modality FROM scans WHERE subject = :subject ORDER BY id", subject=subject
    )
    return SubjectFacts(found, consents, scans)


def describe_withdrawal(database: Database, subject: str) -> Goes:
    """Return what goes when a person withdraws; nothing happens.

    Raises
    ------
    AccessError
    """
    database.guard.demand("withdraw", subject, asked=True)
    rows = database.catalogue.rows
    (scans,) = rows("SELECT COUNT(*) AS many FROM scans WHERE subject = :subject", subject=subject)
    (files,) = rows(
        "SELECT COUNT(*) AS many, COALESCE(SUM(size), 0) AS size FROM objects WHERE subject = :subject", subject=subject
    )
    releases = rows(
        """SELECT DISTINCT r.id, r.name, r.version, r.state FROM releases r JOIN release_scans i ON i.release = r.id
        WHERE i.subject = :subject ORDER BY r.name, r.version""",
        subject=subject,
    )
    exports = [
        (each["recipient"], each["folder"])
        for release in releases
        for each in rows("SELECT recipient, folder FROM exports WHERE release = :id ORDER BY made_at", id=release["id"])
    ]
    published = tuple(f"{each['name']} {each['version']}" for each in releases if each["state"] == "published")
    return Goes(int(scans["many"]), int(files["many"]), int(files["size"]), published, tuple(exports))


def actors_of(database: Database) -> list[dict[str, Any]]:
    """Return who may act, and as what.

    Raises
    ------
    AccessError
    """
    database.guard.demand("grant", listed=True)
    rows = database.catalogue.rows
    grants = rows(
        """SELECT g.actor, g.role, g.valid_until, COALESCE(p.name, 'all projects') AS project FROM grants g
        LEFT JOIN projects p ON p.id = g.project ORDER BY g.role, project"""
    )
    return [
        {
            "name": each["name"],
            "country": each["country"],
            "active": bool(each["active"]),
            "roles": [dict(one) for one in grants if one["actor"] == each["id"]],
        }
        for each in rows("SELECT id, name, country, active FROM actors ORDER BY name")
    ]


def own_roles(database: Database) -> list[dict[str, str]]:
    """Return the roles that the actor has today: `role` and `project`, by name."""
    found = database.catalogue.rows(
        """SELECT g.role, COALESCE(p.name, 'all projects') AS project FROM grants g
        LEFT JOIN projects p ON p.id = g.project JOIN actors a ON a.id = g.actor
        WHERE a.id = :actor AND a.active = 1 AND (g.valid_until IS NULL OR g.valid_until > :now)
        ORDER BY g.role, project""",
        actor=database.guard.actor,
        now=now(),
    )
    return [dict(each) for each in found]


def actions_of(database: Database, roles: Collection[str]) -> dict[str, bool]:
    """Return for each action whether one of the roles allows it somewhere; each action is still decided about."""
    found = database.catalogue.rows(
        "SELECT a.name, r.role FROM actions a LEFT JOIN role_actions r ON r.action = a.name ORDER BY a.name"
    )
    allowed = {each["name"] for each in found if each["role"] in roles}
    return {name: name in allowed for name in dict.fromkeys(each["name"] for each in found)}


def roles_of(database: Database) -> list[tuple[str, str, str]]:
    """Return role, action and meaning of each row of the table of roles."""
    found = database.catalogue.rows(
        "SELECT r.role, a.name, a.meaning FROM role_actions r JOIN actions a ON a.name = r.action ORDER BY 1, 2"
    )
    return [(each["role"], each["name"], each["meaning"]) for each in found]


def conditions_of(database: Database, project: str) -> list[dict[str, Any]]:
    """Return the conditions of a project, and who meets each today.

    Raises
    ------
    AccessError
    """
    database.guard.demand("manage", project=project)
    rows = database.catalogue.rows
    met = rows(
        """SELECT f.condition, a.name FROM fulfilments f JOIN actors a ON a.id = f.actor
        WHERE f.valid_until IS NULL OR f.valid_until > :now ORDER BY a.name""",
        now=now(),
    )
    found = rows(
        "SELECT * FROM conditions WHERE project = :project ORDER BY created_at",
        project=project_named(database, project),
    )
    return [
        {**dict(each), "met_by": sorted({one["name"] for one in met if one["condition"] == each["id"]})}
        for each in found
    ]
