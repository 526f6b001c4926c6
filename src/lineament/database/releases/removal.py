"""Whom quality control removed: FHIBE (Sony, 2025) found that its own had shifted the demographics of the dataset."""

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
from lineament.database.releases.groups import SEEN, SMALL, Count, groups_of
from lineament.database.when import now

if TYPE_CHECKING:
    from lineament.database.database import Database

REMOVED_BY = ("sex", "origin", "age", "device")
SKEW = 0.05
"""Difference of the shares of scans removed, from which on removal is uneven if its chance is below `CHANCE`."""
CHANCE = 0.01
DRAWS = 2000

_ACCEPTED_ONLY = {"state", "has", "lacks", "max_holes", "max_noise"}
"""Filters that a scan in quarantine can never pass."""


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


def removals(database: Database, release: Row) -> tuple[dict[str, dict[str, Removal]], dict[str, Count]]:
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
    removed = {name: _of_groups(of_people) for name, of_people in units.items()}
    return removed, _reasons(database, gone)


def _taken_in(database: Database, release: Row, where: Mapping[str, Any]) -> Iterable[Row]:
    """Yield the scans that match and that the actor may review, as those who release may."""
    condition, values = conditions(database, Where.of(where))
    sql = f"""SELECT {SEEN} FROM {SCANS} WHERE {condition} AND {allowed_scans()}
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


def _of_groups(units: Mapping[tuple[str, str], list[int]]) -> dict[str, Removal]:
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


def skewed(removed: Mapping[str, Mapping[str, Removal]]) -> Iterable[str]:
    for name, groups in removed.items():
        for group, found in groups.items():
            if found.uneven and not (len(groups) == 2 and found.share < found.others):  # the other one says it
                more = "more" if found.share > found.others else "fewer"
                rest = sum(other.removed.people for own, other in groups.items() if own != group)
                few = any(0 < lost < SMALL for lost in (found.removed.people, rest))
                shares = "" if few else f": {found.share:.1%} against {found.others:.1%}"
                yield (
                    f"quality control removed {more} scans of {name} {group!r} than of the others{shares} "
                    f"(p = {found.chance:.2g})"
                )
