"""How the scans of a release were collected: devices, calibrations, prompts, consents. A section of the datasheet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lineament.database.catalogue import Row
from lineament.database.consent.law import JURISDICTIONS
from lineament.database.consent.purposes import TERMS, Purpose
from lineament.database.releases.agreed import Agreed
from lineament.database.releases.cells import bullets, hide, plain, table

if TYPE_CHECKING:
    from lineament.database.database import Database

OF_RELEASE = "(SELECT scan FROM release_scans WHERE release = :release)"


def collection(database: Database, release: Row, terms: Agreed) -> Iterator[str]:
    """Yield the paragraphs of the section on how the scans were collected."""
    scans = database.catalogue.rows(
        f"""SELECT MIN(captured_at) AS first, MAX(captured_at) AS last FROM scans WHERE id IN {OF_RELEASE}""",
        release=release["id"],
    )
    years = [str(scans[0][name] or "")[:4] for name in ("first", "last")]
    if years[0]:
        yield "Captured in " + (years[0] if years[0] == years[1] else f"{years[0]} to {years[1]}") + "."
    yield "### Devices\n\n" + bullets(*_devices(database, release))
    yield "### Protocols\n\n" + bullets(*_protocols(database, release))
    yield "### Consent\n\n" + bullets(*_consents(database, release))
    everyone = len(_people(database, release))
    counts = hide({purpose: {"allow": many, "do not": everyone - many} for purpose, many in terms.people.items()})
    rows = [
        (purpose, plain(TERMS[Purpose(purpose)].label), cells["allow"], cells["do not"])
        for purpose, cells in counts.items()
    ]
    yield table(("purpose", "", "people who allow it today", "who do not"), rows)
    laws = hide({"": _count(_people(database, release), "jurisdiction")})[""]
    yield table(("law", "", "people"), [(law, JURISDICTIONS[law].title, many) for law, many in laws.items()])


def _devices(database: Database, release: Row) -> Iterator[str]:
    sql = f"""SELECT id, name, details FROM devices
    WHERE id IN (SELECT device FROM scans WHERE id IN {OF_RELEASE}) ORDER BY name"""
    found = database.catalogue.rows(sql, release=release["id"])
    for device in found:
        details = ", ".join(f"{plain(name)} {plain(value)}" for name, value in json.loads(device["details"]).items())
        done = database.catalogue.rows(
            "SELECT * FROM calibrations WHERE device = :device AND done_at <= :until ORDER BY done_at",
            device=device["id"],
            until=release["created_at"],
        )
        yield f"{plain(device['name'])}" + (f": {details}" if details else "")
        yield from (f"  {_calibration(each)}" for each in done)
        if not done:
            yield "  no calibration is on record"
    if not found:
        yield "No device is on record"


def _calibration(found: Row) -> str:
    error = "" if found["reprojection_rms"] is None else f", reprojection error {found['reprojection_rms']:.3g} px RMS"
    until = f", valid until {found['expires_at'][:10]}" if found["expires_at"] else ""
    return f"calibrated {found['done_at'][:10]}, {plain(found['method'] or 'method not stated')}{error}{until}"


def _protocols(database: Database, release: Row) -> Iterator[str]:
    sql = f"""SELECT id, name, version, description FROM protocols
    WHERE id IN (SELECT protocol FROM scans WHERE id IN {OF_RELEASE}) ORDER BY name"""
    found = database.catalogue.rows(sql, release=release["id"])
    for each in found:
        prompts = database.catalogue.rows(
            "SELECT expression FROM prompts WHERE protocol = :id ORDER BY place", id=each["id"]
        )
        about = f"{plain(each['name'])}, version {plain(each['version'])}"
        yield about + (f": {plain(each['description'])}" if each["description"] else "")
        yield f"  prompts: {', '.join(plain(prompt['expression']) for prompt in prompts) or 'none'}"
    if not found:
        yield "No list of prompts is on record"


def _consents(database: Database, release: Row) -> Iterator[str]:
    people = _people(database, release)
    yield "Everyone gave a consent, which is kept as a record (ISO/IEC TS 27560) with the hash of the text they read"
    for name, what in (("legal_basis", "Legal basis"), ("art9_condition", "Condition of GDPR Art. 9")):
        counts = hide({"": _count(people, name)})[""]
        yield f"{what}: " + ", ".join(f"{plain(value or 'none')} ({many} people)" for value, many in counts.items())
    counts = hide({"": _count(people, "guardian")})[""]
    yield f"A guardian agreed for: {counts.get('1', '0')} people"
    texts = sorted({each["text_sha256"] for each in people})
    yield f"SHA-256 of the texts: {', '.join(f'`{each}`' for each in texts)}"


def _people(database: Database, release: Row) -> list[Row]:
    return database.catalogue.rows(
        """SELECT s.jurisdiction, n.legal_basis, n.art9_condition, n.guardian, n.text_sha256 FROM subjects s
        JOIN consents n ON n.id = s.consent
        WHERE s.id IN (SELECT subject FROM release_scans WHERE release = :release)""",
        release=release["id"],
    )


def _count(rows: Iterable[Row], name: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in rows:
        counts[str(each[name])] = counts.get(str(each[name]), 0) + 1
    return dict(sorted(counts.items()))
