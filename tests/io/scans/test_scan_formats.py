"""Each format against the mesh that the corpus was made from: 6 points, of which the last is in no triangle.

The corpus is made by `tests/corpus/make_corpus.py`, apart from Lineament's writers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.testing as npt
import pytest

from lineament.errors import InputError
from lineament.io.scans import READERS, read_scan

GOOD = Path(__file__).resolve().parents[2] / "corpus" / "good"
POINTS = np.array([[0, 0, 0], [10.5, 0, 0], [10.5, 20.25, 0], [0, 20.25, 0], [5, 10, 7.5], [-1.5, 2.5, 99]], np.float32)
TRIANGLES = [[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]]
COLORS = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30], [200, 100, 50], [1, 2, 3]]
NORMALS = [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, -1], [0.6, 0.8, 0], [0, -1, 0]]
UV = [[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5], [0.25, 0.75]]

IN_FILE_ORDER = sorted(
    path.name
    for path in GOOD.iterdir()
    if path.suffix not in (".json", ".bin", ".stl", ".png", ".npy", ".bnt")
    and path.name not in ("nodes.glb", "sparse.gltf")
)
ROOFS = [
    "ascii.ply", "crlf.ply", "little.ply", "big.ply", "seam.obj", "colors.obj", "whole.obj", "normals.obj", "plain.off",
    "color.off", "normal.off", "all.off", "stored.npz", "deflated.npz", "mesh.glb", "beside.gltf", "sparse.gltf",
    "bu3dfe.wrl",
]  # fmt: skip
COLORED = [
    "ascii.ply", "crlf.ply", "little.ply", "big.ply", "floats.ply", "colors.obj", "color.off", "all.off", "ascii.pcd",
    "binary.pcd", "compressed.pcd", "count.xyz", "cloud.asc", "deflated.npz",
]  # fmt: skip
WITH_NORMALS = [
    "mixed_ascii.ply", "whole.obj", "normals.obj", "normal.off", "all.off", "ascii.pcd", "binary.pcd", "compressed.pcd",
    "titles.csv", "cloud.asc", "mesh.glb", "beside.gltf",
]  # fmt: skip
WITH_UV = ["mixed_little.ply", "mixed_big.ply", "whole.obj", "all.off", "mesh.glb", "beside.gltf"]


@pytest.mark.parametrize("name", IN_FILE_ORDER)
def test_points_are_those_of_the_file_in_its_order(name: str) -> None:
    scan = read_scan(GOOD / name)
    npt.assert_array_equal(scan.points, POINTS)
    assert scan.source.path == GOOD / name
    assert scan.source.format == name.rpartition(".")[2]


@pytest.mark.parametrize("name", ROOFS)
def test_triangles_are_those_of_the_file(name: str) -> None:
    npt.assert_array_equal(read_scan(GOOD / name).triangles, TRIANGLES)


@pytest.mark.parametrize("name", COLORED)
def test_colours_become_bytes(name: str) -> None:
    npt.assert_array_equal(read_scan(GOOD / name).colors, COLORS)


@pytest.mark.parametrize("name", WITH_NORMALS)
def test_normals_belong_to_their_points(name: str) -> None:
    normals = read_scan(GOOD / name).normals
    assert normals is not None
    used = 5 if name == "normals.obj" else 6
    npt.assert_allclose(normals[:used], NORMALS[:used], atol=1e-6)


@pytest.mark.parametrize("name", WITH_UV)
def test_uv_have_their_origin_at_the_lower_left(name: str) -> None:
    # glTF counts v from the top, so the file's v is turned over
    expected = [[u, 1 - v] for u, v in UV] if "gl" in name.rpartition(".")[2] else UV
    npt.assert_allclose(read_scan(GOOD / name).uv, expected, atol=1e-6)


def test_the_unit_is_known_only_where_the_format_states_it() -> None:
    units = {path.suffix: read_scan(path).unit for path in GOOD.iterdir() if path.suffix not in (".json", ".bin")}
    stated = {suffix: unit for suffix, unit in units.items() if unit is not None}
    assert stated == {".glb": "m", ".gltf": "m", ".bnt": "mm", ".png": "mm", ".npy": "mm"}


def test_a_unit_from_the_caller_wins_and_leaves_the_numbers() -> None:
    for name in ("ascii.ply", "mesh.glb"):
        scan = read_scan(GOOD / name, unit="cm")
        assert scan.unit == "cm"
        npt.assert_array_equal(scan.points, POINTS)
    with pytest.raises(InputError, match="'km', expected one of mm, cm, m, in"):
        read_scan(GOOD / "ascii.ply", unit="km")


def test_every_reader_has_a_file_in_the_corpus() -> None:
    assert set(READERS) == {p.suffix[1:] for p in GOOD.iterdir()} - {"json", "bin", "png", "npy"}


# ---- PLY ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["mixed_ascii.ply", "mixed_little.ply", "mixed_big.ply"])
def test_ply_polygons_of_any_size_and_elements_in_any_order(name: str) -> None:
    expected = [[0, 1, 4], [0, 1, 2], [0, 2, 3], [1, 2, 3], [1, 3, 4], [1, 4, 5]]
    npt.assert_array_equal(read_scan(GOOD / name).triangles, expected)


def test_ply_uv_of_corners_are_carried_to_vertices() -> None:
    npt.assert_allclose(read_scan(GOOD / "mixed_ascii.ply").uv, UV)


def test_ply_with_many_mixed_polygons_agrees_with_its_ascii_twin(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    sizes = rng.integers(3, 7, 500)
    polygons = [rng.integers(0, 50, size) for size in sizes]
    points = rng.normal(size=(50, 3)).astype("<f4")
    head = (
        "ply\nformat {} 1.0\nelement vertex 50\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 500\nproperty list uchar uint vertex_index\nend_header\n"
    )
    text = "".join(" ".join(f"{v:.9g}" for v in row) + "\n" for row in points.tolist())
    text += "".join(f"{len(p)} {' '.join(map(str, p))}\n" for p in polygons)
    body = points.tobytes() + b"".join(bytes([len(p)]) + p.astype("<u4").tobytes() for p in polygons)
    (tmp_path / "a.ply").write_text(head.format("ascii") + text)
    (tmp_path / "b.ply").write_bytes(head.format("binary_little_endian").encode() + body)
    first, second = read_scan(tmp_path / "a.ply"), read_scan(tmp_path / "b.ply")
    assert len(first.triangles) == (sizes - 2).sum()
    npt.assert_array_equal(first.triangles, second.triangles)
    npt.assert_array_equal(first.points, second.points)
    fans = [[p[0], p[i], p[i + 1]] for p in polygons for i in range(1, len(p) - 1)]
    npt.assert_array_equal(second.triangles, fans)


def test_ply_ascii_lists_of_several_lengths_and_large_indices(tmp_path: Path) -> None:
    # taken for rows of one length, 400 would stand where a uchar is expected
    (tmp_path / "a.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 500\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 3\nproperty list uchar int vertex_index\nend_header\n" + "1 2 3\n" * 500
        + "3 0 1 2\n4 0 400 401 402\n3 400 401 402\n"
    )  # fmt: skip
    expected = [[0, 1, 2], [0, 400, 401], [0, 401, 402], [400, 401, 402]]
    npt.assert_array_equal(read_scan(tmp_path / "a.ply").triangles, expected)


# ---- OBJ ------------------------------------------------------------------------------------------------------------
def test_obj_seam_keeps_the_points_and_gives_up_the_uv_with_a_warning() -> None:
    scan = read_scan(GOOD / "seam.obj")
    assert len(scan) == 6
    assert scan.uv is None
    assert scan.source.warnings == ("1 vertices have several uv each (a seam), so uv are left out",)


def test_obj_negative_indices_count_back_from_their_line() -> None:
    npt.assert_array_equal(read_scan(GOOD / "negative.obj").triangles, [[0, 1, 2], [0, 2, 3], [0, 1, 4], [1, 2, 4]])


def test_obj_corners_may_take_any_form() -> None:
    scan = read_scan(GOOD / "corners.obj")
    npt.assert_array_equal(scan.triangles, TRIANGLES)
    assert any("not every corner" in warning for warning in scan.source.warnings)


def test_obj_lines_may_be_continued_indented_and_commented() -> None:
    npt.assert_array_equal(read_scan(GOOD / "continued.obj").triangles, [[0, 1, 2], [0, 2, 3], [0, 3, 4]])


@pytest.mark.parametrize(
    ("text", "triangles"),
    [
        ("f 1 2 3 4 5", [[0, 1, 2], [0, 2, 3], [0, 3, 4]]),
        ("f 1/1 2/1 3/1", [[0, 1, 2]]),
        ("f 1//1 2//1 3//1", [[0, 1, 2]]),
        ("f 1/1/1 2/1/1 3/1/1", [[0, 1, 2]]),
        ("f -6/-1/-1 -5/-1/-1 -4/-1/-1", [[0, 1, 2]]),
        ("f 1/1 2// 3", [[0, 1, 2]]),
        ("f 1 2 3\nf 4//1 5//1 6//1", [[0, 1, 2], [3, 4, 5]]),
        ("f 1 2\nf 1 2 3", [[0, 1, 2]]),
        ("f 1 2 3\n\n# bottom\n  f 4 5 6\nf", [[0, 1, 2], [3, 4, 5]]),
    ],
)
def test_obj_faces(text: str, triangles: list[list[int]], tmp_path: Path) -> None:
    points = "".join(f"v {x} {y} {z}\n" for x, y, z in POINTS.tolist())
    (tmp_path / "a.obj").write_text(f"{points}vt 0.5 0.25 0\nvn 0 0 1\n{text}\n")
    npt.assert_array_equal(read_scan(tmp_path / "a.obj").triangles, triangles)


def test_obj_colours_may_be_bytes_and_follow_w(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("v 1 2 3 1 255 0 10\nv 4 5 6 1 0 128 255\n")
    scan = read_scan(tmp_path / "a.obj")
    npt.assert_array_equal(scan.points, [[1, 2, 3], [4, 5, 6]])
    npt.assert_array_equal(scan.colors, [[255, 0, 10], [0, 128, 255]])


def test_obj_without_a_last_line_end_is_read_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("v 1 2 3\nv 4 5 6")
    scan = read_scan(tmp_path / "a.obj")
    assert len(scan) == 2
    assert scan.source.warnings == ("the last line has no line end; the file may be cut off",)


# ---- STL ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["ascii.stl", "upper.stl", "binary.stl", "solid_binary.stl"])
def test_stl_is_the_soup_of_the_file_and_says_so(name: str) -> None:
    scan = read_scan(GOOD / name)
    npt.assert_array_equal(scan.points.reshape(-1, 3, 3), POINTS[TRIANGLES])
    npt.assert_array_equal(scan.triangles, np.arange(12).reshape(4, 3))
    assert "no identity" in scan.source.warnings[0]


# ---- glTF -----------------------------------------------------------------------------------------------------------
def test_gltf_nodes_are_walked_in_order_and_moved() -> None:
    scan = read_scan(GOOD / "nodes.glb")
    turned = np.stack([-2 * POINTS[:, 1], 2 * POINTS[:, 0], 2 * POINTS[:, 2]], axis=1)
    npt.assert_allclose(scan.points[:6], turned, atol=1e-5)
    npt.assert_allclose(scan.points[6:], POINTS + np.float32([100, 0, 0]), atol=1e-5)
    npt.assert_array_equal(scan.triangles, TRIANGLES + [[v + 6 for v in t] for t in TRIANGLES])
    npt.assert_allclose(scan.normals[1], [0, 1, 0], atol=1e-6)


def test_gltf_strips_and_fans_share_the_points_of_their_mesh() -> None:
    scan = read_scan(GOOD / "strip.glb")
    npt.assert_array_equal(scan.triangles, [[0, 1, 3], [3, 1, 2], [3, 2, 4], [0, 1, 3], [0, 3, 2]])


def test_gltf_sparse_accessors_replace_single_points() -> None:
    expected = POINTS.copy()
    expected[[1, 5]] = [[1, 1, 1], [2, 2, 2]]
    npt.assert_array_equal(read_scan(GOOD / "sparse.gltf").points, expected)


# ---- OFF, text, WRL, BNT --------------------------------------------------------------------------------------------
def test_off_polygons_with_colours_behind_them() -> None:
    npt.assert_array_equal(read_scan(GOOD / "joined.off").triangles, [[0, 1, 2], [0, 2, 3], [0, 1, 4]])


@pytest.mark.parametrize(
    "text",
    ["1 2 3\n4 5 6\n", "1,2,3\n4,5,6", "1;2;3\r\n4;5;6\r\n", "1\t2\t3\n\n4\t5\t6\n", "x y z\n1 2 3\n4 5 6\n",
     "1, 2, 3,\n4, 5, 6,\n", "z,y,x\n3,2,1\n6,5,4\n", "2\n1 2 3\n4 5 6\n",
     '"X (mm)","Y (mm)","Z (mm)"\n1,2,3\n4,5,6\n'],
)  # fmt: skip
def test_rows_of_text(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode())
    npt.assert_array_equal(read_scan(tmp_path / "a.txt").points, [[1, 2, 3], [4, 5, 6]])


def test_rows_of_text_tell_normals_from_colours_by_their_length(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("1 2 3 0 0 1\n4 5 6 0 -1 0\n")
    scan = read_scan(tmp_path / "a.xyz")
    assert scan.colors is None
    npt.assert_array_equal(scan.normals, [[0, 0, 1], [0, -1, 0]])


def test_rows_of_text_tell_of_columns_that_they_do_not_know(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("1 2 3 0.25\n4 5 6 0.5\n")
    scan = read_scan(tmp_path / "a.xyz")
    assert scan.source.warnings == ("columns 4 to 4 have no title and were passed over",)


def test_bu3dfe_keeps_indices_and_uv() -> None:
    uv = read_scan(GOOD / "bu3dfe.wrl").uv
    npt.assert_allclose(uv[:5], UV[:5])
    assert np.isnan(uv[5]).all()


def test_bosphorus_marks_bad_values_as_missing_and_keeps_the_rest() -> None:
    scan = read_scan(GOOD / "range.bnt")
    expected = POINTS.copy()
    expected[3] = np.nan
    npt.assert_array_equal(scan.points, expected)
