"""`lineament db verify`, `doctor`, `backup`, `restore`, `rotate-key`: keeping it whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.db.common import on_database, shown
from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.database import Database


@click.command()
@click.option("--head", metavar="SEQ:HASH", help="Of the audit log, as you kept it elsewhere.")
@click.option("--fast", is_flag=True, help="Hash the files without decrypting them.")
@on_database
def verify(database: Database, head: str | None, fast: bool) -> None:
    """Check every file, row, key and entry of the audit log. The exit status is 1 when something is damaged."""
    from lineament.database.audit import Head
    from lineament.database.verify import verify as check

    kept = None if head is None else Head.parse(head)
    damages = 0
    for damage in check(database, kept=kept, whole=not fast):
        damages += 1
        click.echo(f"{damage.what}: {damage.name}: {damage.said}")
    if damages:
        hint = "lineament db doctor removes leftovers, the rest needs a backup"
        click.echo(f"error: {damages} damaged; {hint}", err=True)
        raise click.exceptions.Exit(1)
    click.echo("everything is as it was written")
    click.echo(f"head of the audit log, to keep elsewhere: {database.log.head()}")


@click.command()
@on_database
def doctor(database: Database) -> None:
    """Mend what a crash left behind: files of nobody, withdrawals and exports that were cut off."""
    from lineament.database.verify import doctor as mend

    said = list(mend(database))
    for each in said or ["nothing to mend"]:
        click.echo(each)


@click.command()
@click.argument("folder", type=FILE)
@click.option("--keys", type=FILE, help="Also copy the keys, wrapped by the master key, to this folder, apart.")
@on_database
def backup(database: Database, folder: Path, keys: Path | None) -> None:
    """Write a backup without any key, or bring one up to date.

    People who withdraw are gone from every backup that there is, as soon as their keys are gone from the copy of the
    keys: bring that up to date after each withdrawal, and keep one only.
    """
    from lineament.database.backup import backup as write
    from lineament.database.backup import copy_keys
    from lineament.errors import InputError

    if keys is not None and (keys.absolute().is_relative_to(folder.absolute())):
        raise InputError("a backup with its keys in it forgets nobody; give --keys a folder elsewhere")
    click.echo(f"{write(database, folder)} files written to {folder}")
    if keys is None:
        click.echo("the keys are not in it; copy them elsewhere with --keys")
    else:
        click.echo(f"keys copied to {keys}: {copy_keys(database, keys)}; {shown(database.settings.key)} is in neither")


@click.command()
@click.argument("folder", metavar="BACKUP", type=FILE)
@click.argument("path", type=FILE)
@click.option("--keys", type=FILE, required=True, help="The copy that backup --keys made, or the folder that was lost.")
@click.option("--key", metavar="PLACE", help="Of the master key, when it was moved.")
@click.option("--catalogue", metavar="ADDRESS", help="postgresql://... or sqlite; as it was without it.")
def restore(folder: Path, path: Path, keys: Path, key: str | None, catalogue: str | None) -> None:
    """Make a database of a backup; from SQLite to PostgreSQL as well, or back."""
    from lineament.database.restore import restore as make

    server = "" if catalogue == "sqlite" else catalogue
    people, gone = make(folder, path.absolute(), keys, key=key, catalogue=server)
    click.echo(f"people in {path}: {people}" + (f"; not in it, since they left: {gone}" if gone else ""))


@click.command()
@click.option("--key", metavar="PLACE", help="Where the new key is made: a file, or keyring:NAME; beside the old else.")
@on_database
def rotate_key(database: Database, key: str | None) -> None:
    """Give the database a new master key. When it is cut off, the next command goes on with it."""
    from lineament.database.rotate import rotate_key as rotate

    old = shown(database.settings.key)
    click.echo(f"new master key {shown(rotate(database, key))}")
    click.echo(
        f"The old one, {old}, opens copies of keys that were made before, and nothing else. Copy the new key and"
    )
    click.echo("the keys (lineament db backup --keys), then destroy the old key and the old copies.")
