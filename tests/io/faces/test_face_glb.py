"""A face as a GLB rig: what is written is read back, by us, by trimesh and by Khronos' validator."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineament.errors import InputError
from lineament.face.model import load_face_model
from lineament.face.rig import ARKIT_NAMES, arkit_targets, neutral, posed
from lineament.io.faces.glb import write_glb
from lineament.io.faces.mesh import write_mesh
from lineament.io.scans import read_scan
from lineament.io.scans.gltf import Gltf, open_containers

VALIDATE = """
const validator = require('gltf-validator');
const bytes = new Uint8Array(require('fs').readFileSync(process.argv[1]));
validator.validateBytes(bytes).then(report => console.log(JSON.stringify(report.issues)));
"""


def png():
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 160, 140)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def face(person):
    return person(7, jawOpen=0.2)


@pytest.fixture(scope="module")
def path(face, tmp_path_factory):
    return write_glb(
        tmp_path_factory.mktemp("glb") / "a.glb", face, png(), "ibug68", {"jawOpen": 0.5, "mouthSmileLeft": 1.0}
    )


@pytest.fixture(scope="module")
def gltf(path):
    return Gltf(*open_containers(path.read_bytes()), Path())


def test_mesh_and_targets_are_read_back(face, gltf):
    model = load_face_model()
    primitive = gltf.document["meshes"][0]["primitives"][0]
    points = gltf.values(primitive["attributes"]["POSITION"], (3,))
    np.testing.assert_allclose(points, neutral(face) / 1000, atol=1e-6)
    np.testing.assert_array_equal(gltf.values(primitive["indices"], (1,)).reshape(-1, 3), model.triangles)
    uv = gltf.values(primitive["attributes"]["TEXCOORD_0"], (2,))
    np.testing.assert_allclose(uv, np.stack([model.uv[:, 0], 1 - model.uv[:, 1]], 1), atol=1e-6)
    normals = gltf.values(primitive["attributes"]["NORMAL"], (3,))
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    targets = arkit_targets(face)
    assert len(primitive["targets"]) == 52
    for name, target in zip(ARKIT_NAMES, primitive["targets"], strict=True):
        values = gltf.values(target["POSITION"], (3,))
        np.testing.assert_allclose(values, targets[name] / 1000, atol=1e-6, err_msg=name)
        entry = gltf.document["accessors"][target["POSITION"]]
        assert "bufferView" not in entry
        assert entry["sparse"]["count"] < len(values)
        np.testing.assert_array_equal(np.float32(entry["min"]), values.min(axis=0))
        np.testing.assert_array_equal(np.float32(entry["max"]), values.max(axis=0))


def test_names_weights_and_source(gltf):
    mesh = gltf.document["meshes"][0]
    assert mesh["extras"]["targetNames"] == list(ARKIT_NAMES)
    assert mesh["extras"]["emptyTargets"] == ["tongueOut"]
    weights = dict(zip(ARKIT_NAMES, mesh["weights"], strict=True))
    assert (weights["jawOpen"], weights["mouthSmileLeft"], weights["eyeBlinkLeft"]) == (0.5, 1.0, 0)
    extras = gltf.document["asset"]["extras"]
    assert (extras["unit"], extras["source_unit"]) == ("m", "in")
    assert extras["scan_to_face_mm"]["scale"] == 25.4


def test_landmarks_are_nodes_on_the_mesh_as_it_is_posed(face, gltf):
    model = load_face_model()
    nodes = gltf.document["nodes"]
    group = nodes[nodes[0]["children"][0]]
    marks = [nodes[index] for index in group["children"]]
    assert group["name"] == "ibug68"
    assert tuple(mark["name"] for mark in marks) == model.landmark_sets["ibug68"].names
    at = model.landmarks(posed(face, {"jawOpen": 0.5, "mouthSmileLeft": 1.0}), "ibug68")
    np.testing.assert_allclose([mark["translation"] for mark in marks], at / 1000, atol=1e-6)


def test_the_texture_is_inside_and_only_the_mouth_is_tinted(gltf):
    model = load_face_model()
    tints = gltf.values(gltf.document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"], (4,))
    inside = model.region == model.region_names.index("mouth")
    assert (tints[~inside] == 1).all()
    assert tints[inside, :3].max() < 0.3
    view, _ = gltf.view(gltf.document["images"][0]["bufferView"])
    assert bytes(view) == png()


def test_without_texture_and_landmarks(face, tmp_path):
    gltf = Gltf(*open_containers(write_glb(tmp_path / "a.glb", face).read_bytes()), Path())
    assert "images" not in gltf.document
    assert len(gltf.document["nodes"]) == 1
    assert not any(gltf.document["meshes"][0]["weights"])
    colors = gltf.values(gltf.document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"], (4,))
    assert len(np.unique(colors, axis=0)) >= 4


def test_the_same_face_gives_the_same_bytes(face, path, tmp_path):
    again = write_glb(tmp_path / "b.glb", face, png(), "ibug68", {"jawOpen": 0.5, "mouthSmileLeft": 1.0})
    assert again.read_bytes() == path.read_bytes()


def test_trimesh_loads_it(path):
    trimesh = pytest.importorskip("trimesh")
    scene = trimesh.load(path)
    (mesh,) = scene.geometry.values()
    assert len(mesh.faces) == len(load_face_model().triangles)
    assert mesh.extents == pytest.approx([0.18, 0.28, 0.18], abs=0.06)


def test_our_reader_of_scans_loads_it(face, path):
    scan = read_scan(path)
    assert scan.unit == "m"
    np.testing.assert_allclose(scan.points, neutral(face) / 1000, atol=1e-6)
    np.testing.assert_allclose(scan.uv, load_face_model().uv, atol=1e-6)


def test_the_container_is_aligned(path):
    data = path.read_bytes()
    length, kind = struct.unpack_from("<II", data, 12)
    assert kind == 0x4E4F534A
    assert len(data) % 4 == length % 4 == 0
    views = json.loads(data[20 : 20 + length])["bufferViews"]
    assert all(view["byteOffset"] % 4 == 0 for view in views)


@pytest.mark.parametrize("textured", [True, False])
def test_khronos_validator_finds_no_error(face, tmp_path, textured):
    """Needs node and the npm package gltf-validator, found where node looks or in NODE_PATH."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if subprocess.run([node, "-e", "require('gltf-validator')"], capture_output=True, env=os.environ).returncode:
        pytest.skip("the npm package gltf-validator is not installed: npm install gltf-validator, and set NODE_PATH")
    path = write_glb(tmp_path / "a.glb", face, png() if textured else None, "dense520", {"jawOpen": 0.5})
    done = subprocess.run([node, "-e", VALIDATE, str(path)], capture_output=True, text=True, timeout=60, check=True)
    issues = json.loads(done.stdout)
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"][:5]


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("a.gltf", {}, "expected .glb"),
        ("a.glb", {"texture": b"JFIF"}, "expected a PNG"),
        ("a.glb", {"landmarks": "ibug99"}, "ibug99"),
        ("a.glb", {"weights": {"jawOpen": 3.0}}, "from 0 to 1"),
        ("nowhere/a.glb", {}, "does not exist"),
    ],
)
def test_what_cannot_be_is_refused(face, tmp_path, name, options, said):
    with pytest.raises(InputError, match=said):
        write_glb(tmp_path / name, face, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["obj", "ply"])
def test_plain_meshes_are_in_mm_with_uv(face, tmp_path, suffix):
    scan = read_scan(write_mesh(tmp_path / f"a.{suffix}", posed(face, {"jawOpen": 1.0})))
    model = load_face_model()
    np.testing.assert_array_equal(scan.points, posed(face, {"jawOpen": 1.0}))
    np.testing.assert_array_equal(scan.triangles, model.triangles)
    np.testing.assert_allclose(scan.uv, model.uv, atol=1e-6)
