"""Lineament: landmarks of the human face from raw 3D scans.

Names are loaded at first use, so that `import lineament` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lineament.detect.detector import Detector, detect_landmarks
    from lineament.errors import FormatError, InputError, LineamentError, NoFaceError
    from lineament.face.model import FaceModel, load_face_model
    from lineament.geometry.curvature import principal_curvatures
    from lineament.io.depth import read_depth
    from lineament.io.landmarks import read_landmarks
    from lineament.io.scans import read_scan, write_scan
    from lineament.types import DepthFrame, Landmarks, LandmarkSet, Scan

__version__ = "0.1.0"

__all__ = [
    "DepthFrame",
    "Detector",
    "FaceModel",
    "FormatError",
    "InputError",
    "LandmarkSet",
    "Landmarks",
    "LineamentError",
    "NoFaceError",
    "Scan",
    "__version__",
    "detect_landmarks",
    "load_face_model",
    "principal_curvatures",
    "read_depth",
    "read_landmarks",
    "read_scan",
    "write_scan",
]

_MODULE_OF = {
    "DepthFrame": "lineament.types",
    "Detector": "lineament.detect.detector",
    "FaceModel": "lineament.face.model",
    "FormatError": "lineament.errors",
    "InputError": "lineament.errors",
    "LandmarkSet": "lineament.types",
    "Landmarks": "lineament.types",
    "LineamentError": "lineament.errors",
    "NoFaceError": "lineament.errors",
    "Scan": "lineament.types",
    "detect_landmarks": "lineament.detect.detector",
    "load_face_model": "lineament.face.model",
    "principal_curvatures": "lineament.geometry.curvature",
    "read_depth": "lineament.io.depth",
    "read_landmarks": "lineament.io.landmarks",
    "read_scan": "lineament.io.scans",
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
