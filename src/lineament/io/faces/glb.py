"""A fitted face as a rig: GLB with its mesh, its 52 ARKit expressions as morph targets, and landmarks as nodes.

A face of a user's own model has that model's expressions instead.

Format: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html. Metres, +y up, +z out of the face, which is the face
frame. Symbols: V model vertices, D vertices that a target moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.errors import InputError
from lineament.face.basis import EXPRESSION, FitModel
from lineament.face.face import Face, model_of
from lineament.face.model import load_face_model
from lineament.face.parts import part_colors
from lineament.face.rig import arkit_targets, limited_weights, neutral, posed
from lineament.geometry.normals import vertex_normals
from lineament.io.atomic import atomic_write
from lineament.io.faces.parameters import MODEL_NAME, model_digest
from lineament.io.scans.gltf import pack_container
from lineament.picture.shade import decode
from lineament.types import Floats, Ints

_BYTE, _SHORT, _FLOAT = 5121, 5123, 5126
_VERTICES, _INDICES = 34962, 34963
_PNG = b"\x89PNG\r\n\x1a\n"
_MOST = 65_535
_STILL = 5e-7
"""Metres; vertices that a target moves by less are left out of it."""


def write_glb(
    path: str | PathLike[str],
    face: Face,
    texture: bytes | None = None,
    landmarks: str | None = None,
    weights: Mapping[str, float] | None = None,
    model: FitModel | None = None,
) -> Path:
    """Write a face as a rig; the same face gives the same bytes.

    Parameters
    ----------
    path : path-like
        A `.glb` file; it appears whole or not at all.
    face : Face
        The mesh is its neutral shape, vertex i is vertex i of the face model.
    texture : bytes, optional
        A PNG file in the model's uv, the colour of skin and eyes; the mouth is dark. Without it, vertices are coloured
        by part of the face.
    landmarks : str, optional
        `ibug68`, `anthropometric` or `dense520`: each point becomes an empty node with its name, at the mesh as
        `weights` pose it.
    weights : mapping of str to float, optional
        The expression that the file opens with, by ARKit's names, 0 to 1; neutral without it.
    model : FitModel, optional
        The user's own model that the face is of; such a file has no texture and opens neutral. Where the model's uv has
        seams, copies of their vertices stand behind the others.

    Raises
    ------
    InputError
        An unknown name, a weight outside 0 to 1, `texture` is no PNG, a face of another model, or the file cannot be
        written.
    """
    place = Path(path)
    if place.suffix.lower() != ".glb":
        raise InputError(f"{place} has the suffix {place.suffix!r}, expected .glb")
    data = pack_glb(face, texture, landmarks, weights, model)
    with atomic_write(place) as file:
        file.write(data)
    return place


def pack_glb(
    face: Face,
    texture: bytes | None = None,
    landmarks: str | None = None,
    weights: Mapping[str, float] | None = None,
    model: FitModel | None = None,
) -> bytes:
    """Return the bytes of the file that `write_glb` writes."""
    if texture is not None and not texture.startswith(_PNG):
        raise InputError(f"the texture begins with {texture[:8]!r}, expected a PNG file")
    if model is None or model.template is None:
        rig = _own_rig(face, landmarks, weights or {}, texture is None)
    elif texture is None and not weights:
        rig = _other_rig(face, landmarks, model)
    else:
        raise InputError(f"a face of {model.template.name} is written without a texture and without an expression")
    return _glb(face, rig, texture)


@dataclass(frozen=True, eq=False)
class _Rig:
    """What a file is made of; vertices with their copies."""

    rest: Floats
    """(V, 3) m, neutral"""
    targets: Mapping[str, Floats]
    """What each expression adds, (V, 3) mm"""
    weights: Mapping[str, float]
    """Of the expression that the file opens with."""
    corners: Ints
    """(T, 3)"""
    normals: Floats
    """(V, 3) of `rest`, of unit length"""
    uv: Floats
    """(V, 2) or (0, 2)"""
    tints: npt.NDArray[np.uint8] | None
    """(V, 4) linear colours"""
    landmarks: tuple[str, tuple[str, ...], Floats] | None
    """A set's name, its points' names, and where these are in the opening expression, (L, 3) m"""


def _own_rig(face: Face, landmarks: str | None, weights: Mapping[str, float], coloured: bool) -> _Rig:
    model, targets = model_of(face), arkit_targets(face)
    rest, marks = _metres(neutral(face)), None
    if landmarks is not None:
        points = model.landmarks(_metres(posed(face, weights, targets)), landmarks)
        marks = (landmarks, model.landmark_sets[landmarks].names, points)
    shown, normals = limited_weights(face, weights, targets), _directions(rest, model.triangles)
    return _Rig(rest, targets, shown, model.triangles, normals, model.uv, _tints(coloured), marks)


def _other_rig(face: Face, landmarks: str | None, model: FitModel) -> _Rig:
    """The model's own expressions, as they are for this person."""
    template, surface = face.template, model.surface
    if template is None or model.template is None or template.sha256 != model.template.sha256:
        raise InputError("the face was fitted with another model than the one that is given")
    basis = model.basis(face.identity)
    moved = basis.modes[basis.identities :] / np.float32(EXPRESSION)
    rest = _metres(face.vertices - np.tensordot(face.expression, moved, 1))
    marks = None
    if landmarks is not None:
        marks = (landmarks, surface.landmark_sets[landmarks].names, surface.landmarks(rest, landmarks))
    whole = template.with_copies
    targets = {name: whole(values) for name, values in zip(template.expression_names, moved, strict=True)}
    normals = whole(_directions(rest, surface.triangles))
    return _Rig(whole(rest), targets, {}, template.corners, normals, template.uv, None, marks)


def _glb(face: Face, rig: _Rig, texture: bytes | None) -> bytes:
    if len(rig.rest) > _MOST:
        raise InputError(
            f"a mesh of {len(rig.rest)} vertices does not fit into a GLB with 16-bit indices; write OBJ or PLY"
        )
    parts = _Parts()
    attributes = {
        "POSITION": parts.accessor(rig.rest, "VEC3", _VERTICES, bounds=True),
        "NORMAL": parts.accessor(rig.normals, "VEC3", _VERTICES),
    }
    if len(rig.uv):  # glTF counts v from the top
        flipped = np.stack([rig.uv[:, 0], 1 - rig.uv[:, 1]], axis=1)
        attributes["TEXCOORD_0"] = parts.accessor(flipped, "VEC2", _VERTICES)
    if rig.tints is not None:
        attributes["COLOR_0"] = parts.accessor(rig.tints, "VEC4", _VERTICES, normalized=True)
    primitive = {
        "attributes": attributes,
        "indices": parts.accessor(rig.corners.astype("<u2").reshape(-1), "SCALAR", _INDICES),
        "targets": [{"POSITION": parts.target(_metres(moved))} for moved in rig.targets.values()],
        "material": 0,
    }
    material: dict[str, Any] = {
        "name": "skin",
        "doubleSided": True,
        "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 0.6},
    }
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "Lineament", "extras": _source(face)},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": "face", "mesh": 0}],
        "meshes": [
            {
                "name": "face",
                "primitives": [primitive],
                "weights": [rig.weights.get(name, 0.0) for name in rig.targets],
                "extras": {
                    "targetNames": list(rig.targets),
                    "emptyTargets": [name for name, moved in rig.targets.items() if not moved.any()],
                },
            }
        ],
        "materials": [material],
    }
    if rig.landmarks is not None:
        set_name, names, points = rig.landmarks
        _add_landmarks(document, set_name, names, points)
    if texture is not None:
        material["pbrMetallicRoughness"]["baseColorTexture"] = {"index": 0}
        document |= {
            "textures": [{"source": 0, "sampler": 0}],
            "images": [{"name": "skin", "mimeType": "image/png", "bufferView": parts.view(texture)}],
            "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        }
    document |= {"accessors": parts.accessors, "bufferViews": parts.views, "buffers": [{"byteLength": parts.size}]}
    return pack_container(document, b"".join(parts.blocks))


class _Parts:
    """Accessors, the views they read, and the bytes behind them; each view begins at a multiple of four."""

    def __init__(self) -> None:
        self.accessors: list[dict[str, Any]] = []
        self.views: list[dict[str, Any]] = []
        self.blocks: list[bytes] = []
        self.size = 0

    def view(self, data: bytes, target: int | None = None) -> int:
        self.views.append({"buffer": 0, "byteOffset": self.size, "byteLength": len(data)})
        if target is not None:
            self.views[-1]["target"] = target
        self.blocks.append(data + bytes(-len(data) % 4))
        self.size += len(self.blocks[-1])
        return len(self.views) - 1

    def accessor(
        self, values: npt.NDArray[Any], kind: str, target: int, *, bounds: bool = False, normalized: bool = False
    ) -> int:
        component = {"u1": _BYTE, "u2": _SHORT, "f4": _FLOAT}[values.dtype.str[1:]]
        entry: dict[str, Any] = {
            "bufferView": self.view(values.tobytes(), target),
            "componentType": component,
            "count": len(values),
            "type": kind,
        }
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry |= _bounds(values)
        self.accessors.append(entry)
        return len(self.accessors) - 1

    def target(self, values: Floats) -> int:
        """Add a displacement (V, 3) that keeps only the vertices it moves."""
        moved = np.flatnonzero(np.abs(values).max(axis=1) > _STILL)
        # A sparse accessor needs at least one entry, also where nothing moves.
        moved = moved if len(moved) else np.zeros(1, np.intp)
        kept = np.zeros_like(values)
        kept[moved] = values[moved]
        self.accessors.append(
            {
                "componentType": _FLOAT,
                "count": len(values),
                "type": "VEC3",
                **_bounds(kept),
                "sparse": {
                    "count": len(moved),
                    "indices": {"bufferView": self.view(moved.astype("<u2").tobytes()), "componentType": _SHORT},
                    "values": {"bufferView": self.view(kept[moved].tobytes())},
                },
            }
        )
        return len(self.accessors) - 1


def _metres(values: Floats) -> Floats:
    return np.ascontiguousarray(values * np.float32(1e-3), "<f4")


def _bounds(values: npt.NDArray[Any]) -> dict[str, list[float]]:
    return {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}


def _directions(vertices: Floats, triangles: npt.NDArray[np.int32]) -> Floats:
    """Unit normals; +z where the triangles around a vertex have no area."""
    normals = vertex_normals(vertices.astype(np.float64), triangles)
    normals[~(np.linalg.norm(normals, axis=1) > 0.5)] = (0, 0, 1)
    return np.asarray(normals, "<f4")


def _tints(alone: bool) -> npt.NDArray[np.uint8]:
    """Linear RGBA of each vertex, which the texture is multiplied with: only the mouth has one, as no scan shows it."""
    model = load_face_model()
    colors = part_colors()
    if not alone:
        colors[model.region != model.region_names.index("mouth")] = 255
    linear = np.round(255 * decode(colors / np.float32(255))).astype(np.uint8)
    return np.pad(linear, ((0, 0), (0, 1)), constant_values=255)


def _source(face: Face) -> dict[str, Any]:
    """What the file is of, and how its metres come from the scan's numbers."""
    pose = {"scale": face.pose.scale, "rotation": face.pose.rotation.tolist()}
    template = face.template
    return {
        "unit": "m",
        "source": "a scan fitted by Lineament",
        "source_unit": face.unit,
        "scan_to_face_mm": pose | {"translation": face.pose.translation.tolist()},
        "model": template.name if template else MODEL_NAME,
        "model_sha256": template.sha256 if template else model_digest(),
    }


def _add_landmarks(document: dict[str, Any], set_name: str, names: tuple[str, ...], points: Floats) -> None:
    """Hang one node a landmark below a node with the name of the set, which hangs below the mesh."""
    nodes = document["nodes"]
    first = len(nodes) + 1
    nodes[0]["children"] = [len(nodes)]
    nodes.append({"name": set_name, "children": list(range(first, first + len(names)))})
    nodes += [{"name": name, "translation": at} for name, at in zip(names, points.tolist(), strict=True)]
