"""Landmarks, names and colours on pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineament.face.model import load_face_model
from lineament.picture.camera import FRONT, Camera
from lineament.picture.colormap import colormap
from lineament.picture.labels import place_labels
from lineament.picture.landmarks import LEFT_COLOR, RIGHT_COLOR, draw_landmarks
from lineament.picture.sheets import curvature_picture, landmark_picture, save_picture
from lineament.types import Landmarks, Scan, Source

FRONT_VIEW = np.s_[100:640, 200:420]
"""Where the head is seen from the front on a sheet of half the size."""
APART = 25
"""Pixels there that the middles of the two sides lie apart at least."""


def face_like() -> tuple[Scan, Landmarks]:
    """A half ellipsoid of a head's size that faces +z, and points on it."""
    x, y = np.meshgrid(np.linspace(-70, 70, 60), np.linspace(-100, 100, 80))
    height = 1 - (x / 75) ** 2 - (y / 105) ** 2
    z = np.where(height > 0, 80 * np.sqrt(np.maximum(height, 0)), np.nan)
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32)
    places = {"left eye": (32, 30), "right eye": (-32, 30), "nose": (0, 0), "left mouth": (25, -40), "chin": (0, -80)}
    xy = np.array(list(places.values()))
    depth = 80 * np.sqrt(1 - (xy[:, 0] / 75) ** 2 - (xy[:, 1] / 105) ** 2)
    landmarks = Landmarks(
        tuple(places), np.c_[xy, depth].astype(np.float32), sigma=np.float32([1, 1, 2, 2, 4]), unit="mm"
    )
    return Scan(points, unit="mm", source=Source(Path("head.ply"), "ply")), landmarks


def test_dot_lies_at_the_projected_pixel() -> None:
    camera = Camera(FRONT, np.zeros(3), 2.0, 200, 160)
    xy = camera.project(np.float32([[20, 10, 5]]))[:, :2]
    image = np.full((160, 200, 3), 255, np.uint8)
    drawn = draw_landmarks(image, xy, colors=[LEFT_COLOR], visible=np.array([True]))
    assert tuple(drawn[round(xy[0, 1]), round(xy[0, 0])]) == LEFT_COLOR
    rows, columns = np.nonzero((drawn != 255).any(axis=-1))
    darkness = (255 - drawn[rows, columns].astype(float)).sum(axis=1)
    assert np.average(columns, weights=darkness) == pytest.approx(20 * 2 + 99.5, abs=0.05)
    assert np.average(rows, weights=darkness) == pytest.approx(79.5 - 10 * 2, abs=0.05)


def test_inferred_landmark_is_hollow_and_missing_one_is_not_drawn() -> None:
    image = np.full((60, 60, 3), 255, np.uint8)
    xy = np.float32([[30, 30], [np.nan, np.nan]])
    drawn = draw_landmarks(image, xy, colors=[LEFT_COLOR] * 2, visible=np.array([False, False]))
    assert tuple(drawn[30, 30]) == (255, 255, 255)
    assert (drawn[30, 24:30] != 255).any()
    assert (drawn != 255).any(axis=-1).sum() < 200


def test_expected_error_is_a_circle_of_its_radius() -> None:
    image = np.full((100, 100, 3), 255, np.uint8)
    drawn = draw_landmarks(
        image,
        np.float32([[50, 50]]),
        colors=[RIGHT_COLOR],
        visible=np.array([True]),
        error_radius=np.float32([30]),
    )
    assert (drawn[50, 80] < drawn[50, 75]).any()
    assert (drawn[50, 83:] == 255).all()


def test_unknown_expected_error_draws_no_circle() -> None:
    image = np.full((60, 60, 3), 255, np.uint8)
    dot = {"xy": np.float32([[30, 30]]), "colors": [LEFT_COLOR], "visible": np.array([True])}
    assert np.array_equal(draw_landmarks(image, **dot, error_radius=np.float32([np.nan])), draw_landmarks(image, **dot))


def test_input_image_is_left_alone() -> None:
    image = np.full((40, 40, 3), 255, np.uint8)
    draw_landmarks(image, np.float32([[20, 20]]), colors=[LEFT_COLOR], visible=np.array([True]))
    assert (image == 255).all()


def crossing(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> bool:
    """Whether segments ab and cd cross inside."""

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) * side(a, b, d) < -1e-6 and side(c, d, a) * side(c, d, b) < -1e-6


@pytest.mark.parametrize("seed", range(5))
def test_labels_do_not_overlap_and_leader_lines_do_not_cross(seed: int) -> None:
    xy = np.random.default_rng(seed).normal([300, 200], [60, 50], (50, 2)).astype(np.float32)
    labels = place_labels(xy, 100, 500, 10, 590, 20)
    assert sorted(label.index for label in labels) == list(range(50))
    for on_left in (True, False):
        rows = np.sort([label.y for label in labels if label.on_left == on_left])
        assert np.diff(rows).min() >= 20
        assert rows[0] >= 20
        assert rows[-1] <= 580
    ends = [(np.array([label.x, label.y]), xy[label.index].astype(float)) for label in labels]
    assert not any(crossing(*ends[i], *ends[j]) for i in range(50) for j in range(i))


def test_labels_are_all_or_none() -> None:
    xy = np.random.default_rng(0).uniform(0, 100, (520, 2)).astype(np.float32)
    assert place_labels(xy, 0, 100, 0, 200, 20) == ()


@pytest.mark.usefixtures("small_pictures")
def test_landmark_picture_shows_both_sides_in_their_colours() -> None:
    scan, landmarks = face_like()
    head = np.asarray(landmark_picture(scan, landmarks))[FRONT_VIEW]
    left = np.nonzero((head == LEFT_COLOR).all(axis=-1))[1]
    right = np.nonzero((head == RIGHT_COLOR).all(axis=-1))[1]
    assert left.size > 20
    assert right.size > 20
    assert right.max() < left.min()  # the subject's left is on the viewer's right


@pytest.mark.usefixtures("small_pictures")
def test_sides_are_told_by_name_so_that_swapped_landmarks_are_seen() -> None:
    model = load_face_model()
    names, mirror = model.landmark_sets["ibug68"].names, model.landmark_sets["ibug68"].mirror
    xyz = model.landmarks(model.vertices, "ibug68")
    scan = Scan(model.vertices, model.triangles, unit="mm")
    right_way, swapped = (
        np.asarray(landmark_picture(scan, Landmarks(names, points, unit="mm", set_name="ibug68")))[FRONT_VIEW]
        for points in (xyz, xyz[mirror])
    )
    column = {
        (way, color): np.nonzero((image == color).all(axis=-1))[1].mean()
        for way, image in (("right", right_way), ("swapped", swapped))
        for color in (LEFT_COLOR, RIGHT_COLOR)
    }
    assert column["right", LEFT_COLOR] > column["right", RIGHT_COLOR] + APART
    assert column["swapped", LEFT_COLOR] < column["swapped", RIGHT_COLOR] - APART


@pytest.mark.usefixtures("small_pictures")
def test_landmark_picture_of_a_turned_scan_is_the_same_when_the_pose_is_given() -> None:
    scan, landmarks = face_like()
    turn = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=np.float32)  # face frame to the scan's frame
    turned_scan = Scan(scan.points @ turn.T, unit="mm", source=scan.source)
    turned_landmarks = Landmarks(landmarks.names, landmarks.xyz @ turn.T, sigma=landmarks.sigma, unit="mm")
    plain = np.asarray(landmark_picture(scan, landmarks)).astype(int)
    again = np.asarray(landmark_picture(turned_scan, turned_landmarks, turn.T)).astype(int)
    assert np.abs(plain - again).mean() < 0.2


@pytest.mark.usefixtures("small_pictures")
def test_landmark_picture_without_unit_error_or_any_point_still_shows_the_scan() -> None:
    scan, _ = face_like()
    nothing = Landmarks(("nose",), np.full((1, 3), np.nan, np.float32))
    picture = landmark_picture(Scan(scan.points), nothing)
    assert np.asarray(picture).std() > 5


def test_curvature_picture_shows_domes_brown_and_cups_blue() -> None:
    scan, _ = face_like()
    shape_index = np.where(scan.points[:, 0] > 0, 1.0, -1.0).astype(np.float32)
    picture = np.asarray(curvature_picture(scan, shape_index, np.full(len(scan), 0.02, np.float32))).astype(int)
    cup, cap = picture[600, 400], picture[600, 600]
    assert cup[2] > cup[0] + 30
    assert cap[0] > cap[2] + 30


@pytest.mark.parametrize("kind", ["diverging", "sequential"])
def test_lightness_of_a_colour_table_is_even(kind: str) -> None:
    lightness = colormap(np.linspace(0, 1, 201), 0, 1, kind).astype(float) @ [0.2126, 0.7152, 0.0722]
    if kind == "sequential":
        assert (np.diff(lightness) < 1).all()
        assert lightness[0] - lightness[-1] > 150
    else:
        assert (np.diff(lightness[:100]) > -1).all()
        assert (np.diff(lightness[101:]) < 1).all()
        assert lightness[0] == pytest.approx(lightness[-1], abs=15)


def test_colours_are_cut_to_the_range_and_grey_where_missing() -> None:
    colors = colormap(np.array([-9.0, 0.0, 1.0, 9.0, np.nan]), 0, 1, "sequential")
    assert np.array_equal(colors[0], colors[1])
    assert np.array_equal(colors[2], colors[3])
    assert len(set(colors[4])) == 1
    assert np.array_equal(colormap([3.0, 3.0], 3, 3, "sequential")[0], colors[0])


def test_saved_picture_reads_back_the_same(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    path = save_picture(Image.fromarray(pixels), tmp_path / "picture.png")
    with Image.open(path) as image:
        assert np.array_equal(np.asarray(image), pixels)
