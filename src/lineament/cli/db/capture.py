"""`lineament db device` and `lineament db protocol`: what scans are captured with, what people are asked to show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.batch import show_columns
from lineament.cli.db.common import day, on_database, read_json
from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.database import Database


@click.group()
def device() -> None:
    """Devices and their calibrations; a device that scans name is added with them."""


@device.command()
@click.argument("name")
@click.option("--details", type=FILE, help="JSON: serial, firmware, lens, wavelength, eye-safety class and the like.")
@on_database
def add(database: Database, name: str, details: Path | None) -> None:
    """Add a device, or say more of one. NAME is make and model, and a number where there are several."""
    from lineament.database.capture import describe_device

    describe_device(database, name, read_json(details) if details else {})
    click.echo(f"device {name}")


@device.command()
@click.argument("name")
@click.option("--on", "done", required=True, metavar="DAY", help="When it was calibrated.")
@click.option("--expires", metavar="DAY", help="Scans from then on are told of.")
@click.option("--rms", type=float, metavar="PIXELS", help="Reprojection error, root mean square.")
@click.option("--method", default="", metavar="TEXT")
@click.option("--details", type=FILE, help="JSON: board, matrices and distortion of the cameras, temperature.")
@on_database
def calibrate(
    database: Database,
    name: str,
    done: str,
    expires: str | None,
    rms: float | None,
    method: str,
    details: Path | None,
) -> None:
    """Add a calibration of a device; scans that are captured after it refer to it."""
    from lineament.database.capture import add_calibration

    said = read_json(details) if details else {}
    made = add_calibration(database, name, done, expires_at=expires, method=method, reprojection_rms=rms, details=said)
    click.echo(f"calibration {made} of {name}")


@device.command(name="list")
@on_database
def list_devices(database: Database) -> None:
    """List the devices, and the last calibration of each."""
    found = database.catalogue.rows(
        """SELECT d.name, c.done_at, c.expires_at, c.reprojection_rms FROM devices d LEFT JOIN calibrations c
        ON c.id = (SELECT k.id FROM calibrations k WHERE k.device = d.id ORDER BY k.done_at DESC LIMIT 1)
        ORDER BY d.name"""
    )
    lines = [
        (
            each["name"],
            day(each["done_at"]),
            day(each["expires_at"]),
            "" if each["reprojection_rms"] is None else f"{each['reprojection_rms']:g}",
        )
        for each in found
    ]
    show_columns([("device", "calibrated", "expires", "rms, pixels"), *lines])


@click.group()
def protocol() -> None:
    """Protocols: lists of expressions that people are asked to show, one after another."""


@protocol.command(name="add")
@click.argument("name")
@click.argument("prompts", metavar="EXPRESSION...", nargs=-1, required=True)
@click.option("--version", default="1", show_default=True, metavar="TEXT")
@click.option("--description", default="", metavar="TEXT")
@on_database
def add_list(database: Database, name: str, prompts: tuple[str, ...], version: str, description: str) -> None:
    """Add a list of prompts, in their order; FaceScape's 20 are there from the beginning."""
    from lineament.database.capture import add_protocol

    add_protocol(database, name, prompts, version=version, description=description)
    click.echo(f"protocol {name}: {len(prompts)} prompts")


@protocol.command(name="list")
@on_database
def list_protocols(database: Database) -> None:
    """List the protocols and their prompts."""
    found = database.catalogue.rows(
        """SELECT o.name, o.version, p.expression FROM protocols o JOIN prompts p ON p.protocol = o.id
        ORDER BY o.name, p.place"""
    )
    for name, version in dict.fromkeys((each["name"], each["version"]) for each in found):
        prompts = ", ".join(each["expression"] for each in found if each["name"] == name)
        click.echo(f"{name} {version}: {prompts}")
