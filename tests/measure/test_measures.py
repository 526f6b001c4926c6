"""The catalogue of measures, their values, and how far the landmarks' errors carry."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lineament.errors import InputError
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.measure import MEASURES, Measurement, measure_face, measure_landmarks, measures
from lineament.measure.catalogue import SETS
from lineament.measure.definitions import (
    KINDS,
    SIDES,
    Angle,
    Definition,
    Distance,
    Inclination,
    Index,
    ProjectiveHeight,
    SurfaceDistance,
    all_landmarks,
    is_bilateral,
    on_side,
)
from lineament.measure.formulas import evaluate, gradient, standard_error
from lineament.types import Landmarks

STRAIGHT = measures(surface=False)
EACH_KIND = (
    "n-sn",
    "ls-sto",
    "en-en",
    "v-t",
    "g-n-prn",
    "li-sl-pg",
    "n-prn incl",
    "en-ex incl",
    "n-gn/zy-zy",
    "sto-gn/n-gn",
)


def named(abbreviation: str) -> Definition:
    return next(m for m in MEASURES if m.abbreviation == abbreviation)


def person(seed: int = 3, sigma: float | None = 1.0) -> Landmarks:
    model = load_face_model()
    names = model.landmark_sets["anthropometric"].names
    shape = model.shape(np.random.default_rng(seed).normal(0, 0.8, 100))
    errors = None if sigma is None else np.full(len(names), sigma)
    return Landmarks(names, model.landmarks(shape, "anthropometric"), errors, unit="mm", set_name="anthropometric")


def values(found: tuple[Measurement, ...]) -> np.ndarray:
    return np.array([m.value for m in found])


def test_each_measure_is_taken_between_landmarks_of_the_model() -> None:
    names = set(load_face_model().landmark_sets["anthropometric"].names)
    for measure in MEASURES:
        for side in SIDES:
            assert set(all_landmarks(measure, side)) <= names, measure


def test_each_measure_has_a_name_of_its_own_and_a_source() -> None:
    assert len({m.abbreviation for m in MEASURES}) == len({m.name for m in MEASURES}) == len(MEASURES)
    assert all(m.farkas or m.ansur for m in MEASURES)
    assert {type(m) for m in MEASURES} == set(KINDS)


def test_paired_landmarks_are_named_by_a_side_or_by_a_star() -> None:
    known = load_face_model().landmark_sets["anthropometric"].names
    for measure in MEASURES:
        sides = {on_side(measure, side) for side in SIDES}
        assert len(sides) == (2 if is_bilateral(measure) else 1)
        assert all(name in known for names in sides for name in names)


def test_sets_hold_what_their_source_lists() -> None:
    assert SETS == ("farkas", "ansur", "all")
    assert measures("all") == MEASURES
    assert set(measures("farkas")) | set(measures("ansur")) == set(MEASURES)
    assert {m.abbreviation for m in measures("ansur", surface=False)} >= {"zy-zy", "se-me", "sa-sba", "pra-pa", "v-t"}
    assert not any(isinstance(m, SurfaceDistance) for m in measures(surface=False))


def test_values_of_points_on_paper() -> None:
    frame = [(70, 0, 0), (-70, 0, 0), (30, 0, 80), (-30, 0, 80)]

    def value(kind: type, points: list[tuple[float, ...]], **more: str) -> float:
        definition = kind("x", "x", ("n",) * len(points), **more)
        extra = frame if kind in (ProjectiveHeight, Inclination) else []
        return float(evaluate(definition, np.array([points + extra], dtype=np.float64))[0])

    assert value(Distance, [(0, 0, 0), (3, 4, 12)]) == pytest.approx(13)
    assert value(Index, [(0, 0, 0), (3, 4, 0), (0, 0, 0), (0, 0, 10)]) == pytest.approx(50)
    assert value(Angle, [(1, 0, 0), (0, 0, 0), (0, 0, 7)]) == pytest.approx(90)
    assert value(Angle, [(1, 0, 0), (0, 0, 0), (-2, 0, 0)]) == pytest.approx(180)
    assert value(ProjectiveHeight, [(5, 9, 3), (1, -2, 7)]) == pytest.approx(11)
    assert value(Inclination, [(0, 10, 0), (0, 0, 10)]) == pytest.approx(45)  # a nose: its tip lies forward
    assert value(Inclination, [(0, 10, 10), (0, 0, 0)]) == pytest.approx(-45)  # a lower face that recedes
    assert value(Inclination, [(20, 0, 9), (30, 10, 0)], view="frontal") == pytest.approx(45)
    assert value(Inclination, [(-20, 0, 9), (-30, 10, 0)], view="frontal") == pytest.approx(45)


def test_moving_a_face_changes_nothing_and_its_unit_only_the_numbers() -> None:
    face = person()
    before = measure_landmarks(face)
    turn = Similarity(1e-3, Rotation.random(random_state=5).as_matrix(), np.array([0.3, -2.0, 0.7]))
    moved = dataclasses.replace(face, xyz=turn.apply(face.xyz), unit="m", mm_per_unit=None)
    after = measure_landmarks(moved)
    np.testing.assert_allclose(values(after), values(before), rtol=2e-4, atol=0.02)
    errors = [[m.standard_error for m in found] for found in (before, after)]
    np.testing.assert_allclose(errors[1], errors[0], rtol=5e-3)


def test_the_mirror_image_has_left_and_right_exchanged() -> None:
    face = person()
    mirror = load_face_model().landmark_sets["anthropometric"].mirror
    image = dataclasses.replace(face, xyz=face.xyz[mirror] * np.array([-1, 1, 1]))
    other = {"left": "right", "right": "left", "": ""}
    found = {(m.definition.abbreviation, m.side): m.value for m in measure_landmarks(face)}
    for m in measure_landmarks(image):
        sign = -1 if m.definition.abbreviation == "ch-ch incl" else 1  # the one slope from right to left
        expected = sign * found[m.definition.abbreviation, other[m.side]]
        assert m.value == pytest.approx(expected, rel=1e-4, abs=1e-3), m


@pytest.mark.parametrize("abbreviation", EACH_KIND)
def test_standard_error_is_the_spread_that_the_landmarks_errors_make(abbreviation: str) -> None:
    definition, face = named(abbreviation), person()
    names = all_landmarks(definition, "left")
    unique = list(dict.fromkeys(names))
    rows = [unique.index(name) for name in names]
    places = np.array([face[name] for name in unique], dtype=np.float64)
    sigma = np.linspace(0.5, 1.0, len(unique))
    # The networks' density exp(-r / b) / (8 pi b^3): r / b has the gamma distribution of shape 3, whose mean is 3.
    random = np.random.default_rng(0)
    way = random.normal(size=(40_000, len(unique), 3))
    way /= np.linalg.norm(way, axis=2, keepdims=True)
    off = way * random.gamma(3, sigma / 3, (40_000, len(unique)))[..., None]
    assert np.linalg.norm(off, axis=2).mean(axis=0) == pytest.approx(sigma, rel=0.02)
    drawn = evaluate(definition, (places + off)[:, rows])
    slopes = gradient(definition, places[rows])
    total = np.zeros_like(places)
    np.add.at(total, rows, slopes)
    expected = standard_error(total, sigma)
    assert drawn.std() == pytest.approx(expected, rel=0.06)
    value = float(evaluate(definition, places[None, rows])[0])
    low, high = Measurement(definition, "left", value, expected, True).interval
    assert ((low <= drawn) & (drawn <= high)).mean() == pytest.approx(0.9, abs=0.015)


def test_a_landmark_that_enters_twice_counts_once() -> None:
    face = person()
    (found,) = measure_landmarks(face, definitions=[Index("x", "x", ("n", "gn", "n", "gn"))])
    assert found.value == pytest.approx(100)
    assert found.standard_error == pytest.approx(0, abs=1e-6)


def test_inferred_and_missing_landmarks_are_told() -> None:
    face = person()
    visible = np.array([name != "gn" for name in face.names])
    xyz = face.xyz.copy()
    xyz[face.names.index("en_l")] = np.nan
    found = measure_landmarks(dataclasses.replace(face, xyz=xyz, visible=visible))
    for m in found:
        names = all_landmarks(m.definition, m.side)
        if "en_l" in names:
            assert np.isnan(m.value)
            assert np.isnan(m.interval).all()
            assert m.reason == "landmark en_l is missing"
        else:
            assert np.isfinite(m.value)
            assert m.visible == ("gn" not in names)
            assert not m.reason


def test_landmarks_without_errors_have_values_without_errors() -> None:
    assert all(np.isnan(m.standard_error) and np.isfinite(m.value) for m in measure_landmarks(person(sigma=None)))


def test_other_landmarks_and_unknown_units_are_refused() -> None:
    face = person()
    with pytest.raises(InputError, match="set anthropometric"):
        measure_landmarks(Landmarks(("a", "b"), face.xyz[:2], unit="mm"))
    unknown = Landmarks(face.names, face.xyz)
    with pytest.raises(InputError, match="unit"):
        measure_landmarks(unknown)
    assert len(measure_landmarks(unknown, mm_per_unit=1.0)) == len(measure_landmarks(face))
    with pytest.raises(InputError, match="need the scan"):
        measure_landmarks(face, definitions=[named("t-sn arc")])


def test_points_at_one_place_have_no_angle() -> None:
    face = person()
    xyz = np.broadcast_to(face.xyz[:1], face.xyz.shape)
    found = measure_landmarks(dataclasses.replace(face, xyz=xyz))
    assert all(np.isnan(m.value) == bool(m.reason) for m in found)
    assert any(m.reason == "its landmarks lie at one place" for m in found)


def test_a_fitted_face_is_measured_whole() -> None:
    model = load_face_model()
    identity = np.random.default_rng(3).normal(0, 0.8, 100)
    shape = model.shape(identity)
    confidence = (shape[:, 0] < 20).astype(np.float32)  # the left half was not scanned
    face = Face(shape, identity, np.zeros(53), confidence, Similarity.identity(), "mm")
    found = {(m.definition.abbreviation, m.side): m for m in measure_face(face)}
    assert len(found) == sum(2 if is_bilateral(m) else 1 for m in MEASURES)
    assert all(np.isfinite(m.value) for m in found.values())
    assert found["en-ex", "right"].visible
    assert not found["en-ex", "left"].visible
    straight = {(m.definition.abbreviation, m.side): m.value for m in measure_landmarks(person(sigma=None))}
    for key, value in straight.items():
        assert found[key].value == pytest.approx(value, abs=1e-3)
    for name in ("t-g", "t-sn", "t-gn"):
        arcs = [found[f"{name} arc", side].value for side in SIDES]
        assert sum(arcs) == pytest.approx(found[f"{name}-t arc", ""].value, rel=1e-6)
        for side, arc in zip(SIDES, arcs, strict=True):
            assert straight[name, side] < arc < 1.2 * straight[name, side]
