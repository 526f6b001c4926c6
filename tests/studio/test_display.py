"""What is drawn of a scan: few vertices, no cracks, and each knows which point it stands for."""

from __future__ import annotations

import numpy as np
import pytest

from lineament.geometry.quality import measure_topology
from lineament.io.scans.texture import Texture
from lineament.studio.display import MOST, make_display
from lineament.studio.gltf import pack_mesh
from lineament.types import Scan


def middle(scan):
    return np.nanmean(scan.points, axis=0).astype(np.float64)


def test_a_small_scan_is_drawn_whole_in_its_own_order(person):
    shown = make_display(person.scan, None, middle(person.scan), MOST)
    assert not shown.decimated
    np.testing.assert_array_equal(shown.source, np.arange(len(person.scan)))
    np.testing.assert_array_equal(shown.triangles, person.scan.triangles)
    assert shown.points + shown.centre == pytest.approx(person.scan.points, abs=1e-6)


def test_a_large_scan_is_thinned_and_stays_where_it_is(large):
    shown = make_display(large.scan, None, middle(large.scan), MOST)
    assert shown.decimated
    assert 0.6 * MOST < len(shown.points) <= MOST
    stands_for = large.scan.points[shown.source] - shown.centre
    spacing = 2e-3  # metres: cells of about a millimetre
    assert np.linalg.norm(shown.points - stands_for, axis=1).max() < spacing
    assert len(np.unique(shown.source)) == len(shown.source)
    assert np.linalg.norm(shown.normals, axis=1) == pytest.approx(1, abs=1e-3)


def test_thinning_opens_no_cracks(large):
    before = measure_topology(large.scan.points, large.scan.triangles)
    shown = make_display(large.scan, None, middle(large.scan), 20_000)
    after = measure_topology(shown.points, shown.triangles)
    assert after.pieces <= before.pieces
    assert after.boundary_length < before.boundary_length  # every crack would have two edges more
    assert after.unused == 0


def test_missing_points_are_not_drawn(person):
    points = np.array(person.scan.points)
    points[::7] = np.nan
    scan = Scan(points, person.scan.triangles)
    for most in (MOST, 2000):
        shown = make_display(scan, None, np.zeros(3), most)
        assert np.isfinite(shown.points).all()
        assert np.isfinite(scan.points[shown.source]).all()
        assert shown.triangles.max() < len(shown.points)
        assert np.isfinite(shown.normals).all()


def test_a_cloud_is_thinned_too(large):
    cloud = Scan(large.scan.points, colors=np.full((len(large.scan), 3), 77, np.uint8))
    shown = make_display(cloud, None, middle(cloud), MOST)
    assert shown.triangles is None
    assert 0.6 * MOST < len(shown.points) <= MOST
    assert (shown.colors == 77).all()


def square() -> tuple[Scan, Texture]:
    """Two triangles, each with a half of an image of its own, whose left half is red and right half green."""
    points = np.float32([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    scan = Scan(points, np.int32([[0, 1, 2], [0, 2, 3]]))
    image = np.zeros((4, 8, 3), np.uint8)
    image[:, :4, 0], image[:, 4:, 1] = 255, 255
    uv = np.float32([[[0.1, 0.1], [0.4, 0.1], [0.4, 0.9]], [[0.6, 0.1], [0.9, 0.9], [0.6, 0.9]]])
    return scan, Texture(image, uv)


def test_a_seam_of_the_texture_gives_a_point_two_vertices():
    scan, texture = square()
    shown = make_display(scan, texture, np.zeros(3), MOST)
    assert len(shown.points) == 6
    assert sorted(shown.source.tolist()) == [0, 0, 1, 2, 2, 3]
    np.testing.assert_array_equal(shown.source[shown.triangles], scan.triangles)
    np.testing.assert_array_equal(shown.uv[shown.triangles], texture.uv)
    assert shown.normals == pytest.approx(np.tile([0, 0, 1], (6, 1)))


def test_a_textured_scan_that_is_thinned_has_the_textures_colours():
    side = 60
    u, v = (grid.reshape(-1) for grid in np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side)))
    corner = np.arange(side * (side - 1)).reshape(side - 1, side)[:, :-1].reshape(-1)
    triangles = np.stack([corner, corner + 1, corner + side], axis=1)
    scan = Scan(np.float32(np.stack([u, v, 0 * u], axis=1)), np.int32(triangles))
    image = np.zeros((16, 16, 3), np.uint8)
    image[:8] = (255, 0, 0)  # the upper half
    texture = Texture(image, np.float32(np.stack([u, v], axis=1))[triangles])
    shown = make_display(scan, texture, np.zeros(3), 400)
    assert shown.uv is None
    upper, lower = shown.points[:, 1] > 0.6, shown.points[:, 1] < 0.4
    used = np.isin(np.arange(len(shown.points)), shown.triangles)
    assert (shown.colors[upper & used, 0] > 250).all()
    assert (shown.colors[lower & used, 0] < 5).all()


def test_the_file_is_read_back_as_it_was(tmp_path):
    import trimesh

    scan, texture = square()
    shown = make_display(scan, texture, np.zeros(3), MOST)
    place = tmp_path / "square.glb"
    place.write_bytes(pack_mesh(shown.points, shown.triangles, shown.normals, None, shown.uv, texture.image))
    (mesh,) = trimesh.load(place).geometry.values()
    assert mesh.vertices == pytest.approx(shown.points)
    assert mesh.visual.uv == pytest.approx(shown.uv, abs=1e-6)
    assert mesh.visual.material.baseColorTexture.size == (8, 4)


def test_colours_are_linear_in_the_file():
    import json
    import struct

    colors = np.uint8([[0, 128, 255], [188, 188, 188], [1, 2, 3]])
    data = pack_mesh(np.eye(3, dtype=np.float32), None, None, colors)
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    assert document["meshes"][0]["primitives"][0]["mode"] == 0
    view = document["bufferViews"][1]
    values = np.frombuffer(data, "<u2", 12, 28 + length + view["byteOffset"]).reshape(3, 4) / 65535
    srgb = colors / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    assert values[:, :3] == pytest.approx(linear, abs=1e-4)
    assert (values[:, 3] == 1).all()


def test_a_cloud_without_normals_gets_those_of_planes_through_its_points():
    points = np.random.default_rng(3).normal(size=(4000, 3))
    points = np.float32(points / np.linalg.norm(points, axis=1, keepdims=True))
    shown = make_display(Scan(points, None), None, np.zeros(3), 3000)
    assert shown.normals is not None
    assert np.abs((shown.normals * shown.points).sum(axis=1)).mean() > 0.99
    few = make_display(Scan(points[:5], None), None, np.zeros(3), None)
    assert few.normals is None
