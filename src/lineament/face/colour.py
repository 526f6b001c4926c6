"""Colour: a scan's texture or vertex colours baked into the model's uv.

Symbols: S texels along each side, P texels that show the surface, T triangles of the scan, H x W pixels of its texture.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lineament.check import check_shape
from lineament.errors import InputError
from lineament.face.detail_base import Base
from lineament.face.detail_clouds import find_feet, on_texels
from lineament.face.face import Face
from lineament.face.model import FaceModel
from lineament.face.project import NOWHERE, REACH, Projection, Surface, one_surface, project, surface
from lineament.face.uvmap import UvMap, push_pull, sample, uv_map
from lineament.io.atomic import atomic_write
from lineament.io.scans.texture import Texture, read_texture
from lineament.picture.raster import chunks
from lineament.types import Floats, Scan, _frozen


@dataclass(frozen=True, eq=False, slots=True)
class Colour:
    """The colours of a face.

    Attributes
    ----------
    image : (S, S, 3) uint8, sRGB
        In the model's uv, row 0 is the top. Where nothing was measured it is filled smoothly from around.
    measured : (S, S) bool
        Where the scan was met.

    Raises
    ------
    InputError
        Shapes do not agree.
    """

    image: npt.NDArray[np.uint8]
    measured: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", _frozen(self.image, np.uint8))
        object.__setattr__(self, "measured", _frozen(self.measured, np.bool_))
        size = check_shape(self.image, "S S 3", "image")["S"]
        check_shape(self.measured, f"{size} {size}", "measured")


def bake_colour(
    face: Face,
    scan: Scan,
    size: int = 1024,
    *,
    texture: str | PathLike[str] | Texture | None = None,
    model: FaceModel | None = None,
) -> Colour:
    """Bake a scan's colours into the model's uv.

    Parameters
    ----------
    face : Face
    scan : Scan
        The scan that the face was fitted to, in its own frame and unit.
    size : int
        S, texels along each side.
    texture : path-like or Texture, optional
        The image that belongs to the scan's uv, where its file does not name it; or the scan's texture, already read.
        A scan's texture goes before its vertex colours.
    model : FaceModel, optional
        The model of `face`; the one that ships with Lineament when None.

    Raises
    ------
    InputError
        The scan has no colours, or lies nowhere within 3 mm of the face; or as `lineament.face.detail.displacement` and
        `lineament.io.scans.texture.read_texture`.
    """
    base = Base.of(face, model)
    uv = uv_map(size, base.model)
    picture = texture if isinstance(texture, Texture) else read_texture(scan, texture)
    if picture is None and scan.colors is None:
        raise InputError("the scan has no colours: neither a texture image nor vertex colours; give the image's file")
    points = face.pose.apply(scan.points)
    if scan.triangles is not None and len(scan.triangles):
        mesh = surface(points, scan.triangles)
        hit = project(uv, base.vertices, base.normals, mesh, REACH)
        sound = one_surface(uv.image(hit.height), uv.image(hit.triangle >= 0), base.texel(size))
        measured = sound.reshape(-1)[uv.texel]
        if picture is not None:
            colors = _of_texture(picture, mesh, hit, uv)
        else:
            colors = _of_corners(scan.colors[mesh.corners], hit)  # type: ignore[index]
    else:
        feet = find_feet(base, points, REACH)
        colors, measured = on_texels(base, uv, feet, scan.colors[feet.row].astype(np.float32))  # type: ignore[index]
    measured &= uv.interpolate(base.hidden[:, None])[:, 0] <= 0
    if not measured.any():
        raise InputError(NOWHERE)
    shown = uv.image(measured)
    filled = push_pull(uv.image(colors), shown)
    return Colour(np.clip(filled + 0.5, 0, 255).astype(np.uint8), shown)


def has_colour(scan: Scan) -> bool:
    """Return whether a scan has colours that can be baked.

    Raises
    ------
    InputError
        As `lineament.io.scans.texture.read_texture`.
    """
    return scan.colors is not None or read_texture(scan) is not None


def colour_path(face: Path) -> Path:
    """Return where the colours of a face's file are kept: `NAME.face_colour.png` for `NAME.face.npz`."""
    return face.with_name(f"{face.stem}_colour.png")


def write_colour(colour: Colour, path: str | PathLike[str]) -> Path:
    """Write the image as PNG, whole or not at all.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    with atomic_write(path) as file:
        Image.fromarray(colour.image).save(file, format="PNG")
    return Path(path)


def _of_corners(corners: npt.NDArray[Any], hit: Projection) -> Floats:
    """Interpolate values at the corners of the surface's triangles (T, 3, C) to what the texels meet, (P, C)."""
    values = np.zeros((len(hit.triangle), corners.shape[2]), np.float32)
    met = np.flatnonzero(hit.triangle >= 0)
    for part in chunks(len(met)):
        some = met[part]
        second, third = hit.weights[some].T
        shares = np.stack([1 - second - third, second, third], axis=1)
        values[some] = np.einsum("pk,pkc->pc", shares, corners[hit.triangle[some]])
    return values


def _of_texture(texture: Texture, mesh: Surface, hit: Projection, uv: UvMap) -> Floats:
    """Look the texture up at what the texels meet, (P, 3)."""
    corners = np.nan_to_num(texture.uv[mesh.source])
    # textures repeat beyond 0 to 1; whole triangles are moved, so that none is torn
    corners = corners - np.floor(corners.mean(axis=1, keepdims=True))
    at = _of_corners(corners, hit)
    image = _reduced(texture.image, at, hit, uv)
    values = np.zeros((len(at), 3), np.float32)
    met = np.flatnonzero(hit.triangle >= 0)
    for part in chunks(len(met)):
        values[met[part]] = sample(image, at[met[part]])
    return values


def _reduced(image: npt.NDArray[np.uint8], at: Floats, hit: Projection, uv: UvMap) -> npt.NDArray[np.uint8]:
    """Average a texture that is finer than the map, or what lies between the texels would be lost or flicker."""
    beside = np.flatnonzero((np.diff(uv.texel) == 1) & (hit.triangle[1:] >= 0) & (hit.triangle[:-1] >= 0))
    if not len(beside):
        return image
    step = np.abs(at[beside + 1] - at[beside]) * np.array([image.shape[1], image.shape[0]], np.float32)
    times = int(np.median(np.hypot(step[:, 0], step[:, 1])) + 0.25)
    times = min(times, image.shape[0] // 2, image.shape[1] // 2)
    return image if times < 2 else np.asarray(Image.fromarray(image).reduce(times))
