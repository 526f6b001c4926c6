"""Parquet: one row a scan, and bytes in row groups of one person each."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from lineament.database.exporters import export, parquet
from lineament.errors import InputError

arrow = pytest.importorskip("pyarrow.parquet")


def test_a_row_a_scan_with_what_is_known_of_it(people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, "parquet")
    rows = {row["scan"]: row for row in arrow.read_table(tmp_path / "scans.parquet").to_pylist()}
    assert len(rows) == len(people.scans)
    for scan in people.scans:
        row = rows[scan.scan]
        assert (row["subject"], row["split"], row["expression"]) == (scan.subject, scan.split, scan.expression)
        assert row["age"] == (None if scan.age is None else min(scan.age, 89.0))
        assert json.loads(row["quality"]) == scan.quality
        for file in row["files"]:
            content = people.content[scan.scan, file["role"], file["index"]]
            assert file["sha256"] == sha256(content).hexdigest()
    assert rows["b1"]["fps"] == 30.0
    assert [json.loads(file["meta"]) for file in rows["b1"]["files"]][3] == {"seconds": 0.1}


@pytest.mark.parametrize("size", [1, 700, 1 << 20])
def test_files_come_back_whole_from_their_parts(
    size: int, people: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.scans = [scan for scan in people.scans if scan.scan != "b1" or size > 1]
    monkeypatch.setattr(parquet, "PART_BYTES", size if size > 1 else 100)
    export(people.release(), tmp_path, "parquet")
    found: dict[tuple[str, str, int], bytes] = defaultdict(bytes)
    for row in arrow.read_table(tmp_path / "scans.parquet").to_pylist():
        for file in row["files"]:
            found[row["scan"], file["role"], file["index"]] = b""
    for path in sorted(tmp_path.glob("files-*.parquet")):
        table = arrow.ParquetFile(path)
        for number in range(table.num_row_groups):
            rows = table.read_row_group(number).to_pylist()
            assert len({row["subject"] for row in rows}) == 1
            for row in rows:
                assert row["sha256"] == sha256(row["content"]).hexdigest()
                assert row["size"] == len(row["content"]) <= max(size, 100)
                found[row["scan"], row["role"], row["index"]] += row["content"]
    kept = {scan.scan for scan in people.scans}
    assert found == {key: data for key, data in people.content.items() if key[0] in kept}


def test_without_pyarrow_the_error_says_what_to_install(
    people: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match="pip install pyarrow"):
        export(people.release(), tmp_path, "parquet")
    assert list(tmp_path.iterdir()) == []
