"""`lineament db audit` and `lineament db law`: what was done, and the papers that the law asks for."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.batch import show_columns
from lineament.cli.db.common import on_database, project, the_project
from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.database import Database

PAPERS = ("processing", "retention", "impact")


@click.command()
@click.option("--about", metavar="NAME", help="Entries about this scan, person, release or export.")
@click.option("--actor", metavar="NAME", help="Entries of this actor.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The newest ones.")
@click.option("--head", is_flag=True, help="Only the number and hash of the last entry: keep it elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON each, with all details.")
@on_database
def audit(database: Database, about: str | None, actor: str | None, limit: int, head: bool, as_json: bool) -> None:
    """Print the audit log: who did what to whom, for what, and what was refused."""
    from lineament.database.actors import actor_named

    database.guard.demand("audit", of=about or actor or "*")
    if head:
        click.echo(str(database.log.head()))
        return
    who = None if actor is None else actor_named(database, actor)
    entries = deque(database.log.entries(about, who), limit)
    if as_json:
        for each in entries:
            click.echo(json.dumps(each, ensure_ascii=False))
        return
    names = {each["id"]: each["name"] for each in database.catalogue.rows("SELECT id, name FROM actors")}
    lines = [
        (
            str(each["seq"]),
            each["at"][:19].replace("T", " "),
            names.get(each["actor"], each["actor"]),
            each["action"],
            each["object"] or _many(each["detail"].get("about", [])),
            each["purpose"],
            "" if each["allowed"] else f"refused: {each['reason']}",
        )
        for each in entries
    ]
    show_columns([("entry", "time", "actor", "action", "object", "purpose", ""), *lines], right=(0,))


def _many(objects: list[str]) -> str:
    names = [name for name in objects if name]
    return f"{len(names)} objects" if len(names) > 1 else "".join(names)


@click.command()
@click.argument("paper", type=click.Choice(PAPERS))
@project
@click.option("-o", "--output", type=FILE, help="A file, Markdown; printed without it.")
@on_database
def law(database: Database, paper: str, project: str | None, output: Path | None) -> None:
    """Write a paper about a project: record of processing (GDPR Art. 30), retention policy (BIPA), impact assessment.

    What the database cannot know is marked "(to be written)". No legal advice.
    """
    from lineament.database.consent import governance
    from lineament.database.papers import facts_of

    writers = (governance.record_of_processing, governance.retention_policy, governance.impact_assessment)
    text = dict(zip(PAPERS, writers, strict=True))[paper](facts_of(database, the_project(database, project)))
    if output is None:
        click.echo(text)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"  {output}")
