"""How much there is, of what, for how long: figures on all that the actor may find, and on nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lineament.database.access import SCANS, allowed_scans
from lineament.database.catalogue import row
from lineament.database.consent.purposes import Purpose
from lineament.database.people import headcounts
from lineament.database.releases.groups import NOT_STATED, Count
from lineament.database.when import later, now

if TYPE_CHECKING:
    from lineament.database.database import Database

SOON = 90
"""Days that a consent or the time of keeping may end in to be told of."""
COUNTED = ("modality", "expression", "device", "jurisdiction")


@dataclass(frozen=True)
class Published:
    """A version of a release with a scan that the actor may find."""

    name: str
    version: str
    state: str
    scans: int
    exports: int


@dataclass(frozen=True)
class Stats:
    """Figures of one moment.

    Attributes
    ----------
    at : str
        Time in UTC, ISO 8601.
    actor : str
        Name of whoever may find all this.
    people, scans : int
        Scans that the actor may find, and whose they are; people without a scan are not among them.
    bytes : int
        Of their files as they lie on the disk, encrypted, with what was derived.
    states : mapping of str to int
        Scans; those in quarantine and rejected only where the actor may review them.
    counts : mapping
        Attribute of `COUNTED`, group: a `Count`; largest first.
    purposes : mapping of str to int
        People who allow each purpose today.
    consents_ending, retention_ending : mapping of str to int
        Day within the next `SOON`: people with a purpose that ends then, people who may not be kept after it.
    alarms : tuple of str
        Filings that a number of people makes due; told to those who may find in all projects.
    jobs : mapping
        Kind, state: jobs on these scans.
    releases : tuple of Published
        Newest first.
    """

    at: str
    actor: str
    people: int
    scans: int
    bytes: int
    states: Mapping[str, int]
    counts: Mapping[str, Mapping[str, Count]]
    purposes: Mapping[str, int]
    consents_ending: Mapping[str, int]
    retention_ending: Mapping[str, int]
    alarms: tuple[str, ...]
    jobs: Mapping[str, Mapping[str, int]]
    releases: tuple[Published, ...]


def stats(database: Database) -> Stats:
    """Return figures on all that the actor may find.

    Raises
    ------
    StoreError
        The catalogue cannot be read, or the log not written.
    """
    at = now()
    asking = {"actor": database.guard.actor, "purpose": "", "country": "", "now": at}
    people, seen, counts = _seen(database, asking)
    states = {"accepted": len(seen), **_set_aside(database, asking)}
    database.log.append(database.guard.actor, "find", "", stats=True, found=len(seen))
    who = row(database.catalogue, "SELECT name FROM actors WHERE id = :id", id=database.guard.actor)
    ending = Counter(day for day, _ in _purposes_ending(database, people, at))
    return Stats(
        at=at,
        actor=who["name"] if who else "",
        people=len(people),
        scans=len(seen),
        bytes=_bytes(database, asking),
        states={state: many for state, many in states.items() if many or state == "accepted"},
        counts=counts,
        purposes=_purposes(database, people, at),
        consents_ending=dict(sorted(ending.items())),
        retention_ending=_retention_ending(database, people, at),
        alarms=_alarms(database, at),
        jobs=_jobs(database, seen),
        releases=_releases(database, seen),
    )


def _seen(database: Database, asking: Mapping[str, Any]) -> tuple[set[str], set[str], dict[str, dict[str, Count]]]:
    """Return the people, the scans and the counts of all that may be found."""
    sql = f"""SELECT c.id, c.subject, c.modality, c.expression, s.jurisdiction,
    (SELECT v.name FROM devices v WHERE v.id = c.device) AS device FROM {SCANS} WHERE {allowed_scans()}"""
    people: dict[str, dict[str, set[str]]] = {name: {} for name in COUNTED}
    scans: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
    seen: set[str] = set()
    everyone: set[str] = set()
    for found in database.catalogue.each(sql, **asking, action="find"):
        seen.add(found["id"])
        everyone.add(found["subject"])
        for name in COUNTED:
            group = found[name] or NOT_STATED
            people[name].setdefault(group, set()).add(found["subject"])
            scans[name][group] += 1
    counts = {
        name: {
            group: Count(len(people[name][group]), many)
            for group, many in sorted(scans[name].items(), key=lambda item: (-item[1], item[0]))
        }
        for name in COUNTED
    }
    return everyone, seen, counts


def _set_aside(database: Database, asking: Mapping[str, Any]) -> dict[str, int]:
    """Return how many scans are in quarantine and rejected, of those that the actor may review."""
    sql = f"""SELECT c.state, COUNT(*) AS many FROM {SCANS} WHERE c.state <> 'accepted' AND {allowed_scans()}
    GROUP BY c.state ORDER BY c.state"""
    found = {each["state"]: each["many"] for each in database.catalogue.rows(sql, **asking, action="review")}
    database.log.append(database.guard.actor, "review", "", stats=True, found=sum(found.values()))
    return found


def _bytes(database: Database, asking: Mapping[str, Any]) -> int:
    sql = f"""SELECT COALESCE(SUM(d.size), 0) AS total FROM (
      SELECT DISTINCT o.subject, o.name, o.sealed_size AS size FROM {SCANS} JOIN assets a ON a.scan = c.id
      JOIN objects o ON o.subject = a.subject AND o.name = a.object WHERE {allowed_scans()}) d"""
    return int(database.catalogue.rows(sql, **asking, action="find")[0]["total"])


def _purposes(database: Database, people: set[str], at: str) -> dict[str, int]:
    sql = """SELECT s.id, q.purpose FROM subjects s JOIN consent_purposes q ON q.consent = s.consent
    WHERE q.valid_until IS NULL OR q.valid_until > :now"""
    found = Counter(each["purpose"] for each in database.catalogue.each(sql, now=at) if each["id"] in people)
    return {str(purpose): found[purpose] for purpose in Purpose}


def _purposes_ending(database: Database, people: set[str], at: str) -> set[tuple[str, str]]:
    """Return the days on which a purpose ends, and whose."""
    sql = """SELECT s.id, q.valid_until FROM subjects s JOIN consent_purposes q ON q.consent = s.consent
    WHERE q.valid_until > :now AND q.valid_until < :soon"""
    found = database.catalogue.rows(sql, now=at, soon=later(SOON))
    return {(each["valid_until"][:10], each["id"]) for each in found if each["id"] in people}


def _retention_ending(database: Database, people: set[str], at: str) -> dict[str, int]:
    sql = """SELECT id, retain_until FROM subjects WHERE retain_until > :now AND retain_until < :soon
    ORDER BY retain_until"""
    found = database.catalogue.rows(sql, now=at, soon=later(SOON))
    return dict(Counter(each["retain_until"][:10] for each in found if each["id"] in people))


def _alarms(database: Database, at: str) -> tuple[str, ...]:
    """Return what is due because of the number of people; a part of them would give a false number."""
    reach = database.catalogue.rows(
        """SELECT 1 FROM grants g JOIN role_actions r ON r.role = g.role WHERE g.actor = :actor AND r.action = 'find'
        AND g.project = '*' AND (g.valid_until IS NULL OR g.valid_until > :now)""",
        actor=database.guard.actor,
        now=at,
    )
    return tuple(alarm for _, _, alarm in headcounts(database) if alarm) if reach else ()


def _jobs(database: Database, seen: set[str]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for each in database.catalogue.each("SELECT kind, state, scan FROM jobs ORDER BY kind, state"):
        if each["scan"] in seen:
            states = counts.setdefault(each["kind"], {})
            states[each["state"]] = states.get(each["state"], 0) + 1
    return counts


def _releases(database: Database, seen: set[str]) -> tuple[Published, ...]:
    held: Counter[str] = Counter()
    mine: set[str] = set()
    for each in database.catalogue.each("SELECT release, scan FROM release_scans"):
        held[each["release"]] += 1
        if each["scan"] in seen:
            mine.add(each["release"])
    sql = """SELECT r.id, r.name, r.version, r.state,
    (SELECT COUNT(*) FROM exports e WHERE e.release = r.id AND e.state = 'handed out') AS exports
    FROM releases r ORDER BY r.created_at DESC, r.id"""
    return tuple(
        Published(each["name"], each["version"], each["state"], held[each["id"]], each["exports"])
        for each in database.catalogue.rows(sql)
        if each["id"] in mine
    )
