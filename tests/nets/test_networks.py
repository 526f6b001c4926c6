"""The networks: shapes, and the symmetries they must have by construction."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lineament.detect.features import face_graph, whole_graph  # noqa: E402
from lineament.nets.cfgat import CFGAT  # noqa: E402
from lineament.nets.coarse import Coarse  # noqa: E402
from lineament.nets.graph_attention import gather  # noqa: E402
from lineament.nets.refine import Refine  # noqa: E402


def graphs(build, points):
    return [torch.from_numpy(indices)[None] for indices in build(points)]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_gather_takes_each_batch_rows_own_points():
    values = torch.arange(12.0).view(2, 3, 2)
    taken = gather(values, torch.tensor([[[2, 0]], [[1, 1]]]))
    assert taken.tolist() == [[[[4, 5], [0, 1]]], [[[8, 9], [8, 9]]]]


@torch.no_grad()
def test_coarse_votes_do_not_change_when_the_scan_is_turned(rng):
    torch.manual_seed(0)
    network = Coarse().eval()
    points = rng.normal(size=(1024, 3)).astype(np.float32)
    normals = points / np.linalg.norm(points, axis=1, keepdims=True)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0].astype(np.float32)
    turn *= np.sign(np.linalg.det(turn))
    edges = graphs(whole_graph, points)
    before = network(torch.from_numpy(points)[None], torch.from_numpy(normals)[None], *edges)
    after = network(torch.from_numpy(points @ turn.T)[None], torch.from_numpy(normals @ turn.T)[None], *edges)
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other, atol=2e-4, rtol=1e-3)


@torch.no_grad()
def test_coarse_tells_a_scan_from_its_mirror_image(rng):
    torch.manual_seed(0)
    network = Coarse().eval()
    points = rng.normal(size=(1024, 3)).astype(np.float32)
    normals = rng.normal(size=(1024, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    flip = np.array([-1, 1, 1], dtype=np.float32)
    edges = graphs(whole_graph, points)
    plain = network(torch.from_numpy(points)[None], torch.from_numpy(normals)[None], *edges)[0]
    mirrored = network(torch.from_numpy(points * flip)[None], torch.from_numpy(normals * flip)[None], *edges)[0]
    assert (plain - mirrored).abs().max() > 1e-4


@torch.no_grad()
def test_cfgat_answers_each_query_by_itself(rng):
    torch.manual_seed(0)
    network = CFGAT().eval()
    for parameter in network.parameters():
        parameter += 0.02 * torch.randn_like(parameter)  # the first answer starts at zero weights
    geometry = rng.normal(size=(2048, 12)).astype(np.float32) * 0.5
    edges = graphs(face_graph, np.ascontiguousarray(geometry[:, :3]))
    asked = torch.from_numpy(rng.normal(size=(1, 9, 3)).astype(np.float32))
    together = network(torch.from_numpy(geometry)[None], *edges, asked)
    alone = network(torch.from_numpy(geometry)[None], *edges, asked[:, 4:6])
    assert [tuple(output.shape) for output in together] == [(1, 9, 3), (1, 9), (1, 9), (1, 9, 3), (1, 9, 224)]
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one[:, 4:6], other, atol=1e-4, rtol=1e-3)


def test_every_weight_of_cfgat_learns(rng):
    torch.manual_seed(0)
    network = CFGAT()
    geometry = torch.from_numpy(rng.normal(size=(1, 2048, 12)).astype(np.float32) * 0.5)
    edges = graphs(face_graph, geometry[0, :, :3].contiguous().numpy())
    outputs = network(geometry, *edges, torch.rand(1, 20, 3))
    sum(output.square().sum() for output in outputs).backward()
    dead = [name for name, weight in network.named_parameters() if weight.grad is None]
    assert not dead


@torch.no_grad()
def test_an_untrained_refinement_leaves_the_answers_where_they_are(rng):
    patches, queries = torch.from_numpy(rng.normal(size=(2, 5, 96, 3)).astype(np.float32)), torch.rand(2, 5, 3)
    step, log_scale = Refine()(patches, queries, torch.full((2, 5), -2.0), torch.rand(2, 5, 224))
    assert step.shape == (2, 5, 3)
    assert float(step.abs().max()) == 0
    assert float(log_scale.max()) == -3.0


@torch.no_grad()
def test_refinement_does_not_depend_on_the_order_within_a_patch(rng):
    torch.manual_seed(0)
    network = Refine()
    for parameter in network.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))
    patches, queries = torch.from_numpy(rng.normal(size=(1, 4, 96, 3)).astype(np.float32)), torch.rand(1, 4, 3)
    order = torch.cat([torch.randperm(48), 48 + torch.randperm(48)])
    told = (queries, torch.full((1, 4), -2.0), torch.rand(1, 4, 224))
    for one, other in zip(network(patches, *told), network(patches[:, :, order], *told), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
