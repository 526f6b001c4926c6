"""`lineament fit`: scans in, registered faces out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.batch import collected, end_by, only, show_outcomes, show_result, tell_skipped
from lineament.cli.options import FILE, Camera, cores, demanded, intrinsics, landmark_folder, unit

if TYPE_CHECKING:
    from lineament.face.batch import Outcome

FORMATS = ("glb", "obj", "ply")


@click.command()
@click.argument("paths", metavar="SCAN...", nargs=-1, required=True, type=FILE)
@click.option("-o", "--output", type=FILE, help="Folder of the results; beside each scan without it.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    default=["glb"],
    show_default=True,
    help="A rig, or a mesh in mm; give it several times for several files.",
)
@click.option("--detail", is_flag=True, help="Also write what the scan shows beyond the mesh as a displacement map.")
@click.option("--colour", is_flag=True, help="Also bake the scan's colours into the model's uv.")
@click.option("--model", type=FILE, help="A face model of your own, ICT-FaceKit's or FaceScape's .npz.")
@landmark_folder("lineament landmarks")
@unit
@click.option("--jobs", type=click.IntRange(min=1), help="Scans worked on at the same time; one a core without it.")
@intrinsics
def fit(
    paths: tuple[Path, ...],
    output: Path | None,
    formats: tuple[str, ...],
    detail: bool,
    colour: bool,
    model: Path | None,
    landmarks: Path | None,
    unit: str,
    jobs: int | None,
    intrinsics: Camera | None,
) -> None:
    """Fit the face model to scans: everyone's face in the same vertices.

    SCAN is a file or a folder, which is searched with all folders below it. NAME.face.npz holds the face; it is always
    written. Scans that already have their results are passed over when there are several. The exit status is 0 when
    all went well, 1 when some scans failed, 2 when all did or the command line is wrong.
    """
    from lineament.detect.planning import plan_jobs
    from lineament.face.batch import Request, fit_scans, is_done

    plan = plan_jobs(paths, output, cameras=intrinsics is not None, landmarks=landmarks)
    request = Request(tuple(dict.fromkeys(formats)), detail, colour, demanded(unit), intrinsics, model)
    todo = [job for job in plan.jobs if len(plan.jobs) == 1 or not is_done(job, request)]
    tell_skipped(plan.skipped, len(plan.jobs) - len(todo))
    outcomes = fit_scans(todo, request, jobs or cores()) if todo else iter(())
    if len(todo) == 1:
        _show_one(only(outcomes))
        return
    done = collected(outcomes, todo)
    show_outcomes(done, ("scan", "unit", "measured", "distance", "time"), _row)
    end_by(done)


def _show_one(outcome: Outcome) -> None:
    click.echo(f"{outcome.scan}: unit {outcome.unit}")
    _, _, measured, distance, seconds = _row(outcome)
    click.echo(f"{measured} of the face measured, median distance {distance}, {seconds}")
    show_result(outcome.notes, outcome.outputs)


def _row(outcome: Outcome) -> tuple[str, ...]:
    distance, seconds = f"{outcome.distance:.2f} mm", f"{outcome.seconds:.1f} s"
    return str(outcome.scan), outcome.unit, f"{outcome.measured:.0%}", distance, seconds
