"""Browsing a database: people sign in, see what the rules let them see, and decide what is theirs to decide."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import lineament
from lineament.cli import main
from lineament.demo import subdivide, visible_triangles
from lineament.face.model import load_face_model
from lineament.types import Scan

expect = pytest.importorskip("playwright.sync_api").expect

PEOPLE = {"P01": ("female", 34), "P02": ("male", 41), "P03": ("female", 27)}
EXPRESSIONS = {"neutral": {}, "smile": {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}}
AGREED = {"P01": "research;portrait", "P02": "research", "P03": "research;training"}
DOUBTFUL = ("P03", "smile")
PASSWORD = "a long enough password"


def command(*words: str, typed: str | None = None) -> None:
    done = CliRunner().invoke(main, ["db", *words], input=typed)
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three virtual people with two scans each, one in a wrong unit; anna may do everything, ben may read."""
    root, model, rng = tmp_path_factory.mktemp("database"), load_face_model(), np.random.default_rng(2)
    (root / "in").mkdir()
    rows = [("subject", "file", "expression", "protocol", "sex", "age", "unit", "purposes")]
    for label, (sex, age) in PEOPLE.items():
        identity = 0.7 * rng.standard_normal(len(model.identity))
        for expression, weights in EXPRESSIONS.items():
            shape = model.shape(identity, [weights.get(name, 0.0) for name in model.expression_names])
            points, triangles = subdivide(shape, visible_triangles(model))
            file = f"{label}_{expression}.ply"
            lineament.write_scan(Scan(points, triangles), root / "in" / file)
            unit = "m" if (label, expression) == DOUBTFUL else "mm"
            rows.append((label, file, expression, "facescape20", sex, str(age), unit, AGREED[label]))
    with open(root / "in" / "manifest.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    (root / "consent.txt").write_text("I agree that my face is scanned.")
    path, own = str(root / "faces.db"), ("--db", str(root / "faces.db"), "--as", "anna")
    command("init", path, "--as", "anna", "--key", str(root / "anna.key"))
    where = ("--institution", "A laboratory", "--address", "1 Street", "--contact", "a@lab.example", "--country", "DE")
    command("project", "add", "faces", *where, *own)
    command("ingest", str(root / "in"), "--consent-text", str(root / "consent.txt"), "--separate", "--jobs", "1", *own)
    command("run", "thumbnail", "--purpose", "research", "--jobs", "1", *own)
    command("actor", "add", "ben", *own)
    for actor in ("anna", "ben"):
        command("actor", "password", actor, "--stdin", *own, typed=f"{PASSWORD}\n")
    command("grant", "ben", "reader", *own)
    return root / "faces.db"


@pytest.fixture(scope="module")
def house(serve: Any, database: Path) -> Any:
    with serve(database=database) as served:
        yield served


@pytest.fixture
def enter(visit: Any, house: Any) -> Any:
    """Sign in and go to the database."""

    def enter(actor: str, **options: Any) -> Any:
        page = visit(house, **options)
        page.get_by_role("textbox", name="Name").fill(actor)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("navigation", name="Modes").get_by_role("button", name="Database").click()
        expect(page.get_by_role("tablist", name="Database")).to_be_visible()
        return page

    return enter


def test_a_wrong_password_is_told_and_lets_nobody_in(visit: Any, house: Any) -> None:
    page = visit(house, may_fail=True)
    page.get_by_role("textbox", name="Name").fill("anna")
    page.get_by_label("Password").fill("a wrong password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("navigation", name="Modes")).to_have_count(0)


def test_pictures_filters_and_facts(enter: Any) -> None:
    page = enter("anna")
    body = page.get_by_role("tabpanel")
    expect(body.locator(".cell")).to_have_count(5)  # the sixth is in quarantine
    expect(body.locator("img.here").first).to_be_visible()
    page.get_by_label("Expression", exact=True).select_option("smile")
    expect(body.locator(".cell")).to_have_count(2)
    body.locator(".cell").first.click()
    panel = page.get_by_role("complementary")
    expect(panel).to_contain_text("facescape20")
    expect(panel).to_contain_text("thumbnail")


def test_a_scan_is_opened_for_a_purpose_and_logged(enter: Any) -> None:
    page = enter("anna")
    page.get_by_role("tabpanel").locator(".cell").first.click()
    page.get_by_role("complementary").get_by_role("button", name=re.compile("^Open")).first.click()
    expect(page.get_by_role("grid", name="Landmarks").get_by_role("row")).to_have_count(69)
    assert page.evaluate("lineament.active.info.origin") == "database"
    page.get_by_role("navigation", name="Modes").get_by_role("button", name="Database").click()
    page.get_by_role("tab", name="Audit log").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("read")


def test_quarantine_is_decided_with_a_reason(enter: Any) -> None:
    page = enter("anna")
    page.get_by_role("tab", name=re.compile("^Review")).click()
    case = page.get_by_role("article")
    expect(case).to_contain_text(re.compile("unit|size|large", re.IGNORECASE))
    case.get_by_role("button", name="Reject").click()
    field = case.get_by_role("textbox")
    field.fill("the unit is wrong")
    field.press("Enter")
    expect(page.get_by_role("tabpanel")).to_contain_text("Nothing waits in quarantine")


def test_a_reader_neither_decides_nor_sees_the_log(enter: Any) -> None:
    page = enter("ben")
    tabs = page.get_by_role("tablist", name="Database")
    expect(tabs.get_by_role("tab", name="Scans")).to_be_visible()
    expect(tabs.get_by_role("tab", name="Audit log")).to_have_count(0)
    expect(tabs.get_by_role("tab", name=re.compile("^Review"))).to_have_count(0)


def test_no_serious_finding_in_the_database(enter: Any, findings: Any) -> None:
    page = enter("anna", bypass_csp=True)
    for tab in page.get_by_role("tablist", name="Database").get_by_role("tab").all():
        tab.click()
        expect(page.get_by_role("tabpanel")).not_to_contain_text("Loading")
        assert findings(page) == [], tab.inner_text()
