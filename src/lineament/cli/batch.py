"""What commands over many scans print, and how they end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from lineament.batch import Outcome
    from lineament.detect.planning import Job

    Told = TypeVar("Told", bound=Outcome)
    Any_ = TypeVar("Any_")


def tell_skipped(skipped: Counter[str], done: int = 0) -> None:
    """Say which files of folders are no scans, and how many scans already have their results."""
    if skipped:
        kinds = ", ".join(f"{count} {suffix}" for suffix, count in sorted(skipped.items()))
        hint = "; name .csv and .txt files to read them as scans" if {".csv", ".txt"} & skipped.keys() else ""
        click.echo(f"passed over, not scans: {kinds}{hint}", err=True)
    if done:
        click.echo(f"passed over, already done: {done}; delete their results to do them again", err=True)


def only(outcomes: Iterable[Told]) -> Told:
    """Return the one outcome of the one scan.

    Raises
    ------
    InputError
        It failed.
    """
    from lineament.errors import InputError

    (outcome,) = outcomes
    if outcome.failure:
        raise InputError(outcome.failure)
    return outcome


def collected(outcomes: Iterable[Told], jobs: Sequence[Job]) -> list[Told]:
    """Return all outcomes in the order of the command line, whichever was done first; a progress bar shows the work."""
    place = {job.scan: index for index, job in enumerate(jobs)}
    done = with_progress(outcomes, len(jobs), lambda outcome: outcome.failure is not None)
    return sorted(done, key=lambda outcome: place[outcome.scan])


def with_progress(outcomes: Iterable[Any_], total: int | None, is_failure: Callable[[Any_], bool]) -> Iterator[Any_]:
    """Hand outcomes on behind a progress bar, which is shown on terminals only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    note = TextColumn("{task.fields[note]}")
    columns = (TextColumn("scans"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), note)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("", total=total, note="")
        failed = 0
        for outcome in outcomes:
            failed += is_failure(outcome)
            progress.update(bar, advance=1, note=f"{failed} failed" if failed else "")
            yield outcome


def show_outcomes(outcomes: Sequence[Told], header: tuple[str, ...], row: Callable[[Told], tuple[str, ...]]) -> None:
    """Print a table of the scans that went well, all notes, and why the others failed."""
    good = [outcome for outcome in outcomes if outcome.failure is None]
    if good:
        show_columns([header, *(row(outcome) for outcome in good)])
    for outcome in outcomes:
        for note in outcome.notes:
            click.echo(f"note: {outcome.scan}: {note}")
    for outcome in outcomes:
        if outcome.failure is not None:
            click.echo(f"failed: {outcome.failure}")


def show_columns(lines: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> None:
    """Print lines of cells in columns; those in `right` end below each other."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())


def show_result(notes: Iterable[str], paths: Iterable[Path]) -> None:
    """Print the notes on one scan, and its files."""
    for note in notes:
        click.echo(f"note: {note}")
    for path in paths:
        click.echo(f"  {path}")


def end(failed: int, total: int, what: str = "scans") -> None:
    """End the program with status 1 when some failed, 2 when all did."""
    if failed:
        click.echo(f"error: {failed} of {total} {what} failed", err=True)
        raise click.exceptions.Exit(2 if failed == total else 1)


def end_by(outcomes: Sequence[Outcome]) -> None:
    """End the program by what became of the scans."""
    end(sum(outcome.failure is not None for outcome in outcomes), len(outcomes))
