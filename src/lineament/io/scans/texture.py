"""The colour image of a textured mesh, and where each triangle lies in it.

Symbols: T triangles, H x W pixels.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lineament.errors import FormatError, InputError
from lineament.io.load import load_bytes
from lineament.io.scans.gltf import Gltf, open_containers, read_beside, table_of
from lineament.io.scans.obj import read_obj_uv
from lineament.types import Floats, Scan

IMAGE_SUFFIXES = ("png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp")


@dataclass(frozen=True, eq=False, slots=True)
class Texture:
    """An image, and the uv of each corner of a scan's triangles.

    Attributes
    ----------
    image : (H, W, 3) uint8, sRGB
        Row 0 is the top.
    uv : (T, 3, 2) float32
        Origin at the lower left.
    """

    image: npt.NDArray[np.uint8]
    uv: Floats


def read_texture(scan: Scan, image: str | PathLike[str] | None = None) -> Texture | None:
    """Read the texture of a scan that was read from a file.

    The image is the one that the OBJ's material, the glTF's material or the PLY's `comment TextureFile` names, or else
    one beside the scan with its stem. Unlike `Scan.uv`, seams of OBJ files are kept.

    Parameters
    ----------
    scan : Scan
    image : path-like, optional
        The image's file, where the scan does not name it.

    Returns
    -------
    Texture or None
        None when the scan has no triangles, no uv, or no image.

    Raises
    ------
    InputError
        `image` cannot be read, or the scan has no uv for it; or the scan has several images.
    FormatError
        The image is damaged.
    """
    uv = _corner_uv(scan)
    if image is not None:
        if uv is None:
            raise InputError(f"{image} cannot be laid on {_name(scan)}, which has no uv coordinates on triangles")
        return Texture(_decode(load_bytes(image), str(image)), uv)
    if uv is None or scan.source.path is None or not scan.source.path.is_file():
        return None
    path = scan.source.path
    try:
        finder = _FINDERS.get(scan.source.format)
        found = [] if finder is None else finder(load_bytes(path), path)
    except InputError as error:
        raise type(error)(f"the texture of {path}: {error}") from None
    if len(found) > 1:
        raise InputError(f"{path} has {len(found)} texture images, expected one; merge them, or use vertex colours")
    if found:
        return Texture(_decode(found[0], f"the texture of {path}"), uv)
    for suffix in IMAGE_SUFFIXES:
        beside = path.with_suffix(f".{suffix}")
        if beside.is_file():
            return Texture(_decode(load_bytes(beside), str(beside)), uv)
    return None


def _name(scan: Scan) -> str:
    return "the scan" if scan.source.path is None else str(scan.source.path)


def _corner_uv(scan: Scan) -> Floats | None:
    if scan.triangles is None or not len(scan.triangles):
        return None
    if scan.uv is not None:
        return np.asarray(scan.uv[scan.triangles])
    if scan.source.format != "obj" or scan.source.path is None or not scan.source.path.is_file():
        return None
    uv = read_obj_uv(load_bytes(scan.source.path))
    return uv if uv is not None and len(uv) == len(scan.triangles) else None


def _of_obj(data: bytes, path: Path) -> list[bytes]:
    """Images that the materials of an OBJ name as their colour."""
    images: dict[str, bytes] = {}
    for library in re.findall(rb"(?m)^[ \t]*mtllib[ \t]+(.+?)\s*$", data):
        text = _file_beside(path.parent, library)
        for entry in re.findall(rb"(?mi)^[ \t]*map_Kd[ \t]+(.+?)\s*$", text or b""):
            # options such as -s 1 1 1 come before the name
            name = entry.split()[-1] if entry.startswith(b"-") else entry
            image = _file_beside(path.parent, name)
            if image is not None:
                images[name.decode("utf-8", "replace")] = image
    return list(images.values())


def _of_ply(data: bytes, path: Path) -> list[bytes]:
    header = data[: data.find(b"end_header") + 1]
    names = dict.fromkeys(re.findall(rb"(?m)^comment[ \t]+TextureFile[ \t]+(.+?)\s*$", header))
    return [image for name in names if (image := _file_beside(path.parent, name)) is not None]


def _of_gltf(data: bytes, path: Path) -> list[bytes]:
    """Images that the materials of a glTF name as their base colour."""
    document, binary = open_containers(data)
    gltf = Gltf(document, binary, path.parent)
    images: dict[Any, bytes] = {}
    for index in range(len(gltf.items("materials"))):
        coat = table_of(gltf.item("materials", index), "pbrMetallicRoughness")
        texture = table_of(coat, "baseColorTexture").get("index")
        source = None if texture is None else gltf.item("textures", texture).get("source")
        if source is None or source in images:
            continue
        image = gltf.item("images", source)
        if "bufferView" in image:
            images[source] = bytes(gltf.view(image["bufferView"])[0])
        elif isinstance(image.get("uri"), str) and not image["uri"].startswith("data:"):
            images[source] = read_beside(path.parent, image["uri"])
        else:
            raise FormatError(f"image {source} of the glTF is neither a buffer view nor a file beside it")
    return list(images.values())


_FINDERS: dict[str, Callable[[bytes, Path], list[bytes]]] = {
    "obj": _of_obj,
    "ply": _of_ply,
    "glb": _of_gltf,
    "gltf": _of_gltf,
}


def _file_beside(folder: Path, name: bytes) -> bytes | None:
    """Content of a file in the scan's own folder; None when there is none, as with scans that were moved."""
    text = name.decode("utf-8", "replace").strip('"').replace("\\", "/")
    place = folder.resolve()
    try:
        target = (place / text).resolve()
        if target.is_relative_to(place) and target.is_file():
            return load_bytes(target)
    except (OSError, RuntimeError, ValueError):
        return None
    return None


def _decode(data: bytes, name: str) -> npt.NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # textures of 16384 pixels are common
            with Image.open(io.BytesIO(data)) as image:
                return np.asarray(image.convert("RGB"))
    except Image.DecompressionBombError:
        raise FormatError(f"{name} has more pixels than are read; make it smaller") from None
    except (OSError, SyntaxError, ValueError, TypeError, IndexError, OverflowError, EOFError):
        raise FormatError(f"{name} is no image that can be read, or it is damaged") from None
