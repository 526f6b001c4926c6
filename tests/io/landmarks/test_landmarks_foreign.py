"""Truths: files as 3D Slicer, MeshLab, tpsDig, geomorph, menpo, Landmark Editor and the databases write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from landmark_samples import (
    BND,
    FCSV_LPS,
    FCSV_RAS,
    FCSV_SLICER_3,
    LINEAMENT_JSON,
    LJSON_1,
    LJSON_2,
    LJSON_3,
    LM3,
    MRK_JSON,
    PP,
    PTS_IBUG,
    PTS_IDAV,
    SLICER_LPS,
    TPS,
    read,
)

from lineament.errors import FormatError
from lineament.io.landmarks import read_landmarks, read_tps_all

JAMES = Path(__file__).parents[4] / "shared" / "data" / "real" / "james" / "james.ljson"


def test_slicer_markups_in_ras_become_lps(tmp_path: Path) -> None:
    found = read(tmp_path, "F.mrk.json", MRK_JSON)
    assert found.names == ("F-1", "F-2", "F-3", "4")
    nan = [np.nan] * 3
    expected = np.float32([[53.388409961685827, 73.33572796934868, 0.5], nan, nan, [-1, -2, 3]])
    np.testing.assert_array_equal(found.xyz, expected)
    assert found.visible.tolist() == [True, False, False, True]  # type: ignore[union-attr]
    assert (found.unit, found.mm_per_unit, found.sigma) == ("mm", 1.0, None)
    assert found.descriptions == ("Semi", "", "", "")


@pytest.mark.parametrize(
    ("units", "unit", "mm_per_unit"),
    [
        ('"mm"', "mm", 1.0),
        ('"um"', None, 0.001),
        ('["mm", "UCUM", "millimeter"]', "mm", 1.0),
        ('["m", "UCUM", "meter"]', "m", 1000.0),
    ],
)
def test_slicer_units_are_read_and_never_applied(
    tmp_path: Path, units: str, unit: str | None, mm_per_unit: float
) -> None:
    found = read(tmp_path, "a.mrk.json", MRK_JSON.replace('"RAS",', f'"LPS", "coordinateUnits": {units},'))
    assert found.xyz[3].tolist() == [1, 2, 3]
    assert (found.unit, found.mm_per_unit) == (unit, mm_per_unit)


def test_fcsv_is_read_by_column_names_and_further_numbers_are_ignored(tmp_path: Path) -> None:
    found = read(tmp_path, "a.fcsv", FCSV_LPS)
    assert found.names == ("pronasale", 'left "inner", eye')
    assert found.xyz.tolist() == [[1.5, -2.25, 99.125], [-4, 5, 6]]
    assert found.descriptions == ("", "Semi")
    assert found.unit == "mm"


@pytest.mark.parametrize("system", ["0", "RAS", "ras"])
def test_fcsv_in_ras_becomes_lps(tmp_path: Path, system: str) -> None:
    found = read(tmp_path, "a.fcsv", FCSV_RAS.replace("System = 0", f"System = {system}"))
    assert found["F-1"].tolist() == [-1.5, 2.25, 99.125]


def test_fcsv_with_the_number_1_is_lps(tmp_path: Path) -> None:
    assert read(tmp_path, "a.fcsv", FCSV_RAS.replace("System = 0", "System = 1"))["F-1"].tolist() == [
        1.5,
        -2.25,
        99.125,
    ]


def test_fcsv_of_slicer_3_is_ras(tmp_path: Path) -> None:
    found = read(tmp_path, "L.fcsv", FCSV_SLICER_3)
    assert found.names == ("L-P", "L-P001")
    assert found.xyz.tolist() == [[-1.5, 2.25, 99.125], [-4, -5, 6]]
    bare = read(tmp_path, "bare.fcsv", "L-P,1.5,-2.25,99.125,1,1\n")
    assert bare["L-P"].tolist() == [-1.5, 2.25, 99.125]
    with pytest.raises(FormatError, match="numPoints"):
        read(tmp_path, "short.fcsv", FCSV_SLICER_3.replace("L-P001,4,5,6,1,1\n", ""))


def test_meshlab_points(tmp_path: Path) -> None:
    found = read(tmp_path, "a.pp", PP)
    assert found.names == ("pronasale", 'a <b> "c" & d', "2", "4")
    np.testing.assert_array_equal(found.xyz, np.float32([[1.5, -2.25, 99.125], [np.nan] * 3, [1, 2, 30], [1, 2, 3]]))
    assert found.unit is None


def test_tps_of_several_specimens(tmp_path: Path) -> None:
    path = tmp_path / "a.tps"
    path.write_bytes(TPS.replace("\n", "\r\n").encode())
    found = read_tps_all(path)
    assert list(found) == ["s001", "s002", "3"]
    assert found["s001"].names == ("1", "2", "3", "4")
    np.testing.assert_array_equal(found["s001"].xyz[2:], np.float32([[44.2, 30.1, 60.4], [np.nan] * 3]))
    assert found["s002"].xyz.tolist() == [[0.5, 1, 1.5], [-2, -2.5, -3]]
    assert len(read_landmarks(path)) == 4


def test_tps_in_2d_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="2D"):
        read(tmp_path, "a.tps", "LM=2\n10 20\n-1 -1\nIMAGE=a.jpg\n")


def test_tps_sidecar_must_fit(tmp_path: Path) -> None:
    (tmp_path / "a.names.csv").write_text("name\nnasion\n", "utf-8")
    assert read(tmp_path, "a.tps", "LM3=1\n1 2 3\n").names == ("nasion",)
    with pytest.raises(FormatError, match=r"2 points.*1 names"):
        read(tmp_path, "a.tps", "LM3=2\n1 2 3\n4 5 6\n")


def test_menpo_version_3(tmp_path: Path) -> None:
    found = read(tmp_path, "a.ljson", LJSON_3)
    assert found.names == ("nose", "all_2", "all_3", "4")
    np.testing.assert_array_equal(found.xyz, np.float32([[1.5, -2.25, 99.1], [np.nan] * 3, [4, 5, 6], [7, 8, 9]]))


def test_menpo_version_2_in_an_image_is_y_x(tmp_path: Path) -> None:
    found = read(tmp_path, "a.ljson", LJSON_2)
    assert found.names == ("brow_1", "brow_2")
    np.testing.assert_array_equal(found.xyz, np.float32([[20.5, 10.5, 0], [np.nan] * 3]))


def test_menpo_version_1(tmp_path: Path) -> None:
    found = read(tmp_path, "a.ljson", LJSON_1)
    assert found.names == ("eye_1", "eye_2", "nose tip")
    assert found.xyz.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.skipif(not JAMES.is_file(), reason="the real scan is not here")
def test_a_real_menpo_file_has_a_face_in_it() -> None:
    found = read_landmarks(JAMES)
    assert len(found) == 68
    assert found.names[0] == "chin_1"
    assert found.visible.all()  # type: ignore[union-attr]
    # The eyes are above the mouth, and about 6 cm apart if the scan is in mm.
    left, right = (np.mean([found[f"{eye}_{i}"] for i in range(1, 7)], axis=0) for eye in ("leye", "reye"))
    mouth = np.mean([found[f"mouth_{i}"] for i in range(1, 21)], axis=0)
    assert min(left[1], right[1]) > mouth[1]
    assert 50 < np.linalg.norm(left - right) < 80


def test_slicer_control_point_tables(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", SLICER_LPS)
    np.testing.assert_array_equal(found.xyz, np.float32([[1.5, -2.25, 99.125], [np.nan] * 3]))
    assert found.visible.tolist() == [True, False]  # type: ignore[union-attr]
    assert (found.unit, found.descriptions) == ("mm", ("Semi", ""))
    flipped = read(tmp_path, "a.tsv", SLICER_LPS.replace("l,p,s", "r,a,s").replace(",", "\t"))
    np.testing.assert_array_equal(flipped.xyz, np.float32([[-1.5, 2.25, 99.125], [np.nan] * 3]))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1.5,-2.25,99.125\n4,5,6\n", ("1", "2")),
        ("nose tip,1.5,-2.25,99.125\nchin,4,5,6\n", ("nose tip", "chin")),
        ("1.5;-2.25;99.125;nose tip\n4;5;6;chin\n", ("nose tip", "chin")),
        ("# a comment\n\n  1.5   -2.25 99.125\n4 5 6\n", ("1", "2")),
        ('"nose tip"  1.5 -2.25\t99.125'.replace("\t", " ") + "\nchin 4 5 6\n", ("nose tip", "chin")),
        ("1,1.5,-2.25,99.125\n2,4,5,6\n", ("1", "2")),
        ("0\t1.5\t-2.25\t99.125\n1\t4\t5\t6\n", ("0", "1")),
        ('"","X","Y","Z"\n"nose","1.5","-2.25",99.125\n"chin",4,5,6\n', ("nose", "chin")),
        ('x y z\n"nose" 1.5 -2.25 99.125\n"chin" 4 5 6\n', ("nose", "chin")),
        ("Z,Landmark,Y,X,weight\r\n99.125,nose,-2.25,1.5,7\r\n6,chin,5,4,7\r\n", ("nose", "chin")),
        ("\ufeffname,x,y,z\rnose,1.5,-2.25,99.125\rchin,4,5,6", ("nose", "chin")),
    ],
)
def test_loose_tables(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    found = read(tmp_path, "a.txt", text)
    assert found.names == names
    assert found.xyz.tolist() == [[1.5, -2.25, 99.125], [4, 5, 6]]
    assert found.unit is None


def test_missing_points_in_tables(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "# unit=cm frame=scan\nname,x,y,z\na,,,\nb,NA,NA,NA\nc,nan,NaN,nan\nd,1,2,3\n")
    assert found.visible.tolist() == [False, False, False, True]  # type: ignore[union-attr]
    assert (found.unit, found.mm_per_unit) == ("cm", 10.0)


def test_bosphorus_is_keyed_by_label(tmp_path: Path) -> None:
    found = read(tmp_path, "bs000.lm3", LM3)
    assert found.names == ("Outer left eyebrow", "Nose tip")
    assert found.xyz.tolist() == [[60.5, 40.25, 30], [1, 2, 3]]


def test_bu3dfe_keeps_the_vertex_indices(tmp_path: Path) -> None:
    found = read(tmp_path, "F0001_AN01WH_F3D.bnd", BND)
    assert found.names == tuple(str(i) for i in range(1, 84))
    assert found["83"].tolist() == [82.5, -82, 100]
    assert found.descriptions[82] == "vertex 574"


def test_landmark_editor_points(tmp_path: Path) -> None:
    found = read(tmp_path, "a.pts", PTS_IDAV)
    assert found.names == ("S0000", "S0001", "S0002")
    np.testing.assert_array_equal(found.xyz, np.float32([[1.5, -2.25, 99.125], [np.nan] * 3, [9999, 1, 2]]))


def test_ibug_points_keep_the_numbers_of_the_file(tmp_path: Path) -> None:
    found = read(tmp_path, "a.pts", PTS_IBUG)
    assert found.names == ("1", "2")
    np.testing.assert_array_equal(found.xyz, np.float32([[446, 91.5, 0], [449.459717, 119.344, 0]]))


def test_descriptions_become_one_line(tmp_path: Path) -> None:
    text = LINEAMENT_JSON.replace('"sigma_mm": null', '"description": " two\\r\\nlines\\ufeff "').replace(
        "ibug68", " a\\nset"
    )
    found = read(tmp_path, "a.json", text)
    assert found.descriptions == ("", "two lines", "")
    assert found.set_name == "a set"


def test_own_json_written_by_hand(tmp_path: Path) -> None:
    found = read(tmp_path, "a.json", LINEAMENT_JSON)
    np.testing.assert_array_equal(found.xyz, np.float32([[1, 2, 3], [4, 5, 6], [np.nan] * 3]))
    np.testing.assert_array_equal(found.sigma, np.float32([0.5, np.nan, np.nan]))
    assert found.visible.tolist() == [True, False, False]  # type: ignore[union-attr]
    assert (found.unit, found.mm_per_unit, found.set_name, found.descriptions) == ("mm", 1.0, "ibug68", ())
