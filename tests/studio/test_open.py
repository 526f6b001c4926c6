"""Opening scans: what is known of them then, what is drawn, and what a stranger's file can and cannot do."""

from __future__ import annotations

import io
import json
import struct
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lineament.io.scans import write_scan
from lineament.studio.workspace import Workspace
from lineament.types import Scan

SETS = {"ibug68": 68, "anthropometric": None, "dense520": 520}


def gltf(reply) -> tuple[dict, bytes]:
    """Return the document of a GLB file and its binary part."""
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "model/gltf-binary"
    length = struct.unpack_from("<I", reply.content, 12)[0]
    return json.loads(reply.content[20 : 20 + length]), reply.content[28 + length :]


def array(document, binary, number, dtype, width):
    accessor = document["accessors"][number]
    view = document["bufferViews"][accessor["bufferView"]]
    values = np.frombuffer(binary, dtype, view["byteLength"] // np.dtype(dtype).itemsize, view["byteOffset"])
    assert len(values) == accessor["count"] * width
    return values.reshape(-1, width)


def written(scan, tmp_path, name="scan.ply") -> bytes:
    return write_scan(scan, tmp_path / name).read_bytes()


def test_a_dropped_scan_has_its_landmarks_where_they_truly_are(browser, person):
    scan = browser.drop(person__ply=person.ply)
    job = browser.job(browser.post(f"/scans/{scan}/open"))
    assert (job["state"], job["kind"], job["result"]) == ("done", "open", {"scan": scan})
    assert job["stages"][-1] == "landmarks"
    facts = browser.get(f"/scans/{scan}").json()
    assert (facts["name"], facts["format"], facts["origin"]) == ("person.ply", "ply", "drop")
    assert (facts["points"], facts["triangles"]) == (len(person.scan), len(person.scan.triangles))
    assert (facts["unit"], facts["mm_per_unit"], facts["no_face"]) == ("m", 1000, None)
    assert facts["stages"] == {"parsed": True, "landmarks": True, "fit": False, "curvature": False}
    assert 0.9 < facts["score"] <= 1
    middle = (person.scan.points.min(axis=0) + person.scan.points.max(axis=0)) / 2
    assert facts["center"] == pytest.approx(middle, abs=1e-6)
    assert facts["radius"] == pytest.approx(np.linalg.norm(person.scan.points - middle, axis=1).max(), rel=1e-4)
    found = browser.get(f"/scans/{scan}/landmarks/ibug68").json()
    assert found["names"] == list(person.truth.names)
    away = np.linalg.norm(np.array(found["xyz"]) - person.truth.xyz, axis=1)[17:] * 1000
    assert np.median(away) < 2
    pose = np.array(facts["pose"])
    nose = pose[:3, :3] @ found["xyz"][30] + pose[:3, 3]
    assert abs(nose[0]) < 5  # millimetres from the middle of the face
    assert nose[2] > 50


@pytest.mark.parametrize("name", SETS)
def test_all_sets_are_there(browser, opened, name):
    found = browser.get(f"/scans/{opened}/landmarks/{name}").json()
    count = SETS[name] or len(found["names"])
    for key in ("names", "definitions", "xyz", "sigma", "visible", "corrected", "predicted"):
        assert len(found[key]) == count
    assert not any(found["corrected"])
    assert all(sigma > 0 for sigma in found["sigma"])


def test_the_mesh_is_the_scan_less_its_centre(browser, opened, person):
    document, binary = gltf(browser.get(f"/scans/{opened}/mesh.glb"))
    centre = np.array(browser.get(f"/scans/{opened}").json()["center"])
    (primitive,) = document["meshes"][0]["primitives"]
    assert primitive["mode"] == 4
    points = array(document, binary, primitive["attributes"]["POSITION"], "<f4", 3)
    assert points + centre == pytest.approx(person.scan.points, abs=1e-6)
    triangles = array(document, binary, primitive["indices"], "<u4", 1).reshape(-1, 3)
    np.testing.assert_array_equal(triangles, person.scan.triangles)
    normals = array(document, binary, primitive["attributes"]["NORMAL"], "<f4", 3)
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1, abs=1e-4)


def test_a_large_scan_is_thinned_for_drawing_and_values_line_up(browser, large):
    scan = browser.open(large__ply=large.ply)
    facts = browser.get(f"/scans/{scan}").json()
    assert facts["display"]["decimated"]
    assert facts["points"] == len(large.scan)
    document, binary = gltf(browser.get(f"/scans/{scan}/mesh.glb"))
    place = document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    shown = array(document, binary, place, "<f4", 3) + np.array(facts["center"])
    assert len(shown) == facts["display"]["points"] <= 100_000
    job = browser.job(browser.post(f"/scans/{scan}/curvature", {"radius": 5}))
    assert job["state"] == "done"
    assert browser.get(f"/scans/{scan}").json()["stages"]["curvature"]
    assert browser.get(f"/scans/{scan}/values/shape_index", radius=6).status_code == 409
    values = browser.floats(f"/scans/{scan}/values/shape_index", radius=5)
    bent = browser.floats(f"/scans/{scan}/values/curvedness", radius=5)
    assert len(values) == len(bent) == len(shown)
    assert np.nanmin(values) >= -1
    assert np.nanmax(values) <= 1
    # the tip of the nose is a cap, more bent than the forehead
    tip = np.linalg.norm(shown - large.truth["nose_bridge_3"], axis=1) < 3e-3
    assert np.nanmedian(values[tip]) > 0.6
    assert np.nanmedian(bent[tip]) > 2 * np.nanmedian(bent)
    full, binary = gltf(browser.get(f"/scans/{scan}/mesh.glb", level="full"))
    assert full["accessors"][0]["count"] == len(large.scan)


def test_other_sessions_see_nothing(studio, opened):
    other = studio.browser()
    assert other.get("/scans").json() == []
    base = f"/scans/{opened}"
    for place in ("", "/mesh.glb", "/landmarks/ibug68", "/values/deviation", "/fit", "/measures", "/asymmetry"):
        reply = other.get(base + place)
        assert (reply.status_code, reply.json()["error"]["kind"]) == (404, "UnknownError"), place
    for place in ("/open", "/fit", "/curvature"):
        assert other.post(base + place).status_code == 404
    assert other.edit(opened, {"name": "jaw_00", "missing": True}).status_code == 404
    assert other.client.delete(f"/api{base}").status_code == 404
    assert other.client.put(f"/api{base}/files/a.ply", content=b"x").status_code == 404
    assert other.post("/comparisons", {"a": opened, "b": opened}).status_code == 404
    assert other.post("/sequences", {"name": "x", "scans": [opened], "fps": 1}).status_code == 404


def test_a_scan_without_a_face_is_open_all_the_same(browser, tmp_path):
    rng = np.random.default_rng(0)
    points = np.float32(rng.normal(size=(20_000, 3)) * 30)
    points /= np.linalg.norm(points, axis=1, keepdims=True) / 80
    scan = browser.drop(ball__ply=written(Scan(points, unit="mm"), tmp_path))
    job = browser.job(browser.post(f"/scans/{scan}/open"))
    assert job["state"] == "done"
    assert "no face" in job["result"]["no_face"]
    facts = browser.get(f"/scans/{scan}").json()
    assert facts["no_face"] == job["result"]["no_face"]
    assert facts["pose"] is None
    document, _ = gltf(browser.get(f"/scans/{scan}/mesh.glb"))
    assert document["meshes"][0]["primitives"][0]["mode"] == 0
    for place in ("landmarks/ibug68", "measures"):
        reply = browser.get(f"/scans/{scan}/{place}")
        assert (reply.status_code, reply.json()["error"]["kind"]) == (409, "ConflictError")
    assert browser.post(f"/scans/{scan}/fit").status_code == 409


def test_curvature_counts_as_what_a_session_may_hold(studio, browser, person, monkeypatch):
    scan = browser.open(a__ply=person.ply)
    item = studio.studio.workspace._items[scan]
    monkeypatch.setattr(Workspace, "left", lambda self, owner: -1 if item.has_kind("curvature") else 1)
    failed = browser.job(browser.post(f"/scans/{scan}/curvature", {"radius": 5}))
    assert (failed["state"], failed["error"]["kind"]) == ("failed", "QuotaError")
    assert not item.has_kind("curvature")
    browser.client.delete(f"/api/scans/{scan}")


def test_a_given_unit_is_taken(browser, person):
    scan = browser.drop(person__ply=person.ply)
    assert browser.post(f"/scans/{scan}/open", {"unit": "yard"}).status_code == 422
    failed = browser.job(browser.post(f"/scans/{scan}/open", {"unit": "mm"}))
    assert (failed["state"], failed["error"]["kind"]) == ("failed", "InputError")  # a face of a quarter of a millimetre
    assert browser.job(browser.post(f"/scans/{scan}/open", {"unit": "m"}))["state"] == "done"
    assert browser.get(f"/scans/{scan}").json()["unit"] == "m"


def obj_of(person) -> dict[str, bytes]:
    """Return an OBJ file of a person with a material, and a texture that is red above the nose and green below."""
    points, triangles = person.scan.points, person.scan.triangles
    low, high = points.min(axis=0), points.max(axis=0)
    uv = (points[:, :2] - low[:2]) / (high - low)[:2]
    lines = ["mtllib head.mtl", "usemtl skin"]
    lines += [f"v {x:.7g} {y:.7g} {z:.7g}" for x, y, z in points]
    lines += [f"vt {u:.6g} {v:.6g}" for u, v in uv]
    lines += [f"f {a}/{a} {b}/{b} {c}/{c}" for a, b, c in triangles + 1]
    image = np.zeros((64, 64, 3), np.uint8)
    image[:32, :, 0], image[32:, :, 1] = 200, 200
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return {
        "head__obj": "\n".join(lines).encode(),
        "head__mtl": b"newmtl skin\nmap_Kd skin.png\n",
        "skin__png": file.getvalue(),
    }


def test_companion_files_give_a_scan_its_texture(browser, person):
    scan = browser.drop(**obj_of(person))
    browser.job(browser.post(f"/scans/{scan}/open"))
    facts = browser.get(f"/scans/{scan}").json()
    assert facts["has_texture"]
    assert facts["name"] == "head.obj"
    document, binary = gltf(browser.get(f"/scans/{scan}/mesh.glb"))
    assert "TEXCOORD_0" in document["meshes"][0]["primitives"][0]["attributes"]
    view = document["bufferViews"][document["images"][0]["bufferView"]]
    with Image.open(io.BytesIO(binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]])) as image:
        assert image.size == (64, 64)
        assert image.getpixel((32, 8))[0] > 150
        assert image.getpixel((32, 56))[1] > 150


def test_a_depth_image_needs_its_camera_and_keeps_its_file_until_then(browser):
    v, u = np.mgrid[:200, :200]
    depth = np.uint16(500 + 0.01 * ((u - 100) ** 2 + (v - 100) ** 2))
    file = io.BytesIO()
    Image.fromarray(depth).save(file, "PNG")
    scan = browser.drop(depth__png=file.getvalue())
    failed = browser.job(browser.post(f"/scans/{scan}/open"))
    assert (failed["state"], failed["error"]["kind"]) == ("failed", "FormatError")
    assert "camera" in failed["error"]["message"]
    done = browser.job(browser.post(f"/scans/{scan}/open", {"intrinsics": [300, 300, 100, 100]}))
    assert done["state"] == "done"
    assert browser.get(f"/scans/{scan}").json()["points"] == 40_000
    camera = json.dumps({"fx": 300, "fy": 300, "cx": 100, "cy": 100, "mm_per_unit": 0.5}).encode()
    scan = browser.open(depth__png=file.getvalue(), depth__json=camera)
    assert browser.get(f"/scans/{scan}").json()["center"][2] < -200


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 1000000000\nproperty float x\nend_header\n"),
        ("a.ply", b""),
        ("a.obj", b"v 1 2\nf 1 2 3\n"),
        ("a.glb", b"glTF" + b"\xff" * 400),
        ("a.npz", b"PK\x03\x04" + bytes(300)),
        ("a.stl", b"solid \xff\xfe"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        ("a.xyz", b"nan nan nan\n" * 10),
        ("a.ply", b"ply\nformat binary_little_endian 1.0\nelement vertex 3\nproperty float x\nend_header\nxx"),
    ],
)
def test_a_damaged_file_is_told_and_hurts_nothing(studio, browser, name, data):
    scan = browser.drop()
    assert browser.client.put(f"/api/scans/{scan}/files/{name}", content=data).status_code == 204
    failed = browser.job(browser.post(f"/scans/{scan}/open"))
    assert failed["state"] == "failed"
    assert failed["error"]["kind"] in ("FormatError", "TooLargeError", "StudioError")
    assert "/tmp" not in failed["error"]["message"]
    assert "Traceback" not in failed["error"]["message"]
    for place in ("mesh.glb", "landmarks/ibug68"):
        assert browser.get(f"/scans/{scan}/{place}").status_code == 409
    assert browser.get("/scans").status_code == 200


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({}, "none of the files is a scan"),
        ({"notes__docx": b"x"}, "none of the files is a scan"),
        ({"a__ply": b"x", "b__obj": b"x"}, "several scans"),
    ],
)
def test_what_is_no_one_scan_is_told(browser, files, text):
    scan = browser.drop(**files)
    failed = browser.job(browser.post(f"/scans/{scan}/open"))
    assert text in failed["error"]["message"]


def test_points_that_are_missing_are_not_drawn_and_keep_their_places(browser, person, tmp_path):
    points = np.array(person.scan.points)
    points[100:200] = np.nan
    scan = browser.open(a__ply=written(replace(person.scan, points=points), tmp_path))
    facts = browser.get(f"/scans/{scan}").json()
    assert facts["points"] == len(points)
    assert facts["display"]["points"] == len(points) - 100


def test_closing_a_scan_closes_it(browser, person, tmp_path):
    scan = browser.open(a__ply=written(Scan(person.scan.points[::10]), tmp_path))
    assert browser.client.delete(f"/api/scans/{scan}").status_code == 204
    assert browser.get(f"/scans/{scan}").status_code == 404
    assert scan not in [each["id"] for each in browser.get("/scans").json()]


def test_the_studio_answers_while_it_works(browser, large):
    scan = browser.drop(large__ply=large.ply)
    job = browser.post(f"/scans/{scan}/open").json()["id"]
    slowest, asked = 0.0, 0
    while browser.get(f"/jobs/{job}").json()["state"] in ("queued", "running"):
        start = time.perf_counter()
        assert browser.get("/jobs").status_code == 200
        slowest, asked = max(slowest, time.perf_counter() - start), asked + 1
    assert asked > 5
    assert slowest < 1.0


def test_the_events_of_all_jobs_are_told(browser, person):
    with browser.client.stream("GET", "/api/events") as events:
        lines = events.iter_lines()
        assert next(lines).startswith(":")
        scan = browser.drop(a__ply=person.ply)
        job = browser.post(f"/scans/{scan}/open").json()["id"]
        for line in lines:
            if line.startswith("data: "):
                state = json.loads(line.removeprefix("data: "))
                if state["id"] == job and state["state"] == "done":
                    break


POINT = np.float32([[1, 2, 3]])


@pytest.mark.parametrize(
    "scan",
    [
        Scan(POINT),
        Scan(np.repeat(POINT, 50, axis=0)),
        Scan(np.float32([[0, 0, 0], [1, 0, 0]])),
        Scan(np.repeat(POINT, 3, axis=0), np.int32([[0, 1, 2]])),
        Scan(np.float32([[0, 0, 0], [1, 0, 0], [2, 0, 0]]), np.int32([[0, 1, 2]])),
        Scan(np.float32([[0, 0, 0], [1, 0, 0], [np.nan] * 3]), np.int32([[0, 1, 2]])),
        Scan(np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.empty((0, 3), np.int32)),
        Scan(np.float32([[0, 0, 0], [1e8, 0, 0], [0, 1e8, 0]]), np.int32([[0, 1, 2]]), unit="mm"),
        Scan(1e-30 * np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.int32([[0, 1, 2]]), unit="m"),
    ],
    ids=["point", "one place", "two points", "no area", "a line", "missing", "no triangles", "vast", "tiny"],
)
def test_whatever_is_hardly_a_scan_is_served_without_a_fault(browser, scan, tmp_path):
    opened = browser.open(odd__ply=written(scan, tmp_path))
    base = f"/scans/{opened}"
    facts = browser.get(base).json()
    assert facts["no_face"]
    document, _ = gltf(browser.get(f"{base}/mesh.glb"))
    assert document["accessors"][0]["count"] == facts["display"]["points"]
    assert all(view["byteLength"] for view in document["bufferViews"])
    ray = {"origin": [0.2, 0.2, 9], "direction": [0, 0, -1]}
    assert browser.post(f"{base}/surface", {"ray": ray}).status_code in (200, 400)
    near = browser.post(f"{base}/surface", {"point": [0.2, 0.2, 0.1]})
    assert near.status_code == 200, near.text
    assert np.isfinite(near.json()["xyz"]).all()
    for reply in (
        browser.post(f"{base}/distance", {"a": [0, 0, 0], "b": [1, 0, 0]}),
        browser.post(f"{base}/curvature", {"radius": 5}),
        browser.post(f"{base}/fit"),
        browser.get(f"{base}/measures"),
    ):
        assert reply.status_code < 500, reply.text


def test_coordinates_that_no_scan_has_are_told(browser, tmp_path):
    points = np.float32([[0, 0, 0], [3e38, 0, 0], [-3e38, 1, 0]])
    scan = browser.drop(far__ply=written(Scan(points), tmp_path))
    failed = browser.job(browser.post(f"/scans/{scan}/open"))
    assert (failed["state"], failed["error"]["kind"]) == ("failed", "FormatError")
    assert "3.0e+38" in failed["error"]["message"]
