"""Two reports are compared scan by scan, and only when they speak of the same scans."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lineament.bench.compare import compare, table, verdict
from lineament.bench.outcome import Outcome
from lineament.bench.points import ibug_names
from lineament.bench.report import Run, build_report, read_report, write_report
from lineament.errors import FormatError, InputError

RUN = Run("virtual", 1, 40, ("rotation",))


def outcomes(change: float = 0.0, spread: float = 0.0, lost: int = 0, size: float = 200.0) -> list[Outcome]:
    """40 scans whose errors differ much from scan to scan, and by `change` from the same scans without it."""
    rng, noise = np.random.default_rng(3), np.random.default_rng(4)
    found = []
    for index in range(40):
        error = rng.uniform(1, 4) + rng.uniform(0, 0.5, 68) + change + spread * noise.normal()
        tags = {"sensor": "laser line" if index % 2 else "truedepth", "sex": "female"}
        scan = Outcome(
            "rotation", "any", str(index), tags, 9000, size + index, error=np.abs(error), sigma=np.full(68, 2.0)
        )
        found.append(scan if index >= lost else replace(scan, error=None, sigma=None, reason="no face"))
    return found


def written(path: Path, scans: list[Outcome], run: Run = RUN) -> Path:
    write_report(build_report(run, ibug_names(), scans), path)
    return path


def test_a_small_change_of_every_scan_is_seen_where_scans_differ_much_more(tmp_path: Path) -> None:
    first = written(tmp_path / "a.json", outcomes())
    rows = compare(first, written(tmp_path / "b.json", outcomes(-0.05, 0.05)))
    main = rows[0]
    assert main.title == "rotation"
    assert main.difference is not None
    assert main.difference.value == pytest.approx(-0.05, abs=0.03)
    assert main.difference.low < main.difference.value < main.difference.high < 0
    assert verdict(rows).startswith("better: the second's mean error differs by -0.0")
    assert verdict(compare(tmp_path / "b.json", first)).startswith("worse")


def test_chance_is_no_difference(tmp_path: Path) -> None:
    rows = compare(written(tmp_path / "a.json", outcomes()), written(tmp_path / "b.json", outcomes(0, 0.3)))
    assert rows[0].verdict == "no difference"
    same = compare(tmp_path / "a.json", tmp_path / "a.json")
    assert same[0].verdict == "no difference"
    assert same[0].difference is not None
    assert same[0].difference.value == 0


def test_groups_and_sensors_have_rows_of_their_own(tmp_path: Path) -> None:
    rows = compare(written(tmp_path / "a.json", outcomes()), written(tmp_path / "b.json", outcomes(0.1)))
    titles = {row.title: row.compared for row in rows}
    assert {"all", "eleven", "eyes", "brows", "nose", "mouth", "jaw"} <= titles.keys()
    assert (titles["sensor: laser line"], titles["sensor: truedepth"], titles["sex: female"]) == (20, 20, 40)
    assert len(table(rows)) == len(rows) + 1


def test_new_failures_are_worse_though_the_rest_is_better(tmp_path: Path) -> None:
    rows = compare(written(tmp_path / "a.json", outcomes()), written(tmp_path / "b.json", outcomes(-0.5, lost=8)))
    assert (rows[0].compared, rows[0].failed_first, rows[0].failed_second) == (32, 0, 8)
    assert rows[0].verdict == "failures worse, error better"
    assert "8 scans fail anew" in verdict(rows)


def test_few_scans_give_no_verdict(tmp_path: Path) -> None:
    ones, others = outcomes()[:4], outcomes(-1)[:4]
    rows = compare(written(tmp_path / "a.json", ones), written(tmp_path / "b.json", others))
    assert rows[0].verdict == "too few"


@pytest.mark.parametrize(
    ("run", "scans", "told"),
    [
        (replace(RUN, seed=2), outcomes(), "seed is 1 and 2"),
        (replace(RUN, protocols=("rotation", "yaw")), outcomes(), "protocols is"),
        (replace(RUN, dataset="folder"), outcomes(), "dataset is 'virtual' and 'folder'"),
        (RUN, outcomes()[:30], "40 and 30 scans, 30 of them in both"),
        (RUN, outcomes(size=201.0), "40 of 40 scans are of other faces"),
    ],
)
def test_reports_of_other_scans_are_refused(tmp_path: Path, run: Run, scans: list[Outcome], told: str) -> None:
    first, second = written(tmp_path / "a.json", outcomes()), written(tmp_path / "b.json", scans, run)
    with pytest.raises(InputError, match=told):
        compare(first, second)


def test_a_report_survives_its_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", outcomes(lost=2))
    report, scans = read_report(path)
    assert (report["seed"], report["landmarks"]) == (1, list(ibug_names()))
    assert [scan.key for scan in scans] == [scan.key for scan in outcomes()]
    assert scans[0].reason == "no face"
    assert report["figures"]["rotation"][0]["groups"]["inner"]["not_found"] == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"kind": "other"}', '{"kind": "lineament bench landmarks"}'])
def test_what_is_no_report_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(FormatError):
        read_report(path)


def test_a_damaged_or_older_report_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", outcomes())
    report = json.loads(path.read_text())
    for change, told in (
        ({"version": 0}, "version 0"),
        ({"scans": [{}]}, "damaged"),
        ({"landmarks": ["a"]}, "damaged"),
        ({"scans": 3}, "damaged"),
    ):
        path.write_text(json.dumps(report | change))
        with pytest.raises(FormatError, match=told):
            read_report(path)
