"""Which files belong to a scan, and that each scan has a confined process of its own."""

from __future__ import annotations

import time

import pytest

from lineament.errors import FormatError
from lineament.studio.errors import StudioError, TooLargeError
from lineament.studio.reading import Readers, files_beside, main_file


@pytest.fixture
def readers():
    found = Readers(1 << 24)
    yield found
    found.close()


@pytest.mark.parametrize(
    ("names", "main"),
    [
        (["a.ply"], "a.ply"),
        (["a.mtl", "a.obj", "skin.png"], "a.obj"),
        (["a.bin", "a.gltf", "skin.jpg"], "a.gltf"),
        (["depth.json", "depth.png"], "depth.png"),
        (["A.PLY"], "A.PLY"),
    ],
)
def test_the_file_with_the_geometry_is_found(tmp_path, names, main):
    assert main_file([tmp_path / name for name in names]).name == main


@pytest.mark.parametrize("names", [[], ["a.mtl"], ["a.ply", "b.ply"], ["a.png", "b.npy"]])
def test_none_or_several_are_told(tmp_path, names):
    with pytest.raises(StudioError):
        main_file([tmp_path / name for name in names])


def test_a_viewed_scan_may_read_what_is_beside_it_and_no_more(tmp_path):
    for name in ("head.obj", "head.mtl", "other.ply", "notes.txt", "textures/skin.jpg", "textures/deep/er.jpg"):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")
    found = {str(place.relative_to(tmp_path)) for place in files_beside(tmp_path / "head.obj")}
    assert found == {"head.mtl", "textures/skin.jpg"}


def test_each_scan_has_a_process_of_its_own_and_the_next_is_ready(readers, person, tmp_path):
    place = tmp_path / "person.ply"
    place.write_bytes(person.ply)
    readers.warm()
    end = time.monotonic() + 30
    while readers._spare is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    ready = readers._spare
    process = ready._process
    assert len(readers.read(place).scan) == len(person.scan)
    assert process.poll() is not None  # it has ended with its one file
    assert readers._spare is None
    assert len(readers.read(place).scan) == len(person.scan)


def test_nothing_waits_once_it_is_closed(readers):
    readers.close()
    readers._prepare()
    assert readers._spare is None


def test_reasons_are_errors_of_their_kind(readers, tmp_path):
    damaged, large = tmp_path / "a.ply", tmp_path / "b.ply"
    damaged.write_bytes(b"no scan")
    large.write_bytes(bytes((1 << 24) + 1))
    with pytest.raises(FormatError) as told:
        readers.read(damaged)
    assert str(tmp_path) not in str(told.value)
    with pytest.raises(TooLargeError):
        readers.read(large)
