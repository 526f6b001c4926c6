"""Scans for training: what was agreed to, as arrays, also in another process."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from lineament.database.consent.purposes import Purpose
from lineament.database.dataset import DatabaseScans
from lineament.database.people import end_consent
from lineament.errors import AccessError
from lineament.io.scans import read_scan


@pytest.fixture
def stocked(lab):
    lab.subjects = [lab.person("P1"), lab.person("P2", purposes={Purpose.RESEARCH: None})]
    lab.ingest(*(lab.record(label, seed) for label, seed in (("P1", 1), ("P1", 2), ("P2", 3))))
    return lab


def dataset(lab, **changes) -> DatabaseScans:
    return DatabaseScans(lab.root / "db", **{"purpose": "training", "actor": "anna"} | changes)


def test_only_what_was_agreed_to(stocked) -> None:
    made = dataset(stocked)
    assert len(made) == 2
    all_made = dataset(stocked, purpose="research")
    assert len(all_made) == 3
    originals = {read_scan(stocked.root / "in" / f"P1_{seed}.ply").points.tobytes() for seed in (1, 2)}
    assert {item["points"].tobytes() for item in (made[0], made[1])} == originals
    assert made[0]["subject"] == stocked.subjects[0]
    with pytest.raises(AccessError, match="purpose not agreed"):
        dataset(stocked, purpose="commercial", where={"subject": stocked.subjects[1]})
    made.close()
    all_made.close()


def test_it_goes_to_another_process_without_its_connection(stocked) -> None:
    made = dataset(stocked)
    again = pickle.loads(pickle.dumps(made))
    np.testing.assert_array_equal(again[0]["points"], made[0]["points"])
    made.close()
    again.close()


def test_a_consent_that_ends_stops_it(stocked) -> None:
    made = dataset(stocked)
    made[0]
    end_consent(stocked.database, stocked.subjects[0])
    with pytest.raises(AccessError, match="not in force"):
        made[0]
    made.close()


def test_torch_takes_it(stocked) -> None:
    data = pytest.importorskip("torch.utils.data")
    made = dataset(stocked)
    batches = list(data.DataLoader(made, batch_size=2))
    assert tuple(batches[0]["points"].shape) == (2, 200, 3)
    made.close()
