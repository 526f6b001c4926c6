"""Encryption: what is changed, cut, moved or under another key is found."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.database.cipher import CHUNK, TAG, derive, seal, seal_small, unseal, unseal_small
from lineament.errors import StoreError

KEY = bytes(range(32))
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17]


def sealed(data: bytes, name: str = "n", key: bytes = KEY, step: int = 700_001) -> bytes:
    pieces = (data[begin : begin + step] for begin in range(0, len(data), step))
    return b"".join(seal(key, name, pieces))


def opened(data: bytes, name: str = "n", key: bytes = KEY) -> bytes:
    return b"".join(unseal(key, name, io.BytesIO(data)))


@pytest.mark.parametrize("size", SIZES)
def test_round_trip_whatever_the_pieces(size: int) -> None:
    data = bytes(index * 7 % 251 for index in range(min(size, 5000))) * (size // 5000 + 1)
    data = data[:size]
    assert opened(sealed(data)) == data
    assert sealed(data) == sealed(data, step=100_003)  # the same bytes give the same stream


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_every_cut_is_found(size: int) -> None:
    data = sealed(bytes(size))
    for cut in {0, 4, 8, 9, len(data) - CHUNK - TAG, len(data) - TAG, len(data) - 1}:
        if 0 <= cut < len(data):
            with pytest.raises(StoreError):
                opened(data[:cut])


def test_chunks_cannot_be_dropped_swapped_or_added() -> None:
    data = sealed(bytes(3 * CHUNK + 5))
    head, body = data[:8], data[8:]
    size = CHUNK + TAG
    chunks = [body[begin : begin + size] for begin in range(0, len(body), size)]
    for changed in (
        chunks[1:],
        chunks[:-1],
        [chunks[1], chunks[0], *chunks[2:]],
        [*chunks, chunks[-1]],
        chunks[:1] * 4,
    ):
        with pytest.raises(StoreError):
            opened(head + b"".join(changed))


@given(st.binary(min_size=1, max_size=300), st.data())
def test_every_flipped_bit_is_found(content: bytes, data: st.DataObject) -> None:
    stream = bytearray(sealed(content))
    place = data.draw(st.integers(0, 8 * len(stream) - 1))
    stream[place // 8] ^= 1 << place % 8
    with pytest.raises(StoreError):
        opened(bytes(stream))


def test_name_and_key_count() -> None:
    data = sealed(b"face")
    for name, key in (("m", KEY), ("n", derive(KEY, "another"))):
        with pytest.raises(StoreError):
            opened(data, name, key)


def test_small_values_are_bound_to_their_use() -> None:
    value = seal_small(KEY, "subject 1", b"face")
    assert unseal_small(KEY, "subject 1", value) == b"face"
    assert value != seal_small(KEY, "subject 1", b"face")
    for use, data in (("subject 2", value), ("subject 1", value[:-1]), ("subject 1", b"")):
        with pytest.raises(StoreError):
            unseal_small(KEY, use, data)
