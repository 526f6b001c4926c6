"""Ways around the rules that a hostile reader found, each of them closed."""

from __future__ import annotations

import errno
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from lineament.database import disk
from lineament.database.access import Request, authorize
from lineament.database.actors import add_actor, grant
from lineament.database.consent.purposes import Purpose
from lineament.database.people import consent_of, end_consent, enrol, write_identity
from lineament.database.reading import assets_of, open_scan
from lineament.database.records import SubjectRecord
from lineament.database.releases.create import create_release
from lineament.database.releases.hand_out import hand_out
from lineament.database.verify import doctor, verify
from lineament.database.withdraw import letters, withdraw
from lineament.errors import AccessError, InputError, StoreError

TERMS = {"description": "Ellipsoids.", "licence": "CC0"}


@pytest.fixture
def two(lab):
    """Two people with a scan each."""
    lab.people = {label: lab.person(label) for label in ("P1", "P2")}
    lab.scans = {each.record.subject: each.scan for each in lab.ingest(lab.record("P1", 1), lab.record("P2", 2))}
    return lab


def test_an_action_that_gives_no_bytes_opens_nothing(two) -> None:
    add_actor(two.database, "carl")
    grant(two.database, "carl", "contributor")
    with two.opened("carl") as database:
        for action in ("find", "ingest", "withdraw"):
            with pytest.raises(InputError, match="gives no bytes"):
                open_scan(database, two.scans["P1"], purpose="research", action=action)
        with pytest.raises(AccessError):
            open_scan(database, two.scans["P1"], purpose="research")


def test_an_open_scan_gives_its_own_files_only(two) -> None:
    scan = open_scan(two.database, two.scans["P1"], purpose="research")
    end_consent(two.database, two.people["P2"])
    with pytest.raises(AccessError, match="no file of"):
        scan.bytes(assets_of(two.database, two.scans["P2"])[0])


def test_a_scan_that_is_open_closes_with_the_consent(two) -> None:
    scan = open_scan(two.database, two.scans["P1"], purpose="research")
    end_consent(two.database, two.people["P1"])
    with pytest.raises(AccessError, match="has become forbidden"):
        scan.read()


def test_nobody_reads_abroad_what_must_stay(lab) -> None:
    lab.person("P1", jurisdiction="PIPL", art9_condition="", legal_basis="13(1)")
    (outcome,) = lab.ingest(lab.record("P1", 1))
    add_actor(lab.database, "uma", "US")
    add_actor(lab.database, "chen", "CN")
    for name in ("uma", "chen"):
        grant(lab.database, name, "reader")
    with lab.opened("chen") as database:
        assert len(open_scan(database, outcome.scan, purpose="research").read()) == 200
    with lab.opened("uma") as database, pytest.raises(AccessError, match="leave the country"):
        open_scan(database, outcome.scan, purpose="research")


def test_an_older_paper_does_not_bring_back_a_consent(two) -> None:
    subject = two.people["P1"]
    given = consent_of(two.database, subject)
    end_consent(two.database, subject)
    with pytest.raises(InputError, match="an older paper"):
        two.agree(subject, given_at=datetime.now(UTC) - timedelta(days=400))
    with pytest.raises(AccessError):
        open_scan(two.database, two.scans["P1"], purpose="research")
    two.agree(subject)
    open_scan(two.database, two.scans["P1"], purpose="research")
    assert given is not None


def test_the_age_of_any_scan_tells_of_a_minor(lab) -> None:
    subject = lab.person("P1")
    first, second = lab.record("P1", 1, age=30.0), lab.record("P1", 2, age=9.0)
    assert [each.state for each in lab.ingest(first)] == ["accepted"]
    (outcome,) = lab.ingest(second)
    assert (outcome.state, outcome.reason) == ("failed", "the person is a minor, and no guardian agreed")
    assert not list(verify(lab.database))  # nothing of it was written
    lab.agree(subject, guardian=True)
    (outcome,) = lab.ingest(second)
    assert outcome.state == "accepted"
    lab.agree(subject, guardian=False)
    assert list(lab.database.scans(purpose="research")) == []
    with pytest.raises(AccessError, match="minor"):
        open_scan(lab.database, outcome.scan, purpose="research")


def test_it_stays_known_who_had_what(two) -> None:
    """Somebody who narrowed their consent, and leaves after another one has, is still told to the first recipient."""
    lab, out = two, two.root / "out"
    create_release(lab.database, "shapes", "faces", "research", **TERMS)
    hand_out(lab.database, "shapes", "bids", out, "Bob")
    lab.person("P3")
    lab.ingest(lab.record("P3", 3))
    lab.agree(lab.people["P2"], purposes={Purpose.RECONTACT: None})
    withdraw(lab.database, lab.people["P1"])
    withdraw(lab.database, lab.people["P2"])
    (letter,) = letters(lab.database, lab.people["P2"])
    assert "shapes 1.0.0" in letter["letter"]
    assert not list(verify(lab.database))


def test_a_copy_that_cannot_be_reached_is_named_and_holds_nothing_up(two) -> None:
    lab, out = two, two.root / "out"
    create_release(lab.database, "shapes", "faces", "research", **TERMS)
    hand_out(lab.database, "shapes", "bids", out, "Bob")
    out.rename(lab.root / "moved")
    certificate = withdraw(lab.database, lab.people["P1"])
    assert any(str(out) in said for said in certificate["doesNotReach"])
    assert not lab.database.catalogue.rows("SELECT 1 FROM scans WHERE subject = :s", s=lab.people["P1"])
    hand_out(lab.database, "shapes", "bids", out, "Bob")

    def refuse(kind: str, what: str) -> None:
        if kind == "remove" and what.startswith(str(out)):
            raise PermissionError(13, "read-only file system")

    disk.watch(refuse)
    try:
        certificate = withdraw(lab.database, lab.people["P2"])
    finally:
        disk.watch(None)
    assert any(str(out) in said for said in certificate["doesNotReach"])


def test_an_export_lies_outside_of_the_database(two) -> None:
    create_release(two.database, "shapes", "faces", "research", **TERMS)
    with pytest.raises(InputError, match="lies in the database"):
        hand_out(two.database, "shapes", "bids", two.root / "db" / "out", "Bob")


def test_what_lies_in_the_folder_of_an_older_export_is_left_alone(two) -> None:
    """One export was moved, another was cut off, a third has taken their place."""
    lab, out = two, two.root / "out"
    create_release(lab.database, "shapes", "faces", "research", **TERMS)
    hand_out(lab.database, "shapes", "bids", out, "Bob")
    out.rename(lab.root / "moved")

    killed = []

    def cut(kind: str, what: str) -> None:
        if killed or (kind == "rename" and what == str(out)):
            killed.append(what)
            raise KeyboardInterrupt

    disk.watch(cut)
    try:
        with pytest.raises(KeyboardInterrupt):
            hand_out(lab.database, "shapes", "bids", out, "Ann")
    finally:
        disk.watch(None)
    (ann,) = lab.database.catalogue.rows("SELECT id, state FROM exports WHERE recipient = 'Ann'")
    assert ann["state"] == "writing"
    assert lab.database.catalogue.rows("SELECT 1 FROM export_files WHERE export = :id", id=ann["id"])
    hand_out(lab.database, "shapes", "bids", out, "Carl")
    before = sorted(path.name for path in out.rglob("*"))
    list(doctor(lab.database))
    assert sorted(path.name for path in out.rglob("*")) == before
    certificate = withdraw(lab.database, lab.people["P1"])
    assert any("The copy for Bob" in said for said in certificate["doesNotReach"])
    states = {
        each["recipient"]: each["state"]
        for each in lab.database.catalogue.rows("SELECT * FROM exports ORDER BY made_at")
    }
    assert states == {"Bob": "not reached", "Ann": "removed", "Carl": "handed out"}


def test_an_export_whose_removal_could_not_be_made_durable_is_removed_and_written_again(two) -> None:
    lab, out = two, two.root / "out"
    create_release(lab.database, "shapes", "faces", "research", **TERMS)
    hand_out(lab.database, "shapes", "bids", out, "Bob")
    failed = []

    def refuse(kind: str, what: str) -> None:
        if not failed and (kind, what) == ("sync", str(out.parent)) and not out.exists():
            failed.append(what)
            raise OSError(errno.EIO, "Input/output error")

    disk.watch(refuse)
    try:
        with pytest.raises(StoreError, match="sync"):
            withdraw(lab.database, lab.people["P1"])
    finally:
        disk.watch(None)
    certificate = withdraw(lab.database, lab.people["P1"])
    assert not any("Bob" in said for said in certificate["doesNotReach"])
    states = {each["state"] for each in lab.database.catalogue.rows("SELECT state FROM exports")}
    assert states == {"replaced", "handed out"}


def test_an_export_is_written_again_also_when_the_withdrawal_was_cut_off(two) -> None:
    lab, out = two, two.root / "out"
    create_release(lab.database, "shapes", "faces", "research", **TERMS)
    hand_out(lab.database, "shapes", "bids", out, "Bob")

    def cut(kind: str, what: str) -> None:
        if (kind, what) == ("point", "withdrawal export removed"):
            raise KeyboardInterrupt

    disk.watch(cut)
    try:
        with pytest.raises(KeyboardInterrupt):
            withdraw(lab.database, lab.people["P1"])
    finally:
        disk.watch(None)
    assert not out.exists()
    list(doctor(lab.database))
    states = [each["state"] for each in lab.database.catalogue.rows("SELECT state FROM exports ORDER BY made_at")]
    assert states == ["replaced", "handed out"]
    assert len(list(out.rglob("*.ply"))) == 1


def test_who_leaves_while_somebody_waits_stays_gone(two) -> None:
    lab, subject = two, two.people["P1"]
    with lab.opened() as other:
        waiting = replace(other, guard=other.guard)
        withdraw(lab.database, subject)
        with pytest.raises((AccessError, InputError, StoreError)):
            write_identity(waiting, subject, {"name": "Ann"})
    assert not list((lab.root / "db").rglob(f"{subject}*"))


def test_two_who_withdraw_somebody_get_one_certificate(two) -> None:
    lab, subject = two, two.people["P1"]
    with lab.opened() as other:
        first: list[dict] = []

        def overtake(kind: str, what: str) -> None:
            if (kind, what) == ("point", "withdrawal requested") and not first:
                first.append({})
                first[0] = withdraw(other, subject)

        disk.watch(overtake)
        try:
            assert withdraw(lab.database, subject) == first[0]
        finally:
            disk.watch(None)
    entries = [entry for entry in lab.database.log.entries(subject) if entry["action"] == "withdrawn"]
    assert len(entries) == 1


def test_two_who_enrol_one_label_enrol_one_person(lab) -> None:
    with lab.opened() as other:
        found: list[str] = []

        class Late:
            """Another program that enrols the same person just before this one writes."""

            def __init__(self, inner) -> None:
                self.inner = inner

            def __getattr__(self, name: str):
                return getattr(self.inner, name)

            def demand(self, action: str, *args, **kinds) -> None:
                self.inner.demand(action, *args, **kinds)
                if action == "enrol" and not found:
                    found.append(enrol(other, "faces", SubjectRecord("P1"), "GDPR"))

        mine = replace(lab.database, guard=Late(lab.database.guard))
        assert enrol(mine, "faces", SubjectRecord("P1"), "GDPR") == found[0]
    assert not list(verify(lab.database))


def test_a_withdrawal_does_not_wait_for_a_long_ingest(two) -> None:
    from lineament.database.intake import ingest as intake

    lab = two
    lab.person("P3")
    records = tuple(lab.record("P3", 10 + seed) for seed in range(3))
    before, intake.BATCH = intake.BATCH, 1
    try:
        from lineament.database.records import Manifest

        running = intake.ingest(lab.database, "faces", Manifest("manifest", (SubjectRecord("P3"),), records), workers=1)
        assert next(running).state == "accepted"
        with lab.opened() as other:
            assert withdraw(other, lab.people["P1"])["destroyed"]["scan"] == 1
        assert [outcome.state for outcome in running] == ["accepted"] * 2
    finally:
        intake.BATCH = before


def test_an_action_about_nothing_that_there_is_is_refused_and_told() -> None:
    damaged = SimpleNamespace(rows=lambda *_, **__: [{"object": "tabaseve"}])  # a flipped bit moves a row's cells
    with pytest.raises(StoreError, match="damaged: the action 'keep' is about 'tabaseve'"):
        authorize(damaged, Request("act1", "keep", "*"))  # type: ignore[arg-type]
