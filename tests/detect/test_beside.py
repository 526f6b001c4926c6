"""Work beside other work: same results with one thread and with more, and errors are not lost."""

from __future__ import annotations

import threading

import pytest

from lineament.detect.beside import Beside


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_the_result_comes_when_it_is_asked_for(threads):
    calls = []

    def work():
        calls.append(threading.current_thread().name)
        return [1, 2]

    result = Beside(threads)(work)
    assert result() is result()
    assert len(calls) == 1
    assert (calls[0] == threading.current_thread().name) == (threads == 1)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_is_raised_where_the_result_is_asked_for(threads):
    result = Beside(threads)(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        result()
