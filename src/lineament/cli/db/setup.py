"""`lineament db init` and `lineament db project`: a new database, and who answers for its data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lineament.cli.batch import show_columns
from lineament.cli.db.common import on_database, read_json, shown
from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.database import Database


@click.command()
@click.argument("path", type=FILE)
@click.option("--key", metavar="PLACE", help="Where the master key is made: a file or keyring:NAME; else in your home.")
@click.option("--catalogue", default="", metavar="ADDRESS", help="postgresql://...; a file of SQLite without it.")
@click.option("--as", "actor", envvar="LINEAMENT_ACTOR", metavar="ACTOR", help="The first actor; you without it.")
def init(path: Path, key: str | None, catalogue: str, actor: str | None) -> None:
    """Make a database in a new folder, and its master key elsewhere.

    Whoever makes it has every role at first, and gives to others what others should do.
    """
    from lineament.database.database import Database

    with Database.create(path, actor, key=key, catalogue=catalogue) as database:
        (first,) = database.catalogue.rows("SELECT name FROM actors")
        click.echo(f"database    {path}")
        click.echo(f"catalogue   {catalogue or 'catalogue.sqlite in it'}")
        click.echo(f"master key  {shown(database.settings.key)}: keep a copy elsewhere; without it nothing can be read")
        click.echo(f"actor       {first['name']}, with every role")


@click.group()
def project() -> None:
    """Projects: what roles are given in, and who answers for the data."""


@project.command()
@click.argument("name")
@click.option("--controller", type=FILE, help="JSON with name, address, contact, country and id.")
@click.option("--institution", metavar="NAME", help="Who answers for the data, in the place of --controller.")
@click.option("--address", metavar="TEXT", help="In one line.")
@click.option("--contact", metavar="TEXT", help="What a person writes to, or calls.")
@click.option("--country", metavar="CODE", help="Where the data lie: two letters.")
@click.option("--description", default="", metavar="TEXT")
@on_database
def add(database: Database, name: str, controller: Path | None, description: str, **given: Any) -> None:
    """Add a project."""
    from lineament.database.consent.terms import Controller
    from lineament.database.people import add_project
    from lineament.errors import InputError

    words = ("name", "address", "contact", "country")
    said = (read_json(controller) if controller else {}) | {
        "name" if word == "institution" else word: value for word, value in given.items() if value is not None
    }
    lacks = [word for word in words if word not in said]
    strange = sorted(set(said) - {*words, "id"})
    if strange:
        raise InputError(f"the controller says {strange[0]!r}; it may say {', '.join(words)} and id")
    if lacks:
        option = {"name": "--institution"}.get(lacks[0], f"--{lacks[0]}")
        raise InputError(f"a project needs somebody who answers for its data; give {option}, or --controller FILE")
    add_project(database, name, Controller(**{"id": said["name"], **said}), description)
    click.echo(f"project {name}: {said['name']} answers for it")


@project.command(name="list")
@on_database
def list_projects(database: Database) -> None:
    """List the projects."""
    from lineament.database.people import controller_of

    found = database.catalogue.rows("SELECT id, name, country, description FROM projects ORDER BY name")
    lines = [
        (each["name"], each["country"], controller_of(database, each["id"]).name, each["description"]) for each in found
    ]
    show_columns([("project", "country", "controller", "description"), *lines])
