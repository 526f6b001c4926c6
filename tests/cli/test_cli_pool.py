"""The pool: every item has an answer, whatever becomes of the workers."""

from __future__ import annotations

import math
import operator
import os
from functools import partial

import pytest

from lineament.errors import LineamentError
from lineament.pool import Lost, run_isolated

CALL = partial(partial, operator.call)
"""Builds a worker that calls its items."""


def test_items_that_kill_their_process_are_lost_alone() -> None:
    items = [
        partial(math.sqrt, 4),
        partial(os._exit, 3),
        partial(math.sqrt, 9),
        partial(os.abort),
        partial(math.sqrt, 16),
    ]
    found = dict(run_isolated(CALL, items, workers=2))
    assert {index: found[index] for index in (0, 2, 4)} == {0: 2.0, 2: 3.0, 4: 4.0}
    assert found[1] == Lost("its process ended with status 3")
    assert isinstance(found[3], Lost)
    assert sorted(found) == [0, 1, 2, 3, 4]


def test_a_process_that_cannot_start_ends_the_run() -> None:
    with pytest.raises(LineamentError, match="status 5"):
        list(run_isolated(partial(os._exit, 5), [1, 2], workers=2))


def test_no_items_need_no_process() -> None:
    assert list(run_isolated(partial(os._exit, 5), [], workers=2)) == []


def test_leaving_early_ends_the_workers() -> None:
    import multiprocessing

    before = set(multiprocessing.active_children())
    results = run_isolated(CALL, [partial(math.sqrt, 4)] * 5, workers=2)
    assert next(results)[1] == 2.0
    results.close()
    assert set(multiprocessing.active_children()) == before


def test_workers_run_with_one_thread() -> None:
    ((_, threads),) = run_isolated(CALL, [partial(os.getenv, "OPENBLAS_NUM_THREADS")], workers=1)
    assert threads == "1"
