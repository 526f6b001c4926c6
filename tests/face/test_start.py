"""Landmarks that are handed in: by hand, in any order, with points missing, without errors or unit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lineament import fit_face
from lineament.errors import InputError
from lineament.face.model import load_face_model
from lineament.face.start import start_from
from lineament.geometry.alignment import Similarity
from lineament.types import Landmarks, Scan

TO_SCAN = Similarity(0.1, Rotation.random(random_state=3).as_matrix(), np.array([3.0, -40.0, 12.0]))
"""From the face frame to a scan in centimetres that lies anyhow."""


def marks(set_name: str = "ibug68", **changes) -> Landmarks:
    model = load_face_model()
    xyz = TO_SCAN.apply(model.landmarks(model.vertices, set_name))
    return Landmarks(**{"names": model.landmark_sets[set_name].names, "xyz": xyz, "set_name": set_name} | changes)


@pytest.mark.parametrize("set_name", ["ibug68", "anthropometric", "dense520"])
def test_the_mean_face_is_found_upright_in_its_unit(set_name: str) -> None:
    found = start_from(marks(set_name))
    assert found.unit == "cm"
    np.testing.assert_allclose((found.pose @ TO_SCAN).matrix, np.eye(4), atol=1e-3)


def test_any_order_and_missing_points() -> None:
    whole = marks("anthropometric")
    order = np.random.default_rng(0).permutation(len(whole))[:20]
    xyz = whole.xyz[order].copy()
    xyz[:5] = np.nan
    some = Landmarks([whole.names[row] for row in order], xyz)
    found = start_from(some)
    np.testing.assert_allclose((found.pose @ TO_SCAN).matrix, np.eye(4), atol=1e-3)
    filled = found.landmarks["anthropometric"]
    assert filled.names == whole.names
    assert np.isfinite(filled.xyz).all(axis=1).sum() == 15
    np.testing.assert_array_equal(filled.xyz[order[5:]], whole.xyz[order[5:]])


@pytest.mark.parametrize("set_name", ["ibug68", "anthropometric"])
def test_points_set_by_hand_are_enough_for_a_fit(set_name: str) -> None:
    model = load_face_model()
    whole = marks(set_name)
    xyz = whole.xyz.copy()
    xyz[::7] = np.nan
    face = fit_face(Scan(TO_SCAN.apply(model.vertices)), Landmarks(whole.names, xyz))
    skin = model.region < model.region_names.index("mouth")
    assert 10 * np.linalg.norm(face.in_scan() - TO_SCAN.apply(model.vertices), axis=1)[skin].mean() < 1.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"names": tuple("abc"), "xyz": np.eye(3)}, "of none of the sets"),
        ({"xyz": np.where(np.arange(68)[:, None] < [5] * 3, 1.0, np.nan)}, "5 landmarks are given"),
        ({"xyz": np.zeros((68, 3))}, "do not fix a transform"),
        ({"names": marks().names[::-1]}, "mm off a face's"),
        ({"unit": "m"}, "check their order, their unit"),
    ],
)
def test_what_cannot_be_a_face_is_told(changes: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        start_from(marks(**changes))
