"""What is told of images, depth images, landmarks, arrays, JSON and videos; every cut of them is refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from broken import bases
from PIL import Image

from lineament.database.intake.inspection import inspect_file
from lineament.errors import FormatError, InputError

GOOD = {base.name: base for base in bases()}
CLOSED = ["texture.png", "texture.jpg", "texture.bmp", "texture.webp", "texture.tif", "depth.png", "depth.npy"]
CLOSED += ["fit.npy", "fit.npz", "camera.json", "view.mp4", "view.avi", "marks.ljson", "marks.mrk.json", "marks.pp"]


def look(folder, name, data=None, role=None):
    path = folder / name
    path.write_bytes(GOOD[name].data if data is None else data)
    return inspect_file(path, role or GOOD[name].role)


@pytest.mark.parametrize(
    ("name", "kind", "form"),
    [
        ("texture.png", "image", "png"),
        ("texture.jpg", "image", "jpeg"),
        ("depth.png", "depth", "png"),
        ("depth.npy", "depth", "npy"),
        ("fit.npz", "arrays", "npz"),
        ("camera.json", "json", "json"),
        ("view.mp4", "video", "mp4"),
        ("view.avi", "video", "avi"),
        ("marks.lm3", "landmarks", "lm3"),
    ],
)
def test_each_kind_is_recognised(tmp_path, name, kind, form):
    found = look(tmp_path, name)
    assert (found.kind, found.format, found.size) == (kind, form, len(GOOD[name].data))


def test_images_tell_their_size_and_depth_its_valid_pixels(tmp_path):
    assert [getattr(look(tmp_path, "texture.bmp"), name) for name in ("width", "height", "mode")] == [96, 80, "RGB"]
    depth = look(tmp_path, "depth.png")
    assert (depth.width, depth.height) == (96, 80)
    assert depth.points == round((1 - depth.missing) * 96 * 80)
    assert 0.05 < depth.missing < 0.15


@pytest.mark.parametrize("name", CLOSED)
def test_no_cut_goes_unseen_in_formats_that_say_where_they_end(tmp_path, name):
    data = GOOD[name].data.rstrip()
    for size in {1, 20, len(data) // 3, len(data) // 2, len(data) - 40, len(data) - 2, len(data) - 1}:
        with pytest.raises(InputError):
            look(tmp_path, name, data[:size])


@pytest.mark.parametrize("name", ["texture.png", "texture.jpg", "texture.bmp", "texture.webp"])
def test_what_follows_the_end_of_an_image_is_noted(tmp_path, name):
    assert look(tmp_path, name).notes == ()
    assert look(tmp_path, name, GOOD[name].data + b"more").notes == ("4 bytes follow the end of the image",)


def test_a_depth_image_of_eight_bits_is_an_image(tmp_path):
    assert look(tmp_path, "texture.png", role="depth").kind == "image"


def test_where_a_picture_was_taken_is_warned_of(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "a patient"
    Image.new("RGB", (80, 80)).save(tmp_path / "a.jpg", exif=exif)
    assert "EXIF" in inspect_file(tmp_path / "a.jpg", "texture").notes[0]


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    head = b"BM" + struct.pack("<IIIIiiHHIIiiII", 70, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 16, 0, 0, 0, 0)
    (tmp_path / "a.bmp").write_bytes(head + bytes(16))
    with pytest.raises(FormatError, match="60000 x 60000 pixels"):
        inspect_file(tmp_path / "a.bmp", "texture")


def test_landmarks_tell_how_many_are_missing(tmp_path):
    (tmp_path / "a.tps").write_text("LM3=3\n1 2 3\nNA NA NA\n4 5 6\nID=a\n")
    found = inspect_file(tmp_path / "a.tps", "landmarks")
    assert (found.points, found.missing) == (3, pytest.approx(1 / 3))
    assert found.extent == 3


def test_archives_of_objects_and_empty_ones_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.array([None, {}], dtype=object))
    np.savez(tmp_path / "b.npz", a=np.empty((0, 3)))
    for name in ("a.npz", "b.npz"):
        with pytest.raises(FormatError):
            inspect_file(tmp_path / name, "parameters")
