"""Who may act: actors, roles in projects, and the conditions that a project sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineament.database.access import ALL
from lineament.database.catalogue import row
from lineament.database.find import project_named
from lineament.database.when import later, moment_of, new_name, now, stamp
from lineament.errors import InputError

if TYPE_CHECKING:
    from lineament.database.database import Database


def add_actor(database: Database, name: str, country: str = "") -> str:
    """Add an actor, unless there is one of this name; return the random name."""
    known = row(database.catalogue, "SELECT id FROM actors WHERE name = :name", name=name)
    if known is not None:
        return str(known["id"])
    actor = new_name("act")
    database.guard.demand("grant", added=actor)
    database.catalogue.run(
        "INSERT INTO actors (id, name, country, created_at) VALUES (:id, :name, :country, :at)",
        id=actor,
        name=name,
        country=country,
        at=now(),
    )
    return actor


def actor_named(database: Database, name: str) -> str:
    """Return the random name of an actor.

    Raises
    ------
    InputError
        There is none.
    """
    found = row(database.catalogue, "SELECT id FROM actors WHERE name = :name OR id = :name", name=name)
    if found is None:
        raise InputError(f"there is no actor {name!r}")
    return str(found["id"])


def grant(database: Database, actor: str, role: str, project: str = ALL, until: str | None = None) -> None:
    """Give an actor a role in a project, or in all; until a date, or for good.

    Raises
    ------
    AccessError
    InputError
        There is no such role, actor or project.
    """
    roles = [found["role"] for found in database.catalogue.rows("SELECT DISTINCT role FROM role_actions ORDER BY role")]
    if role not in roles:
        raise InputError(f"there is no role {role!r}; there are {', '.join(roles)}")
    who = actor_named(database, actor)
    where = ALL if project == ALL else project_named(database, project)
    database.guard.demand("grant", role=role, to=who, project=where, until=until)
    database.catalogue.run(
        """INSERT INTO grants VALUES (:id, :actor, :role, :project, :until, :by, :at)
        ON CONFLICT (actor, role, project) DO UPDATE SET valid_until = excluded.valid_until,
        granted_by = excluded.granted_by, granted_at = excluded.granted_at""",
        id=new_name("gra"),
        actor=who,
        role=role,
        project=where,
        until=None if until is None else stamp(moment_of(until)),
        by=database.guard.actor,
        at=now(),
    )


def revoke(database: Database, actor: str, role: str, project: str = ALL) -> None:
    """Take a role from an actor.

    Raises
    ------
    AccessError
    InputError
        They do not have it, or nobody could give roles any more.
    """
    who = actor_named(database, actor)
    where = ALL if project == ALL else project_named(database, project)
    database.guard.demand("grant", role=role, taken_from=who, project=where)
    with database.catalogue.writing():
        taken = database.catalogue.run(
            "DELETE FROM grants WHERE actor = :actor AND role = :role AND project = :project",
            actor=who,
            role=role,
            project=where,
        )
        if not taken:
            raise InputError(f"{actor} does not have the role {role} there")
        left = database.catalogue.rows(
            """SELECT 1 FROM grants g JOIN role_actions r ON r.role = g.role JOIN actors a ON a.id = g.actor
            WHERE r.action = 'grant' AND g.project = '*' AND g.valid_until IS NULL AND a.active = 1 LIMIT 1"""
        )
        if not left:
            raise InputError(f"{actor} is the last who can give roles; give the role to somebody else first")


def set_active(database: Database, actor: str, active: bool) -> None:
    """Let an actor in, or keep them out, whatever their roles."""
    who = actor_named(database, actor)
    database.guard.demand("grant", let_in=who, active=active)
    database.catalogue.run("UPDATE actors SET active = :active WHERE id = :id", active=int(active), id=who)


def add_condition(
    database: Database,
    project: str,
    kind: str,
    description: str,
    *,
    valid_days: int | None = None,
    text_sha256: str = "",
) -> str:
    """Set a condition that everyone who uses a project's scans must have met; return its name.

    Parameters
    ----------
    database : Database
    project : str
    kind : str
        `terms` of use, `training`, approval by an `ethics` board, `statement` of the intended use, proof of `identity`.
    description : str
    valid_days : int, optional
        After which it must be met again.
    text_sha256 : str
        Of the text that is agreed to.
    """
    kinds = ("terms", "training", "ethics", "statement", "identity")
    if kind not in kinds:
        raise InputError(f"a condition of kind {kind!r} is not known; there are {', '.join(kinds)}")
    name = new_name("cnd")
    where = project_named(database, project)
    database.guard.demand("manage", condition=name, project=where)
    database.catalogue.run(
        "INSERT INTO conditions VALUES (:id, :project, :kind, :text, :description, :days, :at)",
        id=name,
        project=where,
        kind=kind,
        text=text_sha256,
        description=description,
        days=valid_days,
        at=now(),
    )
    return name


def approve(database: Database, actor: str, condition: str, evidence: str = "") -> None:
    """Note that an actor meets a condition.

    Raises
    ------
    AccessError
    InputError
        There is no such condition or actor.
    """
    known = row(database.catalogue, "SELECT valid_days FROM conditions WHERE id = :id", id=condition)
    if known is None:
        raise InputError(f"there is no condition {condition!r}")
    who = actor_named(database, actor)
    database.guard.demand("grant", condition=condition, met_by=who)
    database.catalogue.run(
        "INSERT INTO fulfilments VALUES (:id, :condition, :actor, :evidence, :by, :at, :until)",
        id=new_name("ful"),
        condition=condition,
        actor=who,
        evidence=evidence,
        by=database.guard.actor,
        at=now(),
        until=None if known["valid_days"] is None else later(known["valid_days"]),
    )
