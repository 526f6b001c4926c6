"""`lineament convert`: one format to another."""

from __future__ import annotations

from pathlib import Path

import click

from lineament.cli.options import FILE, UNITS, Camera, intrinsics


@click.command()
@click.argument("source", metavar="IN", type=FILE)
@click.argument("target", metavar="OUT", type=FILE)
@click.option("--unit", type=click.Choice(UNITS), help="Unit of a scan's numbers, for formats that state it.")
@intrinsics
def convert(source: Path, target: Path, unit: str | None, intrinsics: Camera | None) -> None:
    """Write a scan or landmarks in another format, and say what it cannot hold.

    The suffix of OUT chooses the format. Coordinates keep their frame, unit and order.
    """
    from lineament.convert import convert_file

    done = convert_file(source, target, unit=unit, intrinsics=intrinsics)
    click.echo(f"{target}: {done.count} {'points' if done.kind == 'scan' else 'landmarks'}")
    if done.losses:
        click.echo(f"dropped, since the format cannot hold it: {', '.join(done.losses)}")
