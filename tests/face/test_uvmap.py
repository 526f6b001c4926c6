"""Truths about images in the model's uv: texels lie where they say, charts go on beyond their border, holes fill."""

import numpy as np
import pytest

from lineament.errors import InputError
from lineament.face.model import load_face_model
from lineament.face.uvmap import push_pull, sample, texels_of, uv_map

SIZE = 256


@pytest.fixture(scope="module")
def model():
    return load_face_model()


@pytest.fixture(scope="module")
def uv():
    return uv_map(SIZE)


def test_interpolated_uv_are_the_centres_of_the_texels(model, uv):
    place = texels_of(uv.interpolate(model.uv), SIZE)
    row, column = np.divmod(uv.texel, SIZE)
    assert np.abs(place - np.stack([column, row], axis=1)).max() < 2e-3


def test_row_0_is_the_top(model, uv):
    v = uv.image(uv.interpolate(model.uv)[:, 1])
    rows = np.flatnonzero(uv.mask().any(axis=1))
    assert v[rows[0]].max() > 1 - 2 * (rows[0] + 1) / SIZE
    assert v[rows[-1]].max() < 2 * (SIZE - rows[-1]) / SIZE


def test_weights_are_of_points_in_the_triangle(uv):
    assert uv.barycentric.min() > -1e-4
    np.testing.assert_allclose(uv.barycentric.sum(axis=1), 1, atol=1e-5)


def test_texels_cover_the_area_of_the_triangles(model, uv):
    a, b, c = (model.uv[model.triangles[:, i]].astype(np.float64) for i in range(3))
    area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]).sum() / 2
    assert len(uv.texel) / SIZE**2 == pytest.approx(area, rel=0.005)


def test_what_is_interpolated_at_vertices_knows_no_background(model):
    uv = uv_map(1024)
    image = uv.image(uv.interpolate(model.vertices + 500))
    raw = sample(image, model.uv)
    uv.dilate(image)
    error = np.abs(sample(image, model.uv) - model.vertices - 500).max(axis=1)
    assert np.abs(raw - model.vertices - 500).max() > 100  # the background shows through
    assert np.median(error) < 0.02
    assert error.max() < 2  # a few texels of the most stretched triangles, no background


def test_a_linear_image_is_looked_up_exactly_between_texels():
    column, row = np.meshgrid(np.arange(32), np.arange(16))
    image = np.stack([3 * column + 2 * row, column - row], axis=-1).astype(np.float32)
    at = np.random.default_rng(0).uniform(0.1, 0.9, (50, 2)).astype(np.float32)
    x, y = at[:, 0] * 32 - 0.5, (1 - at[:, 1]) * 16 - 0.5
    np.testing.assert_allclose(sample(image, at), np.stack([3 * x + 2 * y, x - y], axis=1), atol=1e-4)


def test_a_map_is_made_once():
    assert uv_map(SIZE) is uv_map(SIZE)


@pytest.mark.parametrize("size", [0, 15, 8193])
def test_sizes_out_of_range_are_refused(size):
    with pytest.raises(InputError, match="16 to 8192"):
        uv_map(size)


@pytest.mark.parametrize("size", [1, 5, 64, 97])
def test_filling_keeps_what_is_known_and_stays_within_it(size):
    random = np.random.default_rng(size)
    image = random.uniform(2, 3, (size, size, 2)).astype(np.float32)
    known = random.random((size, size)) < 0.1
    known[0, 0] = True
    filled = push_pull(image, known)
    np.testing.assert_array_equal(filled[known], image[known])
    assert filled.min() >= image[known].min() - 1e-5
    assert filled.max() <= image[known].max() + 1e-5


def test_filling_is_smooth():
    row, column = np.meshgrid(np.arange(64), np.arange(64), indexing="ij")
    image = (row + 2 * column).astype(np.float32)[..., None]
    known = np.hypot(row - 31.5, column - 31.5) > 12
    filled = push_pull(image, known)[..., 0]
    assert np.abs(np.diff(filled, axis=0)).max() < 6
    assert np.abs(np.diff(filled, axis=1)).max() < 6
    assert filled[31, 31] == pytest.approx(94.5, abs=5)


def test_nothing_known_is_zero():
    assert not push_pull(np.ones((8, 8, 1), np.float32), np.zeros((8, 8), bool)).any()
