"""`lineament register`: fitted faces in, one array out."""

from __future__ import annotations

from pathlib import Path

import click

from lineament.cli.batch import end
from lineament.cli.options import FILE

FORMATS = {"npz": ".npz", "tps": ".tps", "morphologika": ".txt"}
POINTS = ("vertices", "ibug68", "anthropometric", "dense520")


@click.command()
@click.argument("faces", metavar="FACE...", nargs=-1, required=True, type=FILE)
@click.option("-o", "--output", type=FILE, required=True, help="The collection: .npz, .tps or .txt.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="Without it, the one of the output's suffix.")
@click.option("--points", type=click.Choice(POINTS), default="vertices", show_default=True)
@click.option(
    "--aligned/--raw",
    default=True,
    show_default=True,
    help="Generalised Procrustes alignment, or each face in its own face frame.",
)
@click.option("--unit-size", is_flag=True, help="Scale each face to centroid size 1; otherwise sizes are kept.")
@click.option("--neutral", is_flag=True, help="Take the expression that the fit found out of each face.")
def register(
    faces: tuple[Path, ...],
    output: Path,
    form: str | None,
    points: str,
    aligned: bool,
    unit_size: bool,
    neutral: bool,
) -> None:
    """Put fitted faces into one array, as morphometrics starts from: M people, the same points of each.

    FACE is a .npz or .json file of `lineament fit`, or a folder, which is searched with all folders below it for .npz
    files. A face that cannot be read is left out and told. The exit status is 0 when all went well, 1 when some faces
    failed, 2 when all did or the command line is wrong.
    """
    from lineament.errors import InputError
    from lineament.face.expressions import plan_faces
    from lineament.face.register import name_faces, stack_faces
    from lineament.io.faces.parameters import read_face
    from lineament.io.faces.stack import WRITERS
    from lineament.io.folder import make_folder

    form = form or next((name for name, suffix in FORMATS.items() if suffix == output.suffix.lower()), "")
    if not form or output.suffix.lower() != FORMATS[form]:
        known = ", ".join(f"{suffix} ({name})" for name, suffix in FORMATS.items())
        raise InputError(f"{output} has the suffix {output.suffix!r}; collections are written as {known}")
    if unit_size and not aligned:
        raise InputError("--unit-size is part of aligning; leave out --raw")
    plan = plan_faces(faces)
    if plan.skipped:
        click.echo(f"passed over, not fitted faces: {plan.skipped} .npz", err=True)
    files = [job.face for job in plan.jobs]
    people, failures = {}, []
    for name, file in zip(name_faces(files), files, strict=True):
        try:
            people[name] = read_face(file)
        except InputError as error:
            if len(files) == 1:
                raise
            failures.append(str(error))
    if people:
        stack = stack_faces(people, points, aligned, unit_size, neutral)
        make_folder(output.parent)
        WRITERS[form][1](output, stack)
        how = ("neutral, " if neutral else "") + ("aligned" if aligned else "each in its face frame")
        click.echo(f"{len(people)} faces, {len(stack.point_names):,} points each, {how}, in {stack.unit}")
        click.echo(f"  {output}")
    for failure in failures:
        click.echo(f"failed: {failure}")
    end(len(failures), len(files), "faces")
