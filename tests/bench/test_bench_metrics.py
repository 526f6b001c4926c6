"""Figures of known errors are known."""

from __future__ import annotations

import numpy as np
import pytest

from lineament.bench.metrics import NOMINAL, calibration, failed, share_of, summarise
from lineament.bench.outcome import FAILED, Outcome, from_json, to_json
from lineament.bench.points import ELEVEN, GROUPS, group_of, ibug_names, known_names, subsets
from lineament.detect.answers import bound

L = 68
PLACES = np.arange(L)
INNER = np.arange(17, L)


def outcome(error: object, name: str = "0", **values: object) -> Outcome:
    filled = None if error is None else np.broadcast_to(np.asarray(error, np.float64), L).copy()
    return Outcome("base", "", name, error=filled, **values)  # type: ignore[arg-type]


def test_known_errors_give_known_figures() -> None:
    found = summarise([outcome(value, str(value)) for value in range(1, 10)], INNER, INNER)
    assert found is not None
    assert (found.scans, found.found, found.failures.value) == (9, 9, 0)
    assert found.mean is not None
    assert found.median is not None
    assert found.p95 is not None
    assert (found.mean.value, found.median.value, found.p95.value) == (5, 5, 9)
    assert found.within_2.value == pytest.approx(2 / 9)
    assert found.within_4.value == pytest.approx(4 / 9)
    assert found.mean.low < 5 < found.mean.high


def test_failed_scans_leave_the_errors_and_count_as_missed() -> None:
    scans = [*(outcome(1.0, str(i)) for i in range(6)), outcome(None, "6", reason="none"), outcome(FAILED + 1, "7")]
    found = summarise(scans, INNER, INNER)
    assert found is not None
    assert (found.not_found, found.off, found.found) == (1, 1, 6)
    assert found.mean is not None
    assert found.mean.value == 1
    assert found.within_2.value == pytest.approx(6 / 8)
    assert found.failures.value == pytest.approx(2 / 8)


def test_a_scan_fails_by_its_inner_points_alone() -> None:
    error = np.ones(L)
    error[:17] = 100
    assert not failed(outcome(error), INNER)
    error[17:] = 11
    assert failed(outcome(error), INNER)


def test_points_without_a_truth_do_not_count() -> None:
    error = np.full(L, np.nan)
    error[30:34] = [1, 2, 3, 4]
    found = summarise([outcome(error)], INNER, INNER)
    assert found is not None
    assert found.mean is not None
    assert (found.mean.value, found.within_2.value) == (2.5, 0.5)
    assert summarise([outcome(error)], np.arange(17), INNER) is None


def test_shown_and_hidden_points_are_parted() -> None:
    shown = np.arange(L) % 2 == 0
    scan = outcome(np.where(shown, 1.0, 3.0), shown=shown)
    parts = [summarise([scan], PLACES, INNER, kind) for kind in (True, False, None)]
    assert [part.mean.value for part in parts if part and part.mean] == [1, 3, 2]


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(60):
        # Errors of one scan go together: an interval over points would be far too narrow.
        scans = [outcome(rng.gamma(4, 0.5) + rng.uniform(-0.2, 0.2, L), str(i)) for i in range(40)]
        found = summarise(scans, INNER[:8], INNER)
        assert found is not None
        assert found.mean is not None
        covered += found.mean.low <= 2 <= found.mean.high
    assert 50 <= covered <= 60


def test_no_failure_seen_is_not_no_failure() -> None:
    found = share_of(0, 100)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(1 - 0.025**0.01)
    assert share_of(100, 100).low == pytest.approx(0.025**0.01)
    half = share_of(50, 100)
    assert (half.low, half.high) == pytest.approx((0.3983, 0.6017), abs=1e-4)


def test_few_scans_give_no_interval() -> None:
    found = summarise([outcome(1.0, str(i)) for i in range(4)], INNER, INNER)
    assert found is not None
    assert found.mean is not None
    assert np.isnan([found.mean.low, found.mean.high]).all()


def test_sigma_that_is_right_holds_what_it_says() -> None:
    rng = np.random.default_rng(1)
    scans = []
    for index in range(400):
        sigma = rng.uniform(0.3, 3, L)
        scans.append(outcome(rng.gamma(3, sigma / 3), str(index), sigma=sigma))
    found = calibration(scans, INNER, INNER)
    assert found is not None
    assert found["ratio"] == pytest.approx(1, abs=0.02)
    for share in NOMINAL:
        assert found["share"][str(share)]["value"] == pytest.approx(share, abs=0.01)


def test_sigma_that_is_too_small_is_told() -> None:
    rng = np.random.default_rng(2)
    scans = [outcome(rng.gamma(3, 2 / 3, L), str(i), sigma=np.ones(L)) for i in range(50)]
    found = calibration(scans, INNER, INNER)
    assert found is not None
    assert found["ratio"] == pytest.approx(2, abs=0.1)
    assert found["share"]["0.9"]["value"] < 0.6


def test_the_bound_is_that_of_the_density_in_space() -> None:
    # exp(-r) r^2 / 2, integrated numerically
    r = np.linspace(0, 60, 600_001)
    mass = np.cumsum(np.exp(-r) * r**2 / 2) * (r[1] - r[0])
    for share in NOMINAL:
        assert bound(share) == pytest.approx(r[np.searchsorted(mass, share)] / 3, abs=1e-3)


def test_groups_of_ibug_are_its_mark_up() -> None:
    found = subsets(ibug_names())
    assert found["inner"].tolist() == list(range(17, 68))
    assert found["eleven"].tolist() == sorted(ELEVEN)
    assert {name: len(found[name]) for name in GROUPS} == {"eyes": 12, "brows": 10, "nose": 9, "mouth": 20, "jaw": 17}
    assert {group_of(name) for name in known_names()} == set(GROUPS)
    assert [group_of(name) for name in ("ex_l", "sci_r", "prn", "ch_l", "pg", "t_r")] == [
        "eyes", "brows", "nose", "mouth", "jaw", "jaw",
    ]  # fmt: skip


def test_an_outcome_survives_json() -> None:
    error = np.linspace(0, 5, L)
    error[3] = np.nan
    flags = np.arange(L) < 10
    scan = outcome(error, tags={"sex": "female"}, points=9, size=101.26, sigma=error, shown=flags, unit_right=True)
    back = from_json(to_json(scan))
    assert (back.key, back.tags, back.points, back.size, back.unit_right) == (
        "base//0",
        {"sex": "female"},
        9,
        101.26,
        True,
    )
    assert back.error is not None
    np.testing.assert_allclose(back.error, error, atol=6e-4)
    np.testing.assert_array_equal(back.shown, flags)
    assert back.said is None
