"""What the people of a release agree to today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineament.database.catalogue import Row
from lineament.database.consent.duo import combine, implied
from lineament.database.consent.purposes import Purpose
from lineament.database.when import now

if TYPE_CHECKING:
    from lineament.database.database import Database

_PEOPLE = """
SELECT DISTINCT r.subject, {value} FROM release_scans r JOIN subjects s ON s.id = r.subject
JOIN consents n ON n.id = s.consent AND n.withdrawn_at IS NULL {join} WHERE r.release = :release"""


@dataclass(frozen=True)
class Agreed:
    """What a release may be used for.

    Attributes
    ----------
    purposes : tuple of str
        What everyone in it allows today.
    people : mapping of str to int
        How many people allow each purpose today.
    duo : tuple of str
        Codes of the Data Use Ontology: the permission that all share, and every restriction of any.
    """

    purposes: tuple[str, ...]
    people: Mapping[str, int]
    duo: tuple[str, ...]


def agreed(database: Database, release: Row) -> Agreed:
    """Return what the people of a release agree to today.

    Codes that a consent states are narrowed by those that its purposes imply, as `Consent.codes` does, so that one more
    person never widens a release.
    """
    everyone = database.catalogue.rows(
        "SELECT DISTINCT subject FROM release_scans WHERE release = :release", release=release["id"]
    )
    purposes: dict[str, set[Purpose]] = {each["subject"]: set() for each in everyone}
    codes: dict[str, set[str]] = {subject: set() for subject in purposes}
    sql = _PEOPLE.format(value="q.purpose", join="JOIN consent_purposes q ON q.consent = n.id")
    sql += " AND (q.valid_until IS NULL OR q.valid_until > :now)"
    for each in database.catalogue.each(sql, release=release["id"], now=now()):
        purposes[each["subject"]].add(Purpose(each["purpose"]))
    sql = _PEOPLE.format(value="d.duo", join="JOIN consent_duo d ON d.consent = n.id")
    for each in database.catalogue.each(sql, release=release["id"]):
        codes[each["subject"]].add(each["duo"])
    kinds = {(frozenset(purposes[who]), frozenset(codes[who])) for who in purposes}
    sets = [combine([stated, implied(allowed)] if stated else [implied(allowed)]) for allowed, stated in kinds]
    counts = Counter(purpose for allowed in purposes.values() for purpose in allowed)
    return Agreed(
        purposes=tuple(sorted(str(each) for each, many in counts.items() if many == len(purposes))),
        people={str(purpose): counts[purpose] for purpose in Purpose},
        duo=tuple(sorted(combine(sets))),
    )
