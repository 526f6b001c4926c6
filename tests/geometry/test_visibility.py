import numpy as np
import pytest
from surfaces import ellipsoid, rotation

from lineament.errors import InputError
from lineament.geometry.visibility import visible_from


@pytest.mark.parametrize("seed", range(3))
def test_near_half_of_a_sphere_is_seen(seed):
    points, normals, _, _ = ellipsoid(8000, (80, 80, 80))
    look = rotation(seed)[0]
    seen = visible_from(points, direction=look, cell=3.0, tolerance=6.0)
    facing = -normals @ look
    assert seen[facing > 0.45].mean() > 0.99
    assert not seen[facing < -0.2].any()


def test_near_viewpoint_sees_less_than_half():
    points, normals, _, _ = ellipsoid(8000, (80, 80, 80))
    eye = np.array([0, 0, 160.0])
    seen = visible_from(points, eye, cell=3.0, tolerance=6.0)
    ray = eye - points
    facing = (normals * ray).sum(axis=1) / np.linalg.norm(ray, axis=1)
    assert seen[facing > 0.45].mean() > 0.99
    assert not seen[facing < -0.25].any()


def test_plate_hides_what_lies_behind_it():
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(-20, 20.5), np.arange(-20, 20.5)))
    front = np.stack([x, y, 0 * x + 30], axis=1)
    back = np.stack([2 * x, 2 * y, 0 * x], axis=1)
    points = np.concatenate([front, back]).astype(np.float32)
    seen = visible_from(points, direction=(0, 0, -1), cell=1.0, tolerance=2.0)
    assert seen[: len(front)].all()
    shaded = np.abs(back[:, :2]).max(axis=1) <= 20
    assert not seen[len(front) :][shaded].any()
    assert seen[len(front) :][np.abs(back[:, :2]).max(axis=1) > 23].all()


def test_points_behind_the_camera_are_not_seen():
    points = np.array([[0, 0, -100.0], [0, 0, -120], [0, 0, 50]])
    np.testing.assert_array_equal(visible_from(points, (0, 0, 0), cell=1.0, tolerance=1.0), [True, False, False])


def test_no_points_are_no_trouble():
    assert visible_from(np.zeros((0, 3)), (0, 0, 1), cell=1.0, tolerance=1.0).shape == (0,)


@pytest.mark.parametrize(
    ("view", "text"),
    [
        ({}, "either"),
        ({"viewpoint": (0, 0, 9), "direction": (0, 0, 1)}, "either"),
        ({"direction": (0, 0, 0)}, "zero"),
        ({"direction": (0, 0, np.nan)}, "NaN"),
        ({"direction": (0, 0, 1), "cell": 0.0}, "cell"),
        ({"direction": (0, 0, 1), "cell": 1e-6}, "larger"),
    ],
)
def test_bad_views_are_refused(view, text):
    points = np.eye(3) * 100
    with pytest.raises(InputError, match=text):
        visible_from(points, **({"cell": 1.0, "tolerance": 1.0} | view))
