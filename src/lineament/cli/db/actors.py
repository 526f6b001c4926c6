"""`lineament db actor`, `grant`, `revoke`, `roles`, `condition`: who may act, as what, and what they must have met."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.batch import show_columns
from lineament.cli.db.common import day, on_database, project, the_project
from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.database import Database

KINDS = ("terms", "training", "ethics", "statement", "identity")


@click.group()
def actor() -> None:
    """Actors: people and programs that may act."""


@actor.command()
@click.argument("name")
@click.option("--country", default="", metavar="CODE", help="Where they are: two letters; the project's without it.")
@on_database
def add(database: Database, name: str, country: str) -> None:
    """Add an actor, who may do nothing until a role is given."""
    from lineament.database.actors import add_actor

    add_actor(database, name, country)
    click.echo(f"actor {name}; give a role with: lineament db grant {name} ROLE")


@actor.command(name="list")
@on_database
def list_actors(database: Database) -> None:
    """List the actors and their roles."""
    from lineament.database.describe import actors_of

    lines = [("actor", "country", "state", "role", "project", "until")]
    for each in actors_of(database):
        who = (each["name"], each["country"], "active" if each["active"] else "disabled")
        lines += [(*who, one["role"], one["project"], day(one["valid_until"])) for one in each["roles"]] or [
            (*who, "", "", "")
        ]
    show_columns(lines)


@actor.command()
@click.argument("name")
@on_database
def disable(database: Database, name: str) -> None:
    """Keep an actor out, whatever their roles."""
    from lineament.database.actors import set_active

    set_active(database, name, False)
    click.echo(f"{name} is kept out")


@actor.command()
@click.argument("name")
@on_database
def enable(database: Database, name: str) -> None:
    """Let a disabled actor in again."""
    from lineament.database.actors import set_active

    set_active(database, name, True)
    click.echo(f"{name} may act again")


@actor.command()
@click.argument("name")
@click.option("--stdin", "piped", is_flag=True, help="Read it from the standard input, not twice from the keyboard.")
@on_database
def password(database: Database, name: str, piped: bool) -> None:
    """Set an actor's password, by which they sign in at a studio that serves more people than you."""
    from lineament.database.passwords import set_password

    if piped:
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    set_password(database, name, typed)
    click.echo(f"{name} has a new password; whoever was signed in by the old one no longer is")


@click.command()
@click.argument("actor")
@click.argument("role")
@click.option("--project", metavar="NAME", help="In this project; in all without it.")
@click.option("--until", metavar="DAY", help="Up to this day, such as 2027-03-31; for good without it.")
@on_database
def grant(database: Database, actor: str, role: str, project: str | None, until: str | None) -> None:
    """Give an actor a role."""
    from lineament.database.access import ALL
    from lineament.database.actors import grant as give

    give(database, actor, role, project or ALL, until)
    click.echo(f"{actor} is {role} in {project or 'all projects'}" + (f" until {until}" if until else ""))


@click.command()
@click.argument("actor")
@click.argument("role")
@click.option("--project", metavar="NAME", help="The one it was given in; all projects without it.")
@on_database
def revoke(database: Database, actor: str, role: str, project: str | None) -> None:
    """Take a role from an actor."""
    from lineament.database.access import ALL
    from lineament.database.actors import revoke as take

    take(database, actor, role, project or ALL)
    click.echo(f"{actor} is no longer {role} in {project or 'all projects'}")


@click.command()
@on_database
def roles(database: Database) -> None:
    """Print what each role may do."""
    from lineament.database.describe import roles_of

    show_columns([("role", "action", "meaning"), *roles_of(database)])


@click.group()
def condition() -> None:
    """Conditions that everyone who uses a project's scans must have met."""


@condition.command(name="add")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("description")
@project
@click.option("--days", type=click.IntRange(min=1), help="After which it must be met again.")
@click.option("--text", type=FILE, help="The text that is agreed to; its hash is kept.")
@on_database
def add_condition(
    database: Database, kind: str, description: str, project: str | None, days: int | None, text: Path | None
) -> None:
    """Set a condition."""
    from lineament.database.actors import add_condition as put
    from lineament.database.store import hash_file

    there = the_project(database, project)
    digest = hash_file(text).hex() if text else ""
    name = put(database, there, kind, description, valid_days=days, text_sha256=digest)
    click.echo(f"condition {name}; who meets it is told with: lineament db condition approve ACTOR {name}")


@condition.command(name="list")
@project
@on_database
def list_conditions(database: Database, project: str | None) -> None:
    """List the conditions, and who meets them today."""
    from lineament.database.describe import conditions_of

    lines = [
        (each["id"], each["kind"], str(each["valid_days"] or ""), ", ".join(each["met_by"]), each["description"])
        for each in conditions_of(database, the_project(database, project))
    ]
    show_columns([("condition", "kind", "days", "met by", "description"), *lines])


@condition.command(name="approve")
@click.argument("actor")
@click.argument("condition")
@click.option("--evidence", default="", metavar="TEXT", help="Such as the number of a form.")
@on_database
def approve_condition(database: Database, actor: str, condition: str, evidence: str) -> None:
    """Note that an actor meets a condition."""
    from lineament.database.actors import approve

    approve(database, actor, condition, evidence)
    click.echo(f"{actor} meets {condition}")
