"""Encryption of bytes of any size: AES-256-GCM in chunks, each bound to its place and the last one marked.

Layout of a sealed stream: 8 bytes of magic, then chunks of 1 MiB, each with its tag of 16 bytes. The key of a stream
is made by HKDF-SHA256 from the subject's key and the name of the object, which is a keyed hash of its bytes: the same
bytes give the same stream, so that writing them twice changes nothing, and other bytes have another key. So the nonce
can be the number of the chunk and whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and
Vizár, CRYPTO 2015). Chunks that are changed, dropped, moved, or cut off the end are found.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lineament.errors import StoreError

MAGIC = b"LNMT\x00\x00\x00\x01"
CHUNK = 1 << 20
TAG = 16
KEY = 32
NONCE = 12


def derive(key: bytes, use: str) -> bytes:
    """Return a key (32 bytes) for one use, which tells nothing of other keys."""
    return HKDF(SHA256(), KEY, None, use.encode()).derive(key)


def seal(key: bytes, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Encrypt bytes that come in pieces of any size; `name` must be a hash of all of them."""
    cipher = AESGCM(derive(key, f"object {name}"))
    yield MAGIC
    number, kept = 0, bytearray()
    for piece in pieces:
        kept += piece
        while len(kept) > CHUNK:
            yield cipher.encrypt(_nonce(number, False), bytes(kept[:CHUNK]), None)
            del kept[:CHUNK]
            number += 1
    yield cipher.encrypt(_nonce(number, True), bytes(kept), None)


def unseal(key: bytes, name: str, file: BinaryIO) -> Iterator[bytes]:
    """Decrypt a sealed stream in chunks.

    Raises
    ------
    StoreError
        The stream is no whole stream of this name under this key.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise StoreError(f"object {name} is damaged: its beginning is not that of a sealed object")
    cipher = AESGCM(derive(key, f"object {name}"))
    number, chunk = 0, file.read(CHUNK + TAG)
    while True:
        following = file.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(number, not following), chunk, None)
        except InvalidTag:
            raise StoreError(f"object {name} is damaged in chunk {number}, or not of this subject") from None
        if not following:
            return
        number, chunk = number + 1, following


def seal_small(key: bytes, use: str, data: bytes) -> bytes:
    """Encrypt a small value: nonce (12 bytes), ciphertext, tag; `use` must be the same to decrypt it."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, use.encode())


def unseal_small(key: bytes, use: str, sealed: bytes) -> bytes:
    """Decrypt what `seal_small` gave.

    Raises
    ------
    StoreError
        It was changed, or is under another key or for another use.
    """
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], use.encode())
    except (InvalidTag, ValueError):
        raise StoreError(f"a sealed value ({use}) is damaged or under another key") from None


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(NONCE - 1, "big") + bytes([last])
