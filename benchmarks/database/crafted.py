"""Malformed files made by hand: bombs, huge counts, pickles, references to other files, numbers that are none, and deep
or long text.
"""

from __future__ import annotations

import base64
import io
import json
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

CANARY = "canary_fired"
"""Name of the folder, beside that of the malformed files, which an unpickled canary makes."""
XYZ = "property float x\nproperty float y\nproperty float z\n"
CORNERS = "property list uchar int vertex_indices\n"
COUNTS = (400_000_000, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 10**30)
SHAPES = (
    "(2147483648, 3)", "(9223372036854775807, 3)", "(0, 9223372036854775807)", "(99999999999999999999, 3)",
    "(1431655765, 3)", "(-1, 3)", "(True, 3)", "(1e9, 3)", "()", "(3,)", "(((((3)))))",
)  # fmt: skip
NUMBERS = (
    "inf",
    "-inf",
    "1e39",
    "1e400",
    "-1e999",
    "0x10",
    "1_0",
    "1,5",
    "--1",
    "1e",
    "\u0661",
    "nan0",
    "9" * 400 + "x",
)
REFERENCES = (
    "../secret.bin", "%2e%2e/secret.bin", "..%2fsecret.bin", "./../secret.bin", "file:../secret.bin", "//host/a.bin",
    "http://169.254.169.254/latest/meta-data", "https://example.org/a.bin", "\\\\host\\share\\a.bin", "..\\secret.bin",
    "C:\\secret.bin", "/etc/passwd", "/proc/self/environ", "/dev/zero", "/dev/stdin", "secret.bin\0.png", "beside.bin",
    "a/../../secret.bin", "data:,abc", "data:application/octet-stream;base64,AAA", "ftp://127.0.0.1/a", "javascript:1",
    "\ud800",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A malformed file.

    Attributes
    ----------
    name : str
        With a suffix; unique in a run.
    role : str
    data : bytes
    fault : str
        What was done to it.
    base : str
        Name of the good file that it was made from; empty for those made by hand.
    must_fail : bool
        Whether no reader may take it.
    """

    name: str
    role: str
    data: bytes
    fault: str
    base: str = ""
    must_fail: bool = False


class Canary:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return (os.mkdir, (str(self.path),))


class Crafted:
    """The files, each made when it is asked for.

    Parameters
    ----------
    scratch : Path
        Where they will lie; beside it stands `secret.bin`, which some of them refer to.
    """

    def __init__(self, scratch: Path) -> None:
        self.makers: list[Callable[[], Case]] = []
        self._huge_arrays()
        self._huge_counts()
        self._bombs()
        self._lying_archives()
        self._pickles(scratch.parent / CANARY)
        self._references(scratch.parent / "secret.bin")
        self._numbers()
        self._deep_text()
        self._long_text()

    def _put(
        self, fault: str, name: str, data: bytes | str | Callable[[], bytes], role: str = "geometry", fails: bool = True
    ) -> None:
        stem, _, suffix = name.partition(".")
        unique = f"{stem}_hand_{len(self.makers)}.{suffix}"

        def make() -> Case:
            made = data() if callable(data) else data
            made = made.encode("utf-8", "replace") if isinstance(made, str) else made
            return Case(unique, role, made, fault, must_fail=fails)

        self.makers.append(make)

    def _huge_arrays(self) -> None:
        for shape in SHAPES:
            for version in (1, 2, 3):
                head = npy_head(shape, version=version) + bytes(36)
                self._put("huge count", "points.npz", archive({"points.npy": head}))
                self._put("huge count", "depth.npy", npy_head(shape, "<u2", version) + bytes(36), "depth")
                self._put("huge count", "fit.npy", head, "parameters", shape not in ("(3,)", "()"))

    def _huge_counts(self) -> None:
        for count in COUNTS:
            for style in ("ascii", "binary_little_endian", "binary_big_endian"):
                head = f"ply\nformat {style} 1.0\nelement vertex"
                self._put("huge count", "a.ply", f"{head} {count}\n{XYZ}end_header\n" + "1 2 3\n" * 9)
                self._put("huge count", "a.ply", f"{head} {count}\nend_header\n")
                self._put("huge count", "a.ply", f"{head} 0\n{XYZ}element face {count}\n{CORNERS}end_header\n")
            self._put("huge count", "a.off", f"OFF\n{count} 0 0\n1 2 3\n")
            self._put("huge count", "a.off", f"OFF\n1 {count} 0\n1 2 3\n")
            self._put("huge count", "a.xyz", f"{count}\n1 2 3\n")
            self._put("huge count", "a.stl", bytes(80) + struct.pack("<I", count % 2**32) + bytes(50))
            fields = "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\n"
            for style in ("ascii", "binary", "binary_compressed"):
                sizes = f"WIDTH {count}\nHEIGHT 1\nPOINTS {count}\nDATA {style}\n"
                self._put("huge count", "a.pcd", (fields + sizes).encode() + bytes(24))
            self._put("huge count", "a.tps", f"LM3={count}\n1 2 3\n", "landmarks")
            self._put("huge count", "a.lm3", f"{count} landmarks\na\n1 2 3\n", "landmarks")
            self._put("huge count", "a.obj", f"v 1 2 3\nv 2 3 4\nv 3 4 6\nf 1 2 {count}\n")

    def _bombs(self) -> None:
        self._put("bomb", "bomb.npz", lambda: inflating(240_000_000))
        self._put("bomb", "bomb.npz", lambda: inflating(240_000_000), "parameters")
        self._put("bomb", "nested.npz", lambda: archive({"points.npy": inflating(240_000_000)}))
        part = npy_head("(4000000,)") + bytes(16_000_000)
        # each array is small enough; together they take 640 MB, which is allowed
        self._put("bomb", "many.npz", lambda: archive(dict.fromkeys(map(str, range(40)), part)), "parameters", False)
        zeros = partial(zlib.compress, bytes(10_000_000), 9)
        self._put("bomb", "bomb.png", lambda: png(60_000, 60_000, zeros()), "texture")
        self._put("bomb", "bomb.png", png(30_000, 1 << 30, zlib.compress(bytes(1000))), "texture")
        self._put("bomb", "bomb.png", lambda: png(60_000, 60_000, zeros(), 16), "depth")
        text = partial(zlib.compress, bytes(200_000_000), 9)
        dots = zlib.compress(bytes(64 * 65))
        self._put("bomb", "text.png", lambda: png(64, 64, dots, 8, b"zTXta\0\0" + text()), "texture", False)

    def _lying_archives(self) -> None:
        whole = archive({"points.npy": npy(np.ones((9, 3)))})
        for lie in (0, 1, 2**31 - 1, 2**32 - 1):
            for mark, places in ((b"PK\x03\x04", (14, 18, 22)), (b"PK\x01\x02", (16, 20, 24, 42))):
                for place in places:
                    at = whole.find(mark) + place
                    data = whole[:at] + lie.to_bytes(4, "little") + whole[at + 4 :]
                    self._put("lying archive", "lie.npz", data, fails=False)
        # two directory entries for one array
        start, end = whole.find(b"PK\x01\x02"), whole.find(b"PK\x05\x06")
        entry, tail = whole[start:end], bytearray(whole[end:])
        tail[8:12], tail[12:16] = struct.pack("<HH", 2, 2), struct.pack("<I", 2 * len(entry))
        self._put("lying archive", "twice.npz", whole[:start] + entry + entry + bytes(tail), "parameters")

    def _pickles(self, fires: Path) -> None:
        good = npy(np.eye(3, dtype=np.float32))
        for protocol in (0, 2, 4, 5):
            canary = pickle.dumps(Canary(fires), protocol)
            array = npy_head("()", "|O") + canary
            for name, role in (("c.pkl", "other"), ("c.npy", "parameters"), ("c.npy", "depth"), ("c.npz", "geometry")):
                self._put("pickle", name, canary, role)
                self._put("pickle", name, array, role)
            for name in ("points", "unit", "other"):
                data = archive({**({"points.npy": good} if name != "points" else {}), f"{name}.npy": array})
                self._put("pickle", "c.npz", data, fails=name != "other")
                self._put("pickle", "c.npz", data, "parameters")
            for name in ("c.pt", "c.npz"):
                self._put("pickle", name, archive({"archive/data.pkl": canary}), "parameters")

    def _references(self, secret: Path) -> None:
        for uri in (*REFERENCES, str(secret), f"file://{secret}"):
            self._put("reference", "r.gltf", scene(uri))
            self._put("reference", "r.glb", packed(scene(uri)))
            self._put("image reference", "r.gltf", scene(uri, image=True), fails=False)
            name = uri.replace("\0", "")
            triangle = "v 1 2 3\nv 2 3 4\nv 4 4 1\nf 1 2 3\n"
            self._put("image reference", "r.obj", f"mtllib {name}\nusemtl a\n{triangle}", fails=False)
            head = f"ply\nformat ascii 1.0\ncomment TextureFile {name}\nelement vertex 1\n{XYZ}end_header\n1 2 3\n"
            self._put("image reference", "r.ply", head, fails=False)

    def _numbers(self) -> None:
        for number in NUMBERS:
            head = f"ply\nformat ascii 1.0\nelement vertex 2\n{XYZ}end_header\n"
            self._put("number", "n.ply", f"{head}1 2 {number}\n3 4 5\n")
            self._put("number", "n.obj", f"v 1 2 {number}\nv 3 4 5\n")
            self._put("number", "n.xyz", f"1 2 {number}\n3 4 5\n", fails="," not in number)
            self._put("number", "n.off", f"OFF\n2 0 0\n1 2 {number}\n3 4 5\n")
            self._put("number", "n.tps", f"LM3=1\n1 2 {number}\n", "landmarks")
        for value in (np.inf, -np.inf, np.nan):
            rows = np.full((5, 3), value, np.float32)
            self._put("number", "n.npz", archive({"points.npy": npy(rows)}))
            corners = struct.pack("<I", 1) + bytes(12) + rows.tobytes()[:36] + bytes(2)
            self._put("number", "n.stl", bytes(80) + corners)
            self._put("number", "n.npy", npy(rows), "depth")

    def _deep_text(self) -> None:
        for depth in (500, 100_000, 300_000):
            deep = b"[" * depth + b"]" * depth
            self._put("deep text", "d.json", b'{"a":' + deep + b"}", "calibration", depth > 500)
            for suffix in ("json", "mrk.json", "ljson"):
                self._put("deep text", f"d.{suffix}", deep, "landmarks")
                self._put("deep text", f"d.{suffix}", b'{"a":' * depth + b"1" + b"}" * depth, "landmarks")
            self._put("deep text", "d.gltf", b'{"asset":{"version":"2.0"},"meshes":' + deep + b"}")
            shapes = b"Group { children [ " * depth + b"] }" * depth
            self._put("deep text", "d.wrl", b"#VRML V2.0 utf8\n" + shapes)
            self._put("deep text", "d.pp", b"<a>" * depth + b"</a>" * depth, "landmarks")
        entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
        outside = '<!ENTITY x SYSTEM "file:///etc/passwd">]><PickedPoints>&a9;&x;</PickedPoints>'
        self._put("deep text", "e.pp", f'<!DOCTYPE a [<!ENTITY a0 "ha">{entities}{outside}', "landmarks")

    def _long_text(self) -> None:
        starts = {"obj": b"v 1 2 ", "xyz": b"", "csv": b"", "ply": b"ply\nformat ascii 1.0\ncomment ", "off": b"OFF\n",
                  "pcd": b"VERSION 0.7\n", "stl": b"solid ", "wrl": b"#VRML V2.0 utf8\n"}  # fmt: skip
        for size in (1 << 20, 8 << 20):
            for suffix, start in starts.items():
                for run in (b"1", b" ", b"v", b"1 ", b"{", b"#"):
                    self._put("long line", f"l.{suffix}", partial(_long, start, run, size), fails=False)
            self._put("long line", "l.csv", partial(_long, b"", b"a,", size // 2), "landmarks")
            self._put("long line", "l.json", partial(_long, b'{"a":"', b"b", size), "calibration")
            self._put("long line", "l.json", partial(_long, b'{"a":', b"1", size, b"}"), "calibration")


def archive(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for name, data in members.items():
            out.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def npy_head(shape: str, descr: str = "<f4", version: int = 1) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    size = 2 if version == 1 else 4
    text += b" " * (63 - (len(text) + 8 + size) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(size, "little") + text


def inflating(size: int) -> bytes:
    """Return an archive of one array of zeros that takes about `size` bytes."""
    return archive({"points.npy": npy_head(f"({size // 12}, 3)") + bytes(size // 12 * 12)})


def png(width: int, height: int, body: bytes, bits: int = 8, extra: bytes = b"") -> bytes:
    def chunk(data: bytes) -> bytes:
        return struct.pack(">I", len(data) - 4) + data + zlib.crc32(data).to_bytes(4, "big")

    parts = [b"IHDR" + struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0), extra, b"IDAT" + body, b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(part) for part in parts if part)


def scene(uri: str, image: bool = False) -> bytes:
    """Return a glTF of three points whose buffer, or else whose image, is at `uri`."""
    inside = "data:;base64," + base64.b64encode(bytes(36)).decode()
    document = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 0}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36, "uri": inside if image else uri}],
        "images": [{"uri": uri}] if image else [],
    }  # fmt: skip
    return json.dumps(document).encode()


def packed(document: bytes) -> bytes:
    """Return a glTF as GLB."""
    document += b" " * (-len(document) % 4)
    body = struct.pack("<I4s", len(document), b"JSON") + document
    return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def _long(start: bytes, run: bytes, size: int, end: bytes = b"") -> bytes:
    return start + run * (size // len(run)) + end
