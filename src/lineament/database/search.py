"""How a search goes: along an index that few scans match, or through all scans in order, whichever ends first.

Nobody knows beforehand how many scans match several filters at once. So the search looks a little way along each index
that a filter has. Where one ends soon, that is the way; otherwise scans, or those of an expression, are read in the
order of their names for a while, which fills the page when many match. If neither was enough, both go on, four times as
far. So a search costs a small multiple of the best way, and never reads all scans to learn that there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lineament.database.catalogue import Catalogue

LARGEST = 8000
"""Scans that are asked about at once; SQLite takes up to 32,766 values."""
FIRST = 1024
"""Scans that are read in order before the first look back,"""
DEARER = 4
"""along an index a part of it, for other filters may need the rows."""
FURTHER = 4
KINDS = 200
"""Sets of derived kinds that are looked up one by one; there are a few dozen."""

_WAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("scans_of_session", ("session",)),
    ("scans_of_subject", ("subject",)),
    ("scans_by_expression", ("expression", "age")),
    ("scans_by_age", ("age",)),
    ("scans_by_device", ("device", "origin", "sex")),
    ("scans_by_origin", ("origin", "sex")),
    ("scans_by_sex", ("sex",)),
    ("scans_by_modality", ("modality",)),
    ("scans_by_protocol", ("protocol",)),
    ("scans_by_project", ("project",)),
    ("scans_by_noise", ("max_noise",)),
    ("scans_by_holes", ("max_holes",)),
    ("scans_by_capture", ("captured",)),
    ("scans_by_ingest", ("ingested",)),
)
"""Each index, and the filters that it begins with after the state."""
_CONSENTED = """EXISTS (SELECT 1 FROM consent_purposes x INDEXED BY consents_by_purpose
  CROSS JOIN subjects y INDEXED BY subjects_for_access
  WHERE x.purpose = :consented AND x.subject = c.subject AND (x.valid_until IS NULL OR x.valid_until > :now)
  AND y.id = x.subject AND y.consent = x.consent)"""
"""The filter `consented` of one scan after another: who agreed first, for they lie together; CROSS JOIN keeps that."""
_OF_CONSENTED = """consent_purposes x INDEXED BY consents_by_purpose CROSS JOIN scans c INDEXED BY scans_of_subject
  WHERE x.purpose = :consented AND c.subject = x.subject"""
"""The scans of everybody who ever agreed: scans are what other ways count as well."""
_OF_EXPRESSION = frozenset(("state", "expression", "age", "sex", "origin", "device", "consented"))
"""The filters that `scans_in_order_of_expression` holds."""


@dataclass(frozen=True)
class _Way:
    """An index, what is in the part of it that is to be read, and all filters."""

    index: str
    inside: str
    condition: str

    @staticmethod
    def along(index: str, part: str, condition: str) -> _Way:
        """Return the way along the part of an index."""
        return _Way(index, f"scans c INDEXED BY {index} WHERE {part}", condition)


@dataclass(frozen=True)
class _Order:
    """An index that holds the filters in the order of names, what is gone through, and how dear that is."""

    index: str
    inside: str
    dearer: int


def matching(
    catalogue: Catalogue, parts: Mapping[str, str], values: Mapping[str, Any], after: str, limit: int
) -> Iterator[list[str]]:
    """Yield the names of scans that match, in order, in portions that begin with `limit` and grow.

    Parameters
    ----------
    catalogue : Catalogue
    parts : mapping
        The filters in SQL on `scans c` by their names; all must hold.
    values : mapping
        What they need.
    after : str
        The last name that is not wanted any more.
    limit : int
    """
    one_by_one = " AND ".join({**parts, **({"consented": _CONSENTED} if "consented" in parts else {})}.values())
    if "scan" in parts:
        found = catalogue.rows(f"SELECT c.id FROM scans c WHERE {one_by_one} AND c.id > :after", **values, after=after)
        yield from ([str(each["id"])] for each in found)
        return
    ways, values = _ways(catalogue, parts, values, one_by_one)
    order = _order(parts)
    reach, portion, missing = FIRST, limit, limit
    while True:
        most = reach // DEARER
        sizes = [(_size(catalogue, way, values, most), place) for place, way in enumerate(ways)]
        size, place = min(sizes, default=(most, 0))
        if size < most:
            if size:
                yield from _portions(_names(catalogue, ways[place], values), after, portion)
            return
        until = _end(catalogue, order, values, after, reach)
        within = one_by_one + (" AND c.id <= :until" if until else "")
        while True:
            found = catalogue.rows(
                f"""SELECT c.id FROM scans c INDEXED BY {order.index} WHERE {within} AND c.id > :after
                ORDER BY c.id LIMIT :portion""",
                **values,
                after=after,
                until=until,
                portion=portion,
            )
            missing -= len(found)
            if found:
                yield [str(each["id"]) for each in found]
            if len(found) < portion:
                portion = missing if missing > 0 else portion
                break
            after, portion = str(found[-1]["id"]), min(4 * portion, LARGEST)
        if not until:
            return
        after, reach = until, FURTHER * reach


def _order(parts: Mapping[str, str]) -> _Order:
    """Return along what the scans are read in order: those of an expression alone, where that holds all filters."""
    if "expression" in parts and parts.keys() <= _OF_EXPRESSION:
        index = "scans_in_order_of_expression"
        return _Order(index, f"scans c INDEXED BY {index} WHERE {parts['state']} AND {parts['expression']}", DEARER)
    return _Order("scans_for_search", "scans c WHERE 1 = 1", 1)


def _end(catalogue: Catalogue, order: _Order, values: Mapping[str, Any], after: str, reach: int) -> str:
    """Return the name up to which scans are read in order; empty when that is all of them."""
    end = catalogue.rows(
        f"SELECT c.id FROM {order.inside} AND c.id > :after ORDER BY c.id LIMIT 1 OFFSET :reach",
        **values,
        after=after,
        reach=reach // order.dearer,
    )
    return str(end[0]["id"]) if end else ""


def _ways(
    catalogue: Catalogue, parts: Mapping[str, str], values: Mapping[str, Any], condition: str
) -> tuple[list[_Way], dict[str, Any]]:
    """Return the indexes that the filters may go by, and the values with those that they need."""
    ways = []
    for index, filters in _WAYS:
        begin = ["state"] if index.startswith("scans_by") else []
        for name in filters:
            if name not in parts:
                break
            begin.append(name)
        if begin not in ([], ["state"]):
            ways.append(_Way.along(index, " AND ".join(parts[name] for name in begin), condition))
    if "consented" in parts:
        ways.append(_Way("scans_of_subject", _OF_CONSENTED, " AND ".join(parts.values())))
    more = dict(values)
    kinds = [parts[name] for name in ("has", "lacks") if name in parts]
    sets = _sets_of_kinds(catalogue, kinds, values) if kinds else None
    if sets is not None:
        more |= {f"kinds{place}": each for place, each in enumerate(sets)}
        among = ", ".join(f":kinds{place}" for place in range(len(sets)))
        part = f"c.state = :state AND c.kinds IN ({among or 'NULL'})"
        ways.append(_Way.along("scans_by_kinds", part, f"{part} AND {condition}"))
    return ways, more


def _sets_of_kinds(catalogue: Catalogue, parts: Sequence[str], values: Mapping[str, Any]) -> list[str] | None:
    """Return which sets of derived kinds there are that match; None when there are too many to look at each.

    Each is found from the one before by the index, which is not read through.
    """
    found = catalogue.rows(
        f"""WITH RECURSIVE each_set (kinds, place) AS (
          SELECT MIN(x.kinds), 1 FROM scans x WHERE x.state = :state
          UNION ALL
          SELECT (SELECT MIN(x.kinds) FROM scans x WHERE x.state = :state AND x.kinds > e.kinds), e.place + 1
          FROM each_set e WHERE e.kinds IS NOT NULL AND e.place <= {KINDS})
        SELECT c.kinds, CASE WHEN {" AND ".join(parts)} THEN 1 ELSE 0 END AS fits
        FROM each_set c WHERE c.kinds IS NOT NULL""",
        **values,
    )
    return None if len(found) > KINDS else [str(each["kinds"]) for each in found if each["fits"]]


def _size(catalogue: Catalogue, way: _Way, values: Mapping[str, Any], most: int) -> int:
    """Return how much there is on a way, `most` when there is as much or more."""
    sql = f"SELECT COUNT(*) AS many FROM (SELECT 1 AS one FROM {way.inside} LIMIT :most) e"
    return int(catalogue.rows(sql, **values, most=most)[0]["many"])


def _names(catalogue: Catalogue, way: _Way, values: Mapping[str, Any]) -> list[str]:
    sql = f"SELECT c.id FROM scans c INDEXED BY {way.index} WHERE {way.condition} ORDER BY c.id"
    return [str(each["id"]) for each in catalogue.rows(sql, **values)]


def _portions(names: Sequence[str], after: str, portion: int) -> Iterator[list[str]]:
    left = [name for name in names if name > after]
    while left:
        yield left[:portion]
        left, portion = left[portion:], min(4 * portion, LARGEST)
