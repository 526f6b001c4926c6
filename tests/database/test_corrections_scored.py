"""`lineament bench landmarks --database`: found landmarks against those that people have set, for who may read them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lineament.bench.session import Request, measure, plan
from lineament.database.actors import add_actor, grant
from lineament.database.consent.purposes import Purpose
from lineament.database.records import FileRecord
from lineament.database.review import accept, annotate
from lineament.demo import demo_scan
from lineament.detect.detector import Detector
from lineament.errors import AccessError, InputError
from lineament.io.scans import write_scan


@pytest.fixture(scope="module")
def found():
    scan = demo_scan()[0]
    return scan, Detector(threads=1).detect(scan, ("ibug68", "anthropometric"))


@pytest.fixture
def marked(lab, found):
    """A face on which somebody has set the points 3 mm beside those that are found, and one that nobody looked at."""
    scan, detection = found
    lab.subject = lab.person("P1")
    (lab.root / "in").mkdir(exist_ok=True)
    path = write_scan(scan, lab.root / "in" / "face.ply")
    record = lab.record("P1", 1, files=(FileRecord(path),), modality="mesh", unit=scan.unit)
    lab.scan, _ = (each.scan for each in lab.ingest(record, lab.record("P1", 2, expression="smile")))
    accept(lab.database, lab.scan, "a bust, turned away")
    for set_name in ("ibug68", "anthropometric"):
        marks = detection.landmarks[set_name]
        beside = (marks.xyz + np.float32([3 / detection.mm_per_unit, 0, 0])).astype(np.float32)
        if set_name == "ibug68":
            beside[:17] = np.nan  # nobody set the jaw line
        annotate(lab.database, lab.scan, replace(marks, xyz=beside, visible=None))
    return lab


def test_errors_are_distances_to_what_was_set_by_hand(marked) -> None:
    todo = plan(Request(protocols=("accuracy",), database=marked.root / "db", actor="anna"))
    assert [task.item.name for task in todo.tasks] == [marked.scan]
    report = measure(todo, 1)
    inner = report["figures"]["accuracy"][0]["groups"]["inner"]
    assert inner["mean"]["value"] == pytest.approx(3.0, abs=0.05)
    (scan,) = report["scans"]
    assert (report["dataset"], scan["name"]) == ("database", marked.scan)
    entries = list(marked.database.log.entries(object=marked.scan))
    assert ("read", "research") in {(each["action"], each["purpose"]) for each in entries}


def test_only_who_may_read_them_scores_them(marked) -> None:
    request = Request(protocols=("accuracy",), database=marked.root / "db", actor="anna")
    marked.agree(marked.subject, purposes={Purpose.RESEARCH: None})
    with pytest.raises(AccessError, match="purpose not agreed"):
        plan(replace(request, purpose="training"))
    add_actor(marked.database, "ben")
    with pytest.raises(InputError, match="no corrections that you may know of"):
        plan(replace(request, actor="ben"))
    grant(marked.database, "ben", "reader", "faces")
    todo = plan(replace(request, actor="ben"))
    marked.agree(marked.subject, purposes={Purpose.TRAINING: None})  # meanwhile
    with pytest.raises(InputError, match=r"none of the 1 scans can be used.*has not agreed"):
        measure(todo, 1)
    with pytest.raises(AccessError, match="not an actor"):
        plan(replace(request, actor="eve"))


def test_a_database_is_no_dataset_beside_another(marked) -> None:
    for wrong in ({"dataset": "scans"}, {"order": "ibug68"}):
        with pytest.raises(InputError, match="takes the place of a dataset"):
            plan(Request(database=marked.root / "db", actor="anna", **wrong))
