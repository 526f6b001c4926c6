"""`lineament pose`: a fitted person with another expression."""

from __future__ import annotations

from pathlib import Path

import click

from lineament.cli.options import FILE

SUFFIXES = ("glb", "obj", "ply")


def _parse_weights(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    weights = {}
    for value in values:
        name, _, number = value.partition("=")
        try:
            weights[name.strip()] = float(number)
        except ValueError:
            raise click.BadParameter(f"{value!r} is not a name and a weight such as jawOpen=0.4") from None
    return weights


@click.command()
@click.argument("face", type=FILE)
@click.option(
    "--set",
    "weights",
    metavar="NAME=WEIGHT",
    multiple=True,
    callback=_parse_weights,
    help="Weight of one of ARKit's 52 expressions, 0 to 1; give it several times for several.",
)
@click.option("--from", "other", type=FILE, help="Another fitted face whose expression is taken; --set comes on top.")
@click.option("-o", "--output", type=FILE, required=True, help="A .glb rig, or a .obj or .ply mesh in mm.")
def pose(face: Path, weights: dict[str, float], other: Path | None, output: Path) -> None:
    """Give a fitted person another expression.

    FACE is a .npz or .json file of `lineament fit`. Without --set and --from the face is neutral. A rig takes the
    colours that `lineament fit --colour` left beside FACE.
    """
    from lineament.errors import InputError
    from lineament.face.colour import colour_path
    from lineament.face.rig import arkit_weights, checked_weights, limited_weights, posed
    from lineament.io.faces.glb import write_glb
    from lineament.io.faces.mesh import write_mesh
    from lineament.io.faces.parameters import read_face
    from lineament.io.load import load_bytes

    suffix = output.suffix.lower().removeprefix(".")
    if suffix not in SUFFIXES:
        known = ", ".join(f".{name}" for name in SUFFIXES)
        raise InputError(f"{output} has the suffix {output.suffix!r}; a posed face is written as {known}")
    checked_weights(weights)
    person = read_face(face)
    wanted = {**({} if other is None else arkit_weights(read_face(other))), **weights}
    if suffix == "glb":
        colours = colour_path(face)
        write_glb(output, person, load_bytes(colours) if colours.is_file() else None, weights=wanted)
    else:
        write_mesh(output, posed(person, wanted))
    used = limited_weights(person, wanted)
    shown = [f"{name} {weight:.2g}" for name, weight in used.items() if weight >= 0.005]
    click.echo(f"{output}: {', '.join(shown) or 'neutral'}")
    limited = [name for name in used if wanted[name] - used[name] >= 0.005]
    if limited:
        click.echo(f"note: {', '.join(limited)} lowered, since lips and lids close no further than shut")
