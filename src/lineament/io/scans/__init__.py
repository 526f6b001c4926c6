"""Reading and writing scans: meshes and point clouds.

A reader takes a file's bytes, and its path for formats that keep something beside the file, and returns plain arrays
(`ScanArrays`) in the file's order, frame and unit. A writer returns the bytes of a file. Both are found by suffix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType

import numpy as np

from lineament.errors import FormatError, InputError
from lineament.io.atomic import atomic_write
from lineament.io.depth import SUFFIXES as DEPTH_SUFFIXES
from lineament.io.depth import read_depth
from lineament.io.load import load_bytes
from lineament.io.scans.arrays import ScanArrays, single
from lineament.io.scans.bnt import read_bnt
from lineament.io.scans.glb import read_glb, write_glb
from lineament.io.scans.npz import read_npz, write_npz
from lineament.io.scans.obj import read_obj, write_obj
from lineament.io.scans.off import read_off, write_off
from lineament.io.scans.pcd import read_pcd, write_pcd
from lineament.io.scans.ply import read_ply, write_ply
from lineament.io.scans.sniff import looks_like, same_family
from lineament.io.scans.stl import read_stl, write_stl
from lineament.io.scans.text import quote
from lineament.io.scans.wrl import read_wrl
from lineament.io.scans.xyz import read_xyz, write_csv, write_xyz
from lineament.types import MILLIMETRES, Scan, Source

__all__ = ["READERS", "WRITERS", "Reader", "Writer", "parse_scan", "read_scan", "write_scan"]

Reader = Callable[[bytes, Path], ScanArrays]
Writer = Callable[[Scan, bool], bytes]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "ply": read_ply,
        "obj": read_obj,
        "stl": read_stl,
        "glb": read_glb,
        "gltf": read_glb,
        "off": read_off,
        "pcd": read_pcd,
        "xyz": read_xyz,
        "txt": read_xyz,
        "csv": read_xyz,
        "asc": read_xyz,
        "npz": read_npz,
        "wrl": read_wrl,
        "bnt": read_bnt,
    }
)
"""Reader of each suffix, lower case, without the dot."""

WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "ply": write_ply,
        "obj": write_obj,
        "stl": write_stl,
        "glb": write_glb,
        "off": write_off,
        "pcd": write_pcd,
        "xyz": write_xyz,
        "txt": write_xyz,
        "asc": write_xyz,
        "csv": write_csv,
        "npz": write_npz,
    }
)
"""Writer of each suffix, lower case, without the dot."""

BINARY_ONLY = frozenset({"glb", "npz"})


def read_scan(
    path: str | PathLike[str],
    *,
    unit: str | None = None,
    intrinsics: tuple[float, float, float, float] | None = None,
) -> Scan:
    """Read a mesh, a point cloud or a depth image.

    Parameters
    ----------
    path : path-like
        Its suffix chooses the reader; see `READERS`. A depth image is a `.png` or `.npy` file.
    unit : str, optional
        `mm`, `cm`, `m` or `in`: what the file's numbers are in, where the format does not say or says it wrongly.
        The numbers stay as they are.
    intrinsics : (fx, fy, cx, cy), pixels, optional
        The camera of a depth image.

    Returns
    -------
    Scan
        Points in the order, the frame and the unit of the file. Rows of NaN are missing points.

    Raises
    ------
    InputError
        The file cannot be read, its suffix is unknown, or it holds no finite point.
    FormatError
        The content is damaged, cut off, or of another format than the suffix says.
    """
    place = Path(path)
    if unit is not None and unit not in MILLIMETRES:
        raise InputError(f"unit is {unit!r}, expected one of {', '.join(MILLIMETRES)}")
    suffix = place.suffix.lower().removeprefix(".")
    if suffix in DEPTH_SUFFIXES:
        return _with_unit(read_depth(place, intrinsics).to_scan(), unit)
    if intrinsics is not None:
        raise InputError(f"{place}: intrinsics belong to depth images (.png, .npy), not to .{suffix} files")
    if suffix not in READERS:
        known = ", ".join(f".{name}" for name in (*READERS, *DEPTH_SUFFIXES))
        raise InputError(f"{place} has the suffix {place.suffix!r}; scans that can be read are {known}")
    return _with_unit(parse_scan(load_bytes(place), place), unit)


def parse_scan(data: bytes, place: Path) -> Scan:
    """Read a scan from bytes.

    Parameters
    ----------
    data : bytes
    place : Path
        Its suffix chooses the reader, errors name it, and textures are looked for beside it; it need not be there.

    Raises
    ------
    InputError
    FormatError
        As `read_scan`.
    """
    suffix = place.suffix.lower().removeprefix(".")
    if suffix not in READERS:
        raise InputError(
            f"{place} has the suffix {place.suffix!r}; scans have {', '.join(f'.{name}' for name in READERS)}"
        )
    try:
        return _to_scan(READERS[suffix](data, place), Source(place, suffix))
    except InputError as error:
        other = looks_like(data)
        if other is not None and not same_family(other, suffix):
            raise FormatError(
                f"{place} is not {_article(suffix)} {suffix.upper()} file: it begins with {quote(data)}, "
                f"which looks like {other.upper()}; rename it to .{other}"
            ) from None
        raise type(error)(f"{place}: {error}") from None


def _article(suffix: str) -> str:
    return "an" if suffix[0] in "aefhilmnorsx" else "a"


def _to_scan(arrays: ScanArrays, source: Source) -> Scan:
    """Check what the format could not, and build the scan."""
    points = arrays["points"]
    if not len(points):
        raise FormatError("the file holds no points")
    missing = np.asarray(np.isnan(points).any(axis=1))
    if missing.all():
        raise InputError(f"all {len(points)} points are missing (NaN)")
    if missing.any():
        # a point that lacks one coordinate is no point
        points = np.where(missing[:, None], np.float32(np.nan), points)
    normals, uv = arrays.get("normals"), arrays.get("uv")
    for name, values in (("normals", normals), ("uv", uv)):
        if values is not None and np.isinf(single(values)).any():
            raise FormatError(f"{name} hold infinite values, or numbers too large for float32")
    return Scan(
        points=points,
        triangles=arrays.get("triangles"),
        normals=None if normals is None else single(normals),
        colors=arrays.get("colors"),
        uv=None if uv is None else single(uv),
        unit=arrays.get("unit"),
        source=Source(source.path, source.format, tuple(arrays.get("warnings", ()))),
    )


def _with_unit(scan: Scan, unit: str | None) -> Scan:
    if unit is None or unit == scan.unit:
        return scan
    return replace(scan, unit=unit)


def write_scan(scan: Scan, path: str | PathLike[str], *, ascii: bool = False) -> Path:
    """Write a scan; its numbers stay as they are, but for glTF, which is in metres.

    Parameters
    ----------
    scan : Scan
    path : path-like
        Its suffix chooses the format; see `WRITERS`. The file appears whole or not at all.
    ascii : bool
        Write PLY, STL and PCD as text.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InputError
        The suffix is unknown, the format cannot hold the scan, or the file cannot be written.
    """
    place = Path(path)
    suffix = place.suffix.lower().removeprefix(".")
    if suffix not in WRITERS:
        known = ", ".join(f".{name}" for name in WRITERS)
        raise InputError(f"{place} has the suffix {place.suffix!r}; scans can be written as {known}")
    if ascii and suffix in BINARY_ONLY:
        raise InputError(f"{place}: {suffix.upper()} has no text form; leave out ascii")
    try:
        data = WRITERS[suffix](scan, ascii)
    except InputError as error:
        raise type(error)(f"{place}: {error}") from None
    with atomic_write(place) as file:
        file.write(data)
    return place
