"""The table of law, and what a consent lacks under each."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.database.consent.law import (
    ADULT,
    EEA,
    JURISDICTIONS,
    demands,
    guardian_needed,
    headcount_alarm,
    retention_end,
    transfer,
)
from lineament.database.consent.purposes import Purpose
from lineament.database.consent.terms import Consent, Controller
from lineament.errors import InputError

LAB = Controller("lab-1", "Face Laboratory", "1 High Street, Ghent", "faces@lab.example", "BE")
GDPR = Consent(
    subject="S1",
    id="7Q4K2M9X",
    given_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
    purposes={Purpose.RESEARCH: None},
    text_sha256="a" * 64,
    text_version="2",
    language="en",
    controller=LAB,
    jurisdiction="GDPR",
    legal_basis="6(1)(a)",
    art9_condition="9(2)(a)",
    separate=True,
)
PIPL = replace(
    GDPR,
    jurisdiction="PIPL",
    legal_basis="13(1)",
    art9_condition="",
    controller=replace(LAB, country="CN"),
    language="zh-Hans",
)
BIPA = replace(
    GDPR, jurisdiction="BIPA", legal_basis="14/15(b)", art9_condition="", separate=False, signed_sha256="b" * 64
)
OTHER = replace(GDPR, jurisdiction="OTHER", legal_basis="consent", art9_condition="")
FULL = [GDPR, PIPL, BIPA, OTHER]


@pytest.mark.parametrize("consent", FULL, ids=lambda consent: consent.jurisdiction)
def test_a_full_consent_of_an_adult_lacks_nothing_and_of_a_child_a_guardian(consent: Consent) -> None:
    name = consent.jurisdiction
    assert demands(name, consent, 30) == ()
    below = JURISDICTIONS[name].guardian_below
    assert demands(name, consent, below) == ()
    assert len(demands(name, consent, below - 0.01)) == 1
    assert demands(name, replace(consent, guardian=True), 3) == ()
    assert len(demands(name, consent, None)) == 1
    assert demands(name, replace(consent, guardian=True), None) == ()


@pytest.mark.parametrize(
    ("consent", "change", "word"),
    [
        (GDPR, {"legal_basis": "because"}, "legal basis"),
        (GDPR, {"art9_condition": ""}, "condition"),
        (GDPR, {"separate": False}, "separately"),
        (GDPR, {"controller": replace(LAB, country="US")}, "transfer to US"),
        (PIPL, {"separate": False}, "separately"),
        (PIPL, {"controller": LAB}, "transfer to BE"),
        (BIPA, {"signed_sha256": None}, "signed release"),
        (OTHER, {"separate": False}, "separately"),
    ],
)
def test_each_lack_is_named_with_its_source(consent: Consent, change: dict[str, object], word: str) -> None:
    (lack,) = demands(consent.jurisdiction, replace(consent, **change), 30)
    assert word in lack
    assert lack.endswith(")")


@pytest.mark.parametrize("country", ["DE", "IS", "CN", "US", "cn", "de", "HK"])
@pytest.mark.parametrize("consent", FULL, ids=lambda consent: consent.jurisdiction)
def test_data_leave_the_area_with_consent_alone(consent: Consent, country: str) -> None:
    area = {"GDPR": EEA, "PIPL": ("CN",)}.get(consent.jurisdiction)
    free = area is None or country.upper() in area
    assert (transfer(consent.jurisdiction, consent, country) is None) == free
    assert transfer(consent.jurisdiction, replace(consent, transfer_abroad=True), country) is None


def test_every_value_has_a_source_and_the_rows_are_plain_data() -> None:
    for row in JURISDICTIONS.values():
        names = [item.name for item in fields(row)]
        assert all(getattr(row, name) for name in names if name.endswith("_source"))
        assert all(isinstance(getattr(row, name), str | int | tuple | None) for name in names)
    assert len(EEA) == len(set(EEA)) == 30


@pytest.mark.parametrize(("name", "age"), [("GDPR", 16), ("PIPL", 14), ("BIPA", 18), ("OTHER", 18)])
def test_the_ages_of_the_laws(name: str, age: int) -> None:
    assert not guardian_needed(name, age)
    assert guardian_needed(name, age - 0.001)
    assert guardian_needed(name, 0)
    for wrong in (-1, 150, float("nan")):
        with pytest.raises(InputError):
            guardian_needed(name, wrong)


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)))
def test_illinois_keeps_three_years_and_no_day_more(day: date) -> None:
    end = retention_end("BIPA", day)
    assert end is not None
    assert end.year == day.year + 3
    assert timedelta(days=1094) <= end - day <= timedelta(days=1096)
    assert (end.month, end.day) == (day.month, min(day.day, 28) if (day.month, day.day) == (2, 29) else day.day)
    assert retention_end("GDPR", day) is None


@given(st.integers(0, 300_000) | st.sampled_from([79_999, 80_000, 99_999, 100_000]))
def test_the_alarm_of_the_chinese_measures(count: int) -> None:
    alarm = headcount_alarm("PIPL", count)
    assert (alarm is None) == (count < 80_000)
    assert alarm is None or "30 working days" in alarm
    assert alarm is None or ("Due now" in alarm) == (count >= 100_000)
    assert headcount_alarm("GDPR", count) is None


def test_a_consent_under_one_law_is_measured_by_another() -> None:
    lacks = " ".join(demands("PIPL", BIPA, 12))
    assert all(word in lacks for word in ("legal basis", "separately", "guardian", "transfer to BE"))


def test_an_unknown_law_is_refused() -> None:
    with pytest.raises(InputError, match="GDPR, PIPL, BIPA, OTHER"):
        guardian_needed("MARS", 30)


def test_a_law_with_older_minors_than_decisions_look_for_is_refused() -> None:
    with pytest.raises(InputError, match="minors of 18 and more"):
        replace(JURISDICTIONS["GDPR"], guardian_below=ADULT + 1)
