"""A contact sheet: a tile for each pose, different where the poses are."""

from __future__ import annotations

import numpy as np

from lineament.face.rig import neutral, posed
from lineament.picture.expressions import expression_sheet


def test_each_pose_has_its_tile(person):
    face = person(0)
    poses = {"one": neutral(face), "two": neutral(face), "three": posed(face, {"jawOpen": 1.0})}
    sheet = np.asarray(expression_sheet(poses, columns=2, tile=60), np.int16)
    height = sheet.shape[0] // 2
    first, second, third = sheet[height - 60 : height, :60], sheet[height - 60 : height, 60:], sheet[-60:, :60]
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - third).max() > 40
    assert (sheet[-60:, 60:] == 255).all()
