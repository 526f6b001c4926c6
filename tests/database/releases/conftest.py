"""A laboratory that publishes releases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lineament.database.catalogue import Row
from lineament.database.releases.create import create_release, release_named


@pytest.fixture
def publish(lab: Any) -> Callable[..., Row]:
    """Publish a release of the laboratory's scans; return its row."""

    def publish(name: str = "shapes", **changes: Any) -> Row:
        terms = {"purpose": "training", "description": "Ellipsoids.", "licence": "CC0", **changes}
        made = create_release(lab.database, name, "faces", **terms)
        return release_named(lab.database.catalogue, made.id)

    return publish


@pytest.fixture
def scan_people(lab: Any) -> Callable[..., list[str]]:
    """Enrol people and take in one scan of each; return the people's names."""
    seeds = iter(range(10_000))

    def scan_people(
        count: int, *, broken: bool = False, device: str = "rig", age: float = 30.0, **person: Any
    ) -> list[str]:
        labels = [f"P{next(seeds)}" for _ in range(count)]
        names = [lab.person(label, **person) for label in labels]
        records = [lab.record(label, next(seeds), device=device, age=age) for label in labels]
        for record in records if broken else ():
            path = record.files[0].path
            path.write_bytes(path.read_bytes()[:-100])
        states = {outcome.state for outcome in lab.ingest(*records)}
        assert states <= {"quarantined" if broken else "accepted"}
        return names

    return scan_people
