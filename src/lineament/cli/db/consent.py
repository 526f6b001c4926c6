"""`lineament db consent` and `lineament db identity`: what people agreed to, and, apart from all else, who they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lineament.cli.batch import show_columns, show_result
from lineament.cli.db.common import (
    JURISDICTIONS,
    day,
    on_database,
    person,
    project,
    read_json,
    tell_json,
    the_project,
)
from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.consent.terms import Consent, Controller
    from lineament.database.database import Database


@click.group()
def consent() -> None:
    """Consents: what a person agreed to, until when, under which law."""


@consent.command()
@click.argument("label")
@project
@click.option("--file", type=FILE, help="A record of ISO/IEC TS 27560, or JSON in short; in the place of what follows.")
@click.option("--purpose", "purposes", multiple=True, metavar="PURPOSE[=DAY]", help="Each one alone; until a day.")
@click.option("--text", type=FILE, help="The text that the person read; its hash is kept.")
@click.option("--signed", type=FILE, help="The signed sheet, scanned; its hash is kept.")
@click.option("--jurisdiction", type=click.Choice(JURISDICTIONS), help="GDPR without it.")
@click.option("--language", metavar="CODE", help="Of the text, such as de; en without it.")
@click.option("--version", metavar="TEXT", help="Of the text; 1 without it.")
@click.option("--separate", is_flag=True, help="It was asked for apart from everything else.")
@click.option("--guardian", is_flag=True, help="A guardian agreed for the person.")
@click.option("--abroad", is_flag=True, help="Data may leave the area of the law.")
@click.option("--duo", multiple=True, metavar="CODE", help="Data use code, such as DUO:0000042.")
@click.option(
    "--sex", type=click.Choice(["female", "male", "other", "unknown"]), default="unknown", help="If not known yet."
)
@click.option("--birth-year", type=int, help="If new; whether a guardian must agree hangs on it.")
@on_database
def record(
    database: Database,
    label: str,
    project: str | None,
    file: Path | None,
    sex: str,
    birth_year: int | None,
    **given: Any,
) -> None:
    """Record what a person agreed to; somebody new is added with it.

    LABEL is what you call the person, such as P017; it is kept as a keyed hash. A new consent takes the place of the
    one before, which is kept.
    """
    from dataclasses import replace

    from lineament.database.consent.receipt import receipt_number
    from lineament.database.people import controller_of, enrol, record_consent
    from lineament.database.records import SubjectRecord
    from lineament.errors import InputError

    there = the_project(database, project)
    said = _said(given)
    if file is not None and said:
        raise InputError(f"{file} tells the consent; leave out the options that tell it as well")
    told = read_json(file) if file is not None else said
    checked = _consent(told, controller_of(database, there))  # before anybody is added
    subject = enrol(
        database, there, SubjectRecord(label, sex, birth_year=birth_year), checked.jurisdiction, returning=True
    )
    agreed = replace(checked, subject=subject)
    record_consent(database, agreed)
    click.echo(f"{subject}: {_in_words(agreed)}")
    click.echo(f"receipt {receipt_number(agreed.id)}")
    for lack in _lacks(database, subject, agreed):
        click.echo(f"note: the consent lacks {lack}", err=True)


def _said(given: dict[str, Any]) -> dict[str, Any]:
    """Return what the options say, as JSON in short would say it."""
    from lineament.database.store import hash_file

    said: dict[str, Any] = {}
    if given["purposes"]:
        pairs = (each.partition("=") for each in given["purposes"])
        said["purposes"] = {name: last or None for name, _, last in pairs}
    for option, word in (("text", "text_sha256"), ("signed", "signed_sha256")):
        if given[option] is not None:
            said[word] = hash_file(given[option]).hex()
    same = {"jurisdiction": "jurisdiction", "language": "language", "version": "text_version", "duo": "duo"}
    flags = {name: name for name in ("separate", "guardian", "abroad")}
    return said | {word: given[option] for option, word in (same | flags).items() if given[option]}


def _consent(told: dict[str, Any], controller: Controller) -> Consent:
    """Return the consent that a record or JSON in short tells, of nobody yet."""
    from lineament.database.consent.record import read_record
    from lineament.database.consent.short import read_short

    return read_record(told) if "dct:conformsTo" in told else read_short(told, "nobody", controller)


def _in_words(agreed: Consent) -> str:
    until = (f"{name} until {last}" if last else str(name) for name, last in agreed.purposes.items())
    return f"{', '.join(until)}; under {agreed.jurisdiction}"


def _lacks(database: Database, subject: str, agreed: Consent) -> list[str]:
    """Return what the law asks for besides."""
    from lineament.database.consent.law import demands

    (known,) = database.catalogue.rows("SELECT birth_year FROM subjects WHERE id = :subject", subject=subject)
    born = known["birth_year"]
    age = None if born is None else max(0, agreed.given_at.year - born - 1)
    return list(demands(agreed.jurisdiction, agreed, age))


@consent.command()
@click.argument("person_", metavar="PERSON")
@project
@click.option("--json", "as_json", is_flag=True, help="The record in force, as ISO/IEC TS 27560 has it.")
@on_database
def show(database: Database, person_: str, project: str | None, as_json: bool) -> None:
    """Show what a person agreed to. PERSON is a label or a random name."""
    from lineament.database.consent.record import consent_record
    from lineament.database.describe import describe_subject
    from lineament.database.people import consent_of
    from lineament.errors import InputError

    subject = person(database, person_, project, "consent")
    facts = describe_subject(database, subject)
    if as_json:
        agreed = consent_of(database, subject)
        if agreed is None:
            raise InputError(f"{subject} never agreed to anything here")
        tell_json(consent_record(agreed))
        return
    show_consents(facts.consents)


def show_consents(consents: list[dict[str, Any]]) -> None:
    """Print consents, a line each."""
    lines = [
        (
            each["receipt"],
            day(each["given_at"]),
            "in force" if each["in_force"] else f"ended {day(each['withdrawn_at'])}".strip(),
            ", ".join(name + (f" until {day(last)}" if last else "") for name, last in each["purposes"].items()),
            ", ".join([*(word for word in ("guardian", "abroad") if each[word]), *each["duo"]]),
        )
        for each in consents
    ]
    show_columns([("receipt", "given", "state", "purposes", "besides"), *lines])


@consent.command()
@click.argument("person_", metavar="PERSON")
@project
@on_database
def end(database: Database, person_: str, project: str | None) -> None:
    """End a consent today: nothing of the person is used any more, and nothing is destroyed.

    PERSON is a label or a random name. `lineament db withdraw` also destroys it.
    """
    from lineament.database.people import end_consent

    subject = person(database, person_, project, "consent")
    end_consent(database, subject)
    click.echo(f"{subject}: the consent ended; the scans are there, and nobody reads them")


@consent.command()
@click.argument("person_", metavar="PERSON")
@project
@click.option("-o", "--output", type=FILE, required=True, help="Folder of the receipt.")
@on_database
def receipt(database: Database, person_: str, project: str | None, output: Path) -> None:
    """Write the receipt that the person takes home: a page, and JSON. PERSON is a label or a random name."""
    from lineament.database import disk
    from lineament.database.consent.receipt import receipt as write
    from lineament.database.describe import describe_subject
    from lineament.database.people import consent_of
    from lineament.errors import InputError
    from lineament.io.folder import make_folder

    subject = person(database, person_, project, "consent")
    describe_subject(database, subject)  # whether the actor may know it
    agreed = consent_of(database, subject)
    if agreed is None:
        raise InputError(f"{subject} never agreed to anything here")
    document, page = write(agreed, f"Write to or call {agreed.controller.contact}.")
    make_folder(output)
    paths = [output / "receipt.md", output / "receipt.json"]
    for path, text in zip(paths, (page, json.dumps(document, indent=1, ensure_ascii=False)), strict=True):
        disk.write_whole(path, [text.encode()])
    click.echo(f"receipt {document['dct:identifier']}")
    show_result((), paths)


@click.group()
def identity() -> None:
    """Who people are: kept apart, under keys of their own, for officers only."""


@identity.command(name="set")
@click.argument("person_", metavar="PERSON")
@click.argument("words", metavar="WORD=TEXT...", nargs=-1, required=True)
@project
@on_database
def set_identity(database: Database, person_: str, words: tuple[str, ...], project: str | None) -> None:
    """Write down who a person is, such as name="Anna Example"; it takes the place of what was there.

    PERSON is a label or a random name. Command lines are kept by most shells; WORD=@FILE reads the text of a file.
    """
    from lineament.database.people import write_identity
    from lineament.errors import InputError

    subject, said = person(database, person_, project, "identify"), {}
    for pair in words:
        word, found, text = pair.partition("=")
        if not found or not word:
            raise InputError(f"{pair!r} is no pair; write WORD=TEXT, such as name=Anna")
        said[word] = Path(text[1:]).read_text(encoding="utf-8").strip() if text.startswith("@") else text
    write_identity(database, subject, said)
    click.echo(f"{subject}: {', '.join(said)} kept")


@identity.command(name="show")
@click.argument("person_", metavar="PERSON")
@project
@on_database
def show_identity(database: Database, person_: str, project: str | None) -> None:
    """Show who a person is; the audit log says that you looked. PERSON is a label or a random name."""
    from lineament.database.people import read_identity

    found = read_identity(database, person(database, person_, project, "identify"))
    show_columns([(word, str(text)) for word, text in found.items()] or [("nothing", "")])
