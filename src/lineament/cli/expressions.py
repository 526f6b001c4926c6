"""`lineament expressions`: a set of expressions of fitted people."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from lineament.cli.batch import end, tell_skipped
from lineament.cli.options import FILE


@click.command()
@click.argument("faces", metavar="FACE...", nargs=-1, required=True, type=FILE)
@click.option("-o", "--output", type=FILE, help="Folder of the results; beside each face without it.")
@click.option("--set", "set_name", type=click.Choice(["facescape20"]), default="facescape20", show_default=True)
@click.option("--format", "suffix", type=click.Choice(["obj", "ply"]), default="obj", show_default=True)
def expressions(faces: tuple[Path, ...], output: Path | None, set_name: str, suffix: str) -> None:
    """Write a set of expressions of fitted people, one mesh each, and a picture of all.

    FACE is a .npz or .json file of `lineament fit`, or a folder, which is searched with all folders below it for .npz
    files. Faces that already have their results are passed over when there are several. The exit status is 0 when all
    went well, 1 when some faces failed, 2 when all did or the command line is wrong.
    """
    from lineament.errors import InputError
    from lineament.face.expressions import is_done, outputs_of, plan_faces, write_expressions

    plan = plan_faces(faces, output)
    todo = [job for job in plan.jobs if len(plan.jobs) == 1 or not is_done(job, suffix)]
    if plan.skipped:
        click.echo(f"passed over, not fitted faces: {plan.skipped} .npz", err=True)
    tell_skipped(Counter(), len(plan.jobs) - len(todo))
    failures = []
    for job in todo:
        try:
            write_expressions(job, suffix)
        except InputError as error:
            if len(todo) == 1:
                raise
            failures.append(str(error))
            continue
        *meshes, picture = outputs_of(job, suffix)
        click.echo(f"{job.face}: {len(meshes)} expressions")
        click.echo(f"  {meshes[0]} ... {meshes[-1].name}")
        click.echo(f"  {picture}")
    for failure in failures:
        click.echo(f"failed: {failure}")
    end(len(failures), len(todo), "faces")
