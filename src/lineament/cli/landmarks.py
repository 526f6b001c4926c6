"""`lineament landmarks`: scans in, named points out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.batch import collected, end_by, only, show_outcomes, show_result, tell_skipped
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

    plan = plan_jobs(paths, output, cameras=intrinsics is not None)
    sets = SETS if set_name == "all" else (set_name,)
    request = Request(tuple(dict.fromkeys(formats)), sets, demanded(unit), picture, intrinsics)
    todo = [job for job in plan.jobs if len(plan.jobs) == 1 or not is_done(job, request)]
    tell_skipped(plan.skipped, len(plan.jobs) - len(todo))
    outcomes = landmark_scans(todo, request, jobs or cores()) if todo else iter(())
    if len(todo) == 1:
        _show_one(only(outcomes))
        return
    done = collected(outcomes, todo)
    show_outcomes(done, ("scan", "unit", "inferred", "expected error", "time"), _row)
    end_by(done)


def _show_one(outcome: Outcome) -> None:
    click.echo(f"{outcome.scan}: unit {outcome.unit}")
    inferred = f", {outcome.inferred} of them inferred" if outcome.inferred else ""
    error = f"mean expected error {outcome.sigma:.1f} mm"
    click.echo(f"{outcome.count} landmarks{inferred}, {error}, {outcome.seconds:.1f} s")
    show_result(outcome.notes, outcome.outputs)


def _row(outcome: Outcome) -> tuple[str, ...]:
    sigma, seconds = f"{outcome.sigma:.1f} mm", f"{outcome.seconds:.1f} s"
    return str(outcome.scan), outcome.unit, str(outcome.inferred), sigma, seconds
