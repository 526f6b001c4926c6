"""Depth images: millimetres along the optical axis, NaN where nothing was measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.testing as npt
import pytest
from PIL import Image

from lineament.errors import FormatError, InputError
from lineament.io.depth import camera_in, frame_of, read_depth
from lineament.io.scans import read_scan

CAMERA = (500.0, 400.0, 2.0, 1.0)
DEPTH = np.array([[0, 500, 510, 520, 530], [540, 550, 560, 570, 0], [580, 590, 600, 610, 620]], np.uint16)
EXPECTED = np.where(DEPTH == 0, np.nan, DEPTH)


@pytest.fixture(params=["png", "npy", "float.npy"])
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"image.{request.param}"
    if request.param == "png":
        Image.fromarray(DEPTH).save(path)
    else:
        np.save(path, DEPTH if request.param == "npy" else EXPECTED)
    return path


def test_depth_is_in_mm_and_zero_is_missing(image: Path) -> None:
    frame = read_depth(image, CAMERA)
    npt.assert_array_equal(frame.depth, EXPECTED.astype(np.float32))
    assert (frame.fx, frame.fy, frame.cx, frame.cy) == CAMERA


def test_the_camera_may_lie_beside_the_image(image: Path) -> None:
    names = dict(zip(("fx", "fy", "cx", "cy"), CAMERA, strict=True))
    image.with_suffix(".json").write_text(json.dumps({**names, "mm_per_unit": 0.5, "model": "any"}))
    frame = read_depth(image)
    npt.assert_allclose(frame.depth, EXPECTED * 0.5)
    assert (frame.fx, frame.cy) == (500, 1)
    npt.assert_allclose(read_depth(image, scale=2.0).depth, EXPECTED * 2)
    assert read_depth(image, (1, 1, 0, 0)).fx == 1


def test_without_a_camera_the_error_says_how_to_give_it(image: Path) -> None:
    with pytest.raises(InputError, match=r"give intrinsics=\(fx, fy, cx, cy\) in pixels or write .*\.json beside it"):
        read_depth(image)
    image.with_suffix(".json").write_text('{"fx": 1, "fy": 1}')
    with pytest.raises(InputError, match="camera of this depth image is not known"):
        read_scan(image)


def test_a_plane_of_constant_depth_becomes_a_plane_seen_through_the_pinhole(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((3, 5), 1000, np.uint16))
    scan = read_scan(tmp_path / "a.npy", intrinsics=CAMERA)
    assert scan.unit == "mm"
    grid = scan.points.reshape(3, 5, 3)
    npt.assert_array_equal(grid[..., 2], -1000)
    npt.assert_allclose(grid[1, 2], [0, 0, -1000])
    npt.assert_allclose(grid[0, 4], [4.0, 2.5, -1000])


@pytest.mark.parametrize(("camera", "scale"), [((0, 1, 0, 0), 1), ((1, 1, np.nan, 0), 1), ((1, 1, 0), 1), (CAMERA, 0)])
def test_an_impossible_camera_or_scale_is_refused(camera: tuple[float, ...], scale: float, image: Path) -> None:
    with pytest.raises(InputError, match=r"intrinsics are|expected a positive number"):
        read_depth(image, camera, scale)  # type: ignore[arg-type]


def test_images_that_hold_no_depth_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "photo.png")
    with pytest.raises(FormatError, match="one channel of 16 bits"):
        read_depth(tmp_path / "photo.png", CAMERA)
    np.save(tmp_path / "volume.npy", np.ones((2, 2, 2)))
    with pytest.raises(FormatError, match=r"shape \(2, 2, 2\)"):
        read_depth(tmp_path / "volume.npy", CAMERA)
    np.save(tmp_path / "nothing.npy", np.zeros((2, 2)))
    with pytest.raises(InputError, match="no pixel of the depth image is valid"):
        read_depth(tmp_path / "nothing.npy", CAMERA)
    (tmp_path / "text.png").write_text("no image at all")
    with pytest.raises(FormatError, match="not a PNG file"):
        read_depth(tmp_path / "text.png", CAMERA)


def test_a_damaged_camera_file_is_named(image: Path) -> None:
    for text in ("{", '{"fx": "wide"}', '{"fx": [1]}'):
        image.with_suffix(".json").write_text(text)
        with pytest.raises(FormatError, match=r"\.json"):
            read_depth(image)


def test_a_declared_size_beyond_any_sensor_is_refused_unread(tmp_path: Path) -> None:
    Image.fromarray(DEPTH).save(tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[16:24] = (100_000).to_bytes(4, "big") * 2
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(FormatError, match="100000 x 100000 pixels is too large"):
        read_depth(tmp_path / "a.png", CAMERA)


def test_a_depth_image_whose_camera_is_known_otherwise(image: Path) -> None:
    data, suffix = image.read_bytes(), image.suffix.removeprefix(".")
    names = dict(zip(("fx", "fy", "cx", "cy"), CAMERA, strict=True))
    fx, fy, cx, cy = CAMERA
    matrix = {"camera_matrix": [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]}
    for camera in (
        names,
        matrix,
        {**matrix, "distortion": [0, 0]},
        camera_in(json.dumps({**names, "more": 1}).encode()),
    ):
        frame = frame_of(data, suffix, camera)
        npt.assert_array_equal(frame.depth, EXPECTED.astype(np.float32))
        assert (frame.fx, frame.fy, frame.cx, frame.cy) == CAMERA
    npt.assert_allclose(frame_of(data, suffix, {**names, "mm_per_unit": 0.5}).depth, EXPECTED * 0.5)


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        ({}, "not known"),
        ({"fx": 500.0, "fy": 400.0}, "not known"),
        ({"fx": "a", "fy": 1, "cx": 1, "cy": 1}, "no numbers"),
        ({"camera_matrix": [1, 2]}, "no numbers"),
        ({"fx": 1.0, "fy": 1.0, "cx": float("nan"), "cy": 1.0}, "not finite"),
        ({"fx": 1.0, "fy": 1.0, "cx": 1.0, "cy": 1.0, "mm_per_unit": 0}, "positive scale"),
        ({"fx": 1.0, "fy": 1.0, "cx": 1.0, "cy": 1.0, "distortion": [0.1]}, "distorted"),
    ],
)
def test_a_camera_that_cannot_be_used_is_told(image: Path, camera: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        frame_of(image.read_bytes(), image.suffix.removeprefix("."), camera)


def test_a_file_without_a_camera_says_nothing() -> None:
    assert camera_in(b"{") == camera_in(b"[1]") == camera_in(b'{"name": 1}') == {}
