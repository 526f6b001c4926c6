"""Software between sensor and file: counts stay sane, flat stays flat, bumps sink."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from lineament.face.model import load_face_model  # noqa: E402
from lineament.synth import processing  # noqa: E402
from lineament.synth.people import TorchFace  # noqa: E402
from lineament.synth.smear import smear  # noqa: E402
from lineament.synth.stream import Stream  # noqa: E402

FRONT = torch.eye(3)


@pytest.fixture
def flat():
    points = Stream(0).rand(40_000, 3) * 200 - 100
    points[:, 2] = 0
    return points


def test_smoothing_leaves_a_plane_and_takes_noise_out(flat):
    torch.testing.assert_close(processing.smooth(flat, FRONT, 2.0), flat, atol=1e-4, rtol=0)
    noisy = flat + torch.tensor([0, 0, 0.3]) * Stream(1).randn(40_000, 1)
    assert processing.smooth(noisy, FRONT, 2.0)[:, 2].std() < 0.08


def test_pixels_keep_one_point_each_on_the_surface(flat):
    slanted = flat.clone()
    slanted[:, 2] = 0.5 * flat[:, 0]
    normals = torch.nn.functional.normalize(torch.tensor([-0.5, 0, 1.0]), dim=0).expand_as(flat)
    points, kept = processing.pixels(slanted, normals, FRONT, 2.0)
    assert len(points) == len(kept)
    assert 9_600 < len(points) <= 10_600
    torch.testing.assert_close(points[:, 2], 0.5 * points[:, 0], atol=1e-3, rtol=0)
    torch.testing.assert_close((points[:, :2] / 2).floor() + 0.5, points[:, :2] / 2, atol=1e-3, rtol=0)


def test_fusion_averages_each_cell(flat):
    points, kept = processing.fuse(flat, 4.0, Stream(2))
    assert 2_400 < len(points) < 2_800
    assert (points - flat[kept]).norm(dim=1).max() < 4.0 * 1.5
    torch.testing.assert_close(points[:, 2], torch.zeros(len(points)))


def test_a_membrane_closes_a_hole_and_only_that(flat):
    away = flat[:, :2].norm(dim=1)
    points = processing.filled(flat[away > 4], FRONT, 14.0)
    inside = points[:, :2].norm(dim=1) < 5
    assert inside.sum() > 10
    assert (inside | (points[:, :2].abs().amax(1) > 95)).float().mean() > 0.9
    assert points[inside, 2].abs().max() < 0.1


def test_decimation_prefers_heavy_points():
    weight = torch.ones(10_000)
    weight[:5_000] = 4
    kept = processing.decimate(weight, 2_000, Stream(0))
    assert len(kept) == len(kept.unique()) == 2_000
    assert 0.7 < (kept < 5_000).float().mean() < 0.85
    assert len(processing.decimate(weight, 20_000, Stream(0))) == 10_000


def test_hollows_deepen_and_flats_stay(flat):
    torch.testing.assert_close(processing.deepen(flat, FRONT, 0.4), flat)
    groove = flat.clone()
    groove[:, 2] = -6 * torch.exp(-((flat[:, 0] / 6) ** 2))
    deeper = processing.deepen(groove, FRONT, 0.4)
    assert (deeper - groove)[flat[:, 0].abs() < 2, 2].mean() < -0.5


def test_smearing_moves_lids_and_leaves_cheeks():
    face = TorchFace.from_model(load_face_model())
    points = face.mean
    cross = torch.linalg.cross(*(face.mean[face.triangles[:, i]] - face.mean[face.triangles[:, 0]] for i in (1, 2)))
    normals = torch.zeros_like(points).index_add_(0, face.triangles.flatten(), cross.repeat_interleave(3, 0))
    normals = torch.nn.functional.normalize(normals, dim=1)
    marks = face.landmarks(face.mean[None])[0]
    everywhere = torch.ones(len(points), dtype=torch.bool)
    moved, kept, moved_marks = smear(points, normals, everywhere, marks, 1.0, Stream(4))
    step = (moved - points).norm(dim=1)
    lids = torch.cdist(points, marks[36:48]).min(1).values < 3
    cheeks = torch.cdist(points, torch.tensor([[45.0, -5, 85], [-45.0, -5, 85]])).min(1).values < 12
    assert step[lids].mean() > 0.2
    assert step[cheeks].max() == 0
    assert kept.float().mean() > 0.95
    # Landmarks follow the surface they lie on.
    near = torch.cdist(marks[36:48], points).argmin(1)
    torch.testing.assert_close(moved_marks[36:48] - marks[36:48], (moved - points)[near], atol=0.8, rtol=0)
    assert torch.equal(moved_marks[8], marks[8])
    still, all_kept, _ = smear(points, normals, everywhere, marks, 0.0, Stream(4))
    assert torch.equal(still, points)
    assert all_kept.all()
