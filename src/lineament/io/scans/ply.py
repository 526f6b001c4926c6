"""PLY, ascii and binary: https://paulbourke.net/dataformats/ply/.

A body is a flat array of *cells*: bytes of a binary file, numbers of an ascii one. A property takes as many cells
as its type has bytes, or one; so one decoder serves both.
Symbols: R rows of an element, N points, T triangles.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lineament.errors import FormatError
from lineament.io.scans.arrays import Array, ScanArrays, as_colors, as_indices, fan_with_warning, per_vertex, single
from lineament.io.scans.text import numbers, quote, warn_unfinished, write_rows
from lineament.types import Scan

TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8", "int64": "i8", "uint64": "u8",
}  # fmt: skip
ENDIANS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
HEADER_LIMIT = 1 << 20
"""Bytes within which a header must end."""

NORMALS = (("nx", "ny", "nz"), ("normal_x", "normal_y", "normal_z"))
COLORS = (("red", "green", "blue"), ("r", "g", "b"), ("diffuse_red", "diffuse_green", "diffuse_blue"))
UVS = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"), ("texture_s", "texture_t"))
CORNERS = ("vertex_indices", "vertex_index")


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    dtype: np.dtype[Any]
    count_dtype: np.dtype[Any] | None
    """Type of a list's length; None for a single value."""


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    count: int
    properties: tuple[_Property, ...]


@dataclass(frozen=True, slots=True)
class _List:
    """A list property: the length of each row's list, and all items one after another."""

    counts: Array
    items: Array


class _Body:
    """The cells after the header and how to turn them into values."""

    def __init__(self, cells: Array, binary: bool) -> None:
        self.cells, self.binary = cells, binary

    def width(self, dtype: np.dtype[Any]) -> int:
        return dtype.itemsize if self.binary else 1

    def decode(self, cells: Array, dtype: np.dtype[Any]) -> Array:
        """Turn an (R, D) array of cells into the values that they hold, (R, items)."""
        if self.binary:
            if not cells.size:
                return np.empty((len(cells), 0), dtype)
            return np.ascontiguousarray(cells).view(dtype)
        if dtype.kind in "iu":
            limits = np.iinfo(dtype)
            if cells.size and not (cells.min() >= limits.min and cells.max() < float(limits.max) + 1):
                raise FormatError(f"a number does not fit the type {dtype.name} that the header gives it")
            if (cells != np.floor(cells)).any():
                raise FormatError("found a fraction where the header promises whole numbers")
            return cells.astype(dtype)
        return cells

    def number(self, position: int, dtype: np.dtype[Any]) -> int:
        return int(self.decode(self.cells[position : position + self.width(dtype)][None], dtype)[0, 0])


def read_ply(data: bytes, path: Path) -> ScanArrays:
    """Read a PLY file: any elements and properties in any order; polygons become fans of triangles.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Not used; nothing lies beside a PLY file.

    Returns
    -------
    ScanArrays
        `points (N, 3)`, `triangles (T, 3)`, `normals`, `colors` and `uv` as far as they are there.

    Raises
    ------
    FormatError
        The header is malformed, the body is shorter or longer than the header says, an index is out of range.
    """
    style, elements, start = _read_header(data)
    binary = style != "ascii"
    body = _Body(np.frombuffer(data, np.uint8, offset=start) if binary else numbers(data[start:]), binary)
    columns: dict[str, dict[str, Array | _List]] = {}
    position = 0
    for element in elements:
        columns[element.name], position = _read_element(body, element, position)
    extra = len(body.cells) - position
    if extra:
        raise FormatError(f"{extra} {'bytes' if binary else 'numbers'} follow the last element of the header")
    warnings: list[str] = []
    if not binary:
        warn_unfinished(data, warnings)
    return _to_arrays(columns, warnings)


def _read_header(data: bytes) -> tuple[str, list[_Element], int]:
    """Return the style, the elements, and where the body starts."""
    if not data.startswith(b"ply"):
        raise FormatError(f"a PLY file begins with 'ply', this one with {quote(data)}")
    end = re.search(rb"[\r\n]end_header[ \t]*(\r\n|\n|\r|$)", data[:HEADER_LIMIT])
    if end is None:
        raise FormatError("the PLY header has no end_header line; the file may be cut off")
    style, elements = "", []
    lines = re.split(r"\r\n|\n|\r", data[: end.start()].decode("utf-8", "replace"))
    if lines[0].strip() != "ply":
        raise FormatError(f"a PLY file begins with a line 'ply', this one with {quote(data)}")
    for line in lines[1:]:
        match line.split():
            case [] | ["comment" | "obj_info", *_]:
                continue
            case ["format", name, "1.0"] if name in ENDIANS and not style:
                style = name
            case ["element", name, count] if count.isdecimal() and len(count) < 19:
                elements.append(_Element(name, int(count), ()))
            case ["property", kind, name] if kind in TYPES and elements and style:
                elements[-1] = _with(elements[-1], _Property(name, _dtype(kind, style), None))
            case ["property", "list", length, kind, name] if (
                kind in TYPES and TYPES.get(length, "f")[0] in "iu" and elements and style
            ):
                elements[-1] = _with(elements[-1], _Property(name, _dtype(kind, style), _dtype(length, style)))
            case _:
                raise FormatError(f"the PLY header has a line that cannot be read: {quote(line, 60)}")
    if not style:
        raise FormatError("the PLY header has no format line")
    if len({element.name for element in elements}) != len(elements):
        raise FormatError("the PLY header names an element twice")
    return style, elements, end.end()


def _dtype(kind: str, style: str) -> np.dtype[Any]:
    return np.dtype(ENDIANS[style] + TYPES[kind])


def _with(element: _Element, prop: _Property) -> _Element:
    return _Element(element.name, element.count, (*element.properties, prop))


def _read_element(body: _Body, element: _Element, start: int) -> tuple[dict[str, Array | _List], int]:
    """Return the properties of an element and the position after it."""
    least = sum(body.width(p.dtype if p.count_dtype is None else p.count_dtype) for p in element.properties)
    left = len(body.cells) - start
    if least * element.count > left:
        raise _cut_off(element, least * element.count, left, body)
    if not (element.count and element.properties):
        return {
            p.name: np.empty(0) if p.count_dtype is None else _List(np.empty(0, np.intp), np.empty(0))
            for p in element.properties
        }, start
    return _read_uniform(body, element, start) or _read_ragged(body, element, start)


def _cut_off(element: _Element, needed: int, left: int, body: _Body) -> FormatError:
    unit = "bytes" if body.binary else "numbers"
    return FormatError(
        f"the header promises {element.count} rows of element {element.name!r}, at least {needed} {unit}, "
        f"but {left} {unit} are left; the file is cut off or damaged"
    )


def _read_uniform(body: _Body, element: _Element, start: int) -> tuple[dict[str, Array | _List], int] | None:
    """Read rows that are all laid out like the first one; None when some list is longer or shorter."""
    spans: list[tuple[_Property, int, int, int]] = []
    width = 0
    for prop in element.properties:
        size, length = body.width(prop.dtype), 1
        if prop.count_dtype is not None:
            if start + width + body.width(prop.count_dtype) > len(body.cells):
                return None
            length = body.number(start + width, prop.count_dtype)
            if length < 0:
                return None
            width += body.width(prop.count_dtype)
            size *= length
        spans.append((prop, width, width + size, length))
        width += size
    end = start + width * element.count
    if end > len(body.cells):
        return None
    rows = body.cells[start:end].reshape(element.count, width)
    # all lengths before any value: in rows of other lengths, values stand where they are not looked for
    for prop, low, _, _ in spans:
        if prop.count_dtype is not None:
            counts = rows[:, low - body.width(prop.count_dtype) : low]
            if (counts != counts[0]).any():
                return None
    found: dict[str, Array | _List] = {}
    for prop, low, high, length in spans:
        values = body.decode(rows[:, low:high], prop.dtype)
        if prop.count_dtype is None:
            found[prop.name] = values[:, 0]
        else:
            found[prop.name] = _List(np.full(element.count, length), values.reshape(-1))
    return found, end


def _read_ragged(body: _Body, element: _Element, start: int) -> tuple[dict[str, Array | _List], int]:
    """Read rows whose lists differ in length, following the lengths from row to row."""
    plan: list[tuple[int, int, bool, int]] = []
    places: list[tuple[_Property, int, int]] = []
    skip = 0
    for prop in element.properties:
        if prop.count_dtype is None:
            places.append((prop, len(plan), skip))
            skip += body.width(prop.dtype)
        else:
            count_size = body.width(prop.count_dtype)
            places.append((prop, len(plan), skip + count_size))
            plan.append((skip, count_size, prop.count_dtype.kind == "i", body.width(prop.dtype)))
            skip = 0
    tail = skip
    total = len(body.cells)
    cells: Any = body.cells.tobytes() if body.binary else body.cells.tolist()
    order: Literal["big", "little"] = "big" if _big_endian(element) else "little"
    origins: list[int] = []
    lengths: list[int] = []
    position = start
    for _ in range(element.count):
        for skip, count_size, signed, size in plan:
            origins.append(position)
            position += skip + count_size
            if position > total:
                raise _cut_off(element, position - start, total - start, body)
            if body.binary:
                length = int.from_bytes(cells[position - count_size : position], order, signed=signed)
            else:
                length = _whole(cells[position - 1])
            if length < 0:
                raise FormatError(f"element {element.name!r} holds a list of negative length")
            lengths.append(length)
            position += length * size
        origins.append(position)
        position += tail
        if position > total:
            raise _cut_off(element, position - start, total - start, body)
    at = np.array(origins, np.int64).reshape(element.count, len(plan) + 1)
    counts = np.array(lengths, np.int64).reshape(element.count, len(plan))
    found: dict[str, Array | _List] = {}
    for prop, segment, offset in places:
        first = at[:, segment] + offset
        if prop.count_dtype is None:
            found[prop.name] = _gather(body, first, prop.dtype)
        else:
            count = counts[:, segment]
            within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
            items = _gather(body, np.repeat(first, count) + within * body.width(prop.dtype), prop.dtype)
            found[prop.name] = _List(count, items)
    return found, position


def _big_endian(element: _Element) -> bool:
    return any(p.count_dtype is not None and p.count_dtype.str[0] == ">" for p in element.properties)


def _whole(value: float) -> int:
    if not (abs(value) < 2**53 and value == int(value)):
        raise FormatError("found a list length that is not a whole number")
    return int(value)


def _gather(body: _Body, first: Array, dtype: np.dtype[Any]) -> Array:
    """Decode the values that begin at the cells `first`."""
    cells = body.cells[first[:, None] + np.arange(body.width(dtype))]
    return body.decode(cells, dtype).reshape(-1)


def _to_arrays(columns: dict[str, dict[str, Array | _List]], warnings: list[str]) -> ScanArrays:
    vertex = columns.get("vertex")
    points = None if vertex is None else _columns(vertex, (("x", "y", "z"),))
    if vertex is None or points is None:
        raise FormatError("the PLY file has no element 'vertex' with properties x, y and z")
    colors = _columns(vertex, COLORS)
    arrays = ScanArrays(
        points=single(points),
        normals=_columns(vertex, NORMALS),
        colors=None if colors is None else as_colors(colors),
        uv=_columns(vertex, UVS),
        warnings=warnings,
    )
    face = columns.get("face", {})
    corners = next((face[name] for name in CORNERS if isinstance(face.get(name), _List)), None)
    if isinstance(corners, _List) and corners.counts.size:
        indices = as_indices(corners.items, len(points))
        arrays["triangles"] = fan_with_warning(corners.counts, indices, warnings)
        wedge = face.get("texcoord")
        if arrays["uv"] is None and isinstance(wedge, _List) and (wedge.counts == 2 * corners.counts).all():
            arrays["uv"] = per_vertex(len(points), indices, wedge.items.reshape(-1, 2), "uv", warnings)
    if "tristrips" in columns:
        warnings.append("triangle strips are not read; the scan has its points only")
    return arrays


def _columns(vertex: dict[str, Array | _List], spellings: tuple[tuple[str, ...], ...]) -> Array | None:
    """Return the columns of the first spelling that is there as a whole, `(N, D)`."""
    for names in spellings:
        found = [vertex.get(name) for name in names]
        arrays = [column for column in found if isinstance(column, np.ndarray)]
        if len(arrays) == len(names):
            return np.stack(arrays, axis=1)
    return None


def write_ply(scan: Scan, ascii: bool) -> bytes:
    """Return the bytes of a PLY file, little endian unless `ascii`; NaN rows are kept.

    Parameters
    ----------
    scan : Scan
    ascii : bool
    """
    blocks: list[tuple[str, tuple[str, ...], npt.NDArray[Any], str]] = [("float", ("x", "y", "z"), scan.points, "%.9g")]
    if scan.normals is not None:
        blocks.append(("float", NORMALS[0], scan.normals, "%.9g"))
    if scan.uv is not None:
        blocks.append(("float", UVS[0], scan.uv, "%.9g"))
    if scan.colors is not None:
        blocks.append(("uchar", COLORS[0], scan.colors, "%d"))
    header = ["ply", f"format {'ascii' if ascii else 'binary_little_endian'} 1.0", "comment written by Lineament"]
    header += [f"element vertex {len(scan)}"]
    header += [f"property {kind} {name}" for kind, names, _, _ in blocks for name in names]
    if scan.triangles is not None:
        header += [f"element face {len(scan.triangles)}", "property list uchar int vertex_indices"]
    start = ("\n".join([*header, "end_header"]) + "\n").encode("ascii")
    if ascii:
        rows = write_rows([(form, block) for _, _, block, form in blocks])
        faces = b"" if scan.triangles is None else write_rows([("%d", scan.triangles)], prefix="3 ")
        return start + rows + faces
    fields = [(str(i), "<" + TYPES[kind], (len(names),)) for i, (kind, names, _, _) in enumerate(blocks)]
    vertices = np.empty(len(scan), fields)
    for i, (_, _, block, _) in enumerate(blocks):
        vertices[str(i)] = block
    if scan.triangles is None:
        return start + vertices.tobytes()
    triangles = np.empty(len(scan.triangles), [("count", "u1"), ("corners", "<i4", (3,))])
    triangles["count"], triangles["corners"] = 3, scan.triangles
    return start + vertices.tobytes() + triangles.tobytes()
