"""A small laboratory whose database holds a little of everything: made once, put back before each trial.

All of it lies in one folder, since exports and settings name absolute paths: `Laboratory.restore` copies the folder as
it was made over what a trial left. The master key lies beside the database, which a real one must not.
"""

from __future__ import annotations

import os
import platform
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from lineament.database.backup import backup, copy_keys
from lineament.database.catalogue import row
from lineament.database.consent.purposes import Purpose
from lineament.database.consent.receipt import consent_id
from lineament.database.consent.terms import Consent, Controller
from lineament.database.database import Database
from lineament.database.derive import Derivation, Product, store_derived
from lineament.database.intake.ingest import ingest
from lineament.database.people import add_project, enrol, record_consent, write_identity
from lineament.database.records import FileRecord, Manifest, ScanRecord, SubjectRecord
from lineament.database.releases.create import create_release
from lineament.database.releases.hand_out import hand_out
from lineament.io.scans import write_scan
from lineament.types import Scan

CONTROLLER = Controller("lab", "A laboratory", "1 Street, Town", "privacy@lab.example", "DE")
ACTOR = "anna"
PROJECT = "faces"
TERMS = {"description": "Ellipsoids.", "licence": "CC0"}


def agreement(subject: str, **changes: Any) -> Consent:
    """Return a consent to everything, of now, under GDPR, unless told otherwise."""
    given = Consent(
        subject=subject,
        id=consent_id(secrets.token_bytes(10)),
        given_at=datetime.now(UTC),
        purposes=dict.fromkeys(Purpose),
        text_sha256="a" * 64,
        text_version="1",
        language="en",
        controller=CONTROLLER,
        jurisdiction="GDPR",
        legal_basis="6(1)(a)",
        art9_condition="9(2)(a)",
        separate=True,
    )
    return replace(given, **changes)


@dataclass
class Laboratory:
    """The folder, and what is in it.

    Attributes
    ----------
    top : Path
    layouts : tuple of str
        In which the release was handed out.
    people : dict of str to str
        Random names by label.
    old, new : Manifest
        What is in the database, and what waits to be taken in.
    """

    top: Path
    layouts: tuple[str, ...] = ("bids", "webdataset")
    people: dict[str, str] = field(default_factory=dict)
    old: Manifest = field(default_factory=lambda: Manifest("manifest", (), ()))
    new: Manifest = field(default_factory=lambda: Manifest("manifest", (), ()))

    @property
    def work(self) -> Path:
        return self.top / "work"

    @property
    def root(self) -> Path:
        return self.work / "db"

    def opened(self) -> Database:
        return Database.open(self.root, ACTOR)

    def agree(self, database: Database, subject: str) -> None:
        """Record a consent to everything."""
        record_consent(database, agreement(subject))

    def join(self, database: Database, label: str) -> str:
        """Enrol somebody who agrees to everything and whose name is known."""
        subject = enrol(
            database, PROJECT, SubjectRecord(label, attributes={"note": canary("attribute", label)}), "GDPR"
        )
        self.agree(database, subject)
        write_identity(database, subject, {"name": canary("name", label)})
        return subject

    def keep(self) -> None:
        """Take the laboratory as it is now for what `restore` puts back."""
        shutil.rmtree(self.top / "template", ignore_errors=True)
        shutil.copytree(self.work, self.top / "template")

    def restore(self) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.top / "template", self.work)

    def files(self) -> Iterator[Path]:
        """Yield every file there is, but for those that were sent."""
        for path in sorted(self.work.rglob("*")):
            if path.is_file() and not path.is_relative_to(self.work / "sent"):
                yield path


def build(
    top: Path, *, people: int = 3, waiting: int = 2, layouts: tuple[str, ...] = ("bids", "webdataset"), seed: int = 0
) -> Laboratory:
    """Make a laboratory.

    Parameters
    ----------
    top : Path
    people, waiting : int
        Who has two scans each, in a release that was handed out; and whose two scans each wait to be taken in.
    layouts : tuple of str
        In which the release was handed out to somebody.
    seed : int
    """
    lab = Laboratory(top.absolute(), layouts)
    lab.work.mkdir(parents=True)
    (lab.work / "sent").mkdir()
    rng = np.random.default_rng(seed)
    with Database.create(lab.root, ACTOR, key=str(lab.work / "master.key")) as database:
        add_project(database, PROJECT, CONTROLLER)
        manifests = []
        for kind, many in (("old", people), ("new", waiting)):
            labels = [f"LABEL-{kind}-{number}" for number in range(many)]
            lab.people |= {label: lab.join(database, label) for label in labels}
            scans = tuple(_scan(lab, label, number, rng) for number in range(2) for label in labels)
            manifests.append(Manifest("manifest", tuple(SubjectRecord(label) for label in labels), scans))
        lab.old, lab.new = manifests
        for outcome in ingest(database, PROJECT, lab.old, workers=1):
            if outcome.state != "accepted":
                raise SystemExit(f"{outcome.record.files[0].path} was not taken in: {outcome.reason}")
        derive(lab, database, lab.old)
        if layouts:
            create_release(database, "shapes", PROJECT, "training", splits={"train": 0.5, "test": 0.5}, **TERMS)
        for layout in layouts:
            hand_out(database, "shapes", layout, lab.work / "out" / layout, f"Bob of {layout}", country="FR")
        backup(database, lab.work / "backup")
        copy_keys(database, lab.work / "keys")
    lab.keep()
    return lab


def derive(lab: Laboratory, database: Database, manifest: Manifest) -> list[tuple[str, ...] | str]:
    """Make a picture and a list of landmarks, by their names, of the first scan of each person of a manifest."""
    made = []
    for subject in manifest.subjects:
        found = row(
            database.catalogue,
            "SELECT id, scan FROM assets WHERE subject = :subject AND derived = 0 ORDER BY created_at, id",
            subject=lab.people[subject.label],
        )
        if found is not None:
            picture = Product("thumbnail", "png", canary("picture", subject.label).encode())
            marks = Product("landmarks", "json", canary("marks", subject.label).encode())
            made.append(Derivation(found["scan"], (picture, marks), (found["id"],), "a tool"))
    return store_derived(database, made, action="derive", purpose="research")


def canary(what: str, label: str) -> str:
    return f"CANARY-{what}-{label}"


def planted(lab: Laboratory, label: str) -> list[bytes]:
    """Return what must be nowhere once a person has left: words, the label, and points of each scan."""
    words = [canary(what, label) for what in ("attribute", "name", "scan", "picture", "marks")] + [label]
    shapes = [
        file.path.read_bytes()[-120 * 12 : -120 * 12 + 24]
        for scan in lab.old.scans
        if scan.subject == label
        for file in scan.files
    ]
    return [word.encode() for word in words] + shapes


def _scan(lab: Laboratory, label: str, number: int, rng: np.random.Generator) -> ScanRecord:
    """Write a bumpy ellipsoid as large as a face, as a cloud without normals or colour."""
    direction = rng.normal(size=(200, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    points = direction * (80 + 3 * rng.normal(size=(200, 1))) * [1, 1.2, 0.8]
    path = write_scan(Scan(points.astype(np.float32), unit="mm"), lab.work / "sent" / f"{label}_{number}.ply")
    return ScanRecord(
        label,
        (FileRecord(path),),
        modality="cloud",
        expression=("neutral", "smile")[number % 2],
        device="rig",
        repeat=number + 1,
        attributes={"note": canary("scan", label)},
    )


def machine(folder: Path) -> str:
    """Return on what figures were taken: system, processors, and the kind of file system of a folder."""
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} processors, "
        f"{file_system(folder)}"
    )


def file_system(folder: Path) -> str:
    """Return the kind of the file system that a folder lies on."""
    best, kind = -1, "file system unknown"
    try:
        mounts = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return kind
    for line in mounts:
        _, place, name, *_ = line.split()
        if folder.resolve().is_relative_to(place) and len(place) > best:
            best, kind = len(place), name
    return kind
