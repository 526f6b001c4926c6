"""`lineament db review`, `annotate` and `run`: what people and programs do with scans that are in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lineament.cli.batch import end, show_columns, with_progress
from lineament.cli.db.common import filters, on_database, purpose, tell_some
from lineament.cli.db.look import write_files
from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.database import Database


@click.group()
def review() -> None:
    """Scans in quarantine: look at them, accept or reject them."""


@review.command(name="list")
@on_database
@filters
def list_doubtful(database: Database, where: dict[str, Any]) -> None:
    """List the scans in quarantine, and why they are there."""
    from lineament.database.review import queue

    lines = [
        (each.info["id"], each.info["subject"], each.info["expression"], each.info["state_reason"])
        for each in queue(database, where)
    ]
    show_columns([("scan", "person", "expression", "why"), *lines])


@review.command()
@click.argument("scan")
@click.option("-o", "--output", type=FILE, required=True, help="Folder.")
@on_database
def look(database: Database, scan: str, output: Path) -> None:
    """Write the files of a scan to a folder, decrypted, to look at them; remove them afterwards."""
    from lineament.database.reading import open_scan

    write_files(open_scan(database, scan, purpose="", action="review"), output, derived=False)


@review.command()
@click.argument("scan")
@click.option("--reason", required=True, metavar="TEXT", help="It must name nobody.")
@on_database
def accept(database: Database, scan: str, reason: str) -> None:
    """Take a scan, whatever was found."""
    from lineament.database.review import accept as take

    take(database, scan, reason)
    click.echo(f"{scan} is accepted")


@review.command()
@click.argument("scan")
@click.option("--reason", required=True, metavar="TEXT", help="It must name nobody.")
@on_database
def reject(database: Database, scan: str, reason: str) -> None:
    """Take a scan out for good; it stays encrypted until the person withdraws."""
    from lineament.database.review import reject as refuse

    refuse(database, scan, reason)
    click.echo(f"{scan} is rejected")


@click.command()
@click.argument("scan")
@click.argument("file", type=FILE)
@purpose
@click.option("--frame", type=click.IntRange(min=0), help="Of a 4D sequence.")
@click.option("--note", default="", metavar="TEXT", help="Kept encrypted; it must name nobody.")
@on_database
def annotate(database: Database, scan: str, file: Path, purpose: str, frame: int | None, note: str) -> None:
    """Store landmarks that were set or corrected by hand, in place of those that were found on SCAN.

    FILE may be of any format that `lineament convert` reads, in the scan's frame and unit, with points of one set in
    any order; those that it lacks are missing. What was found stays, and the database keeps who corrected it and when.
    What was made of it is made again by the next `lineament db run`.
    """
    from lineament.database.corrections import correct

    name, landmarks = correct(database, scan, file, note, purpose=purpose, frame=frame)
    given = int(landmarks.visible.sum()) if landmarks.visible is not None else len(landmarks)
    where = "" if frame is None else f", frame {frame}"
    click.echo(f"{name}: {given} of {len(landmarks)} points of {landmarks.set_name} on {scan}{where}")


@click.command()
@click.argument("kind")
@purpose
@click.option("--again", is_flag=True, help="Also try again what failed.")
@click.option("--jobs", type=click.IntRange(min=1), help="Scans worked on at the same time; one a core without it.")
@on_database
@filters
def run(database: Database, where: dict[str, Any], kind: str, purpose: str, again: bool, jobs: int | None) -> None:
    """Compute KIND of all scans that match and have none yet: quality, landmarks, fit, rig, measures or thumbnail.

    What KIND is made of is made first. A run that was stopped is simply started again, and several programs may run at
    once. The exit status is 0 when all went well, 1 when some failed, 2 when all did or the command line is wrong.
    """
    from lineament.database.run import run as work

    outcomes = work(database, kind, where, purpose=purpose, workers=jobs, again=again)
    done = list(with_progress(outcomes, None, lambda outcome: outcome.state == "failed"))
    if not done:
        click.echo(f"nothing to do: all scans that match have been through {kind}")
        return
    counts = Counter((each.kind, each.state) for each in done)
    show_columns([(name, state, str(many)) for (name, state), many in counts.items()], right=(2,))
    told = [
        f"{each.state}: {each.scan}{'' if each.frame is None else f' frame {each.frame}'}: {each.kind}: {each.said}"
        for each in done
        if each.state != "done"
    ]
    tell_some(told)
    end(sum(each.state == "failed" for each in done), len(done))
