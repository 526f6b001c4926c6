"""Papers about the whole database, written from plain facts: record of processing, retention policy, impact assessment.

What the database cannot know is left as `BLANK`; a paper that still holds one is not finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from lineament.database.consent.law import JURISDICTIONS, find, headcount_alarm
from lineament.database.consent.purposes import TERMS, Purpose
from lineament.database.consent.terms import Controller

BLANK = "(to be written)"


@dataclass(frozen=True)
class Facts:
    """What the database knows of itself on one day.

    Attributes
    ----------
    on : date
    database : str
        Its name.
    controller : Controller
    people, scans : int
    purposes : mapping of Purpose to int
        People who allow each on that day.
    jurisdictions : mapping of str to int
        Distinct people under each.
    minors : int
        People below 18 when they were scanned.
    data : tuple of str
        Categories that are kept, such as `meshes of faces`.
    recipients : tuple of str
        Organisations that were given copies, from the ledger of exports.
    transfers : tuple of (str, str)
        Country and ground of each transfer abroad.
    security : tuple of str
        Measures that are switched on.
    data_protection_officer, representative : str
        Empty when unknown.
    """

    on: date
    database: str
    controller: Controller
    people: int
    scans: int
    purposes: Mapping[Purpose, int]
    jurisdictions: Mapping[str, int]
    minors: int = 0
    data: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    transfers: tuple[tuple[str, str], ...] = ()
    security: tuple[str, ...] = ()
    data_protection_officer: str = ""
    representative: str = field(default="")


def record_of_processing(facts: Facts) -> str:
    """The record of processing activities in the order of GDPR Art. 30(1), letters (a) to (g), as Markdown."""
    return _page(
        f"Record of processing activities: {facts.database}",
        facts,
        (
            "(a) Controller",
            [
                *_controller(facts.controller),
                f"Representative: {facts.representative or BLANK}",
                f"Data protection officer: {facts.data_protection_officer or BLANK}",
            ],
        ),
        ("(b) Purposes", _purposes(facts)),
        (
            "(c) People and data",
            [
                f"People who were scanned: {facts.people:,}; below 18 at the time: {facts.minors:,}",
                f"Scans: {facts.scans:,}",
                *facts.data,
                "The shape of a face is treated as biometric data, a special category (Art. 9)",
            ],
        ),
        ("(d) Recipients", list(facts.recipients)),
        ("(e) Transfers abroad", [f"{country}: {ground or BLANK}" for country, ground in facts.transfers]),
        ("(f) Time limits for erasure", _limits(facts)),
        ("(g) Security", list(facts.security) or [BLANK]),
    )


def retention_policy(facts: Facts) -> str:
    """The public policy that 740 ILCS 14/15(a) asks for: how long data are kept, and how they are destroyed."""
    years = find("BIPA").retention_years
    return _page(
        f"Retention and destruction of biometric data: {facts.database}",
        facts,
        ("Who", _controller(facts.controller)),
        (
            "What is kept",
            [*facts.data, "The geometry of a face in a scan, and what is computed from it, are biometric identifiers"],
        ),
        ("Why", _purposes(facts)),
        (
            "How long",
            [
                "Until the purposes that you agreed to are met: " + BLANK,
                f"At the latest {years} years after your last contact with us, where the law of Illinois applies",
                "Until the last day that your consent names, or until you withdraw it, if that is earlier",
            ],
        ),
        (
            "How data are destroyed",
            [
                "Each person's files are encrypted with a key of their own; the key and the files are destroyed",
                "Everything that was computed from them is destroyed: landmarks, fits, pictures, features, indexes",
                "Releases that held them are built anew, and everybody who was given a copy is asked to destroy it",
                "You are given a certificate",
            ],
        ),
        ("What we never do", ["Sell, lease or trade biometric data (740 ILCS 14/15(c))"]),
        ("How to ask", [f"Write to or call {facts.controller.contact} and quote the number of your receipt"]),
    )


def impact_assessment(facts: Facts) -> str:
    """The skeleton of a data protection impact assessment in the order of GDPR Art. 35(7); judgement is left blank."""
    alarms = [headcount_alarm(name, count) for name, count in facts.jurisdictions.items()]
    risks = (
        (
            "A scan identifies the person even without a name",
            "pseudonyms of each release, terms of use, no public scans",
        ),
        ("Somebody reads what is not meant for them", "encryption, roles, a reason for every access, an audit log"),
        ("Data are used for what the person did not allow", "purposes are checked at every reading and every export"),
        ("A withdrawal leaves bytes behind", "a key for each person, rebuilt releases, letters, a certificate"),
        ("Results hold for some groups of people only", "balance report of every release"),
        ("Children are scanned without a guardian", f"age is checked against the law; below 18 now: {facts.minors:,}"),
    )
    return _page(
        f"Data protection impact assessment: {facts.database}",
        facts,
        (
            "1. Why an assessment",
            [
                f"Special categories of data of {facts.people:,} people: large scale (Art. 35(3)(b))? {BLANK}",
                *(alarm for alarm in alarms if alarm),
            ],
        ),
        ("2. What is done (Art. 35(7)(a))", [*_purposes(facts), *facts.data, f"Flow of the data in words: {BLANK}"]),
        (
            "3. Necessity and proportion (Art. 35(7)(b))",
            [f"Why less data would not do: {BLANK}", f"Why consent is free: {BLANK}", *_limits(facts)],
        ),
        (
            "4. Risks and measures (Art. 35(7)(c) and (d))",
            [f"{risk}. Measure: {measure}. Likelihood, severity, what remains: {BLANK}" for risk, measure in risks],
        ),
        ("5. Security", list(facts.security) or [BLANK]),
        (
            "6. Voices and decision",
            [
                f"Views of the people concerned (Art. 35(9)): {BLANK}",
                f"Advice of the data protection officer (Art. 35(2)): {BLANK}",
                f"Prior consultation of the authority (Art. 36): {BLANK}",
                f"Decision, name and date: {BLANK}",
            ],
        ),
    )


def _page(title: str, facts: Facts, *sections: tuple[str, list[str]]) -> str:
    lines = [f"# {title}", "", f"State of {facts.on}. Written from the database; no legal advice."]
    for heading, items in sections:
        lines += ["", f"## {heading}", "", *(f"- {item}" for item in items or ["None"])]
    return "\n".join(lines) + "\n"


def _controller(controller: Controller) -> list[str]:
    return [
        f"{controller.name}, {controller.address}",
        f"Contact: {controller.contact}",
        f"Data lie in {controller.country}",
    ]


def _purposes(facts: Facts) -> list[str]:
    return [f"{TERMS[purpose].label}: {count:,} people" for purpose, count in facts.purposes.items() if count]


def _limits(facts: Facts) -> list[str]:
    """How long, by the laws under which there are people."""
    names = [name for name in JURISDICTIONS if facts.jurisdictions.get(name)]
    rows = [(find(name), facts.jurisdictions[name]) for name in names]
    return [
        "The last day of each consent, or its withdrawal",
        *(
            f"{row.name}, {count:,} people: "
            + (f"{row.retention_years} years after the last interaction; " if row.retention_years else "")
            + row.retention_source
            for row, count in rows
        ),
    ]
