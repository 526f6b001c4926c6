"""`lineament curvature`: how a scan bends."""

from __future__ import annotations

from pathlib import Path

import click

from lineament.cli.options import FILE, Camera, demanded, intrinsics, unit


@click.command()
@click.argument("scan", type=FILE)
@click.option("-o", "--output", type=FILE, help="Folder of the results; beside the scan without it.")
@click.option(
    "--radius",
    "radii",
    type=click.FloatRange(min=0, min_open=True),
    multiple=True,
    default=[10.0],
    show_default=True,
    help="Radius of the neighbourhoods in mm; give it several times for several scales.",
)
@unit
@intrinsics
def curvature(
    scan: Path,
    output: Path | None,
    radii: tuple[float, ...],
    unit: str,
    intrinsics: Camera | None,
) -> None:
    """Measure principal curvatures, shape index and curvedness at each point.

    Writes all numbers, two coloured scans, and a picture for each radius. The face that is found tells the unit and
    what is outside; a scan without one needs --unit.
    """
    from lineament.curvature_map import find_size, map_curvature, write_curvature
    from lineament.detect.batch import describe_unit
    from lineament.detect.detector import Detector
    from lineament.detect.planning import plan_jobs
    from lineament.errors import InputError
    from lineament.io.scans import read_scan

    if scan.is_dir():
        raise InputError(f"{scan} is a folder; give one scan")
    (job,) = plan_jobs([scan], output).jobs
    measured = read_scan(scan, intrinsics=intrinsics)
    size = find_size(measured, Detector(), demanded(unit))
    found = map_curvature(measured, size, tuple(dict.fromkeys(radii)))
    name = describe_unit(size.unit, size.mm_per_unit, measured.unit, demanded(unit))
    click.echo(f"{scan}: unit {name}, {len(measured):,} points")
    for path in write_curvature(measured, size, found, job.base):
        click.echo(f"  {path}")
