"""Correcting landmarks over HTTP: on the surface at full resolution, with history, saved and read again."""

from __future__ import annotations

import json
import os
import shutil
import sys

import numpy as np
import pytest

import lineament
from lineament.io.landmarks import read_landmarks

NOSE, JAW = "nose_bridge_3", "jaw_00"


@pytest.fixture
def scan(browser, opened):
    """The open scan; its landmarks are as they were found before and after."""
    yield opened
    names = browser.get(f"/scans/{opened}/landmarks/ibug68").json()["names"]
    browser.edit(opened, *({"name": name, "predicted": True} for name in names))


def marks(browser, scan, set_name="ibug68"):
    found = browser.get(f"/scans/{scan}/landmarks/{set_name}").json()
    return dict(zip(found["names"], found["xyz"], strict=True)), found


def test_a_ray_at_a_known_landmark_puts_it_there(browser, scan, person):
    truth = person.truth[NOSE].astype(np.float64)
    surface = browser.post(f"/scans/{scan}/surface", {"point": truth.tolist()}).json()
    normal = np.array(surface["normal"])
    ray = {"origin": (truth + 0.2 * normal).tolist(), "direction": (-3 * normal).tolist()}
    reply = browser.edit(scan, {"name": NOSE, "ray": ray})
    assert reply.status_code == 200
    after, found = marks(browser, scan)
    assert reply.json() == found
    assert np.linalg.norm(after[NOSE] - truth) < 0.0005  # metres
    hit = browser.post(f"/scans/{scan}/surface", {"ray": ray}).json()
    assert after[NOSE] == pytest.approx(hit["xyz"], abs=1e-7)
    row = found["names"].index(NOSE)
    assert (found["corrected"][row], found["sigma"][row], found["visible"][row]) == (True, None, True)
    assert sum(found["corrected"]) == 1
    assert np.linalg.norm(np.array(found["predicted"][row]) - after[NOSE]) > 0
    (change,) = found["history"]
    assert change["name"] == NOSE
    assert change["by"]
    assert change["at"].endswith("Z")


def test_edits_are_done_in_their_order_and_can_be_taken_back(browser, scan):
    before, found = marks(browser, scan)
    left, right = found["names"].index("eye_left_0"), found["names"].index("eye_right_3")
    reply = browser.edit(
        scan,
        {"swap": ["eye_left_0", "eye_right_3"]},
        {"name": JAW, "missing": True},
        {"name": NOSE, "xyz": [0.0, 0.0, 0.0]},
    ).json()
    assert reply["xyz"][left] == before["eye_right_3"]
    assert reply["xyz"][right] == before["eye_left_0"]
    assert reply["xyz"][reply["names"].index(JAW)] is None
    assert reply["xyz"][reply["names"].index(NOSE)] == [0, 0, 0]
    back = browser.edit(scan, *({"name": name, "predicted": True} for name in ("eye_left_0", "eye_right_3", JAW, NOSE)))
    after, now = marks(browser, scan)
    assert back.status_code == 200
    assert after == before
    assert not any(now["corrected"])
    assert len(now["history"]) >= 8


def test_snapping_goes_to_the_nearest_surface(browser, scan, person):
    off = person.truth[NOSE] + np.float32(0.004)
    reply = browser.edit(scan, {"name": NOSE, "xyz": off.tolist(), "snap": True}).json()
    placed = reply["xyz"][reply["names"].index(NOSE)]
    again = browser.post(f"/scans/{scan}/surface", {"point": placed}).json()
    assert np.linalg.norm(np.array(again["xyz"]) - placed) < 1e-6
    assert np.linalg.norm(placed - off) < 0.0075


@pytest.mark.parametrize(
    ("edit", "status"),
    [
        ({"name": "no such", "missing": True}, 400),
        ({"name": NOSE, "ray": {"origin": [9, 9, 9], "direction": [1, 0, 0]}}, 400),
        ({"name": NOSE, "ray": {"origin": [0, 0, 0], "direction": [0, 0, 0]}}, 400),
        ({"name": NOSE, "xyz": [0, 0]}, 422),
        ({"name": NOSE, "xyz": [0, 0, "x"]}, 422),
        ({"name": NOSE, "missing": False}, 422),
        ({"name": NOSE}, 422),
        ({"name": NOSE, "missing": True, "else": 1}, 422),
        ({"swap": [NOSE]}, 422),
    ],
)
def test_when_one_edit_cannot_be_none_is_done(browser, scan, edit, status):
    before, _ = marks(browser, scan)
    reply = browser.edit(scan, {"name": JAW, "missing": True}, edit)
    assert reply.status_code == status
    assert set(reply.json()) == {"error"}
    assert marks(browser, scan)[0] == before


def test_numbers_that_are_none_are_refused(browser, scan):
    for text in ("NaN", "Infinity", "1e400"):
        body = f'{{"edits": [{{"name": "{NOSE}", "xyz": [{text}, 0, 0]}}]}}'
        headers = {"Content-Type": "application/json"}
        reply = browser.client.patch(f"/api/scans/{scan}/landmarks/ibug68", content=body, headers=headers)
        assert reply.status_code == 422


def test_an_unknown_set_is_refused(browser, scan):
    assert browser.get(f"/scans/{scan}/landmarks/other").status_code == 422


@pytest.mark.parametrize("suffix", ["mrk.json", "json", "csv", "pp", "tps", "ljson"])
def test_every_format_can_be_downloaded_and_read_again(browser, scan, suffix, tmp_path):
    reply = browser.get(f"/scans/{scan}/landmarks/ibug68/export", format=suffix)
    assert reply.status_code == 200, reply.text
    assert f"person.ibug68.{suffix}" in reply.headers["content-disposition"]
    place = tmp_path / f"x.{suffix}"
    place.write_bytes(reply.content)
    found = read_landmarks(place)
    expected = np.array(list(marks(browser, scan)[0].values()), np.float32)
    np.testing.assert_array_equal(found.xyz, expected)


def test_a_format_that_cannot_hold_the_unit_says_so_without_a_path(browser, scan):
    reply = browser.get(f"/scans/{scan}/landmarks/ibug68/export", format="fcsv")
    assert reply.status_code == 400
    assert "landmarks.fcsv" in reply.text
    assert "/tmp" not in reply.text
    assert "lineament-studio" not in reply.text


def test_a_dropped_scan_cannot_be_saved(browser, scan):
    reply = browser.post(f"/scans/{scan}/landmarks/ibug68/save")
    assert (reply.status_code, reply.json()["error"]["kind"]) == (409, "ConflictError")


@pytest.fixture(scope="module")
def shown(run_studio, person, tmp_path_factory):
    """A studio as `lineament view person.ply` starts it."""
    folder = tmp_path_factory.mktemp("view")
    place = folder / "person.ply"
    place.write_bytes(person.ply)
    with run_studio(preload=(place,)) as running:
        yield running, place


def opened_of(running):
    browser = running.browser()
    (job,) = [job for job in browser.get("/jobs").json() if job["kind"] == "open"]
    with browser.client.stream("GET", f"/api/jobs/{job['id']}/events") as events:
        for _ in events.iter_lines():
            pass
    (scan,) = browser.get("/scans").json()
    return browser, scan


def test_corrections_of_viewed_scans_are_saved_beside_them_and_found_again(shown, run_studio, person, tmp_path):
    running, place = shown
    browser, scan = opened_of(running)
    assert (scan["origin"], scan["can_save"], scan["name"]) == ("file", True, "person.ply")
    before, _ = marks(browser, scan["id"])
    browser.edit(scan["id"], {"name": NOSE, "xyz": person.truth[NOSE].tolist()}, {"name": JAW, "missing": True})
    reply = browser.post(f"/scans/{scan['id']}/landmarks/ibug68/save", {"note": "by eye"})
    assert reply.status_code == 200, reply.text
    saved = place.with_name("person.ply.ibug68.corrected.json")
    assert reply.json() == {"where": str(saved)}
    read = lineament.read_landmarks(saved)
    assert read[NOSE] == pytest.approx(person.truth[NOSE])
    assert np.isnan(read[JAW]).all()
    assert (read.set_name, read.unit) == ("ibug68", "m")
    kept = json.loads(saved.read_bytes())["corrections"]
    assert kept["note"] == "by eye"
    assert [change["name"] for change in kept["history"]] == [NOSE, JAW]
    assert all(change["by"] and change["at"] for change in kept["history"])
    assert [each["name"] for each in kept["predicted"]] == [NOSE, JAW]
    assert kept["predicted"][0]["xyz"] == pytest.approx(before[NOSE])
    copy = tmp_path / "person.ply"
    shutil.copy(place, copy)
    shutil.copy(saved, tmp_path / saved.name)
    with run_studio(preload=(copy,)) as again:
        browser, scan = opened_of(again)
        after, found = marks(browser, scan["id"])
        assert after[NOSE] == pytest.approx(person.truth[NOSE].tolist())
        assert after[JAW] is None
        assert sum(found["corrected"]) == 2
        assert [change["name"] for change in found["history"]] == [NOSE, JAW]
        browser.edit(scan["id"], {"name": NOSE, "predicted": True}, {"name": JAW, "predicted": True})
        after = marks(browser, scan["id"])[0]
        assert after[NOSE] == pytest.approx(before[NOSE])
        assert after[JAW] == pytest.approx(before[JAW])


def test_all_who_have_the_token_see_viewed_scans(shown):
    running, _ = shown
    one, other = running.browser(), running.browser()
    assert [each["id"] for each in one.get("/scans").json()] == [each["id"] for each in other.get("/scans").json()]


@pytest.mark.parametrize("text", ["{", "{}", '{"schema": "lineament-landmarks/1", "points": []}', "[1, 2]"])
def test_a_saved_file_that_is_none_is_told_in_the_warnings(run_studio, person, tmp_path, text):
    place = tmp_path / "person.ply"
    place.write_bytes(person.ply)
    (tmp_path / "person.ply.ibug68.corrected.json").write_text(text)
    with run_studio(preload=(place,)) as running:
        _, scan = opened_of(running)
        assert scan["stages"]["landmarks"]
        assert any("saved landmarks are left out" in warning for warning in scan["warnings"])


def test_a_number_that_is_too_large_in_a_saved_file_is_told(shown, run_studio, person, tmp_path):
    running, place = shown
    browser, scan = opened_of(running)
    browser.edit(scan["id"], {"name": NOSE, "xyz": [0, 0, 0]})
    assert browser.post(f"/scans/{scan['id']}/landmarks/ibug68/save").status_code == 200
    saved = json.loads(place.with_name("person.ply.ibug68.corrected.json").read_bytes())
    saved["corrections"]["history"][-1]["xyz"] = [10**400, 0, 0]
    (tmp_path / "person.ply").write_bytes(person.ply)
    (tmp_path / "person.ply.ibug68.corrected.json").write_text(json.dumps(saved))
    with run_studio(preload=(tmp_path / "person.ply",)) as again:
        _, scan = opened_of(again)
        assert any("saved landmarks are left out" in warning for warning in scan["warnings"])


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text there")
def test_a_viewed_scan_may_have_a_name_that_is_no_text(run_studio, person, tmp_path):
    place = tmp_path / os.fsdecode(b"k\xf6pf.ply")
    place.write_bytes(person.ply)
    corrected = [place.with_name(f"{place.name}.{name}.corrected.json") for name in ("ibug68", "anthropometric")]
    corrected[0].write_text("{")
    with run_studio(preload=(place,)) as running:
        browser, scan = opened_of(running)
        assert scan["name"] == "k?pf.ply"
        assert any("saved landmarks are left out" in warning for warning in scan["warnings"])
        assert browser.get(f"/scans/{scan['id']}/measures.csv").status_code == 200
        assert browser.post(f"/scans/{scan['id']}/landmarks/anthropometric/save").status_code == 200
        assert corrected[1].is_file()
        corrected[1].unlink()
        corrected[1].mkdir()
        assert browser.post(f"/scans/{scan['id']}/landmarks/anthropometric/save").status_code == 400


def test_corrections_are_not_saved_through_a_link(shown, tmp_path):
    """Else whoever has made a folder of scans would choose which file of the user is overwritten."""
    running, place = shown
    browser, scan = opened_of(running)
    (tmp_path / "own.txt").write_text("the user's own")
    saved = place.with_name("person.ply.anthropometric.corrected.json")
    for target in (tmp_path / "own.txt", tmp_path / "new.txt"):
        saved.unlink(missing_ok=True)
        saved.symlink_to(target)
        reply = browser.post(f"/scans/{scan['id']}/landmarks/anthropometric/save")
        assert (reply.status_code, reply.json()["error"]["kind"]) == (400, "InputError")
    assert [each.read_text() for each in tmp_path.iterdir()] == ["the user's own"]
    saved.unlink()


def test_where_nothing_can_be_written_is_told(shown, monkeypatch):
    running, place = shown
    browser, scan = opened_of(running)
    (item,) = running.studio.workspace.of("anybody")
    monkeypatch.setattr(item, "path", place.parent / "gone" / "person.ply")
    reply = browser.post(f"/scans/{scan['id']}/landmarks/ibug68/save")
    assert (reply.status_code, reply.json()["error"]["kind"]) == (400, "InputError")
