"""`lineament db withdraw`, `letters` and `expired`: people leave."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.batch import show_columns, show_result
from lineament.cli.db.common import day, on_database, person, project
from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.database import Database
    from lineament.database.describe import Goes


@click.command()
@click.argument("person_", metavar="[PERSON]", required=False)
@project
@click.option("--receipt", metavar="NUMBER", help="Of the person's receipt, in the place of PERSON.")
@click.option("--papers", type=FILE, help="Folder for the certificate and the letters to those who have copies.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--resume", is_flag=True, help="Go on with all withdrawals that were cut off.")
@on_database
def withdraw(
    database: Database,
    person_: str | None,
    project: str | None,
    receipt: str | None,
    papers: Path | None,
    yes: bool,
    resume: bool,
) -> None:
    """Destroy all that there is of a person, who is told by label, by random name, or by the number of a receipt.

    From the first moment nobody reads anything of them. Releases with them end, and the next version is without them;
    exports on this machine are written anew; letters to those who have copies are prepared. It cannot be undone.
    """
    from lineament.database.describe import describe_withdrawal
    from lineament.database.withdraw import pending
    from lineament.errors import InputError

    if sum((person_ is not None, receipt is not None, resume)) != 1:
        raise InputError("who withdraws? give PERSON, --receipt NUMBER, or --resume")
    if resume:
        left = pending(database)
        if not left:
            click.echo("no withdrawal was cut off")
        for subject in left:
            _withdraw(database, subject, papers and papers / subject)
        return
    subject = _subject(database, person_, receipt, project)
    if subject not in pending(database):
        goes = describe_withdrawal(database, subject)
        if not yes:
            _tell(subject, goes)
            click.confirm("Destroy it?", abort=True)
    _withdraw(database, subject, papers)


def _subject(database: Database, name: str | None, receipt: str | None, project: str | None) -> str:
    from lineament.database.consent.receipt import consent_of_receipt
    from lineament.errors import InputError

    if name is not None:
        return person(database, name, project, "withdraw")
    found = database.catalogue.rows(
        "SELECT subject FROM consents WHERE id = :consent", consent=consent_of_receipt(str(receipt))
    )
    if not found:
        raise InputError("no consent here has this number; the person may have withdrawn already")
    return str(found[0]["subject"])


def _tell(subject: str, goes: Goes) -> None:
    click.echo(f"{subject}: {goes.scans} scans, {goes.files} files, {goes.size / 1e6:.1f} MB, and the keys")
    if goes.releases:
        click.echo(f"releases that end: {', '.join(goes.releases)}")
    for recipient, folder in goes.exports:
        click.echo(f"a letter to {recipient}, who was given {folder}")
    click.echo("The folders that the scans came from are not touched: remove the person there as well.")


def _withdraw(database: Database, subject: str, papers: Path | None) -> None:
    from lineament.database.withdraw import letters as letters_of
    from lineament.database.withdraw import withdraw as destroy
    from lineament.database.withdraw import write_papers
    from lineament.io.folder import make_folder

    if papers is not None:
        make_folder(papers)  # before anything is gone
    document = destroy(database, subject)
    if papers is not None:
        show_result((), write_papers(database, subject, papers))
    else:
        click.echo(document["text"])
        if written := letters_of(database, subject):
            click.echo(f"letters to be sent: {len(written)}; write them with: lineament db letters {subject} -o FOLDER")
    click.echo(
        "Bring the copy of the keys up to date now, so that backups forget the person: lineament db backup --keys"
    )


@click.command()
@click.argument("subject", required=False)
@click.option("-o", "--output", type=FILE, help="Folder for the certificate and the letters of SUBJECT.")
@click.option("--sent", is_flag=True, help="Note that the letters about SUBJECT were sent.")
@click.option("--to", "recipient", default="", metavar="TEXT", help="Only those to this one, or who begin so.")
@click.option("--on", metavar="DAY", help="When they were sent, such as 2027-03-31; today without it.")
@on_database
def letters(
    database: Database,
    subject: str | None,
    output: Path | None,
    sent: bool,
    recipient: str,
    on: str | None,
) -> None:
    """List the letters to those who have copies of people who left, and which were sent, when, and who says so.

    With SUBJECT, the random name of somebody who left, those about one person: -o writes them once more, and --sent
    notes that they were sent. Sending them is yours.
    """
    from lineament.database.notices import mark_sent, notices
    from lineament.database.withdraw import write_papers
    from lineament.errors import InputError

    if subject is None and (output is not None or sent):
        raise InputError("whose letters? give the random name of somebody who left; all are only listed")
    if not sent and (recipient or on):
        raise InputError("--to and --on tell which letters were sent and when; give --sent as well")
    if subject is not None and sent:
        many = mark_sent(database, subject, recipient=recipient, on=on or "")
        click.echo(f"{many} letter{'' if many == 1 else 's'} noted as sent")
    found = notices(database, subject)
    if subject is not None and output is not None:
        show_result((), write_papers(database, subject, output))
        return
    lines = [
        (
            each["subject"],
            each["recipient"],
            day(each["written_at"]),
            day(each["sent_at"]) or "not sent",
            each["sent_by"] or "",
        )
        for each in found
    ]
    show_columns([("person", "recipient", "written", "sent", "noted by"), *lines])


@click.command()
@on_database
def expired(database: Database) -> None:
    """List the people of whom nothing may be kept any longer. The exit status is 1 when there are some."""
    from lineament.database.withdraw import expired as over

    database.guard.demand("audit", expired=True)
    found = over(database)
    for subject in found:
        click.echo(f"{subject}  lineament db withdraw {subject}")
    if found:
        raise click.exceptions.Exit(1)
    click.echo("nobody")
