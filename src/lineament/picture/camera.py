"""An orthographic camera, and the views of a face that it is used for.

Symbols: N points, H x W pixels. View frame: +x right, +y up, +z towards the viewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lineament.types import Floats


def turned(yaw: float, pitch: float = 0.0) -> npt.NDArray[np.float64]:
    """Rotation `(3, 3)` from the face frame into the view frame of a viewer who walked around the face.

    Parameters
    ----------
    yaw, pitch : float, degrees
        Yaw towards the subject's left, then pitch upwards; 0, 0 looks straight at the face.
    """
    cos_yaw, sin_yaw = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    cos_pitch, sin_pitch = np.cos(np.radians(pitch)), np.sin(np.radians(pitch))
    around_y = np.array([[cos_yaw, 0.0, -sin_yaw], [0.0, 1.0, 0.0], [sin_yaw, 0.0, cos_yaw]])
    around_x = np.array([[1.0, 0.0, 0.0], [0.0, cos_pitch, -sin_pitch], [0.0, sin_pitch, cos_pitch]])
    return np.asarray(around_x @ around_y)


FRONT = turned(0.0)
THREE_QUARTER = turned(42.0)
LEFT = turned(90.0)
RIGHT = turned(-90.0)


@dataclass(frozen=True, eq=False)
class Camera:
    """Orthographic view of a scan.

    Attributes
    ----------
    rotation : (3, 3) float64
        From the scan's frame into the view frame.
    centre : (3,) float64, scan frame
        The point in the middle of the picture.
    scale : float, pixels per unit of the scan
    width, height : int, pixels
    """

    rotation: npt.NDArray[np.float64]
    centre: npt.NDArray[np.float64]
    scale: float
    width: int
    height: int

    @classmethod
    def fit(
        cls, points: Floats, rotation: npt.NDArray[np.floating], width: int, height: int, fill: float = 0.92
    ) -> Camera:
        """Return the camera that shows `points (N, 3)` within the share `fill` of the picture's width and height."""
        turn = np.asarray(rotation, dtype=np.float64)
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            return cls(turn, np.zeros(3), 1.0, width, height)
        seen = points @ turn.T
        low, high = seen.min(axis=0), seen.max(axis=0)
        extent = np.maximum(high - low, 1e-12)
        scale = float(fill * min(width / extent[0], height / extent[1]))
        return cls(turn, (low + high) / 2 @ turn, scale, width, height)

    def project(self, points: Floats) -> Floats:
        """Return `(N, 3) float32`: column, row and nearness in pixels; the centre of the first pixel is (0, 0)."""
        seen = (points - self.centre) @ self.rotation.T * self.scale
        middle = np.array([(self.width - 1) / 2, (self.height - 1) / 2, 0.0])
        return np.asarray(seen * [1.0, -1.0, 1.0] + middle, dtype=np.float32)

    def enlarged(self, times: int) -> Camera:
        """Return the camera of the same view with `times` the pixels along each side."""
        return Camera(self.rotation, self.centre, self.scale * times, self.width * times, self.height * times)
