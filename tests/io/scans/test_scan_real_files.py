"""Real scans, where they are at hand: counts from the files' own headers and lines, order against trimesh."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.testing as npt
import pytest
import trimesh

from lineament.io.depth import read_depth
from lineament.io.scans import read_scan

SHARED = Path(os.environ.get("LINEAMENT_SHARED", Path(__file__).resolve().parents[4] / "shared"))
REAL = SHARED / "data" / "real"

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real scans are not here")


def test_a_textured_obj_keeps_its_points_at_the_seams() -> None:
    path = REAL / "james" / "james.obj"
    lines = path.read_text().splitlines()
    points = [line.split()[1:] for line in lines if line.startswith("v ")]
    corners = [[c.split("/")[0] for c in line.split()[1:]] for line in lines if line.startswith("f ")]
    scan = read_scan(path)
    npt.assert_array_equal(scan.points, np.array(points, np.float64).astype(np.float32))
    npt.assert_array_equal(scan.triangles, np.array(corners, np.int64) - 1)
    assert scan.uv is None
    assert "seam" in scan.source.warnings[0]


def test_a_glb_agrees_with_trimesh() -> None:
    path = REAL / "lee_perry_smith" / "LeePerrySmith.glb"
    scan = read_scan(path)
    mesh = trimesh.load_mesh(path, process=False, maintain_order=True)
    assert len(scan) == 9279
    npt.assert_allclose(scan.points, mesh.vertices, atol=1e-5)
    npt.assert_array_equal(scan.triangles, mesh.faces)
    npt.assert_allclose(scan.uv, mesh.visual.uv, atol=1e-6)


def test_a_fused_cloud_has_what_its_header_says() -> None:
    path = REAL / "truedepth_bust" / "fused.ply"
    scan = read_scan(path)
    assert len(scan) == 45_428
    assert scan.triangles is None
    npt.assert_allclose(scan.points[0], [-0.1253, -0.0572, 0.3321])
    npt.assert_array_equal(scan.colors[0], [190, 138, 105])
    npt.assert_allclose(np.linalg.norm(scan.normals, axis=1), 1, atol=1e-3)


def test_a_real_depth_frame_is_a_bust_at_arm_length(tmp_path: Path) -> None:
    with np.load(REAL / "truedepth_bust" / "frames.npz") as frames:
        depth, camera = frames["depth_tenth_mm"][0], frames["intrinsics_fx_fy_cx_cy"][0]
    np.save(tmp_path / "frame.npy", depth)
    frame = read_depth(tmp_path / "frame.npy", tuple(camera.tolist()), scale=0.1)
    assert np.isnan(frame.depth).sum() == (depth == 0).sum()
    assert 200 < np.nanmedian(frame.depth) < 800
    points = frame.to_scan().points
    bust = points[-points[:, 2] < 500]
    width, height, _ = np.percentile(bust, 98, axis=0) - np.percentile(bust, 2, axis=0)
    assert 100 < width < 400
    assert 100 < height < 400
