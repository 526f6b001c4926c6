"""Figures are of what the actor may find, and of nothing else; the picture shows them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from lineament.database.actors import add_actor, grant
from lineament.database.consent.purposes import Purpose
from lineament.database.people import end_consent
from lineament.database.releases.create import create_release
from lineament.database.releases.groups import Count
from lineament.database.stats import Published, Stats, stats
from lineament.database.stats_picture import WIDTH, draw_stats
from lineament.database.withdraw import withdraw

SOME = {Purpose.RESEARCH: None, Purpose.SHARING: None}


@pytest.fixture
def full(lab):
    """Three people, of whom one signed in Illinois; four scans, one of them broken."""
    soon = (datetime.now(UTC) + timedelta(days=30)).date()
    given = datetime.now(UTC) - timedelta(days=10)
    past = (given + timedelta(days=5)).date()
    later = (datetime.now(UTC) + timedelta(days=200)).date()
    lab.people = {
        "P1": lab.person("P1"),
        "P2": lab.person(
            "P2",
            purposes={**SOME, Purpose.PORTRAIT: soon, Purpose.TRAINING: soon, Purpose.COMMERCIAL: past},
            given_at=given,
        ),
        "P3": lab.person(
            "P3",
            purposes={**SOME, Purpose.TRAINING: later},
            jurisdiction="BIPA",
            signed_sha256="b" * 64,
            legal_basis="written release",
            art9_condition="",
        ),
    }
    lab.soon = soon.isoformat()
    scans = [
        lab.record("P1", 1),
        lab.record("P1", 2, expression="smile", device=""),
        lab.record("P2", 3),
        lab.record("P3", 4),
        lab.record("P3", 5),
    ]
    path = scans[-1].files[0].path
    path.write_bytes(path.read_bytes()[:-100])
    assert [each.state for each in lab.ingest(*scans)] == ["accepted"] * 4 + ["quarantined"]
    retained = (datetime.now(UTC) + timedelta(days=9)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    lab.database.catalogue.run(
        "UPDATE subjects SET retain_until = :at WHERE id = :id", at=retained, id=lab.people["P3"]
    )
    scan = lab.database.catalogue.rows("SELECT id FROM scans WHERE state = 'accepted' ORDER BY id")[0]["id"]
    for name, state in (("1", "done"), ("2", "failed")):
        lab.database.catalogue.run(
            """INSERT INTO jobs (id, kind, version, scan, state, created_at)
            VALUES (:id, 'landmarks', :id, :scan, :state, '2026')""",
            id=name,
            scan=scan,
            state=state,
        )
    first, second = lab.database.catalogue.rows(
        "SELECT scan, object FROM assets WHERE subject = :who", who=lab.people["P1"]
    )
    lab.database.catalogue.run(  # one object of two scans
        """INSERT INTO assets (id, scan, subject, object, role, suffix, created_at)
        VALUES ('same', :scan, :who, :object, 'other', 'ply', '2026')""",
        scan=second["scan"],
        who=lab.people["P1"],
        object=first["object"],
    )
    lab.retained = retained[:10]
    return lab


def test_figures_are_those_of_the_catalogue(full) -> None:
    lab = full
    create_release(lab.database, "shapes", "faces", "research", description="Ellipsoids.", licence="CC0")
    found = stats(lab.database)
    assert (found.actor, found.people, found.scans) == ("anna", 3, 4)
    assert found.states == {"accepted": 4, "quarantined": 1}
    assert found.counts["modality"] == {"cloud": Count(3, 4)}
    assert found.counts["expression"] == {"neutral": Count(3, 3), "smile": Count(1, 1)}
    assert found.counts["device"] == {"rig": Count(3, 3), "not stated": Count(1, 1)}
    assert found.counts["jurisdiction"] == {"GDPR": Count(2, 3), "BIPA": Count(1, 1)}
    assert found.purposes["research"] == 3
    assert [found.purposes[name] for name in ("portrait", "embedding", "commercial")] == [2, 1, 1]
    assert found.consents_ending == {lab.soon: 1}
    assert found.retention_ending == {lab.retained: 1}
    assert found.jobs == {"landmarks": {"done": 1, "failed": 1}}
    assert found.releases == (Published("shapes", "1.0.0", "published", 4, 0),)
    sizes = lab.database.catalogue.rows(
        """SELECT DISTINCT o.name, o.sealed_size FROM objects o
        JOIN assets a ON a.subject = o.subject AND a.object = o.name
        JOIN scans c ON c.id = a.scan WHERE c.state = 'accepted'"""
    )
    assert found.bytes == sum(each["sealed_size"] for each in sizes)
    assert found.alarms == ()


def test_what_may_not_be_found_is_not_counted(full) -> None:
    lab = full
    end_consent(lab.database, lab.people["P1"])
    withdraw(lab.database, lab.people["P2"])
    found = stats(lab.database)
    assert (found.people, found.scans) == (1, 1)
    assert found.counts["jurisdiction"] == {"BIPA": Count(1, 1)}
    assert found.purposes["portrait"] == 0


def test_an_actor_without_a_role_sees_nothing(full) -> None:
    lab = full
    create_release(lab.database, "shapes", "faces", "research", description="Ellipsoids.", licence="CC0")
    add_actor(lab.database, "bob")
    with lab.opened("bob") as bobs:
        found = stats(bobs)
    assert (found.people, found.scans, found.bytes, found.releases, found.jobs) == (0, 0, 0, (), {})
    assert (found.consents_ending, found.retention_ending) == ({}, {})
    assert found.states == {"accepted": 0}


def test_who_may_find_but_not_review_sees_no_quarantine(full) -> None:
    lab = full
    add_actor(lab.database, "bob")
    grant(lab.database, "bob", "reader", "faces")
    with lab.opened("bob") as bobs:
        assert stats(bobs).states == {"accepted": 4}


def test_the_alarm_is_on_everyone_or_not_told(full, monkeypatch) -> None:
    lab = full
    monkeypatch.setattr("lineament.database.people.headcount_alarm", lambda law, many: f"{many} under {law}")
    assert stats(lab.database).alarms == ("1 under BIPA", "2 under GDPR")
    add_actor(lab.database, "bob")
    grant(lab.database, "bob", "reader", "faces")
    with lab.opened("bob") as bobs:
        assert stats(bobs).alarms == ()


def test_it_is_in_the_log_who_asked(full) -> None:
    stats(full.database)
    last = full.database.log._connection.rows("SELECT action, detail FROM audit ORDER BY seq DESC LIMIT 2")
    assert {each["action"] for each in last} == {"find", "review"}
    assert all(json.loads(each["detail"])["stats"] for each in last)


EMPTY = Stats(
    at="2026-11-21T10:00:00.000000Z",
    actor="anna",
    people=0,
    scans=0,
    bytes=0,
    states={"accepted": 0},
    counts={name: {} for name in ("modality", "expression", "device", "jurisdiction")},
    purposes={str(purpose): 0 for purpose in Purpose},
    consents_ending={},
    retention_ending={},
    alarms=(),
    jobs={},
    releases=(),
)
FULL = replace(
    EMPTY,
    people=4,
    scans=9000,
    bytes=123_456_789,
    states={"accepted": 9000, "quarantined": 1},
    counts={
        "modality": {"mesh": Count(4, 9000)},
        "expression": {f"a very long name of an expression {n}": Count(4, 300) for n in range(30)},
        "device": {"": Count(1, 1)},
        "jurisdiction": {"GDPR": Count(4, 9000)},
    },
    consents_ending={"2026-11-21": 1, "2027-02-19": 3},
    alarms=("a long sentence " * 30,),
    jobs={"fit": {"done": 1, "failed": 1}},
    releases=tuple(Published("faces", f"{n}.0.0", "tombstoned", 0, 2) for n in range(9)),
)


@pytest.mark.parametrize("figures", [EMPTY, FULL], ids=["empty", "full"])
def test_the_picture_stays_inside_its_margins(figures: Stats) -> None:
    picture = draw_stats(figures)
    assert picture.size[0] == WIDTH
    pixels = np.asarray(picture)
    paper = pixels[0, 0]
    for edge in (pixels[:40], pixels[-40:], pixels[:, :60], pixels[:, -60:]):
        assert (edge == paper).all()


def test_bars_are_as_long_as_what_they_count() -> None:
    counts = {"mesh": Count(1, 100), "cloud": Count(1, 50)}
    figures = replace(EMPTY, states={"accepted": 0}, counts={**EMPTY.counts, "modality": counts})
    blue = (np.asarray(draw_stats(figures)) == (0, 0x72, 0xB2)).all(axis=-1)
    lengths = sorted({int(row.sum()) for row in blue[480:] if row.sum() > 40})
    assert lengths[0] / lengths[-1] == pytest.approx(0.5, abs=0.02)


def test_groups_can_be_told_apart_without_colours() -> None:
    from lineament.database.stats_picture import _JOBS, _STATES

    for colours in (_JOBS, _STATES):
        greys = sorted(Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0)) for colour in colours.values())
        assert min(np.diff(greys)) >= 5
