"""What changed between two versions is told apart: added, left out, gone with a person, moved."""

from __future__ import annotations

from lineament.database.people import end_consent
from lineament.database.releases.create import release_named
from lineament.database.releases.diff import describe, diff
from lineament.database.withdraw import withdraw

HALVES = {"train": 0.5, "test": 0.5}


def test_a_release_does_not_differ_from_itself(lab, publish, scan_people) -> None:
    scan_people(2)
    release = publish()
    found = diff(lab.database, release, release)
    assert (found.added, found.removed, found.moved, found.changed) == ((), (), {}, {})
    assert describe(found) == "shapes 1.0.0 to shapes 1.0.0:\n  nothing changed"


def test_each_change_is_told(lab, publish, scan_people) -> None:
    people = scan_people(6)
    old = publish(splits=HALVES)
    end_consent(lab.database, people[0])
    withdraw(lab.database, people[1])
    withdraw(lab.database, people[2])
    scan_people(2)
    new = publish(splits=HALVES, description="More ellipsoids.")
    old = release_named(lab.database.catalogue, old["id"])
    found = diff(lab.database, old, new)
    assert (len(found.added), found.added_people) == (2, 2)
    assert (len(found.removed), found.removed_people) == (1, 1)
    assert (found.withdrawn_scans, found.withdrawn_people) == (2, 2)
    assert found.moved == {}
    assert found.changed == {"description": ("Ellipsoids.", "More ellipsoids.")}
    assert describe(found).splitlines() == [
        "shapes 1.0.0 to shapes 4.0.0:",
        "  2 scans of 2 people added",
        "  1 scan of 1 person left out",
        "  2 scans of 2 people destroyed, because of withdrawals",
        "  description changed from 'Ellipsoids.' to 'More ellipsoids.'",
    ]


def test_another_seed_moves_people(lab, publish, scan_people) -> None:
    people = scan_people(12)
    old, new = publish(splits=HALVES), publish(splits=HALVES, seed=1)
    found = diff(lab.database, old, new)
    assert found.moved
    assert found.moved.keys() <= set(people)
    assert all(pair in (("train", "test"), ("test", "train")) for pair in found.moved.values())
    assert found.changed == {"seed": (0, 1)}
    assert new["version"] == "2.0.0"
    assert "moved from" in describe(found)
