"""A whole benchmark: what is to be done, doing it, and what is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lineament.bench.datasets import choose
from lineament.bench.datasets.base import Dataset, Item, split_items
from lineament.bench.datasets.database import Corrections
from lineament.bench.outcome import Outcome
from lineament.bench.page import page
from lineament.bench.plots import draw
from lineament.bench.points import ibug_names
from lineament.bench.protocols import VIRTUAL, Case, plan_virtual
from lineament.bench.real import REAL, Movement, RealCase, Unusable, plan_real, real_names, start_real
from lineament.bench.report import Json, Run, build_report, write_report
from lineament.bench.run import run_tasks
from lineament.bench.virtual import check_torch, start_virtual
from lineament.detect.detector import Detector
from lineament.errors import InputError, LineamentError
from lineament.io.atomic import atomic_write
from lineament.pool import Lost

COUNT = 1000
"""Virtual scans of `base` where nobody asks for another number."""

Numbered = Iterator[tuple[int, Any]]


@dataclass(frozen=True)
class Request:
    """What the user asks for.

    Attributes
    ----------
    dataset : str
        `virtual`, a folder, or `NAME=FOLDER`.
    protocols : tuple of str
        `all` for every one of the dataset.
    count : int or None
        Virtual scans of `base`, or real scans; None takes `COUNT` or every one.
    seed : int
    order : str
        Of the points in landmark files without names.
    split : str
        `all`, `train` or `test`.
    networks : Path or None
        Folder of networks to measure; None takes the package's.
    database : Path or None
        Take the scans of this database that have corrections, in place of a dataset.
    actor : str or None
        Who reads them; the user's name at the operating system without it.
    purpose : str
    """

    dataset: str = "virtual"
    protocols: tuple[str, ...] = ("all",)
    count: int | None = None
    seed: int = 1_000_001
    order: str = ""
    split: str = "all"
    networks: Path | None = None
    database: Path | None = None
    actor: str | None = None
    purpose: str = "research"


@dataclass(frozen=True)
class Plan:
    """Every scan of a benchmark, and what the report will say of it."""

    run: Run
    tasks: Sequence[Case | RealCase]
    names: tuple[str, ...]
    networks: Path | None


def plan(request: Request) -> Plan:
    """Return what is to be done.

    Raises
    ------
    InputError
        Something asked for does not exist, or torch is missing for virtual people.
    AccessError
        Nothing of a database may be read.
    """
    if request.database is not None:
        return _plan_corrections(request, request.database)
    if request.dataset == "virtual":
        check_torch()
        if request.order or request.split != "all":
            raise InputError("--order and --split are for real scans; leave them out for virtual people")
        protocols = VIRTUAL if "all" in request.protocols else tuple(dict.fromkeys(request.protocols))
        count = request.count or COUNT
        run = Run("virtual", request.seed, count, protocols)
        return Plan(run, plan_virtual(protocols, count, request.seed), ibug_names(), request.networks)
    dataset, folder = choose(request.dataset)
    return _plan_items(request, dataset, dataset.find(folder), folder)


def _plan_corrections(request: Request, place: Path) -> Plan:
    if request.dataset != "virtual" or request.order:
        raise InputError(
            "a database takes the place of a dataset, and names its points; leave --dataset and --order out"
        )
    dataset = Corrections(place.absolute(), request.actor, request.purpose)
    return _plan_items(request, dataset, dataset.find(), place)


def _plan_items(request: Request, dataset: Dataset | Corrections, found: Sequence[Item], where: Path) -> Plan:
    items = split_items(found, request.split)[: request.count]
    if not items:
        raise InputError(f"no subject of {where} falls into --split {request.split}")
    annotated = any(item.landmarks is not None for item in items)
    every = [name for name in REAL if _is_usual(name, dataset.name, annotated)]
    protocols = tuple(every if "all" in request.protocols else dict.fromkeys(request.protocols))
    run = Run(dataset.name, request.seed, request.count, protocols, request.order, request.split)
    cases = plan_real(protocols, dataset, items, request.order, request.seed)
    return Plan(run, cases, real_names(), request.networks)


def _is_usual(protocol: str, dataset: str, annotated: bool) -> bool:
    """Tell whether `all` has the protocol: 500 runs a scan are too many for thousands of scans."""
    if protocol == "accuracy":
        return annotated
    return protocol == "mirror" or dataset == "folder"


def measure(todo: Plan, jobs: int, watch: Callable[[Numbered], Iterable[tuple[int, Any]]] = iter) -> Json:
    """Do a plan and return its report.

    Parameters
    ----------
    todo : Plan
    jobs : int
        Processes.
    watch : callable
        Is handed the results one by one and hands them on, such as behind a progress bar.

    Raises
    ------
    InputError
        None of the files can be used.
    LineamentError
        A process ended while it had a virtual scan.
    """
    detector = partial(Detector, threads=1, networks=todo.networks)
    start: Callable[[], Any] = partial(start_virtual if todo.run.dataset == "virtual" else start_real, detector)
    done = dict(watch(run_tasks(start, todo.tasks, jobs)))
    results = [_kept(done[index], task) for index, task in enumerate(todo.tasks)]
    unusable = list(dict.fromkeys(result for result in results if isinstance(result, Unusable)))
    if len([result for result in results if isinstance(result, Unusable)]) == len(results):
        raise InputError(f"none of the {len(unusable)} scans can be used; the first: {unusable[0].reason}")
    outcomes = [result for result in results if isinstance(result, Outcome)]
    movements = [result for result in results if isinstance(result, Movement)]
    return build_report(todo.run, todo.names, outcomes, movements, unusable, todo.networks)


def _kept(result: Any, task: Case | RealCase) -> Any:
    """Return a result; a scan that took its process down cannot be used, and virtual scans never do."""
    if not isinstance(result, Lost):
        return result
    if isinstance(task, RealCase):
        return Unusable(task.item.name, result.reason)
    raise LineamentError(f"scan {task.name} of {task.protocol} was lost: {result.reason}; try fewer --jobs")


def write(report: Json, folder: Path) -> list[Path]:
    """Write report.json, report.md and the charts into a folder that exists."""
    written = [folder / "report.json", folder / "report.md"]
    write_report(report, written[0])
    pictures = draw(report)
    _write_text(written[1], page(report) + _shown(pictures))
    for name, text in pictures.items():
        written.append(folder / name)
        _write_text(written[-1], text)
    return written


def _shown(pictures: Iterable[str]) -> str:
    return "".join(f'\n<img src="{name}" alt="{name.removesuffix(".svg")}">\n' for name in pictures)


def _write_text(path: Path, text: str) -> None:
    with atomic_write(path) as file:
        file.write(text.encode())
