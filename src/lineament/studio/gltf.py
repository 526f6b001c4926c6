"""Meshes and clouds for the page, as GLB files: scan units, not metres, about a centre of their own.

Format: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html. Symbols: M vertices, S triangles.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.io.scans.gltf import pack_container
from lineament.picture.shade import decode
from lineament.types import Floats, Ints

_SHORT, _INT, _FLOAT = 5123, 5125, 5126
_VERTICES, _INDICES = 34962, 34963
_POINTS, _TRIANGLES = 0, 4
_FULL = 65535
_QUALITY = 90


def pack_mesh(
    points: Floats,
    triangles: Ints | None,
    normals: Floats | None = None,
    colors: npt.NDArray[np.uint8] | None = None,
    uv: Floats | None = None,
    image: npt.NDArray[np.uint8] | None = None,
) -> bytes:
    """Return a GLB file with one mesh, or one cloud of points.

    Parameters
    ----------
    points : (M, 3) float32
    triangles : (S, 3) int32 or None
    normals : (M, 3) float32, optional
        Rows of zeros and NaN become +z, since glTF holds unit vectors only.
    colors : (M, 3) uint8, optional
        sRGB; linear in the file, as glTF has it.
    uv : (M, 2) float32, optional
        Origin at the lower left.
    image : (H, W, 3) uint8, optional
        The texture that `uv` is of.
    """
    blocks: list[tuple[str, npt.NDArray[Any], int, str]] = [("POSITION", points.astype("<f4"), _FLOAT, "VEC3")]
    if normals is not None:
        blocks.append(("NORMAL", _directions(normals), _FLOAT, "VEC3"))
    if colors is not None:
        # in 8 bits, dark skin would show bands
        linear = np.round(_FULL * decode(np.arange(256, dtype=np.float32) / 255)).astype("<u2")[colors]
        blocks.append(("COLOR_0", np.pad(linear, ((0, 0), (0, 1)), constant_values=_FULL), _SHORT, "VEC4"))
    if uv is not None and image is not None:
        blocks.append(("TEXCOORD_0", np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1).astype("<f4"), _FLOAT, "VEC2"))
    if triangles is not None:
        blocks.append(("indices", triangles.astype("<u4").reshape(-1), _INT, "SCALAR"))
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []
    binary: list[bytes] = []
    offset = 0
    for name, block, component, kind in blocks:
        target = _INDICES if name == "indices" else _VERTICES
        views.append({"buffer": 0, "byteOffset": offset, "byteLength": block.nbytes, "target": target})
        accessors.append({"bufferView": len(views) - 1, "componentType": component, "count": len(block), "type": kind})
        if name == "COLOR_0":
            accessors[-1]["normalized"] = True
        binary.append(block.tobytes())
        offset += block.nbytes
    accessors[0] |= {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
    names = [name for name, *_ in blocks]
    primitive: dict[str, Any] = {
        "attributes": {name: i for i, name in enumerate(names) if name != "indices"},
        "mode": _POINTS if triangles is None else _TRIANGLES,
        "material": 0,
    }
    if triangles is not None:
        primitive["indices"] = len(names) - 1
    surface: dict[str, Any] = {"metallicFactor": 0, "roughnessFactor": 0.8}
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "Lineament"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "materials": [{"doubleSided": True, "pbrMetallicRoughness": surface}],
        "accessors": accessors,
        "bufferViews": views,
    }
    if "TEXCOORD_0" in names and image is not None:
        data = _jpeg(image)
        views.append({"buffer": 0, "byteOffset": offset, "byteLength": len(data)})
        binary.append(data)
        offset += len(data)
        surface["baseColorTexture"] = {"index": 0}
        document |= {
            "textures": [{"source": 0, "sampler": 0}],
            "images": [{"mimeType": "image/jpeg", "bufferView": len(views) - 1}],
            "samplers": [{"magFilter": 9729, "minFilter": 9987}],
        }
    document["buffers"] = [{"byteLength": offset + -offset % 4}]
    return pack_container(document, b"".join(binary) + bytes(-offset % 4))


def _directions(normals: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        length = np.sqrt(np.square(normals.astype(np.float64)).sum(axis=1))
        sound = (length > 0.5) & np.isfinite(length)
    unit = np.zeros(normals.shape, "<f4")
    unit[:, 2] = 1
    unit[sound] = normals[sound] / length[sound, None]
    return unit


def _jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
