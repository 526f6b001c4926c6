"""Surface detail: what a scan shows beyond the fitted mesh, as a displacement map in the model's uv.

The base is the fitted mesh as it is, flat triangles, with normals interpolated between its vertices: subdivide the mesh
without smoothing, move each vertex along its normal by what the map says there, and the scan comes back.

Symbols: S texels along each side, P texels that show the surface, V vertices of the face, N points of the scan,
k neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lineament.check import check_finite, check_shape
from lineament.errors import InputError
from lineament.face.detail_base import Base
from lineament.face.detail_clouds import find_feet, on_texels
from lineament.face.face import Face
from lineament.face.model import FaceModel
from lineament.face.project import NOWHERE, REACH, one_surface, project, surface
from lineament.face.uvmap import push_pull, sample, uv_map
from lineament.geometry.arrays import unit
from lineament.picture.raster import resample
from lineament.types import Floats, Ints, Scan, _frozen

Mask = npt.NDArray[np.bool_]

BEND = 0.7
"""Share of the height at which the mesh's normals cross that is still measured."""
FADE = 2.0
"""Over how many mm the map runs out around what was measured."""


@dataclass(frozen=True, eq=False, slots=True)
class Displacement:
    """Heights of a scan over the fitted mesh.

    Attributes
    ----------
    height : (S, S) float32, mm
        Along the interpolated unit normal of the fitted mesh, outwards positive; row 0 is the top of the uv.
        Where nothing was measured it falls smoothly from the border of what was to zero.
    measured : (S, S) bool
        Where the scan was met.

    Raises
    ------
    InputError
        Shapes do not agree, or a height is not finite.
    """

    height: Floats
    measured: Mask

    def __post_init__(self) -> None:
        object.__setattr__(self, "height", _frozen(self.height, np.float32))
        object.__setattr__(self, "measured", _frozen(self.measured, np.bool_))
        size = check_shape(self.height, "S S", "height")["S"]
        check_shape(self.measured, f"{size} {size}", "measured")
        check_finite(self.height, "height")


def displacement(face: Face, scan: Scan, size: int = 2048, model: FaceModel | None = None) -> Displacement:
    """Measure a scan's height over the face fitted to it.

    A mesh is met exactly, by the normal of each texel; of a bare cloud a plane is fitted to the heights of the nearest
    points (moving least squares). The inside of the mouth is not measured, nor are the eyeballs, which turn in an
    animation: relief of lids and lashes must not turn with them.

    Parameters
    ----------
    face : Face
    scan : Scan
        The scan that the face was fitted to, in its own frame and unit.
    size : int
        S, texels along each side; with the shipped model, 2048 are 0.18 mm a texel.
    model : FaceModel, optional
        The model of `face`; the one that ships with Lineament when None.

    Raises
    ------
    InputError
        The face has another number of vertices than the model, the size is out of range, or the scan lies nowhere
        within 3 mm of the face.
    """
    base = Base.of(face, model)
    uv = uv_map(size, base.model)
    points = face.pose.apply(scan.points)
    if scan.triangles is not None and len(scan.triangles):
        hit = project(uv, base.vertices, base.normals, surface(points, scan.triangles), REACH)
        height, measured = hit.height, hit.triangle >= 0
    else:
        feet = find_feet(base, points, REACH)
        heights, measured = on_texels(base, uv, feet, feet.height[:, None])
        height = heights[:, 0]
    measured &= uv.interpolate(np.maximum(base.hidden, base.eyes)[:, None])[:, 0] <= 0
    limit = BEND / np.maximum(uv.interpolate(base.bend[:, None])[:, 0], np.float32(1e-3))
    measured &= np.abs(height) < limit
    image = uv.image(height)
    shown = one_surface(image, uv.image(measured), base.texel(size))
    if not shown.any():
        raise InputError(NOWHERE)
    filled = _faded(image, shown, uv.image(limit), FADE / base.texel(size))
    uv.dilate(filled)
    return Displacement(filled, shown)


def subdivided(face: Face, levels: int, model: FaceModel | None = None) -> Scan:
    """Split each triangle of the fitted mesh into four, `levels` times, without smoothing.

    Returns
    -------
    Scan
        In mm, face frame, with uv, and with the interpolated normals that a displacement map goes along.

    Raises
    ------
    InputError
        `levels` is not from 0 to 6, or the face has another number of vertices than the model.
    """
    triangles, points, normals, uv = _subdivided(Base.of(face, model), levels)
    return Scan(points, triangles, normals, uv=uv, unit="mm")


def _subdivided(base: Base, levels: int) -> tuple[Ints, Floats, Floats, Floats]:
    """Triangles, points, unit normals and uv."""
    if not 0 <= levels <= 6:
        raise InputError(f"levels is {levels}, expected 0 to 6")
    triangles = base.model.triangles
    values = np.concatenate([base.vertices, base.normals, base.model.uv], axis=1)
    for _ in range(levels):
        triangles, values = _split(triangles, values)
    return triangles, values[:, :3], unit(values[:, 3:6]), values[:, 6:]


def applied(face: Face, detail: Displacement, levels: int = 2, model: FaceModel | None = None) -> Scan:
    """Put the detail back: the subdivided mesh, each vertex moved along its normal by what the map says there.

    Parameters
    ----------
    face : Face
    detail : Displacement
    levels : int
        With the shipped model, 2 give vertices 0.6 mm apart, 3 give 0.3 mm.
    model : FaceModel, optional

    Returns
    -------
    Scan
        In mm, face frame, with uv and without normals; `face.pose.inverse()` takes its points to the scan's frame.

    Raises
    ------
    InputError
        As `subdivided`.
    """
    triangles, points, normals, uv = _subdivided(Base.of(face, model), levels)
    points = points + normals * sample(detail.height, uv)[:, None]
    return Scan(points, triangles, uv=uv, unit="mm")


def _split(triangles: Ints, values: Floats) -> tuple[Ints, Floats]:
    """Put a vertex, the mean of both ends, on each edge."""
    ends = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    key = ends[:, 0].astype(np.int64) * len(values) + ends[:, 1]
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    middle = (values[ends[first, 0]] + values[ends[first, 1]]) / 2
    a, b, c = triangles.T
    ab, bc, ca = (place.reshape(3, -1) + len(values)).astype(np.int32)
    four = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], axis=1).reshape(-1, 3)
    return four, np.concatenate([values, middle])


def _faded(height: Floats, measured: Mask, limit: Floats, width: float) -> Floats:
    """Let the heights run out over `width` texels around what was measured, within `limit` mm."""
    step = 4  # distances change slowly: those of blocks are enough
    size = -(-len(measured) // step) * step
    padded = np.zeros((size, size), np.bool_)
    padded[: len(measured), : len(measured)] = measured
    blocks = padded.reshape(size // step, step, size // step, step).any(axis=(1, 3))
    near = np.clip(1 - ndimage.distance_transform_edt(~blocks) * step / width, 0, 1).astype(np.float32)
    at = (np.arange(len(measured)) + 0.5) / step - 0.5
    weight = resample(near * near * (3 - 2 * near), np.maximum(at, 0), np.maximum(at, 0))
    around = push_pull(height[..., None], measured)[..., 0] * weight
    return np.where(measured, height, np.clip(around, -limit, limit)).astype(np.float32)
