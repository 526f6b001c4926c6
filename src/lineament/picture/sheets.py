"""Whole pictures for people: a scan with its landmarks, a scan with its curvature.

Symbols: N points, L landmarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from lineament.face.model import load_face_model
from lineament.io.atomic import atomic_write
from lineament.picture.camera import FRONT, THREE_QUARTER, Camera
from lineament.picture.colormap import Kind, colormap
from lineament.picture.ink import Color
from lineament.picture.landmarks import INK, LEFT_COLOR, MIDDLE_COLOR, RIGHT_COLOR, draw_landmarks, font
from lineament.picture.render import render
from lineament.picture.shade import PAPER
from lineament.types import Floats, Landmarks, Scan

_PALE: Color = (104, 110, 118)
PAPER_COLOR: Color = (round(255 * PAPER[0]), round(255 * PAPER[1]), round(255 * PAPER[2]))
HEIGHT = 1130
"""Of the panels of a sheet, pixels."""
_FRONT_WIDTH, _SIDE_WIDTH = 1240, 760
_TITLE, _FOOT, _EDGE = 92, 78, 36
_MARGIN = 200  # columns on each side of the front view that are kept for names

Rotation = npt.NDArray[np.floating]


def landmark_picture(scan: Scan, landmarks: Landmarks, pose: Rotation | None = None) -> Image.Image:
    """Draw a scan with its landmarks, from the front and from the side.

    Blue points are on the subject's left, vermilion on the right, yellow on the midline; hollow points are inferred.
    The circle around a point is its expected error.

    Parameters
    ----------
    scan : Scan
    landmarks : Landmarks
        In the scan's frame and unit.
    pose : (3, 3) float or None
        Rotation from the scan's frame into the face frame; None when the face already is upright and faces +z.
    """
    to_face = np.eye(3) if pose is None else np.asarray(pose, dtype=np.float64)
    front, side = (
        _frame(scan.points, landmarks.xyz, view @ to_face, width)
        for view, width in ((FRONT, _FRONT_WIDTH - 2 * _MARGIN), (THREE_QUARTER, _SIDE_WIDTH))
    )
    scale = min(front.scale, side.scale)
    front = Camera(front.rotation, front.centre, scale, _FRONT_WIDTH, HEIGHT)
    side = Camera(side.rotation, side.centre, scale, _SIDE_WIDTH, HEIGHT)
    colors = _side_colors(landmarks, to_face)
    mm_per_unit = landmarks.mm_per_unit
    error = None
    if landmarks.sigma is not None and mm_per_unit:
        error = landmarks.sigma * np.float32(scale / mm_per_unit)

    panels = []
    for camera, names, margin in ((front, landmarks.names, _MARGIN), (side, (), 0)):
        surface = render(scan.points, scan.triangles, camera, normals=scan.normals)
        positions = camera.project(landmarks.xyz)
        if camera is side:
            positions[_behind(positions, surface.nearness, 8 * scale / (mm_per_unit or 1.0))] = np.nan
        drawn = draw_landmarks(
            faded(surface.image),
            positions[:, :2],
            colors=colors,
            visible=np.asarray(landmarks.visible),
            names=names,
            error_radius=error,
            margin=margin,
            radius=4.0 if len(landmarks) < 150 else 2.2,
        )
        panels.append(drawn)

    facts = [f"{len(landmarks)} landmarks" + (f", {landmarks.set_name}" if landmarks.set_name else "")]
    if landmarks.unit:
        facts.append(f"unit {landmarks.unit}")
    elif mm_per_unit:
        facts.append(f"1 unit is {mm_per_unit:.4g} mm")
    if landmarks.sigma is not None and np.isfinite(landmarks.sigma).any():
        facts.append(f"mean expected error {np.nanmean(landmarks.sigma):.1f} mm")
    sheet = titled_sheet(panels, scan, facts)
    keys: list[tuple[str, Color, bool]] = [
        ("subject's right", RIGHT_COLOR, True),
        ("midline", MIDDLE_COLOR, True),
        ("subject's left", LEFT_COLOR, True),
    ]
    if (np.isfinite(landmarks.xyz).all(axis=1) & ~np.asarray(landmarks.visible)).any():
        keys.append(("inferred, not on the scan", _PALE, False))
    x = color_key(sheet, keys)
    if error is not None:
        ImageDraw.Draw(sheet).text(
            (x, sheet.height - _FOOT / 2), "circle: expected error", fill=_PALE, font=font(20), anchor="lm"
        )
    if mm_per_unit:
        scale_bar(sheet, scale / mm_per_unit)
    return sheet


def curvature_picture(scan: Scan, shape_index: Floats, curvedness: Floats, pose: Rotation | None = None) -> Image.Image:
    """Draw a scan coloured by shape index and by curvedness, side by side.

    Parameters
    ----------
    scan : Scan
    shape_index : (N,) float32
        -1 a cup, 0 a saddle, 1 a cap; NaN is grey.
    curvedness : (N,) float32, 1/mm
    pose : (3, 3) float or None
        As in `landmark_picture`.
    """
    to_face = np.eye(3) if pose is None else np.asarray(pose, dtype=np.float64)
    width = (_FRONT_WIDTH + _SIDE_WIDTH) // 2
    camera = Camera.fit(scan.points, FRONT @ to_face, width, HEIGHT)
    finite = curvedness[np.isfinite(curvedness)]
    high = float(np.percentile(finite, 97)) if finite.size else 1.0
    layers: tuple[tuple[Floats, float, float, Kind], ...] = (
        (shape_index, -1.0, 1.0, "diverging"),
        (curvedness, 0.0, high, "sequential"),
    )
    panels = [
        render(scan.points, scan.triangles, camera, colors=colormap(*layer), normals=scan.normals).image
        for layer in layers
    ]
    sheet = titled_sheet(panels, scan, ["shape index", "curvedness"])
    color_bar(sheet, 0, width, "diverging", "shape index", ("cup -1", "0", "cap +1"))
    color_bar(sheet, width, width, "sequential", "curvedness, 1/mm", ("0", f"{high / 2:.2g}", f"{high:.2g}"))
    return sheet


def save_picture(picture: Image.Image, path: str | PathLike[str]) -> Path:
    """Write a picture as PNG, whole or not at all."""
    with atomic_write(path) as file:
        picture.save(file, format="PNG")
    return Path(path)


def _frame(points: Floats, landmarks: Floats, rotation: Rotation, width: int) -> Camera:
    """Return the camera that shows the landmarks and the head around them, but no more than there is."""
    turn = rotation.astype(np.float32)
    seen, marks = points @ turn.T, landmarks @ turn.T
    if not np.isfinite(marks).all(axis=1).any():
        return Camera.fit(points, rotation, width, HEIGHT)
    low, high = np.nanmin(marks, axis=0), np.nanmax(marks, axis=0)
    room = float(np.hypot(*(high - low)[:2]))
    low = np.maximum(low - np.array([0.30, 0.26, 0.0]) * room, np.minimum(np.nanmin(seen, axis=0), low))
    high = np.minimum(high + np.array([0.30, 0.52, 0.0]) * room, np.maximum(np.nanmax(seen, axis=0), high))
    return Camera.fit(np.stack([low, high]) @ turn, rotation, width, HEIGHT, fill=0.97)


def faded(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Let the surface run out softly where an edge of the picture cuts it off."""
    height, width = image.shape[:2]
    rows, columns = np.arange(height), np.arange(width)
    below = np.clip((height - 1 - rows) / (0.11 * height), 0, 1)[:, None]
    beside = np.clip(np.minimum(columns, width - 1 - columns) / (0.03 * width), 0, 1)[None, :]
    part = (below * beside)[..., None].astype(np.float32)
    part = part * part * (3 - 2 * part)
    paper = np.array(PAPER_COLOR, dtype=np.float32)
    return np.asarray(paper + (image - paper) * part + 0.5, dtype=np.uint8)


def _behind(positions: Floats, nearness: Floats, slack: float) -> npt.NDArray[np.bool_]:
    """Return which positions lie more than `slack` pixels behind the surface."""
    height, width = nearness.shape
    known = np.where(np.isfinite(positions), positions, 0)
    column = np.clip(np.round(known[:, 0]), 0, width - 1).astype(np.intp)
    row = np.clip(np.round(known[:, 1]), 0, height - 1).astype(np.intp)
    return np.asarray(nearness[row, column] > known[:, 2] + slack)


def _side_colors(landmarks: Landmarks, to_face: Rotation) -> list[Color]:
    """Colour of each landmark by its side of the face: by its name where that is known, else by where it lies."""
    model = load_face_model()
    known = model.landmark_sets.get(landmarks.set_name)
    if known is not None and known.names == landmarks.names:
        x = model.landmarks(model.vertices, known.name)[:, 0]
        middle, near = 0.0, 1.0
    else:
        x = landmarks.xyz @ to_face[0].astype(np.float32)
        ends = [np.nanmin(x), np.nanmax(x)] if np.isfinite(x).any() else [0.0, 0.0]
        middle, near = float(np.mean(ends)), 0.035 * float(np.ptp(ends))
    return [LEFT_COLOR if d > near else RIGHT_COLOR if d < -near else MIDDLE_COLOR for d in x - middle]


def titled_sheet(panels: Sequence[npt.NDArray[np.uint8]], scan: Scan, facts: Sequence[str]) -> Image.Image:
    """Set panels side by side below a title."""
    sheet = Image.new("RGB", (sum(panel.shape[1] for panel in panels), _TITLE + HEIGHT + _FOOT), PAPER_COLOR)
    x = 0
    for panel in panels:
        sheet.paste(Image.fromarray(panel), (x, _TITLE))
        x += panel.shape[1]
    draw = ImageDraw.Draw(sheet)
    title = scan.source.path.name if scan.source.path else "scan"
    big, small = font(34), font(22)
    draw.text((_EDGE, _TITLE - 34), title, fill=INK, font=big, anchor="ls")
    after = _EDGE + draw.textlength(title, font=big) + 24
    draw.text((after, _TITLE - 34), "   ·   ".join(facts), fill=_PALE, font=small, anchor="ls")
    return sheet


def color_key(sheet: Image.Image, keys: Sequence[tuple[str, Color, bool]]) -> float:
    """Write the key of colours at the foot; return the column after it."""
    canvas = np.asarray(sheet)
    y = sheet.height - _FOOT / 2
    x = float(_EDGE + 8)
    places = []
    draw = ImageDraw.Draw(sheet)
    for text, _, _ in keys:
        places.append(x)
        x += draw.textlength(text, font=font(20)) + 62
    dots = draw_landmarks(
        canvas,
        np.array([(place, y) for place in places], dtype=np.float32),
        colors=[color for _, color, _ in keys],
        visible=np.array([filled for _, _, filled in keys]),
        radius=6.5,
    )
    sheet.paste(Image.fromarray(dots))
    for place, (text, _, _) in zip(places, keys, strict=True):
        draw.text((place + 17, y), text, fill=INK, font=font(20), anchor="lm")
    return x


def scale_bar(sheet: Image.Image, pixels_per_mm: float, right: int | None = None) -> None:
    """Draw a bar of a round length at the foot, ending at the column `right`; at the lower right without it."""
    length = next((mm for mm in (50, 20, 10, 5, 2, 1) if mm * pixels_per_mm <= 260), 1)
    right, y = (sheet.width if right is None else right) - _EDGE, sheet.height - _FOOT / 2
    left = right - round(length * pixels_per_mm)
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((left, y - 2, right, y + 1), fill=INK)
    for x in (left, right - 2):
        draw.rectangle((x, y - 8, x + 2, y + 7), fill=INK)
    draw.text((left - 14, y), f"{length} mm", fill=INK, font=font(20), anchor="rm")


def color_bar(sheet: Image.Image, left: int, width: int, kind: Kind, title: str, ticks: tuple[str, str, str]) -> None:
    """Draw a bar of colours with three ticks at the foot of a panel."""
    length, thickness, y = 420, 16, sheet.height - _FOOT // 2 - 14
    x = left + (width - length) // 2
    colors = colormap(np.arange(length), 0, length - 1, kind)
    sheet.paste(Image.fromarray(np.broadcast_to(colors, (thickness, length, 3)).copy()), (x, y))
    draw = ImageDraw.Draw(sheet)
    draw.text((x - 18, y + thickness / 2), title, fill=INK, font=font(20), anchor="rm")
    for at, text in zip((0, length / 2, length), ticks, strict=True):
        draw.text((x + at, y + thickness + 6), text, fill=_PALE, font=font(18), anchor="mt")
