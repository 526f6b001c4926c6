"""Morphologika files: what is written is read again, in the lines that geomorph counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lineament.errors import FormatError, InputError
from lineament.io.landmarks.morphologika import read_morphologika, write_morphologika

PEOPLE = {
    "anna": np.array([[1.5, -2.25, 99.1], [0.1, 1e-7, -3e5]], np.float32),
    "sub/bert 2": np.array([[0, 1, 2], [3, 4, 5]], np.float32),
}


def test_round_trip(tmp_path: Path) -> None:
    path = write_morphologika(PEOPLE, tmp_path / "people.txt")
    found = read_morphologika(path)
    assert list(found) == list(PEOPLE)
    for name, points in PEOPLE.items():
        np.testing.assert_array_equal(found[name].astype(np.float32), points)


def test_lines_are_those_that_geomorph_counts(tmp_path: Path) -> None:
    text = write_morphologika(PEOPLE, tmp_path / "people.txt").read_text()
    head, raw = text.split("[rawpoints]\n")
    assert head == "[individuals]\n2\n[landmarks]\n2\n[dimensions]\n3\n[names]\nanna\nsub/bert 2\n"
    lines = [line for line in raw.splitlines() if line]
    assert len(lines) == 2 * 2 + 2
    assert (lines[0], lines[3]) == ("'anna", "'sub/bert 2")
    assert "e" not in "".join(lines[1:3])


@pytest.mark.parametrize(
    "people",
    [
        {},
        {"o'neil": np.zeros((2, 3))},
        {"": np.zeros((2, 3))},
        {"a\nb": np.zeros((2, 3))},
        {"a": np.zeros((2, 3)), "b": np.zeros((3, 3))},
        {"a": np.full((2, 3), np.nan)},
    ],
)
def test_what_the_format_cannot_hold_is_refused(tmp_path: Path, people: dict[str, np.ndarray]) -> None:
    with pytest.raises(InputError):
        write_morphologika(people, tmp_path / "people.txt")
    assert not list(tmp_path.iterdir())


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.txt"):
        write_morphologika(PEOPLE, tmp_path / "people.csv")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[landmarks]\n2", "[landmarks]\n3"),
        ("[individuals]\n2", "[individuals]\n3"),
        ("[dimensions]\n3", "[dimensions]\n2"),
        ("[dimensions]\n3\n", ""),
        ("1.5 ", "1,5 "),
        ("1.5 ", ""),
        ("1.5 ", "nan "),
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, old: str, new: str) -> None:
    path = write_morphologika(PEOPLE, tmp_path / "people.txt")
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(FormatError, match="people"):
        read_morphologika(path)
