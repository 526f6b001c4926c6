"""Who is in a release, with which device they were scanned, and whom quality control removed.

Devices differ: of 3D photographs of the face, the upper bound of the error is 0.44 and 0.40 mm within one of two
devices and 0.85 mm when both are mixed (White et al. 2020, PMC7064576). So where a device goes together with a group of
people, a difference between groups may be one between devices, and there is a warning. FHIBE (Sony, 2025) found that
its quality control had shifted the demographics of the dataset, so that is measured too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lineament.database.access import SCANS, allowed_scans
from lineament.database.catalogue import Row
from lineament.database.find import Where, conditions
from lineament.database.when import now

if TYPE_CHECKING:
    from lineament.database.database import Database

ALL = "all"
"""In the place of a split: the whole release."""
NOT_STATED = "not stated"
ATTRIBUTES = ("sex", "origin", "age", "device", "expression", "modality")
"""What people and scans are counted by; `age` is a band of ten years."""
GROUPS = ("sex", "origin")
"""What a device is crossed with."""
REMOVED_BY = ("sex", "origin", "age", "device")
SMALL = 5
"""Groups of fewer people are told neither of outside the house nor warned of."""
STRONG = 0.3
"""Cramér's V from which on a device and a group go together, where there are at least `ENOUGH` people."""
ENOUGH = 20
SKEW = 0.05
"""Difference of the shares of scans removed, from which on removal is uneven if its chance is below `CHANCE`."""
CHANCE = 0.01
DRAWS = 2000

_SEEN = """c.id, c.subject, c.age, c.expression, c.modality, s.sex, s.origin,
  (SELECT v.name FROM devices v WHERE v.id = c.device) AS device"""
_ACCEPTED_ONLY = {"state", "has", "lacks", "max_holes", "max_noise"}
"""Filters that a scan in quarantine can never pass."""


@dataclass(frozen=True)
class Count:
    """How many there are; a person with scans in two groups is counted in both."""

    people: int
    scans: int


@dataclass(frozen=True)
class Removal:
    """What quality control took of a group.

    Attributes
    ----------
    before : Count
        What was taken in.
    removed : Count
        Scans in quarantine or rejected, and the people whose they are.
    others : float
        Share of scans removed outside of the group.
    chance : float
        How often a difference as large comes about when the people are dealt to the groups at random.
    """

    before: Count
    removed: Count
    others: float
    chance: float

    @property
    def share(self) -> float:
        """Share of the group's scans that was removed."""
        return self.removed.scans / self.before.scans

    @property
    def uneven(self) -> bool:
        return self.before.people >= SMALL and abs(self.share - self.others) > SKEW and self.chance < CHANCE


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
    SELECT r.split, {_SEEN} FROM release_scans r JOIN scans c ON c.id = r.scan JOIN subjects s ON s.id = c.subject
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
    removed, reasons = _removed(database, release)
    order = [ALL, *(split for split in ("train", "validation", "test") if split in tallies)]
    return Balance(
        splits={split: tallies[split].counts() for split in order},
        totals={split: tallies[split].total() for split in order},
        devices=devices,
        removed=removed,
        reasons=reasons,
        warnings=(*_confounded(devices), *_skewed(removed)),
    )


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


def _removed(database: Database, release: Row) -> tuple[dict[str, dict[str, Removal]], dict[str, Count]]:
    """Return what was removed of each group, and for which reasons."""
    told = json.loads(release["criteria"]).get("where", {})
    where = {field.name: told[field.name] for field in fields(Where) if field.name in told}
    where = {name: value for name, value in where.items() if name not in _ACCEPTED_ONLY}
    units: dict[str, dict[tuple[str, str], list[int]]] = {name: {} for name in REMOVED_BY}
    gone: dict[str, str] = {}
    for state in ("accepted", "quarantined", "rejected"):
        for found in _taken_in(database, release, {**where, "state": state}):
            groups = groups_of(found)
            for name in REMOVED_BY:
                unit = units[name].setdefault((groups[name], found["subject"]), [0, 0])
                unit[0] += 1
                unit[1] += state != "accepted"
            if state != "accepted":
                gone[found["id"]] = found["subject"]
    removed = {name: _removals(of_people) for name, of_people in units.items()}
    return removed, _reasons(database, gone)


def _taken_in(database: Database, release: Row, where: Mapping[str, Any]) -> Iterable[Row]:
    """Yield the scans that match and that the actor may review, as those who release may."""
    condition, values = conditions(database, Where.of(where))
    sql = f"""SELECT {_SEEN} FROM {SCANS} WHERE {condition} AND {allowed_scans()}
    AND c.project = :released AND c.ingested_at <= :until"""
    asking = {"actor": database.guard.actor, "action": "review", "purpose": "", "country": "", "now": now()}
    yield from database.catalogue.each(
        sql, **values, **asking, released=release["project"], until=release["created_at"]
    )


def _reasons(database: Database, gone: Mapping[str, str]) -> dict[str, Count]:
    if not gone:
        return {}
    found: dict[str, list[str]] = {}
    for each in database.catalogue.each("SELECT scan, kind FROM findings WHERE severity = 'refuse' ORDER BY kind"):
        if each["scan"] in gone:
            found.setdefault(each["kind"], []).append(each["scan"])
    told = {scan for scans in found.values() for scan in scans}
    rest = [scan for scan in gone if scan not in told]
    if rest:
        found["set aside by a person"] = rest
    return {kind: Count(len({gone[scan] for scan in scans}), len(scans)) for kind, scans in found.items()}


def _removals(units: Mapping[tuple[str, str], list[int]]) -> dict[str, Removal]:
    """Return what was removed of each group; `units` are each person's scans in a group: taken in, removed."""
    if not units:
        return {}
    names, codes = np.unique([group for group, _ in units], return_inverse=True)
    numbers = np.array(list(units.values()), dtype=np.float64)
    chances = _chances(codes, numbers)
    whole = numbers.sum(axis=0)
    found = {}
    for place, name in enumerate(names):
        own = numbers[codes == place]
        scans, lost = own.sum(axis=0)
        rest = whole - (scans, lost)
        found[str(name)] = Removal(
            before=Count(len(own), int(scans)),
            removed=Count(int((own[:, 1] > 0).sum()), int(lost)),
            others=float(rest[1] / rest[0]) if rest[0] else 0.0,
            chance=float(chances[place]),
        )
    return found


def _chances(codes: npt.NDArray[np.intp], numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return for each group how often people dealt at random lose as many scans more, or fewer, than expected."""
    groups = int(codes.max()) + 1
    if groups < 2 or not numbers[:, 1].any():
        return np.ones(groups)
    excess = numbers[:, 1] - numbers[:, 1].sum() / numbers[:, 0].sum() * numbers[:, 0]
    seen = np.abs(np.bincount(codes, excess, groups)) - 1e-9
    rng = np.random.default_rng(0)
    reached = sum(np.abs(np.bincount(codes, rng.permutation(excess), groups)) >= seen for _ in range(DRAWS))
    return np.asarray((reached + 1.0) / (DRAWS + 1.0))


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


def _skewed(removed: Mapping[str, Mapping[str, Removal]]) -> Iterable[str]:
    for name, groups in removed.items():
        for group, found in groups.items():
            if found.uneven and not (len(groups) == 2 and found.share < found.others):  # the other one says it
                more = "more" if found.share > found.others else "fewer"
                few = 0 < found.removed.people < SMALL
                shares = "" if few else f": {found.share:.1%} against {found.others:.1%}"
                yield (
                    f"quality control removed {more} scans of {name} {group!r} than of the others{shares} "
                    f"(p = {found.chance:.2g})"
                )
