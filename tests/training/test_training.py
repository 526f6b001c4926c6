"""Training: schedules, losses, batches, and a loop that goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lineament.errors import InputError  # noqa: E402
from lineament.face.model import load_face_model  # noqa: E402
from lineament.nets.cfgat import CFGAT  # noqa: E402
from lineament.training import data, landmarks  # noqa: E402
from lineament.training.data import (  # noqa: E402
    ShardPool,
    all_queries,
    ask_for,
    face_batch,
    patch_batch,
    posed,
    random_poses,
    stack,
    whole_batch,
)
from lineament.training.loop import fit, learning_rate, optimisers  # noqa: E402
from lineament.training.losses import likelihood  # noqa: E402
from lineament.training.presets import PRESETS, Preset  # noqa: E402
from lineament.training.shards import GRAPH, draw_faceless, draw_records, packed  # noqa: E402


@pytest.fixture(scope="module")
def shard_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    faces, others = list(draw_records(0, 3)), list(draw_faceless(0, 2))
    arrays = packed(faces, others)
    for number in (0, 9):
        np.savez(folder / f"shard_{number:05d}.npz", **arrays)
    return folder


def test_the_first_shards_are_kept_for_testing(shard_folder):
    train, test = ShardPool(shard_folder, 0), ShardPool(shard_folder, 0, test=True)
    assert [path.stem for path in train.read] == ["shard_00009"]
    assert [path.stem for path in test.read] == ["shard_00000"]


def test_a_record_holds_the_landmarks_of_its_own_points(shard_folder):
    batch = face_batch(ShardPool(shard_folder, 0), 4, torch.Generator().manual_seed(0), augment=False)
    points, marks = batch["geometry"][..., :3], batch["landmarks"]
    near = torch.cdist(marks[:, 27:36], points).min(-1).values * 100
    assert near[batch["visible"][:, 27:36]].max() < 6  # mm: sampled every 2 mm, and noisy


@pytest.mark.parametrize(
    ("train", "maker", "parts"),
    [
        (landmarks.train_cfgat, (data, "posed"), ("face",)),
        (landmarks.train_refine, (data, "posed"), ("face", "patch")),
        (landmarks.train_coarse, (landmarks, "whole_batch"), ("whole", "faceless_whole")),
    ],
)
def test_networks_run_in_half_precision_and_batches_do_not(shard_folder, tmp_path, monkeypatch, train, maker, parts):
    """Moved in half precision, points 100 mm away would be off by up to 0.4 mm."""
    seen = {"batch": set(), "network": set()}
    real = getattr(*maker)

    def watched(*arguments):
        seen["batch"].add(torch.is_autocast_enabled("cpu"))
        return real(*arguments)

    def once(network, step, *rest):
        network.register_forward_pre_hook(lambda *_: seen["network"].add(torch.is_autocast_enabled("cpu")))
        step(network, 0)
        return network

    monkeypatch.setattr(*maker, watched)
    monkeypatch.setattr(landmarks, "fit", once)
    torch.save({"mean": CFGAT().state_dict()}, tmp_path / "cfgat.pt")
    preset = replace(PRESETS["quick"], batch=2, patch_scans=2, patches=12)
    train(ShardPool(shard_folder, 0, parts), ShardPool(shard_folder, 0, parts, test=True), preset, tmp_path, "cpu")
    assert seen == {"batch": {False}, "network": {True}}


def test_a_mirrored_scan_has_mirrored_landmarks(shard_folder):
    _, partner = all_queries()
    assert torch.equal(partner[partner], torch.arange(len(partner)))
    generator = torch.Generator().manual_seed(3)
    batch = face_batch(ShardPool(shard_folder, 0), 16, generator)
    own = torch.where(batch["mirrored"][:, None], partner[None], torch.arange(len(partner))[None])
    marks = torch.gather(batch["landmarks"], 1, own[..., None].expand(-1, -1, 3))
    # Whatever the mirror did, the subject's left eye is asked for on the left.
    assert batch["mirrored"].any()
    assert (marks[:, 45, 0] > marks[:, 36, 0]).all()


def test_whole_scans_come_with_and_without_a_face(shard_folder):
    batch = whole_batch(ShardPool(shard_folder, 0, ("whole", "faceless_whole")), 3, 2)
    assert batch["found"].tolist() == [1, 1, 1, 0, 0]
    assert batch["points"].norm(dim=-1).mean(1).sub(1).abs().max() < 0.02
    assert batch["on_face"][:3].any(1).all()
    assert not batch["on_face"][3:].any()
    assert all(batch[name].max() < 1024 for name in GRAPH)


class Knows(torch.nn.Module):
    """Stands in for CF-GAT: answers with the truth that it was given and an error of 1 mm, and says so."""

    def __init__(self, truth):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.truth = truth

    def forward(self, geometry, *rest):
        with torch.autocast("cpu", enabled=False):
            truth = self.truth(geometry)
        error = torch.nn.functional.normalize(torch.randn(truth.shape), dim=-1) * 0.01
        scale = torch.full(truth.shape[:2], 0.01 / 3).log()
        return truth + error, scale, scale, truth, torch.zeros(*truth.shape[:2], 224)


def test_a_patch_lies_around_the_first_answer_in_any_mirror(shard_folder):
    pool = ShardPool(shard_folder, 0, ("face", "patch"))
    chosen = torch.arange(27, 36)

    def truth(geometry):
        """Look up, for each scan shown, the landmarks that `patch_batch` will be scored on."""
        torch.manual_seed(0)
        again = ShardPool(shard_folder, 0, ("face", "patch"))
        faces = stack([{n: v for n, v in one.items() if n not in ("fine", "wide")} for one in again.draw(8, "patch")])
        batch = posed(faces, random_poses(8, torch.Generator().manual_seed(0), True))
        torch.testing.assert_close(batch["geometry"], geometry)
        assert batch["mirrored"].any()
        assert not batch["mirrored"].all()
        return ask_for(batch, chosen)[1]

    batch = patch_batch(Knows(truth), pool, 8, chosen, torch.Generator().manual_seed(0))
    assert batch["patches"].shape == (72, 96, 3)
    assert batch["context"].shape == (72, 224)
    # 1 mm of the network's, and the jitter's.
    assert float(batch["step"].norm(dim=-1).mean()) * 10 == pytest.approx(1.03, rel=0.05)
    # The true place, seen from the first answer, lies on the measured surface.
    near = (batch["patches"] - batch["step"][:, None]).norm(dim=-1).min(1).values * 10
    assert near[batch["visible"]].median() < 1.5  # mm


def test_matrices_are_learned_by_muon_and_the_rest_by_adam():
    network = torch.nn.Sequential(torch.nn.Linear(32, 48), torch.nn.LayerNorm(48), torch.nn.Linear(48, 3))
    adam, muon = optimisers(network, PRESETS["quick"])
    assert [p.shape for group in muon.param_groups for p in group["params"]] == [(48, 32)]
    assert sum(p.numel() for group in adam.param_groups for p in group["params"]) == 48 + 2 * 48 + 48 * 3 + 3


def test_the_rate_rises_stays_and_falls():
    preset = Preset(
        shards=1, coarse_steps=1, cfgat_steps=1, refine_steps=1, warm_up=10, cool_down=0.5, learning_rate=1.0
    )
    rates = [learning_rate(step, 100, preset) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[30] == 1.0
    assert rates[75] == pytest.approx(0.5)
    assert rates[99] < 0.03


def test_the_likelihood_is_best_at_the_true_spread():
    torch.manual_seed(0)
    direction = torch.nn.functional.normalize(torch.randn(20_000, 3), dim=-1)
    radius = torch.distributions.Gamma(3.0, 1 / 0.02).sample((20_000,))  # |e| of exp(-|e| / b) in space
    error = (direction * radius[:, None]).norm(dim=-1)
    scales = torch.linspace(0.01, 0.04, 31)
    losses = torch.stack([likelihood(error, scale.log()).mean() for scale in scales])
    assert float(scales[losses.argmin()]) == pytest.approx(0.02, abs=0.0011)


def test_training_goes_on_where_it_stopped(tmp_path):
    target = torch.tensor([[2.0, -1.0]])
    preset = Preset(shards=0, coarse_steps=0, cfgat_steps=0, refine_steps=0, warm_up=5, learning_rate=0.05)
    seen = []

    def step(network, number):
        seen.append(number)
        x = torch.eye(2)
        loss = (network(x) - x @ target.T).square().mean()
        return loss, {"loss": float(loss.detach())}

    def evaluate(network):
        return {"weight": float(network.weight[0, 0].detach())}

    def network():
        torch.manual_seed(0)
        return torch.nn.Linear(2, 1, bias=False)

    fit(network(), step, 60, preset, tmp_path, evaluate, every=20)
    mean = fit(network(), step, 200, preset, tmp_path, evaluate, every=20)
    assert seen == list(range(200))
    torch.testing.assert_close(mean.weight.detach(), target, atol=0.15, rtol=0)


def test_presets_are_named():
    assert PRESETS["quick"].cfgat_steps < PRESETS["release"].cfgat_steps


def test_every_landmark_has_its_own_query():
    asked, _ = all_queries()
    assert len(asked) == sum(len(chosen) for chosen in load_face_model().landmark_sets.values())
    near = torch.cdist(asked[:68], asked[:68]) + 10 * torch.eye(68)
    assert float(near.min()) * 100 > 1  # mm on the template: upper and lower lip lie apart


def test_refinement_is_not_trained_before_cfgat(shard_folder, tmp_path):
    pools = [ShardPool(shard_folder, 0, ("face", "patch"), test=test) for test in (False, True)]
    with pytest.raises(InputError, match=r"train that first"):
        landmarks.train_refine(*pools, PRESETS["quick"], tmp_path, "cpu")
