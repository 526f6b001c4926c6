"""A release as exporters see it: under names of its own, each byte asked for again when it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from lineament.database.access import Request, authorize
from lineament.database.catalogue import Row
from lineament.database.exporters.items import ExportFile, ExportRelease, ExportScan
from lineament.database.people import controller_of
from lineament.database.reading import StoredAsset, assets_of
from lineament.database.releases.agreed import agreed
from lineament.database.releases.create import pseudonym
from lineament.database.releases.datasheet import datasheet
from lineament.errors import AccessError

if TYPE_CHECKING:
    from lineament.database.database import Database


def view(database: Database, release: Row, country: str = "") -> ExportRelease:
    """Return a release for an exporter.

    Parameters
    ----------
    database : Database
    release : Row
        Of the table `releases`.
    country : str
        Of the recipient.
    """
    controller = controller_of(database, release["project"])
    terms = agreed(database, release)
    return ExportRelease(
        name=release["name"],
        version=release["version"],
        description=release["description"],
        published=date.fromisoformat(release["created_at"][:10]),
        creators=(controller.name,),
        purposes=terms.purposes,
        duo=terms.duo,
        licence=release["licence"],
        citation=f"{controller.name}: {release['name']}, version {release['version']}",
        datasheet=datasheet(database, release),
        scans=lambda: _scans(database, release, country),
    )


def _scans(database: Database, release: Row, country: str) -> Iterator[ExportScan]:
    sql = """
    SELECT c.*, r.split, s.sex, s.origin, (SELECT v.name FROM devices v WHERE v.id = c.device) AS device_name,
    (SELECT o.name FROM protocols o WHERE o.id = c.protocol) AS protocol_name
    FROM release_scans r JOIN scans c ON c.id = r.scan JOIN subjects s ON s.id = c.subject WHERE r.release = :release"""
    found = database.catalogue.rows(sql, release=release["id"])
    scans = [_scan(database, release, each, country) for each in found]
    yield from sorted(scans, key=lambda scan: (scan.subject, scan.session, scan.scan))


def _scan(database: Database, release: Row, found: Row, country: str) -> ExportScan:
    request = Request(database.guard.actor, "export", found["id"], release["purpose"], country)

    def file(asset: StoredAsset) -> ExportFile:
        def read() -> Iterator[bytes]:
            for piece in database.store.read(asset.subject, asset.object):
                decision = authorize(database.catalogue, request)
                if not decision.allowed:
                    raise AccessError(f"handing out a scan has become forbidden: {decision.reason}")
                yield piece

        return ExportFile(asset.role, asset.place, asset.suffix, asset.size, asset.meta, read)

    return ExportScan(
        scan=pseudonym(database, release["id"], found["id"]),
        subject=pseudonym(database, release["id"], found["subject"]),
        session=pseudonym(database, release["id"], found["session"]),
        split=found["split"],
        sex=found["sex"],
        origin=found["origin"],
        age=found["age"],
        modality=found["modality"],
        expression=found["expression"],
        protocol=found["protocol_name"] or "",
        device=found["device_name"] or "",
        repeat=found["repeat"],
        unit=found["unit"],
        fps=found["fps"],
        files=tuple(file(asset) for asset in assets_of(database, found["id"])),
        quality=json.loads(found["quality"]),
    )
