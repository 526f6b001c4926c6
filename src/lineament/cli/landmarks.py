"""`lineament landmarks`: scans in, named points out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.options import FILE, Camera, cores, demanded, intrinsics, unit

if TYPE_CHECKING:
    from lineament.detect.batch import Outcome

FORMATS = ("mrk.json", "fcsv", "json", "csv", "pp", "tps", "ljson")
SETS = ("ibug68", "anthropometric", "dense520")


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=FILE)
@click.option("-o", "--output", type=FILE, help="Folder of the results; beside each scan without it.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    default=["mrk.json"],
    show_default=True,
    help="Give it several times for several files.",
)
@click.option("--set", "set_name", type=click.Choice([*SETS, "all"]), default="ibug68", show_default=True)
@unit
@click.option("--picture", is_flag=True, help="Also draw each scan with its landmarks.")
@click.option("--jobs", type=click.IntRange(min=1), help="Scans worked on at the same time; one a core without it.")
@intrinsics
def landmarks(
    paths: tuple[Path, ...],
    output: Path | None,
    formats: tuple[str, ...],
    set_name: str,
    unit: str,
    picture: bool,
    jobs: int | None,
    intrinsics: Camera | None,
) -> None:
    """Find landmarks in scans: meshes, point clouds, depth images.

    PATH is a file or a folder, which is searched with all folders below it. Scans that already have their results
    are passed over when there are several. The exit status is 0 when all went well, 1 when some scans failed, 2 when
    all did or the command line is wrong.
    """
    from lineament.detect.batch import Request, is_done, landmark_scans
    from lineament.detect.planning import plan_jobs
    from lineament.errors import InputError

    plan = plan_jobs(paths, output, cameras=intrinsics is not None)
    sets = SETS if set_name == "all" else (set_name,)
    request = Request(tuple(dict.fromkeys(formats)), sets, demanded(unit), picture, intrinsics)
    todo = [job for job in plan.jobs if len(plan.jobs) == 1 or not is_done(job, request)]
    _tell_skipped(plan.skipped, len(plan.jobs) - len(todo))
    outcomes = landmark_scans(todo, request, jobs or cores()) if todo else iter(())
    if len(todo) == 1:
        outcome = next(iter(outcomes))
        if outcome.failure:
            raise InputError(outcome.failure)
        _show_one(outcome)
        return
    done = list(_with_progress(outcomes, len(todo)))
    # In the order of the command line, whichever was done first.
    place = {job.scan: index for index, job in enumerate(todo)}
    done.sort(key=lambda outcome: place[outcome.scan])
    _show_table(done)
    failed = sum(outcome.failure is not None for outcome in done)
    if failed:
        click.echo(f"error: {failed} of {len(done)} scans failed", err=True)
        raise click.exceptions.Exit(2 if failed == len(done) else 1)


def _tell_skipped(skipped: Counter[str], done: int) -> None:
    if skipped:
        kinds = ", ".join(f"{count} {suffix}" for suffix, count in sorted(skipped.items()))
        hint = "; name .csv and .txt files to read them as scans" if {".csv", ".txt"} & skipped.keys() else ""
        click.echo(f"passed over, not scans: {kinds}{hint}", err=True)
    if done:
        click.echo(f"passed over, already done: {done}; delete their results to do them again", err=True)


def _with_progress(outcomes: Iterable[Outcome], total: int) -> Iterator[Outcome]:
    """Hand outcomes on behind a progress bar, which is shown on terminals only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    note = TextColumn("{task.fields[note]}")
    columns = (TextColumn("scans"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), note)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("", total=total, note="")
        failed = 0
        for outcome in outcomes:
            failed += outcome.failure is not None
            progress.update(bar, advance=1, note=f"{failed} failed" if failed else "")
            yield outcome


def _show_one(outcome: Outcome) -> None:
    click.echo(f"{outcome.scan}: unit {outcome.unit}")
    inferred = f", {outcome.inferred} of them inferred" if outcome.inferred else ""
    error = f"mean expected error {outcome.sigma:.1f} mm"
    click.echo(f"{outcome.count} landmarks{inferred}, {error}, {outcome.seconds:.1f} s")
    for note in outcome.notes:
        click.echo(f"note: {note}")
    for path in outcome.outputs:
        click.echo(f"  {path}")


def _show_table(outcomes: list[Outcome]) -> None:
    if not outcomes:
        return
    rows = [("scan", "unit", "inferred", "expected error", "time")]
    for outcome in outcomes:
        if outcome.failure is None:
            figures = (outcome.unit, str(outcome.inferred), f"{outcome.sigma:.1f} mm", f"{outcome.seconds:.1f} s")
            rows.append((str(outcome.scan), *figures))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if len(rows) > 1:
        for row in rows:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for outcome in outcomes:
        for note in outcome.notes:
            click.echo(f"note: {outcome.scan}: {note}")
    for outcome in outcomes:
        if outcome.failure is not None:
            click.echo(f"failed: {outcome.failure}")
