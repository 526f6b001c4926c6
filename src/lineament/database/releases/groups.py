"""By what people and scans are counted."""

from __future__ import annotations

from dataclasses import dataclass

from lineament.database.catalogue import Row

ATTRIBUTES = ("sex", "origin", "age", "device", "expression", "modality")
"""`age` is a band of ten years."""
NOT_STATED = "not stated"
SMALL = 5
"""Groups of fewer people are told neither of outside the house nor warned of."""
SEEN = """c.id, c.subject, c.age, c.expression, c.modality, s.sex, s.origin,
  (SELECT v.name FROM devices v WHERE v.id = c.device) AS device"""
"""Columns that `groups_of` needs, of `scans c` and `subjects s`."""


@dataclass(frozen=True)
class Count:
    """How many there are; a person with scans in two groups is counted in both."""

    people: int
    scans: int


def groups_of(found: Row) -> dict[str, str]:
    """Return the group of a scan for each attribute."""
    groups = {name: str(found[name] or NOT_STATED) for name in ATTRIBUTES if name != "age"}
    if groups["sex"] == "unknown":
        groups["sex"] = NOT_STATED
    return {**groups, "age": band(found["age"])}


def band(age: float | None) -> str:
    """Return the ten years that an age is in."""
    if age is None:
        return NOT_STATED
    decade = int(age) // 10 * 10
    return "80+" if decade >= 80 else f"{decade}-{decade + 9}"
