"""The datasheet of a release: its seven sections, filled with what the catalogue knows.

The sections are those of T. Gebru and others, Datasheets for Datasets, Communications of the ACM 64(12), 2021. What
only people can know, such as who paid, is said to be asked of the contact. It leaves the house with every export, so
tables of people pass `hide`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lineament.database.catalogue import Row, row
from lineament.database.consent import duo
from lineament.database.consent.terms import Controller
from lineament.database.people import controller_of
from lineament.database.releases.agreed import Agreed, agreed
from lineament.database.releases.balance import ALL, Balance, balance
from lineament.database.releases.cells import FEW, bullets, hide, plain, table, told
from lineament.database.releases.collected import OF_RELEASE, collection
from lineament.database.releases.groups import ATTRIBUTES, SMALL, Count
from lineament.database.releases.removal import REMOVED_BY
from lineament.database.when import now

if TYPE_CHECKING:
    from lineament.database.database import Database

_TITLES = {
    "sex": "Sex",
    "origin": "Origin, as stated",
    "age": "Age at the scan, years",
    "device": "Device",
    "expression": "Expression",
    "modality": "Modality",
}


def datasheet(database: Database, release: Row) -> str:
    """Return the datasheet of a release, Markdown.

    Parameters
    ----------
    database : Database
    release : Row
        Of the table `releases`.

    Raises
    ------
    AccessError
        The actor may not release.
    """
    found = balance(database, release)
    terms = agreed(database, release)
    controller = controller_of(database, release["project"])
    sections = (
        ("Motivation", _motivation(database, release, controller)),
        ("Composition", _composition(database, release, found)),
        ("Collection process", collection(database, release, terms)),
        ("Preprocessing, cleaning, labelling", _preprocessing(database, release, found)),
        ("Uses", _uses(release, found, terms)),
        ("Distribution", _distribution(database, release, controller)),
        ("Maintenance", _maintenance(database, release, controller)),
    )
    day = now()[:10]
    opening = [
        f"# Datasheet: {plain(release['name'])} {release['version']}",
        f"Published {release['created_at'][:10]}, written from the catalogue on {day}. Groups of fewer than five "
        "people are shown as <5; where a sum would give such a number away, another one is shown as ≥5.",
    ]
    if release["state"] != "published":
        opening.append(
            "**This version was tombstoned, because somebody withdrew. Do not use it.** The numbers are of the rest."
        )
    parts = [f"## {place}. {title}\n\n" + "\n\n".join(said) for place, (title, said) in enumerate(sections, start=1)]
    return "\n\n".join([*opening, *parts]) + "\n"


def _motivation(database: Database, release: Row, controller: Controller) -> Iterator[str]:
    project = row(database.catalogue, "SELECT name, description FROM projects WHERE id = :id", id=release["project"])
    yield release["description"].strip()
    about = project["description"].strip() if project else ""
    yield bullets(
        f"Made by: {plain(controller.name)}, {plain(controller.address)}, {controller.country}",
        f"Project: {plain(project['name']) if project else ''}" + (f". {plain(about)}" if about else ""),
        f"Released for the purpose: {release['purpose']}",
        f"Who paid for it: not in the catalogue; ask {plain(controller.contact)}",
    )


def _composition(database: Database, release: Row, found: Balance) -> Iterator[str]:
    total = found.totals[ALL]
    files = row(
        database.catalogue,
        f"""SELECT COUNT(*) AS files, COALESCE(SUM(o.size), 0) AS bytes FROM assets a
        JOIN objects o ON o.subject = a.subject AND o.name = a.object WHERE a.scan IN {OF_RELEASE}""",
        release=release["id"],
    )
    said = json.loads(release["criteria"])
    left_out = sum(said.get("left_out", {}).values())
    people = hide({"": {split: count.people for split, count in found.totals.items()}})[""]
    yield bullets(
        "An instance is one capture of one person: a mesh, a cloud, images or a sequence, with all its files",
        f"{total.scans:,} scans of {people[ALL]} people"
        + (f", {files['files']:,} files of {int(files['bytes']) / 1e9:,.3f} GB" if files else ""),
        f"Chosen from the project by: {plain(_filter(said.get('where', {})))}",
        "Scans that matched and are not in it, because a rule or a consent does not let them be: "
        + (FEW if 0 < left_out < SMALL else f"{left_out:,}"),
        "A person is in one split only, drawn by a hash of a random name"
        + (f"; seed {release['seed']}" if said.get("splits") else "; this release has no splits"),
        "People can be recognised by their faces: the data are pseudonymous, not anonymous, and are biometric data of "
        "a special category (GDPR Art. 9)",
        "Names of people and scans are made for this release alone, so that two releases cannot be joined by them",
        f"SHA-256 of the manifest: `{release['manifest_sha256']}`",
    )
    if len(found.totals) > 1:
        shares = said.get("splits", {})
        rows = [
            (split, f"{100 * shares.get(split, 0):.0f} %", people[split], told(f"{count.scans:,}", people[split]))
            for split, count in found.totals.items()
            if split != ALL
        ]
        yield "### Splits\n\n" + table(("split", "aimed at", "people", "scans"), rows)
    for name in ATTRIBUTES:
        yield _groups(name, found)
    for name, crossed in found.devices.items():
        shown = hide(crossed)
        devices = sorted({device for cells in crossed.values() for device in cells})
        cells = [(group, *(found_in.get(device, "0") for device in devices)) for group, found_in in shown.items()]
        yield f"### People by {name} and device\n\n" + table((name, *devices), cells)


def _groups(name: str, found: Balance) -> str:
    """People of each group in each split; scans where their number tells of five people or more."""
    splits = list(found.splits)
    groups = found.splits[ALL][name]
    people = {
        group: {
            split: found.splits[split][name][group].people if group in found.splits[split][name] else 0
            for split in splits
        }
        for group in groups
    }
    shown = hide(people)
    header = (name, *(("people",) if len(splits) == 1 else [f"people, {split}" for split in splits]), "scans")
    rows = [
        (group, *shown[group].values(), told(f"{count.scans:,}", shown[group][ALL])) for group, count in groups.items()
    ]
    return f"### {_TITLES[name]}\n\n" + table(header, rows)


def _preprocessing(database: Database, release: Row, found: Balance) -> Iterator[str]:
    yield "The files are the originals, byte for byte; what was computed from them stands beside them."
    sql = f"""SELECT a.role, d.tool, d.tool_version, COUNT(*) AS many FROM assets a
    LEFT JOIN derivations d ON d.asset = a.id WHERE a.derived = 1 AND a.scan IN {OF_RELEASE}
    GROUP BY a.role, d.tool, d.tool_version ORDER BY a.role, d.tool, d.tool_version"""
    derived = [
        (each["role"], f"{each['tool'] or 'not stated'} {each['tool_version'] or ''}", f"{each['many']:,}")
        for each in database.catalogue.rows(sql, release=release["id"])
    ]
    yield table(("computed", "by", "files"), derived) if derived else "Nothing was computed from them."
    sql = f"""SELECT kind, COUNT(*) AS scans, COUNT(DISTINCT c.subject) AS people FROM findings f
    JOIN scans c ON c.id = f.scan WHERE f.scan IN {OF_RELEASE} GROUP BY kind ORDER BY kind"""
    noted = {
        each["kind"]: Count(each["people"], each["scans"])
        for each in database.catalogue.rows(sql, release=release["id"])
    }
    if noted:
        yield "### What quality control noted of scans in this release\n\n" + _kinds(noted)
    yield "### What quality control removed"
    groups = found.removed["sex"]
    taken, gone = (sum(getattr(each, name).scans for each in groups.values()) for name in ("before", "removed"))
    losers = sum(each.removed.people for each in groups.values())
    if not gone:
        yield f"Nothing, of {taken:,} scans of the project that match."
        return
    many = f"{gone:,} ({gone / taken:.1%})" if losers >= SMALL else f"Some, of {FEW} people,"
    yield f"{many} of {taken:,} scans of the project that match."
    if found.reasons:
        yield _kinds(found.reasons, "why")
    for name in REMOVED_BY:
        yield _removals(name, found)


def _kinds(counts: Mapping[str, Count], title: str = "finding") -> str:
    shown = hide({kind: {"people": count.people} for kind, count in counts.items()})
    rows = [
        (kind, shown[kind]["people"], told(f"{count.scans:,}", shown[kind]["people"])) for kind, count in counts.items()
    ]
    return table((title, "people", "scans"), rows)


def _removals(name: str, found: Balance) -> str:
    groups = found.removed[name]
    shown = hide({group: {"all": each.before.people, "lost": each.removed.people} for group, each in groups.items()})
    rows = [
        (
            group,
            cells["all"],
            cells["lost"],
            told(f"{groups[group].share:.1%}", cells["all"], cells["lost"]),
            "yes" if groups[group].uneven else "",
        )
        for group, cells in shown.items()
    ]
    return table((name, "people", "who lost scans", "scans removed", "unlike the others"), rows)


def _uses(release: Row, found: Balance, terms: Agreed) -> Iterator[str]:
    allowed = ", ".join(terms.purposes) or "nothing"
    yield bullets(
        f"Everyone in it allows today: {allowed}",
        f"It was released for {release['purpose']}; for anything else the people have to be asked",
        "Nobody has agreed to be recognised in it: do not try to find out who somebody is",
        f"Templates by which people can be recognised may {'' if 'embedding' in terms.purposes else 'not '}be computed",
    )
    codes = [duo.parse(code) for code in terms.duo]
    if codes:
        rows = [
            (code.id, code.short, code.meaning + (f": {', '.join(sorted(values))}" if values else ""))
            for code, values in codes
        ]
        yield "Terms of the GA4GH Data Use Ontology, all of which hold:\n\n" + table(("code", "", "means"), rows)
    if found.warnings:
        yield "### What to mind\n\n" + bullets(*(plain(said[0].upper() + said[1:]) for said in found.warnings))


def _distribution(database: Database, release: Row, controller: Controller) -> Iterator[str]:
    yield bullets(
        f"Licence, or terms of use: {plain(release['licence'])}",
        f"To cite it: {plain(controller.name)}: {plain(release['name'])}, version {release['version']}",
        "Each copy is handed out to a named recipient and entered in a ledger, so that a withdrawal reaches it; it may "
        "not be passed on",
        "`files.json` has the SHA-256 of every file, `croissant.json` that of `files.json`",
    )
    met = database.catalogue.rows(
        "SELECT kind, description FROM conditions WHERE project = :project ORDER BY kind, description",
        project=release["project"],
    )
    if met:
        said = [f"{each['kind']}: {plain(each['description'])}" for each in met]
        yield "Whoever uses it must have met:\n\n" + bullets(*said)


def _maintenance(database: Database, release: Row, controller: Controller) -> Iterator[str]:
    yield bullets(
        f"Contact: {plain(controller.contact)}",
        "When a person withdraws, all that there is of them is destroyed. Every version that they were in is "
        "tombstoned, and a new MAJOR version without them follows. Each recipient is written to and must destroy the "
        "person's files, or the copy",
        "MAJOR: scans were removed or moved to another split. MINOR: scans were added. PATCH: the same data in other "
        "files",
    )
    sql = """SELECT r.id, r.version, r.state, r.created_at, r.removed, COUNT(i.scan) AS scans FROM releases r
    LEFT JOIN release_scans i ON i.release = r.id WHERE r.name = :name
    GROUP BY r.id, r.version, r.state, r.created_at, r.removed ORDER BY r.created_at, r.version"""
    rows = [
        (
            each["version"],
            each["created_at"][:10],
            "published" if each["state"] == "published" else f"tombstoned {json.loads(each['removed'])['at'][:10]}",
            f"{each['scans']:,}" if each["state"] == "published" else "",
        )
        for each in database.catalogue.rows(sql, name=release["name"])
    ]
    yield "### Versions\n\n" + table(("version", "published", "state", "scans"), rows)


def _filter(where: Mapping[str, Any]) -> str:
    told = [f"{name} {value}" for name, value in where.items() if value != "accepted"]
    return ", ".join(told) or "everything that quality control accepted"
