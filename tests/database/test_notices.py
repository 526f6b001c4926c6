"""Letters to recipients: who was told of a withdrawal is what somebody with the role says, once, with day and name."""

from __future__ import annotations

import pytest

from lineament.database.actors import add_actor, grant
from lineament.database.notices import mark_sent, notices
from lineament.database.releases.create import create_release
from lineament.database.releases.hand_out import hand_out
from lineament.database.when import now
from lineament.database.withdraw import withdraw
from lineament.errors import AccessError, InputError


@pytest.fixture
def left(lab, tmp_path):
    """Somebody who left, of whom two laboratories have copies."""
    lab.subject = lab.person("P1")
    lab.person("P2")
    lab.ingest(lab.record("P1", 1), lab.record("P2", 2))
    create_release(lab.database, "faces", "faces", "research", description="Faces", licence="Ours")
    for name in ("Bob", "Eve"):
        hand_out(lab.database, "faces", "bids", tmp_path / name, name, contact=f"{name}@x.example", country="FR")
    withdraw(lab.database, lab.subject)
    return lab


def test_letters_wait_until_somebody_says_that_they_were_sent(left) -> None:
    database = left.database
    assert [(each["sent_at"], each["sent_by"]) for each in notices(database)] == [(None, None)] * 2
    assert mark_sent(database, left.subject, recipient="Bob", on=now()[:10]) == 1
    bob, eve = sorted(notices(database, left.subject), key=lambda each: each["recipient"])
    assert (bob["recipient"], bob["sent_at"][:10], bob["sent_by"]) == ("Bob Bob@x.example", now()[:10], "anna")
    assert (eve["recipient"], eve["sent_at"]) == ("Eve Eve@x.example", None)
    assert mark_sent(database, left.subject) == 1
    assert bob in notices(database)  # what was noted stays
    (first, second) = [each for each in database.log.entries(actor=database.guard.actor) if each["action"] == "notify"]
    assert (first["detail"]["to"], second["detail"]["to"]) == ("Bob", "")
    with pytest.raises(InputError, match="waits to be sent"):
        mark_sent(database, left.subject)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"recipient": "Carol"}, "to 'Carol' waits"),
        ({"on": "2999-01-01"}, "still to come"),
        ({"on": "2020-01-01"}, "was written on"),
        ({"on": "tomorrow"}, "is no date"),
    ],
)
def test_what_cannot_be_is_refused(left, words, said) -> None:
    with pytest.raises(InputError, match=said):
        mark_sent(left.database, left.subject, **words)
    assert {each["sent_at"] for each in notices(left.database)} == {None}


def test_it_is_the_officers_to_say(left) -> None:
    for name, role in (("ben", "auditor"), ("olga", "officer")):
        add_actor(left.database, name)
        grant(left.database, name, role, "*")
    with left.opened("ben") as ben:
        assert len(notices(ben)) == 2
        with pytest.raises(AccessError, match="no role"):
            mark_sent(ben, left.subject)
    with left.opened("olga") as olga:
        assert mark_sent(olga, left.subject) == 2
    assert {each["sent_by"] for each in notices(left.database)} == {"olga"}
