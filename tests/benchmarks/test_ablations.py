"""Ablations: baselines of CF-GAT's size, scored on every held-out scan once."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import ablations  # noqa: E402
from baselines.dgcnn import DGCNN  # noqa: E402
from baselines.heatmap import nearest  # noqa: E402
from baselines.pointnet2 import LEVELS, PointNet2  # noqa: E402

from lineament.detect import features  # noqa: E402
from lineament.detect.features import FACE_LEVELS  # noqa: E402
from lineament.nets.cfgat import CFGAT  # noqa: E402


def size(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.fixture
def inputs():
    generator = torch.Generator().manual_seed(0)
    geometry, places = torch.randn(1, 2048, 12, generator=generator), torch.randn(1, 68, 3, generator=generator)
    return geometry * 0.5, places * 0.5


@pytest.mark.parametrize("baseline", [PointNet2, DGCNN])
def test_a_baseline_is_as_large_as_cfgat(baseline):
    assert abs(size(baseline()) / size(CFGAT()) - 1) < 0.05


@torch.no_grad()
@pytest.mark.parametrize("baseline", [PointNet2, DGCNN])
def test_a_baseline_answers_as_cfgat_does_whatever_the_order_of_the_points(baseline, inputs):
    geometry, places = inputs
    network = baseline()
    order = torch.cat([torch.arange(LEVELS[1]), LEVELS[1] + torch.randperm(LEVELS[0] - LEVELS[1])])
    outputs, shuffled = network(geometry, places), network(geometry[:, order], places)
    assert [tuple(output.shape) for output in outputs] == [(1, 68, 3), (1, 68), (1, 68), (1, 68, 3)]
    for one, other in zip(outputs, shuffled, strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)
    assert LEVELS == FACE_LEVELS


def test_a_baseline_before_training_looks_near_the_mean_face(inputs):
    geometry, places = inputs
    first = DGCNN()(geometry, places)[3]
    assert (first - places).norm(dim=-1).median() < 0.5 * (places - places.mean(1)).norm(dim=-1).median()


def test_nearest_agrees_with_distances(inputs):
    points = inputs[0][..., :3]
    expected = torch.cdist(points[:, :50], points).topk(5, largest=False).indices
    assert torch.equal(nearest(points[:, :50], points, 5), expected)


def test_every_held_out_scan_is_scored_once(tmp_path):
    for number in (0, 1, 9):
        marks = np.arange(3 * 6).reshape(3, 2, 3) + 100 * number
        np.savez(tmp_path / f"shard_{number:05d}.npz", landmarks=marks, visible=np.ones((3, 2), bool))
    pool = ablations.EveryScan(tmp_path)
    drawn = pool.draw(4) + pool.draw(4)
    assert [row["landmarks"][0, 0] for row in drawn] == [0, 6, 12, 100, 106, 112]


def test_plain_sampling_pays_no_heed_to_weights(monkeypatch, tmp_path):
    monkeypatch.setattr(features, "farthest_point_sample", features.farthest_point_sample)
    points = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)
    weights = np.where(points[:, 0] > 0, 3, 1).astype(np.float32)
    plain = features._first(points, 50)
    assert not np.array_equal(features._first(points, 50, weights), plain)
    ablations.draw_plain(tmp_path, 0, 0)
    assert np.array_equal(features._first(points, 50, weights), plain)


def test_differences_are_paired_scan_by_scan(tmp_path):
    errors = np.random.default_rng(0).gamma(2, 1, size=(40, 51)) + np.arange(40)[:, None]
    common = {"parameters": 1, "steps": 1, "batch": 1, "seed": 1, "device": "cpu", "threads": 1, "training_scans": 1}
    for name, shift in {"cfgat": 0.0, "dgcnn": 0.25}.items():
        result = common | {"seconds_per_step": 0.1, "errors_mm": (errors + shift).tolist()}
        (tmp_path / f"{name}.json").write_text(json.dumps(result))
    assert "0.25 [0.25, 0.25]" in ablations.table(tmp_path)


def test_folders_of_different_people_are_not_compared(tmp_path):
    (tmp_path / "shard_00000.npz").touch()
    with pytest.raises(SystemExit, match="same numbers"):
        ablations.same_people(tmp_path, tmp_path / "plain")
