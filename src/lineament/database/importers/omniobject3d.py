"""OmniObject3D: scanned objects, `<category>/<object>_<n>/Scan/Scan.obj`, with renders, videos and point clouds.

Wu et al.: *OmniObject3D*, CVPR 2023. Layout after github.com/omniobject3d/OmniObject3D (`README.md`): `raw_scans`,
`blender_renders` (`render/images`, `depths`, `normals`, `transforms.json`), `videos_processed` (`standard/images`,
`matting`, `poses_bounds.npy`, `poses_bounds_rescaled.npy`, `sparse`) and `point_clouds/ply_files/<points>`. Objects
are no people: each is a subject by its own name, such as `antique_019`, so that splits go by object. Each of these
products is a scan in a session of that name. Files of `point_clouds/hdf5_files` hold many objects and are passed over.

Raw scans are mm (issue 2 there). Of a render's view `transforms.json` states `transform_matrix`, from the camera to
the world with y up and z backwards, `scale`, by which the object was brought to the render's world, and
`camera_angle_x` in radians; they are kept under these names, since the size of a picture is not stated. Assumed:
names of point clouds (`<category>/<object>.ply` or any `.ply` in the object's folder), after `tools/
extract_point_clouds.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from lineament.database.importers.layout import Layout, has
from lineament.database.importers.listing import Listing, Part, gather, label, left_over, natural
from lineament.database.importers.metadata import parse_json, read_text
from lineament.database.records import FileRecord, Manifest, ScanRecord, SubjectRecord
from lineament.errors import FormatError

_OBJECT = "(?P<category>[^/]+)/(?P<object>[^/]+_[0-9]+)"
_PICTURE = "(png|jpe?g|webp)"
_VIEW = "[^/0-9]*(?P<index>[0-9]{1,6})[^/]*"
"""A render's name: `r_12.png`, `r_12_depth0001.exr`; the first number is the view."""
_FRAME = "[^/]*?(?P<index>[0-9]{1,9})[^/0-9]*"
"""A frame's name, of which only the last number is taken."""
_VIDEO, _RENDER = f"{_OBJECT}/standard", f"{_OBJECT}/render"


@dataclass(frozen=True)
class _Product:
    session: str
    modality: str
    unit: str | None
    parts: tuple[Part, ...]


def _cloud(points: int) -> _Product:
    part = Part(rf"ply_files/{points}/{_OBJECT}(/[^/]+)?\.ply", "geometry")
    return _Product(f"point_clouds_{points}", "cloud", "mm", (part,))


PRODUCTS = (
    _Product(
        "raw_scans",
        "mesh",
        "mm",
        (
            Part(rf"{_OBJECT}/Scan/Scan\.obj", "geometry"),
            Part(rf"{_OBJECT}/Scan/Scan\.mtl", "material"),
            Part(rf"{_OBJECT}/Scan/Scan\.{_PICTURE}", "texture"),
        ),
    ),
    _Product(
        "blender_renders",
        "multiview",
        None,
        (
            Part(rf"{_RENDER}/images/{_VIEW}\.{_PICTURE}", "view"),
            Part(rf"{_RENDER}/depths/{_VIEW}\.(exr|png)", "depth"),
            Part(rf"{_RENDER}/normals/{_VIEW}\.(exr|png)", "other", meta={"map": "normals"}),
            Part(rf"{_RENDER}/transforms\.json", "calibration"),
        ),
    ),
    _Product(
        "videos_processed",
        "multiview",
        None,
        (
            Part(rf"{_VIDEO}/images/{_FRAME}\.{_PICTURE}", "view"),
            Part(rf"{_VIDEO}/matting/{_FRAME}\.{_PICTURE}", "mask"),
            Part(rf"{_VIDEO}/(poses_bounds(_rescaled)?\.npy|sparse/.+)", "calibration", index=None),
        ),
    ),
    *(_cloud(points) for points in (1024, 4096, 16384)),
)


def _key(match: re.Match[str]) -> tuple[str, str]:
    return label(match["object"]), label(match["category"])


def read(listing: Listing) -> Manifest:
    """List the objects of a folder."""
    rest, scans = listing, []
    for product in PRODUCTS:
        found = gather(rest, product.parts, _key, ("geometry", "view"))
        rest = replace(rest, names=found.rest)
        scans += [
            ScanRecord(
                name,
                _with_cameras(files),
                product.modality,
                product.session,
                unit=product.unit,
                attributes={"category": category},
            )
            for (name, category), files in found.scans.items()
        ]
    scans.sort(key=lambda scan: natural(scan.subject))
    subjects = tuple(SubjectRecord(name) for name in dict.fromkeys(scan.subject for scan in scans))
    return Manifest("omniobject3d", subjects, tuple(scans), (*listing.notes, *left_over(rest.names)))


def _with_cameras(files: tuple[FileRecord, ...]) -> tuple[FileRecord, ...]:
    """Return files with what transforms.json states of each view."""
    path = next((file.path for file in files if file.path.name.lower() == "transforms.json"), None)
    if path is None:
        return files
    cameras = _read_cameras(path)
    return tuple(replace(file, meta=cameras.get(file.path.stem, {})) if file.role == "view" else file for file in files)


def _read_cameras(path: Path) -> Mapping[str, dict[str, Any]]:
    stated = parse_json(read_text(path), str(path))
    frames = stated.get("frames") if isinstance(stated, dict) else None
    if not isinstance(frames, list):
        raise FormatError(f"{path}: expected an object with a list of frames")
    cameras = {}
    for frame in frames:
        if not isinstance(frame, dict) or not isinstance(frame.get("file_path"), str):
            raise FormatError(f"{path}: a frame has no file_path")
        camera = {key: frame[key] for key in ("transform_matrix", "scale") if key in frame}
        if "camera_angle_x" in stated:
            camera["camera_angle_x"] = stated["camera_angle_x"]
        cameras[PurePosixPath(frame["file_path"]).stem] = camera
    return cameras


OMNIOBJECT3D = Layout(
    "omniobject3d",
    "<category>/<object>_<n>/Scan/Scan.obj, or render/transforms.json in its place",
    has(rf"{_OBJECT}/(Scan/Scan\.obj|render/transforms\.json|standard/poses_bounds\.npy)"),
    read,
)
