"""The page on measures lists those of the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from lineament.measure import MEASURES
from lineament.measure.definitions import KINDS, is_bilateral

PAGE = (Path(__file__).parents[2] / "docs" / "measure.md").read_text(encoding="utf-8")


def test_the_page_lists_each_measure_with_its_landmarks_and_its_source() -> None:
    section = PAGE.split("\n## The measures\n")[1].split("\n### ")[0]
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    rows = {cells[0].strip().strip("`"): [cell.strip() for cell in cells[1:]] for cells in lines}
    assert list(rows) == [m.abbreviation for m in MEASURES]
    for m in MEASURES:
        name, kind, landmarks, source = rows[m.abbreviation]
        assert name == m.name
        assert kind.split(",")[0] == KINDS[type(m)]
        assert tuple(re.findall(r"`([^`]+)`", landmarks)) == tuple(n.replace("_*", "*") for n in m.landmarks)
        assert m.farkas in source
        assert m.ansur in source


def test_the_page_counts_them() -> None:
    values = sum(2 if is_bilateral(m) else 1 for m in MEASURES)
    assert f"{len(MEASURES)} measures, {values} values with both sides." in PAGE
