"""Attention: the short way through the weights gives the numbers of the textbook's form."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from lineament.nets.graph_attention import CrossAttention, GraphAttention, SeedAttention, gather  # noqa: E402


def textbook(block, x, neighbours, edges):
    """Make keys and values of each neighbour and edge, compare, average."""
    centres = neighbours.shape[1]
    y = block.norm(x)
    key, value = (gather(part, neighbours) + block.edge(edges) for part in block.key_value(y).chunk(2, -1))
    heads = (block.heads, -1)
    query = block.query(y[:, :centres])[:, :, None].unflatten(-1, heads)
    key, value = key.unflatten(-1, heads), value.unflatten(-1, heads)
    weight = torch.softmax((query * key).sum(-1) * key.shape[-1] ** -0.5, dim=2)
    x = block.skip(x[:, :centres]) + block.out((weight[..., None] * value).sum(2).flatten(-2))
    return x + block.feed(x)


@torch.no_grad()
@pytest.mark.parametrize("channels_in", [24, 48])
def test_a_graph_attends_as_the_textbook_says(channels_in):
    torch.manual_seed(0)
    block = GraphAttention(channels_in, 48, 7, 4)
    x, edges = torch.randn(2, 30, channels_in), torch.randn(2, 11, 5, 7)
    neighbours = torch.randint(30, (2, 11, 5))
    torch.testing.assert_close(block(x, neighbours, edges), textbook(block, x, neighbours, edges), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_seeds_attend_as_any_queries_do():
    torch.manual_seed(0)
    long, short = CrossAttention(24, 16, 4), SeedAttention(24, 16, 4)
    short.load_state_dict(long.state_dict())
    seeds, points = torch.randn(5, 3, 24), torch.randn(5, 40, 16)
    for one, other in zip(long(seeds, points), short(seeds, points), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_attention_is_a_share_of_the_points():
    torch.manual_seed(0)
    _, weight = SeedAttention(24, 16, 4)(torch.randn(5, 3, 24), torch.randn(5, 40, 16))
    assert weight.shape == (5, 4, 3, 40)
    torch.testing.assert_close(weight.sum(-1), torch.ones(5, 4, 3))
