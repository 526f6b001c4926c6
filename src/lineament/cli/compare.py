"""`lineament compare`: what has changed between two scans of one person."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.batch import show_columns, show_result
from lineament.cli.options import FILE, Camera, demanded, intrinsics, unit

if TYPE_CHECKING:
    from lineament.compare import Comparison, Sitting
    from lineament.detect.detector import Detector

STABLE = ("upper", "nose", "all")


@click.command()
@click.argument("a", type=FILE)
@click.argument("b", type=FILE)
@click.option("-o", "--output", type=FILE, required=True, help="Folder of the results.")
@click.option(
    "--stable",
    type=click.Choice(STABLE),
    default="upper",
    show_default=True,
    help="Parts that have not changed: forehead, root of the nose and temples; the nose; or all of the face.",
)
@click.option(
    "--limit",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Farthest that B is looked for from A, in mm.",
)
@unit
@intrinsics
def compare(a: Path, b: Path, output: Path, stable: str, limit: float, unit: str, intrinsics: Camera | None) -> None:
    """Compare two scans of one person: before and after, neutral and smiling.

    B is moved rigidly onto A by parts that have not changed. Writes A coloured by the signed distance to B, a picture,
    and tables of the regions of the face and of the landmarks. The unit is that of both scans.
    """
    from lineament.compare import compare as compare_sittings
    from lineament.compare.files import write_comparison
    from lineament.detect.detector import Detector
    from lineament.errors import InputError

    if output.exists() and not output.is_dir():
        raise InputError(f"{output} is a file; give a folder for the results")
    for path in (a, b):
        if path.is_dir():
            raise InputError(f"{path} is a folder; give one scan")
    finder = Detector()
    one, other = (_sit(path, finder, demanded(unit), intrinsics) for path in (a, b))
    found = compare_sittings(one, other, stable, limit)
    paths = write_comparison(found, one.scan, (a.name, b.name), output)
    _show(found, stable)
    passed_over = (f"{s.scan.source.path}: {w}" for s in (one, other) for w in s.scan.source.warnings)
    show_result((*found.warnings, *passed_over), paths)


def _sit(path: Path, finder: Detector, demanded: str | None, intrinsics: Camera | None) -> Sitting:
    """Read, landmark and fit one scan; an error names it."""
    from lineament.batch import read_any
    from lineament.compare import sit
    from lineament.detect.batch import describe_unit
    from lineament.errors import LineamentError

    scan = read_any(path, intrinsics)
    try:
        sitting = sit(scan, finder, demanded)
    except LineamentError as error:
        raise type(error)(f"{path}: {error}") from None
    face = sitting.face
    click.echo(f"{path}: unit {describe_unit(face.unit, face.pose.scale, scan.unit, demanded)}")
    return sitting


def _show(found: Comparison, stable: str) -> None:
    click.echo(
        f"registered on '{stable}': residual {found.residual:.2f} mm (root mean square), "
        f"{found.used:.0%} of those parts agree"
    )
    lines: list[tuple[str, ...]] = [
        ("region", "area cm2", "measured", "mean mm", "absolute", "rms", "p95", "largest", "volume cm3")
    ]
    for row in found.regions:
        sizes = (row.mean_absolute, row.rms, row.p95, row.largest)
        cells = (_cell(row.mean, "+.2f"), *(_cell(size, ".2f") for size in sizes), _cell(row.volume, "+.2f"))
        lines.append((row.region, f"{row.area / 100:.1f}", f"{row.measured:.0%}", *cells))
    show_columns(lines, right=tuple(range(1, 9)))


def _cell(value: float, form: str) -> str:
    return format(value, form) if isfinite(value) else "-"
