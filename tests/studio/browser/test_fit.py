"""Fit, compare and play: the page shows what the library finds."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lineament
from lineament.demo import visible_triangles
from lineament.face.model import load_face_model
from lineament.types import Scan

expect = pytest.importorskip("playwright.sync_api").expect

FRAMES = 6
OPEN = "jawOpen"


@pytest.fixture(scope="session")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Scans in mm of one virtual person, whose mouth opens from the first to the last."""
    model, folder = load_face_model(), tmp_path_factory.mktemp("frames")
    identity = 0.7 * np.random.default_rng(5).standard_normal(len(model.identity))
    paths = []
    for number in range(FRAMES):
        share = 0.7 * number / (FRAMES - 1)
        weights = [share if name == OPEN else 0.0 for name in model.expression_names]
        scan = Scan(model.shape(identity, weights), visible_triangles(model), unit="mm")
        paths.append(folder / f"talk_{number + 1:02d}.ply")
        lineament.write_scan(scan, paths[-1])
    return paths


def test_the_fit_is_shown_moved_and_downloaded(opened: Any, ask: Any, lens: Any, tmp_path: Path) -> None:
    opened.keyboard.press("2")
    opened.get_by_role("button", name="Fit the face").click()
    panel = opened.get_by_role("complementary")
    expect(panel).to_contain_text("of the face")
    told = ask(opened, "/fit")
    expect(panel).to_contain_text(f"{told['median']:.2f} mm off the scan")
    assert told["median"] < 0.5
    opened.get_by_role("button", name="Fit", exact=True).last.click()  # the fit alone
    before = lens(opened).pixels().astype(int)
    jaw = opened.get_by_role("slider", name=re.compile("^(jaw )?open", re.IGNORECASE)).first
    jaw.focus()
    for _ in range(12):
        opened.keyboard.press("PageUp")
    moved = lens(opened).pixels().astype(int)
    changed = np.abs(moved - before).sum(axis=2) > 60
    height, width = changed.shape
    # The lower half of the face moves, the forehead does not.
    assert changed[height // 2 :, width // 3 : 2 * width // 3].mean() > 0.02
    assert changed[: height // 4, width // 3 : 2 * width // 3].mean() < 0.002
    with opened.expect_download() as waiting:
        opened.get_by_role("link", name="NPZ").click()
    path = tmp_path / "face.npz"
    waiting.value.save_as(path)
    face = lineament.read_face(path)
    assert len(face.vertices) == told["vertices"]


def test_two_scans_are_compared(visit: Any, studio: Any, pick: Any, frames: list[Path], lens: Any) -> None:
    page = visit(studio)
    pick(page, frames[0], frames[-1])
    expect(page.locator(".tab")).to_have_count(2)
    page.keyboard.press("4")
    panel = page.get_by_role("complementary")
    page.get_by_role("combobox", name="A, from which it is measured").select_option(label="talk_01.ply")
    page.get_by_role("combobox", name="B, to which").select_option(label=f"talk_{FRAMES:02d}.ply")
    page.get_by_role("button", name="Compare", exact=True).last.click()
    table = panel.get_by_role("grid", name="Deviation of each region")
    expect(table.get_by_role("row").nth(3)).to_be_visible()
    rows = {row.split("\t")[0]: row.split("\t")[1:] for row in table.inner_text().splitlines() if "\t" in row}
    value = {name: float(cells[2].replace("−", "-")) for name, cells in rows.items() if cells[2] not in ("p95", "–")}  # noqa: RUF001
    # The mouth opened: lips and chin have moved by millimetres, the forehead has not.
    assert max(value[name] for name in value if "lip" in name or "chin" in name) > 3
    assert value["forehead"] < 0.3
    page.get_by_role("button", name="Overlaid").click()
    expect(panel.get_by_role("slider", name="Colours to")).to_be_visible()


def test_a_sequence_plays(visit: Callable[..., Any], studio: Any, pick: Any, frames: list[Path]) -> None:
    page = visit(studio)
    pick(page, *frames)
    dialog = page.get_by_role("dialog", name="Open numbered files")
    expect(dialog).to_contain_text(f"{FRAMES} numbered files")
    dialog.get_by_role("button", name="Open as a sequence").click()
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text(f"1 of {FRAMES}")
    page.keyboard.press(".")
    expect(timeline).to_contain_text(f"2 of {FRAMES}")
    first = page.evaluate("lineament.active.info.name")
    page.keyboard.press(",")
    expect(timeline).to_contain_text(f"1 of {FRAMES}")
    assert (first, page.evaluate("lineament.active.info.name")) == ("talk_02.ply", "talk_01.ply")
    sequences = page.request.get(f"{page.url.partition('#')[0]}api/sequences").json()
    opening = sequences[0]["expressions"][OPEN]
    assert opening[-1] > opening[0] + 0.4
    assert opening == sorted(opening)
    expect(timeline).to_contain_text("open")  # among the liveliest curves
    page.keyboard.press("Space")
    expect(timeline.get_by_role("button", name="Pause")).to_be_visible()
