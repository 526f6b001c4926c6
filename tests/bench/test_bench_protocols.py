"""What is drawn depends on seed and number alone."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from lineament.bench.protocols import SWEEPS, VIRTUAL, plan_virtual
from lineament.errors import InputError


def test_more_scans_begin_with_the_same_ones() -> None:
    few, many = plan_virtual(["base"], 5, 7), plan_virtual(["base"], 50, 7)
    assert many[:5] == few
    assert len({case.seed for case in many}) == 50
    assert plan_virtual(["base"], 5, 8)[0].seed != few[0].seed


@pytest.mark.parametrize("protocol", SWEEPS)
def test_a_sweep_goes_over_the_same_people(protocol: str) -> None:
    cases = plan_virtual([protocol], 30, 1)
    points = list(dict.fromkeys(case.point for case in cases))
    assert len(points) == len(SWEEPS[protocol])
    seeds = [[case.seed for case in cases if case.point == point] for point in points]
    assert all(own == seeds[0] for own in seeds)
    assert len(seeds[0]) == 3


def test_only_what_is_swept_is_not_clean() -> None:
    for case in plan_virtual([*SWEEPS, "clean", "rotation"], 10, 1):
        assert case.condition.clean
        assert case.turned == (case.protocol == "rotation" and case.point == "any")
    values = {case.point: case.condition for case in plan_virtual([*SWEEPS], 10, 1)}
    assert values["0.2"].hidden == 0.2
    assert values["100000"].points == 100_000
    assert values["80"].yaw == 80


def test_every_protocol_has_a_scan_and_every_scan_a_key_of_its_own() -> None:
    cases = plan_virtual(VIRTUAL, 1, 1)
    assert {case.protocol for case in cases} == set(VIRTUAL)
    assert len({(case.protocol, case.point, case.name) for case in cases}) == len(cases)


def test_an_unknown_protocol_is_named() -> None:
    with pytest.raises(InputError, match="no protocol 'speed'"):
        plan_virtual(["speed"], 10, 1)
