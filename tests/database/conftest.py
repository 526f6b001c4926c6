"""A laboratory in a temporary folder: a database with a project, people who agreed, and small scans of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lineament.database.consent.purposes import Purpose
from lineament.database.consent.receipt import consent_id
from lineament.database.consent.terms import Consent, Controller
from lineament.database.database import Database
from lineament.database.intake.ingest import Outcome, ingest
from lineament.database.people import add_project, enrol, record_consent
from lineament.database.records import FileRecord, Manifest, ScanRecord, SubjectRecord
from lineament.io.scans import write_scan
from lineament.types import Scan

CONTROLLER = Controller("lab", "A laboratory", "1 Street, Town", "privacy@lab.example", "DE")
EVERYTHING = {purpose: None for purpose in Purpose}


@dataclass
class Lab:
    """What tests of the database need; everything is made small."""

    root: Path
    database: Database

    def person(self, label: str, *, consent: bool = True, jurisdiction: str = "GDPR", **changes) -> str:
        """Enrol somebody who agrees to everything, unless told otherwise; changes are of the subject or the consent."""
        of_subject = {
            name: changes.pop(name) for name in ("sex", "origin", "birth_year", "attributes") if name in changes
        }
        subject = enrol(self.database, "faces", SubjectRecord(label, **of_subject), jurisdiction)
        if consent:
            self.agree(subject, jurisdiction=jurisdiction, **changes)
        return subject

    def agree(self, subject: str, **changes) -> Consent:
        given = Consent(
            subject=subject,
            id=consent_id(secrets.token_bytes(10)),
            given_at=datetime.now(UTC),
            purposes=EVERYTHING,
            text_sha256="a" * 64,
            text_version="1",
            language="en",
            controller=CONTROLLER,
            jurisdiction="GDPR",
            legal_basis="6(1)(a)",
            art9_condition="9(2)(a)",
            separate=True,
        )
        given = replace(given, **changes)
        record_consent(self.database, given)
        return given

    def file(self, name: str, seed: int = 0, points: int = 200, folder: Path | None = None) -> Path:
        """Write a bumpy ellipsoid as large as a face."""
        rng = np.random.default_rng(seed)
        direction = rng.normal(size=(points, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        radius = 80 + 3 * rng.normal(size=(points, 1))
        path = (folder or self.root / "in") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_scan(Scan((direction * radius * [1, 1.2, 0.8]).astype(np.float32), unit="mm"), path)

    def record(self, label: str, seed: int, *, files: tuple[FileRecord, ...] | None = None, **changes) -> ScanRecord:
        """Return a scan of a person, of a file that is written now."""
        own = files or (FileRecord(self.file(f"{label}_{seed}.ply", seed)),)
        return ScanRecord(label, own, **{"modality": "cloud", "expression": "neutral", "device": "rig", **changes})

    def ingest(self, *scans: ScanRecord, **changes) -> list[Outcome]:
        subjects = tuple(SubjectRecord(label) for label in sorted({scan.subject for scan in scans}))
        return list(ingest(self.database, "faces", Manifest("manifest", subjects, scans), **{"workers": 1, **changes}))

    def opened(self, actor: str = "anna") -> Database:
        """Open the database once more, as another program would."""
        return Database.open(self.root / "db", actor)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Database.create(tmp_path / "db", "anna", key=str(tmp_path / "master.key")) as database:
        add_project(database, "faces", CONTROLLER)
        yield Lab(tmp_path, database)
