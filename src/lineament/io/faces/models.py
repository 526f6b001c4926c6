"""Face models in their users' own files: ICT-FaceKit's and FaceScape's, read as they are. Nothing of them is shipped.

ICT-FaceKit (Li et al., *Learning Formation of Physically-Based Face Attributes*, CVPR 2020) as one NPZ: `vertices`
(V, 3) mm, `polygons` (P, 4) from 0 where a triangle ends in -1, `identity` (K, V, 3) one standard deviation each,
`expression` (E, V, 3), `expression_names` (E,), `landmarks68` (68,) vertices in iBUG's order; `uv` (U, 2) and
`polygon_uv` (P, 4) if there are any.

FaceScape's bilinear model 1.6 (Yang et al., *FaceScape*, CVPR 2020), `facescape_bm_v1.6_847_50_52_id_front.npz` and
its like: `shape_bm_core` (3 V, 52, K), x, y, z of each vertex in turn, where `core[:, j] @ w` is the face of identity w
with expression j, of which 0 is neutral; `id_mean`, `id_var` (K,) of w; `fv_indices` (T, 3) from 1; `lm_list_v16` (68,)
vertices from 0 in iBUG's order; `texcoords` (U, 2) and `ft_indices` (T, 3) from 1 if there are any. V is 26,278.
Layout: `toolkit/src/facescape_bm.py`, `toolkit/src/facescape_fitter.py`, `doc/doc_bilinear_model.md` and issues 52 and
57 of github.com/zhuhao-nju/facescape.

Only the arrays that are named here are read, and none is unpickled.

Symbols: V vertices, T triangles, P polygons, U places in uv, K identity modes, E expressions.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import file_digest
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.check import check_finite, check_indices, check_shape
from lineament.errors import FormatError, InputError
from lineament.types import Floats, Ints

Arrays = Mapping[str, npt.NDArray[Any]]

ICT = ("vertices", "polygons", "identity", "expression", "expression_names", "landmarks68")
FACESCAPE = ("shape_bm_core", "id_mean", "id_var", "fv_indices", "lm_list_v16")
UV = ("uv", "polygon_uv", "texcoords", "ft_indices")
"""Taken where they are there."""
MARKS = 68
NEUTRAL_WITHIN = 0.5
"""Usual distance of an expression from the neutral face in units of the face's own size; principal components, which
`facescape_bm_v1.6_847_50_52_id_exp.npz` holds in the place of expressions, lie farther."""
FACESCAPE_EXPRESSIONS: tuple[str, ...] = (
    *("EyeBlink_L", "EyeBlink_R", "EyeSquint_L", "EyeSquint_R", "EyeDown_L", "EyeDown_R", "EyeIn_L", "EyeIn_R"),
    *("EyeOpen_L", "EyeOpen_R", "EyeOut_L", "EyeOut_R", "EyeUp_L", "EyeUp_R", "BrowsD_L", "BrowsD_R", "BrowsU_C"),
    *("BrowsU_L", "BrowsU_R", "JawOpen", "LipsTogether", "JawLeft", "JawRight", "JawFwd", "LipsUpperUp_L"),
    *("LipsUpperUp_R", "LipsLowerDown_L", "LipsLowerDown_R", "LipsUpperClose", "LipsLowerClose", "MouthSmile_L"),
    *("MouthSmile_R", "MouthDimple_L", "MouthDimple_R", "LipsStretch_L", "LipsStretch_R", "MouthFrown_L"),
    *("MouthFrown_R", "MouthPress_L", "MouthPress_R", "LipsPucker", "LipsFunnel", "MouthLeft", "MouthRight"),
    *("ChinLowerRaise", "ChinUpperRaise", "Sneer_L", "Sneer_R", "Puff", "CheekSquint_L", "CheekSquint_R"),
)
"""The file has no names; these are its authors', 1 to 51 (github.com/zhuhao-nju/facescape, issue 52)."""


@dataclass(frozen=True, eq=False)
class Contents:
    """A face model in its file's own frame and unit."""

    mean: Floats
    """(V, 3) neutral"""
    identity: Floats
    """(K, V, 3), one standard deviation each"""
    expression: Floats
    """(E, V, 3), what each adds to the mean at full activation"""
    expression_of: Callable[[Floats], Floats] | None
    """The same for a person of identity (K,), in standard deviations; None where it is the same for all."""
    names: tuple[str, ...]
    triangles: Ints
    """(T, 3)"""
    landmarks: Ints
    """(68,) vertices, iBUG's order"""
    uv: Floats
    """(U, 2)"""
    uv_triangles: Ints
    """(T, 3) rows of `uv`, or (0, 3)"""


def read_contents(path: str | PathLike[str]) -> Contents:
    """Read a face model.

    Raises
    ------
    InputError
        The file cannot be read.
    FormatError
        It is in neither layout, or damaged; says what is missing.
    """
    place = Path(path)
    if not place.is_file():
        raise InputError(f"{place} does not exist or is no file; expected a face model in an NPZ file")
    try:
        data = _arrays(place)
        return _facescape(data) if FACESCAPE[0] in data else _ict(data)
    except InputError as error:
        raise FormatError(f"{place}: {error}") from None
    except MemoryError:
        raise InputError(f"{place} is too large for this machine's memory; take a model of fewer identities") from None
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, KeyError, NotImplementedError) as error:
        raise FormatError(f"{place}: the NPZ archive is damaged, or an array holds no numbers ({error})") from None


def model_digest_of(path: Path) -> str:
    """Return the SHA-256 of a model's file, in hexadecimal.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    try:
        found = path.stat()
        return _digest(path.resolve(), found.st_size, found.st_mtime_ns)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None


@cache
def _digest(path: Path, size: int, changed: int) -> str:
    """Read the file once, until its size or the time of its change is another."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _arrays(path: Path) -> Arrays:
    """Return the arrays of the one layout that the file is in; all others stay unread."""
    if not zipfile.is_zipfile(path):
        raise FormatError("this is no NPZ archive")
    with np.load(path, allow_pickle=False) as archive:
        there = set(archive.files)
        needed = max((ICT, FACESCAPE), key=lambda names: len(there.intersection(names)))
        missing = [name for name in needed if name not in there]
        if len(missing) == len(needed):
            known = f"ICT-FaceKit's ({', '.join(ICT)}) or FaceScape's bilinear one ({', '.join(FACESCAPE)})"
            raise FormatError(f"this is no face model; expected arrays of {known}")
        if missing:
            whose = "ICT-FaceKit's" if needed is ICT else "FaceScape's bilinear"
            raise FormatError(f"{whose} model lacks {', '.join(missing)}")
        return {name: archive[name] for name in (*needed, *UV) if name in there}


def _ict(data: Arrays) -> Contents:
    mean = _numbers(data, "vertices", "V 3")
    count, names = len(mean), tuple(map(str, data["expression_names"].tolist()))
    expression = _numbers(data, "expression", f"{len(names)} {count} 3")
    polygons = data["polygons"]
    check_shape(polygons, "P 4", "polygons")
    quads = polygons[:, 3] >= 0

    def triangles(polygons: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate([polygons[:, :3], polygons[quads][:, [0, 2, 3]]])

    uv, uv_triangles = np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32)
    if "uv" in data and "polygon_uv" in data:
        check_shape(data["polygon_uv"], f"{len(polygons)} 4", "polygon_uv")
        uv = _numbers(data, "uv", "U 2")
        uv_triangles = _indices(triangles(data["polygon_uv"]), len(uv), "polygon_uv")
    return Contents(
        mean,
        _numbers(data, "identity", f"K {count} 3"),
        expression,
        None,
        names,
        _indices(triangles(polygons), count, "polygons"),
        _marks(data, "landmarks68", count),
        uv,
        uv_triangles,
    )


def _facescape(data: Arrays) -> Contents:
    shape = data["shape_bm_core"].shape
    names = FACESCAPE_EXPRESSIONS
    if len(shape) != 3 or shape[0] % 3 or shape[1] != len(names) + 1:
        raise FormatError(f"shape_bm_core has shape {shape}, expected (3 V, {len(names) + 1}, K)")
    core = _numbers(data, "shape_bm_core", "N J K", checked=False)
    count, modes = shape[0] // 3, shape[2]
    usual, variance = (_numbers(data, name, str(modes)) for name in ("id_mean", "id_var"))
    if (variance < 0).any():
        raise FormatError("id_var holds negative variances")
    spread, flat = np.sqrt(variance), core.reshape(-1, modes)

    def expression(identity: Floats) -> Floats:
        faces = (flat @ (usual + spread * identity)).reshape(shape[:2])
        moved: Floats = np.ascontiguousarray((faces[:, 1:] - faces[:, :1]).T.reshape(-1, count, 3), np.float32)
        return moved

    neutral = core[:, 0]
    mean = (neutral @ usual).reshape(count, 3)
    moved = expression(np.zeros(modes, np.float32))
    for name, values in (("the mean face", mean), ("the expressions", moved)):
        check_finite(values, name)
    size = float(np.sqrt(np.square(mean - mean.mean(axis=0)).sum(axis=1).mean()))
    if float(np.linalg.norm(moved, axis=2).mean(axis=1).max()) > NEUTRAL_WITHIN * size:
        raise FormatError(
            "its expressions are principal components, not expressions; take a model that is not named ..._id_exp"
        )
    check_shape(data["fv_indices"], "T 3", "fv_indices")
    uv, uv_triangles = np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32)
    if "texcoords" in data and "ft_indices" in data:
        check_shape(data["ft_indices"], f"{len(data['fv_indices'])} 3", "ft_indices")
        uv = _numbers(data, "texcoords", "U 2")
        uv_triangles = _indices(data["ft_indices"], len(uv), "ft_indices", first=1)
    return Contents(
        mean,
        np.ascontiguousarray((neutral * spread).T.reshape(modes, count, 3)),
        moved,
        expression,
        names,
        _indices(data["fv_indices"], count, "fv_indices", first=1),
        _marks(data, "lm_list_v16", count),
        uv,
        uv_triangles,
    )


def _numbers(data: Arrays, name: str, shape: str, checked: bool = True) -> Floats:
    values = data[name]
    if values.dtype.kind != "f":
        raise FormatError(f"{name} holds {values.dtype.name}, expected floating numbers")
    check_shape(values, shape, name)
    numbers: Floats = np.asarray(values, np.float32)
    if checked:
        check_finite(numbers, name)
    return numbers


def _indices(values: npt.NDArray[Any], count: int, name: str, first: int = 0) -> Ints:
    """Return indices that count from `first` as ones from 0."""
    if values.dtype.kind not in "iu":
        raise FormatError(f"{name} holds {values.dtype.name}, expected whole numbers")
    indices = values.astype(np.int64) - first
    check_indices(indices, count, name)
    return indices.astype(np.int32)


def _marks(data: Arrays, name: str, count: int) -> Ints:
    check_shape(data[name], str(MARKS), name)
    return _indices(data[name], count, name)
