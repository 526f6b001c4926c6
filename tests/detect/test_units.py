"""The unit of a scan follows from the size of the face in it."""

from __future__ import annotations

import pytest

from lineament.detect.units import resolve_unit
from lineament.errors import InputError


@pytest.mark.parametrize(("estimate", "unit"), [(1.0, "mm"), (0.8, "mm"), (11.0, "cm"), (24.0, "in"), (1100.0, "m")])
def test_a_face_of_human_size_names_its_unit(estimate, unit):
    assert resolve_unit(estimate, None, None)[0] == unit


def test_a_scan_in_no_unit_keeps_the_size_of_the_face():
    assert resolve_unit(52.0, None, None) == (None, 52.0)


def test_a_unit_stated_by_the_format_is_believed_only_when_it_can_be():
    assert resolve_unit(1050.0, "m", None) == ("m", 1000.0)
    assert resolve_unit(52.0, "m", None) == (None, 52.0)
    assert resolve_unit(1.02, "m", None) == ("mm", 1.0)


def test_the_users_unit_is_never_overruled():
    assert resolve_unit(1.6, None, "mm") == ("mm", 1.0)
    with pytest.raises(InputError, match=r"probably in m$"):
        resolve_unit(1000.0, None, "mm")
