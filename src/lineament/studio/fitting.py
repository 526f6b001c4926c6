"""The face that is fitted to an open scan: the job, what is told of the fit, and the rig that the page moves.

Symbols: V vertices, T triangles, E expressions, K modes, M vertices that are drawn.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lineament.detect.detector import Detection
from lineament.face.colour import bake_colour, write_colour
from lineament.face.deviation import REACH, deviation, measured_share
from lineament.face.face import Face
from lineament.face.fit import fit_face
from lineament.face.model import load_face_model
from lineament.face.prior import load_shape_prior
from lineament.face.rig import arkit_targets, neutral
from lineament.face.start import BY_HAND
from lineament.geometry.neighbours import knn
from lineament.geometry.normals import vertex_normals
from lineament.io.faces.glb import write_glb
from lineament.io.faces.mesh import write_mesh
from lineament.io.faces.parameters import write_face
from lineament.studio.downloads import written
from lineament.studio.errors import ConflictError
from lineament.studio.geometry import display_of
from lineament.studio.gltf import pack_mesh
from lineament.studio.jobs import Job, JobResult, Progress
from lineament.studio.state import Studio
from lineament.studio.workspace import Item
from lineament.types import Floats

MODES = 20
"""Identity modes that the page can slide."""
BINS = 40
LEAST_RANGE = 1.0
"""Of the histogram, mm to either side."""


@dataclass(frozen=True, eq=False)
class FitFacts:
    """How well a face fits.

    Attributes
    ----------
    deviation : (M,) float32, mm
        Of the vertices that are drawn, outside of the fit positive; NaN where nothing of the face is near.
    measured : float
        Share of the face's area that the scan shows.
    edges : (41,) float64, mm
    counts : (40,) int64
        Vertices beyond the edges count in the outermost bins.
    """

    deviation: Floats
    measured: float
    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]

    def share(self, percent: float) -> float:
        """Return a percentile of the size of the deviation, mm; NaN where nothing is near."""
        known = np.abs(self.deviation[np.isfinite(self.deviation)])
        return float(np.percentile(known, percent)) if len(known) else float("nan")


def start_fit(studio: Studio, item: Item, owner: str) -> Job:
    """Fit the face model to a scan, in a job.

    Raises
    ------
    ConflictError
        The scan has no landmarks.
    """
    corrected_detection(item)

    def work(progress: Progress) -> JobResult:
        fit(item, progress)
        return {"scan": item.id}

    return studio.jobs.start(owner, "fit", f"fit to {item.name}", work)


def fit(item: Item, progress: Progress) -> Face:
    """Fit the face model, from the landmarks as they are now."""
    progress("fitting")
    face = fit_face(item.parsed, corrected_detection(item))
    progress("comparing")
    facts = _facts(item, face)
    with item.lock:
        item.forget("fit", "rig", "confidence")
        item.put("fit", facts)
        item.face = face
    return face


def facts_of(item: Item) -> FitFacts:
    """Return how well the face of a scan fits.

    Raises
    ------
    ConflictError
        None has been fitted.
    """
    face = item.fitted
    return item.made("fit", lambda: _facts(item, face))


def corrected_detection(item: Item) -> Detection:
    """Return what was found, with the corrections of people.

    Raises
    ------
    ConflictError
        Nothing was found.
    """
    if item.found is None:
        raise ConflictError(item.no_face or "the landmarks of this scan have not been found yet")
    landmarks = {}
    for name, marks in item.marks.items():
        now = marks.landmarks
        if now.sigma is not None:
            now = replace(now, sigma=np.where(np.isnan(now.sigma), np.float32(BY_HAND), now.sigma))
        landmarks[name] = now
    return replace(item.found, landmarks=landmarks)


def confidence_of(item: Item) -> Floats:
    """Return for each vertex that is drawn (M,) how far the fit rests on the scan there, 0 to 1; NaN off the face."""
    face, display = item.fitted, display_of(item)

    def make() -> Floats:
        moved = face.pose.apply(item.parsed.points[display.source])
        nearest, away = knn(face.vertices, 1, moved, radius=REACH)
        return np.where(np.isfinite(away[:, 0]), face.confidence[nearest[:, 0]], np.float32(np.nan))

    return item.made("confidence", make)


def mesh_of_fit(item: Item) -> bytes:
    """Return the fitted face as a GLB file, in the frame of the scan's mesh: scan unit, less its centre."""
    face = item.fitted
    points = (face.pose.inverse().apply(face.vertices.astype(np.float64)) - item.centre()).astype(np.float32)
    triangles = load_face_model().triangles
    return pack_mesh(points, triangles, vertex_normals(points, triangles))


def rig_of(item: Item) -> bytes:
    """Return the rig that the page moves, in mm, face frame.

    A length of 32 bits and a header in JSON, padded to 4 bytes; then float32 neutral (V, 3), float16 of what each
    expression adds (E, V, 3), float16 of what one standard deviation of each identity mode adds (K, V, 3), uint32
    triangles (T, 3), float32 fitted vertices (V, 3), float32 confidence (V,); all little-endian.
    """
    face = item.fitted

    def make() -> bytes:
        model, targets, modes = load_face_model(), arkit_targets(face), load_shape_prior().modes[:MODES]
        header = {
            "V": len(face.vertices),
            "expressions": list(targets),
            "modes": len(modes),
            "triangles": len(model.triangles),
            "fitted": True,
            "confidence": True,
        }
        text = json.dumps(header).encode("ascii")
        text += b" " * (-len(text) % 4)
        halves = np.stack(list(targets.values())).astype("<f2").tobytes() + modes.astype("<f2").tobytes()
        return b"".join(
            (
                struct.pack("<I", len(text)),
                text,
                neutral(face).astype("<f4").tobytes(),
                halves + bytes(-len(halves) % 4),
                model.triangles.astype("<u4").tobytes(),
                face.vertices.astype("<f4").tobytes(),
                face.confidence.astype("<f4").tobytes(),
            )
        )

    return item.made("rig", make)


def download_of_fit(item: Item, suffix: str) -> bytes:
    """Return a file of the fitted face: `glb` with its expressions and the scan's colours, `obj`, `ply` or `npz`."""
    face = item.fitted
    if suffix == "glb":
        return written("face.glb", lambda place: write_glb(place, face, _skin(item), landmarks="ibug68"))
    if suffix == "npz":
        return written("face.npz", lambda place: write_face(place, face))
    return written(f"face.{suffix}", lambda place: write_mesh(place, face.vertices, face.template))


def _skin(item: Item) -> bytes | None:
    """Return the scan's colours in the model's uv, as PNG."""
    scan = item.parsed
    if scan.colors is None and item.texture is None:
        return None
    colour = bake_colour(item.fitted, scan, texture=item.texture)
    return written("face_colour.png", lambda place: write_colour(colour, place))


def _facts(item: Item, face: Face) -> FitFacts:
    found = deviation(face, item.parsed.points[display_of(item).source])
    known = found[np.isfinite(found)]
    reach = max(LEAST_RANGE, float(np.ceil(2 * np.percentile(np.abs(known), 99)) / 2)) if len(known) else LEAST_RANGE
    edges = np.linspace(-reach, reach, BINS + 1)
    counts = np.histogram(np.clip(known, -reach, reach), edges)[0]
    return FitFacts(found, measured_share(face), edges, counts.astype(np.int64))
