"""Corrections from files: on the scan that they say, kept beside what was found, listed for those who may read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lineament.database.actors import add_actor, add_condition, grant
from lineament.database.consent.purposes import Purpose
from lineament.database.corrections import correct, corrected, corrections_of
from lineament.database.derive import newest, provenance
from lineament.database.reading import open_scan
from lineament.database.records import FileRecord
from lineament.database.review import newest_landmarks
from lineament.errors import AccessError, InputError
from lineament.face.model import load_face_model
from lineament.io.landmarks import write_landmarks
from lineament.io.scans import write_scan
from lineament.types import Landmarks, Scan


@pytest.fixture
def faced(lab):
    """Somebody with a scan that has the model's shape, and the model's landmarks."""
    model = load_face_model()
    lab.subject = lab.person("P1")
    (lab.root / "in").mkdir(exist_ok=True)
    path = write_scan(Scan(model.vertices, model.triangles, unit="mm"), lab.root / "in" / "face.ply")
    record = lab.record("P1", 1, files=(FileRecord(path),), modality="mesh", unit="mm")
    (lab.scan,) = [each.scan for each in lab.ingest(record)]
    chosen = model.landmark_sets["ibug68"]
    lab.marks = Landmarks(chosen.names, model.landmarks(model.vertices, "ibug68"), unit="mm", set_name="ibug68")
    return lab


def test_a_file_in_any_order_becomes_a_correction(faced) -> None:
    order = np.random.default_rng(0).permutation(68)[:60]
    marks = faced.marks
    shuffled = Landmarks(tuple(marks.names[place] for place in order), marks.xyz[order])
    file = write_landmarks(shuffled, faced.root / "by_hand.csv")
    name, stored = correct(faced.database, faced.scan, file, "looked twice")
    found = newest_landmarks(faced.database, faced.scan)
    np.testing.assert_allclose(found.xyz[order], marks.xyz[order], atol=1e-3)
    assert np.isnan(found.xyz).any(axis=1).sum() == 8  # missing, not taken from elsewhere
    assert (stored.names, found.set_name, found.unit) == (marks.names, "ibug68", "mm")
    made = provenance(faced.database, name).made
    assert (made["tool"], made["made_by"]) == ("correction", faced.database.guard.actor)
    opened = open_scan(faced.database, faced.scan, purpose="research")
    assert list(corrections_of(opened, faced.database)) == ["ibug68"]


@pytest.mark.parametrize("change", [lambda xyz: xyz / 10, lambda xyz: xyz * [1, -1, -1], lambda xyz: xyz + 300])
def test_points_that_do_not_lie_on_the_scan_are_refused(faced, change) -> None:
    moved = replace(faced.marks, xyz=change(faced.marks.xyz).astype(np.float32), unit=None, mm_per_unit=None)
    file = write_landmarks(moved, faced.root / "moved.json")
    with pytest.raises(InputError, match="check unit and frame"):
        correct(faced.database, faced.scan, file)
    assert newest(faced.database, faced.scan) == {}


def test_a_file_of_no_points_is_refused(faced) -> None:
    gone = replace(faced.marks, xyz=np.full((68, 3), np.nan, np.float32), visible=None)
    with pytest.raises(InputError, match="no point"):
        correct(faced.database, faced.scan, write_landmarks(gone, faced.root / "gone.json"))


def test_only_corrections_that_may_be_read_are_listed(faced) -> None:
    assert corrected(faced.database) == []
    file = write_landmarks(faced.marks, faced.root / "by_hand.json")
    correct(faced.database, faced.scan, file)
    correct(faced.database, faced.scan, file)
    (found,) = corrected(faced.database)
    assert (found.scan, found.subject, found.frame) == (faced.scan, faced.subject, None)
    assert corrected(faced.database, {"expression": "nothing"}) == []
    assert corrected(faced.database, purpose="training")
    faced.agree(faced.subject, purposes={Purpose.RESEARCH: None})
    with pytest.raises(AccessError, match="purpose not agreed"):
        corrected(faced.database, purpose="training")
    add_actor(faced.database, "ben")
    with faced.opened("ben") as ben:
        assert corrected(ben) == []  # nothing that ben may know of
    grant(faced.database, "ben", "reader", "faces")
    add_condition(faced.database, "faces", "terms", "Terms of use")
    with faced.opened("ben") as ben, pytest.raises(AccessError, match="conditions not met"):
        corrected(ben)


def test_a_frame_of_a_sequence_is_corrected_alone(faced) -> None:
    model = load_face_model()
    rough = np.random.default_rng(0).normal(size=(2, *model.vertices.shape))
    frames = [Scan((model.vertices + 0.1 * each).astype(np.float32), model.triangles, unit="mm") for each in rough]
    paths = [write_scan(frame, faced.root / "in" / f"{place}.ply") for place, frame in enumerate(frames)]
    files = tuple(FileRecord(path, index=place) for place, path in enumerate(paths))
    record = faced.record("P1", 1, files=files, modality="sequence", expression="smile", unit="mm")
    (scan,) = [each.scan for each in faced.ingest(record)]
    file = write_landmarks(faced.marks, faced.root / "by_hand.json")
    for frame, said in ((None, "say which frame"), (2, "no frame 2")):
        with pytest.raises(InputError, match=said):
            correct(faced.database, scan, file, frame=frame)
    with pytest.raises(InputError, match="no sequence"):
        correct(faced.database, faced.scan, file, frame=0)
    correct(faced.database, scan, file, frame=1)
    assert [(each.scan, each.frame) for each in corrected(faced.database)] == [(scan, 1)]
    assert newest(faced.database, scan, frame=0) == newest(faced.database, scan) == {}
    np.testing.assert_allclose(newest_landmarks(faced.database, scan, frame=1).xyz, faced.marks.xyz, atol=1e-3)
