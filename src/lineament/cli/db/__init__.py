"""`lineament db`: the governed database of scans, a file for a few commands that belong together."""

from __future__ import annotations

import click

from lineament.cli.db.actors import actor, condition, grant, revoke, roles
from lineament.cli.db.capture import device, protocol
from lineament.cli.db.consent import consent, identity
from lineament.cli.db.ingest import ingest
from lineament.cli.db.keep import backup, doctor, restore, rotate_key, verify
from lineament.cli.db.look import find, read, show, stats
from lineament.cli.db.papers import audit, law
from lineament.cli.db.releases import export, release, verify_export
from lineament.cli.db.setup import init, project
from lineament.cli.db.withdraw import expired, letters, withdraw
from lineament.cli.db.work import annotate, review, run

__all__ = ["db"]


@click.group()
def db() -> None:
    """Keep scans of people: encrypted, only for what they agreed to, and gone when they ask."""


for _command in (
    init,
    project,
    actor,
    grant,
    revoke,
    roles,
    condition,
    consent,
    identity,
    device,
    protocol,
    ingest,
    find,
    show,
    read,
    stats,
    review,
    annotate,
    run,
    release,
    export,
    verify_export,
    withdraw,
    letters,
    expired,
    verify,
    doctor,
    backup,
    restore,
    rotate_key,
    audit,
    law,
):
    db.add_command(_command)
