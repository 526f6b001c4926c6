"""What somebody who looks around wants beside `find`: people with the state of their consent, and what to filter by.

All of it passes the rules that `find` passes: people are those whose scans the actor may find, or whose consents they
record; a value to filter by is told when a scan has it that the actor may find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lineament.database.access import SCANS, SUBJECTS, allowed_scans, allowed_subjects
from lineament.database.find import PAGE, Where, conditions, project_named
from lineament.database.when import now
from lineament.errors import InputError

if TYPE_CHECKING:
    from lineament.database.database import Database

LARGEST = 2000
"""People that are asked about at once."""
STATES = ("in force", "ended", "none", "kept too long", "withdrawing")
"""Of a consent; of somebody who may not be kept any longer; of somebody who is leaving."""
_STATE = """CASE WHEN s.state <> 'active' THEN 'withdrawing' WHEN n.id IS NULL THEN 'none'
  WHEN n.withdrawn_at IS NOT NULL OR n.given_at > :now OR NOT EXISTS (SELECT 1 FROM consent_purposes q
    WHERE q.consent = n.id AND (q.valid_until IS NULL OR q.valid_until > :now)) THEN 'ended'
  WHEN s.retain_until <= :now THEN 'kept too long' ELSE 'in force' END"""


@dataclass(frozen=True)
class Person:
    """A person whom the actor may know of; not who they are.

    Attributes
    ----------
    info : mapping
        id, project, sex, origin, jurisdiction, consent (one of `STATES`), given_at, scans. To those who record consents
        also birth_year, retain_until, withdrawn_at; `scans` are then all, otherwise those that the actor may find.
    purposes : mapping of str to (str or None)
        What they agree to today, up to when.
    whole : bool
        Whether the actor records consents of this person.
    """

    info: Mapping[str, Any]
    purposes: Mapping[str, str | None]
    whole: bool


@dataclass(frozen=True)
class Facets:
    """What scans can be filtered by.

    Attributes
    ----------
    values : mapping of str to tuple of str
        For project, sex, origin, modality, expression, device and protocol those that a scan has which the actor may
        find.
    age : (float, float) or None, years
        Of the youngest and the oldest at their capture.
    """

    values: Mapping[str, tuple[str, ...]]
    age: tuple[float, float] | None


def people(
    database: Database,
    *,
    project: str | None = None,
    sex: str | None = None,
    origin: str | None = None,
    consent: str | None = None,
    subject: str | None = None,
    after: str = "",
    limit: int = PAGE,
) -> list[Person]:
    """Return people, in the order of their random names.

    Parameters
    ----------
    database : Database
    project, sex, origin, subject : str, optional
    consent : str, optional
        One of `STATES`.
    after : str
        The last one of the page before.
    limit : int

    Raises
    ------
    InputError
        There is no such project, or no such state.
    StoreError
    """
    if consent is not None and consent not in STATES:
        raise InputError(f"a consent is never {consent!r}; it is {', '.join(STATES)}")
    values = {"sex": sex, "origin": origin, "consent": consent, "subject": subject}
    values["project"] = None if project is None else project_named(database, project)
    said = {name: value for name, value in values.items() if value is not None}
    found: list[Person] = []
    for names in _matching(database, said, after, limit):
        found += _known(database, names)
        if len(found) >= limit:
            break
    database.log.append(
        database.guard.actor, "find", "", people=True, where=said, durable=False, found=len(found[:limit])
    )
    return found[:limit]


def count_up_to(database: Database, where: Where | Mapping[str, Any] | None, most: int) -> int:
    """Return how many scans match, as `find.count` does, but no further than `most`, which is soon told."""
    chosen = Where.of(where)
    action = "find" if chosen.state == "accepted" else "review"
    condition, values = conditions(database, chosen)
    sql = f"""SELECT COUNT(*) AS many FROM (
      SELECT 1 AS one FROM {SCANS} WHERE {condition} AND {allowed_scans()} LIMIT :most) x"""
    many = int(database.catalogue.rows(sql, **values, **_asking(database, action), most=most)[0]["many"])
    database.log.append(database.guard.actor, action, "", where=chosen.told(), durable=False, found=many)
    return many


def purposes_today(database: Database, subjects: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """Return what people agree to today, up to when; whoever asks must know of them already."""
    among, known = _among(subjects)
    sql = f"""SELECT s.id, q.purpose, q.valid_until FROM subjects s JOIN consents n ON n.id = s.consent
    JOIN consent_purposes q ON q.consent = n.id WHERE s.id IN ({among}) AND n.withdrawn_at IS NULL
    AND n.given_at <= :now AND (q.valid_until IS NULL OR q.valid_until > :now) ORDER BY q.purpose"""
    agreed: dict[str, dict[str, str | None]] = {subject: {} for subject in subjects}
    for each in database.catalogue.rows(sql, **known, now=now()) if subjects else []:
        agreed[each["id"]][each["purpose"]] = each["valid_until"]
    return agreed


def kinds_of(database: Database, scans: Sequence[str]) -> dict[str, list[str]]:
    """Return which kinds of derived data scans have; whoever asks must know of them already."""
    among, known = _among(scans)
    sql = f"SELECT id, kinds FROM scans WHERE id IN ({among})"
    return {each["id"]: each["kinds"].split() for each in database.catalogue.rows(sql, **known)} if scans else {}


def facets(database: Database) -> Facets:
    """Return what the scans that the actor may find can be filtered by."""
    asking = _asking(database, "find")

    def there(column: str, value: str | float) -> bool:
        sql = f"SELECT 1 FROM {SCANS} WHERE c.state = 'accepted' AND {column} = :value AND {allowed_scans()} LIMIT 1"
        return bool(database.catalogue.rows(sql, **asking, value=value))

    values: dict[str, tuple[str, ...]] = {}
    for name in ("sex", "origin", "modality", "expression"):
        values[name] = tuple(value for value in _distinct(database, name) if there(f"c.{name}", value))
    for name in ("device", "protocol", "project"):
        known = database.catalogue.rows(f"SELECT id, name FROM {name}s ORDER BY name")
        values[name] = tuple(each["name"] for each in known if there(f"c.{name}", each["id"]))
    ends = [_end(database, there, sign) for sign in (">", "<")]
    age = None if ends[0] is None or ends[1] is None else (ends[0], ends[1])
    database.log.append(database.guard.actor, "find", "", facets=True, durable=False)
    return Facets(values, age)


def _distinct(database: Database, column: str) -> Iterator[str]:
    """Yield the values of a column, from one to the next in its index: many scans have few values."""
    value = ""
    while True:
        sql = f"SELECT MIN({column}) AS next FROM scans WHERE state = 'accepted' AND {column} > :value"
        (found,) = database.catalogue.rows(sql, value=value)
        if found["next"] is None:
            return
        value = str(found["next"])
        yield value


def _end(database: Database, there: Callable[[str, float], bool], sign: str) -> float | None:
    """Return the least age at which there is a scan, or the greatest, from one to the next in its index."""
    best = "MIN" if sign == ">" else "MAX"
    value = -1.0 if sign == ">" else 1e9
    while True:
        (found,) = database.catalogue.rows(
            f"SELECT {best}(age) AS next FROM scans WHERE state = 'accepted' AND age {sign} :value", value=value
        )
        if found["next"] is None:
            return None
        value = float(found["next"])
        if there("c.age", value):
            return value


def _matching(database: Database, said: Mapping[str, Any], after: str, limit: int) -> Iterator[list[str]]:
    """Yield the names of people that match, in order, by ever larger portions."""
    conditions = {
        "sex": "s.sex = :sex",
        "origin": "s.origin = :origin",
        "project": "s.project = :project",
        "subject": "s.id = :subject",
        "consent": f"{_STATE} = :consent",
    }
    condition = " AND ".join(["s.id > :after", *(conditions[name] for name in said)])
    sql = f"""SELECT s.id FROM subjects s LEFT JOIN consents n ON n.id = s.consent WHERE {condition}
    ORDER BY s.id LIMIT :portion"""
    portion = limit
    while True:
        names = [each["id"] for each in database.catalogue.rows(sql, **said, now=now(), after=after, portion=portion)]
        if names:
            yield names
        if len(names) < portion:
            return
        after, portion = names[-1], min(4 * portion, LARGEST)


def _known(database: Database, names: Sequence[str]) -> list[Person]:
    """Return those of the people whom the actor may know of."""
    whole = _recorded(database, names)
    partly = _findable(database, [name for name in names if name not in whole])
    seen = [name for name in names if name in whole or name in partly]
    if not seen:
        return []
    among, known = _among(seen)
    sql = f"""SELECT s.id, p.name AS project, s.sex, s.origin, s.birth_year, s.jurisdiction, s.retain_until,
    {_STATE} AS consent, n.given_at, n.withdrawn_at,
    (SELECT COUNT(*) FROM scans c WHERE c.subject = s.id) AS scans
    FROM subjects s JOIN projects p ON p.id = s.project LEFT JOIN consents n ON n.id = s.consent
    WHERE s.id IN ({among}) ORDER BY s.id"""
    agreed = purposes_today(database, seen)
    found = []
    for each in database.catalogue.rows(sql, **known, now=now()):
        info = dict(each)
        if each["id"] not in whole:
            info |= {"birth_year": None, "retain_until": None, "withdrawn_at": None, "scans": partly[each["id"]]}
        found.append(Person(info, agreed[each["id"]], each["id"] in whole))
    return found


def _recorded(database: Database, names: Sequence[str]) -> set[str]:
    """Return those of the people whose consents the actor records."""
    among, known = _among(names)
    sql = f"SELECT s.id FROM {SUBJECTS} WHERE s.id IN ({among}) AND {allowed_subjects()}"
    return {each["id"] for each in database.catalogue.rows(sql, **known, **_asking(database, "consent"))}


def _findable(database: Database, names: Sequence[str]) -> dict[str, int]:
    """Return how many scans the actor may find of those of the people of whom they may find any."""
    among, known = _among(names)
    sql = f"""SELECT c.subject, COUNT(*) AS many FROM {SCANS} WHERE c.subject IN ({among}) AND {allowed_scans()}
    GROUP BY c.subject"""
    found = database.catalogue.rows(sql, **known, **_asking(database, "find")) if names else []
    return {each["subject"]: each["many"] for each in found}


def _among(names: Sequence[str]) -> tuple[str, dict[str, str]]:
    known = {f"n{place}": name for place, name in enumerate(names)}
    return ", ".join(f":{place}" for place in known), known


def _asking(database: Database, action: str) -> dict[str, str]:
    return {"actor": database.guard.actor, "action": action, "purpose": "", "country": "", "now": now()}
