"""Pictures of measures on a scan, and of a face's asymmetry.

Symbols: V model vertices, M nodes of a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from lineament.errors import InputError
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.geometry.alignment import fit_similarity
from lineament.measure.asymmetry import FaceAsymmetry
from lineament.measure.definitions import (
    KINDS,
    Angle,
    Distance,
    Inclination,
    ProjectiveHeight,
    SurfaceDistance,
    on_side,
)
from lineament.measure.formulas import Float64s
from lineament.measure.geodesic import shortest_paths
from lineament.measure.measurement import Measurement
from lineament.measure.skin import Skin
from lineament.picture.camera import FRONT, Camera, turned
from lineament.picture.colormap import colormap
from lineament.picture.ink import Color, disc, line
from lineament.picture.landmarks import INK, LEFT_COLOR, RIGHT_COLOR, draw_landmarks
from lineament.picture.render import render
from lineament.picture.sheets import PAPER_COLOR, color_bar, color_key, faded, scale_bar, titled_sheet
from lineament.types import Floats, Landmarks, Scan, Source

_HEIGHT, _INNER, _MARGIN = 1130, 900, 250
_ANGLE_COLOR: Color = (0, 158, 115)
_SIDE = turned(62.0)
_COLORS = {
    Distance: LEFT_COLOR,
    ProjectiveHeight: LEFT_COLOR,
    SurfaceDistance: RIGHT_COLOR,
    Angle: _ANGLE_COLOR,
    Inclination: _ANGLE_COLOR,
}


def measures_picture(scan: Scan, landmarks: Landmarks, measurements: Sequence[Measurement]) -> Image.Image:
    """Draw measures as lines on a scan: those of the midline and across it from the front, the left ones beside it.

    Parameters
    ----------
    scan : Scan
    landmarks : Landmarks
        Of the set `anthropometric`, in the scan's frame and unit.
    measurements : sequence of Measurement
        Those of the right side, indices, and those without a value are left out.

    Raises
    ------
    InputError
        The unit of the landmarks is unknown, fewer than three of them are known, or there is nothing to draw.
    """
    size = landmarks.mm_per_unit
    if size is None:
        raise InputError("the unit of the landmarks is unknown, and measures are in mm; give the unit")
    pose = _upright(landmarks)
    drawn = [m for m in measurements if m.side != "right" and type(m.definition) in _COLORS and np.isfinite(m.value)]
    beside = [m for m in drawn if m.side == "left" or isinstance(m.definition, SurfaceDistance | Angle | Inclination)]
    if not drawn:
        raise InputError("none of the measures can be drawn; give distances or angles that have a value")
    panels = []
    used = np.stack([landmarks[name] for m in drawn for name in on_side(m.definition, "left")])
    cameras = [Camera.fit(used, view @ pose, _INNER, _HEIGHT, fill=0.8) for view in (FRONT, _SIDE)]
    scale = min(camera.scale for camera in cameras)
    skin = Skin.of(scan, size, landmarks.xyz.astype(np.float64) * size)
    for camera, chosen in zip(cameras, ([m for m in drawn if m not in beside], beside), strict=True):
        inner = replace(camera, scale=scale)
        picture = render(scan.points, scan.triangles, inner, normals=scan.normals).image
        picture = faded(faded(picture)[::-1])[::-1]  # at the lower end, and at the upper one
        paper = np.empty((_HEIGHT, _INNER + 2 * _MARGIN, 3), dtype=np.uint8)
        paper[:] = PAPER_COLOR
        paper[:, _MARGIN:-_MARGIN] = picture
        outer = replace(inner, width=paper.shape[1])
        panels.append(_with_lines(paper, outer, landmarks, chosen, skin, size))
    sheet = titled_sheet(panels, scan, [f"{len(drawn)} measures", "± standard error"])
    keys = [(KINDS[kind], _COLORS[kind], True) for kind in (Distance, SurfaceDistance, Angle)]
    color_key(sheet, keys)
    scale_bar(sheet, scale / size)
    return sheet


def asymmetry_picture(face: Face, found: FaceAsymmetry, title: str = "asymmetry") -> Image.Image:
    """Draw a fitted face coloured by its asymmetry, from the front and from both sides.

    Blue is where the face is flatter than its other side, brown where it is fuller; grey was not measured on both.
    """
    model = load_face_model()
    inside = model.region_names.index("mouth")
    skin = model.triangles[(model.region[model.triangles] != inside).any(axis=1)]
    known = found.confidence >= 0.5
    spread = np.abs(found.signed[known])
    high = max(1.0, float(np.ceil(2 * np.percentile(spread, 98)) / 2)) if known.any() else 1.0
    colors = colormap(np.where(known, found.signed, np.nan), -high, high, "diverging")
    # The front of the head; what lies behind the ears would make the face small.
    front = face.vertices[face.vertices[:, 2] > 0]
    panels = []
    cameras = [Camera.fit(front, view, 660, _HEIGHT) for view in (turned(-48.0), FRONT, turned(48.0))]
    for camera in (replace(camera, scale=min(c.scale for c in cameras)) for camera in cameras):
        panels.append(faded(render(face.vertices, skin, camera, colors=colors).image))
    scan = Scan(face.vertices, skin, source=Source(Path(title)))
    sheet = titled_sheet(panels, scan, ["distance of each point from the face's mirror image, along the normal"])
    ticks = (f"-{high:g}", "0", f"+{high:g}")
    color_bar(sheet, 0, sheet.width, "diverging", "flatter or fuller than the other side, mm", ticks)
    return sheet


def _with_lines(
    picture: npt.NDArray[np.uint8],
    camera: Camera,
    landmarks: Landmarks,
    chosen: Sequence[Measurement],
    skin: Skin,
    size: float,
) -> npt.NDArray[np.uint8]:
    """Draw the lines of measures with their names and values in the margins."""
    canvas = picture.astype(np.float32)
    middles, names, colors = [], [], []
    for m in chosen:
        color = _COLORS[type(m.definition)]
        nodes = _line_of(m, landmarks, skin, size)
        at = camera.project(nodes.astype(np.float32))[:, :2]
        for start, end in pairwise(at):
            line(canvas, (start[0], start[1]), (end[0], end[1]), 2.6, color, 0.9)
        for x, y in (at[0], at[-1]):
            disc(canvas, float(x), float(y), 4.2, INK)
            disc(canvas, float(x), float(y), 3.0, color)
        middles.append(at[1] if isinstance(m.definition, Angle) else _middle(at))
        unit = "°" if m.unit == "deg" else f" {m.unit}"
        error = f" ± {m.standard_error:.1f}" if np.isfinite(m.standard_error) else ""
        names.append(f"{m.definition.abbreviation}  {m.value:.1f}{error}{unit}")
        colors.append(color)
    shown: npt.NDArray[np.uint8] = np.clip(canvas + 0.5, 0, 255).astype(np.uint8)
    if not middles:
        return shown
    return draw_landmarks(
        shown,
        np.array(middles, dtype=np.float32),
        colors=colors,
        visible=np.array([m.visible for m in chosen]),
        names=names,
        margin=_MARGIN,
        radius=2.4,
    )


def _line_of(m: Measurement, landmarks: Landmarks, skin: Skin, size: float) -> Float64s:
    """Return the nodes (M, 3) of a measure's line in the scan's frame and unit."""
    at = np.stack([landmarks[name] for name in on_side(m.definition, "left")]).astype(np.float64)
    if not isinstance(m.definition, SurfaceDistance):
        return at
    legs = np.stack([at[:-1], at[1:]], axis=1) * size
    return np.concatenate([path.nodes for path in shortest_paths(skin, legs)]) / size


def _middle(at: Floats) -> Float64s:
    """Return the place halfway along a line (M, 2)."""
    along = np.concatenate([[0.0], np.cumsum(np.sqrt(np.square(np.diff(at, axis=0)).sum(axis=1)))])
    middle: Float64s = np.array([np.interp(along[-1] / 2, along, at[:, axis]) for axis in range(2)])
    return middle


def _upright(landmarks: Landmarks) -> Float64s:
    """Return the rotation (3, 3) from the scan's frame into the face frame."""
    model = load_face_model()
    chosen = model.landmark_sets["anthropometric"]
    mean = model.landmarks(model.vertices, chosen.name)
    known = [n in chosen.names and bool(np.isfinite(landmarks[n]).all()) for n in landmarks.names]
    rows = [chosen.names.index(n) for n, there in zip(landmarks.names, known, strict=True) if there]
    rotation: Float64s = fit_similarity(landmarks.xyz[known], mean[rows]).rotation
    return rotation
