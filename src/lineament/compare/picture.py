"""A picture of what has changed: A coloured by its deviation, from the front and from both sides.

Symbols: N points of A.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from lineament.compare.comparison import Comparison
from lineament.compare.regions import REGIONS
from lineament.picture.camera import FRONT, Camera, turned
from lineament.picture.colormap import colormap
from lineament.picture.render import render
from lineament.picture.sheets import color_bar, faded, scale_bar, titled_sheet
from lineament.types import Floats, Scan, Source

_WIDTH, _HEIGHT = 900, 1130
_FRONT = 30.0
"""The picture is laid out for what lies in front of this, mm, face frame."""
_PIXELS_PER_MM = 5.5
"""At most, so that the scale bar is one of 20 mm for every face."""
_LEAST_PIXELS_PER_MM = 5.3
_SMALLEST = 0.5
"""The colours span this much on either side of 0 at least, mm; scanners are no better."""


def color_range(deviation: Floats) -> float:
    """Return how many millimetres the colours span on either side of 0: what 98 % of the points stay within."""
    known = np.abs(deviation[np.isfinite(deviation)])
    return max(_SMALLEST, float(np.ceil(2 * np.percentile(known, 98)) / 2)) if len(known) else _SMALLEST


def deviation_colors(found: Comparison) -> npt.NDArray[np.uint8]:
    """Return the colour of each point of A, (N, 3) uint8 sRGB: blue where B lies inside of A, brown where outside.

    The colours are symmetric about 0 and span what 98 % of the face stays within; grey is unknown.
    """
    high = color_range(found.deviation[found.region >= 0])
    return colormap(found.deviation, -high, high, "diverging")


def deviation_picture(found: Comparison, a: Scan, title: str) -> Image.Image:
    """Draw A coloured by its deviation, from the subject's right, the front and the subject's left.

    Parameters
    ----------
    found : Comparison
    a : Scan
    title : str
    """
    points: Floats = found.pose.apply(a.points)
    front = (found.region >= 0) & (found.region != list(REGIONS).index("neck")) & (points[:, 2] > _FRONT)
    face = points[front]
    colors = deviation_colors(found)
    cameras = [Camera.fit(face, view, _WIDTH, _HEIGHT, fill=0.86) for view in (turned(-42.0), FRONT, turned(42.0))]
    fitting = min(camera.scale for camera in cameras)
    scale = float(np.clip(fitting, _LEAST_PIXELS_PER_MM, _PIXELS_PER_MM))
    panels = []
    for camera in (replace(camera, scale=scale) for camera in cameras):
        picture = faded(render(points, a.triangles, camera, colors=colors).image)
        panels.append(faded(picture[::-1])[::-1])  # at the lower end, and at the upper one
    facts = [
        f"registered on '{found.stable}', residual {found.residual:.2f} mm",
        f"mean change of the face {found.regions[0].mean_absolute:.2f} mm",
    ]
    sheet = titled_sheet(panels, Scan(points, source=Source(Path(title))), facts)
    high = color_range(found.deviation[found.region >= 0])
    ticks = (f"-{high:g} mm", "0", f"+{high:g} mm")
    color_bar(sheet, 0, sheet.width, "diverging", "inside or outside of the first scan", ticks)
    scale_bar(sheet, scale)
    return sheet
