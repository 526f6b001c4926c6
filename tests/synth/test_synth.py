"""Virtual people and sensors: what must hold of every virtual scan."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lineament.face.model import STABLE_LANDMARKS, load_face_model  # noqa: E402
from lineament.synth.people import TorchFace, align_rigid, random_people  # noqa: E402
from lineament.synth.scans import VirtualScanner  # noqa: E402
from lineament.synth.sensors import rotation_about  # noqa: E402


@pytest.fixture(scope="module")
def face():
    return TorchFace.from_model(load_face_model())


@pytest.fixture(scope="module")
def scans():
    return VirtualScanner(load_face_model(), seed=5).faces(6)


def test_tensors_agree_with_the_numpy_model(face):
    model = load_face_model()
    marks = face.landmarks(torch.from_numpy(np.array(model.vertices))[None])[0].numpy()
    wanted = np.concatenate([model.landmarks(model.vertices, name) for name in model.landmark_sets])
    np.testing.assert_allclose(marks, wanted, atol=1e-4)


def test_rigid_alignment_undoes_a_motion():
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(2, 20, 3, generator=generator)
    turn = rotation_about(0, torch.tensor([0.3, -1.0])) @ rotation_about(2, torch.tensor([2.0, 0.5]))
    moved = points @ turn.transpose(1, 2) + 5
    for row in range(2):
        back = align_rigid(moved[row : row + 1], moved[row : row + 1], points[row])
        torch.testing.assert_close(back[0], points[row], atol=1e-4, rtol=0)


def test_people_differ_and_stand_in_the_face_frame(face):
    people = random_people(face, 4, torch.Generator().manual_seed(1)).vertices
    stable = list(STABLE_LANDMARKS)
    middle = face.landmarks(people)[:, stable].mean(1)
    wanted = face.landmarks(face.mean[None])[0, stable].mean(0)
    torch.testing.assert_close(middle, wanted.expand(4, 3), atol=1e-3, rtol=0)
    assert (people[0] - people[1]).norm(dim=-1).mean() > 1
    left, right = face.landmarks(people)[:, 45], face.landmarks(people)[:, 36]
    assert (left[:, 0] > right[:, 0]).all()  # the subject's left is +x


def test_the_same_seed_draws_the_same_scans(scans):
    again = VirtualScanner(load_face_model(), seed=5).faces(6)
    for one, other in zip(scans, again, strict=True):
        torch.testing.assert_close(one.points, other.points, atol=0, rtol=0)
        torch.testing.assert_close(one.landmarks, other.landmarks, atol=0, rtol=0)


def test_another_seed_draws_others(scans):
    other = VirtualScanner(load_face_model(), seed=6).faces(1)[0]
    assert other.points.shape != scans[0].points.shape or not torch.equal(other.points, scans[0].points)
