"""What people decide stands, what was found stays, and who asks for landmarks gets what a person has set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lineament.database import review as reviewing
from lineament.database import run as running
from lineament.database.actors import add_actor, grant
from lineament.database.consent.purposes import Purpose
from lineament.database.derive import Product, newest, provenance
from lineament.database.find import count
from lineament.database.kinds import Kind, Made, landmarks_product, read_landmarks
from lineament.database.reading import assets_of
from lineament.database.records import FileRecord
from lineament.database.review import accept, annotate, newest_landmarks, queue, reject
from lineament.database.run import run
from lineament.database.verify import verify
from lineament.database.withdraw import withdraw
from lineament.errors import AccessError, InputError
from lineament.face.model import load_face_model
from lineament.types import Landmarks


def marks(set_name: str = "ibug68", **changes) -> Landmarks:
    model = load_face_model()
    chosen = model.landmark_sets[set_name]
    xyz = model.landmarks(model.vertices, set_name)
    return replace(Landmarks(chosen.names, xyz, np.ones(len(xyz)), unit="mm", set_name=set_name), **changes)


def _find(task, detector) -> Made:
    return Made(tuple(landmarks_product(marks(name)) for name in ("ibug68", "anthropometric")))


def _sum(task, detector) -> Made:
    return Made((Product("sum", "txt", str(task.landmarks()["ibug68"].xyz.sum()).encode()),))


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"landmarks": Kind(_find), "sum": Kind(_sum, ("landmarks",), shape=False)}
    for module in (running, reviewing):
        monkeypatch.setattr(module, "KINDS", table)


@pytest.fixture
def found(lab, kinds):
    """A scan whose landmarks were found."""
    lab.subject = lab.person("P1")
    (lab.scan,) = [each.scan for each in lab.ingest(lab.record("P1", 1))]
    list(run(lab.database, "sum", workers=0))
    return lab


@pytest.fixture
def doubtful(lab):
    """One scan that was taken, and one in quarantine."""
    lab.person("P1")
    cut = lab.file("cut.ply", 5)
    cut.write_bytes(cut.read_bytes()[:-50])
    lab.good, lab.scan = [
        each.scan for each in lab.ingest(lab.record("P1", 1), lab.record("P1", 5, files=(FileRecord(cut),)))
    ]
    return lab


def test_quarantine_waits_with_its_findings(doubtful) -> None:
    (waiting,) = queue(doubtful.database)
    assert waiting.info["id"] == doubtful.scan
    assert waiting.findings[0]["severity"] == "refuse"
    assert list(queue(doubtful.database, {"sex": "female"})) == []


@pytest.mark.parametrize(("decide", "state", "left"), [(accept, "accepted", 2), (reject, "rejected", 1)])
def test_a_decision_stands_with_its_reason(doubtful, decide, state: str, left: int) -> None:
    with pytest.raises(InputError, match="reason"):
        decide(doubtful.database, doubtful.scan, " ")
    (before,) = queue(doubtful.database)
    decide(doubtful.database, doubtful.scan, "seen by two of us")
    assert list(queue(doubtful.database)) == []
    assert count(doubtful.database) == left
    (scan,) = doubtful.database.catalogue.rows("SELECT state, state_reason FROM scans WHERE id = :id", id=doubtful.scan)
    assert dict(scan) == {"state": state, "state_reason": "seen by two of us"}
    kept = doubtful.database.catalogue.rows("SELECT said FROM findings WHERE scan = :id", id=doubtful.scan)
    assert {each["said"] for each in kept} == {each["said"] for each in before.findings}
    said = list(doubtful.database.log.entries(object=doubtful.scan))[-1]
    assert (said["action"], said["allowed"], said["detail"]["state"]) == ("review", True, state)


def test_only_curators_decide(doubtful) -> None:
    add_actor(doubtful.database, "bob")
    grant(doubtful.database, "bob", "analyst", "faces")
    with doubtful.opened("bob") as bob:
        assert list(queue(bob)) == []
        with pytest.raises(AccessError, match="no role"):
            accept(bob, doubtful.scan, "looks fine")
    assert count(doubtful.database, {"state": "quarantined"}) == 1


def test_a_correction_is_preferred_and_the_prediction_stays(found) -> None:
    assert newest_landmarks(found.database, found.scan).xyz == pytest.approx(marks().xyz, abs=1e-4)
    prediction = newest(found.database, found.scan)["landmarks", "ibug68"]
    moved = replace(marks(), set_name="", xyz=marks().xyz + 3, sigma=None, unit=None, mm_per_unit=None)
    name = annotate(found.database, found.scan, moved, "the chin was hidden: SECRET")
    corrected = newest_landmarks(found.database, found.scan)
    np.testing.assert_allclose(corrected.xyz, moved.xyz, atol=1e-4)
    assert corrected.unit == "mm"  # the prediction's
    assert newest_landmarks(found.database, found.scan, "anthropometric").set_name == "anthropometric"
    origin = provenance(found.database, name)
    assert origin.made["tool"] == "correction"
    assert [parent.asset for parent in origin.parents] == [prediction]
    assert prediction in assets_of(found.database, found.scan)
    assert newest(found.database, found.scan, corrections=False)["landmarks", "ibug68"] == prediction
    places = [asset.place for asset in assets_of(found.database, found.scan) if asset.role == "landmarks"]
    assert places == [0, 1, 2]
    assert not list(verify(found.database))


def test_a_note_lies_there_encrypted(found) -> None:
    name = annotate(found.database, found.scan, marks(), "CANARY of a note")
    for path in (found.root / "db").rglob("*"):
        assert not path.is_file() or b"CANARY" not in path.read_bytes()
    (stored,) = found.database.scans(purpose="research")
    (asset,) = [each for each in stored.assets if each.id == name]
    assert b"CANARY of a note" in stored.bytes(asset)
    assert len(read_landmarks(stored.bytes(asset))) == 68


def test_what_was_made_of_the_prediction_is_made_again(found) -> None:
    before = newest(found.database, found.scan)["sum", ""]
    assert list(run(found.database, "sum", workers=0)) == []
    annotate(found.database, found.scan, marks(xyz=marks().xyz + 3))
    assert [(each.kind, each.state) for each in run(found.database, "sum", workers=0)] == [("sum", "done")]
    after = newest(found.database, found.scan)["sum", ""]
    assert after.object != before.object
    assert list(run(found.database, "sum", workers=0)) == []


def test_a_newer_prediction_does_not_replace_a_correction(found, monkeypatch: pytest.MonkeyPatch) -> None:
    annotate(found.database, found.scan, marks(xyz=marks().xyz + 3))
    monkeypatch.setattr(running, "KINDS", {"landmarks": Kind(_find, parameters={"newer": 1})})
    assert [each.state for each in run(found.database, "landmarks", workers=0)] == ["done"]
    np.testing.assert_allclose(newest_landmarks(found.database, found.scan).xyz, marks().xyz + 3, atol=1e-4)


def test_landmarks_by_hand_need_no_prediction(lab, kinds) -> None:
    lab.person("P1")
    (scan,) = [each.scan for each in lab.ingest(lab.record("P1", 1))]
    with pytest.raises(InputError, match="no landmarks of the set"):
        newest_landmarks(lab.database, scan)
    name = annotate(lab.database, scan, marks(unit=None, mm_per_unit=None))
    (parent,) = provenance(lab.database, name).parents
    assert parent.asset.role == "geometry"
    assert newest_landmarks(lab.database, scan).unit == "mm"  # the catalogue's


def test_points_of_no_set_are_refused(found) -> None:
    others = replace(marks("anthropometric"), set_name="ibug68")
    for strange in (others, Landmarks(("a", "b"), np.zeros((2, 3))), Landmarks((), np.zeros((0, 3)))):
        with pytest.raises(InputError, match="sets are ibug68"):
            annotate(found.database, found.scan, strange)


def test_annotating_needs_its_role_and_a_purpose_that_was_agreed(found) -> None:
    add_actor(found.database, "bob")
    grant(found.database, "bob", "curator", "faces")
    with found.opened("bob") as bob, pytest.raises(AccessError, match="no role"):
        annotate(bob, found.scan, marks())
    found.agree(found.subject, purposes={Purpose.TRAINING: None})
    with pytest.raises(AccessError, match="has not agreed"):
        annotate(found.database, found.scan, marks())
    with pytest.raises(AccessError, match="has not agreed"):
        newest_landmarks(found.database, found.scan)
    annotate(found.database, found.scan, marks(), purpose="training")


def test_corrections_leave_with_their_person(found) -> None:
    annotate(found.database, found.scan, marks(), "a note")
    withdraw(found.database, found.subject)
    for table in ("assets", "derivations", "derivation_parents", "objects", "jobs", "findings"):
        assert found.database.catalogue.rows(f"SELECT * FROM {table}") == []
    assert not [path for path in (found.root / "db" / "objects").rglob("*") if path.is_file()]
