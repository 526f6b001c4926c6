"""A picture of a fit: the scan, the face fitted to it, and how far the two are apart.

Symbols: N points of the scan, V model vertices.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from lineament.face.deviation import deviation, measured_share, triangles_of
from lineament.face.face import Face
from lineament.face.parts import part_colors
from lineament.picture.camera import Camera, turned
from lineament.picture.colormap import colormap
from lineament.picture.render import render
from lineament.picture.sheets import HEIGHT, color_bar, faded, scale_bar, titled_sheet
from lineament.types import Scan

_WIDTH = 700
_FRONT = -10.0
"""The picture is laid out for what lies in front of this, mm, face frame."""
_LEAST = 0.25
"""The colours span four median distances on either side of 0, and this much at least, mm."""


def fit_picture(scan: Scan, face: Face, yaw: float = 20.0) -> Image.Image:
    """Draw a scan, the fitted face, and the scan coloured by its distance from that, side by side.

    Blue is where the scan lies inside of the fitted face, brown where it lies outside; grey was not compared.

    Parameters
    ----------
    scan : Scan
    face : Face
        Fitted to it.
    yaw : float, degrees
        From where they are seen, towards the subject's left.
    """
    points = face.pose.apply(scan.points)
    heights = deviation(face, scan.points)
    known = np.abs(heights[np.isfinite(heights)])
    # Hair and clothes, however far off, do not wash the face out.
    high = max(_LEAST, float(np.ceil(16 * np.median(known)) / 4)) if len(known) else _LEAST
    camera = Camera.fit(face.vertices[face.vertices[:, 2] > _FRONT], turned(yaw), _WIDTH, HEIGHT)
    colors = part_colors() if face.template is None else None
    plain = render(points, scan.triangles, camera).image
    fitted = render(face.vertices, triangles_of(face)[0], camera, colors=colors).image
    map_ = render(points, scan.triangles, camera, colors=colormap(heights, -high, high, "diverging")).image
    facts = [f"{measured_share(face):.0%} of the face measured"]
    if len(known):
        facts.append(f"median distance {np.median(known):.2f} mm")
    sheet = titled_sheet([faded(panel) for panel in (plain, fitted, map_)], scan, facts)
    ticks = (f"-{high:g}", "0", f"+{high:g}")
    color_bar(sheet, 2 * _WIDTH, _WIDTH, "diverging", "off the fit, mm", ticks)
    scale_bar(sheet, camera.scale, _WIDTH)
    return sheet
