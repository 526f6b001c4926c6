"""Corrections keep what was found, and tell who did what and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from lineament.errors import InputError
from lineament.studio import marks as module
from lineament.studio.marks import Marks, pairs_of
from lineament.types import Landmarks

FOUND = Landmarks(
    ("a", "b", "c"), np.arange(9).reshape(3, 3), np.float32([1, 2, 3]), np.array([True, False, True]), "mm"
)


def test_what_was_found_stays():
    marks = Marks(FOUND).put("b", np.float32([9, 9, 9]), "anna")
    assert marks.predicted is FOUND
    assert marks.landmarks["b"].tolist() == [9, 9, 9]
    assert marks.landmarks["a"].tolist() == [0, 1, 2]
    assert marks.landmarks.visible.tolist() == [True, True, True]
    assert np.isnan(marks.landmarks.sigma[1])
    assert marks.landmarks.sigma[[0, 2]].tolist() == [1, 3]


def test_missing_is_missing_until_it_is_restored():
    marks = Marks(FOUND).put("a", None, "anna")
    assert np.isnan(marks.landmarks["a"]).all()
    assert not marks.landmarks.visible[0]
    back = marks.restore("a", "ben")
    assert back.landmarks is FOUND
    assert [(c.name, c.by) for c in back.history] == [("a", "anna"), ("a", "ben")]
    assert back.history[0].xyz is None
    assert back.history[1].xyz.tolist() == [0, 1, 2]


def test_swapping_twice_is_nothing():
    marks = Marks(FOUND).swap("a", "c", "anna")
    assert marks.landmarks["a"].tolist() == [6, 7, 8]
    assert marks.landmarks["c"].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(marks.swap("a", "c", "anna").landmarks.xyz, FOUND.xyz)


def test_swapping_with_a_missing_one_moves_what_is_missing():
    marks = Marks(FOUND).put("a", None, "anna").swap("a", "b", "anna")
    assert marks.landmarks["a"].tolist() == [3, 4, 5]
    assert np.isnan(marks.landmarks["b"]).all()


def test_history_has_the_time_in_utc():
    at = Marks(FOUND).put("a", None, "anna").history[0].at
    assert at.endswith("Z")
    assert abs(datetime.fromisoformat(at) - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_history_that_nobody_reads_any_more_is_made_no_longer(monkeypatch):
    monkeypatch.setattr(module, "LONGEST_HISTORY", 3)
    marks = Marks(FOUND).put("a", None, "anna").put("b", None, "anna").restore("a", "anna")
    for act in (lambda: marks.put("a", None, "anna"), lambda: marks.restore("b", "anna")):
        with pytest.raises(InputError, match="3 times"):
            act()


def test_an_edit_leaves_the_value_it_was_made_of():
    first = Marks(FOUND)
    first.put("a", None, "anna")
    assert first.landmarks is FOUND
    assert first.history == ()


@pytest.mark.parametrize("act", [lambda m: m.put("x", None, ""), lambda m: m.restore("x", ""), lambda m: m.row("x")])
def test_unknown_names_are_told(act):
    with pytest.raises(InputError, match="no landmark 'x'"):
        act(Marks(FOUND))


def test_pairs_are_left_and_right():
    from lineament.face.model import load_face_model

    names = load_face_model().landmark_sets["anthropometric"].names
    pairs = [(names[i], names[j]) for i, j in pairs_of("anthropometric")]
    assert ("en_l", "en_r") in pairs or ("en_r", "en_l") in pairs
    assert all({one[-2:], other[-2:]} == {"_l", "_r"} for one, other in pairs)
