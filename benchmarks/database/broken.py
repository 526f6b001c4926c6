"""Malformed files of every format that the database takes, each made from a good one or by hand, all from one seed.

Whatever is random is drawn from one generator, so that a seed and a number name the same files, but for paths in them.
"""

from __future__ import annotations

import io
import json
import re
import struct
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from crafted import Case, Crafted, npy
from PIL import Image

from lineament.io.landmarks import WRITERS as LANDMARK_WRITERS
from lineament.io.landmarks import write_landmarks
from lineament.io.scans import READERS, WRITERS, write_scan
from lineament.types import Landmarks, Scan

LIES = (0, -1, 2**31, 2**63)
"""What integers of headers become; and one more than they were."""


@dataclass(frozen=True)
class Base:
    """A good file."""

    name: str
    role: str
    data: bytes
    header: int = 0
    """Bytes of it in which integers are lied about."""


def face(side: int = 18) -> Scan:
    """Return a small dome with normals, colours and uv, in mm."""
    u, v = (grid.reshape(-1) for grid in np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side)))
    points = np.stack([70 * u, 100 * v, 60 - 40 * u * u - 30 * v * v + 3 * np.sin(7 * u) * np.cos(5 * v)], axis=1)
    places = np.arange(side * side, dtype=np.int32).reshape(side, side)
    a, b, c, d = (x.reshape(-1) for x in (places[:-1, :-1], places[:-1, 1:], places[1:, 1:], places[1:, :-1]))
    normals = np.stack([80 * u / 70, 60 * v / 100, np.ones_like(u)], axis=1)
    return Scan(
        points.astype(np.float32),
        np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]),
        (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32),
        (127 * (1 + np.stack([u, v, u * v], axis=1))).astype(np.uint8),
        np.stack([(u + 1) / 2, (v + 1) / 2], axis=1).astype(np.float32),
        unit="mm",
    )


def bases(corpus: Path | None = None) -> list[Base]:
    """Return good files of every format; and those of a folder of geometry, such as `tests/corpus/good`."""
    found = []
    scan = face()
    with tempfile.TemporaryDirectory() as folder:
        for suffix in WRITERS:
            for ascii in (False, True) if suffix in ("ply", "stl", "pcd") else (False,):
                path = write_scan(scan, Path(folder, f"dome{'_ascii' * ascii}.{suffix}"), ascii=ascii)
                found.append(Base(path.name, "geometry", path.read_bytes(), 800))
        rng = np.random.default_rng(0)
        marks = Landmarks(tuple(f"point_{i}" for i in range(12)), rng.normal(0, 40, (12, 3)), unit="mm")
        for suffix in LANDMARK_WRITERS:
            path = write_landmarks(marks, Path(folder, f"marks{suffix}"))
            found.append(Base(path.name, "landmarks", path.read_bytes(), 400))
    rows = [f"{x:.4f} {y:.4f} {z:.4f}\n" for x, y, z in marks.xyz.tolist()]
    lm3 = "".join(f"{name}\n{row}" for name, row in zip(marks.names, rows, strict=True))
    bnd = "".join(f"{7 * i} {rows[i % 12]}" for i in range(83))
    pts = f"version: 1\nn_points: 12\n{{\n{''.join(rows)}}}\n"
    found += [
        Base("marks.lm3", "landmarks", f"# by hand\n12 landmarks:\n{lm3}".encode(), 40),
        Base("marks.bnd", "landmarks", bnd.encode()),
        Base("marks.pts", "landmarks", pts.encode(), 40),
    ]
    found += _images(rng) + _arrays(rng) + _videos(rng)
    for path in sorted(corpus.iterdir()) if corpus else ():
        if path.suffix[1:] in READERS and path.name != "beside.gltf":
            found.append(Base(path.name, "geometry", path.read_bytes(), 500))
    return found


def _images(rng: np.random.Generator) -> list[Base]:
    texture = Image.fromarray(rng.integers(0, 256, (80, 96, 3), dtype=np.uint8))
    depth = np.where(rng.random((80, 96)) < 0.1, 0, rng.integers(4000, 5000, (80, 96))).astype(np.uint16)
    found = []
    for form, suffix in (("PNG", "png"), ("JPEG", "jpg"), ("TIFF", "tif"), ("BMP", "bmp"), ("WEBP", "webp")):
        file = io.BytesIO()
        texture.save(file, form)
        found.append(Base(f"texture.{suffix}", "texture", file.getvalue()))
    file = io.BytesIO()
    Image.fromarray(depth).save(file, "PNG")
    return [*found, Base("depth.png", "depth", file.getvalue()), Base("depth.npy", "depth", npy(depth), 128)]


def _arrays(rng: np.random.Generator) -> list[Base]:
    file = io.BytesIO()
    np.savez_compressed(file, weights=rng.normal(size=(40, 5)), names=np.array(["a", "bc"]), count=np.array(3))
    camera = json.dumps({"fx": 580, "fy": 580, "cx": 48, "cy": 40, "views": [{"id": i} for i in range(20)]}).encode()
    return [
        Base("fit.npz", "parameters", file.getvalue()),
        Base("fit.npy", "parameters", npy(rng.normal(size=(40, 5))), 128),
        Base("camera.json", "calibration", camera, 200),
    ]


def _videos(rng: np.random.Generator) -> list[Base]:
    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", 8 + len(body)) + kind + body

    def chunk(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("<I", len(body)) + body

    mp4 = box(b"ftyp", b"isom\0\0\2\0isomiso2") + box(b"mdat", rng.bytes(4000)) + box(b"moov", rng.bytes(300))
    avi = chunk(b"RIFF", b"AVI " + chunk(b"LIST", b"hdrl" + rng.bytes(200)) + chunk(b"LIST", b"movi" + rng.bytes(4000)))
    return [Base("view.mp4", "video", mp4), Base("view.avi", "video", avi)]


# ---- made from good files --------------------------------------------------------------------------------------------
def cut(base: Base, rng: np.random.Generator) -> bytes:
    """Cut anywhere, or within the last bytes, where it is seen least."""
    size = len(base.data)
    return base.data[: int(rng.integers(1 if rng.random() < 0.6 else max(size - 64, 1), size))]


def flip_bits(base: Base, rng: np.random.Generator) -> bytes:
    data = bytearray(base.data)
    for place in rng.integers(0, 8 * len(data), int(rng.integers(1, 9))):
        data[place // 8] ^= 1 << place % 8
    return bytes(data)


def splice(base: Base, rng: np.random.Generator) -> bytes:
    """Take out, repeat, blank or put in a run of bytes."""
    data = base.data
    start = int(rng.integers(0, len(data)))
    size = int(rng.integers(1, min(len(data), 400) + 1))
    before, run, after = data[:start], data[start : start + size], data[start + size :]
    what = int(rng.integers(0, 5))
    middle = (b"", run + run, bytes(len(run)), rng.bytes(size), rng.permuted(np.frombuffer(run, np.uint8)).tobytes())[
        what
    ]
    return before + middle + after


def lies(base: Base) -> list[bytes]:
    """Return a copy for each integer of the header and each lie."""
    data, found = base.data, []
    if data[:4] == b"glTF":
        size = int.from_bytes(data[12:16], "little")
        for text in _text_lies(data[20 : 20 + size], size):
            text += b" " * (-len(text) % 4)
            body = struct.pack("<I4s", len(text), b"JSON") + text + data[20 + size :]
            found.append(b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body)
        found += _binary_lies(data, 20, (4,))
    elif data[:4] == b"PK\x03\x04":
        directory = data.find(b"PK\x01\x02")
        found += _binary_lies(data, 40, (2, 4)) + _binary_lies(data, len(data), (2, 4), directory)
        for text in _text_lies(data, 300, rb"(?<=[(, ])\d+(?=[,)])"):
            found.append(text)
    elif base.header and not base.name.endswith(".bnt"):
        if b"\0" in data[:90] and base.name.endswith("stl"):
            found += _binary_lies(data, 84, (4,), 80)
        else:
            found += _text_lies(data, base.header)
    else:
        found += _binary_lies(data, 64, (1, 2, 4))
    if base.name.endswith(".png"):
        found += [_png_lie(data, place, value) for place in (16, 20) for value in (0, 1, 100, 2**16, 2**31 - 1, 2**31)]
    return found


def _text_lies(data: bytes, limit: int, pattern: bytes = rb"(?<![\w.+-])\d+(?![\w.])") -> list[bytes]:
    found = []
    for match in re.finditer(pattern, data[:limit]):
        for lie in (*LIES, int(match[0]) + 1):
            found.append(data[: match.start()] + str(lie).encode() + data[match.end() :])
    return found


def _binary_lies(data: bytes, limit: int, sizes: tuple[int, ...], start: int = 0) -> list[bytes]:
    found = []
    for size in sizes:
        for place in range(start, min(limit, len(data)) - size, 2 if size > 1 else 1):
            was = data[place : place + size]
            for order in ("little", "big"):
                for lie in (*LIES, int.from_bytes(was, order) + 1):
                    now = (lie % (1 << 8 * size)).to_bytes(size, order)
                    if now != was:
                        found.append(data[:place] + now + data[place + size :])
    return found


def _png_lie(data: bytes, place: int, value: int) -> bytes:
    """Lie about the width or the height, with a checksum that fits."""
    head = bytearray(data[12:29])
    head[place - 12 : place - 8] = value.to_bytes(4, "big")
    return data[:12] + bytes(head) + zlib.crc32(head).to_bytes(4, "big") + data[33:]


def cases(count: int, seed: int, scratch: Path, corpus: Path | None = None) -> Iterator[Case]:
    """Yield `count` malformed files: those made by hand first, as far as they fit into a third, then the others.

    Of those made by hand and of the lies a random choice is taken where there are more than fit.
    """
    rng = np.random.default_rng(seed)
    hand = Crafted(scratch).makers
    chosen = rng.permutation(len(hand))[: max(count // 3, 1)]
    yield from (hand[i]() for i in sorted(chosen))
    good = bases(corpus)
    lied = {base.name: lies(base) for base in good}
    left = count - len(chosen)
    for number in range(left):
        base = good[number % len(good)]
        what = int(rng.integers(0, 4))
        if what == 3 and lied[base.name]:
            options = lied[base.name]
            data, fault = options[int(rng.integers(0, len(options)))], "lie"
        else:
            make, fault = ((cut, "cut"), (flip_bits, "bits"), (splice, "splice"))[what % 3]
            data = make(base, rng)
            if rng.random() < 0.02:
                data, fault = rng.bytes(int(rng.integers(1, 3000))), "random"
        stem, _, suffix = base.name.partition(".")
        yield Case(f"{stem}_{number}.{suffix}", base.role, data, fault, base.name)
