"""Who is in a release, with which device they were scanned, and whom quality control kept out of it.

Devices differ: of 3D photographs of the face, the upper bound of the error is 0.44 and 0.40 mm within one of two
devices and 0.85 mm when both are mixed (White et al. 2020, PMC7064576). So where a device goes together with a group of
people, a difference between groups may be one between devices, and there is a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineament.database.catalogue import Row
from lineament.database.releases.groups import ATTRIBUTES, NOT_STATED, SEEN, SMALL, Count, groups_of
from lineament.database.releases.removal import Removal, removals, skewed

if TYPE_CHECKING:
    from lineament.database.database import Database

ALL = "all"
"""In the place of a split: the whole release."""
GROUPS = ("sex", "origin")
"""What a device is crossed with."""
STRONG = 0.3
"""Cramér's V from which on a device and a group go together, where there are at least `ENOUGH` people."""
ENOUGH = 20


@dataclass(frozen=True)
class Balance:
    """What a release is made of.

    Attributes
    ----------
    splits : mapping
        Split (`ALL` first), attribute of `ATTRIBUTES`, group: a `Count`.
    totals : mapping of str to Count
        Of each split.
    devices : mapping
        Attribute of `GROUPS`, group, device: people.
    removed : mapping
        Attribute of `REMOVED_BY`, group: a `Removal`.
    reasons : mapping of str to Count
        Kind of finding for which scans were removed.
    warnings : tuple of str
        Sentences.
    """

    splits: Mapping[str, Mapping[str, Mapping[str, Count]]]
    totals: Mapping[str, Count]
    devices: Mapping[str, Mapping[str, Mapping[str, int]]]
    removed: Mapping[str, Mapping[str, Removal]]
    reasons: Mapping[str, Count]
    warnings: tuple[str, ...]


def balance(database: Database, release: Row) -> Balance:
    """Return what a release is made of, and what quality control kept out of it.

    Removal is measured on all scans of the project that match the release's filter and were taken in before it, whether
    released or not. Its chance is that of the people, not of the scans, since the scans of one person are alike.

    Parameters
    ----------
    database : Database
    release : Row
        Of the table `releases`.

    Raises
    ------
    AccessError
        The actor may not release.
    """
    database.guard.demand("release", release["project"], balance=release["id"])
    sql = f"""
    SELECT r.split, {SEEN} FROM release_scans r JOIN scans c ON c.id = r.scan JOIN subjects s ON s.id = c.subject
    WHERE r.release = :release"""
    tallies: dict[str, _Tally] = {ALL: _Tally()}
    crossed: dict[str, dict[str, dict[str, set[str]]]] = {name: {} for name in GROUPS}
    for found in database.catalogue.each(sql, release=release["id"]):
        groups = groups_of(found)
        for split in {ALL, found["split"] or ALL}:
            tallies.setdefault(split, _Tally()).add(found["subject"], groups)
        for name in GROUPS:
            crossed[name].setdefault(groups[name], {}).setdefault(groups["device"], set()).add(found["subject"])
    devices = {
        name: {group: {device: len(who) for device, who in sorted(row.items())} for group, row in sorted(table.items())}
        for name, table in crossed.items()
    }
    removed, reasons = removals(database, release)
    order = [ALL, *(split for split in ("train", "validation", "test") if split in tallies)]
    return Balance(
        splits={split: tallies[split].counts() for split in order},
        totals={split: tallies[split].total() for split in order},
        devices=devices,
        removed=removed,
        reasons=reasons,
        warnings=(*_confounded(devices), *skewed(removed)),
    )


def association(table: Mapping[str, Mapping[str, int]]) -> tuple[float, int]:
    """Return Cramér's V of a table of counts, without its bias in small tables, and the sum of the table.

    Rows and columns that are not stated are left out. W. Bergsma, A bias-correction for Cramér's V and Tschuprow's T,
    Journal of the Korean Statistical Society 42, 2013. V is 0 where there is one row or one column.
    """
    stated = {name: row for name, row in table.items() if name != NOT_STATED}
    columns = sorted({column for row in stated.values() for column in row if column != NOT_STATED})
    counts = np.array([[row.get(column, 0) for column in columns] for row in stated.values()], dtype=np.float64)
    total = int(counts.sum())
    if counts.size == 0 or min(counts.shape) < 2 or total < 2:
        return 0.0, total
    counts = counts[counts.sum(axis=1) > 0]
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
    squared = float(((counts - expected) ** 2 / expected).sum()) / total
    sizes = np.array(counts.shape)
    corrected = max(0.0, squared - float(np.prod(sizes - 1)) / (total - 1))
    least = float(np.min(sizes - (sizes - 1) ** 2 / (total - 1))) - 1
    return (min(1.0, (corrected / least) ** 0.5) if least > 0 else 0.0), total


class _Tally:
    """Counts scans, and people once for each group."""

    def __init__(self) -> None:
        self._people: dict[str, dict[str, set[str]]] = {name: {} for name in ATTRIBUTES}
        self._scans: dict[str, dict[str, int]] = {name: {} for name in ATTRIBUTES}
        self._everyone: set[str] = set()
        self._number = 0

    def add(self, subject: str, groups: Mapping[str, str]) -> None:
        self._everyone.add(subject)
        self._number += 1
        for name, group in groups.items():
            self._people[name].setdefault(group, set()).add(subject)
            self._scans[name][group] = self._scans[name].get(group, 0) + 1

    def counts(self) -> dict[str, dict[str, Count]]:
        return {
            name: {group: Count(len(who), self._scans[name][group]) for group, who in sorted(groups.items())}
            for name, groups in self._people.items()
        }

    def total(self) -> Count:
        return Count(len(self._everyone), self._number)


def _confounded(devices: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterable[str]:
    for name, table in devices.items():
        strength, people = association(table)
        if people >= ENOUGH and strength > STRONG:
            yield (
                f"device and {name} go together (Cramér's V {strength:.2f}, {people} people): a difference by {name} "
                "may be one between devices; errors of up to 0.85 mm were measured between two, and 0.44 mm within one "
                "(White et al. 2020)"
            )
        yield from _alone(name, table)


def _alone(name: str, table: Mapping[str, Mapping[str, int]]) -> Iterable[str]:
    """Yield the groups that one device alone has scanned, where that is no chance: others were scanned with others."""
    for group, row in table.items():
        people = sum(row.values())
        if group == NOT_STATED or len(row) != 1 or people < SMALL:
            continue
        (device,) = row
        others = [(own.get(device, 0), sum(own.values())) for other, own in table.items() if other != group]
        same, rest = (sum(column) for column in zip(*others, strict=True)) if others else (0, 0)
        if rest and device != NOT_STATED and (same / rest) ** people < 0.05:
            yield (
                f"all {people} people of {name} {group!r} were scanned with {device!r} alone, and others with other "
                "devices: what sets them apart may be the device"
            )
