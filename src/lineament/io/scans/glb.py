"""glTF 2.0 scenes, as `.glb` or `.gltf`: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html.

Symbols: N points, T triangles.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.errors import FormatError, InputError
from lineament.io.scans.arrays import Array, ScanArrays, as_colors, as_indices, single
from lineament.io.scans.gltf import (
    PACKED,
    Gltf,
    count_of,
    is_count,
    open_containers,
    pack_container,
    table_of,
)
from lineament.types import MILLIMETRES, Scan

POINTS_MODE, TRIANGLES_MODE, STRIP_MODE, FAN_MODE = 0, 4, 5, 6
REPEAT_LIMIT = 10_000_000
"""Points, and triangle corners, that a file may come to by repeating one mesh, beyond its own number of bytes."""

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Part:
    """The points of one primitive, or of several that share them, and their triangles."""

    points: npt.NDArray[np.float32]
    triangles: Array
    normals: Array | None
    colors: Array | None
    uv: Array | None


def read_glb(data: bytes, path: Path) -> ScanArrays:
    """Read every mesh of a glTF scene, node after node, with the nodes' transforms applied.

    Points keep the order of their accessors: nothing is split, merged or dropped. Primitives of one mesh that share
    their points share them here. `unit` is `m`, as the format states; many files do not keep to it.

    Parameters
    ----------
    data : bytes
        The whole file, binary or JSON.
    path : Path
        Where it lies; buffers in its own folder are read.

    Returns
    -------
    ScanArrays

    Raises
    ------
    FormatError
        The file is damaged or cut off, compressed with an extension, or refers to files outside its folder.
    """
    document, binary = open_containers(data)
    gltf = Gltf(document, binary, path.parent)
    required = PACKED & {str(name) for name in gltf.items("extensionsRequired")}
    if required:
        raise FormatError(f"the glTF needs {', '.join(sorted(required))}; export it without mesh compression")
    warnings: list[str] = []
    parts: list[_Part] = []
    instances = _instances(gltf, warnings)
    _check_total(gltf, [mesh for mesh, _ in instances])
    for mesh, matrix in instances:
        parts += _read_mesh(gltf, gltf.item("meshes", mesh), matrix, warnings)
    if not parts:
        raise FormatError("the glTF scene holds no mesh with positions")
    return _join(parts, warnings)


def _instances(gltf: Gltf, warnings: list[str]) -> list[tuple[int, Matrix]]:
    """Return each mesh of the scene with its transform to the scene, in the order of a depth-first walk."""
    nodes = gltf.items("nodes")
    if not nodes:
        return [(mesh, np.eye(4)) for mesh in range(len(gltf.items("meshes")))]
    if gltf.items("scenes"):
        roots = gltf.item("scenes", gltf.document.get("scene", 0)).get("nodes", [])
    else:
        children = {str(child) for node in nodes if isinstance(node, dict) for child in _indices(node, "children")}
        roots = [index for index in range(len(nodes)) if str(index) not in children]
    if not isinstance(roots, list):
        raise FormatError("the glTF scene's 'nodes' is not a list")
    found: list[tuple[int, Matrix]] = []
    seen: set[int] = set()
    waiting = [(index, np.eye(4)) for index in reversed(roots)]
    while waiting:
        index, parent = waiting.pop()
        node = gltf.item("nodes", index)
        if index in seen:
            raise FormatError(f"node {index} of the glTF has two parents, or is its own ancestor")
        seen.add(index)
        matrix = parent @ _transform(node)
        if "mesh" in node:
            gltf.item("meshes", node["mesh"])
            if "skin" in node:
                warnings.append("a skinned mesh is read in its rest pose")
            found.append((node["mesh"], np.eye(4) if "skin" in node else matrix))
        waiting += [(child, matrix) for child in reversed(_indices(node, "children"))]
    return found


def _indices(node: dict[str, Any], key: str) -> list[Any]:
    value = node.get(key, [])
    if not isinstance(value, list):
        raise FormatError(f"the glTF gives {key!r} as something that is not a list")
    return value


def _floats(node: dict[str, Any], key: str, default: tuple[float, ...]) -> Matrix:
    value = node.get(key, default)
    if not (
        isinstance(value, (list, tuple))
        and len(value) == len(default)
        and all(isinstance(number, (int, float)) and abs(number) < 1e30 for number in value)
    ):
        raise FormatError(f"a node of the glTF has a {key!r} that is not {len(default)} numbers")
    return np.array(value, np.float64)


def _transform(node: dict[str, Any]) -> Matrix:
    """Return a node's matrix, (4, 4), to its parent."""
    if "matrix" in node:
        return _floats(node, "matrix", tuple(np.eye(4).reshape(-1))).reshape(4, 4).T
    x, y, z, w = _floats(node, "rotation", (0.0, 0.0, 0.0, 1.0))
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= _floats(node, "scale", (1.0, 1.0, 1.0))
    matrix[:3, 3] = _floats(node, "translation", (0.0, 0.0, 0.0))
    return matrix


def _primitives(gltf: Gltf, mesh: dict[str, Any]) -> list[tuple[dict[str, Any], int, int]]:
    """Return the primitives of a mesh that have points, each with its accessor of points and their number."""
    found = []
    for primitive in _indices(mesh, "primitives"):
        if not isinstance(primitive, dict):
            raise FormatError("a primitive of the glTF is not an object")
        if PACKED & set(table_of(primitive, "extensions")):
            raise FormatError("the glTF's meshes are compressed; export it without mesh compression")
        position = table_of(primitive, "attributes").get("POSITION")
        if position is not None:
            count = count_of(gltf.item("accessors", position), "count")
            found.append((primitive, position, count))
    return found


def _check_total(gltf: Gltf, meshes: list[int]) -> None:
    """Refuse a few bytes that stand for any number of points, before anything is read."""
    points: dict[int, int] = {}
    corners: dict[int, int] = {}
    for mesh in set(meshes):
        sizes, corners[mesh] = {}, 0
        for primitive, position, count in _primitives(gltf, gltf.item("meshes", mesh)):
            sizes[position] = count
            if "indices" in primitive:
                count = count_of(gltf.item("accessors", primitive["indices"]), "count")
            corners[mesh] += 1 + count
        points[mesh] = sum(sizes.values())
    total = max(sum(points[mesh] for mesh in meshes), sum(corners[mesh] for mesh in meshes))
    if total > REPEAT_LIMIT and total > gltf.bytes_held():
        raise FormatError(f"the glTF comes to {total} points or corners, more than its bytes can hold")


def _read_mesh(gltf: Gltf, mesh: dict[str, Any], matrix: Matrix, warnings: list[str]) -> list[_Part]:
    """Return a mesh's primitives in order; those with the same points become one part."""
    if any(weight for weight in _indices(mesh, "weights")):
        warnings.append("morph targets are not applied; the mesh is read in its base shape")
    primitives = _primitives(gltf, mesh)
    if len(primitives) < len(mesh.get("primitives", [])):
        warnings.append("primitives without positions were passed over")
    shared: dict[int, tuple[dict[str, Any], list[Array]]] = {}
    for primitive, position, count in primitives:
        triangles = _triangles(gltf, primitive, count)
        shared.setdefault(position, (primitive["attributes"], []))[1].append(triangles)
    return [_placed(gltf, attributes, np.concatenate(triangles), matrix) for attributes, triangles in shared.values()]


def _triangles(gltf: Gltf, primitive: dict[str, Any], count: int) -> Array:
    """Return a primitive's triangles, (T, 3) int32, from the mode that it is drawn in."""
    mode = primitive.get("mode", TRIANGLES_MODE)
    if not is_count(mode) or mode > FAN_MODE:
        raise FormatError("a primitive of the glTF has an unknown mode")
    if mode < TRIANGLES_MODE:
        return np.empty((0, 3), np.int32)
    if "indices" in primitive:
        corners = as_indices(gltf.values(primitive["indices"], (1,))[:, 0], count)
    else:
        corners = np.arange(count, dtype=np.int32)
    if mode == TRIANGLES_MODE:
        if len(corners) % 3:
            raise FormatError(f"a primitive of the glTF has {len(corners)} corners, which make no whole triangles")
        return corners.reshape(-1, 3)
    a, b, c = corners[:-2], corners[1:-1], corners[2:]
    if mode == FAN_MODE:
        return np.stack([np.repeat(corners[:1], len(c)), b, c], axis=1)
    triangles = np.stack([a, b, c], axis=1)
    # every second triangle of a strip winds the other way
    triangles[1::2, :2] = triangles[1::2, 1::-1]
    return triangles


def _placed(gltf: Gltf, attributes: dict[str, Any], triangles: Array, matrix: Matrix) -> _Part:
    """Read the attributes of one primitive and move them to the scene's frame."""
    points = gltf.values(attributes["POSITION"], (3,))
    normals = _attribute(gltf, attributes, "NORMAL", (3,), len(points))
    colors = _attribute(gltf, attributes, "COLOR_0", (3, 4), len(points))
    uv = _attribute(gltf, attributes, "TEXCOORD_0", (2,), len(points))
    if not np.array_equal(matrix, np.eye(4)):
        linear = matrix[:3, :3]
        with np.errstate(all="ignore"):
            points = points @ linear.T + matrix[:3, 3]
            # the cofactor matrix carries normals, and exists where the inverse does not
            rows = np.stack([np.cross(linear[i - 2], linear[i - 1]) for i in range(3)])
            mirrored = float(rows[0] @ linear[0]) < 0
            if normals is not None:
                normals = normals @ (-rows if mirrored else rows).T
                normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
        if mirrored:
            triangles = triangles[:, ::-1]
    return _Part(
        single(points),
        triangles,
        None if normals is None else single(normals),
        None if colors is None else as_colors(colors[:, :3]),
        None if uv is None else single(_flip(uv)),
    )


def _flip(uv: Array) -> Array:
    """Turn v over: glTF counts it from the top, a scan from the bottom."""
    return np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1)


def _attribute(gltf: Gltf, attributes: dict[str, Any], name: str, widths: tuple[int, ...], count: int) -> Array | None:
    if name not in attributes:
        return None
    values = gltf.values(attributes[name], widths)
    if len(values) != count:
        raise FormatError(f"a primitive of the glTF has {len(values)} of {name} for {count} points")
    return values


def _join(parts: list[_Part], warnings: list[str]) -> ScanArrays:
    """Put the parts one after another; what a part lacks becomes NaN, and white."""

    def column(name: str, width: int, missing: float, dtype: type[np.generic]) -> Array | None:
        found = [getattr(part, name) for part in parts]
        if all(values is None for values in found):
            return None
        return np.concatenate(
            [
                np.full((len(part.points), width), missing, dtype) if values is None else values
                for part, values in zip(parts, found, strict=True)
            ]
        )

    starts = np.cumsum([0] + [len(part.points) for part in parts])
    triangles = np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=False)])
    arrays = ScanArrays(
        points=np.concatenate([part.points for part in parts]),
        normals=column("normals", 3, np.nan, np.float32),
        colors=column("colors", 3, 255, np.uint8),
        uv=column("uv", 2, np.nan, np.float32),
        unit="m",
        warnings=list(dict.fromkeys(warnings)),
    )
    if len(triangles):
        arrays["triangles"] = triangles
    return arrays


def write_glb(scan: Scan, ascii: bool) -> bytes:
    """Return the bytes of a GLB file with one mesh, in metres as the format demands.

    Normals that are NaN become +z and uv that are NaN become 0, since glTF holds finite numbers only.

    Parameters
    ----------
    scan : Scan
        With a known unit and without NaN points.
    ascii : bool
        Not used; there is no text form.

    Raises
    ------
    InputError
        The scan's unit is unknown, or some of its points are missing (NaN).
    """
    if scan.unit is None:
        raise InputError("glTF is in metres and the unit of the scan is unknown; read it with unit='mm' or its like")
    if np.isnan(scan.points).any():
        raise InputError("glTF cannot hold missing points (NaN); write PLY or NPZ, which keep them")
    points = scan.points if scan.unit == "m" else single(scan.points * (MILLIMETRES[scan.unit] * 1e-3))
    blocks: list[tuple[str, Array, int, str]] = [("POSITION", points, 5126, "VEC3")]
    if scan.normals is not None:
        up = np.where(np.isnan(scan.normals).any(axis=1, keepdims=True), np.array([0, 0, 1], np.float32), scan.normals)
        blocks.append(("NORMAL", up, 5126, "VEC3"))
    if scan.uv is not None:
        blocks.append(("TEXCOORD_0", _flip(np.nan_to_num(scan.uv)), 5126, "VEC2"))
    if scan.colors is not None:
        opaque = np.full((len(scan), 1), 255, np.uint8)
        blocks.append(("COLOR_0", np.concatenate([scan.colors, opaque], axis=1), 5121, "VEC4"))
    if scan.triangles is not None:
        blocks.append(("indices", scan.triangles.astype("<u4").reshape(-1), 5125, "SCALAR"))
    views, accessors, offset = [], [], 0
    for name, block, component, kind in blocks:
        views.append({"buffer": 0, "byteOffset": offset, "byteLength": block.nbytes})
        accessors.append({"bufferView": len(views) - 1, "componentType": component, "count": len(block), "type": kind})
        if name == "COLOR_0":
            accessors[-1]["normalized"] = True
        offset += block.nbytes
    accessors[0] |= {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
    names = [name for name, *_ in blocks]
    primitive: dict[str, Any] = {
        "attributes": {name: i for i, name in enumerate(names) if name != "indices"},
        "mode": POINTS_MODE if scan.triangles is None else TRIANGLES_MODE,
    }
    if scan.triangles is not None:
        primitive["indices"] = len(names) - 1
    document = {
        "asset": {"version": "2.0", "generator": "Lineament", "extras": {"unit": "m", "source_unit": scan.unit}},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": offset}],
    }
    return pack_container(document, b"".join(block.tobytes() for _, block, _, _ in blocks))
