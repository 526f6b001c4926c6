"""`lineament measure`: distances, angles and indices of faces in one table."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.batch import collected, end_by, only, show_columns, show_outcomes, show_result, tell_skipped
from lineament.cli.options import FILE, Camera, cores, demanded, intrinsics, landmark_folder, unit

if TYPE_CHECKING:
    from lineament.measure.batch import Outcome

SETS = ("farkas", "ansur", "asymmetry", "all")


@click.command()
@click.argument("paths", metavar="SCAN...", nargs=-1, required=True, type=FILE)
@click.option("-o", "--output", type=FILE, help="Table of all scans, .csv or .json; printed without it.")
@click.option("--set", "set_name", type=click.Choice(SETS), default="all", show_default=True)
@click.option("--surface", is_flag=True, help="Also distances along the surface.")
@click.option("--wide", is_flag=True, help="One row a scan; otherwise one row a scan and a measure.")
@landmark_folder("lineament landmarks --set anthropometric")
@unit
@click.option("--jobs", type=click.IntRange(min=1), help="Scans worked on at the same time; one a core without it.")
@intrinsics
def measure(
    paths: tuple[Path, ...],
    output: Path | None,
    set_name: str,
    surface: bool,
    wide: bool,
    landmarks: Path | None,
    unit: str,
    jobs: int | None,
    intrinsics: Camera | None,
) -> None:
    """Measure faces: the distances, angles and indices of anthropometry, each with its standard error.

    SCAN is a file or a folder, which is searched with all folders below it. The exit status is 0 when all went well,
    1 when some scans failed, 2 when all did or the command line is wrong.
    """
    from lineament.detect.planning import plan_jobs
    from lineament.errors import InputError
    from lineament.io.folder import make_folder
    from lineament.measure.batch import Request, measure_scans

    _check_output(output, wide)
    plan = plan_jobs(paths, cameras=intrinsics is not None, landmarks=landmarks)
    tell_skipped(plan.skipped)
    if output is None and len(plan.jobs) > 1:
        raise InputError(f"{len(plan.jobs)} scans need a table; give -o table.csv")
    if output is not None:
        make_folder(output.parent)
    request = Request(set_name, surface, demanded(unit), intrinsics)
    outcomes = measure_scans(plan.jobs, request, jobs or cores())
    if len(plan.jobs) == 1:
        outcome = only(outcomes)
        if output is not None:
            _write(output, [outcome], wide)
        _show_one(outcome, output)
        return
    done = collected(outcomes, plan.jobs)
    good = any(outcome.failure is None for outcome in done)
    if good and output is not None:
        _write(output, done, wide)
    show_outcomes(done, ("scan", "unit", "measures", "inferred", "not taken", "time"), _row)
    if good:
        click.echo(f"  {output}")
    end_by(done)


def _check_output(output: Path | None, wide: bool) -> None:
    """Refuse before the work what could not be written after it."""
    from lineament.errors import InputError
    from lineament.measure.table import FORMATS

    suffix = "" if output is None else output.suffix.lower()
    if output is not None and output.is_dir():
        raise InputError(f"{output} is a folder; give the name of a table, such as {output / 'table.csv'}")
    if output is not None and suffix not in FORMATS:
        raise InputError(f"cannot write {output}: its suffix is none of {' '.join(FORMATS)}")
    if wide and suffix != ".csv":
        raise InputError("--wide is a kind of CSV table; give -o with a name that ends in .csv")


def _write(output: Path, outcomes: list[Outcome], wide: bool) -> None:
    from lineament.measure.table import write_json, write_long, write_wide

    good = [outcome for outcome in outcomes if outcome.failure is None]
    if output.suffix.lower() == ".json":
        scans = [
            {
                "scan": str(outcome.scan),
                "unit": outcome.unit,
                "mm_per_unit": outcome.mm_per_unit,
                "notes": outcome.notes,
                "measures": outcome.rows,
            }
            for outcome in good
        ]
        write_json(output, scans, {o.scan: o.failure for o in outcomes if o.failure is not None})
    else:
        (write_wide if wide else write_long)(output, {outcome.scan: outcome.rows for outcome in good})


def _show_one(outcome: Outcome, output: Path | None) -> None:
    click.echo(f"{outcome.scan}: unit {outcome.unit}")
    click.echo(_summary(outcome))
    show_result(outcome.notes, [] if output is None else [output])
    if output is not None:
        return
    lines: list[tuple[str, ...]] = [("measure", "side", "value", "error", "", "")]
    for row in outcome.rows:
        value = f"{row.value:.1f} {row.unit}" if row.taken else "-"
        error = f"{row.standard_error:.1f}" if isfinite(row.standard_error) else ""
        hidden = "inferred" if row.taken and not row.visible else ""
        lines.append((row.measure, row.side, value, error, row.name, row.note or hidden))
    show_columns(lines, right=(2, 3))


def _summary(outcome: Outcome) -> str:
    taken = [row for row in outcome.rows if row.taken]
    hidden = sum(not row.visible for row in taken)
    lost = len(outcome.rows) - len(taken)
    parts = [f"{len(taken)} measures" + (f", {hidden} of them with inferred landmarks" if hidden else "")]
    if lost:
        parts.append(f"{lost} could not be taken")
    return ", ".join([*parts, f"{outcome.seconds:.1f} s"])


def _row(outcome: Outcome) -> tuple[str, ...]:
    taken = [row for row in outcome.rows if row.taken]
    counts = (len(taken), sum(not row.visible for row in taken), len(outcome.rows) - len(taken))
    return (str(outcome.scan), outcome.unit, *map(str, counts), f"{outcome.seconds:.1f} s")
