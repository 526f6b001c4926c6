"""The papers about the database hold its facts and leave judgement blank."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lineament.database.consent.governance import (
    BLANK,
    Facts,
    impact_assessment,
    record_of_processing,
    retention_policy,
)
from lineament.database.consent.purposes import Purpose
from lineament.database.consent.terms import Controller

FACTS = Facts(
    on=date(2026, 11, 21),
    database="faces",
    controller=Controller("lab-1", "Face Laboratory", "1 High Street, Ghent", "faces@lab.example", "BE"),
    people=90_000,
    scans=200_000,
    purposes={Purpose.RESEARCH: 90_000, Purpose.TRAINING: 1_234, Purpose.COMMERCIAL: 0},
    jurisdictions={"PIPL": 85_000, "BIPA": 5_000},
    minors=17,
    data=("meshes of faces", "videos"),
    recipients=("University of Elsewhere",),
    transfers=(("US", "Art. 49(1)(a)"),),
    security=("AES-256-GCM, a key for each person",),
    data_protection_officer="dpo@lab.example",
    representative="none needed",
)

RECORD = """# Record of processing activities: faces

State of 2026-11-21. Written from the database; no legal advice.

## (a) Controller

- Face Laboratory, 1 High Street, Ghent
- Contact: faces@lab.example
- Data lie in BE
- Representative: none needed
- Data protection officer: dpo@lab.example

## (b) Purposes

- Research: 90,000 people
- Training a model: 1,234 people

## (c) People and data

- People who were scanned: 90,000; below 18 at the time: 17
- Scans: 200,000
- meshes of faces
- videos
- The shape of a face is treated as biometric data, a special category (Art. 9)

## (d) Recipients

- University of Elsewhere

## (e) Transfers abroad

- US: Art. 49(1)(a)

## (f) Time limits for erasure

- The last day of each consent, or its withdrawal
- PIPL, 85,000 people: Art. 19: the shortest time that is needed; no number of years
- BIPA, 5,000 people: 3 years after the last interaction; 14/15(a): \
purpose met, or 3 years after the last interaction, whichever is first

## (g) Security

- AES-256-GCM, a key for each person
"""


def test_the_record_of_processing_of_known_facts() -> None:
    assert record_of_processing(FACTS) == RECORD


def test_what_the_database_does_not_know_stays_blank() -> None:
    assert BLANK not in record_of_processing(FACTS)
    bare = replace(FACTS, data_protection_officer="", representative="", security=(), recipients=(), transfers=())
    assert record_of_processing(bare).count(BLANK) == 3
    assert "## (d) Recipients\n\n- None\n" in record_of_processing(bare)


def test_the_public_policy_has_the_years_and_the_ways() -> None:
    text = retention_policy(FACTS)
    for part in ("3 years", "740 ILCS 14/15(c)", "faces@lab.example", "certificate", "Research: 90,000 people"):
        assert part in text


@pytest.mark.parametrize(("count", "alarm"), [(85_000, "85 %"), (100_000, "Due now"), (10, None)])
def test_the_assessment_leaves_judgement_to_people(count: int, alarm: str | None) -> None:
    text = impact_assessment(replace(FACTS, jurisdictions={"PIPL": count}))
    assert text.count(BLANK) >= 10
    assert ("Measures" in text) == (alarm is not None)
    assert alarm is None or alarm in text
