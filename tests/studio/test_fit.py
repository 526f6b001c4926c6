"""The fitted face over HTTP: figures, rig, files, and comparisons and sequences that need it."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
import trimesh

from lineament.face.model import load_face_model
from lineament.face.rig import ARKIT_NAMES, arkit_targets, arkit_weights, neutral
from lineament.io.faces.parameters import parse_face
from lineament.io.scans import write_scan
from lineament.types import Scan


@pytest.fixture(scope="module")
def fitted(browser, person) -> str:
    scan = browser.open(fitted__ply=person.ply)
    job = browser.job(browser.post(f"/scans/{scan}/fit"))
    assert (job["state"], job["kind"]) == ("done", "fit")
    return scan


def face_of(browser, scan):
    return parse_face(browser.get(f"/scans/{scan}/fit/download", format="npz").content)


def test_before_the_fit_there_is_none(browser, opened):
    for place in ("fit", "fit/mesh.glb", "fit/rig.bin", "fit/download", "values/deviation", "values/asymmetry"):
        reply = browser.get(f"/scans/{opened}/{place}")
        assert (reply.status_code, reply.json()["error"]["kind"]) == (409, "ConflictError")


def test_the_figures_are_those_of_the_scan(browser, fitted):
    found = browser.get(f"/scans/{fitted}/fit").json()
    face = face_of(browser, fitted)
    assert 0.01 < found["median"] < 0.4 < 0.5 + found["p95"]
    assert found["median"] < found["p95"] < 1
    assert 0.8 < found["measured"] <= 1
    assert found["vertices"] == len(face.vertices)
    assert np.array(found["pose"]) == pytest.approx(face.pose.matrix)
    assert found["expressions"] == pytest.approx(arkit_weights(face))
    assert list(found["expressions"]) == list(ARKIT_NAMES)
    assert found["identity"]["weights"] == pytest.approx(face.identity.tolist())
    deviation = browser.floats(f"/scans/{fitted}/values/deviation")
    known = deviation[np.isfinite(deviation)]
    assert sum(found["histogram"]["counts"]) == len(known)
    assert len(found["histogram"]["edges"]) == len(found["histogram"]["counts"]) + 1
    assert found["median"] == pytest.approx(np.median(np.abs(known)), abs=1e-6)
    assert browser.get(f"/scans/{fitted}").json()["stages"]["fit"]
    confidence = browser.floats(f"/scans/{fitted}/values/confidence")
    assert len(confidence) == len(deviation)
    assert np.nanmin(confidence) >= 0
    assert np.nanmax(confidence) <= 1


def test_deviation_is_positive_where_the_scan_lies_outside(browser, fitted, person):
    face = face_of(browser, fitted)
    deviation = browser.floats(f"/scans/{fitted}/values/deviation")
    local = face.pose.apply(person.scan.points.astype(np.float64))
    # about the forehead, outside is in front
    near = np.isfinite(deviation) & (np.abs(local[:, 0]) < 15) & (np.abs(local[:, 1] - 60) < 15)
    mesh = trimesh.Trimesh(face.vertices, load_face_model().triangles, process=False)
    rows = np.flatnonzero(near)[::10]
    closest, _, _ = trimesh.proximity.closest_point_naive(mesh, local[rows])
    ahead = (local[rows] - closest)[:, 2]
    assert len(rows) > 5
    assert deviation[rows] == pytest.approx(ahead, abs=0.15)


def test_the_mesh_lies_on_the_scans(browser, fitted, person):
    shown = trimesh.load(io.BytesIO(browser.get(f"/scans/{fitted}/fit/mesh.glb").content), file_type="glb")
    (mesh,) = shown.geometry.values()
    facts = browser.get(f"/scans/{fitted}").json()
    face = face_of(browser, fitted)
    assert len(mesh.vertices) == len(face.vertices)
    assert mesh.vertices + facts["center"] == pytest.approx(face.in_scan(), abs=1e-5)


def test_the_rig_is_the_faces(browser, fitted):
    data = browser.get(f"/scans/{fitted}/fit/rig.bin").content
    face = face_of(browser, fitted)
    length = struct.unpack_from("<I", data)[0]
    header, at = json.loads(data[4 : 4 + length]), 4 + length
    assert at % 4 == 0

    def take(dtype, *shape):
        nonlocal at
        count = int(np.prod(shape))
        values = np.frombuffer(data, dtype, count, at).reshape(shape)
        at += values.nbytes
        return values

    vertices, expressions = header["V"], header["expressions"]
    assert expressions == list(ARKIT_NAMES)
    assert take("<f4", vertices, 3) == pytest.approx(neutral(face), abs=1e-4)
    targets = arkit_targets(face)
    moved = take("<f2", len(expressions), vertices, 3)
    assert moved[expressions.index("jawOpen")] == pytest.approx(targets["jawOpen"], abs=0.02)
    assert not moved[expressions.index("tongueOut")].any()
    modes = take("<f2", header["modes"], vertices, 3)
    assert 0 < header["modes"] <= 20
    assert np.abs(modes).max(axis=(1, 2)).min() > 0.1
    at += -at % 4
    np.testing.assert_array_equal(take("<u4", header["triangles"], 3), load_face_model().triangles)
    assert take("<f4", vertices, 3) == pytest.approx(face.vertices, abs=1e-4)
    take("<f4", vertices)
    assert at == len(data)


@pytest.mark.parametrize("suffix", ["glb", "obj", "ply"])
def test_the_face_can_be_downloaded(browser, fitted, suffix):
    reply = browser.get(f"/scans/{fitted}/fit/download", format=suffix)
    assert reply.status_code == 200
    assert f"fitted.face.{suffix}" in reply.headers["content-disposition"]
    found = trimesh.load(io.BytesIO(reply.content), file_type=suffix, process=False)
    meshes = list(found.geometry.values()) if hasattr(found, "geometry") else [found]
    assert sum(len(mesh.faces) for mesh in meshes) == len(load_face_model().triangles)
    if suffix == "glb":
        document = json.loads(reply.content[20 : 20 + struct.unpack_from("<I", reply.content, 12)[0]])
        assert document["meshes"][0]["extras"]["targetNames"] == list(ARKIT_NAMES)


def test_the_fit_has_the_scans_colours(browser, person, tmp_path):
    red = np.tile(np.uint8([180, 20, 20]), (len(person.scan), 1))
    place = write_scan(Scan(person.scan.points, person.scan.triangles, colors=red), tmp_path / "red.ply")
    scan = browser.open(red__ply=place.read_bytes())
    browser.job(browser.post(f"/scans/{scan}/fit"))
    data = browser.get(f"/scans/{scan}/fit/download", format="glb").content
    document = json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])
    assert document["images"][0]["mimeType"] == "image/png"


def test_asymmetry_has_a_value_for_each_vertex_of_the_fit(browser, fitted):
    values = browser.floats(f"/scans/{fitted}/values/asymmetry")
    assert len(values) == len(load_face_model().vertices)
    assert np.nanmedian(np.abs(values)) < 3


def test_a_fit_starts_from_corrected_landmarks(browser, person):
    scan = browser.open(a__ply=person.ply)
    browser.edit(scan, {"name": "nose_bridge_0", "missing": True}, {"name": "jaw_08", "missing": True})
    job = browser.job(browser.post(f"/scans/{scan}/fit"))
    assert job["state"] == "done", job["error"]


def moved_cheek(person) -> Scan:
    """The scan, in another place, with the left cheek 2 mm fuller."""
    points = person.scan.points.astype(np.float64)
    # between the outer corner of the left eye and that of the mouth
    cheek = person.truth.xyz[[45, 54]].astype(np.float64).mean(axis=0)
    away = np.linalg.norm(points - cheek, axis=1)
    out = points - points.mean(axis=0)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    points = points + 0.002 * np.exp(-0.5 * (away / 0.012) ** 2)[:, None] * out
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    return Scan(np.float32(points @ turn.T + [0.3, 0, 0.1]), person.scan.triangles)


def test_a_comparison_finds_what_has_changed(browser, fitted, person, tmp_path):
    after = browser.open(after__ply=write_scan(moved_cheek(person), tmp_path / "after.ply").read_bytes())
    job = browser.job(browser.post("/comparisons", {"a": fitted, "b": after, "stable": "upper", "limit": 10}))
    assert job["state"] == "done", job["error"]
    key = job["result"]["comparison"]
    found = browser.get(f"/comparisons/{key}").json()
    assert (found["a"], found["b"], found["stable"]) == (fitted, after, "upper")
    assert found["residual"] < 0.5
    motion = np.array(found["motion"])
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    assert motion[:3, :3] == pytest.approx(turn.T, abs=0.01)
    rows = {row["region"]: row for row in found["regions"]}
    largest = max(rows, key=lambda name: rows[name]["volume"] if name != "face" else -1)
    assert largest == "left cheek"
    assert 1 < rows["left cheek"]["largest"] < 3
    assert abs(rows["forehead"]["median"]) < 0.1
    assert {"set_name", "name", "left", "up", "forward", "distance", "by_error"} <= set(found["landmarks"][0])
    deviation = browser.floats(f"/comparisons/{key}/deviation")
    assert len(deviation) == browser.get(f"/scans/{fitted}").json()["display"]["points"]
    assert np.nanmax(deviation) == pytest.approx(2, abs=0.6)
    regions = browser.floats(f"/comparisons/{key}/regions")
    assert len(regions) == len(deviation)
    cheek = regions == [row["region"] for row in found["regions"]].index("left cheek")
    assert np.nanmedian(deviation[cheek]) == pytest.approx(rows["left cheek"]["median"], abs=1e-4)
    assert [each["id"] for each in browser.get("/comparisons").json()] == [key]
    browser.client.delete(f"/api/scans/{after}")
    assert browser.get(f"/comparisons/{key}").status_code == 404


def test_a_comparison_is_its_sessions_alone(studio, browser, fitted):
    key = browser.job(browser.post("/comparisons", {"a": fitted, "b": fitted}))["result"]["comparison"]
    other = studio.browser()
    for place in ("", "/deviation"):
        assert other.get(f"/comparisons/{key}{place}").status_code == 404
    assert other.get("/comparisons").json() == []


def test_a_sequence_has_each_frames_landmarks_and_says_what_failed(browser, fitted, tmp_path):
    rng = np.random.default_rng(0)
    place = write_scan(Scan(np.float32(rng.normal(size=(3000, 3)) * 50), unit="mm"), tmp_path / "noise.ply")
    noise = browser.open(noise__ply=place.read_bytes())
    asked = {"name": "a smile", "scans": [fitted, noise, fitted], "fps": 20, "fit": True}
    job = browser.job(browser.post("/sequences", asked))
    assert job["state"] == "done", job["error"]
    assert (job["done"], job["total"]) == (3, 3)
    key = job["result"]["sequence"]
    found = browser.get(f"/sequences/{key}").json()
    assert found["times"] == pytest.approx([0, 0.05, 0.1])
    assert found["fps"] == pytest.approx(20)
    assert [each["frame"] for each in found["failed"]] == [1]
    marks = browser.get(f"/scans/{fitted}/landmarks/{found['set']}").json()
    assert found["names"] == marks["names"]
    assert found["xyz"][0] == found["xyz"][2] == marks["xyz"]
    assert set(map(str, found["xyz"][1])) == {"None"}
    weights = browser.get(f"/scans/{fitted}/fit").json()["expressions"]
    assert {name: curve[0] for name, curve in found["expressions"].items()} == pytest.approx(weights, abs=1e-6)
    assert all(curve[1] is None for curve in found["expressions"].values())
    assert browser.get(f"/scans/{fitted}").json()["sequence"] == key
    assert [each["id"] for each in browser.get("/sequences").json()] == [key]


@pytest.mark.parametrize(
    "changes",
    [
        {"fps": None},
        {"times": [0, 1]},
        {"fps": None, "times": [0]},
        {"fps": None, "times": [1, 0]},
        {"fps": 0},
        {"fps": 5e-324},
        {"fps": None, "times": [0, 5e-324]},
        {"scans": []},
        {"name": ""},
    ],
)
def test_a_sequence_needs_times_that_rise(browser, fitted, changes):
    asked = {"name": "x", "scans": [fitted, fitted], "fps": 10} | changes
    assert browser.post("/sequences", asked).status_code == 422
