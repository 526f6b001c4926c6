"""What the commands of `lineament db` share: the open database, people and projects by name, filters, purposes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.database import Database

Command = Callable[..., None]
PURPOSES = ("research", "training", "portrait", "commercial", "sharing", "recontact", "embedding")
JURISDICTIONS = ("GDPR", "PIPL", "BIPA", "OTHER")
purpose = click.option(
    "--purpose", type=click.Choice(PURPOSES), required=True, help="What it is for; the person must have agreed to it."
)
SHOWN = 20
"""Scans that are told one by one."""
project = click.option("--project", metavar="NAME", help="May be left out while there is one project.")


def on_database(command: Command) -> Command:
    """Give a command `--db` and `--as`, and the open database as its first argument."""

    @click.option(
        "--as", "acting", envvar="LINEAMENT_ACTOR", metavar="ACTOR", help="Who acts; else $LINEAMENT_ACTOR, you."
    )
    @click.option("--db", "place", type=FILE, envvar="LINEAMENT_DB", help="Its folder; else $LINEAMENT_DB.")
    @wraps(command)
    def opened(place: Path | None, acting: str | None, **values: Any) -> None:
        from lineament.database.database import Database
        from lineament.errors import InputError

        if place is None:
            raise InputError("which database? give --db FOLDER, or set LINEAMENT_DB")
        with Database.open(place, acting) as database:
            command(database, **values)

    return opened


def the_project(database: Database, name: str | None) -> str:
    """Return the random name of a project; of the only one without a name.

    Raises
    ------
    InputError
    """
    from lineament.database.find import project_named
    from lineament.errors import InputError

    if name is not None:
        return project_named(database, name)
    there = database.catalogue.rows("SELECT id, name FROM projects ORDER BY name")
    if not there:
        raise InputError("there is no project yet; add one with: lineament db project add")
    if len(there) > 1:
        raise InputError(f"which project? give --project, one of {', '.join(each['name'] for each in there)}")
    return str(there[0]["id"])


def person(database: Database, name: str, project: str | None, *actions: str) -> str:
    """Return the random name of a person, who is told by it or by their label.

    Parameters
    ----------
    database : Database
    name : str
    project : str, optional
    *actions : str
        One of them the actor must be allowed, on the person or on a scan of theirs.

    Raises
    ------
    InputError
        Nobody has this label, or the actor may not know who has: the answer is the same.
    """
    from lineament.database.access import Request, authorize_all
    from lineament.database.people import subject_labelled
    from lineament.errors import AccessError, InputError

    if database.catalogue.rows("SELECT 1 FROM subjects WHERE id = :name", name=name):
        return name
    there = the_project(database, project)
    with suppress(AccessError, InputError):
        subject = subject_labelled(database, there, name)
        scans = database.catalogue.rows("SELECT id FROM scans WHERE subject = :subject", subject=subject)
        objects, actor = [subject, *(each["id"] for each in scans)], database.guard.actor
        decisions = [
            decision
            for action in actions
            for decision in authorize_all(database.catalogue, Request(actor, action, ""), objects).values()
        ]
        if any(decision.allowed for decision in decisions):
            return subject
        database.log.append(actor, actions[0], subject, allowed=False, reason=decisions[0].code)
    raise InputError(f"the project knows nobody with the label {name!r}, or nobody of whom you may know")


def shown(place: str) -> str:
    """Return the place of a master key, relative to the working folder where it lies in that."""
    path = Path(place)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else place


def day(moment: str | None) -> str:
    """Return the day of a time, empty without one."""
    return (moment or "")[:10]


def tell_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=1, default=lambda other: dict(other), ensure_ascii=False))


def tell_some(lines: Sequence[str]) -> None:
    """Print lines about scans, the first of many."""
    for line in lines[:SHOWN]:
        click.echo(line)
    if len(lines) > SHOWN:
        click.echo(f"and {len(lines) - SHOWN} more")


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    Raises
    ------
    FormatError
    """
    from lineament.errors import FormatError

    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FormatError(f"{path} is no JSON: {error}") from None
    if not isinstance(said, dict):
        raise FormatError(f"{path} holds {type(said).__name__}; expected a JSON object")
    return said


def _range(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, str] | None:
    if value is None:
        return None
    low, found, high = value.partition("..")
    if not found:
        raise click.BadParameter(f"{value!r} is no range; write {param.metavar}, either end may be left out")
    return low, high


def _age(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, float] | None:
    ends = _range(ctx, param, value)
    try:
        return ends and (float(ends[0] or 0), float(ends[1] or 1000))
    except ValueError:
        raise click.BadParameter(f"{value!r} is no range of ages; write {param.metavar}") from None


FILTERS = (
    *("project", "subject", "session", "scan", "sex", "origin", "age", "modality", "expression", "protocol"),
    *("device", "has", "lacks", "max_holes", "max_noise", "consented", "captured", "ingested"),
)
"""Filters of `lineament.database.find.Where`, all but the state."""
_FILTER_OPTIONS = (
    click.option("--project", metavar="NAME", help="Scans of this project."),
    click.option("--subject", metavar="PERSON", help="Of this person: random name, or label."),
    click.option("--session", metavar="NAME", help="Of this visit."),
    click.option("--scan", metavar="NAME", help="This scan."),
    click.option("--sex", type=click.Choice(["female", "male", "other", "unknown"])),
    click.option("--origin", metavar="TEXT", help="As the person or the dataset states it."),
    click.option("--age", metavar="FROM..BELOW", callback=_age, help="Years at the capture."),
    click.option("--modality", metavar="NAME", help="mesh, cloud, depth, multiview, video, sequence or body."),
    click.option("--expression", metavar="NAME", help="Such as smile."),
    click.option("--protocol", metavar="NAME", help="List of prompts, such as facescape20."),
    click.option("--device", metavar="NAME", help="What it was captured with."),
    click.option("--has", metavar="KIND", help="With this kind of derived data, such as landmarks."),
    click.option("--lacks", metavar="KIND", help="Without it."),
    click.option("--max-holes", type=float, metavar="SHARE", help="Most edges on the rim of holes, 0 to 1."),
    click.option("--max-noise", type=float, metavar="MM", help="Most noise."),
    click.option("--consented", type=click.Choice(PURPOSES), help="The person agrees to this today."),
    click.option("--captured", metavar="FROM..BEFORE", callback=_range, help="Days such as 2026-03-31."),
    click.option("--ingested", metavar="FROM..BEFORE", callback=_range, help="The same."),
)


def filters(command: Command) -> Command:
    """Give a command an option for each filter of scans, and what is given as `where`."""

    @wraps(command)
    def filtered(database: Database, **values: Any) -> None:
        where = {name: found for name in FILTERS if (found := values.pop(name)) is not None}
        if "subject" in where:
            where["subject"] = person(database, where["subject"], where.get("project"), "consent", "find", "review")
        command(database, where=where, **values)

    for option in reversed(_FILTER_OPTIONS):
        option(filtered)
    return filtered
