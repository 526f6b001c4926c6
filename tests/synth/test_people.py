"""Virtual people: what must hold of a crowd."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lineament.errors import InputError  # noqa: E402
from lineament.face.model import STABLE_LANDMARKS, load_face_model  # noqa: E402
from lineament.synth.condition import Condition  # noqa: E402
from lineament.synth.expressions import random_expressions  # noqa: E402
from lineament.synth.lids import LidCover, cover_eyeballs  # noqa: E402
from lineament.synth.lips import closing_travel, rest_lips  # noqa: E402
from lineament.synth.people import AGES, ORIGINS, SEXES, TorchFace, align_rigid, random_people  # noqa: E402
from lineament.synth.proportions import MEASURED, Proportions, reshape, wanted_proportions  # noqa: E402
from lineament.synth.shapes import load_shapes  # noqa: E402


@pytest.fixture(scope="module")
def face():
    return TorchFace.from_model(load_face_model())


@pytest.fixture(scope="module")
def crowd(face):
    parts = [random_people(face, 25, torch.Generator().manual_seed(seed)) for seed in range(8)]
    return {name: torch.cat([getattr(part, name) for part in parts]) for name in ("vertices", "origin", "sex", "age")}


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_shapes_and_groups(crowd, face):
    assert crowd["vertices"].shape == (200, *face.mean.shape)
    assert crowd["vertices"].dtype == torch.float32
    assert torch.isfinite(crowd["vertices"]).all()
    for name, names in (("origin", ORIGINS), ("sex", SEXES), ("age", AGES)):
        assert set(crowd[name].tolist()) == set(range(len(names)))


def test_a_seed_is_a_person(face):
    one, other = (random_people(face, 3, seeded(4)).vertices for _ in range(2))
    torch.testing.assert_close(one, other, atol=0, rtol=0)
    assert (random_people(face, 3, seeded(5)).vertices - one).norm(dim=-1).mean() > 2


def test_people_stand_in_the_face_frame(crowd, face):
    stable = list(STABLE_LANDMARKS)
    middle = face.landmarks(crowd["vertices"])[:, stable].mean(1)
    wanted = face.landmarks(face.mean[None])[0, stable].mean(0)
    torch.testing.assert_close(middle, wanted.expand(200, 3), atol=1e-3, rtol=0)
    marks = face.landmarks(crowd["vertices"])
    assert (marks[:, 45, 0] > marks[:, 36, 0]).all()  # the subject's left is +x


def test_a_condition_fixes_the_group(face):
    people = random_people(face, 6, seeded(1), Condition(origin="asian", sex="male", age="old"))
    assert people.origin.tolist() == [ORIGINS.index("asian")] * 6
    assert people.sex.tolist() == [SEXES.index("male")] * 6
    assert people.age.tolist() == [AGES.index("old")] * 6


def test_an_unknown_group_is_refused(face):
    with pytest.raises(InputError, match="martian"):
        random_people(face, 1, seeded(0), Condition(origin="martian"))


def breadth(marks):
    return (marks[:, 16] - marks[:, 0]).norm(dim=1)


def test_children_are_smaller_and_men_larger(crowd, face):
    size = breadth(face.landmarks(crowd["vertices"]))
    adult = crowd["age"] != AGES.index("child")
    man = crowd["sex"] == SEXES.index("male")
    women, men = size[adult & ~man].mean(), size[adult & man].mean()
    assert size[~adult].mean() < 0.95 * women
    assert men > women + 3


def test_origins_differ_by_more_than_chance(face):
    means = [
        random_people(face, 40, seeded(9), Condition(origin=name, age="young")).vertices.mean(0) for name in ORIGINS
    ]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert (means[i] - means[j]).norm(dim=-1).mean() > 1.2


def test_adults_follow_ansur(face):
    # shapes like random_people's: identity of the linear model and a group's mean
    shapes = load_shapes()
    generator = seeded(3)
    sex = torch.arange(300) % 2
    identity = torch.randn(300, len(face.identity), generator=generator) * 0.9
    group = shapes.macro[torch.randint(3, (300,), generator=generator), sex, 1]
    heads = face.mean + (identity @ face.identity + group).view(300, -1, 3)
    own = Proportions.measure(heads, face.landmarks(heads))
    child, size = torch.zeros(300, dtype=torch.bool), torch.ones(300)
    shaped = reshape(heads, size, own, wanted_proportions(own, sex, child, size, generator))
    got = Proportions.measure(shaped, face.landmarks(shaped))
    for name, truth in MEASURED.items():
        for which, (mean, spread) in enumerate(truth):
            values = getattr(got, name)[sex == which]
            assert abs(float(values.mean()) - mean) < spread / 2, name
            assert 0.65 * spread < float(values.std()) < 1.35 * spread, name


def test_drawn_adults_follow_ansur(face, monkeypatch):
    import lineament.synth.people as module

    drawn = []

    def remembered(own, sex, child, size, generator):
        wanted = wanted_proportions(own, sex, child, size, generator)
        drawn.append((wanted, sex[~child], child))
        return wanted

    monkeypatch.setattr(module, "wanted_proportions", remembered)
    for seed in range(12):
        random_people(face, 25, seeded(100 + seed))
    sex = torch.cat([s for _, s, _ in drawn])
    for name, truth in MEASURED.items():
        values = torch.cat([getattr(wanted, name)[~child] for wanted, _, child in drawn])
        for which, (mean, spread) in enumerate(truth):
            assert abs(float(values[sex == which].mean()) - mean) < spread / 3, name


def test_no_skin_is_torn_or_folded(crowd, face):
    skin = face.triangles[face.skin[face.triangles].all(1)]
    edges = torch.cat([skin[:, [0, 1]], skin[:, [1, 2]], skin[:, [2, 0]]])
    at, mean = crowd["vertices"], face.mean

    def lengths(points):
        return (points[..., edges[:, 0], :] - points[..., edges[:, 1], :]).norm(dim=-1)

    ratio = lengths(at) / lengths(mean)
    assert float((ratio > 3).float().mean()) < 0.004
    assert float((ratio < 0.2).float().mean()) < 0.02

    def normals(points):
        a, b, c = (points[..., skin[:, k], :] for k in range(3))
        return torch.nn.functional.normalize(torch.linalg.cross(b - a, c - a), dim=-1)

    against = (normals(at) * normals(mean)).sum(-1) < 0
    assert float(against.float().mean()) < 0.01


def test_left_and_right_are_alike_on_average_and_not_in_one_person(crowd):
    model = load_face_model()
    mirror = torch.as_tensor(np.array(model.mirror), dtype=torch.int64)
    flipped = crowd["vertices"][:, mirror] * torch.tensor([-1.0, 1.0, 1.0])
    apart = crowd["vertices"] - flipped
    assert float(apart.mean(0).norm(dim=-1).mean()) < 0.5
    assert float(apart.norm(dim=-1).mean(1).min()) > 0.3


def test_lids_lie_on_the_eyeball(crowd, face):
    for cover in face.lids:
        gap, _ = cover.gap(crowd["vertices"])
        assert float((gap < -0.3).float().mean()) < 0.01


def test_closed_lids_meet_and_open_ones_do_not(face, monkeypatch):
    import lineament.synth.people as module

    seen = []

    def remembered(*given):
        weights = random_expressions(*given)
        seen.append(weights.clone())
        return weights

    monkeypatch.setattr(module, "random_expressions", remembered)
    marks = face.landmarks(torch.cat([random_people(face, 25, seeded(s)).vertices for s in range(4)]))
    opened = (marks[:, [43, 44]] - marks[:, [47, 46]])[..., 1].mean(1)
    blink = torch.cat(seen)[:, face.expression_names.index("eyeBlinkLeft")]
    shut = opened[blink > 0.85]
    assert float((shut.abs() < 1.2).float().mean()) > 0.95
    assert float(opened[blink < 0.2].median()) > 5


def test_lips_meet_at_rest(face):
    closing = face.expression[face.expression_names.index("mouthClose")].view(-1, 3)
    travel = closing_travel(*face.landmarks(torch.stack([face.mean, face.mean + closing])))
    heads = face.mean + torch.linspace(-0.1, 0.1, 40)[:, None, None] * closing  # crossed to apart
    rested = rest_lips(heads, face.landmarks(heads), closing, travel, seeded(2))
    marks = face.landmarks(rested)
    gap = (marks[:, 61:64, 1] - marks[:, [67, 66, 65], 1]).mean(1)
    assert float(gap.min()) > 0
    assert 0.6 < float((gap < 0.3).float().mean()) < 0.98


def test_covering_leaves_lids_that_are_clear_alone(face):
    far = face.mean.clone()
    for cover in face.lids:
        far[cover.lid, 2] += 6
    torch.testing.assert_close(cover_eyeballs(face.lids, far[None])[0], far, atol=1e-4, rtol=0)
    assert isinstance(face.lids[0], LidCover)


def test_eyes_are_closed_as_scanners_see_them(face):
    names = face.expression_names
    weights = random_expressions(names, 4000, seeded(0))
    blink = weights[:, names.index("eyeBlinkLeft")]
    assert 0.42 < float((blink > 0.85).float().mean()) < 0.50
    assert 0.35 < float((blink < 0.2).float().mean()) < 0.45
    assert float(weights.min()) >= 0
    assert float(weights.max()) <= 1.05
    smile = weights[:, [names.index("mouthSmileLeft"), names.index("mouthSmileRight")]]
    both = smile[(smile > 0.3).any(1)]
    assert float(torch.corrcoef(both.T)[0, 1]) > 0.1  # sides move together, not independently
    gaze = weights[:, names.index("eyeLookInLeft")] * weights[:, names.index("eyeLookInRight")]
    assert float(gaze.max()) == 0  # nobody squints inwards with both eyes


def test_rigid_alignment_keeps_distances():
    points = torch.randn(2, 20, 3, generator=seeded(0))
    moved = align_rigid(points, points, torch.randn(20, 3, generator=seeded(1)))
    torch.testing.assert_close(torch.cdist(moved, moved), torch.cdist(points, points), atol=1e-3, rtol=1e-3)
