"""A scan of the database on somebody's screen: for a purpose, in memory, and only as long as it may be there."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from lineament.database.audit import AuditLog
from lineament.database.consent.purposes import Purpose
from lineament.database.derive import Derivation, store_derived
from lineament.database.kinds import landmarks_product
from lineament.database.people import end_consent
from lineament.database.reading import assets_of
from lineament.database.review import newest_landmarks
from lineament.database.withdraw import withdraw
from lineament.errors import NoFaceError, StoreError
from lineament.face.model import load_face_model
from lineament.studio import jobs
from lineament.studio.database import scans
from lineament.studio.database.opening import read_stored
from lineament.studio.database.wiring import look
from lineament.types import Landmarks


class Nobody:
    """A detector that finds no face."""

    def detect(self, *given: object) -> None:
        raise NoFaceError("there is no face")


@pytest.fixture
def one(house):
    """A person with a scan, who has agreed to research alone; a reader and an analyst."""
    lab = house.lab
    lab.subject = lab.person("P1", purposes={Purpose.RESEARCH: None})
    (lab.scan,) = [each.scan for each in lab.ingest(lab.record("P1", 1))]
    house.app.state.studio.__dict__["detector"] = Nobody()
    return house


def marks() -> Landmarks:
    model = load_face_model()
    chosen = model.landmark_sets["ibug68"]
    xyz = model.landmarks(model.vertices, "ibug68")
    return Landmarks(chosen.names, xyz, np.ones(len(xyz)), unit="mm", set_name="ibug68")


def opened(browser, scan: str, purpose: str = "research") -> dict:
    """Open a scan, and wait for its job's end."""
    reply = browser.ask("POST", f"/api/db/scans/{scan}/open", {"purpose": purpose})
    assert reply.status_code == 202, reply.text
    return ended(browser, reply.json()["id"])


def ended(browser, job: str) -> dict:
    for _ in range(400):
        found = browser.get(f"/api/jobs/{job}").json()
        if found["state"] in ("done", "failed", "cancelled"):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_scan_is_opened_for_a_purpose_and_never_lies_in_a_file(one, tmp_path, monkeypatch) -> None:
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    rita = one.join("rita", "reader")
    before = set(one.lab.root.rglob("*"))
    job = opened(rita, one.lab.scan)
    assert job["state"] == "done"
    scan = rita.get(f"/api/scans/{job['result']['scan']}").json()
    assert (scan["origin"], scan["database_scan"], scan["points"], scan["unit"]) == (
        "database",
        one.lab.scan,
        200,
        "mm",
    )
    assert job["result"]["no_face"] == "there is no face"
    assert {path for path in set(one.lab.root.rglob("*")) - before if path.is_file()} <= {
        one.lab.root / "db" / "lock.sqlite"
    }
    assert not [path for path in temporary.rglob("*") if path.is_file()]
    entries = [each for each in one.lab.database.log.entries(one.lab.scan) if each["action"] == "read"]
    assert [(each["actor"], each["purpose"], each["allowed"]) for each in entries] == [
        (one.names["rita"], "research", True)
    ]


def test_a_scan_is_not_opened_for_what_the_person_has_not_agreed_to(one) -> None:
    rita = one.join("rita", "reader")
    for purpose in ("training", "portrait", ""):
        reply = rita.ask("POST", f"/api/db/scans/{one.lab.scan}/open", {"purpose": purpose})
        assert reply.status_code == 403, purpose
    assert rita.ask("POST", f"/api/db/scans/{one.lab.scan}/open", {"purpose": "fun"}).status_code == 422
    assert rita.get("/api/scans").json() == []
    reasons = [each["reason"] for each in one.refusals(action="read")]
    assert reasons == ["purpose not agreed", "purpose not agreed", "no purpose"]


def test_an_open_scan_is_another_sessions_secret(one) -> None:
    rita, theo = one.join("rita", "reader"), one.join("theo", "reader")
    item = opened(rita, one.lab.scan)["result"]["scan"]
    assert theo.get(f"/api/scans/{item}").status_code == 404
    assert theo.get("/api/scans").json() == []


@pytest.mark.parametrize("leave", [end_consent, withdraw])
def test_an_open_scan_closes_when_the_person_says_no(one, leave) -> None:
    rita = one.join("rita", "reader")
    item = opened(rita, one.lab.scan)["result"]["scan"]
    asyncio.run(look(one.app))
    assert rita.get(f"/api/scans/{item}").status_code == 200
    (session,) = one.app.state.sessions.table.all()
    made = one.app.state.studio.comparisons
    made.add(session.id, frozenset([item, "another"]), object())
    leave(one.lab.database, one.lab.subject)
    asyncio.run(look(one.app))
    assert rita.get(f"/api/scans/{item}").status_code == 404
    assert not one.app.state.views.opened.all()
    assert not made.of(session.id)
    made.add(session.id, frozenset([item, "another"]), object())  # by a job that was still at work
    asyncio.run(look(one.app))
    assert not made.of(session.id)
    assert one.refusals(action="read", object=one.lab.scan)[-1]["detail"]["closed"]


def test_an_open_scan_closes_also_when_the_log_cannot_be_written(one, monkeypatch) -> None:
    rita = one.join("rita", "reader")
    item = opened(rita, one.lab.scan)["result"]["scan"]
    end_consent(one.lab.database, one.lab.subject)

    def full(*given: object, **detail: object) -> None:
        raise StoreError("there is no room")

    with monkeypatch.context() as failing:
        failing.setattr(AuditLog, "append", full)
        with pytest.raises(StoreError):
            asyncio.run(look(one.app))
    assert rita.get(f"/api/scans/{item}").status_code == 404


def test_what_is_open_ends_with_the_session_and_when_it_is_closed(one) -> None:
    rita, studio = one.join("rita", "reader"), one.app.state.studio
    first, second = (opened(rita, one.lab.scan)["result"]["scan"] for _ in range(2))
    assert rita.ask("DELETE", f"/api/scans/{first}").status_code == 204
    asyncio.run(look(one.app))
    assert [item for _, item in one.app.state.views.opened.all()] == [second]
    (session,) = one.app.state.sessions.table.all()
    rita.ask("DELETE", "/api/session")
    assert not one.app.state.views.opened.all()
    assert not studio.workspace.of(session.id)


def test_a_scan_that_is_read_when_its_session_has_ended_goes_too(one, monkeypatch) -> None:
    rita, studio, table = one.join("rita", "reader"), one.app.state.studio, one.app.state.sessions.table
    (session,) = table.all()

    def late(*given):
        found = read_stored(*given)
        table.end(session)
        return found

    monkeypatch.setattr(scans, "read_stored", late)
    rita.ask("POST", f"/api/db/scans/{one.lab.scan}/open", {"purpose": "research"})
    assert studio.owners() == {session.id}
    asyncio.run(look(one.app))
    assert not studio.owners()
    assert not one.app.state.views.opened.all()


def test_a_scan_that_is_too_much_is_not_kept(one, monkeypatch) -> None:
    rita = one.join("rita", "reader")
    workspace = one.app.state.studio.workspace
    for place, name, least in ((workspace, "quota", 100), (jobs, "WAITING", 0)):
        with monkeypatch.context() as less:
            less.setattr(place, name, least)
            assert rita.ask("POST", f"/api/db/scans/{one.lab.scan}/open", {"purpose": "research"}).status_code == 507
        assert rita.get("/api/scans").json() == []
        assert not one.app.state.views.opened.all()


def test_corrections_are_kept_in_the_database_by_those_who_may(one) -> None:
    lab = one.lab
    (original,) = assets_of(lab.database, lab.scan)
    made = Derivation(lab.scan, (landmarks_product(marks()),), (original.id,), "landmarks")
    store_derived(lab.database, [made], action="derive", purpose="research")
    shift = np.zeros((68, 1), np.float32)
    shift[3] = 2.5
    moved = replace(marks(), xyz=marks().xyz + shift)
    rita, ada = one.join("rita", "reader"), one.join("ada", "analyst")
    for browser, may in ((rita, False), (ada, True)):
        item = opened(browser, lab.scan)["result"]["scan"]
        (session,) = [each for each in one.app.state.sessions.table.all() if each.actor == ("ada" if may else "rita")]
        keep = one.app.state.studio.workspace.get(session.id, item).keep
        if may:
            assert lab.scan in keep(moved, "looked twice")
        else:
            with pytest.raises(Exception, match=r"annotate of .* is not allowed"):
                keep(moved, "")
    np.testing.assert_allclose(newest_landmarks(lab.database, lab.scan).xyz[3], moved.xyz[3], atol=1e-4)
    (entry,) = [e for e in lab.database.log.entries(lab.scan) if e["action"] == "annotate" and e["allowed"]][:1]
    assert entry["actor"] == one.names["ada"]
    # Whoever opens it next sees who has set which point, and what was found there.
    item = opened(rita, lab.scan)["result"]["scan"]
    (session,) = [each for each in one.app.state.sessions.table.all() if each.actor == "rita"]
    known = one.app.state.studio.workspace.get(session.id, item).marks["ibug68"]
    assert list(known.corrected) == [marks().names[3]]
    np.testing.assert_allclose(known.predicted.xyz[3], marks().xyz[3], atol=1e-4)
    assert [(each.name, each.by) for each in known.history] == [(marks().names[3], "ada")]


def test_a_scan_in_quarantine_is_opened_by_those_who_review(one) -> None:
    lab = one.lab
    lab.database.catalogue.run("UPDATE scans SET state = 'quarantined' WHERE id = :id", id=lab.scan)
    rita, cora = one.join("rita", "reader"), one.join("cora", "curator")
    assert rita.ask("POST", f"/api/db/scans/{lab.scan}/open", {"purpose": "research"}).status_code == 403
    assert opened(cora, lab.scan, "")["state"] == "done"
    (session,) = [each for each in one.app.state.sessions.table.all() if each.actor == "cora"]
    (item,) = one.app.state.studio.workspace.of(session.id)
    with pytest.raises(Exception, match="not allowed"):
        item.keep(marks(), "")


def test_a_new_master_key_is_taken_up_without_a_restart(one) -> None:
    from lineament.database.rotate import rotate_key

    rita = one.join("rita", "reader")
    assert opened(rita, one.lab.scan)["state"] == "done"
    rotate_key(one.lab.database)
    assert opened(rita, one.lab.scan)["state"] == "done"


def test_many_actors_at_once_never_act_as_each_other(one) -> None:
    rita, nils = one.join("rita", "reader"), one.join("nils")
    wrong: list[str] = []

    def ask(browser, expected: int) -> None:
        for _ in range(15):
            reply = browser.get("/api/db/scans")
            if reply.status_code != 200 or len(reply.json()["rows"]) != expected:
                wrong.append(reply.text)

    threads = [
        threading.Thread(target=ask, args=(each, many)) for each, many in ((rita, 1), (nils, 0)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not one.lab.database.log.verify()
