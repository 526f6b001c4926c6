"""A loss of power takes what was not synced; what was acknowledged is not among it."""

from __future__ import annotations

import sys

import lost_writes
import pytest
from lost_writes import ZERO

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="open files are named by /proc")


@pytest.mark.parametrize(
    ("name", "every"),
    [("ingest", 13), ("derive", 13), ("withdraw", 23), ("release", 11), ("backup", 23), ("rotate", 8)],
)
def test_nothing_acknowledged_is_lost_with_the_power(laboratory, name, every) -> None:
    table = lost_writes.lost_writes(laboratory, name, every=every)
    assert {kind: table[kind] for kind in ZERO} == dict.fromkeys(ZERO, 0), dict(table)
    assert table["undone"]


def test_a_folder_that_is_not_synced_would_be_seen(laboratory, monkeypatch) -> None:
    """The simulation loses what it says it loses."""
    monkeypatch.setattr(lost_writes.Journal, "_synced", lambda self, path: None)
    table = lost_writes.lost_writes(laboratory, "ingest", every=10**6)
    assert table["lost"]
    assert table["dangling"]
