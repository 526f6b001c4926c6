"""A few hundred of the benchmark's malformed files; and what the benchmark counts, it can see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import malformed
import pytest
from broken import bases
from crafted import Case

from lineament.database.intake.inspection import Inspection, inspect_file
from lineament.database.intake.sandbox import Refusal


def test_none_of_300_malformed_files_gets_through():
    tally = malformed.run(300, seed=11, workers=1)
    assert sum(row["files"] for row in tally.rows.values()) == 300
    assert tally.examples == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    found = {}
    for base in bases():
        (folder / base.name).write_bytes(base.data)
        found[base.name] = (base, inspect_file(folder / base.name, base.role))
    return found


def judge(case: Case, result: Inspection | Refusal, whole) -> dict[str, int]:
    tally = malformed.Tally()
    malformed._judge(case, result, {name: inspection for name, (_, inspection) in whole.items()}, tally)
    return dict(tally.rows[Path(case.name).suffix[1:]])


@pytest.mark.parametrize("name", ["dome.ply", "dome_ascii.ply", "dome.stl", "dome.off", "dome.pcd", "dome.npz"])
def test_a_file_read_short_is_counted(whole, name):
    base, inspection = whole[name]
    case = Case(f"a{Path(name).suffix}", "geometry", base.data, "bits", name)
    assert "silently short" not in judge(case, inspection, whole)
    assert judge(case, replace(inspection, points=inspection.points - 1), whole)["silently short"] == 1


def test_a_cut_file_that_is_taken_is_counted_unless_nothing_is_lost_or_it_is_warned_of(whole):
    base, inspection = whole["dome.obj"]
    case = Case("a.obj", "geometry", base.data[:-1], "cut", "dome.obj")
    assert set(judge(case, inspection, whole)) == {"files", "taken"}
    less = replace(inspection, triangles=3, notes=(), unused=0.0)
    assert judge(case, less, whole)["cannot tell"] == 1
    assert judge(case, replace(less, unused=0.5), whole)["warned of"] == 1
    base, inspection = whole["texture.tif"]
    assert (
        judge(Case("a.tif", "texture", base.data[:-1], "cut", "texture.tif"), inspection, whole)["silently short"] == 1
    )


@pytest.mark.parametrize(
    ("kind", "counted"),
    [("crash", "child died"), ("time", "too slow"), ("memory", "over memory limit"), ("fault", "reader fault")],
)
def test_refusals_for_a_bad_reason_are_counted(whole, kind, counted):
    case = Case("a.ply", "geometry", b"", "bits", "dome.ply")
    assert judge(case, Refusal("", kind), whole)[counted] == 1
    fired = Refusal("reading it led to something that is refused here: pickle.find_class", "malformed")
    assert judge(case, fired, whole)["canary fired"] == 1
