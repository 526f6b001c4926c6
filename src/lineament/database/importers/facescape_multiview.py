"""FaceScape's multi-view pictures: `<id>/<n>_<expression>/<view>.jpg` with `params.json`, the mesh in `.ply`.

Layout after github.com/zhuhao-nju/facescape (`doc/doc_mview_model.md`). The mesh is `<id>/<n>_<expression>.ply`,
beside the pictures or in a folder tree of its own. `params.json` holds, for each view: `<view>_K` (the documentation
says 4 x 4; the first 3 x 3 are taken), `<view>_Rt` (3 x 4, from the world to the camera, x right, y down, z away),
`<view>_distortion` (k1, k2, p1, p2, k3), `<view>_width`, `<view>_height`, `<view>_valid`, `<view>_sn`. The original
name of a picture, `<view>_ori`, is not taken: it may hold anything.

The frame comes from structure from motion and has no known unit (issue 39 there), so that a view's translation is
given as `translation_unscaled`, in the unit of the mesh, and not as `translation`, which is mm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lineament.database.importers.facescape import PROMPTS, PROTOCOL, STEM, SUBJECT, read_people, scan_key, sort_scans
from lineament.database.importers.layout import Layout, has
from lineament.database.importers.listing import Listing, Part, gather, left_over
from lineament.database.importers.metadata import parse_json, read_text
from lineament.database.records import FileRecord, Manifest, ScanRecord
from lineament.errors import FormatError

_CAPTURE = f"{SUBJECT}/{STEM}"
_VIEW = rf"{_CAPTURE}/(?P<index>[0-9]{{1,4}})\.(jpe?g|png|bmp)"
PARTS = (
    Part(_VIEW, "view"),
    Part(rf"{_CAPTURE}/params\.json", "calibration"),
    Part(rf"{_CAPTURE}\.ply", "geometry"),
)
_PLAIN = {"width": int, "height": int, "valid": bool, "sn": str}
"""Kind of each value that is taken as it is."""


def read(listing: Listing) -> Manifest:
    """List the captures of a folder."""
    found = gather(listing, PARTS, scan_key, ("view",))
    people = read_people(listing, found.rest, {subject for subject, _ in found.scans})
    scans, bare = [], 0
    for subject, stem in sort_scans(found.scans):
        files, without = _with_cameras(found.scans[subject, stem])
        bare += without
        scans.append(
            ScanRecord(
                subject,
                files,
                "multiview",
                expression=PROMPTS[stem],
                protocol=PROTOCOL,
                age=people.ages.get(subject),
            )
        )
    notes = [f"pictures without a camera in a params.json beside them: {bare}"] if bare else []
    notes += left_over(set(found.rest) - people.read)
    return Manifest("facescape-multiview", people.subjects, tuple(scans), (*listing.notes, *people.notes, *notes))


def _with_cameras(files: tuple[FileRecord, ...]) -> tuple[tuple[FileRecord, ...], int]:
    """Return a capture's files, the pictures with their cameras, and how many pictures have none."""
    path = next((file.path for file in files if file.role == "calibration"), None)
    stated = parse_json(read_text(path), str(path)) if path else {}
    if not isinstance(stated, dict):
        raise FormatError(f"{path}: expected an object with keys such as '0_K'")
    views = [(file, _camera(stated, file.index, str(path)) if file.role == "view" else file.meta) for file in files]
    bare = sum(file.role == "view" and not meta for file, meta in views)
    return tuple(replace(file, meta=meta) for file, meta in views), bare


def _camera(stated: Mapping[str, Any], view: int, where: str) -> dict[str, Any]:
    """Return what is stated of a view, in the words of `FileRecord.meta`."""
    camera: dict[str, Any] = {}
    if f"{view}_K" in stated:
        camera["camera_matrix"] = _matrix(stated[f"{view}_K"], 3, f"{where}: {view}_K")
    if f"{view}_Rt" in stated:
        pose = _matrix(stated[f"{view}_Rt"], 4, f"{where}: {view}_Rt")
        camera["rotation"] = [row[:3] for row in pose]
        camera["translation_unscaled"] = [row[3] for row in pose]
    if f"{view}_distortion" in stated:
        camera["distortion"] = _numbers(stated[f"{view}_distortion"], 5, f"{where}: {view}_distortion")
    for name, kind in _PLAIN.items():
        value = stated.get(f"{view}_{name}")
        if value is None:
            continue
        if not isinstance(value, kind):
            raise FormatError(f"{where}: {view}_{name} is {value!r}, expected a value of kind {kind.__name__}")
        camera["serial" if name == "sn" else name] = value
    return camera


def _matrix(value: Any, columns: int, where: str) -> list[list[float]]:
    """Return the first three rows and that many columns."""
    if not isinstance(value, list) or len(value) < 3:
        raise FormatError(f"{where} is no matrix of 3 rows")
    return [_numbers(row[:columns] if isinstance(row, list) else row, columns, where) for row in value[:3]]


def _numbers(value: Any, count: int, where: str) -> list[float]:
    known = isinstance(value, list) and all(type(item) in (int, float) for item in value)
    if not known or len(value) != count:
        raise FormatError(f"{where} does not hold {count} numbers where it should")
    return [float(item) for item in value]


FACESCAPE_MULTIVIEW = Layout("facescape-multiview", "<id>/<n>_<expression>/<view>.jpg", has(_VIEW), read)
