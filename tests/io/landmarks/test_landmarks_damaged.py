"""Damaged files: a reader returns landmarks or a short `LineamentError`, whatever the bytes."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from landmark_samples import EXAMPLES, read

from lineament.errors import FormatError, LineamentError
from lineament.io.landmarks import read_landmarks

# What is likely to break a parser; each stands in for some bytes of a good file.
_POISON: tuple[bytes, ...] = (
    *(b"", b"nan", b"NaN", b"inf", b"-Infinity", b"1e999", b"1e38", b"0x10", b"1_0", b"-1", b"null", b"true", b"NA"),
    *(b"9" * 400, b"9" * 5000, b"999999999", b"LM3=999999999", b"[" * 3000, b'{"a":' * 3000, b"{}", b"[]"),
    *(b'"', b",", b";", b"=", b"#", b" ", b"\t", b"\n", b"\n\n", b"\r", b"<", b"&x;", b"<!--", b"<![CDATA["),
    *(b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\xd9\xa3", b"\xe2\x80\xa8"),
)


def damaged(data: bytes, source: random.Random) -> bytes:
    """Return `data` truncated, or with one to three places overwritten, doubled or moved."""
    if source.random() < 0.3:
        return data[: source.randrange(len(data))]
    for _ in range(source.randint(1, 3)):
        start = source.randrange(len(data) + 1)
        stop = min(len(data), start + source.choice([0, 1, 2, 5, 40]))
        kind = source.random()
        if kind < 0.6:
            patch = source.choice(_POISON)
        elif kind < 0.8:
            patch = bytes(source.randrange(256) for _ in range(source.randint(1, 4)))
        else:
            patch = data[start:stop] * 2
        data = data[:start] + patch + data[stop:]
    return data


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_damaged_files_are_read_or_refused_in_two_lines(tmp_path: Path, name: str) -> None:
    source = random.Random(name)
    good, path = EXAMPLES[name].encode(), tmp_path / name
    for _ in range(150):
        path.write_bytes(damaged(good, source))
        try:
            found = read_landmarks(path)
        except LineamentError as error:
            message = str(error).replace(str(path), "")
        else:
            message = ""
            assert len(set(found.names)) == len(found.names) > 0
            assert not np.isinf(found.xyz).any()
        assert len(message.splitlines()) <= 2
        assert len(message) < 300


# Tables neither count nor close their rows, but for Slicer 3's.
CLOSED = sorted(name for name in EXAMPLES if name == "slicer3.fcsv" or not name.endswith(("csv", "txt")))


@pytest.mark.parametrize("name", CLOSED)
def test_a_truncated_file_never_passes_for_a_shorter_one(tmp_path: Path, name: str) -> None:
    """Where a format counts or closes what it holds, no cut gives fewer points than the whole file."""
    good, path = EXAMPLES[name].encode(), tmp_path / name
    path.write_bytes(good)
    whole = read_landmarks(path)
    for stop in range(0, len(good), max(1, len(good) // 150)):
        path.write_bytes(good[:stop])
        try:
            found = read_landmarks(path)
        except FormatError:
            continue
        assert found.names == whole.names


def test_a_table_cut_within_a_row_is_refused(tmp_path: Path) -> None:
    for name in ("ras.fcsv", "own.csv", "slicer.csv"):
        text = EXAMPLES[name].rstrip("\n")
        with pytest.raises(FormatError, match="line"):
            read(tmp_path, name, text[: text.rindex(",")])
