"""Letters and certificates tell all and name nobody."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.database.consent.letters import certificate, check_certificate, letter
from lineament.database.consent.terms import Controller
from lineament.errors import FormatError, InputError

LAB = Controller("lab-1", "Face Laboratory", "1 High Street, Ghent", "faces@lab.example", "BE")
DAY = date(2026, 9, 1)
pseudonyms = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,30}", fullmatch=True)


@given(st.lists(pseudonyms, min_size=1, max_size=5), st.dates(DAY, date(2030, 1, 1)))
def test_a_letter_holds_every_label_and_both_days(labels: list[str], deadline: date) -> None:
    text = letter("University of Elsewhere", "faces 2.1.0", labels, DAY, deadline)
    assert all(f"    {label}\n" in text for label in labels)
    for part in ("University of Elsewhere", "faces 2.1.0", "2026-09-01", str(deadline), "Article 19"):
        assert part in text
    assert all(len(line) <= 120 for line in text.splitlines())


@pytest.mark.parametrize(
    ("labels", "deadline"),
    [(["Anna Müller"], DAY), (["Müller"], DAY), ([], DAY), (["S1"], date(2026, 8, 31)), (["S1\nS2"], DAY)],
)
def test_names_and_impossible_days_are_refused(labels: list[str], deadline: date) -> None:
    with pytest.raises(InputError, match=r"expected letters|has no pseudonym|has the deadline"):
        letter("University of Elsewhere", "faces 2.1.0", labels, DAY, deadline)


def made(**change: Any) -> tuple[dict[str, Any], str]:
    facts: dict[str, Any] = {
        "controller": LAB,
        "pseudonym": "S1",
        "consents": ["7Q4K2M9X"],
        "requested_at": datetime(2026, 9, 1, 8, tzinfo=UTC),
        "completed_at": datetime(2026, 9, 1, 9, tzinfo=UTC),
        "by": "steward-2",
        "destroyed": {"key": 1, "original": 42, "thumbnail": 21},
        "evidence": {"head of the audit log": "c" * 64},
        "recipients": ["University of Elsewhere"],
    }
    return certificate(**facts | change)


def test_a_certificate_says_what_when_by_whom_and_what_it_does_not_reach() -> None:
    document, text = made()
    for part in (
        "S1",
        "7Q4K2M9X",
        "42 x original",
        "c" * 64,
        "steward-2",
        "University of Elsewhere",
        "does not reach",
        "2026-09-01T09",
    ):
        assert part in text
    assert document["sha256"] in text
    assert document["doesNotReach"]
    check_certificate(json.loads(json.dumps(document)))


@pytest.mark.parametrize("key", sorted(made()[0]))
def test_a_changed_certificate_is_found(key: str) -> None:
    document, _ = made()
    document[key] = "changed"
    with pytest.raises(FormatError):
        check_certificate(document)
    del document[key]
    with pytest.raises(FormatError):
        check_certificate(document)


@pytest.mark.parametrize(
    "change",
    [
        {"pseudonym": "Anna Müller"},
        {"completed_at": datetime(2026, 9, 1, 7, tzinfo=UTC)},
        {"completed_at": datetime(2026, 9, 1, 9)},
        {"destroyed": {"key": -1}},
        {"evidence": {"log": "short"}},
        {"by": ""},
    ],
    ids=str,
)
def test_an_impossible_certificate_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        made(**change)


def test_a_withdrawal_may_take_no_time_and_find_nothing() -> None:
    at = datetime(2026, 9, 1, 8, tzinfo=UTC)
    _, text = made(completed_at=at, destroyed={"thumbnail": 0})
    assert "0 x thumbnail" in text


def test_empty_lists_read_as_none() -> None:
    _, text = made(recipients=[], evidence={}, destroyed={})
    assert text.count("    none") == 3
