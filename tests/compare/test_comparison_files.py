"""Files of a comparison: what other programs read in them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from virtual_sittings import bump, frame, landmark, person, sitting

from lineament.compare import REGIONS, Comparison, compare
from lineament.compare.files import deviation_ply, write_comparison
from lineament.compare.picture import color_range, deviation_colors, deviation_picture
from lineament.compare.table import NOISE_90
from lineament.io.scans import read_scan
from lineament.types import Scan


@pytest.fixture(scope="module")
def compared() -> tuple[Comparison, Scan]:
    face = person()
    a = sitting(face, frame("m", 7), "m")
    return compare(a, sitting(face, change=bump(landmark(face, "pg"), 3.0, 15.0))), a.scan


@pytest.fixture(scope="module")
def folder(compared: tuple[Comparison, Scan], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("compare") / "new" / "folder"
    paths = write_comparison(*compared, ("before.ply", "after, late.ply"), place)
    assert sorted(paths) == sorted(place.iterdir())
    return place


def test_the_ply_is_the_scan_with_colours_and_the_values(folder: Path, compared: tuple[Comparison, Scan]) -> None:
    found, a = compared
    read = read_scan(folder / "deviation.ply")
    assert np.array_equal(read.points, a.points)
    assert np.array_equal(read.triangles, a.triangles)
    assert np.array_equal(read.colors, deviation_colors(found))
    data = (folder / "deviation.ply").read_bytes()
    start = data.index(b"end_header\n") + 11
    assert b"property float deviation_mm\nelement face" in data[:start]
    row = np.dtype([("place", "<f4", 3), ("color", "u1", 3), ("deviation", "<f4")])
    values = np.frombuffer(data, row, len(a), start)["deviation"]
    assert np.array_equal(values, found.deviation, equal_nan=True)


def test_the_ply_of_a_cloud_with_normals(compared: tuple[Comparison, Scan], tmp_path: Path) -> None:
    found, a = compared
    cloud = Scan(a.points, normals=np.tile(np.float32([0, 0, 1]), (len(a), 1)))
    (tmp_path / "cloud.ply").write_bytes(deviation_ply(found, cloud))
    read = read_scan(tmp_path / "cloud.ply")
    assert np.array_equal(read.points, a.points)
    assert np.array_equal(read.normals, cloud.normals)
    assert read.triangles is None


def test_tables(folder: Path, compared: tuple[Comparison, Scan]) -> None:
    found, _ = compared
    with (folder / "regions.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["region"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["face", *REGIONS]
    assert float(rows["chin"]["largest_mm"]) == pytest.approx(3.0, rel=0.03)
    parts = sum(float(row["volume_cm3"]) for name, row in rows.items() if name not in ("face", "neck"))
    assert float(rows["face"]["volume_cm3"]) == pytest.approx(parts, abs=0.002)
    with (folder / "landmarks.csv").open(encoding="utf-8", newline="") as file:
        marks = {row["name"]: row for row in csv.DictReader(file)}
    assert len(marks) == 68 + 66
    assert float(marks["pg"]["standard_error_mm"]) == pytest.approx(2 / 3 * 1.2 * 2**0.5, abs=1e-3)
    document = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert document["schema"] == "lineament-comparison/1"
    assert (document["a"], document["b"]) == ("before.ply", "after, late.ply")
    assert np.allclose(document["matrix_b_to_a"], found.motion.matrix)
    assert len(document["regions"]) == len(rows)
    assert len(document["landmarks"]) == len(marks)


def test_colours_are_symmetric_about_zero_and_grey_where_nothing_is_known(compared: tuple[Comparison, Scan]) -> None:
    found, _ = compared
    colors = deviation_colors(found).astype(int)
    assert (colors[np.isnan(found.deviation)] == 200).all()
    still = np.abs(found.deviation) < 0.001
    assert (np.ptp(colors[still], axis=1) < 12).all()
    outside = found.deviation > 0.4
    assert (colors[outside, 0] > colors[outside, 2]).all()
    assert color_range(np.float32([np.nan, 0.1, -0.2])) == 0.5
    assert color_range(np.full(4, np.nan, np.float32)) == 0.5
    assert color_range(np.float32([-3.2] * 50)) == 3.5


def test_the_picture_shows_the_bump_in_all_views(compared: tuple[Comparison, Scan], folder: Path) -> None:
    found, a = compared
    picture = np.asarray(deviation_picture(found, a, "before to after").convert("RGB")).astype(int)
    third = picture.shape[1] // 3
    for view in range(3):
        part = picture[200:-200, view * third : (view + 1) * third]
        assert np.count_nonzero(part[..., 0] - part[..., 2] > 60) > 500
    with Image.open(folder / "deviation.png") as saved:
        assert saved.size == (picture.shape[1], picture.shape[0])


def test_length_that_noise_exceeds_once_in_ten() -> None:
    draws = np.linalg.norm(np.random.default_rng(0).standard_normal((200_000, 3)), axis=1)
    assert (draws > NOISE_90).mean() == pytest.approx(0.1, abs=0.003)
