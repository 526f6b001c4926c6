"""The plain data that flows through Lineament.

Symbols: N points, T triangles, L landmarks, H x W a depth image.
Everything is frozen; arrays are made read-only, so that a value can be passed on without copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lineament.check import check_finite, check_indices, check_shape
from lineament.errors import InputError

if TYPE_CHECKING:
    from os import PathLike

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

MILLIMETRES: Mapping[str, float] = MappingProxyType({"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4})
"""Millimetres in each unit that a scan may be given in."""


def _frozen(values: Any, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Return `values` as a contiguous read-only array; copied only when it must be."""
    array = np.ascontiguousarray(values, dtype=dtype)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True)
class Source:
    """Where a scan came from."""

    path: Path | None = None
    format: str = ""
    """Suffix of the reader, such as `ply`."""
    warnings: tuple[str, ...] = ()
    """What the reader passed over or repaired, in sentences for the user."""


@dataclass(frozen=True, eq=False, slots=True)
class Scan:
    """A raw measurement: points, perhaps a mesh. Point i is item i of the file, always.

    Attributes
    ----------
    points : (N, 3) float32, in the file's frame and unit
        Rows of NaN are points that the sensor marked as missing.
    triangles : (T, 3) int32 or None
        Polygons of the file as fans of triangles.
    normals : (N, 3) float32 or None
    colors : (N, 3) uint8 or None
    uv : (N, 2) float32 or None
        Origin at the lower left. None where the file gives one point several uv.
    unit : str or None
        `mm`, `cm`, `m` or `in` where the file or the user states it; None when unknown.
    source : Source

    Raises
    ------
    InputError
        A shape is off, a triangle refers to a point that does not exist, a value is infinite.
    """

    points: Floats
    triangles: Ints | None = None
    normals: Floats | None = None
    colors: npt.NDArray[np.uint8] | None = None
    uv: Floats | None = None
    unit: str | None = None
    source: Source = field(default_factory=Source)

    def __post_init__(self) -> None:
        def put(name: str, value: npt.NDArray[Any]) -> None:
            object.__setattr__(self, name, value)

        put("points", _frozen(self.points, np.float32))
        count = check_shape(self.points, "N 3", "points")["N"]
        if np.isinf(self.points).any():
            raise InputError("points hold infinite coordinates, or numbers too large for float32")
        if self.triangles is not None:
            triangles = np.asarray(self.triangles)
            check_shape(triangles, "T 3", "triangles")
            check_indices(triangles, count, "triangles")
            put("triangles", _frozen(triangles, np.int32))
        for name, width, dtype in (("normals", 3, np.float32), ("colors", 3, np.uint8), ("uv", 2, np.float32)):
            values = getattr(self, name)
            if values is not None:
                put(name, _frozen(values, dtype))
                check_shape(getattr(self, name), f"{count} {width}", name)
        if self.unit is not None and self.unit not in MILLIMETRES:
            raise InputError(f"unit is {self.unit!r}, expected one of {', '.join(MILLIMETRES)}")

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, eq=False, slots=True)
class DepthFrame:
    """A depth image with a pinhole camera looking along +z, x to the right and y down.

    Attributes
    ----------
    depth : (H, W) float32, mm
        Distance along the optical axis; NaN where invalid.
    fx, fy, cx, cy : float, pixels
        Focal lengths and the principal point; the centre of the first pixel is (0, 0).
    colors : (H, W, 3) uint8 or None
    source : Source
    """

    depth: Floats
    fx: float
    fy: float
    cx: float
    cy: float
    colors: npt.NDArray[np.uint8] | None = None
    source: Source = field(default_factory=Source)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", _frozen(self.depth, np.float32))
        size = check_shape(self.depth, "H W", "depth")
        if self.colors is not None:
            object.__setattr__(self, "colors", _frozen(self.colors, np.uint8))
            check_shape(self.colors, f"{size['H']} {size['W']} 3", "colors")
        if not (np.isfinite([self.fx, self.fy, self.cx, self.cy]).all() and self.fx > 0 and self.fy > 0):
            raise InputError(
                f"intrinsics are fx={self.fx} fy={self.fy} cx={self.cx} cy={self.cy}; "
                "expected finite numbers and positive focal lengths, in pixels"
            )

    def to_scan(self) -> Scan:
        """Back-project to a `Scan` in mm with y up and the camera at the origin looking along -z.

        Point i is pixel i in row-major order; invalid pixels become rows of NaN.
        """
        height, width = self.depth.shape
        u, v = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        x = (u - self.cx) / self.fx * self.depth
        y = (v - self.cy) / self.fy * self.depth
        points = np.stack([x, -y, -self.depth], axis=-1).reshape(-1, 3)
        colors = None if self.colors is None else self.colors.reshape(-1, 3)
        return Scan(points, colors=colors, unit="mm", source=self.source)


@dataclass(frozen=True, eq=False, slots=True)
class LandmarkSet:
    """A named protocol of landmarks and where each lies on the face model.

    Attributes
    ----------
    name : str
        `ibug68`, `anthropometric` or `dense520`.
    names : tuple of L str
    definitions : tuple of L str
        What each point is, in the field's words.
    mirror : (L,) int32
        Index of the same point on the other side of the face; its own index on the midline.
    triangle : (L,) int32
        Triangle of the face model that carries the point.
    barycentric : (L, 3) float32
        Weights of that triangle's corners.
    """

    name: str
    names: tuple[str, ...]
    definitions: tuple[str, ...]
    mirror: Ints
    triangle: Ints
    barycentric: Floats

    def __post_init__(self) -> None:
        for name, dtype in (("mirror", np.int32), ("triangle", np.int32), ("barycentric", np.float32)):
            object.__setattr__(self, name, _frozen(getattr(self, name), dtype))
        count = len(self.names)
        if len(set(self.names)) != count or len(self.definitions) != count:
            raise InputError(f"landmark set {self.name!r} needs one definition for each of its unique names")
        check_shape(self.mirror, f"{count}", "mirror")
        check_shape(self.triangle, f"{count}", "triangle")
        check_shape(self.barycentric, f"{count} 3", "barycentric")
        check_indices(self.mirror, count, "mirror")

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False, slots=True)
class Landmarks:
    """Named points on one scan.

    Attributes
    ----------
    names : tuple of L str
    xyz : (L, 3) float32, in the scan's frame and unit
        A row of NaN is a missing point.
    sigma : (L,) float32, mm, or None
        Expected error: the mean distance to the true point. None when read from a format that
        cannot hold it.
    visible : (L,) bool
        False where the scan does not show the point and its place is inferred from the rest.
    unit : str or None
        Unit of `xyz`; None when unknown.
    mm_per_unit : float or None
        Millimetres in one unit of `xyz`; set also where the unit has no name.
    set_name : str
        `ibug68`, `anthropometric`, `dense520`, or empty for any other points.
    descriptions : tuple of L str, or empty
        Free text of each point; SlicerMorph's `Semi` stands here.
    """

    names: tuple[str, ...]
    xyz: Floats
    sigma: Floats | None = None
    visible: npt.NDArray[np.bool_] | None = None
    unit: str | None = None
    mm_per_unit: float | None = None
    set_name: str = ""
    descriptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "xyz", _frozen(self.xyz, np.float32))
        count = len(self.names)
        check_shape(self.xyz, f"{count} 3", "xyz")
        if np.isinf(self.xyz).any():
            raise InputError("landmarks hold infinite coordinates, or numbers too large for float32")
        visible = ~np.isnan(self.xyz).any(axis=1) if self.visible is None else self.visible
        object.__setattr__(self, "visible", _frozen(visible, np.bool_))
        check_shape(self.visible, f"{count}", "visible")  # type: ignore[arg-type]
        if self.sigma is not None:
            object.__setattr__(self, "sigma", _frozen(self.sigma, np.float32))
            check_shape(self.sigma, f"{count}", "sigma")
        if self.descriptions and len(self.descriptions) != count:
            raise InputError(f"{len(self.descriptions)} descriptions for {count} landmarks")
        if self.unit is not None:
            if self.unit not in MILLIMETRES:
                raise InputError(f"unit is {self.unit!r}, expected one of {', '.join(MILLIMETRES)}")
            if self.mm_per_unit is None:
                object.__setattr__(self, "mm_per_unit", MILLIMETRES[self.unit])
        if self.mm_per_unit is not None:
            check_finite(np.asarray(self.mm_per_unit), "mm_per_unit")

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> Floats:
        """Return the point called `name`, `(3,) float32`, in the scan's frame and unit."""
        try:
            point: Floats = self.xyz[self.names.index(name)]
        except ValueError:
            raise InputError(f"no landmark {name!r}; there are {', '.join(self.names[:8])} ...") from None
        return point

    def save(self, path: str | PathLike[str]) -> Path:
        """Write to a file; its suffix chooses the format. See `lineament.io.landmarks`."""
        from lineament.io.landmarks import write_landmarks

        return write_landmarks(self, path)
