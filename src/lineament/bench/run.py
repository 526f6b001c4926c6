"""Work through a benchmark's tasks, in this process or in several; what comes out is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from lineament.pool import Lost, run_isolated

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_tasks(
    start: Callable[[], Callable[[Task], Result]], tasks: Sequence[Task], jobs: int
) -> Iterator[tuple[int, Result | Lost]]:
    """Work on tasks; yields in the order in which they are done.

    Parameters
    ----------
    start : callable
        Called once a process; returns the function that does a task. Picklable, as tasks and results are.
    tasks : sequence
    jobs : int
        Processes; with one, the work is done in this one.

    Yields
    ------
    index : int
    result : Result or Lost
        `Lost` where the process ended while it had the task.
    """
    if not tasks:
        return
    if jobs == 1:
        work = start()
        yield from ((index, work(task)) for index, task in enumerate(tasks))
        return
    yield from run_isolated(start, tasks, jobs)
