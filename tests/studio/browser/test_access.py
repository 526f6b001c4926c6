"""Everybody can use it: no serious finding of axe in any mode and theme, and everything by keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

MODES = ("Scan", "Fit", "Measure", "Compare", "Sequence")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_serious_finding(
    visit: Callable[..., Any], studio: Any, pick: Any, scan_file: Any, findings: Any, theme: str
) -> None:
    # axe is put into the page as text, which the page's own policy forbids; only here is that policy set aside.
    page = visit(studio, bypass_csp=True, color_scheme=theme)
    assert findings(page) == []
    pick(page, scan_file)
    expect(page.get_by_role("grid", name="Landmarks").get_by_role("row")).to_have_count(69)
    for number, title in enumerate(MODES, start=1):
        page.keyboard.press(str(number))
        expect(page.get_by_role("complementary", name=f"{title} panel")).not_to_contain_text("Loading")
        assert findings(page) == [], title
    page.keyboard.press("Control+k")
    assert findings(page) == []


def test_every_control_is_reached_by_tab(opened: Any) -> None:
    opened.evaluate("document.activeElement?.blur()")
    seen = []
    for _ in range(60):
        opened.keyboard.press("Tab")
        seen.append(opened.evaluate("document.activeElement.outerHTML.slice(0, 400)"))
    reached = " ".join(seen)
    for control in ("person.ply", "Commands", "Measure", "3D view of", "Shape index", "Anthropometric", "checkbox"):
        assert re.search(control, reached), control
