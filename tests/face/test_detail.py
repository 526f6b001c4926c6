"""Truths about displacement maps: a known relief comes back wherever the scan is, holes stay holes, files keep it."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from lineament.errors import FormatError, InputError
from lineament.face.detail import Displacement, applied, displacement, subdivided
from lineament.face.detail_base import Base
from lineament.face.detail_files import read_displacement, write_displacement
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.face.uvmap import uv_map
from lineament.geometry.alignment import Similarity
from lineament.types import Scan

SIZE = 512


def relief(points):
    """A smooth swell and a finer ripple, mm."""
    x, y = points[:, 0], points[:, 1]
    return (0.8 * np.sin(x / 9) * np.cos(y / 11) + 0.1 * np.sin(x / 1.5) * np.sin(y / 1.5)).astype(np.float32)


def make_face(vertices, pose=None):
    return Face(
        vertices, np.zeros(100), np.zeros(53), np.ones(len(vertices)), Similarity.identity() if pose is None else pose
    )


@pytest.fixture(scope="module")
def model():
    return load_face_model()


@pytest.fixture(scope="module")
def face(model):
    return make_face(model.shape(0.8 * np.random.default_rng(0).normal(size=100)))


@pytest.fixture(scope="module")
def scan(face):
    fine = subdivided(face, 2)
    return Scan(fine.points + fine.normals * relief(fine.points)[:, None], fine.triangles, unit="mm")


@pytest.fixture(scope="module")
def found(face, scan):
    return displacement(face, scan, SIZE)


@pytest.fixture(scope="module")
def places(face):
    return uv_map(SIZE).interpolate(face.vertices)


@pytest.fixture(scope="module")
def region(model):
    uv = uv_map(SIZE)
    return np.array(model.region_names)[model.region[model.triangles].max(axis=1)[uv.triangle]]


@pytest.fixture(scope="module")
def skin(region):
    return ~np.isin(region, ["mouth", "eyeball_left", "eyeball_right"])


def at_texels(image):
    return image.reshape(-1)[uv_map(SIZE).texel]


def test_a_known_relief_comes_back(found, places, skin):
    error = np.abs(at_texels(found.height) - relief(places))[at_texels(found.measured)]
    assert np.median(error) < 0.005
    assert np.percentile(error, 99) < 0.05
    assert at_texels(found.measured)[skin].mean() > 0.999


def test_the_map_does_not_depend_on_where_the_scan_stands_nor_on_its_unit_nor_winding(face, scan, found):
    turn = Rotation.from_euler("xyz", [40, 70, 200], degrees=True).as_matrix()
    to_scan = Similarity(0.1, turn, np.array([30.0, 5.0, -12.0]))
    moved = Scan(to_scan.apply(scan.points), scan.triangles[:, ::-1], unit="cm")
    again = displacement(make_face(face.vertices, to_scan.inverse()), moved, SIZE)
    assert (again.measured != found.measured).sum() <= 5
    both = again.measured & found.measured
    assert np.abs(again.height - found.height)[both].max() < 1e-3


def test_mesh_and_map_reproduce_the_scan(face, scan, found):
    put_back = applied(face, found, 3)
    distance, _ = cKDTree(put_back.points).query(scan.points[::7])
    bare, _ = cKDTree(subdivided(face, 3).points).query(scan.points[::7])
    assert np.median(distance) < 0.05
    assert np.median(bare) > 0.2
    assert put_back.unit == "mm"


def test_a_hole_is_not_measured_and_its_border_runs_out_smoothly(model, face, scan, found, places, skin):
    tip = model.landmarks(face.vertices, "ibug68")[30]
    gone = np.linalg.norm(scan.points - tip, axis=1) < 15
    cut = displacement(face, replace(scan, triangles=scan.triangles[~gone[scan.triangles].any(axis=1)]), SIZE)
    away = np.linalg.norm(places - tip, axis=1)
    height, measured = at_texels(cut.height), at_texels(cut.measured)
    assert not measured[away < 13.5].any()
    assert measured[(away > 17) & skin].mean() > 0.999
    assert not height[away < 9].any()
    np.testing.assert_array_equal(cut.height[cut.measured], found.height[cut.measured])
    shown = uv_map(SIZE).image(away < 16)
    for axis in (0, 1):
        step = np.abs(np.diff(cut.height, axis=axis))
        inside = shown[1:, :] & shown[:-1, :] if axis == 0 else shown[:, 1:] & shown[:, :-1]
        assert step[inside].max() < 0.5


def test_the_far_side_of_a_shell_is_not_taken_for_its_front(model, face, scan, places):
    tip = model.landmarks(face.vertices, "ibug68")[30]
    gone = (np.linalg.norm(scan.points - tip, axis=1) < 15)[scan.triangles].any(axis=1)
    fine = subdivided(face, 2)
    shell = Scan(
        np.concatenate([scan.points, fine.points - fine.normals]),
        np.concatenate([scan.triangles[~gone], scan.triangles[:, ::-1] + len(scan)]),
    )
    measured = at_texels(displacement(face, shell, SIZE).measured)
    assert not measured[np.linalg.norm(places - tip, axis=1) < 13.5].any()


def test_mouth_and_eyeballs_are_not_measured(found, region):
    measured = at_texels(found.measured)
    for part in ("mouth", "eyeball_left", "eyeball_right"):
        assert not measured[region == part].any()


def test_a_jump_to_another_sheet_is_cut_and_a_stray_piece_left_out(model, face, scan, places, skin):
    tip = model.landmarks(face.vertices, "ibug68")[30]
    fine = subdivided(face, 2)
    away = np.linalg.norm(fine.points - tip, axis=1)
    crumb = (away < 1.5)[fine.triangles].all(axis=1)
    rest = (away > 2.5)[fine.triangles].all(axis=1)
    lifted = fine.points + fine.normals * np.where(away < 2, 2.5, 0)[:, None].astype(np.float32)
    torn = displacement(face, Scan(lifted, fine.triangles[crumb | rest]), SIZE)
    measured, far = at_texels(torn.measured), np.linalg.norm(places - tip, axis=1)
    assert not measured[far < 2].any()
    assert measured[(far > 6) & skin].mean() > 0.999
    assert np.abs(torn.height).max() < 0.1


def test_a_surface_beyond_reach_is_not_measured(face, scan):
    fine = subdivided(face, 2)
    above = np.where(fine.points[:, 1] > 20, 3.5, 0).astype(np.float32)
    lifted = displacement(face, Scan(fine.points + fine.normals * above[:, None], fine.triangles), SIZE)
    assert np.abs(lifted.height).max() <= 3
    with pytest.raises(InputError, match="nowhere within 3 mm"):
        displacement(face, Scan(scan.points + np.float32(500), scan.triangles), SIZE)


def test_no_height_reaches_where_the_normals_of_the_mesh_cross(face, skin):
    fine = subdivided(face, 2)
    swollen = displacement(face, Scan(fine.points + 2 * fine.normals, fine.triangles), SIZE)
    bend = at_texels(uv_map(SIZE).image(uv_map(SIZE).interpolate(Base.of(face).bend[:, None])[:, 0]))
    assert (np.abs(at_texels(swollen.height)) * bend).max() < 0.71
    assert at_texels(swollen.measured)[skin & (bend < 0.1)].mean() > 0.99


def test_a_cloud_gives_the_relief_too(face, scan, places, skin, model):
    random = np.random.default_rng(1)
    tip = model.landmarks(face.vertices, "ibug68")[30]
    points = scan.points[random.permutation(len(scan))[:60_000]]
    points = points[np.linalg.norm(points - tip, axis=1) > 15]
    points[::1000] = np.nan
    cloud = displacement(face, Scan(points), SIZE)
    measured, away = at_texels(cloud.measured), np.linalg.norm(places - tip, axis=1)
    error = np.abs(at_texels(cloud.height) - relief(places))[measured & skin]
    assert np.median(error) < 0.03
    assert np.percentile(error, 95) < 0.15
    assert measured[skin & (away > 20)].mean() > 0.9
    assert not measured[away < 12].any()


def test_a_cloud_elsewhere_or_of_few_points_is_refused(face, scan):
    for points in (scan.points + np.float32(500), scan.points[:5]):
        with pytest.raises(InputError, match="nowhere within 3 mm"):
            displacement(face, Scan(points), 64)


def test_subdivision_changes_neither_the_surface_nor_its_uv(model, face):
    def area(scan):
        a, b, c = (scan.points[scan.triangles[:, i]].astype(np.float64) for i in range(3))
        return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2

    coarse, fine = subdivided(face, 0), subdivided(face, 2)
    np.testing.assert_array_equal(coarse.points, face.vertices)
    np.testing.assert_array_equal(coarse.triangles, model.triangles)
    np.testing.assert_array_equal(fine.points[: len(coarse)], coarse.points)
    assert len(fine.triangles) == 16 * len(coarse.triangles)
    assert area(fine) == pytest.approx(area(coarse), rel=1e-5)
    assert fine.uv.min() >= 0
    assert fine.uv.max() <= 1
    np.testing.assert_allclose(np.linalg.norm(fine.normals, axis=1), 1, atol=1e-5)
    # one vertex on each edge: no cracks
    assert len(np.unique(fine.triangles)) == len(fine)


def test_an_empty_map_changes_nothing(face):
    nothing = Displacement(np.zeros((64, 64)), np.zeros((64, 64), bool))
    np.testing.assert_array_equal(applied(face, nothing, 1).points, subdivided(face, 1).points)


def test_wrong_arguments_are_refused(face, scan):
    with pytest.raises(InputError, match="0 to 6"):
        subdivided(face, 7)
    with pytest.raises(InputError, match="16 to 8192"):
        displacement(face, scan, 9000)
    with pytest.raises(InputError, match="give the model"):
        displacement(make_face(face.vertices[:100]), scan, 64)
    with pytest.raises(InputError, match="height"):
        Displacement(np.full((4, 4), np.nan), np.zeros((4, 4), bool))
    with pytest.raises(InputError, match="measured"):
        Displacement(np.zeros((4, 4)), np.zeros((4, 5), bool))


@pytest.mark.parametrize(("largest", "scale"), [(0.01, "0.512"), (0.26, "1.024"), (2.0, "4.096"), (3.0, "8.192")])
def test_the_png_keeps_heights_to_half_a_step(tmp_path, largest, scale):
    height = np.random.default_rng(2).uniform(-largest, largest, (32, 32)).astype(np.float32)
    height[0, 0], height[3, 3], height[4, 4] = 0, largest, -largest
    paths = write_displacement(Displacement(height, height > 0.1 * largest), tmp_path / "anna")
    assert [path.name for path in paths] == [
        f"anna_displacement_{scale}mm.png",
        "anna_displacement_measured.png",
        "anna_displacement.npy",
        "anna_displacement.json",
    ]
    with Image.open(paths[0]) as image:
        grey, text = np.asarray(image), image.text
    assert grey.dtype == np.uint16
    assert grey[0, 0] == 32768
    assert float(text["displacement_scale_mm"]) == float(scale)
    by_text = grey / 65535 * float(scale) + float(text["displacement_offset_mm"])
    half = float(scale) / 65535 / 2 * (1 + 1e-4)
    assert np.abs(by_text - height).max() <= half
    back = read_displacement(paths[0])
    assert np.abs(back.height.astype(np.float64) - height).max() <= half + 2e-7  # float32 of 2 mm
    np.testing.assert_array_equal(back.measured, height > 0.1 * largest)


def test_the_npy_keeps_heights_exactly(tmp_path, found):
    paths = write_displacement(found, tmp_path / "anna")
    back = read_displacement(paths[2])
    np.testing.assert_array_equal(back.height, found.height)
    np.testing.assert_array_equal(back.measured, found.measured)


def test_a_map_of_another_scale_takes_the_place_of_the_first(tmp_path):
    (tmp_path / "anna_displacement_mine.png").write_bytes(b"kept")
    (tmp_path / "joanna_displacement_8.192mm.png").write_bytes(b"kept")
    for largest in (1.0, 3.0):
        height = np.full((64, 64), largest, np.float32)
        paths = write_displacement(Displacement(height, height > 0), tmp_path / "anna")
    kept = {"anna_displacement_mine.png", "joanna_displacement_8.192mm.png"}
    assert {path.name for path in tmp_path.iterdir()} == kept | {path.name for path in paths}


def test_a_png_of_another_program_tells_its_scale_by_its_name(tmp_path):
    path = tmp_path / "face_2mm.png"
    Image.fromarray(np.array([[32768, 65535], [0, 32768]], np.uint16)).save(path)
    back = read_displacement(path)
    np.testing.assert_allclose(back.height, [[0, 1], [-1, 0]], atol=1e-4)
    np.testing.assert_array_equal(back.measured, [[False, True], [True, False]])
    path.rename(tmp_path / "face.png")
    with pytest.raises(FormatError, match="does not tell its scale"):
        read_displacement(tmp_path / "face.png")


def test_broken_files_are_named(tmp_path, found):
    paths = write_displacement(found, tmp_path / "anna")
    whole = paths[0].read_bytes()
    paths[0].write_bytes(whole[: len(whole) // 2])
    paths[2].write_bytes(paths[2].read_bytes()[:-5])
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "eight_1mm.png")
    Image.fromarray(np.zeros((4, 8), np.uint16)).save(tmp_path / "wide_1mm.png")
    (tmp_path / "text_1mm.png").write_text("no image")
    np.save(tmp_path / "huge.npy", np.full((4, 4), 1e300))
    for name in (paths[0].name, paths[2].name, "eight_1mm.png", "wide_1mm.png", "text_1mm.png", "huge.npy"):
        with pytest.raises(FormatError, match=name):
            read_displacement(tmp_path / name)
    with pytest.raises(InputError, match="suffix"):
        read_displacement(tmp_path / "map.exr")
    with pytest.raises(InputError, match="does not exist"):
        write_displacement(found, tmp_path / "nowhere" / "anna")
