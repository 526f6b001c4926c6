"""What the catalogue, which is not encrypted, keeps of what was found: no word of a file, and no shape."""

from __future__ import annotations

import pytest

from lineament.database.intake.ingest import ingest
from lineament.database.intake.inspection import cells, geometry_key
from lineament.database.people import add_project, enrol
from lineament.database.records import FileRecord, Manifest, ScanRecord, SubjectRecord
from lineament.io.scans import read_scan

pytestmark = pytest.mark.parametrize("lab", ["sqlite", "postgresql"], indirect=True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("n.obj", "v 1 2 3\nv CANARY 2 3\nf 1 2 3\n"),
        ("n.off", "OFF CANARY\n"),
        ("n.stl", "solid x\nfacet normal CANARY\n"),
    ],
)
def test_words_of_a_bad_file_are_told_and_not_kept(lab, name: str, text: str) -> None:
    lab.person("P1")
    path = lab.root / "in" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    (outcome,) = lab.ingest(lab.record("P1", 1, files=(FileRecord(path),)))
    assert outcome.state == "quarantined"
    assert "CANARY" in outcome.reason or name != "n.obj"
    rows = lab.database.catalogue.rows("SELECT state_reason FROM scans") + lab.database.catalogue.rows(
        "SELECT said FROM findings"
    )
    assert "CANARY" not in str([dict(each) for each in rows])
    assert "geometry 0: " in rows[0]["state_reason"]


def test_nobody_finds_a_scan_by_a_file_without_the_key(lab) -> None:
    lab.person("P1")
    record = lab.record("P1", 1)
    lab.ingest(record)
    (kept,) = lab.database.catalogue.rows("SELECT geometry_key FROM scans")
    key = geometry_key(read_scan(record.files[0].path).points)
    assert not any(text in str(kept["geometry_key"]) for text in (key, *cells(key), key.split()[1]))


def test_the_same_shape_is_told_in_the_project_without_a_name(lab) -> None:
    own = lab.person("P1")
    lab.person("P2")
    record = lab.record("P1", 1)
    (first,) = lab.ingest(record)
    assert lab.ingest(lab.record("P1", 1, files=record.files, session="2"))[0].reason.endswith(f"as {first.scan}")
    (other,) = lab.ingest(lab.record("P2", 1, files=record.files))
    assert other.state == "quarantined"
    assert other.reason == "the same shape is there already, of another person"
    add_project(lab.database, "others", lab.controller)
    subject = enrol(lab.database, "others", SubjectRecord("Z"), "GDPR")
    lab.agree(subject)
    there = ScanRecord("Z", record.files, modality="cloud")
    (elsewhere,) = ingest(lab.database, "others", Manifest("m", (SubjectRecord("Z"),), (there,)), workers=1)
    assert elsewhere.state == "accepted"
    assert own not in other.reason
