"""The examples of docs/db-export.md run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lineament.database.exporters import EXPORTERS, export

PAGE = Path(__file__).parents[3] / "docs" / "db-export.md"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_examples_of_the_page_run(
    people: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("mlcroissant")
    pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    first, *examples = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {"release": people.release()}
    exec(first, names)
    assert names["everyone_in"]["test-000000.tar"] == ["P4", "P5"]
    for layout in sorted(set(EXPORTERS) - {"webdataset"}):
        export(people.release(), Path(f"faces-{layout}"), layout)
    assert len(examples) == 5
    for example in examples:
        exec(example, {})
        assert capsys.readouterr().out
