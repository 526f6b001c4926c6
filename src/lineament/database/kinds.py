"""What can be made of a scan: a table of kinds, and how each is made.

To add one, add a row. A kind by which people can be recognised has the action `embed`, for which a person must have
agreed to the purpose `embedding`, besides the purpose that is stated.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from lineament import __version__
from lineament.database.derive import Product
from lineament.database.intake.face import assess_face
from lineament.database.intake.quality import Finding
from lineament.database.records import FileRecord, ScanRecord
from lineament.detect.detector import Detection, Detector
from lineament.errors import InputError, ModelError
from lineament.face.fit import fit_face
from lineament.face.model import LANDMARK_SETS
from lineament.face.start import start_from
from lineament.io.depth import frame_of
from lineament.io.faces.glb import pack_glb
from lineament.io.faces.parameters import pack_face, parse_face
from lineament.io.landmarks.lineament_json import lineament_json, parse_lineament_json
from lineament.io.scans import parse_scan
from lineament.measure.asymmetry import landmark_asymmetry
from lineament.measure.measurement import measure_face, measure_landmarks
from lineament.measure.table import rows_of, rows_of_asymmetry, table_json
from lineament.picture.camera import FRONT, Camera
from lineament.picture.render import render
from lineament.types import Floats, Landmarks, Scan

SIDE = 256
"""Of a thumbnail, pixels."""
AROUND = 1.8
"""A thumbnail shows what lies within so many times the distance of the outermost landmark from their middle."""
NETWORKS = ("coarse.onnx", "cfgat.onnx", "refine.onnx")
MODELS = ("face_model.npz", "shape_prior.npz", "expression_play.npz")


@dataclass(frozen=True)
class Task:
    """One scan, as a worker gets it: bytes in memory, none of which are ever in a file.

    Attributes
    ----------
    scan : str
    expression : str
    unit : str or None
        That the catalogue knows.
    suffix : str
        Of the shape's format.
    shape : bytes
        Empty where the kind is not made of it.
    made : mapping
        Bytes of what was made of the scan before, by role and, of landmarks, set.
    camera : mapping or None
        Of a depth image, as `lineament.io.depth.frame_of` takes it; None where the shape is no depth image.
    """

    scan: str
    expression: str
    unit: str | None
    suffix: str
    shape: bytes = field(repr=False)
    made: Mapping[tuple[str, str], bytes] = field(repr=False)
    camera: Mapping[str, Any] | None = None

    def read(self) -> Scan:
        """Return the shape."""
        if self.camera is not None:
            return frame_of(self.shape, self.suffix, self.camera).to_scan()
        scan = parse_scan(self.shape, Path(f"{self.scan}.{self.suffix}"))
        return replace(scan, unit=self.unit or scan.unit)

    def landmarks(self) -> dict[str, Landmarks]:
        """Return the landmarks that were made of it, by set."""
        return {name: read_landmarks(data) for (role, name), data in self.made.items() if role == "landmarks"}


@dataclass(frozen=True)
class Made:
    """What a worker made of a scan.

    Attributes
    ----------
    products : tuple of Product
    findings : tuple of Finding
        A refusal among them moves the scan to quarantine.
    """

    products: tuple[Product, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A row of the table.

    Attributes
    ----------
    work : callable
        Makes it; the detector is None unless `detects`. Must be picklable.
    needs : tuple of str
        Kinds that it is made of, which are made before. Where one of them failed, `work` goes without.
    weights : tuple of str
        Files of `lineament/assets` that decide on the result.
    parameters : mapping
        JSON values that decide on it as well.
    shape : bool
        It is made of the shape, not only of what it needs.
    detects : bool
        A detector is loaded in each process.
    action : str
        What must be allowed.
    each_frame : bool
        Of a sequence; otherwise of its first frame alone.
    """

    work: Callable[[Task, Detector | None], Made]
    needs: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    shape: bool = True
    detects: bool = False
    action: str = "derive"
    each_frame: bool = True


def version_of(kinds: Mapping[str, Kind], name: str) -> str:
    """Return the version of a kind: another program, network or parameter gives another one, also in what it needs."""
    kind = kinds[name]
    said = [name, __version__, weights_sha256(kind.weights), dict(kind.parameters)]
    text = json.dumps([*said, [version_of(kinds, need) for need in kind.needs]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def in_order(kinds: Mapping[str, Kind], name: str) -> list[str]:
    """Return a kind and all that it needs, what is needed first.

    Raises
    ------
    InputError
        There is no such kind.
    """
    if name not in kinds:
        raise InputError(f"there is no kind {name!r} of derived data; there are {', '.join(sorted(kinds))}")
    needed = [each for need in kinds[name].needs for each in in_order(kinds, need)]
    return list(dict.fromkeys([*needed, name]))


def made_of(kinds: Mapping[str, Kind], name: str) -> dict[str, str]:
    """Return the kinds that need this one, and their versions."""
    return {each: version_of(kinds, each) for each in kinds if each != name and name in in_order(kinds, each)}


@cache
def weights_sha256(names: tuple[str, ...]) -> str:
    """Return the SHA-256 of the package's weights: of the file, or of a list of the files' as `sha256sum` writes it.

    Raises
    ------
    ModelError
        A file is missing.
    """
    try:
        data = [(files("lineament") / "assets" / name).read_bytes() for name in names]
    except OSError as error:
        raise ModelError(f"a network or model is missing ({error}); install again") from None
    digests = [hashlib.sha256(each).hexdigest() for each in data]
    if len(names) < 2:
        return "".join(digests)
    listed = "".join(f"{digest}  {name}\n" for digest, name in zip(digests, names, strict=True))
    return hashlib.sha256(listed.encode()).hexdigest()


def landmarks_product(landmarks: Landmarks, **meta: Any) -> Product:
    """Return landmarks as they are stored: Lineament's own JSON, which drops nothing."""
    data = lineament_json(landmarks).encode()
    return Product("landmarks", "json", data, {"set_name": landmarks.set_name, **meta})


def read_landmarks(data: bytes) -> Landmarks:
    """Return landmarks that were stored."""
    return parse_lineament_json(data.decode(), Path("landmarks.json"))


def _landmarks(task: Task, detector: Detector | None) -> Made:
    assert detector is not None
    found = detector.detect(task.read(), LANDMARK_SETS)
    return Made(tuple(landmarks_product(found.landmarks[name]) for name in LANDMARK_SETS))


def _fit(task: Task, detector: Detector | None) -> Made:
    face = fit_face(task.read(), _detection(task.landmarks()))
    return Made((Product("fit", "npz", pack_face(face)),))


def _rig(task: Task, detector: Detector | None) -> Made:
    if ("fit", "") not in task.made:
        raise InputError("no face could be fitted to it")
    return Made((Product("rig", "glb", pack_glb(parse_face(task.made["fit", ""]), landmarks="ibug68")),))


def _measures(task: Task, detector: Detector | None) -> Made:
    landmarks = task.landmarks()
    if "anthropometric" not in landmarks:
        raise InputError("no landmarks were found on it")
    marks = landmarks["anthropometric"]
    rows = (*rows_of(measure_landmarks(marks)), *rows_of_asymmetry(landmark_asymmetry(marks)))
    tables = [{"scan": task.scan, "of": "landmarks", "mm_per_unit": marks.mm_per_unit, "measures": rows}]
    if ("fit", "") in task.made:
        face = parse_face(task.made["fit", ""])
        tables.append({"scan": task.scan, "of": "fit", "mm_per_unit": 1.0, "measures": rows_of(measure_face(face))})
    return Made((Product("measures", "json", table_json(tables, {}).encode()),))


def _thumbnail(task: Task, detector: Detector | None) -> Made:
    scan, landmarks = task.read(), task.landmarks()
    shown, rotation = _inner(scan.points), FRONT
    if "ibug68" in landmarks:
        marks = landmarks["ibug68"].xyz
        away = np.linalg.norm(scan.points - np.nanmean(marks, axis=0), axis=1)
        reach = np.nanmax(np.linalg.norm(marks - np.nanmean(marks, axis=0), axis=1))
        shown = scan.points[away < AROUND * reach]
        rotation = FRONT @ start_from(landmarks["ibug68"]).pose.rotation
    camera = Camera.fit(shown, rotation, SIDE, SIDE)
    picture = render(scan.points, scan.triangles, camera, colors=scan.colors, normals=scan.normals).image
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG", optimize=True)
    return Made((Product("thumbnail", "png", file.getvalue()),))


def _quality(task: Task, detector: Detector | None) -> Made:
    assert detector is not None
    record = ScanRecord("", (FileRecord(Path(task.scan)),), expression=task.expression, unit=task.unit)
    return Made(findings=assess_face(task.read(), record, detector))


def _detection(landmarks: Mapping[str, Landmarks]) -> Detection:
    """Return what a fit starts from: the landmarks of all sets, and the pose of iBUG's."""
    if "ibug68" not in landmarks:
        raise InputError("no landmarks were found on it")
    return replace(start_from(landmarks["ibug68"]), landmarks=dict(landmarks))


def _inner(points: Floats) -> Floats:
    """Return the points without the outermost ones along each axis, which may lie far off."""
    low, high = np.nanpercentile(points, [1, 99], axis=0)
    inner: Floats = points[((points >= low) & (points <= high)).all(axis=1)]
    return inner


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "quality": Kind(_quality, weights=(*NETWORKS, MODELS[0]), detects=True, each_frame=False),
        "landmarks": Kind(
            _landmarks, weights=(*NETWORKS, MODELS[0]), parameters={"sets": list(LANDMARK_SETS)}, detects=True
        ),
        "fit": Kind(_fit, ("landmarks",), MODELS),
        "rig": Kind(_rig, ("fit",), MODELS[:1], shape=False),
        "measures": Kind(_measures, ("landmarks", "fit"), MODELS[:1], shape=False),
        "thumbnail": Kind(_thumbnail, ("landmarks",), parameters={"side": SIDE}, each_frame=False),
    }
)
