"""A studio over a small laboratory, made anew or copied with people in it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineament.database import passwords
from lineament.database.database import Database
from lineament.database.people import add_project
from lineament.studio.app import create_app
from lineament.studio.database import pool
from lineament.studio.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from studio_house import House, Lab, lab, picture, postgres

__all__ = ["lab", "postgres"]
LABELS, SEXES = ("P1", "P2", "P3"), ("female", "male", "female")


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what takes long: hashes of full cost, and a process for figures."""
    monkeypatch.setattr(passwords, "COST", {"n": 2**4, "r": 8, "p": 1})
    monkeypatch.setattr(pool, "APART", False)


@pytest.fixture
def house(lab) -> Iterator[House]:
    """A studio that asks for passwords."""
    app = create_app(Settings(database=lab.root / "db", port=8000))
    yield House(lab, app)
    app.state.sessions.close()
    app.state.studio.close()


@pytest.fixture
def own(lab) -> Iterator[House]:
    """A studio that anna has started for herself."""
    app = create_app(Settings(database=lab.root / "db", actor="anna", port=8000))
    yield House(lab, app)
    app.state.sessions.close()
    app.state.studio.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory):
    """Three people with two scans each; one of P3's is in quarantine, the first of each has a thumbnail."""
    root = tmp_path_factory.mktemp("template")
    with Database.create(root / "db", "anna", key=str(root / "master.key")) as database:
        lab = Lab(root, database)
        add_project(database, "faces", lab.controller)
        people = {label: lab.person(label, sex=sex) for label, sex in zip(LABELS, SEXES, strict=True)}
        records = [
            lab.record(label, 10 * number + seed, expression=expression, age=20.0 + number)
            for number, label in enumerate(people)
            for seed, expression in enumerate(("neutral", "smile"))
        ]
        found: dict[str, list[str]] = {}
        for each in lab.ingest(*records):
            found.setdefault(each.record.subject, []).append(each.scan)
        doubtful = found["P3"][1]
        database.catalogue.run(
            "UPDATE scans SET state = 'quarantined', state_reason = 'holes' WHERE id = :id", id=doubtful
        )
        database.catalogue.run(
            "INSERT INTO findings VALUES (:id, 'holes', 'refuse', 0.4, 0.3, 'there are holes')", id=doubtful
        )
        for own in found.values():
            picture(lab, own[0])
    return root, {"people": people, "scans": found, "doubtful": doubtful}


@pytest.fixture
def full(template, tmp_path: Path) -> Iterator[House]:
    """A studio over a copy of it."""
    root, known = template
    shutil.copytree(root / "db", tmp_path / "db")
    shutil.copy2(root / "master.key", tmp_path / "master.key")
    settings = json.loads((tmp_path / "db" / "database.json").read_text())
    (tmp_path / "db" / "database.json").write_text(json.dumps({**settings, "key": str(tmp_path / "master.key")}))
    with Database.open(tmp_path / "db", "anna") as database:
        lab = Lab(tmp_path, database)
        for name, value in known.items():
            setattr(lab, name, value)
        app = create_app(Settings(database=tmp_path / "db", port=8000))
        yield House(lab, app)
        app.state.sessions.close()
        app.state.studio.close()
