"""A fitted face in a file: NPZ keeps everything, JSON the parameters that a person can read.

NPZ: the arrays of `Face`, the pose, the unit, and of which face model and shape prior they are; of a user's own model
its name, its SHA-256 and the arrays of `Template`, so that the face can be used without the model's file. JSON, of the
shipped model alone, schema `lineament-face/1`:

    {"schema": "lineament-face/1", "model": "face_model.npz", "model_sha256": "...", "prior_sha256": "...",
     "unit": "mm", "pose": {"scale": 1.0, "rotation": [[...], [...], [...]], "translation": [...]},
     "expression": {"jawOpen": 0.4, ...}, "identity": [...]}
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.errors import FormatError, InputError
from lineament.face.basis import EXPRESSION, load_basis
from lineament.face.face import Face, Template, model_of
from lineament.face.model import load_face_model
from lineament.geometry.alignment import Similarity
from lineament.io.atomic import atomic_write
from lineament.io.load import load_bytes
from lineament.io.npy import parse_npz
from lineament.types import MILLIMETRES, Floats

SCHEMA = "lineament-face/1"
MODEL_NAME = "face_model.npz"
PRIOR_NAME = "shape_prior.npz"
"""What the identity's coefficients belong to."""
SUFFIXES = ("npz", "json")
_ARRAYS = ("vertices", "identity", "expression", "confidence")
_POSE = ("scale", "rotation", "translation")
_TEXTS = ("schema", "model", "model_sha256", "prior_sha256", "unit")
_TEMPLATE = ("corners", "copies", "uv", "inside", "expression_names")


def model_digest() -> str:
    """Return the SHA-256 of the face model that ships with this version, in hexadecimal."""
    return _digest(MODEL_NAME)


@cache
def _digest(asset: str) -> str:
    return sha256((files("lineament") / "assets" / asset).read_bytes()).hexdigest()


def write_face(path: str | PathLike[str], face: Face) -> Path:
    """Write a face; the file appears whole or not at all, and the same face gives the same bytes.

    Parameters
    ----------
    path : path-like
        `.npz` keeps everything exactly; `.json` keeps identity, expression, pose and unit, but neither the vertices nor
        the confidence, and no face of a user's own model.
    face : Face

    Raises
    ------
    InputError
        The suffix is unknown, the face is of another model, or the file cannot be written.
    """
    place = Path(path)
    data = pack_face(face) if _suffix(place) == "npz" else _json(face)
    with atomic_write(place) as file:
        file.write(data)
    return place


def read_face(path: str | PathLike[str]) -> Face:
    """Read a face that `write_face` wrote.

    From JSON, the vertices are the shape that the parameters stand for, and the confidence is 0.

    Raises
    ------
    InputError
        The file cannot be read, or its suffix is unknown.
    FormatError
        The file is damaged, holds no face, or a face of another version of the face model.
    """
    place = Path(path)
    suffix = _suffix(place)
    data = load_bytes(place)
    try:
        return parse_face(data) if suffix == "npz" else _from_json(data)
    except InputError as error:
        raise FormatError(f"{place}: {error}") from None


def holds_face(path: str | PathLike[str]) -> bool:
    """Return whether an NPZ file is one of `write_face`, by what it says of itself."""
    try:
        return str(parse_npz(load_bytes(path), ("schema",)).get("schema", "")).startswith("lineament-face/")
    except InputError:
        return False


def holds_face_of(path: str | PathLike[str], model_sha256: str | None = None) -> bool:
    """Return whether an NPZ file holds a face of a user's model, or without one of what ships with this version."""
    try:
        found = parse_npz(load_bytes(path), ("schema", "model_sha256", "prior_sha256"))
    except InputError:
        return False
    wanted = _shipped() if model_sha256 is None else {"model_sha256": model_sha256, "prior_sha256": ""}
    return {name: str(value) for name, value in found.items()} == {"schema": SCHEMA, **wanted}


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in SUFFIXES:
        raise InputError(f"{path} has the suffix {path.suffix!r}; faces are kept as .npz or .json")
    return suffix


def pack_face(face: Face) -> bytes:
    """Return the bytes of the NPZ file that `write_face` writes."""
    arrays: dict[str, Any] = {name: np.array(value) for name, value in _texts(face).items()}
    arrays |= {name: getattr(face, name) for name in _ARRAYS}
    arrays |= {f"pose_{name}": np.asarray(getattr(face.pose, name), np.float64) for name in _POSE}
    if face.template is not None:
        arrays |= {name: np.asarray(getattr(face.template, name)) for name in _TEMPLATE}
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def parse_face(data: bytes) -> Face:
    """Read a face from the bytes of an NPZ file that `write_face` wrote.

    Raises
    ------
    FormatError
    """
    found = parse_npz(data, (*_TEXTS, *_ARRAYS, *(f"pose_{name}" for name in _POSE), *_TEMPLATE))
    if "schema" not in found:
        raise FormatError("the archive holds no fitted face; expected one that 'lineament fit' wrote")
    texts = {name: str(found.get(name, "")) for name in _TEXTS}
    template = _template(found, texts) if _TEMPLATE[0] in found else None
    _check_origin(texts, template)
    missing = [name for name in (*_ARRAYS, *(f"pose_{name}" for name in _POSE), *_TEXTS) if name not in found]
    if missing:
        raise FormatError(f"the face lacks {', '.join(missing)}; the file is damaged")
    numbers = {name: _numbers(found[name], name) for name in (*_ARRAYS, *(f"pose_{name}" for name in _POSE))}
    if numbers["pose_scale"].size != 1:
        raise FormatError(f"pose_scale has shape {numbers['pose_scale'].shape}, expected one number")
    scale = float(numbers["pose_scale"].reshape(())[()])
    pose = Similarity(scale, numbers["pose_rotation"], numbers["pose_translation"])
    arrays = {name: numbers[name] for name in _ARRAYS}
    return _checked(Face(**arrays, pose=pose, unit=texts["unit"] or None, template=template))


def _template(found: Mapping[str, npt.NDArray[Any]], texts: Mapping[str, str]) -> Template:
    missing = [name for name in _TEMPLATE if name not in found]
    if missing:
        raise FormatError(f"the face lacks {', '.join(missing)}; the file is damaged")
    names = tuple(map(str, found["expression_names"].tolist()))
    arrays = {name: _numbers(found[name], name) for name in ("corners", "copies", "uv")}
    return Template(texts["model"], texts["model_sha256"], names, **arrays, inside=found["inside"])


def _numbers(values: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    if values.dtype.kind not in "fiu":
        raise FormatError(f"array {name!r} holds {values.dtype.name}, expected numbers")
    return values


def _json(face: Face) -> bytes:
    names = model_of(_checked(face)).expression_names
    document = {
        **_texts(face),
        "unit": face.unit,
        "pose": {name: np.asarray(getattr(face.pose, name)).tolist() for name in _POSE},
        "expression": dict(zip(names, map(_short, face.expression), strict=True)),
        "identity": [_short(value) for value in face.identity],
    }
    # One line an entry of the mappings, not one a number.
    lines = [f"  {json.dumps(key)}: {_text(value)}" for key, value in document.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("ascii")


def _text(value: Any) -> str:
    if not isinstance(value, dict):
        return json.dumps(value, allow_nan=False)
    rows = [f"    {json.dumps(key)}: {json.dumps(inner, allow_nan=False)}" for key, inner in value.items()]
    return "{\n" + ",\n".join(rows) + "\n  }"


def _short(value: np.float32) -> float:
    """The shortest number that reads back as the same float32."""
    return float(str(np.float32(value)))


def _from_json(data: bytes) -> Face:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise FormatError("this is not JSON, or it is cut off") from None
    if not isinstance(document, dict) or "schema" not in document:
        raise FormatError(f"the JSON holds no fitted face; expected an object of the schema {SCHEMA!r}")
    _check_origin({name: str(document.get(name)) for name in _TEXTS})
    model = load_face_model()
    try:
        weights = document["expression"]
        unknown = sorted(set(weights) - set(model.expression_names))
        if unknown:
            raise FormatError(f"the face model has no expression {unknown[0]!r}")
        expression = np.array([weights.get(name, 0.0) for name in model.expression_names], np.float32)
        identity = np.array(document["identity"], np.float32)
        pose = Similarity(*(document["pose"][name] for name in _POSE))
        vertices = _shape(identity, expression)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise FormatError("identity, expression or pose of the face are missing or damaged") from None
    unit = document.get("unit")
    if unit is not None and not (isinstance(unit, str) and unit in MILLIMETRES):
        raise FormatError(f"unit is {str(unit)[:20]!r}, expected null or one of {', '.join(MILLIMETRES)}")
    return _checked(Face(vertices, identity, expression, np.zeros(len(vertices), np.float32), pose, unit))


def _shape(identity: Floats, expression: Floats) -> Floats:
    """Return the vertices (V, 3) that the parameters stand for; modes without a coefficient are zero."""
    basis = load_basis()
    if identity.ndim != 1 or len(identity) > basis.identities:
        raise FormatError(f"identity has shape {identity.shape}, expected ({basis.identities},)")
    rest = np.zeros(basis.identities - len(identity), np.float32)
    return basis.shape(np.concatenate([identity, rest, expression / np.float32(EXPRESSION)]))


def _shipped() -> dict[str, str]:
    """What a face of this version's own model and prior says of itself."""
    return {"model_sha256": model_digest(), "prior_sha256": _digest(PRIOR_NAME)}


def _texts(face: Face) -> dict[str, str]:
    unit, other = face.unit or "", face.template
    if other is not None:
        texts = {"model": other.name, "model_sha256": other.sha256, "prior_sha256": ""}
    else:
        texts = {"model": MODEL_NAME, **_shipped()}
    return {"schema": SCHEMA, **texts, "unit": unit}


def _check_origin(texts: dict[str, str], template: Template | None = None) -> None:
    if texts["schema"] != SCHEMA:
        raise FormatError(f"'schema' is {texts['schema'][:40]!r}, expected {SCHEMA!r}")
    if template is not None:
        return
    if texts["model_sha256"] != model_digest():
        raise FormatError(
            f"the face belongs to another version of the face model ({texts['model'][:40]}, "
            f"sha256 {texts['model_sha256'][:12]}..., this one is {model_digest()[:12]}...); fit the scan again"
        )
    if texts["prior_sha256"] != _digest(PRIOR_NAME):
        raise FormatError("the identity belongs to another version of the shape prior; fit the scan again")


def _checked(face: Face) -> Face:
    """Return `face` when its sizes are the model's."""
    if face.template is not None:
        return face
    model = load_face_model()
    if face.vertices.shape != model.vertices.shape or len(face.expression) != len(model.expression_names):
        raise InputError(
            f"the face has {len(face.vertices)} vertices and {len(face.expression)} expressions, the face model "
            f"{len(model.vertices)} and {len(model.expression_names)}"
        )
    return face
