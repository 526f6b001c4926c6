"""Answers: refinement moves each landmark by what the network says, and says it alike in the mirror."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from lineament.detect.answers import Answer, bound, mean, refined
from lineament.detect.beside import Beside
from lineament.detect.patches import NEAREST, PATCH_UNIT, Detail


@dataclass
class Surface:
    """Stands in for a network: steps to the mean of the wide patch, with a scale of a tenth of what it was told."""

    card: dict = field(default_factory=lambda: {"sigma_factor": 2.0})
    seen: list = field(default_factory=list)

    def run(self, patches, queries, log_sigma, context):
        self.seen.append((queries, context))
        return [patches[:, NEAREST:].mean(axis=1), log_sigma + np.log(0.1)]


@pytest.fixture
def answer():
    rng = np.random.default_rng(0)
    context = np.arange(2 * 5 * 4, dtype=np.float32).reshape(2, 5, 4)
    return Answer(rng.normal(size=(5, 3)) * 30, np.full(5, 4.0, np.float32), np.ones(5, dtype=bool), context)


def test_refinement_goes_where_the_surface_is(answer):
    targets = answer.xyz + np.array([3.0, -2.0, 1.0])
    cloud = np.repeat(targets, NEAREST, axis=0).astype(np.float32)
    network = Surface()
    asked = np.arange(15, dtype=np.float32).reshape(5, 3)
    better = refined(network, answer, Detail(cloud, cloud), asked, Beside(1))  # type: ignore[arg-type]
    np.testing.assert_allclose(better.xyz, targets, atol=1e-4)
    # 3 scales of 0.1 x 4 mm, times the card's factor.
    np.testing.assert_allclose(better.sigma, 3 * 0.1 * 4.0 * 2.0, rtol=1e-5)
    straight, mirrored = network.seen
    np.testing.assert_array_equal(straight[0], asked)
    np.testing.assert_array_equal(mirrored[0], asked * [-1, 1, 1])
    # What CF-GAT knew of the mirrored face goes with the mirrored patch.
    np.testing.assert_array_equal(mirrored[1], answer.context[1])


def test_what_differs_in_the_mirror_is_averaged(answer):
    class Right(Surface):
        def run(self, patches, queries, log_sigma, context):
            return [np.tile(np.float32([1, 0, 0]), (len(patches), 1)), log_sigma]

    cloud = np.zeros((100, 3), np.float32)
    same = refined(Right(), answer, Detail(cloud, cloud), np.zeros((5, 3), np.float32), Beside(1))  # type: ignore[arg-type]
    np.testing.assert_allclose(same.xyz, answer.xyz, atol=1e-6)
    assert PATCH_UNIT == 10.0


def test_the_shipped_refinement_brings_landmarks_back_to_their_places():
    from lineament.detect.answers import ask, ask_in_the_mirror
    from lineament.detect.features import face_graph, sample_face
    from lineament.detect.patches import detail
    from lineament.detect.queries import queries
    from lineament.detect.session import load_network
    from lineament.face.model import load_face_model
    from lineament.geometry.sampling import sample_surface

    model = load_face_model()
    truth = model.landmarks(model.vertices, "ibug68")[27:68]
    asked = queries("ibug68")[27:68]
    points = sample_surface(model.vertices, model.triangles, 120_000)[0]
    sample = sample_face(points)
    shape = (sample, face_graph(sample.points), asked)
    both = mean(ask(load_network("cfgat"), *shape), ask_in_the_mirror(load_network("cfgat"), *shape))
    rng = np.random.default_rng(1)
    wrong = rng.normal(size=truth.shape) * 0.8
    moved = replace(both, xyz=truth + wrong)
    better = refined(load_network("refine"), moved, detail(points), asked, Beside(1))
    before, after = (np.linalg.norm(one.xyz - truth, axis=1).mean() for one in (moved, better))
    assert after < 0.9 * before


def test_the_mean_of_two_answers_is_visible_where_both_are(answer):
    one = replace(answer, context=answer.context[:1])
    other = replace(answer, xyz=answer.xyz + 2, visible=np.arange(5) != 1, context=answer.context[1:])
    both = mean(one, other)
    np.testing.assert_array_equal(both.context, answer.context)
    np.testing.assert_allclose(both.xyz, answer.xyz + 1)
    assert both.visible.tolist() == [True, False, True, True, True]
    assert bound(0.5) < bound(0.9)
