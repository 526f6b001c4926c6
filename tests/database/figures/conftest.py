"""The benchmarks that kill, break and search a database, small: they need a system that can fork."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks" / "database"
sys.path.insert(0, str(BENCHMARKS))
collect_ignore_glob = [] if hasattr(os, "fork") else ["test_*"]


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    from laboratory import build

    return build(tmp_path_factory.mktemp("figures") / "lab", people=2, waiting=1, layouts=("bids",))
