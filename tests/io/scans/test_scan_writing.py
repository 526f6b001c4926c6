"""What is written is what is read; and a file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.testing as npt
import pytest
import trimesh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lineament.errors import InputError
from lineament.io.atomic import atomic_write
from lineament.io.scans import WRITERS, read_scan, write_scan
from lineament.types import MILLIMETRES, Scan

TEXT_TOO = ("ply", "stl", "pcd")
CASES = [(suffix, False) for suffix in WRITERS] + [(suffix, True) for suffix in TEXT_TOO]
HOLDS = {
    "triangles": {"ply", "obj", "glb", "off", "npz"},
    "normals": set(WRITERS) - {"stl"},
    "colors": set(WRITERS) - {"stl"},
    "uv": {"ply", "obj", "glb", "off", "npz"},
}
"""Which formats hold what; STL is tested apart."""


@pytest.fixture
def scan() -> Scan:
    """A mesh with everything; its last point is in no triangle."""
    rng = np.random.default_rng(11)
    normals = rng.normal(size=(40, 3))
    return Scan(
        points=rng.normal(size=(40, 3)) * 80,
        triangles=rng.integers(0, 39, (60, 3)),
        normals=normals / np.linalg.norm(normals, axis=1, keepdims=True),
        colors=rng.integers(0, 256, (40, 3)),
        uv=rng.random((40, 2)),
        unit="mm",
    )


@pytest.mark.parametrize(("suffix", "ascii"), [case for case in CASES if case[0] != "stl"])
def test_a_scan_comes_back_as_it_was(suffix: str, ascii: bool, scan: Scan, tmp_path: Path) -> None:
    back = read_scan(write_scan(scan, tmp_path / f"a.{suffix}", ascii=ascii))
    scale = 1000 if suffix == "glb" else 1
    npt.assert_allclose(back.points * scale, scan.points, rtol=3e-7 if suffix == "glb" else 0)
    for name, formats in HOLDS.items():
        if suffix in formats:
            tolerance = 1e-7 if (suffix, name) == ("glb", "uv") else 0
            npt.assert_allclose(getattr(back, name), getattr(scan, name), atol=tolerance, err_msg=name)
        else:
            assert getattr(back, name) is None


@pytest.mark.parametrize("ascii", [False, True])
def test_stl_holds_the_corners_of_the_triangles(ascii: bool, scan: Scan, tmp_path: Path) -> None:
    back = read_scan(write_scan(scan, tmp_path / "a.stl", ascii=ascii))
    npt.assert_array_equal(back.points.reshape(-1, 3, 3), scan.points[scan.triangles])


@pytest.mark.parametrize("suffix", [suffix for suffix in WRITERS if suffix not in ("stl", "glb")])
@pytest.mark.parametrize("ascii", [False, True])
@settings(max_examples=20, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    points=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 6), st.just(3)),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    )
)
def test_any_finite_float32_survives(suffix: str, ascii: bool, points: np.ndarray, tmp_path: Path) -> None:
    if ascii and suffix == "npz":
        return
    back = read_scan(write_scan(Scan(points), tmp_path / f"a.{suffix}", ascii=ascii))
    npt.assert_array_equal(back.points, points)


@pytest.mark.parametrize(("suffix", "ascii"), [case for case in CASES if case[0] not in ("stl", "glb")])
def test_missing_points_stay_in_their_place(suffix: str, ascii: bool, tmp_path: Path) -> None:
    points = np.array([[1, 2, 3], [np.nan] * 3, [4, 5, 6]], np.float32)
    back = read_scan(write_scan(Scan(points), tmp_path / f"a.{suffix}", ascii=ascii))
    npt.assert_array_equal(back.points, points)


@pytest.mark.parametrize("unit", MILLIMETRES)
def test_glb_is_in_metres_whatever_the_unit(unit: str, scan: Scan, tmp_path: Path) -> None:
    given = Scan(scan.points, scan.triangles, unit=unit)
    back = read_scan(write_scan(given, tmp_path / "a.glb"))
    assert back.unit == "m"
    npt.assert_allclose(back.points * 1000.0, scan.points * MILLIMETRES[unit], rtol=1e-6)


def test_glb_needs_a_unit_and_whole_points(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unit of the scan is unknown"):
        write_scan(Scan(np.ones((1, 3))), tmp_path / "a.glb")
    with pytest.raises(InputError, match="missing points"):
        write_scan(Scan(np.array([[0, 0, 0], [np.nan] * 3]), unit="mm"), tmp_path / "a.glb")
    assert not list(tmp_path.iterdir())


def test_npz_keeps_the_unit(scan: Scan, tmp_path: Path) -> None:
    assert read_scan(write_scan(scan, tmp_path / "a.npz")).unit == "mm"


@pytest.mark.parametrize(("suffix", "ascii"), [(s, a) for s, a in CASES if s in ("ply", "obj", "stl", "glb", "off")])
def test_trimesh_reads_the_same_mesh(suffix: str, ascii: bool, scan: Scan, tmp_path: Path) -> None:
    path = write_scan(Scan(scan.points, scan.triangles, unit="m"), tmp_path / f"a.{suffix}", ascii=ascii)
    mesh = trimesh.load_mesh(path, process=False, maintain_order=True)
    npt.assert_allclose(mesh.triangles, scan.points[scan.triangles], rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("suffix", ["ply", "obj", "stl", "glb", "gltf", "off"])
def test_a_mesh_that_trimesh_wrote_is_read(suffix: str, scan: Scan, tmp_path: Path) -> None:
    mesh = trimesh.Trimesh(scan.points, scan.triangles, vertex_normals=scan.normals, process=False)
    if suffix == "gltf":
        for name, data in mesh.scene().export(file_type="gltf").items():
            (tmp_path / name).write_bytes(data)
        path = tmp_path / "model.gltf"
    else:
        path = tmp_path / f"a.{suffix}"
        mesh.export(path)
    back = read_scan(path)
    npt.assert_allclose(back.points[back.triangles], scan.points[scan.triangles], atol=1e-4)
    if suffix != "stl":
        npt.assert_allclose(back.points, scan.points, atol=1e-4)
        npt.assert_array_equal(back.triangles, scan.triangles)


def test_stl_without_triangles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="STL holds triangles only"):
        write_scan(Scan(np.ones((3, 3))), tmp_path / "a.stl")


def test_an_unknown_suffix_lists_those_that_can_be_written(scan: Scan, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'\.fbx'; scans can be written as .ply, .obj"):
        write_scan(scan, tmp_path / "a.fbx")
    with pytest.raises(InputError, match="GLB has no text form"):
        write_scan(scan, tmp_path / "a.glb", ascii=True)


# ---- atomic_write ---------------------------------------------------------------------------------------------------
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), atomic_write(path) as file:
        file.writelines([b"new", None])  # type: ignore[list-item]
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_the_new_file_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old and longer")
    with atomic_write(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old and longer"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"old")
    (tmp_path / "link.bin").symlink_to(tmp_path / "a.bin")
    with atomic_write(tmp_path / "link.bin") as file:
        file.write(b"new")
    assert (tmp_path / "link.bin").is_symlink()
    assert (tmp_path / "a.bin").read_bytes() == b"new"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; make it first"), atomic_write(tmp_path / "no" / "a.bin"):
        pass
    with pytest.raises(InputError, match="it is a folder"), atomic_write(tmp_path):
        pass
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot write"), atomic_write(tmp_path / "file" / "a.bin"):
        pass
