"""Files that cannot be read: each is refused in one line that names it, at once and without taking memory."""

from __future__ import annotations

import os
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lineament.errors import FormatError, InputError
from lineament.io.scans import READERS, read_scan

BAD = Path(__file__).resolve().parents[2] / "corpus" / "bad"
MEGABYTE = 1 << 20
REASONS = {
    "count_too_large.ply": "promises 4000000000 rows of element 'vertex', at least 48000000000 bytes, but 72 bytes",
    "list_too_long.ply": "element 'face'",
    "list_negative.ply": "negative length",
    "index_out_of_range.ply": r"refer to vertex 6, but the file holds 6 \(0 to 5\)",
    "index_negative.ply": "refer to vertex -1",
    "infinite.ply": "infinite",
    "huge_number.ply": "too large for float32",
    "all_nan.ply": r"all 6 points are missing \(NaN\)",
    "garbage_after.ply": "1 bytes follow the last element",
    "is_an_obj.ply": r"is not a PLY file: it begins with 'v 0 0 0...', which looks like OBJ; rename it to .obj",
    "is_an_off.obj": "is not an OBJ file: it begins with 'OFF', which looks like OFF",
    "damaged_vertex.obj": "no OBJ statement: 'vx -1.5 2.5 99'",
    "word.obj": "found 'three' where a number is expected",
    "utf16.obj": "save it as UTF-8",
    "no_endsolid.stl": "endsolid",
    "count_too_large.pcd": "promises 4000000000 points",
    "bomb.pcd": "cannot hold",
    "ragged.xyz": "row 2 of the points holds 2 numbers, but the first holds 3",
    "empty.xyz": "is empty",
    "pickled.npz": "not plain numbers",
    "parent_folder.gltf": "outside its own folder",
    "hidden_parent_folder.gltf": "outside its own folder",
    "absolute_path.gltf": "outside its own folder",
    "web.gltf": "only files in its own folder are read",
    "missing.gltf": "which is not there",
    "own_parent.gltf": "its own ancestor",
    "count_without_data.gltf": "comes to 4000000001 points or corners",
    "one_mesh_too_often.gltf": "comes to 12000200 points or corners",
    "wrong_length.glb": "the file has 1001",
    "open_bracket.wrl": "brackets",
    "short.bnt": "cut off or damaged",
}


@pytest.mark.parametrize("path", sorted(BAD.iterdir()), ids=lambda path: path.name)
def test_a_bad_file_is_refused_in_one_line_and_little_memory(path: Path) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=REASONS.get(path.name)) as caught:
            read_scan(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MEGABYTE
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message


def test_a_zip_bomb_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("points.npy", "w") as member:
        np.lib.format.write_array_header_1_0(
            member, {"descr": "<f4", "fortran_order": False, "shape": (4 * MEGABYTE, 3)}
        )
        for _ in range(48):
            member.write(bytes(MEGABYTE))
    tracemalloc.start()
    with pytest.raises(FormatError, match="which no scan does"):
        read_scan(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * MEGABYTE


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_npz_with_two_arrays_of_one_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, points=np.eye(3))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("points.npy", b"other")
    with pytest.raises(FormatError, match="two arrays of one name"):
        read_scan(path)


def test_an_npz_that_declares_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, points=np.zeros((2, 3), np.float32))
    size = (24 + 128).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (3 << 30).to_bytes(4, "little")))
    with pytest.raises(FormatError):
        read_scan(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.ply does not exist"):
        read_scan(tmp_path / "nothing.ply")
    (tmp_path / "folder.ply").mkdir()
    with pytest.raises(InputError, match=r"folder\.ply is a folder"):
        read_scan(tmp_path / "folder.ply")
    with pytest.raises(InputError, match=r"does not exist|cannot read"):
        read_scan("a\0b.ply")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes in its file system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ply")
    with pytest.raises(InputError, match="not an ordinary file"):
        read_scan(tmp_path / "pipe.ply")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret.ply"
    path.write_bytes(b"ply\n")
    path.chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        read_scan(path)


def test_an_unknown_suffix_lists_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "a.fbx").write_bytes(b"x")
    with pytest.raises(InputError, match=r"'\.fbx'; scans that can be read are .ply, .obj") as caught:
        read_scan(tmp_path / "a.fbx")
    assert all(f".{suffix}" in str(caught.value) for suffix in READERS)


def test_intrinsics_are_for_depth_images_only(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="intrinsics belong to depth images"):
        read_scan(tmp_path / "a.ply", intrinsics=(1, 1, 0, 0))


def test_a_gltf_link_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "scans"
    inside.mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(36))
    (inside / "absent.bin").symlink_to(tmp_path / "secret.bin")
    (inside / "a.gltf").write_bytes((BAD / "missing.gltf").read_bytes())
    with pytest.raises(FormatError, match="outside its own folder"):
        read_scan(inside / "a.gltf")


def test_decimal_commas_between_blanks_are_not_taken_for_columns(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("1,5 2,5 3,5\n4,5 5,5 6,5\n")
    with pytest.raises(FormatError, match="both commas and blanks"):
        read_scan(tmp_path / "a.xyz")


def test_points_with_one_nan_are_missing_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("1 2 3\nnan 5 6\n")
    points = read_scan(tmp_path / "a.xyz").points
    assert np.isnan(points[1]).all()
    assert points[0].tolist() == [1, 2, 3]
