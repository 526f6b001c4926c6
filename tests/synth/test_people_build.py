"""Carrying MakeHuman's shapes over to the template: the asset can be rebuilt where the source is at hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lineament.face.model import load_face_model  # noqa: E402
from lineament.synth.shapes import load_shapes  # noqa: E402

ROOT = Path(__file__).parents[2]
SOURCE = ROOT.parent / "shared/data/makehuman/makehuman.npz"


def test_sliders_know_their_other_side():
    shapes = load_shapes()
    mirror = torch.as_tensor(np.array(load_face_model().mirror), dtype=torch.int64)
    fields = shapes.local.view(2, len(shapes.names), -1, 3)
    flipped = fields[:, :, mirror] * torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(flipped[:, shapes.partner], fields, atol=1e-6, rtol=0)
    for row, other in enumerate(shapes.partner.tolist()):
        assert shapes.names[other].replace("/r-", "/l-") == shapes.names[row].replace("/r-", "/l-")
    assert torch.equal(shapes.one_ended, fields[0].abs().amax((1, 2)) == 0)


def test_group_shapes_are_symmetric_and_moderate():
    shapes = load_shapes()
    mirror = torch.as_tensor(np.array(load_face_model().mirror), dtype=torch.int64)
    macro = shapes.macro.view(3, 2, 4, -1, 3)
    torch.testing.assert_close(macro[..., mirror, :] * torch.tensor([-1.0, 1.0, 1.0]), macro, atol=0.05, rtol=0)
    adults = macro[:, :, 1]
    assert float(adults.mean((0, 1)).norm(dim=-1).mean()) < 0.5  # fields are against their mean, at one size
    assert float(adults.norm(dim=-1).mean()) < 5


@pytest.mark.skipif(not SOURCE.exists(), reason="needs MakeHuman's targets")
def test_a_translation_is_carried_over_as_it_is(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "tools"), *sys.path])
    from people.makehuman import MakeHuman
    from people.register import Carrier

    human = MakeHuman(SOURCE)
    carrier = Carrier(load_face_model(), human)
    assert np.median(carrier.distance) < 0.8
    moved = carrier.carry(np.full(human.vertices.shape, [1.0, -2.0, 3.0]))
    # what nothing holds on to keeps a little of its rest
    assert np.abs(np.median(moved, axis=0) - [1, -2, 3]).max() < 0.05
