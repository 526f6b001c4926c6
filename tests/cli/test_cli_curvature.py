"""`lineament curvature`: a sphere has its radius everywhere, in any unit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from scipy.spatial import ConvexHull

from lineament.curvature_map import Size, map_curvature
from lineament.errors import InputError
from lineament.geometry.alignment import Similarity
from lineament.io.scans import read_scan
from lineament.types import Scan

Run = Callable[..., Result]
MakeScan = Callable[..., Path]


def sphere(radius: float = 80.0, count: int = 4000) -> Scan:
    """An even mesh of a sphere, wound outwards."""
    i = np.arange(count) + 0.5
    z, angle = 1 - 2 * i / count, np.pi * (1 + 5**0.5) * i
    points = np.stack([np.cos(angle) * np.sqrt(1 - z * z), np.sin(angle) * np.sqrt(1 - z * z), z], axis=1)
    triangles = ConvexHull(points).simplices
    a, b, c = (points[triangles[:, k]] for k in range(3))
    inwards = (np.cross(b - a, c - a) * a).sum(axis=1) < 0
    triangles[inwards] = triangles[inwards][:, ::-1]
    return Scan((radius * points).astype(np.float32), triangles.astype(np.int32))


@pytest.mark.parametrize(("unit", "mm"), [("mm", 1.0), ("m", 1000.0)])
@pytest.mark.parametrize("cloud", [True, False])
def test_a_sphere_has_its_radius_everywhere(unit: str, mm: float, cloud: bool) -> None:
    scan = sphere(80.0 / mm)
    scan = Scan(scan.points, None if cloud else scan.triangles)
    found = map_curvature(scan, Size(unit, mm, None), (10.0, 20.0))
    assert found.k1.shape == (4000, 2)
    for values in (found.k1, found.k2, found.curvedness):
        assert np.allclose(values, 1 / 80, rtol=0.05)
    assert found.shape_index.min() > 0.9


def test_a_mesh_turned_inside_out_is_turned_back_where_the_face_is_known() -> None:
    scan = sphere()
    assert scan.triangles is not None
    inside_out = Scan(scan.points, scan.triangles[:, ::-1])
    assert map_curvature(inside_out, Size("mm", 1.0, None), (10.0,)).shape_index.max() < -0.9
    known = Size("mm", 1.0, Similarity.identity())
    assert map_curvature(inside_out, known, (10.0,)).shape_index.min() > 0.9


def test_missing_points_stay_missing_and_doubled_ones_agree() -> None:
    scan = sphere()
    points = np.concatenate([scan.points, scan.points[:5], np.full((2, 3), np.nan, np.float32)])
    found = map_curvature(Scan(points), Size("mm", 1.0, None), (10.0,))
    assert np.isnan(found.k1[-2:]).all()
    assert np.isfinite(found.k1[:-2]).all()
    assert np.array_equal(found.k1[:5], found.k1[4000:4005])


def test_too_few_points_are_refused() -> None:
    with pytest.raises(InputError, match="curvature needs"):
        map_curvature(Scan(np.eye(3, dtype=np.float32)), Size("mm", 1.0, None), (10.0,))


@pytest.mark.usefixtures("fake_detector", "small_pictures")
def test_files_of_one_radius(run: Run, make_scan: MakeScan, tmp_path: Path) -> None:
    scan = make_scan(tmp_path / "anna.ply", count=2000, scale=0.001)
    result = run("curvature", scan, "-o", tmp_path / "out", "--radius", 15)
    assert result.exit_code == 0, result.output
    assert "unit m (found)" in result.output
    ends = ("15mm.curvedness.ply", "15mm.png", "15mm.shape_index.ply", "curvature.npz")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"anna.{end}" for end in ends]
    with np.load(tmp_path / "out" / "anna.curvature.npz") as numbers:
        assert numbers["k1"].shape == (2000, 1)
        assert np.median(numbers["curvedness"]) == pytest.approx(1 / 90, rel=0.1)
    coloured = read_scan(tmp_path / "out" / "anna.15mm.shape_index.ply")
    assert np.array_equal(coloured.points, read_scan(scan).points)
    assert coloured.colors is not None


@pytest.mark.usefixtures("fake_detector")
@pytest.mark.parametrize("words", [(), ("--radius", "0"), ("--radius", "wide")])
def test_without_face_and_unit_the_unit_is_asked_for(
    run: Run, make_scan: MakeScan, tmp_path: Path, words: tuple[str, ...]
) -> None:
    scan = make_scan(tmp_path / "ball.ply", count=50)
    result = run("curvature", scan, *words)
    assert result.exit_code == 2
    assert ("--radius" if words else "give --unit") in result.stderr
    assert list(tmp_path.iterdir()) == [scan]
