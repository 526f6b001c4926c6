"""Faces as plain meshes, in every format of scans."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from lineament.face.face import Template
from lineament.face.model import load_face_model
from lineament.geometry.normals import vertex_normals
from lineament.io.scans import write_scan
from lineament.types import Floats, Scan


def write_mesh(path: str | PathLike[str], vertices: Floats, template: Template | None = None) -> Path:
    """Write a face as a mesh with uv and normals, in mm; vertex i is vertex i of the face model.

    Parameters
    ----------
    path : path-like
        Its suffix chooses the format: `.obj`, `.ply` or another one of `lineament.io.scans.WRITERS`.
    vertices : (V, 3) float32, mm
    template : Template, optional
        The user's own model that the face is of; where its uv has seams, copies of their vertices stand behind the
        others.

    Raises
    ------
    InputError
        The suffix is unknown, or the file cannot be written.
    """
    if template is None:
        model = load_face_model()
        normals = vertex_normals(vertices, model.triangles)
        return write_scan(Scan(vertices, model.triangles, normals, uv=model.uv, unit="mm"), path)
    points, normals = map(template.with_copies, (vertices, vertex_normals(vertices, template.triangles)))
    uv = template.uv if len(template.uv) else None
    return write_scan(Scan(points, template.corners, normals, uv=uv, unit="mm"), path)
