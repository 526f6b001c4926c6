"""A release allows what each of its people allows today, and no more."""

from __future__ import annotations

from datetime import UTC, date, datetime

from lineament.database.consent import duo
from lineament.database.consent.purposes import Purpose
from lineament.database.releases.agreed import agreed
from lineament.database.releases.view import view

SOME = {purpose: None for purpose in (Purpose.RESEARCH, Purpose.TRAINING, Purpose.SHARING)}


def test_what_all_allow_today(lab, publish) -> None:
    over = {**SOME, Purpose.PORTRAIT: date(2026, 1, 31)}
    lab.person("P1", purposes=over, given_at=datetime(2026, 1, 1, tzinfo=UTC))
    lab.person("P2", purposes={**SOME, Purpose.PORTRAIT: None})
    lab.ingest(lab.record("P1", 1), lab.record("P2", 2))
    release = publish()
    found = agreed(lab.database, release)
    assert found.purposes == ("research", "sharing", "training")
    assert (found.people["portrait"], found.people["research"], found.people["embedding"]) == (1, 2, 0)
    assert view(lab.database, release).purposes == found.purposes


def test_a_person_without_codes_does_not_widen_a_release(lab, publish) -> None:
    lab.person("P1", duo=("GRU",))
    lab.person("P2", purposes=SOME)
    lab.ingest(lab.record("P1", 1), lab.record("P2", 2))
    found = agreed(lab.database, publish())
    assert duo.canonical("NPUNCU") in found.duo
    assert duo.allows(found.duo, duo.Request("research", commercial=True)) is not None
    assert duo.allows(found.duo, duo.Request("research")) is None


def test_a_consent_that_ended_allows_nothing(lab, publish) -> None:
    from lineament.database.people import end_consent

    name = lab.person("P1")
    lab.person("P2")
    lab.ingest(lab.record("P1", 1), lab.record("P2", 2))
    release = publish()
    end_consent(lab.database, name)
    assert agreed(lab.database, release).purposes == ()
