"""One flipped bit, wherever it holds something, is found."""

from __future__ import annotations

import scrub


def test_flipped_bits_are_found(laboratory) -> None:
    laboratory.restore()
    tables = scrub.scrub(laboratory, 12, 0)
    assert {name: (table["missed"], table["raised"]) for name, table in tables.items()} == dict.fromkeys(tables, (0, 0))
    for name in ("objects", "keys", "identities", "backup", "exports"):
        assert tables[name]["found"] == tables[name]["flips"] == 12
