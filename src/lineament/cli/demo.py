"""`lineament demo`: everything on one sample face."""

from __future__ import annotations

from pathlib import Path

import click

from lineament.cli.options import FILE


@click.command()
@click.option("-o", "--output", type=FILE, default=Path("demo-out"), show_default=True, help="Folder of the results.")
def demo(output: Path) -> None:
    """Scan a virtual person, find the landmarks, and compare them with the true ones."""
    import numpy as np

    from lineament.demo import demo_scan
    from lineament.detect.batch import Request, landmark_scan
    from lineament.detect.detector import Detector
    from lineament.detect.planning import plan_jobs
    from lineament.errors import InputError
    from lineament.io.folder import make_folder
    from lineament.io.landmarks import read_landmarks, write_landmarks
    from lineament.io.scans import write_scan

    scan, truth = demo_scan()
    path = write_scan(scan, make_folder(output) / "demo.ply")
    known = write_landmarks(truth, output / "demo.truth.mrk.json")
    (job,) = plan_jobs([path]).jobs
    outcome = landmark_scan(job, Request(picture=True), Detector())
    if outcome.failure:
        raise InputError(outcome.failure)
    found = read_landmarks(outcome.outputs[0])
    error_mm = np.linalg.norm(found.xyz - truth.xyz, axis=1) * 1000
    click.echo(f"scan       {path}: a virtual person, {len(scan):,} points, turned anyhow, unit {outcome.unit}")
    click.echo(f"landmarks  {outcome.outputs[0]}: {outcome.count} points in {outcome.seconds:.1f} s")
    click.echo(f"picture    {outcome.outputs[1]}")
    click.echo(f"truth      {known}")
    inner = slice(17, None)  # the jaw line, 0 to 16, is a direction in the skin rather than a place
    expected = float(np.mean(np.asarray(found.sigma)[inner]))
    mean = float(error_mm[inner].mean())
    click.echo(f"mean error {mean:.1f} mm at the {len(error_mm[inner])} inner points; expected {expected:.1f} mm")
