"""Pictures of a surface without a graphics card.

Symbols: N points, T triangles, H x W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lineament.geometry.neighbours import knn
from lineament.geometry.normals import estimate_normals, vertex_normals
from lineament.geometry.quality import weld
from lineament.picture.camera import Camera
from lineament.picture.raster import chunks, interpolate, rasterise, resample, splat, spread
from lineament.picture.shade import CLAY, PAPER, decode, encode, occlusion, shade
from lineament.types import Floats, Ints

_FINER = 2  # pixels drawn along each side of a pixel of the picture
_SPLAT_RADIUS = 5.0  # pixels
_MOST_SPLATS = 300_000  # more points than this cannot be told apart in a picture


@dataclass(frozen=True, eq=False)
class Rendering:
    """A picture of a surface.

    Attributes
    ----------
    image : (H, W, 3) uint8, sRGB
    nearness : (H, W) float32, pixels
        As in `Camera.project`; -inf where nothing is seen.
    """

    image: npt.NDArray[np.uint8]
    nearness: Floats


def render(
    points: Floats,
    triangles: Ints | None,
    camera: Camera,
    *,
    colors: npt.NDArray[np.uint8] | None = None,
    normals: Floats | None = None,
) -> Rendering:
    """Draw a mesh, or a bare cloud as a surface.

    Parameters
    ----------
    points : (N, 3) float32, any frame and unit
        Rows of NaN are passed over.
    triangles : (T, 3) int32 or None
    camera : Camera
    colors : (N, 3) uint8 or None
        sRGB of each point; without, the surface is clay.
    normals : (N, 3) float32 or None
        Computed when None. Their sign does not matter.

    """
    fine = camera.enlarged(_FINER)
    image = np.empty((fine.height * fine.width, 3), dtype=np.float32)
    image[:] = decode(PAPER)
    depth = np.full(fine.height * fine.width, -np.inf, dtype=np.float32)
    if triangles is None or not len(triangles):
        pixels, values = _splat_cloud(points, fine, colors, normals)
    else:
        pixels, values = _draw_mesh(points, triangles, fine, colors, normals)
    depth[pixels] = values[:, 0]
    sky, lamp = occlusion(depth.reshape(fine.height, fine.width), reach=0.05 * min(fine.width, fine.height))
    for part in chunks(len(pixels)):
        at, facing = pixels[part], values[part, 1:4]
        albedo = values[part, 4:7] if colors is not None else decode(CLAY)
        image[at] = shade(facing, albedo, sky.ravel()[at], lamp.ravel()[at])
    fine_image, fine_depth = image.reshape(fine.height, fine.width, 3), depth.reshape(fine.height, fine.width)
    corners = [(slice(i, None, _FINER), slice(j, None, _FINER)) for i in range(_FINER) for j in range(_FINER)]
    mean = sum((fine_image[corner] for corner in corners[1:]), fine_image[corners[0]]) / np.float32(len(corners))
    nearest = np.maximum.reduce([fine_depth[corner] for corner in corners]) / np.float32(_FINER)
    return Rendering(encode(mean), nearest)


def _draw_mesh(
    points: Floats, triangles: Ints, camera: Camera, colors: npt.NDArray[np.uint8] | None, normals: Floats | None
) -> tuple[npt.NDArray[np.intp], Floats]:
    """Pixels that show the mesh, and their nearness, normal and colour."""
    finite = np.asarray(np.isfinite(points).all(axis=1))
    triangles = triangles[finite[triangles].all(axis=1)]
    positions = camera.project(points)
    seen = rasterise(positions, triangles, camera.width, camera.height)
    if normals is None:
        same = weld(
            points
        )  # across the seams of texture maps, and in STL files, where each triangle has its own points
        normals = vertex_normals(points, same[triangles])[same]
    turned = np.nan_to_num(normals) @ camera.rotation.T.astype(np.float32)
    pixels, values = interpolate(positions, triangles, seen, _values(positions, turned, colors))
    values[values[:, 3] < 0, 1:4] *= -1  # scans often come inside out
    return pixels, values


def _splat_cloud(
    points: Floats, camera: Camera, colors: npt.NDArray[np.uint8] | None, normals: Floats | None
) -> tuple[npt.NDArray[np.intp], Floats]:
    """Pixels that show the cloud, and their nearness, normal and colour."""
    kept = np.flatnonzero(np.isfinite(points).all(axis=1))
    kept = kept[:: len(kept) // _MOST_SPLATS + 1]
    if len(kept) < 3:
        return np.empty(0, np.intp), np.empty((0, 7), np.float32)
    points = points[kept]
    near, distance = knn(points, min(13, len(points)))
    spacing = distance[:, min(6, len(points) - 1)]
    radius = 1.15 * np.minimum(spacing, 3 * np.median(spacing))
    # A sparse cloud holds no more detail than its spacing: draw it small, then enlarge it smoothly.
    times = max(float(np.median(radius)) * camera.scale / _SPLAT_RADIUS, 1.0)
    width, height = int(np.ceil(camera.width / times)) + 1, int(np.ceil(camera.height / times)) + 1
    small = Camera(camera.rotation, camera.centre, camera.scale / times, width, height)

    positions = small.project(points)
    facing = estimate_normals(points, near) if normals is None else np.nan_to_num(normals[kept])
    turned = facing @ camera.rotation.T.astype(np.float32)
    turned = np.where(turned[:, 2:] < 0, -turned, turned)
    values = _values(positions, turned, None if colors is None else colors[kept])
    pixels, values = splat(
        positions, turned, np.maximum(radius * small.scale, 1.5).astype(np.float32), values, width, height
    )
    if not len(pixels):
        return pixels, values
    sheet, covered = spread(pixels, values, width, height)
    rows, columns = (
        (np.arange(large) - (large - 1) / 2) / times + (little - 1) / 2
        for large, little in ((camera.height, height), (camera.width, width))
    )
    shown = np.flatnonzero(resample(covered, rows, columns).ravel() > 0.5)
    values = resample(sheet, rows, columns).reshape(-1, sheet.shape[-1])[shown]
    values[:, 0] *= times
    return shown, values


def _values(positions: Floats, normals: Floats, colors: npt.NDArray[np.uint8] | None) -> Floats:
    parts = [positions[:, 2:], normals] + ([] if colors is None else [decode(colors / np.float32(255))])
    return np.concatenate(parts, axis=1, dtype=np.float32)
