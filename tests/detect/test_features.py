"""What the networks see must not depend on how a scan happens to be written down."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from lineament.detect.features import (
    FACE_LEVELS,
    REGION_CENTRE,
    REGION_RADIUS,
    describe,
    disjoint_samples,
    face_graph,
    face_surface,
    sample_face,
    sample_whole,
    whole_graph,
)
from lineament.errors import NoFaceError
from lineament.face.model import load_face_model
from lineament.geometry.sampling import sample_surface


@pytest.fixture(scope="module")
def cloud():
    model = load_face_model()
    return sample_surface(model.vertices, model.triangles, 60_000)[0]


def test_order_of_points_changes_nothing(cloud):
    shuffled = cloud[np.random.default_rng(0).permutation(len(cloud))]
    one, other = sample_face(cloud), sample_face(shuffled)
    np.testing.assert_allclose(one.points, other.points, atol=1e-4)
    np.testing.assert_allclose(one.curvature, other.curvature, atol=1e-2)


def test_points_outside_the_face_region_change_nothing(cloud):
    wall = np.random.default_rng(0).uniform(-400, 400, size=(5000, 3)).astype(np.float32)
    wall = wall[np.linalg.norm(wall - REGION_CENTRE, axis=1) > REGION_RADIUS + 1]
    one, other = sample_face(cloud), sample_face(np.concatenate([cloud, wall]))
    np.testing.assert_array_equal(one.points, other.points)


def test_curved_parts_get_more_points(cloud):
    sample = sample_face(cloud)
    nose = load_face_model().landmarks(load_face_model().vertices, "ibug68")[31:36].mean(axis=0)
    forehead = np.array([0, 85, 95])

    def share(points, centre):
        return (np.linalg.norm(points - centre, axis=1) < 15).mean()

    assert share(sample.points, nose) / share(cloud, nose) > share(sample.points, forehead) / share(cloud, forehead)


def test_normals_point_out_of_the_face(cloud):
    sample = sample_face(cloud)
    front = np.linalg.norm(sample.points[:, :2], axis=1) < 40
    assert (sample.normals[front & (sample.points[:, 2] > 85), 2] > 0).mean() > 0.95
    np.testing.assert_allclose(np.linalg.norm(sample.normals, axis=1), 1, atol=1e-4)


def test_few_points_are_repeated_up_to_the_size_of_the_network(cloud):
    few = sample_face(cloud[:900])
    assert few.points.shape == (FACE_LEVELS[0], 3)
    assert all(np.isfinite(values).all() for values in (few.points, few.normals, few.curvature))


def test_further_samples_are_disjoint_and_as_even(cloud):
    face = face_surface(cloud)
    one, other = (describe(face, chosen) for chosen in islice(disjoint_samples(face), 2))
    assert not set(map(tuple, one.points.tolist())) & set(map(tuple, other.points.tolist()))
    np.testing.assert_array_equal(one.points, sample_face(cloud).points)
    np.testing.assert_allclose(one.points.mean(axis=0), other.points.mean(axis=0), atol=6)
    assert len(list(disjoint_samples(face_surface(cloud[:2500])))) == 1


def test_an_empty_region_is_no_face():
    with pytest.raises(NoFaceError, match="points where the face should be"):
        sample_face(np.full((500, 3), 1000, dtype=np.float32))


@pytest.mark.parametrize("factor", [1e-3, 1.0, 40.0])
def test_the_whole_is_seen_the_same_in_every_unit(cloud, factor):
    one, other = sample_whole(cloud), sample_whole(cloud * np.float32(factor))
    assert other.scale == pytest.approx(one.scale * factor, rel=0.03)
    assert np.linalg.norm(other.points, axis=1).mean() == pytest.approx(1, abs=1e-3)


def test_graphs_name_each_points_nearest_neighbours(cloud):
    points = sample_face(cloud).points
    local, pool_1, _, _, graph_2, up = face_graph(points)
    assert local.shape == (2048, 8)
    assert np.linalg.norm(points[local[:, 0]] - points, axis=1).max() < 1e-6
    nearest = np.linalg.norm(points[:512] - points[700], axis=1).argmin()
    assert np.linalg.norm(points[up[700, 0]] - points[nearest]) < 1e-6
    assert pool_1.max() < 2048
    assert graph_2.max() < 128
    assert whole_graph(sample_whole(cloud).points)[4].shape == (64, 64)
