"""The picture of a fit shows where the scan lies off it."""

from __future__ import annotations

import numpy as np

from lineament.face.model import load_face_model
from lineament.geometry.normals import vertex_normals
from lineament.picture.fit import fit_picture
from lineament.types import Scan


def test_what_lies_outside_of_the_fit_is_brown_and_what_lies_inside_blue(person):
    face, model = person(1), load_face_model()
    side = np.where(model.vertices[:, 0] > 0, 0.4, -0.4).astype(np.float32)
    points = face.vertices + side[:, None] * vertex_normals(face.vertices, model.triangles)
    scan = Scan(face.pose.inverse().apply(points), model.triangles)
    picture = np.asarray(fit_picture(scan, face, yaw=0), np.int16)[92:-78]
    plain, map_ = np.split(picture, 3, axis=1)[::2]
    warm = (map_ - plain)[..., 0] - (map_ - plain)[..., 2]
    told = np.abs(warm) > 40
    assert told.mean() > 0.1
    # Seen from the front, the subject's left is on the right.
    right, left = np.split(warm > 0, 2, axis=1)
    right_told, left_told = np.split(told, 2, axis=1)
    assert np.mean(left[left_told]) > 0.9
    assert np.mean(right[right_told]) < 0.1
