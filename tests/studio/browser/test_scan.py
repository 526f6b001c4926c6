"""A scan is dropped, looked at and corrected: what a person sees and does is what the numbers say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lineament
from lineament.types import Landmarks, Scan

expect = pytest.importorskip("playwright.sync_api").expect

NOSE_TIP = "nose_bridge_3"
DRAG = 40
"""Pixels that a landmark is dragged."""


def xyz(landmarks: dict[str, Any], name: str) -> np.ndarray:
    return np.array(landmarks["xyz"][landmarks["names"].index(name)], np.float64)


def drag(page: Any, start: np.ndarray, end: np.ndarray) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    for share in (0.3, 0.7, 1.0):
        page.mouse.move(*(start + share * (end - start)))
    page.mouse.up()


@pytest.fixture
def page(opened: Any) -> Any:
    return opened


def test_landmarks_lie_where_the_person_has_them(
    page: Any, virtual: tuple[Scan, Landmarks], ask_landmarks: Any
) -> None:
    found, truth = ask_landmarks(page), virtual[1]
    away = np.linalg.norm(np.array(found["xyz"], np.float64) - truth.xyz, axis=1) * found["mm_per_unit"]
    assert found["unit"] == "m"
    assert np.median(away[17:]) < 2.5


def test_the_face_is_drawn_upright_and_turned_to_the_viewer(page: Any, lens: Any, ask_landmarks: Any) -> None:
    found, seen = ask_landmarks(page), lens(page)
    brow, chin = seen.place(xyz(found, "brow_left_2")), seen.place(xyz(found, "jaw_08"))
    left, right = seen.place(xyz(found, "eye_left_3")), seen.place(xyz(found, "eye_right_0"))
    assert chin[1] > brow[1] + 150
    assert left[0] > right[0] + 100  # the subject's left is at the viewer's right
    assert abs(left[1] - right[1]) < 12


def test_a_landmark_is_drawn_where_it_lies(page: Any, lens: Any, ask_landmarks: Any) -> None:
    seen = lens(page)
    corner, _ = seen.canvas()
    column, row = np.round(seen.place(xyz(ask_landmarks(page), NOSE_TIP)) - corner).astype(int)
    page.get_by_role("button", name="None", exact=True).click()
    without = seen.pixels()[row - 3 : row + 4, column - 3 : column + 4].astype(int)
    page.get_by_role("button", name="iBUG 68").click()
    expect(page.get_by_role("grid", name="Landmarks")).to_be_visible()
    with_points = seen.pixels()[row - 3 : row + 4, column - 3 : column + 4].astype(int)
    assert np.abs(with_points - without).sum(axis=2).max() > 100


def test_a_dragged_landmark_lands_where_the_ray_meets_the_surface(
    page: Any, lens: Any, virtual: tuple[Scan, Landmarks], ask_landmarks: Any
) -> None:
    seen, before = lens(page), ask_landmarks(page)
    start = seen.place(xyz(before, NOSE_TIP))
    end = start + np.array([DRAG * 0.8, DRAG * 0.6])
    wanted = seen.hit(virtual[0], end)
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        drag(page, start, end)
    after = ask_landmarks(page)
    assert np.linalg.norm(xyz(after, NOSE_TIP) - wanted) * after["mm_per_unit"] < 0.5
    assert after["corrected"][after["names"].index(NOSE_TIP)]
    others = [name for name in after["names"] if name != NOSE_TIP]
    assert all((xyz(after, name) == xyz(before, name)).all() for name in others)
    assert after["history"][-1]["name"] == NOSE_TIP


def test_undo_and_redo(page: Any, lens: Any, ask_landmarks: Any) -> None:
    before = ask_landmarks(page)
    start = lens(page).place(xyz(before, NOSE_TIP))
    is_patch = lambda answer: answer.request.method == "PATCH"  # noqa: E731
    with page.expect_response(is_patch):
        drag(page, start, start + np.array([DRAG, 0]))
    moved = xyz(ask_landmarks(page), NOSE_TIP)
    with page.expect_response(is_patch):
        page.keyboard.press("Control+z")
    np.testing.assert_array_equal(xyz(ask_landmarks(page), NOSE_TIP), xyz(before, NOSE_TIP))
    with page.expect_response(is_patch):
        page.keyboard.press("Control+Shift+z")
    np.testing.assert_allclose(xyz(ask_landmarks(page), NOSE_TIP), moved, atol=1e-6)


def test_missing_nudged_and_swapped_by_keys(page: Any, ask_landmarks: Any) -> None:
    is_patch = lambda answer: answer.request.method == "PATCH"  # noqa: E731
    table = page.get_by_role("grid", name="Landmarks")
    before = ask_landmarks(page)
    table.get_by_role("row", name="brow left 2").click()
    with page.expect_response(is_patch):
        page.keyboard.press("Shift+ArrowUp")
    moved = ask_landmarks(page)
    step = np.linalg.norm(xyz(moved, "brow_left_2") - xyz(before, "brow_left_2")) * before["mm_per_unit"]
    assert 0.5 < step < 3  # a millimetre in the view, more along a surface that leans
    with page.expect_response(is_patch):
        page.keyboard.press("x")
    swapped = ask_landmarks(page)
    np.testing.assert_array_equal(xyz(swapped, "brow_right_2"), xyz(moved, "brow_left_2"))
    with page.expect_response(is_patch):
        page.keyboard.press("Delete")
    assert ask_landmarks(page)["xyz"][before["names"].index("brow_left_2")] is None
    expect(table.get_by_role("row", name="brow left 2")).to_contain_text("missing")


def test_corrected_landmarks_are_downloaded_and_read_again(page: Any, tmp_path: Path, ask_landmarks: Any) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("combobox", name="iBUG 68 landmarks").select_option("mrk.json")
        page.get_by_role("button", name="Download the landmarks").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    read, now = lineament.read_landmarks(path), ask_landmarks(page)
    assert read.names == tuple(now["names"])
    scale = now["mm_per_unit"] / (read.mm_per_unit or now["mm_per_unit"])
    np.testing.assert_allclose(read.xyz, np.array(now["xyz"]) * scale, atol=1e-3 * scale)


def test_a_picture_is_saved_with_its_scale_bar(page: Any, tmp_path: Path) -> None:
    with page.expect_download() as waiting:
        page.keyboard.press("Control+Shift+S")
    path = tmp_path / "picture.png"
    waiting.value.save_as(path)
    from PIL import Image

    picture = np.asarray(Image.open(path).convert("RGB")).astype(int)
    height, width = picture.shape[:2]
    assert width == 2 * page.locator(".stage > canvas").first.bounding_box()["width"]
    ground = picture[4, 4]
    # A bar near the lower right corner, and a face in the middle.
    assert (np.abs(picture[-70:, -420:] - ground).sum(axis=2) > 150).sum() > 300
    assert (
        np.abs(picture[height // 3 : -height // 3, width // 3 : -width // 3] - ground).sum(axis=2) > 30
    ).mean() > 0.9


def test_heat_maps_have_legends(page: Any, lens: Any) -> None:
    plain = lens(page).pixels().astype(int)
    page.get_by_role("button", name="Shape index").click()
    expect(page.locator(".legend, .ramp").first).to_be_visible()
    mapped = lens(page).pixels().astype(int)
    assert (np.abs(mapped - plain).sum(axis=2) > 60).mean() > 0.1


def test_saved_beside_the_file_with_who_and_when(
    visit: Any, serve: Any, lens: Any, scan_file: Path, virtual: tuple[Scan, Landmarks], ask_landmarks: Any
) -> None:
    with serve(preload=(scan_file,)) as served:
        page = visit(served)
        expect(page.get_by_role("grid", name="Landmarks").get_by_role("row")).to_have_count(69)
        start = lens(page).place(xyz(ask_landmarks(page), NOSE_TIP))
        with page.expect_response(lambda answer: answer.request.method == "PATCH"):
            drag(page, start, start + np.array([0, DRAG]))
        moved = xyz(ask_landmarks(page), NOSE_TIP)
        page.get_by_role("textbox", name="Note").fill("the tip is lower")
        with page.expect_response(lambda answer: answer.url.endswith("/save")) as saved:
            page.get_by_role("button", name="Save", exact=True).click()
        where = Path(saved.value.json()["where"])
        page.close()
    where = where if where.is_absolute() else scan_file.parent / where
    np.testing.assert_allclose(lineament.read_landmarks(where)[NOSE_TIP], moved, atol=1e-6)
    told = json.dumps(json.loads(where.read_text()))
    assert "the tip is lower" in told
    assert "20" in told
