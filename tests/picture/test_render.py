"""The renderer against what geometry says must be seen."""

from __future__ import annotations

import numpy as np
import pytest

from lineament.picture.camera import FRONT, LEFT, RIGHT, Camera, turned
from lineament.picture.raster import rasterise
from lineament.picture.render import render
from lineament.picture.shade import PAPER, decode, encode

PAPER_CODE = encode(decode(PAPER))


def sphere(rows: int = 60, columns: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Unit sphere around the origin: points and triangles that face outwards."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, columns), indexing="ij")
    points = np.stack([np.sin(polar) * np.cos(around), np.cos(polar), np.sin(polar) * np.sin(around)], axis=-1)
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    quads = np.stack([corner, corner + 1, corner + columns + 1, corner + columns], axis=1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    return points.reshape(-1, 3).astype(np.float32), triangles


def square(z: float, half: float = 1.0) -> np.ndarray:
    return np.array([[-half, -half, z], [half, -half, z], [half, half, z], [-half, half, z]], dtype=np.float32)


SQUARE_TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)


def shown(image: np.ndarray) -> np.ndarray:
    return (image != PAPER_CODE).any(axis=-1)


@pytest.mark.parametrize("bare", [False, True], ids=["mesh", "cloud"])
def test_sphere_has_a_round_silhouette_of_the_right_area(bare: bool) -> None:
    points, triangles = sphere()
    if bare:
        directions = np.random.default_rng(0).normal(size=(20_000, 3))
        points = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    camera = Camera(FRONT, np.zeros(3), 80.0, 240, 200)
    covered = shown(render(points, None if bare else triangles, camera).image)
    assert covered.sum() == pytest.approx(np.pi * 80**2, rel=0.03)
    rows, columns = np.nonzero(covered)
    radius = np.hypot(columns - 119.5, rows - 99.5)
    assert radius.max() < 83
    gap = np.hypot(*np.nonzero(~covered)[::-1] - np.array([[119.5], [99.5]]))
    assert gap.min() > 78  # no holes


def test_sphere_is_brightest_towards_the_main_lamp_at_the_upper_left() -> None:
    image = render(*sphere(), Camera(FRONT, np.zeros(3), 80.0, 200, 200)).image
    brightness = np.where(shown(image), image.mean(axis=-1), 0)
    rows, columns = np.nonzero(brightness > np.percentile(brightness[brightness > 0], 90))
    assert 40 < rows.mean() < 90
    assert 40 < columns.mean() < 90
    assert brightness[60, 60] > brightness[140, 140] + 20


@pytest.mark.parametrize("bare", [False, True], ids=["mesh", "cloud"])
def test_nearer_surface_hides_the_farther(bare: bool) -> None:
    red, green = np.array([200, 20, 20], np.uint8), np.array([20, 160, 20], np.uint8)
    if bare:
        grid = np.stack(np.meshgrid(np.linspace(-1, 1, 60), np.linspace(-1, 1, 60)), axis=-1).reshape(-1, 2)
        near = np.c_[grid * 0.5, np.full(len(grid), 1.0)].astype(np.float32)
        far = np.c_[grid, np.full(len(grid), -1.0)].astype(np.float32)
        triangles = None
    else:
        near, far = square(1.0, 0.5), square(-1.0, 1.0)
        triangles = np.concatenate([SQUARE_TRIANGLES, SQUARE_TRIANGLES + 4])
    points = np.concatenate([near, far])
    colors = np.repeat([red, green], [len(near), len(far)], axis=0)
    image = render(points, triangles, Camera(FRONT, np.zeros(3), 50.0, 120, 120), colors=colors).image.astype(int)
    centre, rim = image[60, 60], image[60, 20]
    assert centre[0] > centre[1] + 50
    assert rim[1] > rim[0] + 30


def test_each_pixel_of_two_triangles_with_a_common_edge_is_covered_once_and_none_is_missed() -> None:
    positions = np.array([[2.3, 1.7, 0], [41.2, 3.1, 0], [38.8, 35.5, 0], [4.9, 33.3, 0]], dtype=np.float32)
    seen = rasterise(positions, SQUARE_TRIANGLES, 48, 40)
    corners = positions[:, :2].astype(np.float64)
    x, y = np.meshgrid(np.arange(48), np.arange(40))
    inside = np.ones((40, 48), dtype=bool)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        inside &= (end[0] - start[0]) * (y - start[1]) - (end[1] - start[1]) * (x - start[0]) > 0
    assert np.array_equal(seen >= 0, inside)


def test_crossing_triangles_are_cut_where_they_meet() -> None:
    # One slants up to the right, the other down; they cross in the middle column.
    slant = np.array([[0, 0, 0], [100, 0, 100], [100, 100, 100], [0, 100, 0]], dtype=np.float32)
    other = slant * np.float32([1, 1, -1]) + np.float32([0, 0, 100])
    triangles = np.concatenate([SQUARE_TRIANGLES, SQUARE_TRIANGLES + 4])
    seen = rasterise(np.concatenate([slant, other]), triangles, 101, 101)
    assert set(np.unique(seen[1:-1, 1:49])) <= {2, 3}
    assert set(np.unique(seen[1:-1, 52:100])) <= {0, 1}


def test_subjects_left_is_on_the_viewers_right_from_the_front_and_near_in_the_left_view() -> None:
    left_ear = np.array([[70.0, 0.0, 0.0]], dtype=np.float32)
    place = {
        name: Camera(view, np.zeros(3), 1.0, 201, 201).project(left_ear)[0]
        for name, view in {"front": FRONT, "left": LEFT, "right": RIGHT, "above": turned(0, 90)}.items()
    }
    assert place["front"] == pytest.approx([170, 100, 0], abs=1e-4)
    assert place["left"] == pytest.approx([100, 100, 70], abs=1e-4)
    assert place["right"] == pytest.approx([100, 100, -70], abs=1e-4)
    crown = Camera(turned(0, 90), np.zeros(3), 1.0, 201, 201).project(np.float32([[0, 50, 0]]))[0]
    assert crown == pytest.approx([100, 100, 50], abs=1e-4)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
def test_picture_does_not_depend_on_the_unit_or_the_frame(unit: float) -> None:
    points, triangles = sphere(30, 60)
    points = points * np.float32([1.0, 0.8, 0.6])
    plain = render(points, triangles, Camera.fit(points, FRONT, 120, 120)).image.astype(int)
    turn = turned(35, 20)
    moved = (points @ turn * unit + np.array([5, -3, 2]) * unit).astype(np.float32)
    again = render(moved, triangles, Camera.fit(moved, turn, 120, 120)).image.astype(int)
    assert np.abs(plain - again).mean() < 0.5


def test_missing_points_and_their_triangles_are_passed_over() -> None:
    points, triangles = sphere()
    camera = Camera(FRONT, np.zeros(3), 80.0, 200, 200)
    whole = shown(render(points, triangles, camera).image)
    holed = points.copy()
    holed[points[:, 1] > 0.5] = np.nan
    part = shown(render(holed, triangles, camera).image)
    assert not part[:55].any()
    assert np.array_equal(part[70:], whole[70:])


def test_triangles_that_share_no_points_are_as_smooth_as_those_that_do() -> None:
    points, triangles = sphere(20, 40)
    camera = Camera(FRONT, np.zeros(3), 50.0, 120, 120)
    soup = points[triangles].reshape(-1, 3)
    apart = render(soup, np.arange(len(soup), dtype=np.int32).reshape(-1, 3), camera).image.astype(int)
    assert np.abs(apart - render(points, triangles, camera).image).max() <= 2


@pytest.mark.parametrize("bare", [False, True], ids=["mesh", "cloud"])
def test_missing_normals_do_no_harm(bare: bool) -> None:
    points, triangles = sphere()
    normals = np.where(points[:, :1] > 0.5, np.float32(np.nan), points)
    camera = Camera(FRONT, np.zeros(3), 50.0, 120, 120)
    covered = shown(render(points, None if bare else triangles, camera, normals=normals).image)
    assert covered.sum() == pytest.approx(np.pi * 50**2, rel=0.05)


@pytest.mark.parametrize("points", [np.empty((0, 3)), np.full((5, 3), np.nan), np.zeros((4, 3))])
def test_nothing_to_see_is_paper(points: np.ndarray) -> None:
    points = points.astype(np.float32)
    image = render(points, np.empty((0, 3), np.int32), Camera.fit(points, FRONT, 40, 30)).image
    assert image.shape == (30, 40, 3)
    assert image.dtype == np.uint8


def test_rendering_is_deterministic() -> None:
    points = np.random.default_rng(1).normal(size=(3000, 3)).astype(np.float32)
    camera = Camera.fit(points, FRONT, 150, 150)
    assert np.array_equal(render(points, None, camera).image, render(points, None, camera).image)
