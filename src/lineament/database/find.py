"""Which scans are there? Filters that the catalogue's indexes answer, on what the actor may know of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from lineament.database.access import SCANS, allowed_scans
from lineament.database.catalogue import Row, row
from lineament.database.search import matching
from lineament.database.when import moment_of, now, stamp
from lineament.errors import InputError

if TYPE_CHECKING:
    from lineament.database.database import Database

PAGE = 500
COLUMNS = """c.id, c.project, c.subject, c.session, c.modality, c.expression, c.repeat, c.age, c.state,
  COALESCE((SELECT z.state_reason FROM scans z INDEXED BY scans_with_reason
    WHERE z.id = c.id AND z.state_reason <> ''), '') AS state_reason,
  c.unit, c.points, c.triangles, c.holes, c.noise_mm, c.frames, c.fps, c.captured_at, c.ingested_at, s.sex, s.origin,
  (SELECT v.name FROM devices v WHERE v.id = c.device) AS device,
  (SELECT o.name FROM protocols o WHERE o.id = c.protocol) AS protocol"""
_BY_NAME = SCANS.replace("scans c", "scans c INDEXED BY scans_for_search", 1)


@dataclass(frozen=True)
class Where:
    """What scans must be like; all that is given must hold.

    Attributes
    ----------
    project, subject, session, scan : str or None
        Names as the database gives them; of a project its own name does as well.
    sex, origin, modality, expression, protocol, device : str or None
    age : (float, float) or None, years
        At the capture: from, below.
    has, lacks : str or None
        A kind of derived data, such as `landmarks`.
    max_holes : float or None
        Share of edges on the rim of holes, 0 to 1.
    max_noise : float or None, mm
    consented : str or None
        A purpose that the person agrees to today.
    captured, ingested : (str, str) or None
        Dates, ISO 8601: from, before; either may be empty.
    state : str
        `accepted`, or `quarantined` or `rejected` for those who review.
    """

    project: str | None = None
    subject: str | None = None
    session: str | None = None
    scan: str | None = None
    sex: str | None = None
    origin: str | None = None
    modality: str | None = None
    expression: str | None = None
    protocol: str | None = None
    device: str | None = None
    age: tuple[float, float] | None = None
    has: str | None = None
    lacks: str | None = None
    max_holes: float | None = None
    max_noise: float | None = None
    consented: str | None = None
    captured: tuple[str, str] | None = None
    ingested: tuple[str, str] | None = None
    state: str = "accepted"

    @staticmethod
    def of(given: Where | Mapping[str, Any] | None) -> Where:
        """Return filters that may be given as a mapping.

        Raises
        ------
        InputError
            One is unknown.
        """
        if isinstance(given, Where):
            return given
        known = [field.name for field in fields(Where)]
        strange = sorted(set(given or {}) - set(known))
        if strange:
            raise InputError(f"there is no filter {strange[0]!r}; there are {', '.join(known)}")
        return Where(**(given or {}))

    def told(self) -> dict[str, Any]:
        """Return what is given, for the audit log and for releases."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}


_SIMPLE = {
    "subject": "c.subject = :subject",
    "session": "c.session = :session",
    "scan": "c.id = :scan",
    "sex": "c.sex = :sex",
    "origin": "c.origin = :origin",
    "modality": "c.modality = :modality",
    "expression": "c.expression = :expression",
    "protocol": "c.protocol = (SELECT x.id FROM protocols x WHERE x.name = :protocol)",
    "device": "c.device = (SELECT x.id FROM devices x WHERE x.name = :device)",
    "max_holes": "c.holes <= :max_holes",
    "max_noise": "c.noise_mm <= :max_noise",
    "has": "c.kinds LIKE '% ' || :has || ' %'",
    "lacks": "c.kinds NOT LIKE '% ' || :lacks || ' %'",
    "consented": """c.subject IN (SELECT y.id FROM consent_purposes x JOIN consents m ON m.id = x.consent
      JOIN subjects y ON y.id = m.subject AND y.consent = m.id
      WHERE x.purpose = :consented AND (x.valid_until IS NULL OR x.valid_until > :now))""",
}


def find(
    database: Database, where: Where | Mapping[str, Any] | None = None, *, after: str = "", limit: int = PAGE
) -> list[Row]:
    """Return what is known about the scans that match, in the order of their names.

    Parameters
    ----------
    database : Database
    where : Where or mapping, optional
    after : str
        The last scan of the page before.
    limit : int

    Raises
    ------
    InputError
        A filter is unknown, or names a project that is not there.
    StoreError
    """
    chosen = Where.of(where)
    action = "find" if chosen.state == "accepted" else "review"
    parts, values = _parts(database, chosen)
    found: list[Row] = []
    with database.catalogue.reading():  # of one moment, and what was read is not read again because others write
        for names in matching(database.catalogue, parts, {**values, "now": now()}, after, limit):
            found += _allowed(database, action, chosen.state, names)
            if len(found) >= limit:
                break
    found = found[:limit]
    database.log.append(database.guard.actor, action, "", where=chosen.told(), durable=False, found=len(found))
    return found


def _allowed(database: Database, action: str, state: str, names: Sequence[str]) -> list[Row]:
    """Return what is known about those of the scans that the actor may know of."""
    asking = {"actor": database.guard.actor, "action": action, "purpose": "", "country": "", "now": now()}
    known = {f"n{place}": name for place, name in enumerate(names)}
    among = ", ".join(f":{place}" for place in known)
    sql = f"""SELECT {COLUMNS} FROM {_BY_NAME} WHERE c.state = :state AND c.id IN ({among}) AND {allowed_scans()}
    ORDER BY c.id"""
    return database.catalogue.rows(sql, **known, **asking, state=state)


def find_all(database: Database, where: Where | Mapping[str, Any] | None = None) -> Iterator[Row]:
    """Yield all that match, a page at a time."""
    after = ""
    while page := find(database, where, after=after):
        yield from page
        after = page[-1]["id"]


def count(database: Database, where: Where | Mapping[str, Any] | None = None) -> int:
    """Return how many scans match."""
    chosen = Where.of(where)
    action = "find" if chosen.state == "accepted" else "review"
    condition, values = conditions(database, chosen)
    asking = {"actor": database.guard.actor, "action": action, "purpose": "", "country": "", "now": now()}
    sql = f"SELECT COUNT(*) AS many FROM {SCANS} WHERE {condition} AND {allowed_scans()}"
    many = int(database.catalogue.rows(sql, **values, **asking)[0]["many"])
    database.log.append(database.guard.actor, action, "", where=chosen.told(), durable=False, found=many)
    return many


def conditions(database: Database, where: Where) -> tuple[str, dict[str, Any]]:
    """Return the filters in SQL on `scans c`, and their values; they need `:now` besides."""
    parts, values = _parts(database, where)
    return " AND ".join(parts.values()), values


def _parts(database: Database, where: Where) -> tuple[dict[str, str], dict[str, Any]]:
    """Return each filter in SQL by its name, and their values."""
    values: dict[str, Any] = {name: getattr(where, name) for name in _SIMPLE if getattr(where, name) is not None}
    parts = {"state": "c.state = :state", **{name: _SIMPLE[name] for name in values}}
    values["state"] = where.state
    if where.project is not None:
        parts["project"] = "c.project = :project"
        values["project"] = project_named(database, where.project)
    if where.age is not None:
        parts["age"] = "c.age >= :age_from AND c.age < :age_below"
        values |= {"age_from": float(where.age[0]), "age_below": float(where.age[1])}
    for name, column in (("captured", "c.captured_at"), ("ingested", "c.ingested_at")):
        ends = []
        for text, sign, end in zip(getattr(where, name) or (), (">=", "<"), ("from", "before"), strict=False):
            if text:
                ends.append(f"{column} {sign} :{name}_{end}")
                values[f"{name}_{end}"] = stamp(moment_of(text))
        if ends:
            parts[name] = " AND ".join(ends)
    return parts, values


def project_named(database: Database, name: str) -> str:
    """Return the project of a name.

    Raises
    ------
    InputError
        There is none.
    """
    found = row(database.catalogue, "SELECT id FROM projects WHERE name = :name OR id = :name", name=name)
    if found is None:
        names = [each["name"] for each in database.catalogue.rows("SELECT name FROM projects ORDER BY name")]
        raise InputError(f"there is no project {name!r}; there are: {', '.join(names) or 'none'}")
    return str(found["id"])
