"""The datasheet has its seven sections, true numbers, and nothing by which somebody could be found."""

from __future__ import annotations

import re

from lineament.database.releases.create import release_named
from lineament.database.releases.datasheet import datasheet
from lineament.database.releases.hand_out import hand_out
from lineament.database.withdraw import withdraw

LAYOUTS = ("bids", "webdataset")
SECTIONS = [
    "Motivation",
    "Composition",
    "Collection process",
    "Preprocessing, cleaning, labelling",
    "Uses",
    "Distribution",
    "Maintenance",
]


def section(text: str, title: str) -> str:
    return re.split(r"^## \d\. ", text, flags=re.MULTILINE)[SECTIONS.index(title) + 1]


def test_the_seven_sections_tell_what_the_catalogue_knows(lab, publish, scan_people) -> None:
    scan_people(6, sex="female", device="Scan|Master")
    scan_people(7, sex="male", device="Scan|Master", broken=True)
    release = publish(description="Bumpy ellipsoids.", licence="CC BY 4.0", seed=3, splits={"train": 0.5, "test": 0.5})
    device = lab.database.catalogue.rows("SELECT id FROM devices")[0]["id"]
    lab.database.catalogue.run(
        "INSERT INTO calibrations VALUES ('cal1', :device, '2026-01-02', '2026-07-02', 'sphere', 0.123, '{}')",
        device=device,
    )
    text = datasheet(lab.database, release)
    assert re.findall(r"^## \d\. (.*)$", text, re.MULTILINE) == SECTIONS
    assert "Bumpy ellipsoids." in section(text, "Motivation")
    composition = section(text, "Composition")
    assert "- 6 scans of 6 people, 6 files" in composition
    assert "seed 3" in composition
    assert release["manifest_sha256"] in composition
    assert "### Splits" in composition
    collection = section(text, "Collection process")
    assert (
        "- Scan\\|Master\n  - calibrated 2026-01-02, sphere, reprojection error 0.123 px RMS, valid until" in collection
    )
    assert "| GDPR | General Data Protection Regulation (EU) 2016/679 | 6 |" in collection
    assert "| training | Training a model | 6 | 0 |" in collection
    cleaning = section(text, "Preprocessing, cleaning, labelling")
    assert "7 (53.8%) of 13 scans" in cleaning
    assert "| malformed | 7 | 7 |" in cleaning
    assert "| male | 7 | 7 | 100.0% | yes |" in cleaning
    uses = section(text, "Uses")
    assert "DUO:0000042" in uses
    assert "Quality control removed more scans of sex 'male'" in uses
    assert "CC BY 4.0" in section(text, "Distribution")
    assert "| 1.0.0 |" in section(text, "Maintenance")
    assert "privacy@lab.example" in section(text, "Maintenance")


def test_no_cell_tells_of_fewer_than_five_people(lab, publish, scan_people) -> None:
    scan_people(5, sex="female", origin="common")
    scan_people(2, sex="male", origin="rare")
    text = datasheet(lab.database, publish())
    assert "| female | ≥5 | not told |" in text
    assert "| male | \\<5 | not told |" in text
    numbers = [
        cell for line in text.splitlines() if line.startswith("| male") or "rare" in line for cell in line.split("|")
    ]
    assert not {"1", "2", "3", "4"} & {cell.strip() for cell in numbers}


def test_it_names_nobody(lab, publish, scan_people) -> None:
    people = [lab.person("LABEL-1", attributes={"note": "CANARY"}), *scan_people(2)]
    lab.ingest(lab.record("LABEL-1", 5001))
    release = publish()
    text = datasheet(lab.database, release)
    scans = [each["id"] for each in lab.database.catalogue.rows("SELECT id FROM scans")]
    consents = [each["id"] for each in lab.database.catalogue.rows("SELECT id FROM consents")]
    assert not [name for name in (*people, *scans, *consents, "LABEL-1", "CANARY") if name in text]


def test_it_goes_with_every_export_and_says_when_somebody_left(lab, publish, scan_people) -> None:
    people = scan_people(3)
    old = publish()
    for layout in LAYOUTS:
        hand_out(lab.database, "shapes", layout, lab.root / "out" / layout, "Bob", country="FR")
        assert (lab.root / "out" / layout / "DATASHEET.md").read_text("utf-8") == datasheet(lab.database, old)
    withdraw(lab.database, people[0])
    new = release_named(lab.database.catalogue, "shapes")
    for layout in LAYOUTS:
        text = (lab.root / "out" / layout / "DATASHEET.md").read_text("utf-8")
        assert text == datasheet(lab.database, new)
        assert re.search(r"\| 1\.0\.0 \| .* \| tombstoned \d{4}", text)
        assert "| 2.0.0 |" in text
    old = release_named(lab.database.catalogue, old["id"])
    assert "Do not use it" in datasheet(lab.database, old)
