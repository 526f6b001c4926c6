"""Killed at any named point, a database has all that it acknowledged, and nothing half."""

from __future__ import annotations

import re

import crash
import pytest
from crash import ZERO
from trials import OPERATIONS, run


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_kill_at_each_named_point_loses_nothing(laboratory, name) -> None:
    (table,) = crash.crash(laboratory, 1, 0, names=(name,)).values()
    assert {kind: table[kind] for kind in (*ZERO, "raised")} == dict.fromkeys((*ZERO, "raised"), 0), dict(table)
    assert table["kills"] >= table["points"]


def test_every_point_that_the_source_names_is_reached(laboratory) -> None:
    reached = set().union(*(crash.points(crash.recorded(laboratory, name)) for name in OPERATIONS))
    assert [name for name in crash.named_in_source() if not any(re.fullmatch(name, point) for point in reached)] == []


def test_a_row_before_its_object_would_be_seen(laboratory) -> None:
    """The examination finds what it looks for."""

    def careless(lab, ack) -> None:
        from lineament.database.store import Store

        Store.place = lambda self, objects: None
        OPERATIONS["ingest"](lab, ack)

    laboratory.restore()
    ran = run(laboratory, careless)
    found = crash.examine(laboratory, "ingest", ran.acked)
    assert found["lost"]
    assert found["dangling"]
    assert found["unclean"]
