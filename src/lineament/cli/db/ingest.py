"""`lineament db ingest`: a folder of scans into the database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.batch import end, show_columns, with_progress
from lineament.cli.db.common import JURISDICTIONS, on_database, project, tell_some, the_project
from lineament.cli.options import FILE, cores

if TYPE_CHECKING:
    from lineament.database.database import Database
    from lineament.database.intake.ingest import Outcome
    from lineament.database.records import Manifest


@click.command()
@click.argument("folder", type=FILE)
@project
@click.option("--layout", metavar="NAME", help="Such as facescape or manifest; the folder tells without it.")
@click.option("--jurisdiction", type=click.Choice(JURISDICTIONS), default="GDPR", show_default=True, help="If new.")
@click.option("--consent-text", type=FILE, help="The text that new people read, where the folder states consents.")
@click.option("--separate", is_flag=True, help="The source asked for these consents apart from everything else.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be taken in.")
@click.option("--jobs", type=click.IntRange(min=1), help="Scans worked on at the same time; one a core without it.")
@on_database
def ingest(
    database: Database,
    folder: Path,
    project: str | None,
    layout: str | None,
    jurisdiction: str,
    consent_text: Path | None,
    separate: bool,
    dry_run: bool,
    jobs: int | None,
) -> None:
    """Take in the scans of a folder: checked, judged, encrypted; those that look wrong wait in quarantine.

    People need a consent: one that was recorded before, or one that the folder states. What is there already is passed
    over, so that a run that was stopped is simply started again. The exit status is 0 when all are in, 1 when some
    failed, 2 when all did or the command line is wrong.
    """
    from lineament.database.importers import read_folder
    from lineament.database.intake.enrolment import enrol_people
    from lineament.database.intake.ingest import ingest as take
    from lineament.database.store import hash_file

    there = the_project(database, project)
    manifest = read_folder(folder, layout)
    for note in manifest.notes:
        click.echo(f"note: {note}", err=True)
    _tell_plan(database, there, manifest)
    if dry_run:
        return
    text = hash_file(consent_text).hex() if consent_text else ""
    agreed = enrol_people(database, there, manifest, jurisdiction, text_sha256=text, separate=separate)
    if agreed:
        click.echo(f"consents recorded as the folder states them: {agreed}")
    outcomes = take(database, there, manifest, workers=jobs or cores())
    done = list(with_progress(outcomes, len(manifest.scans), lambda outcome: outcome.state == "failed"))
    _show(done)
    end(sum(outcome.state == "failed" for outcome in done), len(done))


def _tell_plan(database: Database, project: str, manifest: Manifest) -> None:
    from lineament.database.intake.enrolment import people_of

    people = people_of(database, project, manifest)
    kinds = Counter(scan.modality for scan in manifest.scans)
    files = sum(len(scan.files) for scan in manifest.scans)
    click.echo(f"layout {manifest.layout}: {len(manifest.scans)} scans, {files} files")
    click.echo(f"modalities: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}")
    click.echo(
        f"people: {len(people.known)} known, {len(people.stated)} whose consent the folder states, "
        f"{len(people.silent)} without any" + (f", {len(people.left)} who have withdrawn" if people.left else "")
    )


def _show(done: list[Outcome]) -> None:
    counts = Counter(outcome.state for outcome in done)
    show_columns([(state, str(count)) for state, count in sorted(counts.items())], right=(1,))
    tell_some(
        [
            f"{each.state}: {each.scan or f'{each.record.subject} {each.record.expression}'.strip()}: {each.reason}"
            for each in sorted(done, key=lambda each: each.state)
            if each.state in ("quarantined", "failed")
        ]
    )
