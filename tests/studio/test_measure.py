"""Measuring over HTTP gives what the library measures, from the landmarks as they are now."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import trimesh

from lineament.io.scans import write_scan
from lineament.measure import measure_landmarks
from lineament.types import Landmarks, Scan


def landmarks_of(browser, scan, set_name="anthropometric") -> Landmarks:
    found = browser.get(f"/scans/{scan}/landmarks/{set_name}").json()
    xyz = [[np.nan] * 3 if at is None else at for at in found["xyz"]]
    return Landmarks(found["names"], xyz, np.float32(found["sigma"]), None, found["unit"], set_name=set_name)


def test_the_table_is_that_of_the_library(browser, opened, person):
    rows = browser.get(f"/scans/{opened}/measures").json()["rows"]
    expected = measure_landmarks(landmarks_of(browser, opened), person.scan)
    assert len(rows) == len(expected)
    for row, one in zip(rows, expected, strict=True):
        assert (row["measure"], row["side"], row["unit"]) == (one.definition.abbreviation, one.side, one.unit)
        assert row["value"] == (pytest.approx(one.value, rel=1e-4) if np.isfinite(one.value) else None)
    table = list(csv.DictReader(io.StringIO(browser.get(f"/scans/{opened}/measures.csv").text)))
    assert [line["measure"] for line in table] == [row["measure"] for row in rows]
    assert {line["scan"] for line in table} == {"person.ply"}


def test_a_correction_changes_the_measures_that_use_the_point(browser, opened):
    def values():
        return {
            (row["measure"], row["side"]): (row["value"], row["landmarks"], row["note"])
            for row in browser.get(f"/scans/{opened}/measures").json()["rows"]
        }

    before = values()
    browser.edit(opened, {"name": "en_l", "missing": True}, set_name="anthropometric")
    try:
        after = values()
    finally:
        browser.edit(opened, {"name": "en_l", "predicted": True}, set_name="anthropometric")
    for key, (value, landmarks, note) in after.items():
        if "en_l" in landmarks:
            assert value is None
            assert "en_l is missing" in note
        else:
            assert value == pytest.approx(before[key][0])
    assert values() == before


def test_a_distance_on_a_ball_is_an_arc(browser, tmp_path):
    mesh = trimesh.creation.icosphere(5, 80)
    place = write_scan(Scan(np.float32(mesh.vertices), np.int32(mesh.faces), unit="mm"), tmp_path / "ball.glb")
    scan = browser.open(ball__glb=place.read_bytes())
    facts = browser.get(f"/scans/{scan}").json()
    scale = 80 / facts["mm_per_unit"]
    a, b = np.array([1.0, 0, 0]) * scale, np.array([0, 1.0, 0]) * scale
    found = browser.post(f"/scans/{scan}/distance", {"a": a.tolist(), "b": b.tolist()}).json()
    assert found["straight_mm"] == pytest.approx(80 * 2**0.5, rel=1e-3)
    assert found["surface_mm"] == pytest.approx(80 * np.pi / 2, rel=0.01)
    assert found["why"] is None
    path = np.array(found["path"])
    assert np.linalg.norm(path, axis=1) == pytest.approx(scale, rel=0.01)
    assert path[0] == pytest.approx(a, abs=0.02 * scale)
    assert path[-1] == pytest.approx(b, abs=0.02 * scale)


def test_where_no_skin_leads_is_told(browser, opened):
    found = browser.post(f"/scans/{opened}/distance", {"a": [0, 0, 0], "b": [0.5, 0.5, 0.5]}).json()
    assert found["surface_mm"] is None
    assert found["path"] == []
    assert found["why"]
    assert found["straight_mm"] == pytest.approx(1000 * 0.75**0.5)
    far = browser.post(f"/scans/{opened}/distance", {"a": [0, 0, 0], "b": [1e8, 0, 0]}).json()
    assert "apart" in far["why"]


def test_asymmetry_has_each_pair_once(browser, opened):
    rows = browser.get(f"/scans/{opened}/asymmetry").json()["rows"]
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))
    partners = {row["name"]: row["partner"] for row in rows}
    assert partners["en_l"] == "en_r"
    assert partners["prn"] is None
    for row in rows:
        if row["value"] is not None and row["offset"] is not None:
            assert np.linalg.norm(row["offset"]) * 1000 == pytest.approx(row["value"], rel=1e-3, abs=1e-6)


def test_measures_of_a_scan_in_no_known_unit_are_refused(browser, tmp_path):
    rng = np.random.default_rng(0)
    place = write_scan(Scan(np.float32(rng.normal(size=(3000, 3)))), tmp_path / "noise.ply")
    scan = browser.open(noise__ply=place.read_bytes())
    for reply in (
        browser.post(f"/scans/{scan}/distance", {"a": [0, 0, 0], "b": [1, 0, 0]}),
        browser.post(f"/scans/{scan}/curvature", {"radius": 5}),
        browser.get(f"/scans/{scan}/asymmetry"),
    ):
        assert (reply.status_code, reply.json()["error"]["kind"]) == (409, "ConflictError")


def test_a_surface_query_is_one_of_two(browser, opened):
    ray = {"origin": [0, 0, 0], "direction": [0, 0, 1]}
    assert browser.post(f"/scans/{opened}/surface", {}).status_code == 422
    assert browser.post(f"/scans/{opened}/surface", {"ray": ray, "point": [0, 0, 0]}).status_code == 422
