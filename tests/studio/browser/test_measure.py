"""Measuring: what two clicks and the tables say agrees with the landmarks and with the library."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

expect = pytest.importorskip("playwright.sync_api").expect


@pytest.fixture
def measuring(opened: Any) -> Any:
    opened.keyboard.press("3")
    expect(opened.get_by_role("group", name="What to measure")).to_be_visible()
    return opened


def ends(landmarks: dict[str, Any], *names: str) -> np.ndarray:
    return np.array([landmarks["xyz"][landmarks["names"].index(name)] for name in names], np.float64)


def test_two_clicks_on_landmarks(measuring: Any, lens: Any, ask_landmarks: Any) -> None:
    marks = ask_landmarks(measuring, "anthropometric")
    places = ends(marks, "ch_r", "ch_l")
    seen = lens(measuring)
    with measuring.expect_response(lambda answer: answer.url.endswith("/distance")) as said:
        for place in places:
            measuring.mouse.click(*seen.place(place))
    straight = np.linalg.norm(places[1] - places[0]) * marks["mm_per_unit"]
    told = said.value.json()
    assert abs(told["straight_mm"] - straight) < 0.5
    assert straight < told["surface_mm"] < 1.6 * straight
    row = measuring.get_by_role("grid", name="Distances").get_by_role("row").nth(1)
    expect(row).to_contain_text(f"{told['straight_mm']:.1f}")
    path = np.array(told["path"])
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).sum() * marks["mm_per_unit"] == pytest.approx(
        told["surface_mm"], rel=0.02
    )


def test_the_table_of_anthropometry_is_the_library_s(measuring: Any, ask: Any) -> None:
    measuring.get_by_role("button", name="Anthropometry").click()
    rows = {(row["measure"], row["side"]): row for row in ask(measuring, "/measures")["rows"]}
    width = next(row for (name, _), row in rows.items() if name == "ch-ch" or "mouth" in row["name"].lower())
    expect(measuring.get_by_role("complementary")).to_contain_text(f"{width['value']:.1f}")
    assert 30 < width["value"] < 75
    assert 0 < width["standard_error"] < 6


def test_asymmetry_is_listed(measuring: Any) -> None:
    measuring.get_by_role("button", name="Asymmetry").click()
    expect(measuring.get_by_role("complementary").get_by_role("row").nth(5)).to_be_visible()
    expect(measuring.get_by_role("complementary")).to_contain_text(re.compile(r"\d\.\d"))
