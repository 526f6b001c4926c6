"""Pages and charts say what the report holds."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from lineament.bench.charts import Bar, Series, bars, lines_panel, picture, ticks
from lineament.bench.outcome import Outcome
from lineament.bench.page import headline, page
from lineament.bench.plots import draw
from lineament.bench.points import ibug_names
from lineament.bench.protocols import SWEEPS
from lineament.bench.real import Movement, Unusable
from lineament.bench.report import Run, build_report

RNG = np.random.default_rng(0)


def scan(protocol: str, point: str, name: str) -> Outcome:
    tags = {"sensor": "ct skin", "origin": "asian", "sex": "male", "age": "old"}
    shown = RNG.random(68) < 0.8
    error = RNG.gamma(3, 0.5, 68)
    return Outcome(protocol, point, name, tags, 5000, 210, "", True, error, np.full(68, 1.5), shown, shown)


@pytest.fixture(scope="module")
def report() -> dict[str, object]:
    scans = [scan("base", "", str(i)) for i in range(6)]
    for protocol, values in SWEEPS.items():
        scans += [scan(protocol, f"{value:g}", str(i)) for value in values for i in range(5)]
    scans += [Outcome("faceless", "", str(i), reason="none" if i else "") for i in range(10)]
    return build_report(Run("virtual", 9, 6, ("base", *SWEEPS, "faceless")), ibug_names(), scans)


def test_the_page_names_seed_and_number_and_every_protocol(report: dict[str, object]) -> None:
    text = page(report)
    assert "seed 9" in text
    for title in ("All degradations", "Noise", "Density", "Occlusion", "Yaw", "Scans without a face"):
        assert f"\n## {title}" in text
    assert "1 of 10 were taken for a face: 10.0 % (0.3 to 44.5)." in text
    assert "| lip_inner_7 | 6 |" in text
    assert "nan" not in text.lower().replace("nano", "")
    lines = headline(report)
    assert lines[0].startswith("base: N 6, inner points: mean 1.")
    assert lines[1].startswith("noise: mean 1.")
    assert lines[-1] == "faceless: 1 of 10 believed"


def test_every_table_of_the_page_has_rows_as_wide_as_its_header(report: dict[str, object]) -> None:
    blocks = [block.splitlines() for block in page(report).split("\n\n") if block.startswith("|")]
    assert len(blocks) > 8
    for block in blocks:
        assert len({line.count("|") for line in block}) == 1


def test_charts_are_well_formed_and_hold_what_they_show(report: dict[str, object]) -> None:
    found = draw(report)
    assert {*found} == {"sweeps.svg", "groups.svg", "landmarks.svg", "calibration.svg"}
    for text in found.values():
        assert ElementTree.fromstring(text).tag.endswith("svg")
        assert "nan" not in text
    assert all(name in found["landmarks.svg"] for name in ibug_names())
    assert all(title in found["sweeps.svg"] for title in ("Noise", "Density", "100k", "of the face hidden"))


def test_a_report_in_which_nothing_was_found_is_still_written() -> None:
    scans = [Outcome("base", "", str(i), reason="no face", shown=np.ones(68, bool)) for i in range(6)]
    report = build_report(Run("virtual", 1, 6, ("base",)), ibug_names(), scans)
    assert "6 of 6: 100.0 % (54.1 to 100.0)" in page(report)
    assert draw(report)
    assert headline(report) == ["base: N 6, inner points: mean none, p95 none mm, 6 failed"]


def test_movement_and_unusable_files_are_told() -> None:
    moved = np.full((5, 68), 0.25)
    moved[0, 3] = 2
    lost = np.full((5, 68), np.nan)
    movements = [
        Movement("steadiness", "a.ply", "mm", moved, 1.5),
        Movement("steadiness", "a.ply", "mm", lost, 1.5),
        Movement("mirror", "b.ply", "", np.empty((0, 68)), float("nan"), "no face"),
    ]
    report = build_report(Run("folder", 1, None, ("steadiness",)), ibug_names(), [], movements, [Unusable("c", "bad")])
    entry = report["movement"][0]
    assert (entry["runs"], entry["failed"], entry["inner"], entry["worst"]) == (10, 5, 0.25, 2)
    text = page(report)
    assert "| a.ply | mm | 10 | 5 | 0.26 | 0.25 |" in text
    assert "- c: bad" in text
    assert "no face" in text
    assert draw(report) == {}


@pytest.mark.parametrize("top", [1e-6, 0.3, 1, 7.3, 99, 12345.0])
def test_ticks_are_round_and_reach_the_top(top: float) -> None:
    marks = ticks(top)
    assert marks[0] == 0
    assert marks[-1] >= top * (1 - 1e-9)
    assert marks[-2] < top
    assert 2 <= len(marks) <= 7


def test_longer_bars_are_larger_values_and_names_are_escaped() -> None:
    root = ElementTree.fromstring(bars("a < b", [Bar("one", 1.0), Bar("two & three", 2.0, 1.5, 2.5), Bar("heading")]))
    widths = [float(rect.get("width", "0")) for rect in root.iter("{http://www.w3.org/2000/svg}rect") if rect.get("rx")]
    assert widths[1] == pytest.approx(2 * widths[0])
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a < b", "two & three", "heading"} <= {*words}


def test_a_higher_value_is_higher_on_the_panel() -> None:
    series = Series("mean", "#000", (1.0, 3.0, None), (0.9, 2.5, None), (1.1, 3.5, None))
    root = ElementTree.fromstring(picture(400, 300, lines_panel(0, 0, "t", "x", ["a", "b", "c"], [series])))
    circles = [float(dot.get("cy", "0")) for dot in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert len(circles) == 2
    assert circles[1] < circles[0]
