"""The container of glTF 2.0: JSON, buffers, views and accessors.

Format: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html. Symbols: C components of a value.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import numpy as np

from lineament.errors import FormatError
from lineament.io.scans.arrays import Array, as_indices
from lineament.io.scans.text import quote

Json = dict[str, Any]

MAGIC = b"glTF"
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
PACKED = frozenset({"KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_meshopt_compression"})
ZERO_LIMIT = 1 << 16
"""Items of an accessor that has no data of its own and is therefore bounded by no file size."""


class Gltf:
    """A glTF document: its JSON, and its buffers, loaded when first used."""

    def __init__(self, document: Json, binary: bytes | None, folder: Path) -> None:
        self.document, self.binary, self.folder = document, binary, folder
        self.loaded: dict[int, bytes] = {}

    def items(self, kind: str) -> list[Any]:
        found = self.document.get(kind, [])
        if not isinstance(found, list):
            raise FormatError(f"glTF {kind!r} is not a list")
        return found

    def item(self, kind: str, index: Any) -> Json:
        found = self.items(kind)
        if not is_count(index) or index >= len(found) or not isinstance(found[index], dict):
            raise FormatError(f"the glTF refers to {kind}[{quote(str(index))}], which is not there")
        return cast(Json, found[index])

    def buffer(self, index: int) -> bytes:
        if index not in self.loaded:
            entry = self.item("buffers", index)
            data = self._buffer_bytes(entry, index)
            size = count_of(entry, "byteLength")
            if len(data) < size:
                raise FormatError(f"buffer {index} of the glTF has {len(data)} bytes of the {size} it declares")
            self.loaded[index] = data[:size]
        return self.loaded[index]

    def bytes_held(self) -> int:
        """Return the size of all buffers together."""
        return sum(len(self.buffer(index)) for index in range(len(self.items("buffers"))))

    def _buffer_bytes(self, entry: Json, index: int) -> bytes:
        uri = entry.get("uri")
        if uri is None and index == 0 and self.binary is not None:
            return self.binary
        if not isinstance(uri, str):
            raise FormatError(f"buffer {index} of the glTF has no data")
        if uri.startswith("data:"):
            head, comma, body = uri.partition(",")
            if not comma or not head.endswith(";base64"):
                raise FormatError(f"buffer {index} of the glTF has a data: URI that is not base64")
            try:
                return base64.b64decode(body, validate=True)
            except (binascii.Error, ValueError):
                raise FormatError(f"buffer {index} of the glTF has damaged base64 data") from None
        return read_beside(self.folder, uri)

    def view(self, index: Any) -> tuple[memoryview, int]:
        """Return the bytes of a buffer view and its stride, 0 for tightly packed."""
        entry = self.item("bufferViews", index)
        if PACKED & set(table_of(entry, "extensions")):
            raise FormatError("the glTF's meshes are compressed (meshopt); export it without compression")
        buffer = self.buffer(count_of(entry, "buffer"))
        start, size = count_of(entry, "byteOffset", 0), count_of(entry, "byteLength")
        if start + size > len(buffer):
            raise FormatError(f"buffer view {index} of the glTF ends after its buffer of {len(buffer)} bytes")
        return memoryview(buffer)[start : start + size], count_of(entry, "byteStride", 0)

    def values(self, index: Any, widths: tuple[int, ...]) -> Array:
        """Return an accessor's values, (count, C); normalised integers become floats."""
        entry = self.item("accessors", index)
        dtype, count = _component(entry), count_of(entry, "count")
        width = WIDTHS.get(str(entry.get("type")), 0)
        if width not in widths:
            raise FormatError(f"accessor {index} of the glTF is of type {quote(str(entry.get('type')))}")
        sparse = table_of(entry, "sparse")
        if "bufferView" in entry:
            view, stride = self.view(entry["bufferView"])
            values = _strided(view, count_of(entry, "byteOffset", 0), stride, count, width, dtype, index)
        elif count <= ZERO_LIMIT:
            values = np.zeros((count, width), dtype)
        else:
            raise FormatError(f"accessor {index} of the glTF declares {count} values without any data")
        if sparse:
            self._overlay(values, sparse, index)
        if entry.get("normalized") is True and dtype.kind in "iu":
            return np.maximum(values / np.float32(np.iinfo(dtype).max), np.float32(-1))
        return values

    def _overlay(self, values: Array, sparse: Json, index: Any) -> None:
        places, changes, count = table_of(sparse, "indices"), table_of(sparse, "values"), count_of(sparse, "count")
        view, _ = self.view(places.get("bufferView"))
        at = _strided(view, count_of(places, "byteOffset", 0), 0, count, 1, _component(places), index)
        view, _ = self.view(changes.get("bufferView"))
        new = _strided(view, count_of(changes, "byteOffset", 0), 0, count, values.shape[1], values.dtype, index)
        values[as_indices(at[:, 0], len(values), f"sparse indices of accessor {index}")] = new


def read_beside(folder: Path, uri: str) -> bytes:
    """Return the bytes of a file that lies inside `folder`.

    Raises
    ------
    FormatError
        The URI is a web address or leads out of the folder, or there is no such file.
    """
    name = unquote(uri)
    place = folder.resolve()
    shown = quote(name.encode("utf-8", "replace"), 60)
    if ":" in name or "\\" in name or "\0" in name:
        raise FormatError(f"the glTF refers to {shown}; only files in its own folder are read")
    try:
        target = (place / name).resolve()
        if not target.is_relative_to(place):
            raise FormatError(f"the glTF refers to {shown}, outside its own folder; it is refused")
        if not target.is_file():
            raise FormatError(f"the glTF needs the file {shown} beside it, which is not there")
        return target.read_bytes()
    except (OSError, RuntimeError, ValueError):
        raise FormatError(f"the glTF needs the file {shown} beside it, which cannot be read") from None


def open_containers(data: bytes) -> tuple[Json, bytes | None]:
    """Return the JSON document and the binary chunk."""
    text, binary = data, None
    if data.startswith(MAGIC):
        if len(data) < 20:
            raise FormatError("the GLB header is cut off")
        version, length = struct.unpack_from("<II", data, 4)
        if version != 2 or length != len(data):
            raise FormatError(
                f"the GLB header says version {version} and {length} bytes, but the file has {len(data)}; "
                "expected version 2 and the same length: the file is cut off or damaged"
            )
        chunks = _chunks(data)
        if not chunks or chunks[0][0] != JSON_CHUNK:
            raise FormatError("the first chunk of the GLB file is not JSON")
        text = chunks[0][1]
        binary = next((body for kind, body in chunks[1:] if kind == BINARY_CHUNK), None)
    elif not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raise FormatError(f"a glTF file begins with 'glTF' or '{{', this one with {quote(data)}")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise FormatError("the JSON of the glTF is damaged or cut off") from None
    if not isinstance(document, dict) or not isinstance(document.get("asset"), dict):
        raise FormatError("the JSON has no 'asset', so it is no glTF")
    if not str(document["asset"].get("version")).startswith("2"):
        raise FormatError(f"the glTF is of version {quote(str(document['asset'].get('version')))}, expected 2")
    return document, binary


def _chunks(data: bytes) -> list[tuple[int, bytes]]:
    chunks, position = [], 12
    while position < len(data):
        if position + 8 > len(data):
            raise FormatError("the last chunk of the GLB file is cut off")
        size, kind = struct.unpack_from("<II", data, position)
        if size > len(data) - position - 8:
            raise FormatError("the last chunk of the GLB file is cut off")
        chunks.append((kind, data[position + 8 : position + 8 + size]))
        position += 8 + size
    return chunks


def pack_container(document: Json, binary: bytes) -> bytes:
    """Return the bytes of a GLB file; `binary` is padded to a multiple of four already."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode("ascii")
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), JSON_CHUNK) + text + struct.pack("<II", len(binary), BINARY_CHUNK) + binary
    return MAGIC + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 48


def count_of(entry: Json, key: str, default: int | None = None) -> int:
    value = entry.get(key, default)
    if not is_count(value):
        raise FormatError(f"the glTF gives {key!r} as {quote(str(value))}, expected a whole number")
    return cast(int, value)


def table_of(entry: Json, key: str) -> Json:
    value = entry.get(key, {})
    if not isinstance(value, dict):
        raise FormatError(f"the glTF gives {key!r} as something that is not an object")
    return value


def _component(entry: Json) -> np.dtype[Any]:
    kind = count_of(entry, "componentType")
    if kind not in COMPONENTS:
        raise FormatError(f"the glTF has an unknown component type {kind}")
    return np.dtype(COMPONENTS[kind])


def _strided(
    view: memoryview, offset: int, stride: int, count: int, width: int, dtype: np.dtype[Any], index: Any
) -> Array:
    """Return a copy of `count` rows of `width` values in a buffer view."""
    row = width * dtype.itemsize
    stride = stride or row
    if not count:
        return np.empty((0, width), dtype)
    # a stride shorter than a row would let a few bytes stand for any number of rows
    if stride < row or offset + stride * (count - 1) + row > len(view):
        raise FormatError(
            f"accessor {index} of the glTF declares {count} values of {row} bytes, more than its {len(view)} bytes hold"
        )
    return np.ndarray((count, width), dtype, view, offset, (stride, dtype.itemsize)).copy()
