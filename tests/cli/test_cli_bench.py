"""`lineament bench` from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_the_command_line_and_the_library_name_the_same_protocols() -> None:
    pytest.importorskip("torch")
    from importlib import import_module

    from lineament.bench import protocols, real, session

    bench = import_module("lineament.cli.bench")
    assert bench.VIRTUAL == protocols.VIRTUAL
    assert bench.REAL == real.REAL
    assert bench.COUNT == session.COUNT
    assert session.Request().seed == bench.SEED


def test_virtual_people_to_a_report_and_a_comparison(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    folder = tmp_path / "new" / "out"
    words = ("bench", "landmarks", "--count", 2, "--seed", 4, "--jobs", 1, "-o", folder)
    result = run(*words, "--protocol", "base", "--protocol", "faceless")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("base: N 2, inner points: mean ")
    report = json.loads((folder / "report.json").read_text())
    assert (report["seed"], report["count"], report["protocols"]) == (4, 2, ["base", "faceless"])
    assert [scan["tags"].keys() >= {"sensor", "origin", "sex", "age"} for scan in report["scans"]] == [
        True,
        True,
        False,
    ]
    assert (folder / "report.md").exists()
    assert (folder / "groups.svg").exists()
    result = run("bench", "compare", folder / "report.json", folder / "report.json")
    assert result.exit_code == 0, result.output
    assert "+0.000" in result.output
    assert result.output.splitlines()[-1].startswith("too few")


def test_mistakes_are_told_before_anything_is_written(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("bench", "landmarks", "--dataset", tmp_path / "absent", "-o", out)
    assert result.exit_code == 2
    assert "neither virtual nor a folder" in result.stderr
    assert not out.exists()
    assert run("bench", "landmarks").exit_code == 2
    result = run("bench", "compare", tmp_path / "a.json", tmp_path / "b.json")
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


def test_virtual_people_without_torch(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lineament.bench.virtual.find_spec", lambda name: None)
    result = run("bench", "landmarks", "-o", tmp_path / "out")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: virtual people need torch; install with: pip install 'lineament[train]'\n",
    )
