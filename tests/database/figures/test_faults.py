"""A disk that fails or is full is told of, acknowledges nothing that is not there, and does no lasting harm."""

from __future__ import annotations

import faults
import pytest
from faults import ZERO

NOTHING = dict.fromkeys(ZERO, 0)


@pytest.mark.parametrize(("name", "every"), [("enrol", 23), ("release", 59), ("withdraw", 97), ("backup", 61)])
def test_calls_that_fail(laboratory, name, every) -> None:
    table = faults.faults(laboratory, name, every)
    assert {kind: table[kind] for kind in ZERO} == NOTHING, dict(table)
    assert table["refused"]


@pytest.mark.parametrize("file", ["catalogue.sqlite", "audit.sqlite"])
def test_a_file_of_sqlite_that_cannot_grow(laboratory, file) -> None:
    table = faults.full(laboratory, "release", file, most=2)
    assert {kind: table[kind] for kind in ZERO} == NOTHING, dict(table)


@pytest.mark.parametrize("name", ["ingest", "withdraw", "release", "backup", "rotate"])
def test_without_a_log_nothing_happens(laboratory, name) -> None:
    table = faults.unlogged(laboratory, name)
    assert {kind: table[kind] for kind in ZERO} == NOTHING, dict(table)
    assert table["refused"] == 1
