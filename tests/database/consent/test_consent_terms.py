"""What a consent permits, day by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.database.consent import duo
from lineament.database.consent.purposes import DPV, TERMS, Purpose
from lineament.database.consent.terms import Consent, Controller, check_pseudonym
from lineament.errors import InputError

LAB = Controller("lab-1", "Face Laboratory", "1 High Street, Ghent", "faces@lab.example", "BE")
GIVEN = datetime(2026, 3, 1, 9, tzinfo=UTC)
CONSENT = Consent(
    subject="S1",
    id="7Q4K2M9X",
    given_at=GIVEN,
    purposes={Purpose.TRAINING: date(2027, 3, 1), Purpose.RESEARCH: None},
    text_sha256="a" * 64,
    text_version="2",
    language="en",
    controller=LAB,
    jurisdiction="GDPR",
    legal_basis="6(1)(a)",
)
WITHDRAWN = replace(CONSENT, withdrawn_at=datetime(2026, 9, 1, 23, 59, tzinfo=UTC))


@pytest.mark.parametrize(
    ("consent", "purpose", "on", "reason"),
    [
        (CONSENT, Purpose.RESEARCH, date(2026, 2, 28), "given on 2026-03-01"),
        (CONSENT, Purpose.RESEARCH, date(2026, 3, 1), None),
        (CONSENT, Purpose.RESEARCH, date(2099, 1, 1), None),
        (CONSENT, Purpose.TRAINING, date(2027, 3, 1), None),
        (CONSENT, Purpose.TRAINING, date(2027, 3, 2), "until 2027-03-01"),
        (CONSENT, Purpose.EMBEDDING, date(2026, 4, 1), "does not grant"),
        (WITHDRAWN, Purpose.RESEARCH, date(2026, 8, 31), None),
        (WITHDRAWN, Purpose.RESEARCH, date(2026, 9, 1), "withdrawn on 2026-09-01"),
        (WITHDRAWN, Purpose.RESEARCH, date(2026, 9, 2), "withdrawn"),
    ],
)
def test_days_and_reasons(consent: Consent, purpose: Purpose, on: date, reason: str | None) -> None:
    found = consent.permits(purpose, on)
    assert (found is None) == (reason is None)
    assert reason is None or (found is not None and reason in found)


@given(
    granted=st.dictionaries(
        st.sampled_from(list(Purpose)), st.none() | st.dates(date(2026, 3, 1), date(2028, 1, 1)), min_size=1
    ),
    withdrawn=st.none() | st.datetimes(datetime(2026, 3, 2), datetime(2028, 1, 1), timezones=st.just(UTC)),
    on=st.dates(date(2026, 1, 1), date(2028, 6, 1)),
    purpose=st.sampled_from(list(Purpose)),
)
def test_permitted_means_granted_given_not_over_and_not_withdrawn(
    granted: dict[Purpose, date | None], withdrawn: datetime | None, on: date, purpose: Purpose
) -> None:
    consent = replace(CONSENT, purposes=granted, withdrawn_at=withdrawn)
    fine = purpose in granted and on >= GIVEN.date() and on <= (granted[purpose] or date.max)
    assert (consent.permits(purpose, on) is None) == (fine and (withdrawn is None or on < withdrawn.date()))


def test_codes_follow_the_purposes_and_never_exceed_the_text() -> None:
    training = duo.Request(date(2026, 4, 1), methods=True)
    assert duo.allows(CONSENT.codes(date(2026, 4, 1)), training) is None
    assert duo.allows(CONSENT.codes(date(2027, 4, 1)), training) is not None
    stated = replace(CONSENT, duo=("hmb", "GS=be"))
    assert stated.duo == ("DUO:0000006", "DUO:0000022=BE")
    assert duo.allows(stated.codes(date(2026, 4, 1)), training) is not None
    assert set(stated.duo) < stated.codes(date(2026, 4, 1))
    assert duo.combine([WITHDRAWN.codes(date(2027, 1, 1)), {"NRES"}]).isdisjoint({"DUO:0000042", "DUO:0000004"})


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Anna Müller"},
        {"subject": ""},
        {"id": "ILOU"},
        {"id": "abcd"},
        {"given_at": datetime(2026, 3, 1)},
        {"given_at": datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=1)))},
        {"purposes": {}},
        {"purposes": {"fun": None}},
        {"purposes": {Purpose.RESEARCH: date(2025, 1, 1)}},
        {"purposes": {Purpose.RESEARCH: datetime(2027, 1, 1, tzinfo=UTC)}},
        {"purposes": {Purpose.RESEARCH: "2027-01-01"}},
        {"text_sha256": "A" * 64},
        {"language": "English!"},
        {"jurisdiction": "MARS"},
        {"legal_basis": ""},
        {"method": "telepathy"},
        {"method": "web form", "signed_sha256": "a" * 64},
        {"duo": ("nonsense",)},
        {"separate": "false"},
        {"withdrawn_at": datetime(2026, 2, 1, tzinfo=UTC)},
        {"text_version": "1\n2"},
    ],
    ids=str,
)
def test_what_no_consent_holds_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        replace(CONSENT, **change)


@pytest.mark.parametrize("change", [{"country": "Belgium"}, {"name": " "}, {"contact": "a\nb"}])
def test_what_no_controller_holds_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(InputError):
        replace(LAB, **change)


def test_what_a_consent_may_hold() -> None:
    assert replace(CONSENT, signed_sha256="b" * 64).signed_sha256 == "b" * 64
    assert replace(CONSENT, withdrawn_at=GIVEN).permits(Purpose.RESEARCH, GIVEN.date()) is not None
    assert replace(CONSENT, purposes={Purpose.RESEARCH: GIVEN.date()}).permits(Purpose.RESEARCH, GIVEN.date()) is None


def test_the_purposes_of_a_consent_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CONSENT.purposes[Purpose.COMMERCIAL] = None  # type: ignore[index]
    assert list(CONSENT.purposes) == [Purpose.RESEARCH, Purpose.TRAINING]


def test_no_purpose_includes_another() -> None:
    assert set(TERMS) == set(Purpose)
    iris = {term.iri for term in TERMS.values()}
    assert len(iris) == len(Purpose)
    for term in TERMS.values():
        assert term.broader.startswith(DPV)
        assert term.broader == term.iri or term.broader not in iris


def test_a_name_is_no_pseudonym() -> None:
    with pytest.raises(InputError):
        check_pseudonym("Anna Müller")
    check_pseudonym("S-00_17")
