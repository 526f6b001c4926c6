"""The benchmark measures the networks that it is given."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from lineament.bench.session import Request, measure, plan
from lineament.errors import ModelError


def test_a_folder_without_networks_is_not_replaced_by_the_package(tmp_path):
    todo = plan(Request(protocols=("clean",), count=1, networks=tmp_path))
    with pytest.raises(ModelError, match="missing from"):
        measure(todo, 1)
