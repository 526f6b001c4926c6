"""Who left is nowhere, also when the withdrawal was cut off; who stays is there."""

from __future__ import annotations

import withdrawal


def test_who_left_is_nowhere_and_who_stays_is_there(laboratory) -> None:
    tables = withdrawal.withdrawal(laboratory, every=13)
    before = tables.pop("before")
    assert before["found"]
    assert before["others"]
    for name, table in tables.items():
        assert table["trials"], name
        assert (table["found"], table["unclean"]) == (0, 0), (name, dict(table))
        assert table["others"], name
