"""`lineament db find`, `show`, `read` and `stats`: what is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lineament.cli.batch import show_columns
from lineament.cli.db.common import day, filters, on_database, person, project, purpose, tell_json
from lineament.cli.db.consent import show_consents
from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.database.database import Database
    from lineament.database.reading import StoredScan
    from lineament.database.stats import Stats

STATES = ("accepted", "quarantined", "rejected")
SUBJECT = ("id", "project", "sex", "origin", "birth_year", "jurisdiction", "state", "retain_until")
SCAN = (
    *("id", "subject", "session", "state", "modality", "protocol", "expression", "repeat", "age", "device", "unit"),
    *("points", "triangles", "holes", "noise_mm", "frames", "fps", "captured_at", "ingested_at"),
)


@click.command()
@click.option("--state", type=click.Choice(STATES), default="accepted", show_default=True, help="Others for reviewers.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Most scans printed.")
@click.option("--json", "as_json", is_flag=True, help="All that is known of each scan.")
@on_database
@filters
def find(database: Database, where: dict[str, Any], state: str, limit: int, as_json: bool) -> None:
    """List the scans that match all filters, as far as you may know of them."""
    from lineament.database.find import count
    from lineament.database.find import find as look

    where = where | {"state": state}
    found = look(database, where, limit=limit)
    if as_json:
        tell_json([dict(each) for each in found])
        return
    names = ("id", "subject", "modality", "expression", "sex", "age", "device", "points")
    lines = [tuple(_cell(each[name]) for name in names) for each in found]
    show_columns([("scan", *names[1:]), *lines], right=(5, 7))
    there = len(found) if len(found) < limit else count(database, where)
    more = f"; {len(found)} are shown, see --limit" if there > len(found) else ""
    click.echo(f"{there} scan{'' if there == 1 else 's'}{more}", err=True)


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


@click.command()
@click.argument("name", metavar="SCAN|PERSON")
@project
@click.option("--json", "as_json", is_flag=True)
@on_database
def show(database: Database, name: str, project: str | None, as_json: bool) -> None:
    """Show a scan by its name, with its files, findings and how each result was made; or a person and their consents.

    A person is told by label or by random name.
    """
    from lineament.database.describe import describe_scan, describe_subject

    if re.fullmatch("scn[0-9a-f]{16}", name):
        facts = describe_scan(database, name)
        if as_json:
            tell_json({"scan": dict(facts.scan), "findings": facts.findings, "files": facts.files})
        else:
            _show_scan(facts.scan, facts.findings, facts.files)
        return
    known = describe_subject(database, person(database, name, project, "consent"))
    if as_json:
        tell_json({"subject": dict(known.subject), "consents": known.consents, "scans": known.scans})
        return
    _show_pairs(known.subject, SUBJECT)
    show_consents(known.consents)
    for state in STATES:
        names = [each["id"] for each in known.scans if each["state"] == state]
        if names:
            click.echo(f"scans {state}: {len(names)}, {' '.join(names[:8])}{' ...' if len(names) > 8 else ''}")


def _show_scan(scan: Any, findings: Any, files: list[dict[str, Any]]) -> None:
    _show_pairs(scan, SCAN)
    for each in findings:
        click.echo(f"{each['severity']}: {each['kind']}: {each['said']}")
    lines = [
        (
            each["id"],
            "derived" if each["derived"] else "original",
            _what(each),
            each["suffix"],
            f"{each['size']:,}",
            f"{each['tool']} {each['tool_version']}, {day(each['made_at'])}, {each['made_by']}, "
            f"from {' '.join(each['parents'])}"
            if each["tool"]
            else "",
        )
        for each in files
    ]
    show_columns([("file", "", "what", "kind", "bytes", "made by"), *lines], right=(4,))


def _what(file: Mapping[str, Any]) -> str:
    """Return the role of a file, and which of several it is."""
    meta = file["meta"]
    frame = f"frame {meta['frame']}" if "frame" in meta else ""
    which = meta.get("set_name") or ("" if frame else file["place"] or "")
    return " ".join(filter(None, (file["role"], str(which), frame)))


def _show_pairs(found: Any, names: tuple[str, ...]) -> None:
    show_columns([(name, _cell(found[name])) for name in names if found[name] not in (None, "")])


@click.command()
@click.argument("scan")
@click.option("-o", "--output", type=FILE, required=True, help="Folder.")
@purpose
@click.option("--derived", is_flag=True, help="Also what was derived from it, such as landmarks.")
@on_database
def read(database: Database, scan: str, output: Path, purpose: str, derived: bool) -> None:
    """Write the original files of a scan to a folder, decrypted, byte for byte.

    From then on the files are in your hands: the database does not see what becomes of them, and a withdrawal does not
    reach them. To give scans to others, use `lineament db export`.
    """
    from lineament.database.reading import open_scan

    write_files(open_scan(database, scan, purpose=purpose), output, derived)


def write_files(scan: StoredScan, folder: Path, derived: bool) -> None:
    """Write the files of a scan that may be read, and tell where."""
    from lineament.database import disk
    from lineament.io.folder import make_folder

    make_folder(folder)
    taken: set[str] = set()
    for asset in scan.assets:
        if derived or not asset.derived:
            frame = f"frame{asset.meta['frame']:06d}" if "frame" in asset.meta else ""
            which = asset.meta.get("set_name") or (str(asset.place) if asset.place and not frame else "")
            name = ".".join(filter(None, (scan.id, asset.role, _plain(which), frame)))
            name += f".{asset.id}" if name in taken else ""  # made again since
            taken.add(name)
            path = folder / f"{name}.{_plain(asset.suffix)}"
            disk.write_whole(path, scan.pieces(asset))
            click.echo(f"  {path}")


def _plain(text: str) -> str:
    """Return text without what could lead to another folder: it came with the files."""
    return re.sub(r"[^\w.-]", "_", text)


@click.command()
@click.option("--picture", type=FILE, help="Also draw it, .png.")
@click.option("--json", "as_json", is_flag=True)
@on_database
def stats(database: Database, picture: Path | None, as_json: bool) -> None:
    """Count people and scans, as far as you may know of them, what they agree to, and what ends soon."""
    from lineament.database.stats import stats as count

    found = count(database)
    if as_json:
        tell_json(asdict(found))
    else:
        _show_stats(found)
    if picture is not None:
        from lineament.database.stats_picture import draw_stats
        from lineament.errors import InputError
        from lineament.picture.sheets import save_picture

        if picture.suffix.lower() != ".png":
            raise InputError(f"{picture} would be a picture; give a name that ends in .png")
        save_picture(draw_stats(found), picture)
        click.echo(f"  {picture}")


def _show_stats(found: Stats) -> None:
    states = ", ".join(f"{many:,} {state}" for state, many in found.states.items())
    click.echo(f"{found.people:,} people, {found.scans:,} scans, {found.bytes / 1e6:,.1f} MB; {states}")
    lines = [
        (name, group, f"{count.people:,}", f"{count.scans:,}")
        for name, groups in found.counts.items()
        for group, count in groups.items()
    ]
    show_columns([("of", "", "people", "scans"), *lines], right=(2, 3))
    agreed = ", ".join(f"{purpose} {people:,}" for purpose, people in found.purposes.items() if people)
    click.echo(f"people who agree today: {agreed or 'none'}")
    for what, days in (("consents end", found.consents_ending), ("may not be kept after", found.retention_ending)):
        for date, people in days.items():
            click.echo(f"{what} {date}: {people:,} people")
    for kind, jobs in found.jobs.items():
        click.echo(f"{kind}: {', '.join(f'{many:,} {state}' for state, many in jobs.items())}")
    for alarm in found.alarms:
        click.echo(f"note: {alarm}")
