"""Every role x consent x purpose x action x object against a second reading of the rules.

    python benchmarks/database/access.py [--every N] [--catalogue postgresql://...]

The decision is SQL (`lineament.database.access`); the second reading here is plain Python, written from the text of the
rules and not from the SQL. The product is taken whole; `--every N` takes each N-th combination. Both kinds of mistakes
are counted: allowed that should not be, refused that should be allowed.

Not covered: who somebody is (whoever may read the folder and the master key has everything), and rules that both
readings have wrong in the same way.
"""

from __future__ import annotations

import argparse
import itertools
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from laboratory import CONTROLLER, agreement

from lineament.database import actors
from lineament.database.access import Request, authorize
from lineament.database.consent.purposes import Purpose
from lineament.database.consent.terms import Consent
from lineament.database.database import ROLES, Database
from lineament.database.people import add_project, enrol, record_consent
from lineament.database.records import SubjectRecord
from lineament.database.when import new_name, now

MAY = {
    "reader": {"find", "read"},
    "analyst": {"find", "read", "derive", "embed", "annotate"},
    "contributor": {"find", "enrol", "consent", "ingest"},
    "curator": {"find", "read", "review", "release", "export", "derive"},
    "officer": {"find", "consent", "identify", "withdraw", "audit", "notify"},
    "auditor": {"audit"},
    "admin": {"manage", "grant", "keep"},
}
ON = {
    "scan": ("find", "read", "derive", "embed", "annotate", "export", "review"),
    "subject": ("ingest", "consent", "identify", "withdraw"),
    "project": ("enrol", "release"),
    "database": ("manage", "grant", "audit", "notify", "keep"),
}
USES = {"read", "derive", "embed", "annotate", "export"}
"""Actions with a purpose, which ask for the project's conditions too."""
GOVERNED = {*USES, "find", "review", "ingest"}
"""Actions that a consent must stand behind."""
PURPOSES = ("", *Purpose, "mining")
COUNTRIES = ("", "FR", "CN", "US")
FOLLOWS = {"embed": "embedding", "export": "sharing"}
YESTERDAY, TOMORROW = date.today() - timedelta(days=2), date.today() + timedelta(days=2)


@dataclass(frozen=True)
class Actor:
    """Somebody, as the second reading sees them."""

    id: str
    role: str
    here: bool | None = True
    """In this project; None for all projects, and then the database too."""
    active: bool = True
    in_time: bool = True
    meets: bool = True
    country: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody in the database, and the names of their scans by state."""

    id: str
    law: str
    consent: Consent | None
    minor: bool = False
    leaving: bool = False
    too_long: bool = False
    scans: dict[str, str] = field(default_factory=dict)


def should(actor: Actor, action: str, kind: str, person: Person, state: str, purpose: str, country: str) -> bool:
    """Say whether an action is right, from the text of the rules."""
    if not (actor.active and actor.in_time and action in MAY.get(actor.role, ())):
        return False
    if kind == "database":
        return actor.here is None
    if actor.here is False:
        return False
    if action in USES and not actor.meets:
        return False
    if kind == "project":
        return True
    if person.leaving and action != "withdraw":
        return False
    if action in GOVERNED and not _consented(person):
        return False
    if action in USES and not _for_this(actor, action, person, purpose, country):
        return False
    return not (kind == "scan" and state != "accepted" and action != "review")


def _consented(person: Person) -> bool:
    consent = person.consent
    if consent is None or person.too_long or consent.withdrawn_at is not None or consent.given_at > datetime.now(UTC):
        return False
    if person.minor and not consent.guardian:
        return False
    if person.law in ("GDPR", "PIPL", "OTHER") and not consent.separate:
        return False
    if person.law == "GDPR" and not consent.art9_condition:
        return False
    return not (person.law == "BIPA" and consent.signed_sha256 is None)


def _for_this(actor: Actor, action: str, person: Person, purpose: str, country: str) -> bool:
    consent = person.consent
    assert consent is not None
    for asked in (purpose, FOLLOWS.get(action)):
        if asked is None:
            continue
        if asked not in [str(each) for each in consent.purposes]:
            return False
        until = consent.purposes[Purpose(asked)]
        if until is not None and until < date.today():
            return False
    if "DUO:0000015" in consent.duo and purpose == "training":
        return False
    if "DUO:0000046" in consent.duo and purpose == "commercial":
        return False
    where = (country if action == "export" else "") or actor.country or CONTROLLER.country
    inside = {"GDPR": where in ("DE", "FR"), "PIPL": where == "CN"}.get(person.law, True)
    return inside or consent.transfer_abroad


def make(folder: Path, catalogue: str = "") -> tuple[Database, list[Actor], list[Person], str]:
    """Return a database with one actor of each kind and one person of each kind, and its project."""
    database = Database.create(folder / "db", "anna", key=str(folder / "key"), catalogue=catalogue)
    project = add_project(database, "faces", CONTROLLER)
    add_project(database, "bodies", CONTROLLER)
    condition = actors.add_condition(database, "faces", "terms", "the terms of use", valid_days=365)
    people = [_person(database, project, place, *kind) for place, kind in enumerate(_kinds_of_people())]
    return database, [_actor(database, condition, *kind) for kind in _kinds_of_actors()], people, project


def _kinds_of_actors() -> Iterator[tuple[str, dict[str, object]]]:
    for role in ROLES:
        yield role, {}
    for role in ("analyst", "curator", "admin", "officer"):
        yield role, {"here": None}  # in all projects
    for role in ("analyst", "curator"):
        yield role, {"here": False}
        yield role, {"active": False}
        yield role, {"in_time": False}
        yield role, {"meets": False}
        yield role, {"country": "CN"}
    yield "", {}


def _actor(database: Database, condition: str, role: str, changes: dict[str, object]) -> Actor:
    name = f"{role} {secrets.token_hex(4)}"
    actor = Actor(actors.add_actor(database, name, str(changes.get("country", ""))), role, **changes)  # type: ignore[arg-type]
    if role:
        where = {True: "faces", False: "bodies", None: "*"}[actor.here]
        actors.grant(database, name, role, where, None if actor.in_time else "2020-01-01")
    actors.approve(database, name, condition)
    if not actor.meets:
        database.catalogue.run("UPDATE fulfilments SET valid_until = '2020' WHERE actor = :id", id=actor.id)
    if not actor.active:
        actors.set_active(database, name, False)
    return actor


def _kinds_of_people() -> Iterator[tuple[str, dict[str, object] | None, dict[str, bool]]]:
    for law in ("GDPR", "PIPL", "BIPA", "OTHER"):
        yield law, None, {}
        yield law, {}, {}
        yield law, {"transfer_abroad": True}, {}
        yield law, {"signed_sha256": "b" * 64}, {}
        yield law, {"separate": False}, {}
        yield law, {}, {"minor": True}
        yield law, {"guardian": True}, {"minor": True}
    yield "GDPR", {"art9_condition": ""}, {}
    for purpose in Purpose:
        yield "GDPR", {"purposes": {purpose: None}}, {}
        yield "GDPR", {"purposes": {purpose: YESTERDAY, Purpose.RESEARCH: TOMORROW}}, {}
    yield "GDPR", {"purposes": {Purpose.RESEARCH: TOMORROW, Purpose.SHARING: None}}, {}
    yield "GDPR", {"purposes": {Purpose.RESEARCH: None, Purpose.EMBEDDING: YESTERDAY}}, {}
    yield "GDPR", {"withdrawn_at": datetime.now(UTC)}, {}
    yield "GDPR", {"given_at": datetime.now(UTC) + timedelta(days=2)}, {}
    yield "GDPR", {"duo": ("DUO:0000042", "DUO:0000015")}, {}
    yield "GDPR", {"duo": ("DUO:0000042", "DUO:0000046")}, {}
    yield "GDPR", {}, {"leaving": True}
    yield "GDPR", {}, {"too_long": True}


def _person(
    database: Database, project: str, place: int, law: str, changes: dict[str, object] | None, states: dict[str, bool]
) -> Person:
    born = date.today().year - 10 if states.get("minor") else None
    name = enrol(database, "faces", SubjectRecord(f"P{place}", birth_year=born), law)
    consent = None
    if changes is not None:
        basis = {"GDPR": "6(1)(a)", "PIPL": "13(1)", "BIPA": "14/15(b)", "OTHER": "consent"}[law]
        usual = {
            "given_at": datetime.now(UTC) - timedelta(days=30),
            "jurisdiction": law,
            "legal_basis": basis,
            "art9_condition": "9(2)(a)" if law == "GDPR" else "",
        }
        consent = agreement(name, **usual | changes)
        record_consent(database, consent)
    if states.get("leaving"):
        database.catalogue.run("UPDATE subjects SET state = 'withdrawing' WHERE id = :id", id=name)
    past = "2020" if states.get("too_long") else None
    database.catalogue.run("UPDATE subjects SET retain_until = :past WHERE id = :id", past=past, id=name)
    session = new_name("ses")
    database.catalogue.run(
        "INSERT INTO sessions (id, subject, label_key) VALUES (:id, :subject, '1')", id=session, subject=name
    )
    scans = {}
    for state in ("accepted", "quarantined", "rejected"):
        scans[state] = new_name("scn")
        database.catalogue.run(
            """INSERT INTO scans (id, project, subject, session, source_key, modality, state, ingested_at, ingested_by,
            sex, origin) VALUES (:id, :project, :subject, :session, :id, 'mesh', :state, :at, 'x', 'female', '')""",
            id=scans[state],
            project=project,
            subject=name,
            session=session,
            state=state,
            at=now(),
        )
    return Person(name, law, consent, scans=scans, **states)


def compare(folder: Path, every: int = 1, catalogue: str = "") -> Counter[str]:
    """Count agreements and both kinds of mistakes; prints the first of each kind."""
    database, people_acting, people, project = make(folder, catalogue)
    found: Counter[str] = Counter()
    for number, case in enumerate(_cases(people_acting, people, project)):
        if number % every:
            continue
        actor, action, kind, person, state, purpose, country, name = case
        right = should(actor, action, kind, person, state, purpose, country)
        decision = authorize(database.catalogue, Request(actor.id, action, name, purpose, country))
        found["combinations"] += 1
        found["allowed"] += decision.allowed
        if decision.allowed != right:
            what = "allowed that should not be" if decision.allowed else "refused that should be allowed"
            if not found[what]:
                print(what, case, decision)
            found[what] += 1
    database.close()
    return found


Case = tuple[Actor, str, str, Person, str, str, str, str]


def _cases(actors_: list[Actor], people: list[Person], project: str) -> Iterator[Case]:
    stranger = Actor("actnobody", "")
    for actor, (kind, actions) in itertools.product([*actors_, stranger], ON.items()):
        for action in [*actions, "steal"]:
            if kind in ("project", "database"):
                for purpose in PURPOSES:
                    yield actor, action, kind, people[0], "", purpose, "", project if kind == "project" else "*"
                continue
            for person, purpose, country in itertools.product(people, PURPOSES, COUNTRIES):
                if kind == "subject":
                    yield actor, action, kind, person, "", purpose, country, person.id
                else:
                    for state, name in person.scans.items():
                        yield actor, action, kind, person, state, purpose, country, name


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--catalogue", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = compare(Path(folder), args.every, args.catalogue)
    for what in ("combinations", "allowed", "allowed that should not be", "refused that should be allowed"):
        print(f"{what:32s} {found[what]:>10,}")
    print("not covered: who somebody is; rules that both readings have wrong in the same way")


if __name__ == "__main__":
    main()
