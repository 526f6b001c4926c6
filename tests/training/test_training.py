"""Training: schedules, losses, batches, and a loop that goes on where it stopped."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lineament.errors import InputError  # noqa: E402
from lineament.face.model import load_face_model  # noqa: E402
from lineament.training.data import (  # noqa: E402
    ShardPool,
    all_queries,
    answer_first,
    face_batch,
    patch_batch,
    whole_batch,
)
from lineament.training.landmarks import train_refine  # noqa: E402
from lineament.training.loop import fit, learning_rate  # noqa: E402
from lineament.training.losses import likelihood  # noqa: E402
from lineament.training.presets import PRESETS, Preset  # noqa: E402
from lineament.training.shards import FINE, GRAPH, draw_faceless, draw_records, packed  # noqa: E402


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


def test_first_answers_come_back_to_the_frame_of_the_scan(shard_folder):
    class Copy(torch.nn.Module):
        """Answers with the first points that it is shown, and a scale of 2 mm."""

        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, geometry, *rest):
            found = geometry[:, : rest[-1].shape[1], :3]
            scale = torch.full(found.shape[:2], 0.02 / 3).log()
            return found, scale, scale, found

    pool = ShardPool(shard_folder, 0, ("face", "patch"))
    asked, _ = all_queries()
    answer_first(Copy(), pool, asked, torch.Generator().manual_seed(0))
    shard = pool.shards[0]
    np.testing.assert_allclose(shard["patch_first"], shard["points"][:, : len(asked)] * FINE, atol=0.01)
    np.testing.assert_allclose(shard["patch_sigma"], 2.0, rtol=1e-4)


def test_a_patch_lies_around_its_first_answer_in_any_mirror(shard_folder):
    asked, partner = all_queries()
    pool = ShardPool(shard_folder, 0, ("face", "patch"))
    shard = pool.shards[0]
    rng = np.random.default_rng(0)
    shard["patch_first"] = (shard["landmarks"] * FINE + rng.normal(size=shard["landmarks"].shape)).astype(np.float32)
    shard["patch_sigma"] = np.full(shard["patch_first"].shape[:2], 1.6, np.float32)
    chosen = torch.arange(27, 36)
    batch = patch_batch(pool, 8, asked, partner, chosen, torch.Generator().manual_seed(0))
    assert batch["patches"].shape == (72, 96, 3)
    assert float(batch["step"].norm(dim=-1).mean()) * 10 == pytest.approx(1.6, rel=0.2)
    # The true place, seen from the first answer, lies on the measured surface.
    near = (batch["patches"] - batch["step"][:, None]).norm(dim=-1).min(1).values * 10
    assert near[batch["visible"]].median() < 1.5  # mm


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
        train_refine(*pools, PRESETS["quick"], tmp_path, "cpu")
