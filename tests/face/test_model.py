"""Truths about the face model: symmetry, a sound mesh, landmarks where anatomy puts them, a linear shape."""

from collections import Counter
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from lineament.errors import InputError, ModelError
from lineament.face.model import load_face_model

SIZES = {"ibug68": 68, "dense520": 520}


@pytest.fixture(scope="module")
def model():
    return load_face_model()


@pytest.fixture(scope="module")
def point(model):
    at = dict(
        zip(
            model.landmark_sets["anthropometric"].names,
            model.landmarks(model.vertices, "anthropometric"),
            strict=True,
        )
    )
    return at.__getitem__


def skin_triangles(model):
    skin = model.region < model.region_names.index("mouth")
    return model.triangles[skin[model.triangles].all(axis=1)]


def directed_edges(triangles):
    return Counter((int(a), int(b)) for t in triangles for a, b in zip(t, np.roll(t, -1), strict=True))


def test_asset_is_small_and_the_sizes_agree(model):
    assert (files("lineament") / "assets" / "face_model.npz").stat().st_size <= 10e6
    assert 6000 <= len(model.vertices) <= 12000
    assert model.identity.shape == (100, len(model.vertices), 3)
    assert model.expression.shape == (53, len(model.vertices), 3)
    assert np.isfinite(model.identity).all()
    assert np.isfinite(model.expression).all()


def test_mean_and_triangles_are_mirror_symmetric(model):
    np.testing.assert_array_equal(model.mirror[model.mirror], np.arange(len(model.vertices)))
    np.testing.assert_allclose(model.vertices[model.mirror] * [-1, 1, 1], model.vertices, atol=1e-4)

    def turned_to_smallest(t):
        return {tuple(np.roll(c, -int(np.argmin(c))).tolist()) for c in t}

    assert turned_to_smallest(model.mirror[model.triangles][:, ::-1]) == turned_to_smallest(model.triangles)


def test_region_names_mirror_onto_themselves(model):
    names = list(model.region_names)
    swap = np.arange(len(names))
    left, right = names.index("eyeball_left"), names.index("eyeball_right")
    swap[[left, right]] = right, left
    np.testing.assert_array_equal(model.region[model.mirror], swap[model.region])
    assert set(model.region.tolist()) == set(range(len(names)))
    assert model.vertices[model.region == left][:, 0].min() > 0


def test_edges_are_manifold_and_consistently_wound(model):
    assert max(directed_edges(model.triangles).values()) == 1
    assert len(np.unique(model.triangles)) == len(model.vertices)


def test_skin_has_four_openings(model):
    edges = directed_edges(skin_triangles(model))
    after = {a: b for a, b in edges if (b, a) not in edges}
    loops = 0
    while after:
        loops += 1
        start = at = next(iter(after))
        while at in after:
            at = after.pop(at)
        assert at == start
    assert loops == 4  # both eyes, the mouth, the rim of the head and neck


def test_triangles_face_outward_and_are_no_slivers(model):
    corners = model.vertices[skin_triangles(model)].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sides = np.sum((corners - np.roll(corners, 1, axis=1)) ** 2, axis=(1, 2))
    assert (2 * np.sqrt(3) * np.linalg.norm(normal, axis=1) / sides).min() > 0.3
    centre = corners.mean(axis=1)
    front = (np.abs(centre[:, 0]) < 50) & (centre[:, 1] > 50) & (centre[:, 1] < 90)
    assert (normal[front, 2] > 0).all()


def test_uv_does_not_fold(model):
    uv = model.uv.astype(np.float64)[model.triangles]
    e1, e2 = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    assert (e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0] > 0).all()
    assert model.uv.min() >= 0
    assert model.uv.max() <= 1


@pytest.mark.parametrize("name", ["ibug68", "anthropometric", "dense520"])
def test_landmarks_lie_on_skin_in_mirrored_pairs(model, name):
    chosen = model.landmark_sets[name]
    assert len(chosen) == SIZES.get(name, len(chosen)) >= 40
    np.testing.assert_allclose(chosen.barycentric.sum(axis=1), 1, atol=1e-6)
    assert chosen.barycentric.min() >= 0
    assert (model.region[model.triangles[chosen.triangle]] < model.region_names.index("mouth")).all()
    assert all(chosen.definitions)
    np.testing.assert_array_equal(chosen.mirror[chosen.mirror], np.arange(len(chosen)))
    at = model.landmarks(model.vertices, name)
    np.testing.assert_allclose(at[chosen.mirror] * [-1, 1, 1], at, atol=1e-3)
    np.testing.assert_allclose(at[chosen.mirror == np.arange(len(chosen)), 0], 0, atol=1e-4)
    assert len(np.unique(at.round(3), axis=0)) == len(at)


@pytest.mark.parametrize("name", ["ibug68", "anthropometric", "dense520"])
def test_left_is_positive_x(model, name):
    at = model.landmarks(model.vertices, name)
    names = model.landmark_sets[name].names
    left = [i for i, n in enumerate(names) if "_left" in n or n.endswith("_l")]
    right = [i for i, n in enumerate(names) if "_right" in n or n.endswith("_r")]
    assert len(left) == len(right) > 0
    assert at[left, 0].min() > 0 > at[right, 0].max()


def test_midline_points_follow_each_other_down_the_face(point):
    order = ["v", "tr", "g", "n", "se", "prn", "c_prime", "sn", "ls", "sto", "li", "sl", "pg", "gn", "me"]
    heights = [point(n)[1] for n in order]
    assert heights == sorted(heights, reverse=True)


def test_pronasale_is_the_most_forward_point(model, point):
    assert point("prn")[2] >= model.vertices[:, 2].max() - 0.05


def test_profile_turns_inward_at_sellion_and_sublabiale(point):
    for deep, above, below in (("se", "g", "prn"), ("sl", "li", "pg")):
        (_, y, z), (_, y0, z0), (_, y1, z1) = point(deep), point(above), point(below)
        assert z < z0 + (z1 - z0) * (y - y0) / (y1 - y0) - 1  # 1 mm behind the straight line
    assert point("c")[2] < point("me")[2] < point("pg")[2]


def test_eye_points_are_in_order(point):
    assert 0 < point("mf_l")[0] < point("en_l")[0] < point("ps_l")[0] < point("ex_l")[0]
    assert point("sci_l")[1] > point("os_l")[1] > point("ps_l")[1] > point("pi_l")[1] > point("or_l")[1]


def test_nose_and_mouth_points_are_in_order(point):
    assert point("al_l")[0] > point("sbal_l")[0] > 0
    assert point("ac_l")[2] < point("al_l")[2] < point("prn")[2]
    assert 0 < point("cph_l")[0] < point("ch_l")[0]
    assert point("stn_l")[2] > point("itn_l")[2]


def test_ear_points_are_in_order(point):
    assert point("sa_l")[1] > point("t_l")[1] > point("sba_l")[1]
    assert point("pra_l")[2] > point("pa_l")[2]


def test_ibug_starts_on_the_right_and_has_its_corners(model, point):
    at = model.landmarks(model.vertices, "ibug68")
    for i, name in ((36, "ex_r"), (39, "en_r"), (42, "en_l"), (45, "ex_l"), (48, "ch_r"), (54, "ch_l")):
        np.testing.assert_allclose(at[i], point(name), atol=1e-3)
    assert (np.diff(at[:17, 0]) > 0).all()


def test_shape_is_linear_and_takes_batches(model):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 100))
    w = rng.uniform(size=(2, 53))
    mean = model.shape()
    np.testing.assert_array_equal(mean, model.vertices)
    np.testing.assert_allclose(model.shape(a + b) - mean, (model.shape(a) - mean) + (model.shape(b) - mean), atol=1e-3)
    both = model.shape(np.stack([a, b]), w)
    np.testing.assert_allclose(both[1], model.shape(b, w[1]), atol=1e-3)
    np.testing.assert_allclose(model.landmarks(both, "ibug68")[1], model.landmarks(both[1], "ibug68"), atol=1e-4)
    np.testing.assert_allclose(model.shape(a[:5]), model.shape(np.where(np.arange(100) < 5, a, 0)), atol=1e-3)


def test_expressions_do_what_they_are_called(model):
    names = model.expression_names
    assert "browDownLeft" in names

    def moved(name):
        return model.expression[names.index(name)]

    jaw = model.landmarks(model.vertices + moved("jawOpen"), "ibug68") - model.landmarks(model.vertices, "ibug68")
    assert jaw[8, 1] < -5
    assert np.abs(jaw[27]).max() < 1
    blink = np.linalg.norm(moved("eyeBlinkLeft"), axis=1)
    assert model.vertices[np.argmax(blink), 0] > 0


def test_wrong_input_is_refused(model):
    with pytest.raises(InputError, match="K <= 100"):
        model.shape(np.zeros(101))
    with pytest.raises(InputError, match="batch of 2"):
        model.shape(np.zeros((2, 3)), np.zeros((3, 3)))
    with pytest.raises(InputError, match="no landmark set"):
        model.landmarks(model.vertices, "farkas")
    with pytest.raises(InputError, match="expected"):
        model.landmarks(model.vertices[:5], "ibug68")


@pytest.mark.parametrize("damage", ["cut short", "empty", "an array missing"])
def test_a_damaged_asset_is_reported(tmp_path, monkeypatch, damage):
    whole = Path(str(files("lineament"))) / "assets" / "face_model.npz"
    broken = tmp_path / "assets" / "face_model.npz"
    broken.parent.mkdir()
    if damage == "an array missing":
        np.savez(broken, vertices=np.zeros((3, 3), np.float32))
    else:
        broken.write_bytes(whole.read_bytes()[: 100_000 if damage == "cut short" else 0])
    monkeypatch.setattr("lineament.face.model.files", lambda package: tmp_path)
    with pytest.raises(ModelError, match="reinstall"):
        load_face_model.__wrapped__()


def test_rim_of_the_lips_and_the_mouth_bag_stay_together(model):
    """The bag touches the lips' inner rim without sharing vertices; no mode may part them."""
    order = np.lexsort(model.vertices.T)
    same = (model.vertices[order[1:]] == model.vertices[order[:-1]]).all(axis=1)
    a, b = order[1:][same], order[:-1][same]
    assert len(a) > 20
    for basis in (model.identity, model.expression):
        np.testing.assert_allclose(basis[:, a], basis[:, b], atol=0.02)


def test_left_and_right_dense_points_carry_the_name_of_their_place(model):
    names = model.landmark_sets["dense520"].names
    at = dict(zip(names, model.landmarks(model.vertices, "dense520"), strict=True))
    mouth = at["lip_line_corner_left_00"][1]
    assert all(p[1] > mouth for n, p in at.items() if n.startswith("upper_lip_"))
    assert all(p[1] < mouth for n, p in at.items() if n.startswith(("lower_lip_", "chin_")))
    points = np.array(list(at.values()))
    gap = np.linalg.norm(points[:, None] - points[None], axis=-1) + 9 * np.eye(len(points))
    assert gap.min() > 0.5
