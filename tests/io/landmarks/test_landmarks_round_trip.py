"""Truths: what a format can carry comes back the same; what it cannot carry is refused or comes back as unknown."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineament.errors import InputError
from lineament.io.landmarks import READERS, WRITERS, read_landmarks, read_tps_all, write_landmarks, write_tps_all
from lineament.types import Landmarks

FULL = {".json", ".mrk.json", ".csv"}
MARKS_MISSING = FULL | {".pp", ".tps", ".ljson"}

_LETTERS = "abzAZ0129 ,;\"'#<>&=|\\/{}[]%äÖßéñ漢字😀-_.:"
NAMES = st.text(_LETTERS, min_size=1, max_size=12).map(str.strip).filter(bool)
UNITS = st.one_of(
    st.tuples(st.sampled_from(["mm", "cm", "m", "in"]), st.none()),
    st.tuples(st.none(), st.one_of(st.none(), st.floats(1e-4, 1e4))),
)


@pytest.fixture(autouse=True, scope="module")
def _no_sync() -> Iterator[None]:
    """Thousands of files do not need to survive a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@st.composite
def landmarks_of_any_kind(draw: st.DrawFn) -> Landmarks:
    count = draw(st.one_of(st.integers(1, 12), st.integers(1, 300)))
    seeds = draw(st.lists(NAMES, min_size=1, max_size=8, unique=True))
    names = tuple(seeds[i] if i < len(seeds) else f"{seeds[i % len(seeds)]}~{i}" for i in range(count))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    magnitude = 10.0 ** random.uniform(-6, 6, (count, 3))
    xyz = (magnitude * random.choice([-1.0, 1.0], (count, 3))).astype(np.float32)
    gone = random.random(count) < draw(st.sampled_from([0.0, 0.0, 0.3, 1.0]))
    xyz[gone] = np.nan
    sigma = None
    if draw(st.booleans()):
        sigma = random.uniform(0, 5, count).astype(np.float32)
        sigma[random.random(count) < 0.2] = np.nan
    visible = (random.random(count) < draw(st.sampled_from([0.5, 1.0]))) & ~gone
    unit, mm_per_unit = draw(UNITS)
    text = draw(NAMES)
    descriptions = draw(
        st.sampled_from([(), tuple("Semi" if i % 2 == 0 else "" for i in range(count)), (text,) * count])
    )
    set_name = draw(st.sampled_from(["", "ibug68", "custom:a set"]))
    return Landmarks(names, xyz, sigma, visible, unit, mm_per_unit, set_name, descriptions)


def carried(landmarks: Landmarks, suffix: str) -> Landmarks:
    """Return what the documentation says a format keeps."""
    if suffix in FULL:
        return landmarks
    slicer = suffix == ".fcsv"
    return Landmarks(
        landmarks.names,
        landmarks.xyz,
        unit="mm" if slicer else None,
        descriptions=landmarks.descriptions if slicer else (),
    )


def check_same(found: Landmarks, expected: Landmarks) -> None:
    assert found.names == expected.names
    np.testing.assert_array_equal(found.xyz, expected.xyz)
    assert found.xyz.dtype == np.float32
    np.testing.assert_array_equal(found.visible, expected.visible)
    assert (found.sigma is None) == (expected.sigma is None)
    if expected.sigma is not None:
        np.testing.assert_array_equal(found.sigma, expected.sigma)
    assert (found.unit, found.mm_per_unit) == (expected.unit, expected.mm_per_unit)
    assert (found.set_name, found.descriptions) == (expected.set_name, expected.descriptions)


@pytest.mark.parametrize("suffix", sorted(WRITERS))
@settings(max_examples=60, deadline=None)
@given(landmarks=landmarks_of_any_kind())
def test_what_is_written_is_read_back(suffix: str, landmarks: Landmarks) -> None:
    if suffix == ".fcsv":
        landmarks = replace(landmarks, xyz=np.nan_to_num(landmarks.xyz), unit="mm", mm_per_unit=None)
    with tempfile.TemporaryDirectory() as folder:
        path = write_landmarks(landmarks, Path(folder) / f"A scan.1{suffix}")
        check_same(read_landmarks(path), carried(landmarks, suffix))


@settings(max_examples=200, deadline=None)
@given(bits=st.lists(st.integers(0, 2**32 - 1), min_size=3, max_size=3))
def test_every_float32_survives_every_format(bits: list[int]) -> None:
    xyz = np.array([bits], dtype=np.uint32).view(np.float32)
    if not np.isfinite(xyz).all():
        return
    with tempfile.TemporaryDirectory() as folder:
        for suffix in WRITERS:
            path = write_landmarks(Landmarks(("p",), xyz, unit="mm"), Path(folder) / f"a{suffix}")
            np.testing.assert_array_equal(read_landmarks(path).xyz, xyz)


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_suffixes_do_not_depend_on_case(tmp_path: Path, suffix: str) -> None:
    path = write_landmarks(Landmarks(("p",), [[1, 2, 3]]), tmp_path / f"a{suffix.upper()}")
    assert read_landmarks(path)["p"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_a_failed_write_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = write_landmarks(Landmarks(("p",), [[1, 2, 3]]), tmp_path / f"a{suffix}")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    for bad in (
        Landmarks((), np.zeros((0, 3))),
        Landmarks(("p", "p"), np.zeros((2, 3))),
        Landmarks(("",), np.zeros((1, 3))),
        Landmarks(("two\nlines",), np.zeros((1, 3))),
        Landmarks(("\ud800",), np.zeros((1, 3))),
        Landmarks(("nul\0",), np.zeros((1, 3))),
        Landmarks(("p",), np.zeros((1, 3)), set_name="two\nlines"),
        Landmarks(("p",), np.zeros((1, 3)), sigma=[-1.0]),
        Landmarks(("p",), np.zeros((1, 3)), sigma=[np.inf]),
        Landmarks(("p",), [[np.nan, 1, 2]]),
        Landmarks(("p",), np.zeros((1, 3)), unit="cm", mm_per_unit=1000.0),
        Landmarks(("p",), np.zeros((1, 3)), mm_per_unit=-1.0),
    ):
        with pytest.raises(InputError):
            write_landmarks(bad, path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_fcsv_refuses_missing_points_by_name(tmp_path: Path) -> None:
    landmarks = Landmarks(("pronasale", "nasion"), [[np.nan] * 3, [1, 2, 3]])
    with pytest.raises(InputError, match=r"pronasale.*\.mrk\.json"):
        write_landmarks(landmarks, tmp_path / "a.fcsv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("values", [{"unit": "m"}, {"mm_per_unit": 3.5}])
def test_fcsv_refuses_units_that_it_would_turn_into_mm(tmp_path: Path, values: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"in mm.*\.mrk\.json"):
        write_landmarks(Landmarks(("p",), [[1, 2, 3]], **values), tmp_path / "a.fcsv")


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.json.gz", "mrk"])
def test_unknown_suffixes_name_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"\.mrk\.json"):
        read_landmarks(tmp_path / name)
    with pytest.raises(InputError, match=r"\.mrk\.json"):
        write_landmarks(Landmarks(("p",), [[1, 2, 3]]), tmp_path / name)


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_absent_files_and_folders_are_input_errors(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"folder{suffix}").mkdir()
    for name, reason in (("absent", "does not exist"), ("folder", "is a folder")):
        with pytest.raises(InputError, match=reason):
            read_landmarks(tmp_path / f"{name}{suffix}")


@pytest.mark.parametrize("suffix", sorted(set(READERS) - set(WRITERS)))
def test_formats_to_read_only_cannot_be_written(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError, match="cannot write"):
        write_landmarks(Landmarks(("p",), [[1, 2, 3]]), tmp_path / f"a{suffix}")


def test_a_scan_in_metres_keeps_its_numbers_and_its_unit(tmp_path: Path) -> None:
    landmarks = Landmarks(("p",), [[0.1, 0.2, 0.3]], unit="m")
    for suffix in FULL:
        check_same(read_landmarks(write_landmarks(landmarks, tmp_path / f"a{suffix}")), landmarks)


def test_tps_holds_many_specimens_by_id(tmp_path: Path) -> None:
    names = ("nasion", 'a "quoted", one')
    specimens = {
        "s001": Landmarks(names, [[1, 2, 3], [4, 5, 6]]),
        "s=2 ü": Landmarks(names, [[np.nan] * 3, [-4, -5, -6]]),
    }
    path = write_tps_all(specimens, tmp_path / "study.tps")
    found = read_tps_all(path)
    assert list(found) == list(specimens)
    for key, landmarks in specimens.items():
        check_same(found[key], landmarks)
    check_same(read_landmarks(path), specimens["s001"])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["study.names.csv", "study.tps"]


def test_tps_specimens_must_share_their_names(tmp_path: Path) -> None:
    one, other = Landmarks(("a", "b"), np.zeros((2, 3))), Landmarks(("b", "a"), np.zeros((2, 3)))
    for specimens in ({"1": one, "2": other}, {}, {"": one}, {"two\nlines": one}):
        with pytest.raises(InputError):
            write_tps_all(specimens, tmp_path / "study.tps")
    with pytest.raises(InputError, match=r"\.tps"):
        write_tps_all({"1": one}, tmp_path / "study.txt")
    assert not list(tmp_path.iterdir())


def test_tps_and_its_names_are_written_both_or_not_at_all(tmp_path: Path) -> None:
    for taken, spared in (("a.tps", "a.names.csv"), ("b.names.csv", "b.tps")):
        (tmp_path / taken).mkdir()
        with pytest.raises(InputError, match="cannot write"):
            write_landmarks(Landmarks(("p",), [[1, 2, 3]]), tmp_path / f"{taken[0]}.tps")
        assert not (tmp_path / spared).exists()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.tps", "b.names.csv"]


def test_pp_holds_no_user_and_no_time(tmp_path: Path) -> None:
    text = write_landmarks(Landmarks(("p",), [[1, 2, 3]]), tmp_path / "a.pp").read_text("utf-8")
    assert "User" not in text
    assert "DateTime" not in text
    assert "DataFileName" not in text


def test_mrk_json_has_what_slicermorph_indexes(tmp_path: Path) -> None:
    import json

    landmarks = Landmarks(("a", "b"), [[1, -2, 3], [np.nan] * 3], unit="in", descriptions=("Semi", ""))
    document = json.loads(write_landmarks(landmarks, tmp_path / "a.mrk.json").read_text("utf-8"))
    (markup,) = document["markups"]
    assert document["@schema"].endswith("markups-schema-v1.0.3.json#")
    assert markup["type"] == "Fiducial"
    assert markup["coordinateSystem"] == "LPS"
    assert markup["coordinateUnits"] == ["[in_i]", "UCUM", "inch"]
    assert [point["position"] for point in markup["controlPoints"]] == [[1, -2, 3], [0, 0, 0]]
    assert [point["positionStatus"] for point in markup["controlPoints"]] == ["defined", "undefined"]
    assert [point["description"] for point in markup["controlPoints"]] == ["Semi", ""]
