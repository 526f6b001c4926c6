"""A receipt can be told on the telephone and says in plain words what was agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.database.consent.purposes import TERMS, Purpose
from lineament.database.consent.receipt import consent_id, consent_of_receipt, receipt, receipt_number
from lineament.database.consent.record import read_record
from lineament.database.consent.terms import ID_ALPHABET, Consent, Controller
from lineament.errors import InputError

CONSENT = Consent(
    subject="S1",
    id="7Q4K2M9X",
    given_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
    purposes={Purpose.RESEARCH: None, Purpose.TRAINING: date(2030, 1, 1)},
    text_sha256="a" * 64,
    text_version="2",
    language="en",
    controller=Controller("lab-1", "Face Laboratory", "1 High Street, Ghent", "faces@lab.example", "BE"),
    jurisdiction="GDPR",
    legal_basis="6(1)(a)",
    separate=True,
)
ids = st.text(ID_ALPHABET, min_size=4, max_size=32)


def test_the_check_character_of_a_published_example() -> None:
    """ISBT 128 donation number G123 498 654 321 has H (Guidelines for the Blood Transfusion Services in the UK)."""
    assert receipt_number("G123498654321") == "G123-4986-5432-1H"


@given(ids, st.sampled_from([str.lower, str.upper]))
def test_a_number_leads_back_to_its_consent_however_it_is_written(consent: str, case: object) -> None:
    number = receipt_number(consent)
    assert consent_of_receipt(number) == consent
    assert consent_of_receipt(f" {number.replace('-', ' ').lower()} ") == consent
    body, check = number[:-1], number[-1]
    assert consent_of_receipt(body.replace("0", "O").replace("1", "l") + check) == consent


@given(ids, st.data())
def test_one_wrong_character_and_two_swapped_ones_are_found(consent: str, data: st.DataObject) -> None:
    number = receipt_number(consent).replace("-", "")
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from([c for c in ID_ALPHABET if c != number[place]]))
    with pytest.raises(InputError, match="read it again"):
        consent_of_receipt(number[:place] + wrong + number[place + 1 :])
    first, second = sorted(data.draw(st.tuples(st.integers(0, len(number) - 2), st.integers(0, len(number) - 2))))
    if number[first] != number[second]:
        swapped = list(number)
        swapped[first], swapped[second] = number[second], number[first]
        with pytest.raises(InputError):
            consent_of_receipt("".join(swapped))


@pytest.mark.parametrize("number", ["", "-", "A", "7Q4K-2M9X", "Grüße", "**", "7Q4K" * 20])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(InputError, match="read it again"):
        consent_of_receipt(number)


@given(st.binary(min_size=5, max_size=20))
def test_random_bytes_give_an_identifier_that_keeps_them(entropy: bytes) -> None:
    name = consent_id(entropy)
    number = 0
    for character in name:
        number = number * 32 + ID_ALPHABET.index(character)
    assert number == int.from_bytes(entropy)
    assert len(consent_id(bytes(10))) == 16
    assert replace(CONSENT, id=name).id == name
    with pytest.raises(InputError):
        consent_id(entropy[:4])


def test_the_page_says_what_was_agreed_and_how_to_withdraw() -> None:
    document, page = receipt(CONSENT, "Call +32 9 000 00 00 on working days.")
    number = receipt_number(CONSENT.id)
    assert document["dct:identifier"] == number
    assert document["dct:conformsTo"].endswith("dpv-27560#receipt-eu-gdpr")
    assert read_record(document["dct:hasPart"]) == CONSENT
    assert page.count(number) == 2
    for text in ("Call +32 9", "Face Laboratory", "2030-01-01", "2026-03-01", "2", "a" * 64, "may not leave"):
        assert text in page
    for purpose, term in TERMS.items():
        assert (term.definition in page) == (purpose in CONSENT.purposes)
        assert term.label.lower() in page.lower()
    assert "withdrawn on" not in page


def test_the_page_follows_the_consent() -> None:
    other = replace(
        CONSENT,
        guardian=True,
        transfer_abroad=True,
        signed_sha256="b" * 64,
        purposes=dict.fromkeys(Purpose),
        withdrawn_at=datetime(2026, 9, 1, tzinfo=UTC),
    )
    _, page = receipt(other, "Write to us.")
    for text in ("A guardian gave", "may leave", "b" * 64, "nothing that you refused", "withdrawn on 2026-09-01"):
        assert text in page
