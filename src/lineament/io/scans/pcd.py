"""PCD 0.7 of the Point Cloud Library: https://pointclouds.org/documentation/tutorials/pcd_file_format.html.

Symbols: N points.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lineament.errors import FormatError
from lineament.io.scans.arrays import Array, ScanArrays, single
from lineament.io.scans.lzf import decompress
from lineament.io.scans.text import clean, quote, table, warn_unfinished, write_rows
from lineament.types import Scan

KINDS = {"F": "f", "I": "i", "U": "u"}
SIZES = {"F": (4, 8), "I": (1, 2, 4, 8), "U": (1, 2, 4, 8)}
NORMAL = ("normal_x", "normal_y", "normal_z")


@dataclass(frozen=True, slots=True)
class _Header:
    names: tuple[str, ...]
    dtype: np.dtype[np.void]
    """One record; its fields are called by their place, since names may repeat."""
    count: int
    style: str
    start: int
    """Offset of the data."""


def read_pcd(data: bytes, path: Path) -> ScanArrays:
    """Read a PCD file: ascii, binary or binary_compressed.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Not used.

    Returns
    -------
    ScanArrays
        `normals` from normal_x, normal_y, normal_z; `colors` from packed rgb or rgba. The VIEWPOINT is not applied.

    Raises
    ------
    FormatError
        The header is malformed, or the data is shorter or longer than it says.
    """
    header = _read_header(data)
    columns = _read_columns(header, data[header.start :])
    places = {name: place for place, name in reversed(list(enumerate(header.names)))}
    if not {"x", "y", "z"} <= places.keys():
        raise FormatError(f"the PCD file has the fields {', '.join(header.names)}, expected x, y and z among them")

    def block(*names: str) -> Array:
        return np.stack([columns[places[name]][:, 0] for name in names], axis=1)

    arrays = ScanArrays(points=single(block("x", "y", "z")), warnings=[])
    if header.style == "ascii":
        warn_unfinished(data, arrays["warnings"])
    if set(NORMAL) <= places.keys():
        arrays["normals"] = single(block(*NORMAL))
    packed = next((name for name in ("rgb", "rgba") if name in places), None)
    if packed is not None:
        arrays["colors"] = _unpack(columns[places[packed]][:, 0])
    return arrays


def _read_header(data: bytes) -> _Header:
    match = re.search(rb"(?:^|\n)DATA[ \t]+(\w+)[ \t]*(?:\r\n|\n|\r|$)", data[:65536])
    if match is None:
        raise FormatError(f"the PCD header has no DATA line; the file begins with {quote(data)}")
    words: dict[str, list[str]] = {}
    for line in clean(data[: match.start()], b"#").decode("utf-8", "replace").split("\n"):
        if line.split():
            key, *values = line.split()
            words[key] = values
    style = match[1].decode("ascii", "replace")
    if style not in ("ascii", "binary", "binary_compressed"):
        raise FormatError(f"the PCD data is {quote(match[1])}, expected ascii, binary or binary_compressed")
    names = tuple(words.get("FIELDS", words.get("COLUMNS", ())))
    sizes, repeats = _integers(words, "SIZE"), _integers(words, "COUNT", ["1"] * len(names))
    kinds = words.get("TYPE", [])
    if not (names and len(names) == len(sizes) == len(repeats) == len(kinds)):
        raise FormatError("the PCD header needs FIELDS, SIZE and TYPE of equal length")
    if any(kind not in KINDS or size not in SIZES[kind] for kind, size in zip(kinds, sizes, strict=True)):
        raise FormatError("the PCD header has a field whose TYPE and SIZE do not fit")
    if any(not 1 <= repeat <= 65536 for repeat in repeats):
        raise FormatError("the PCD header has a COUNT that is not from 1 to 65536")
    width, height = _integers(words, "WIDTH", ["0"])[:1], _integers(words, "HEIGHT", ["1"])[:1]
    area = (width or [0])[0] * (height or [1])[0]
    points = (_integers(words, "POINTS", [str(area)]) or [area])[0]
    if "WIDTH" in words and area != points:
        raise FormatError(f"the PCD header says {points} points, but WIDTH times HEIGHT is {area}")
    fields = [
        (f"f{i}", f"<{KINDS[kind]}{size}", (repeat,))
        for i, (kind, size, repeat) in enumerate(zip(kinds, sizes, repeats, strict=True))
    ]
    return _Header(names, np.dtype(fields), points, style, match.end())


def _integers(words: dict[str, list[str]], key: str, default: list[str] | None = None) -> list[int]:
    values = words.get(key, default or [])
    if not all(re.fullmatch(r"[0-9]{1,15}", value) for value in values):
        raise FormatError(f"the PCD header has {key} {quote(' '.join(values))}, expected whole numbers")
    return [int(value) for value in values]


def _read_columns(header: _Header, body: bytes) -> list[Array]:
    """Return each field, (N, its count)."""
    needed = header.count * header.dtype.itemsize
    fields = [header.dtype[i] for i in range(len(header.names))]
    if header.style == "ascii":
        return _read_ascii(header, body)
    if header.style == "binary":
        if len(body) != needed:
            raise _wrong_size(header, needed, len(body))
        records = np.frombuffer(body, header.dtype)
        return [records[f"f{i}"] for i in range(len(fields))]
    packed, size = int.from_bytes(body[:4], "little"), int.from_bytes(body[4:8], "little")
    if len(body) != 8 + packed or size != needed:
        raise _wrong_size(header, needed, size if len(body) == 8 + packed else len(body))
    # compressed files hold one field after the other
    inflated, columns, offset = decompress(body[8:], size), [], 0
    for field in fields:
        total = field.itemsize * header.count
        columns.append(np.frombuffer(inflated[offset : offset + total], field.base).reshape(header.count, -1))
        offset += total
    return columns


def _wrong_size(header: _Header, needed: int, found: int) -> FormatError:
    return FormatError(
        f"the PCD header promises {header.count} points, {needed} bytes, but {found} bytes follow; "
        "the file is cut off or damaged"
    )


def _read_ascii(header: _Header, body: bytes) -> list[Array]:
    rows = table(clean(body), "points")
    widths = [header.dtype[i].shape[0] for i in range(len(header.names))]
    if len(rows) != header.count or (len(rows) and rows.shape[1] != sum(widths)):
        raise FormatError(
            f"the PCD header promises {header.count} points of {sum(widths)} numbers, but {rows.shape[0]} rows of "
            f"{rows.shape[1]} follow; the file is cut off or damaged"
        )
    if not len(rows):
        return [np.empty((0, width)) for width in widths]
    columns = []
    for i, block in enumerate(np.split(rows, np.cumsum(widths)[:-1], axis=1)):
        kind = header.dtype[i].base
        if kind.kind == "f":
            columns.append(single(block) if kind.itemsize == 4 else block)
            continue
        limits = np.iinfo(kind)
        if not ((block >= limits.min) & (block < float(limits.max) + 1)).all():
            raise FormatError(f"field {header.names[i]!r} of the PCD file has a number that its type cannot hold")
        columns.append(block.astype(kind))
    return columns


def _unpack(values: Array) -> Array:
    """Return colours, (N, 3) uint8, from 0x00RRGGBB in an integer or in the bits of a float32."""
    if values.dtype.itemsize != 4:
        raise FormatError("the packed colour of the PCD file is not 4 bytes wide")
    bits = np.ascontiguousarray(values).view("<u4")
    return np.stack([(bits >> shift & 255).astype(np.uint8) for shift in (16, 8, 0)], axis=1)


def write_pcd(scan: Scan, ascii: bool) -> bytes:
    """Return the bytes of a PCD file, binary unless `ascii`: points, normals and packed colours.

    Parameters
    ----------
    scan : Scan
        Its triangles are left out: the format has none.
    ascii : bool
    """
    names, blocks = ["x", "y", "z"], [scan.points]
    if scan.normals is not None:
        names, blocks = [*names, *NORMAL], [*blocks, scan.normals]
    if scan.colors is not None:
        red, green, blue = scan.colors.astype("<u4").T
        names, blocks = [*names, "rgb"], [*blocks, (red << 16 | green << 8 | blue).view("<f4")[:, None]]
    columns = np.concatenate(blocks, axis=1, dtype="<f4")
    lines = {
        "VERSION": "0.7", "FIELDS": " ".join(names), "SIZE": " ".join("4" * len(names)),
        "TYPE": " ".join("F" * len(names)), "COUNT": " ".join("1" * len(names)), "WIDTH": len(scan), "HEIGHT": 1,
        "VIEWPOINT": "0 0 0 1 0 0 0", "POINTS": len(scan), "DATA": "ascii" if ascii else "binary",
    }  # fmt: skip
    header = "# .PCD v0.7\n" + "".join(f"{key} {value}\n" for key, value in lines.items())
    return header.encode("ascii") + (write_rows([("%.9g", columns)]) if ascii else columns.tobytes())
