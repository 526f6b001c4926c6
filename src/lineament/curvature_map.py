"""The curvature of a whole scan, as numbers and as colours.

Symbols: N points, R radii.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lineament.errors import InputError, NoFaceError
from lineament.geometry.alignment import Similarity
from lineament.geometry.curvature import curvedness, principal_curvatures, shape_index
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import estimate_normals, orient_normals, vertex_normals
from lineament.geometry.quality import weld
from lineament.types import MILLIMETRES, Floats, Ints, Scan

if TYPE_CHECKING:
    from lineament.detect.detector import Detector

_NEIGHBOURS = 16
_FEWEST = 24
"""Points without which no curvature is measured."""


@dataclass(frozen=True, eq=False)
class CurvatureMap:
    """Curvature at each point of a scan; NaN where the scan's point is missing.

    Attributes
    ----------
    radii : tuple of R floats, mm
    k1, k2 : (N, R) float32, 1/mm
        Principal curvatures, k1 >= k2; convex is positive.
    shape_index : (N, R) float32
        -1 a cup, 0 a saddle, 1 a cap.
    curvedness : (N, R) float32, 1/mm
    """

    radii: tuple[float, ...]
    k1: Floats
    k2: Floats
    shape_index: Floats
    curvedness: Floats


@dataclass(frozen=True, eq=False)
class Size:
    """How large a scan is, and where its face is if it has one."""

    unit: str | None
    mm_per_unit: float
    pose: Similarity | None
    """From the scan's frame and unit to the face frame in mm."""


def find_size(scan: Scan, detector: Detector, unit: str | None = None) -> Size:
    """Find a scan's face and with it the unit; without a face the unit must be known.

    Parameters
    ----------
    scan : Scan
    detector : Detector
    unit : str, optional
        `mm`, `cm`, `m` or `in`; given by the user.

    Raises
    ------
    InputError
        There is no face, and neither the user nor the file states the unit.
    """
    try:
        found = detector.detect(scan, (), unit)
    except NoFaceError as error:
        known = unit or scan.unit
        if known is None:
            raise InputError(f"curvature is measured in mm, and the unit is unknown: {error}; or give --unit") from None
        return Size(known, MILLIMETRES[known], None)
    return Size(found.unit, found.mm_per_unit, found.pose)


def map_curvature(scan: Scan, size: Size, radii: Sequence[float]) -> CurvatureMap:
    """Measure the curvature at every point of a scan.

    Parameters
    ----------
    scan : Scan
    size : Size
        Where the face is known, its outside is the scan's outside.
    radii : sequence of R floats, mm

    Raises
    ------
    InputError
        A radius is not positive, or the scan has too few points.
    """
    kept = np.flatnonzero(np.isfinite(scan.points).all(axis=1))
    first, place = np.unique(weld(scan.points[kept]), return_inverse=True)
    if len(first) < _FEWEST:
        raise InputError(f"the scan has {len(first)} distinct points; curvature needs {_FEWEST} or more")
    rows = kept[first]
    # Near the origin float32 is finest.
    points = (scan.points[rows] - scan.points[rows].mean(axis=0)) * np.float32(size.mm_per_unit)
    triangles = None
    if scan.triangles is not None and len(scan.triangles):
        where = np.full(len(scan), -1)
        where[kept] = place.reshape(-1)
        triangles = where[scan.triangles]
        triangles = triangles[(triangles >= 0).all(axis=1)].astype(np.int32)
    normals = _outward_normals(points, triangles)
    if size.pose is not None and _faces_inwards(scan.points[rows], normals, size.pose):
        normals = -normals
    bends = principal_curvatures(points, normals, tuple(radii))

    def spread(values: Floats) -> Floats:
        full = np.full((len(scan), len(radii)), np.nan, dtype=np.float32)
        full[kept] = values[place.reshape(-1)]
        return full

    k1, k2 = bends[..., 0], bends[..., 1]
    return CurvatureMap(
        tuple(float(radius) for radius in radii),
        *(spread(values) for values in (k1, k2, shape_index(k1, k2), curvedness(k1, k2))),
    )


def _outward_normals(points: Floats, triangles: Ints | None) -> Floats:
    """Normals of the points, on the side that the triangles show or, for a cloud, that is convex as a whole."""
    neighbours, _ = knn(points, min(_NEIGHBOURS, len(points)))
    normals = estimate_normals(points, neighbours)
    if triangles is None or not len(triangles):
        return np.asarray(orient_normals(points, normals, neighbours))
    sides = vertex_normals(points, triangles)
    return np.asarray(np.where((normals * sides).sum(axis=1, keepdims=True) < 0, -normals, normals))


def _faces_inwards(points: Floats, normals: Floats, pose: Similarity) -> bool:
    """Return whether most normals at the front of the face point into the head."""
    local, turned = pose.apply(points), pose.rotate(normals)
    front = (np.abs(local[:, 0]) < 60) & (np.abs(local[:, 1]) < 80) & (local[:, 2] > 40)
    return bool(turned[front, 2].sum() < 0)


def coloured(scan: Scan, colors: npt.NDArray[np.uint8]) -> Scan:
    """Return the scan with other colours, without texture coordinates."""
    return replace(scan, colors=colors, uv=None)


def write_curvature(scan: Scan, size: Size, found: CurvatureMap, base: Path) -> list[Path]:
    """Write a scan's curvature: numbers, coloured scans and a picture for each radius.

    Parameters
    ----------
    scan : Scan
    size : Size
    found : CurvatureMap
    base : Path
        Beginning of the files' names.

    Returns
    -------
    list of Path
        `<base>.curvature.npz` with all numbers; for each radius a PLY file coloured by shape index, one by
        curvedness, and a PNG picture of both.
    """
    from lineament.io.atomic import atomic_write
    from lineament.io.folder import make_folder
    from lineament.io.scans import write_scan
    from lineament.picture.colormap import colormap
    from lineament.picture.sheets import curvature_picture, save_picture

    make_folder(base.parent)
    paths = [base.with_name(f"{base.name}.curvature.npz")]
    with atomic_write(paths[0]) as file:
        np.savez_compressed(
            file,
            radii_mm=np.array(found.radii),
            k1=found.k1,
            k2=found.k2,
            shape_index=found.shape_index,
            curvedness=found.curvedness,
        )
    rotation = None if size.pose is None else size.pose.rotation
    for column, radius in enumerate(found.radii):
        index, bent = found.shape_index[:, column], found.curvedness[:, column]
        strong = float(np.nanpercentile(bent, 97))
        start = f"{base.name}.{radius:g}mm"
        for name, colors in (
            ("shape_index", colormap(index, -1, 1, "diverging")),
            ("curvedness", colormap(bent, 0, strong, "sequential")),
        ):
            paths.append(write_scan(coloured(scan, colors), base.with_name(f"{start}.{name}.ply")))
        paths.append(save_picture(curvature_picture(scan, index, bent, rotation), base.with_name(f"{start}.png")))
    return paths
