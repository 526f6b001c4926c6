"""`lineament db release`, `export` and `verify-export`: fixed sets of scans, and handing them out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lineament.cli.batch import show_columns
from lineament.cli.db.common import day, filters, on_database, purpose, tell_json, the_project
from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.database import Database

LAYOUTS = ("bids", "webdataset", "parquet")


@click.group()
def release() -> None:
    """Releases: sets of scans that never change, and that end when somebody in them leaves."""


def _split(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, float]:
    try:
        pairs = [each.split("=") for each in value]
        return {name: float(share) for name, share in pairs}
    except ValueError:
        raise click.BadParameter("write NAME=SHARE, such as --split train=0.8 --split test=0.2") from None


@release.command()
@click.argument("name")
@purpose
@click.option("--description", required=True, metavar="TEXT", help="What it is; for the datasheet.")
@click.option("--licence", required=True, metavar="TEXT", help="What others may do with it.")
@click.option("--split", "splits", multiple=True, metavar="NAME=SHARE", callback=_split, help="Such as train=0.8.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the splits.")
@on_database
@filters
def create(
    database: Database,
    where: dict[str, Any],
    name: str,
    purpose: str,
    description: str,
    licence: str,
    splits: dict[str, float],
    seed: int,
) -> None:
    """Publish a release, or the next version of one: all scans that match, and that may be handed out for the purpose.

    A person is in one split only, and stays there in later versions.
    """
    from lineament.database.releases.create import create_release

    there = the_project(database, where.get("project"))
    made = create_release(
        database, name, there, purpose, where=where, splits=splits, seed=seed, description=description, licence=licence
    )
    click.echo(f"{made.name} {made.version}: {made.scans} scans of {made.subjects} people")
    for code, many in sorted(made.left_out.items()):
        click.echo(f"left out: {many}, {code}")


@release.command(name="list")
@on_database
def list_releases(database: Database) -> None:
    """List the releases."""
    from lineament.database.releases.listing import releases_of

    lines = [
        (
            each["name"],
            each["version"],
            each["state"],
            each["purpose"],
            str(each["scans"]),
            str(each["people"]),
            day(each["created_at"]),
        )
        for each in releases_of(database)
    ]
    show_columns([("release", "version", "state", "purpose", "scans", "people", "made"), *lines], right=(4, 5))


@release.command()
@click.argument("name", metavar="RELEASE")
@click.option("--json", "as_json", is_flag=True)
@on_database
def show(database: Database, name: str, as_json: bool) -> None:
    """Show a release, NAME or NAME@VERSION: what is in it, and who was given it."""
    from lineament.database.releases.listing import release_shown

    found = release_shown(database, name)
    if as_json:
        tell_json(found)
        return
    show_columns(
        [
            ("release", f"{found['name']} {found['version']}, {found['state']}"),
            ("purpose", found["purpose"]),
            ("description", found["description"]),
            ("licence", found["licence"]),
            ("made", day(found["created_at"])),
            ("holds", f"{found['scans']} scans of {found['people']} people"),
            *((each["split"] or "no split", f"{each['scans']} scans of {each['people']}") for each in found["splits"]),
            ("manifest", found["manifest_sha256"]),
        ]
    )
    for each in found["exports"]:
        place = f"{each['recipient']} {each['country']}".strip()
        click.echo(f"export  {day(each['made_at'])} {each['layout']} to {place}: {each['folder']} ({each['state']})")


@release.command(name="diff")
@click.argument("old")
@click.argument("new")
@click.option("--scans", is_flag=True, help="Also name the scans.")
@on_database
def difference(database: Database, old: str, new: str, scans: bool) -> None:
    """Tell what changed between two releases, such as faces@1.0.0 faces@1.1.0."""
    from lineament.database.releases.create import release_named
    from lineament.database.releases.diff import describe, diff

    found = diff(database, release_named(database.catalogue, old), release_named(database.catalogue, new))
    click.echo(describe(found))
    if scans:
        for sign, names in (("+", found.added), ("-", found.removed)):
            for name in names:
                click.echo(f"{sign} {name}")


@release.command()
@click.argument("name", metavar="RELEASE")
@on_database
def verify(database: Database, name: str) -> None:
    """Check a release: its scans, its splits, its bytes, and whether all of it may be used today. 1 when not."""
    from lineament.database.releases.create import release_named
    from lineament.database.releases.verify_release import verify_release

    _tell_amiss(name, verify_release(database, release_named(database.catalogue, name)))


def _tell_amiss(name: str, said: list[str]) -> None:
    for each in said:
        click.echo(f"amiss: {each}")
    if said:
        raise click.exceptions.Exit(1)
    click.echo(f"{name}: everything is as it was published")


@release.command()
@click.argument("name", metavar="RELEASE")
@click.option("-o", "--output", type=FILE, help="A file, Markdown; printed without it.")
@on_database
def datasheet(database: Database, name: str, output: Path | None) -> None:
    """Write the datasheet of a release: who is in it, how it was made, what it may be used for."""
    from lineament.database.releases.create import release_named
    from lineament.database.releases.datasheet import datasheet as write

    found = release_named(database.catalogue, name)
    database.guard.demand("release", found["project"], datasheet=found["id"])
    text = write(database, found)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"  {output}")


@click.command()
@click.argument("release")
@click.argument("layout", type=click.Choice(LAYOUTS))
@click.argument("folder", type=FILE)
@click.option("--recipient", required=True, metavar="NAME", help="Who gets it.")
@click.option("--contact", default="", metavar="TEXT", help="Where a letter reaches them, when somebody withdraws.")
@click.option("--country", default="", metavar="CODE", help="Where they are: two letters.")
@on_database
def export(
    database: Database, release: str, layout: str, folder: Path, recipient: str, contact: str, country: str
) -> None:
    """Write a release, NAME or NAME@VERSION, for somebody, and keep in the ledger that they have it."""
    from lineament.database.releases.hand_out import hand_out

    written = hand_out(database, release, layout, folder, recipient, contact=contact, country=country.upper())
    size = sum(each.size for each in written)
    click.echo(f"{len(written)} files, {size / 1e6:.1f} MB, for {recipient}")
    click.echo(f"  {folder}")


@click.command()
@click.argument("folder", type=FILE)
def verify_export(folder: Path) -> None:
    """Check an exported folder against the hashes in it; needs no database. 1 when something is amiss."""
    from lineament.database.releases.verify_release import verify_export as check

    _tell_amiss(str(folder), check(folder))
