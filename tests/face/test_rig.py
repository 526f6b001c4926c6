"""Truths about the rig: ARKit's names, a person who stays the same person, lids and lips that meet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lineament.errors import InputError
from lineament.face.contact import eyes, gaps, mouth
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.face.rig import (
    ARKIT_NAMES,
    FACESCAPE20,
    arkit_targets,
    arkit_weights,
    limited_weights,
    neutral,
    posed,
)
from lineament.geometry.alignment import Similarity
from lineament.picture.camera import FRONT, Camera
from lineament.picture.raster import rasterise

PEOPLE = range(6)


@pytest.fixture(scope="module", params=PEOPLE)
def rigged(request, person):
    face = person(request.param)
    return face, neutral(face), arkit_targets(face)


def seen(vertices, part, centre, size=60.0, pixels=240):
    """How many pixels of a close-up from the front show a part of the face."""
    model = load_face_model()
    camera = Camera(FRONT, np.array(centre, float), pixels / size, pixels, pixels)
    shown = rasterise(camera.project(vertices), model.triangles, pixels, pixels)
    region = model.region[model.triangles[shown[shown >= 0], 0]]
    return int(np.count_nonzero(region == model.region_names.index(part)))


def test_the_names_are_arkits():
    assert len(ARKIT_NAMES) == len(set(ARKIT_NAMES)) == 52
    assert ARKIT_NAMES[:2] == ("eyeBlinkLeft", "eyeLookDownLeft")
    assert ARKIT_NAMES[14:19] == ("jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose")
    assert ARKIT_NAMES[-1] == "tongueOut"
    names = set(load_face_model().expression_names)
    halves = {half for stem in ("browInnerUp", "cheekPuff") for half in (stem + "Left", stem + "Right")}
    assert names == (set(ARKIT_NAMES) - {"browInnerUp", "cheekPuff", "tongueOut"}) | halves


def test_neutral_is_the_person_without_the_expression(person):
    plain = person(3)
    laughing = person(3, jawOpen=0.5, mouthSmileLeft=0.8)
    assert np.abs(laughing.vertices - plain.vertices).max() > 10
    np.testing.assert_allclose(neutral(laughing), plain.vertices, atol=1e-4)


def test_what_the_scan_shows_beyond_the_model_stays(rigged):
    face, rest, _ = rigged
    model = load_face_model()
    beyond = face.vertices - model.shape(face.identity, face.expression)
    puffed = posed(face, {"cheekPuff": 1.0}) - model.shape(face.identity)
    both = sum(model.expression[model.expression_names.index(f"cheekPuff{side}")] for side in ("Left", "Right"))
    np.testing.assert_allclose(puffed - both, beyond, atol=1e-4)
    np.testing.assert_array_equal(rest, posed(face, {}))


def test_targets_are_the_models_expressions_but_for_eyes_and_closing_lips(rigged):
    model = load_face_model()
    _, _, targets = rigged
    assert tuple(targets) == ARKIT_NAMES
    assert not targets["tongueOut"].any()
    for name in model.expression_names:
        if name in targets and not name.startswith("eye") and name != "mouthClose":
            np.testing.assert_allclose(targets[name], model.expression[model.expression_names.index(name)], atol=1e-5)


def test_a_blink_shuts_this_persons_eyes(rigged):
    _, rest, targets = rigged
    model = load_face_model()
    for side, lids in eyes().items():
        assert gaps(lids, rest).mean() > 4
        shut = rest + targets[f"eyeBlink{side}"]
        np.testing.assert_allclose(gaps(lids, shut), 0, atol=0.05)
        ball = f"eyeball_{side.lower()}"
        centre = rest[model.region == model.region_names.index(ball)].mean(axis=0)
        assert seen(shut, ball, centre) < 0.02 * seen(rest, ball, centre)


def test_narrow_eyes_do_not_cross_their_lids(rigged):
    face, rest, targets = rigged
    # the same person, as if scanned with the eyes two thirds shut
    narrow = replace(face, vertices=face.vertices + 0.67 * targets["eyeBlinkLeft"])
    lids = eyes()["Left"]
    assert 0.2 * gaps(lids, rest).mean() < gaps(lids, neutral(narrow)).mean() < 0.45 * gaps(lids, rest).mean()
    for name, displacement in arkit_targets(narrow).items():
        if name.startswith("eye"):
            assert gaps(lids, neutral(narrow) + displacement).min() > -0.02, name


def test_a_half_blink_does_not_show_the_eyeball_through_the_lid(rigged):
    face, rest, targets = rigged
    model = load_face_model()
    for weight in (0.25, 0.5, 0.75):
        half = posed(face, {"eyeBlinkLeft": weight}, targets)
        centre = rest[model.region == model.region_names.index("eyeball_left")].mean(axis=0)
        lids = eyes()["Left"]
        assert gaps(lids, half).mean() == pytest.approx((1 - weight) * gaps(lids, rest).mean(), abs=0.4)
        assert seen(half, "eyeball_left", centre) < (1.1 - weight) * seen(rest, "eyeball_left", centre)


def test_closed_lips_meet_over_an_open_jaw(rigged):
    face, rest, targets = rigged
    model = load_face_model()
    opened, closed = posed(face, {"jawOpen": 1}, targets), posed(face, {"jawOpen": 1, "mouthClose": 1}, targets)
    assert gaps(mouth(), opened).max() > 25
    assert gaps(mouth(), closed).min() > -0.2
    assert gaps(mouth(), closed).max() < 1.3
    centre = model.landmarks(opened, "ibug68")[60:68].mean(axis=0)
    assert seen(closed, "mouth", centre, 90) < 0.01 * seen(opened, "mouth", centre, 90)
    # the jaw stays open: the chin is where it was
    chin = model.landmarks(rest, "ibug68")[8, 1] - model.landmarks(closed, "ibug68")[8, 1]
    assert chin > 15


def test_lips_and_lids_close_no_further_than_shut(rigged):
    face, rest, targets = rigged
    del rest
    assert limited_weights(face, {"mouthClose": 1.0}, targets)["mouthClose"] == 0
    assert limited_weights(face, {"mouthClose": 0.9, "jawOpen": 0.4}, targets)["mouthClose"] == 0.4
    squeezed = {"eyeBlinkLeft": 1.0, "eyeLookDownLeft": 1.0, "eyeSquintLeft": 1.0, "jawOpen": 0.2}
    used = limited_weights(face, squeezed, targets)
    assert used["jawOpen"] == 0.2
    assert used["eyeBlinkLeft"] == pytest.approx(used["eyeSquintLeft"])
    assert gaps(eyes()["Left"], posed(face, squeezed, targets)).mean() == pytest.approx(0, abs=0.4)
    gentle = {"eyeBlinkLeft": 0.3, "eyeSquintLeft": 0.3}
    assert limited_weights(face, gentle, targets) == gentle


def test_lids_and_lips_made_to_meet_stretch_the_skin_hardly_more_than_the_models(rigged):
    _, rest, targets = rigged
    model = load_face_model()
    skin = model.triangles[(model.region < model.region_names.index("mouth"))[model.triangles].all(axis=1)]
    edges = np.unique(np.sort(np.concatenate([skin[:, [0, 1]], skin[:, [1, 2]], skin[:, [2, 0]]]), axis=1), axis=0)

    def stretch(displacement):
        before, after = (np.linalg.norm(v[edges[:, 0]] - v[edges[:, 1]], axis=1) for v in (rest, rest + displacement))
        return float(np.max(after / before))

    for name in ("eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "mouthClose"):
        base = targets["jawOpen"] if name == "mouthClose" else 0
        own = model.expression[model.expression_names.index(name)]
        assert stretch(base + targets[name]) < 1.5 * stretch(base + own), name


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"jawWide": 0.5}, "no expression 'jawWide'; there are jawForward, .* eyeBlink, "),
        ({"jawOpen": 1.01}, "jawOpen is 1.01, expected a weight from 0 to 1"),
        ({"jawOpen": -0.1}, "jawOpen is -0.1"),
        ({"jawOpen": float("nan")}, "jawOpen is nan"),
        ({"browInnerUpLeft": 0.5}, "no expression 'browInnerUpLeft'"),
    ],
)
def test_a_weight_that_cannot_be_is_refused(person, weights, said):
    with pytest.raises(InputError, match=said):
        posed(person(0), weights)


def test_a_face_of_another_model_is_refused():
    face = Face(np.zeros((5, 3)), np.zeros(2), np.zeros(3), np.ones(5), Similarity.identity())
    with pytest.raises(InputError, match="fit the scan again"):
        neutral(face)
    with pytest.raises(InputError, match="expected 53"):
        arkit_weights(face)


def test_the_expression_of_a_face_by_arkits_names(person):
    weights = arkit_weights(person(0, jawOpen=0.5, browInnerUpLeft=0.2, browInnerUpRight=0.6, cheekPuffLeft=1.2))
    assert tuple(weights) == ARKIT_NAMES
    assert weights["jawOpen"] == 0.5
    assert weights["browInnerUp"] == pytest.approx(0.4)
    assert weights["cheekPuff"] == 0.5
    assert weights["tongueOut"] == 0


def test_facescapes_expressions(person):
    assert len(FACESCAPE20) == 20
    assert next(iter(FACESCAPE20)) == "neutral"
    assert not FACESCAPE20["neutral"]
    face = person(1)
    shapes = {name: posed(face, weights) for name, weights in FACESCAPE20.items()}
    assert all(FACESCAPE20[name] for name in shapes if name != "neutral")
    # told apart: each pair differs by more than 2 mm somewhere
    names = list(shapes)
    for i, one in enumerate(names):
        assert all(np.abs(shapes[one] - shapes[other]).max() > 2 for other in names[:i])
