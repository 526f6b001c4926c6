"""Teeth and tongue: seen between open lips, and nowhere else."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from lineament.face.model import load_face_model  # noqa: E402
from lineament.synth.mouth import mouth_contents  # noqa: E402
from lineament.synth.people import TorchFace  # noqa: E402


@pytest.fixture(scope="module")
def face():
    return TorchFace.from_model(load_face_model())


def posed(face, jaw, count=20):
    moved = jaw * face.expression[face.expression_names.index("jawOpen")].view(-1, 3)
    return (face.mean + moved).expand(count, -1, -1).contiguous()


def test_a_shut_mouth_shows_nothing(face):
    *_, present = mouth_contents(face, posed(face, 0.0), torch.Generator().manual_seed(0))
    assert not present.any()


def test_an_open_mouth_shows_teeth_between_the_lips(face):
    people = posed(face, 0.6)
    points, normals, present = mouth_contents(face, people, torch.Generator().manual_seed(0))
    marks = face.landmarks(people)
    torch.testing.assert_close(normals.norm(dim=-1), torch.ones_like(normals[..., 0]), atol=1e-4, rtol=0)
    assert 0.6 < float(present.any(1).float().mean()) <= 1
    for row in range(len(people)):
        shown = points[row, present[row]]
        if len(shown):
            assert len(shown) > 100
            assert float(shown[:, 1].max()) < float(marks[row, 61:64, 1].max()) + 1
            assert float(shown[:, 1].min()) > float(marks[row, 65:68, 1].min()) - 1
    upper = points[:, :800][present[:, :800]]
    assert float(upper[:, 2].max()) < float(marks[0, 51, 2])  # behind the upper lip


def test_the_jaw_carries_the_lower_teeth(face):
    points = [mouth_contents(face, posed(face, jaw), torch.Generator().manual_seed(0))[0] for jaw in (0.0, 0.6)]
    assert float((points[0] - points[1])[:, 800:1500, 1].min()) > 3  # all lower teeth sink
    assert float((points[0] - points[1])[:, :800, 1].abs().max()) < 1.5  # the upper ones stay


def test_a_seed_is_a_mouth(face):
    one, other = (mouth_contents(face, posed(face, 0.4), torch.Generator().manual_seed(7)) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        assert torch.equal(a, b)
