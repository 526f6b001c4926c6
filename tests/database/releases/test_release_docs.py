"""The examples of docs/db-releases.md run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "db-releases.md"


def test_the_examples_of_the_page_run(
    lab, scan_people, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scan_people(6)
    monkeypatch.chdir(lab.root)
    (lab.root / "faces").symlink_to(lab.root / "db")
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    assert len(examples) == 7
    try:
        for example in examples:
            exec(example, names)
    finally:
        names["database"].close()
    said = capsys.readouterr().out
    assert said.startswith("1.0.0 6 6\n")
    assert "nothing changed" in said
    assert (lab.root / "stats.png").stat().st_size > 10_000
