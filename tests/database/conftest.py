"""A laboratory in a temporary folder: a database with a project, people who agreed, and small scans of them.

With LINEAMENT_TEST_CATALOGUE=postgresql its catalogue is a PostgreSQL server, which is started for the tests.
"""

from __future__ import annotations

import glob
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

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
    controller: ClassVar[Controller] = CONTROLLER

    def person(self, label: str, *, consent: bool = True, jurisdiction: str = "GDPR", **changes) -> str:
        """Enrol somebody who agrees to everything, unless told otherwise; changes are of the subject or the consent."""
        of_subject = {
            name: changes.pop(name) for name in ("sex", "origin", "birth_year", "attributes") if name in changes
        }
        subject = enrol(self.database, "faces", SubjectRecord(label, **of_subject), jurisdiction, returning=True)
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

    def let_log_be_written(self, may: bool) -> None:
        """Keep the audit log from being written, or let it."""
        words = {"sqlite": "PRAGMA query_only = {}", "postgresql": "SET default_transaction_read_only TO {}"}
        kind = "postgresql" if self.database.settings.catalogue else "sqlite"
        self.database.log._connection.run(words[kind].format("off" if may else "on"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server on loopback that ends with the tests."""
    place = max(glob.glob("/usr/lib/postgresql/*/bin"), default=None)
    if place is None:
        pytest.skip("no PostgreSQL server is installed; Debian's package is postgresql")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # It refuses to run as root.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o777)
        data = f"{folder}/data"
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"

        def run(*words: str) -> None:
            subprocess.run([*user, *words], check=True, stdout=subprocess.DEVNULL, cwd=folder, timeout=60)

        run(f"{place}/initdb", "-D", data, "-A", "trust", "-E", "UTF8", "--locale=C", "-U", "lineament")
        run(f"{place}/pg_ctl", "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            yield f"postgresql://lineament@127.0.0.1:{port}/postgres"
        finally:
            run(f"{place}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
            if user:
                run("rm", "-rf", data)


@pytest.fixture(params=[os.environ.get("LINEAMENT_TEST_CATALOGUE", "sqlite")])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    address = request.getfixturevalue("postgres") if request.param == "postgresql" else ""
    key = str(tmp_path / "master.key")
    with Database.create(tmp_path / "db", "anna", key=key, catalogue=address) as database:
        add_project(database, "faces", CONTROLLER)
        yield Lab(tmp_path, database)
