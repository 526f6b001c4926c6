"""The frame of the page: it lets in who has the token, obeys keys, and takes files."""

from __future__ import annotations

import re
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api").expect


def test_a_browser_without_the_token_sees_nothing(browser: Any, studio: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(studio.address.partition("?")[0])
    assert answer.status == 401
    expect(page.get_by_text("holds the token")).to_be_visible()
    context.close()


def test_the_token_leaves_the_address(visit: Any, studio: Any) -> None:
    page = visit(studio)
    expect(page.get_by_role("heading", name="Drop a scan")).to_be_visible()
    assert "token" not in page.url


def test_keys_choose_modes_and_find_commands(visit: Any, studio: Any) -> None:
    page = visit(studio)
    modes = page.get_by_role("navigation", name="Modes")
    expect(modes.get_by_role("button", name="Scan")).to_have_attribute("aria-current", "page")
    page.keyboard.press("3")
    expect(modes.get_by_role("button", name="Measure")).to_have_attribute("aria-current", "page")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find a command").fill("go fit")
    page.keyboard.press("Enter")
    expect(modes.get_by_role("button", name="Fit")).to_have_attribute("aria-current", "page")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("From the front")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_theme_is_chosen_and_kept(visit: Any, studio: Any) -> None:
    page = visit(studio)
    before = page.locator("html").get_attribute("data-theme")
    page.get_by_role("button", name=re.compile("^Light or dark")).click()
    after = {"dark": "light", "light": "dark"}[before]
    expect(page.locator("html")).to_have_attribute("data-theme", after)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", after)


def test_what_is_no_scan_is_told_in_a_sentence(visit: Any, studio: Any, pick: Any, tmp_path: Any) -> None:
    broken = tmp_path / "broken.ply"
    broken.write_bytes(b"ply\nformat binary_little_endian 1.0\nelement vertex 9\nproperty float x\nend_header\n")
    page = visit(studio)
    pick(page, broken)
    told = page.get_by_role("alert")
    expect(told).to_be_visible()
    expect(told).to_contain_text(re.compile("ply|vertex|bytes|truncated", re.IGNORECASE))
    expect(page.locator(".tab")).to_have_count(0)
