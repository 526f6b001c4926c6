"""`lineament bench`: how good the landmarks are, and whether another version is better."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import click

from lineament.cli.options import FILE, cores

Result = TypeVar("Result")

VIRTUAL = ("base", "clean", "noise", "density", "occlusion", "yaw", "rotation", "sensor", "faceless")
REAL = ("accuracy", "steadiness", "mirror")
COUNT, SEED = 1000, 1_000_001


@click.group()
def bench() -> None:
    """Measure the landmarks; compare two measurements."""


@bench.command()
@click.option(
    "--dataset",
    default="virtual",
    show_default=True,
    metavar="virtual|FOLDER|NAME=FOLDER",
    help="Virtual people; any folder of scans; or bu3dfe, facescape, siat3dfe, bosphorus, headspace.",
)
@click.option(
    "--protocol",
    "protocols",
    type=click.Choice(["all", *VIRTUAL, *REAL]),
    multiple=True,
    default=["all"],
    show_default=True,
    help="Give it several times for several.",
)
@click.option(
    "--count", type=click.IntRange(min=1), help=f"Virtual scans of `base`, {COUNT} without it; or real scans."
)
@click.option("--seed", type=click.IntRange(min=0), default=SEED, show_default=True)
@click.option("--order", default="", help="Order of unnamed points: ibug68, menpo68, a list of the dataset, or a file.")
@click.option("--split", type=click.Choice(["all", "train", "test"]), default="all", show_default=True)
@click.option(
    "--database", type=FILE, help="Scans of a `lineament db` with landmarks set by hand, in place of a dataset."
)
@click.option(
    "--as", "acting", envvar="LINEAMENT_ACTOR", metavar="ACTOR", help="Who reads them; else $LINEAMENT_ACTOR, you."
)
@click.option("--purpose", default="research", show_default=True, help="Which the people must have agreed to.")
@click.option("--networks", type=FILE, help="Folder of networks of your own, as `lineament train` leaves them.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; one a core without it.")
@click.option("-o", "--output", type=FILE, required=True, help="Folder of the report.")
def landmarks(
    dataset: str,
    protocols: tuple[str, ...],
    count: int | None,
    seed: int,
    order: str,
    split: str,
    database: Path | None,
    acting: str | None,
    purpose: str,
    networks: Path | None,
    jobs: int | None,
    output: Path,
) -> None:
    """Measure how far off landmarks are, on virtual people or on annotated scans.

    Writes report.json, report.md and charts. The same options give the same scans on every run, however many --jobs.
    """
    from lineament.bench.page import headline
    from lineament.bench.session import Request, measure, plan, write
    from lineament.io.folder import make_folder

    request = Request(dataset, protocols, count, seed, order, split, networks, database, acting, purpose)
    todo = plan(request)
    make_folder(output)
    report = measure(todo, jobs or cores(), lambda results: _with_progress(results, len(todo.tasks)))
    for line in headline(report):
        click.echo(line)
    for path in write(report, output):
        click.echo(f"  {path}")


@bench.command()
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
def compare(first: Path, second: Path) -> None:
    """Compare two report.json files of the same scans: is SECOND better than FIRST, or is it chance?"""
    from lineament.bench.compare import compare as compare_reports
    from lineament.bench.compare import table, verdict

    rows = compare_reports(first, second)
    cells = table(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    click.echo(verdict(rows))


def _with_progress(results: Iterable[Result], total: int) -> Iterator[Result]:
    """Hand results on behind a progress bar, which is shown on terminals only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("scans"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("", total=total)
        for result in results:
            progress.advance(bar)
            yield result
