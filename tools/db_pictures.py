"""Draw the picture of docs/db-releases.md: the figures of a database that is made for it, of virtual people.

    python tools/db_pictures.py [FOLDER]

People, consents, scans, jobs and releases are invented, and go through the same functions as real ones.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from lineament.database import jobs
from lineament.database.consent.purposes import Purpose
from lineament.database.consent.receipt import consent_id
from lineament.database.consent.terms import Consent, Controller
from lineament.database.database import Database
from lineament.database.find import Where
from lineament.database.intake.ingest import ingest
from lineament.database.people import add_project, enrol, record_consent
from lineament.database.records import FileRecord, Manifest, ScanRecord, SubjectRecord
from lineament.database.releases.create import create_release
from lineament.database.releases.hand_out import hand_out
from lineament.database.stats import stats
from lineament.database.stats_picture import draw_stats
from lineament.database.withdraw import withdraw
from lineament.face.model import load_face_model
from lineament.face.rig import FACESCAPE20
from lineament.io.scans import write_scan
from lineament.picture.sheets import save_picture
from lineament.types import Scan

PEOPLE = 48
"""In the picture of the figures."""
CONTROLLER = Controller("lab", "A laboratory", "1 Street, Town", "privacy@lab.example", "DE")
CHANCES = {
    Purpose.RESEARCH: 1.0,
    Purpose.TRAINING: 0.95,
    Purpose.SHARING: 0.85,
    Purpose.RECONTACT: 0.6,
    Purpose.PORTRAIT: 0.2,
    Purpose.COMMERCIAL: 0.15,
}
LAWS = {"GDPR": ("6(1)(a)", "9(2)(a)"), "BIPA": ("written release", "")}


@dataclass
class Laboratory:
    """A database in a folder, and the chance that people and scans are made by."""

    folder: Path
    database: Database
    size: int = PEOPLE
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(11))
    people: list[str] = field(default_factory=list)

    def invite(self, number: int) -> None:
        """Enrol somebody who agrees to some of the purposes, some of them for a time."""
        law = "BIPA" if number % 6 == 5 else "GDPR"
        subject = enrol(self.database, "faces", SubjectRecord(f"P{number}", birth_year=1950 + number), law)
        today = datetime.now(UTC)
        years_ago = number in (5, 11)  # the three years of BIPA are nearly over
        until = (today + timedelta(days=int(self.random.integers(8, 88)))).date()
        chosen = [purpose for purpose, chance in CHANCES.items() if self.random.random() < chance]
        ends = self.random.random() < 0.3
        basis, condition = LAWS[law]
        given = Consent(
            subject=subject,
            id=consent_id(secrets.token_bytes(10)),
            given_at=today - timedelta(days=1050 - number) if years_ago else today,
            purposes={each: until if ends and each not in list(CHANCES)[:3] else None for each in chosen},
            text_sha256="a" * 64,
            text_version="1",
            language="en",
            controller=CONTROLLER,
            jurisdiction=law,
            legal_basis=basis,
            art9_condition=condition,
            separate=True,
            signed_sha256="b" * 64,
        )
        record_consent(self.database, given)
        self.people.append(subject)

    def scans(self) -> Iterator[ScanRecord]:
        """Yield the scans of everyone: most of the prompts, a few files cut short, some clouds."""
        model = load_face_model()
        for number in range(self.size):
            shape = model.shape(0.8 * self.random.standard_normal(len(model.identity)))
            for place, expression in enumerate(FACESCAPE20):
                if place and self.random.random() < 0.02 * place:
                    continue
                device = "Vectra H1" if number % 3 == 2 else "3dMDface"
                noisy = (shape + self.random.normal(0, 0.1, shape.shape)).astype(np.float32)
                cloud = place % 7 == 3
                path = self.folder / f"{number}_{place}.ply"
                write_scan(Scan(noisy, None if cloud else model.triangles, unit="mm"), path)
                if self.random.random() < 0.03:
                    path.write_bytes(path.read_bytes()[:-1000])
                yield ScanRecord(
                    f"P{number}",
                    (FileRecord(path),),
                    modality="cloud" if cloud else "mesh",
                    expression=expression,
                    protocol="facescape20",
                    device=device,
                    age=20.0 + number,
                )

    def fill(self) -> None:
        """Take in everybody and their scans."""
        add_project(self.database, "faces", CONTROLLER)
        self.folder.mkdir()
        for number in range(self.size):
            self.invite(number)
        people = tuple(SubjectRecord(f"P{number}") for number in range(self.size))
        for _ in ingest(self.database, "faces", Manifest("manifest", people, tuple(self.scans()))):
            pass

    def publish(self) -> None:
        """Make a release of which somebody has a copy and that one person leaves, and another release."""
        terms = {"description": "Virtual faces.", "licence": "CC0"}
        splits = {"train": 0.7, "validation": 0.1, "test": 0.2}
        create_release(self.database, "expressions", "faces", "training", splits=splits, **terms)
        hand_out(self.database, "expressions", "webdataset", self.folder.parent / "out", "Bob", country="DE")
        (released,) = self.database.catalogue.rows("SELECT MIN(subject) AS who FROM release_scans")
        withdraw(self.database, released["who"])
        create_release(self.database, "neutral", "faces", "research", where={"expression": "neutral"}, **terms)

    def work(self) -> None:
        """Let jobs be made, and most of them be done."""
        for kind, part in (("landmarks", 1.0), ("fit", 0.7)):
            wanted = jobs.Wanted(kind, "1", "derive", "research", Where())
            jobs.enqueue(self.database, wanted)
            ready = jobs.free(self.database, wanted, 10_000)
            for each in ready[: round(part * len(ready))]:
                jobs.claim(self.database, each["job"], "machine")
                jobs.end(self.database, each["job"], "machine", "failed" if self.random.random() < 0.02 else "done")


def draw(folder: Path) -> None:
    """Make the database, and draw it."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        with Database.create(root / "db", "anna", key=str(root / "master.key")) as database:
            lab = Laboratory(root / "in", database)
            lab.fill()
            lab.work()
            lab.publish()
            save_picture(draw_stats(stats(database)).quantize(128), folder / "db_stats.png")


def main() -> None:
    """Draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).resolve().parents[1] / "docs" / "images")
    draw(parser.parse_args().folder)


if __name__ == "__main__":
    main()
