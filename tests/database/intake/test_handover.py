"""A whole scan comes out of the sandbox as it went in, and what a taken-over process sends is not believed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineament.database.intake import sandbox as module
from lineament.database.intake.handover import TEXTURE_SIDE, WholeScan, to_promise, to_scan
from lineament.database.intake.sandbox import Limits, Refusal, Sandbox
from lineament.errors import FormatError, InputError
from lineament.io.scans import read_scan, write_scan
from lineament.io.scans.texture import read_texture
from lineament.types import Scan


def scan() -> Scan:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(5000, 3)).astype(np.float32)
    points[7] = np.nan
    triangles = rng.integers(0, 5000, (9000, 3)).astype(np.int32)
    colors = rng.integers(0, 255, (5000, 3)).astype(np.uint8)
    return Scan(points, triangles, colors=colors, unit="cm")


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(memory=1 << 30)) as found:
        yield found


@pytest.mark.parametrize("suffix", ["ply", "npz", "obj", "off"])
def test_a_scan_is_the_same_on_both_sides(sandbox, tmp_path, suffix):
    place = write_scan(scan(), tmp_path / f"scan.{suffix}") if suffix in ("ply", "npz") else None
    if place is None:
        whole = np.nan_to_num(scan().points)
        place = write_scan(Scan(whole, scan().triangles), tmp_path / f"scan.{suffix}")
    expected = read_scan(place)
    for _ in range(2):
        found = sandbox.read_scan(place)
        assert isinstance(found, WholeScan), found
        for name in ("points", "triangles", "colors", "normals", "uv"):
            np.testing.assert_array_equal(getattr(found.scan, name), getattr(expected, name))
        assert (found.scan.unit, found.scan.source.format) == (expected.unit, suffix)
        assert found.scan.source.warnings == expected.source.warnings
        assert found.scan.source.path is None
        assert not found.scan.points.flags.writeable


def textured(tmp_path: Path, side: int) -> tuple[Path, list[Path]]:
    place, material, image = (tmp_path / name for name in ("head.obj", "head.mtl", "skin.png"))
    place.write_text("mtllib head.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n")
    material.write_text("newmtl skin\nmap_Kd skin.png\n")
    values = np.random.default_rng(0).integers(0, 255, (side, side, 3)).astype(np.uint8)
    Image.fromarray(values).save(image)
    return place, [material, image]


def test_a_texture_comes_along_when_its_files_may_be_read(sandbox, tmp_path):
    place, beside = textured(tmp_path, 32)
    found = sandbox.read_scan(place, beside)
    expected = read_texture(read_scan(place))
    np.testing.assert_array_equal(found.texture.image, expected.image)
    np.testing.assert_array_equal(found.texture.uv, expected.uv)
    assert isinstance(sandbox.read_scan(place), Refusal)  # its material is none of the files that may be read


def test_a_texture_is_found_through_a_linked_folder(sandbox, tmp_path):
    (tmp_path / "real").mkdir()
    textured(tmp_path / "real", 8)
    linked = tmp_path / "linked"
    try:
        linked.symlink_to(tmp_path / "real")
    except OSError:
        pytest.skip("no links here")
    found = sandbox.read_scan(linked / "head.obj", [linked / "head.mtl", linked / "skin.png"])
    assert found.texture.image.shape == (8, 8, 3)


def test_a_damaged_texture_costs_the_texture_alone(sandbox, tmp_path):
    place, beside = textured(tmp_path, 8)
    beside[1].write_bytes(beside[1].read_bytes()[:60])
    found = sandbox.read_scan(place, beside)
    assert found.texture is None
    assert len(found.scan) == 3
    assert any("texture is left out" in text for text in found.scan.source.warnings)
    assert str(tmp_path) not in " ".join(found.scan.source.warnings)


def test_a_texture_that_is_too_large_is_made_smaller(sandbox, tmp_path):
    place, beside = textured(tmp_path, 8)
    Image.new("RGB", (TEXTURE_SIDE + 2, 64), (10, 200, 30)).save(beside[1])
    found = sandbox.read_scan(place, beside)
    assert max(found.texture.image.shape) <= TEXTURE_SIDE
    assert (found.texture.image == (10, 200, 30)).all()


def test_a_scan_beyond_the_memory_is_refused(tmp_path):
    place = write_scan(scan(), tmp_path / "scan.ply")
    with Sandbox(Limits(memory=50_000)) as small:
        found = small.read_scan(place)
    assert isinstance(found, Refusal)
    assert found.kind in ("memory", "crash")


READY = "import sys, os, time, json; print('{\"ready\": []}', flush=True); sys.stdin.readline(); "
GOOD = {"arrays": [["points", [2, 3]]], "unit": None, "format": "ply", "warnings": []}


def lying(monkeypatch, tmp_path, promise, then=""):
    """Have the process promise something, whatever the file, and then run `then`."""
    text = json.dumps(json.dumps({"whole": promise}))
    monkeypatch.setattr(module, "BEGIN", f"{READY}print({text}, flush=True); {then}time.sleep(60)")
    monkeypatch.setattr(module, "SET", {})
    place = write_scan(scan(), tmp_path / "scan.ply")
    with Sandbox(Limits(seconds=3)) as taken_over:
        return taken_over.read_scan(place)


@pytest.mark.parametrize(
    "changes",
    [
        {"arrays": [["points", [2, 3]], ["points", [2, 3]]]},
        {"arrays": [["points", [2]]]},
        {"arrays": [["points", [-2, 3]]]},
        {"arrays": [["code", [2, 3]]]},
        {"arrays": "points"},
        {"arrays": [["points", [1e400, 3]]]},
        {"format": "exe"},
        {"unit": 5},
        {"warnings": ["x" * 1000]},
        {"warnings": ["\x1b[2J"]},
        {"warnings": ["x"] * 1000},
        {"warnings": None},
    ],
)
def test_a_promise_that_cannot_be_is_not_believed(changes):
    with pytest.raises(FormatError):
        to_promise(GOOD | changes)


@pytest.mark.skipif(sys.platform == "win32", reason="its pipes cannot be waited for")
@pytest.mark.parametrize("shape", [[1 << 40, 3], [1 << 40, 0], [0, 1 << 70]])
def test_a_promise_of_more_than_the_memory_is_declined(monkeypatch, tmp_path, shape):
    found = lying(monkeypatch, tmp_path, GOOD | {"arrays": [["points", shape]]})
    assert found.kind == "memory"


@pytest.mark.skipif(sys.platform == "win32", reason="its pipes cannot be waited for")
@pytest.mark.parametrize("then", ["sys.exit(0); ", "os.write(1, bytes(10)); os._exit(1); ", ""])
def test_a_promise_that_is_not_kept_is_a_crash(monkeypatch, tmp_path, then):
    found = lying(monkeypatch, tmp_path, GOOD, then)
    assert (type(found), found.kind) == (Refusal, "crash")


@pytest.mark.skipif(sys.platform == "win32", reason="its pipes cannot be waited for")
def test_bytes_that_are_no_scan_are_refused(monkeypatch, tmp_path):
    then = "sys.stdin.readline(); os.write(1, b'\\xff' * 24); "
    found = lying(monkeypatch, tmp_path, GOOD, then)
    assert (type(found), found.kind) == (Refusal, "malformed")


def test_indices_out_of_range_are_refused_by_the_parent():
    promise = to_promise(GOOD | {"arrays": [["points", [2, 3]], ["triangles", [1, 3]]]})
    with pytest.raises(InputError, match="triangles"):
        to_scan(promise, [np.zeros((2, 3), "<f4"), np.full((1, 3), 5, "<i4")])


def test_a_texture_that_does_not_fit_is_refused_by_the_parent():
    arrays = [["points", [3, 3]], ["triangles", [1, 3]], ["texture", [2, 2, 4]], ["texture_uv", [1, 3, 2]]]
    promise = to_promise(GOOD | {"arrays": arrays})
    values = [np.zeros(shape, "<f4") for _, shape in arrays]
    values[1] = np.zeros((1, 3), "<i4")
    values[2] = np.zeros((2, 2, 4), np.uint8)
    with pytest.raises(FormatError, match="does not fit"):
        to_scan(promise, values)
