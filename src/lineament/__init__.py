"""Lineament: landmarks of the human face from raw 3D scans.

Names are loaded at first use, so that `import lineament` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lineament.database.database import Database
    from lineament.detect.detector import Detector, detect_landmarks
    from lineament.errors import AccessError, FormatError, InputError, LineamentError, NoFaceError, StoreError
    from lineament.face.face import Face
    from lineament.face.fit import fit_face
    from lineament.face.landmarks import consensus_landmarks
    from lineament.face.model import FaceModel, load_face_model
    from lineament.face.rig import posed
    from lineament.face.user_model import read_model
    from lineament.geometry.curvature import principal_curvatures
    from lineament.io.depth import read_depth
    from lineament.io.faces.glb import write_glb
    from lineament.io.faces.parameters import read_face, write_face
    from lineament.io.landmarks import read_landmarks
    from lineament.io.scans import read_scan, write_scan
    from lineament.measure import measure_face, measure_landmarks
    from lineament.types import DepthFrame, Landmarks, LandmarkSet, Scan

__version__ = "0.1.0"

__all__ = [
    "AccessError",
    "Database",
    "DepthFrame",
    "Detector",
    "Face",
    "FaceModel",
    "FormatError",
    "InputError",
    "LandmarkSet",
    "Landmarks",
    "LineamentError",
    "NoFaceError",
    "Scan",
    "StoreError",
    "__version__",
    "consensus_landmarks",
    "detect_landmarks",
    "fit_face",
    "load_face_model",
    "measure_face",
    "measure_landmarks",
    "posed",
    "principal_curvatures",
    "read_depth",
    "read_face",
    "read_landmarks",
    "read_model",
    "read_scan",
    "write_face",
    "write_glb",
    "write_scan",
]

_MODULE_OF = {
    "AccessError": "lineament.errors",
    "Database": "lineament.database.database",
    "DepthFrame": "lineament.types",
    "Detector": "lineament.detect.detector",
    "Face": "lineament.face.face",
    "FaceModel": "lineament.face.model",
    "FormatError": "lineament.errors",
    "InputError": "lineament.errors",
    "LandmarkSet": "lineament.types",
    "Landmarks": "lineament.types",
    "LineamentError": "lineament.errors",
    "NoFaceError": "lineament.errors",
    "Scan": "lineament.types",
    "StoreError": "lineament.errors",
    "consensus_landmarks": "lineament.face.landmarks",
    "detect_landmarks": "lineament.detect.detector",
    "fit_face": "lineament.face.fit",
    "load_face_model": "lineament.face.model",
    "measure_face": "lineament.measure",
    "measure_landmarks": "lineament.measure",
    "posed": "lineament.face.rig",
    "principal_curvatures": "lineament.geometry.curvature",
    "read_depth": "lineament.io.depth",
    "read_face": "lineament.io.faces.parameters",
    "read_landmarks": "lineament.io.landmarks",
    "read_model": "lineament.face.user_model",
    "read_scan": "lineament.io.scans",
    "write_face": "lineament.io.faces.parameters",
    "write_glb": "lineament.io.faces.glb",
    "write_scan": "lineament.io.scans",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'lineament' has no attribute {name!r}")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
