"""Kills a process with SIGKILL while it works on a database, at random times and at every step, and looks what is left.

    python benchmarks/database/crash.py [--kills 300] [--steps all|points] [--seed 0] [--folder FOLDER]

A forked process ingests, enrols, derives, withdraws, releases and hands out, migrates, backs up, or changes the master
key, and tells through a pipe of each result after the library acknowledged it. It is killed at a random time (`--kills`
in all), or kills itself before a step: a write, a sync, a rename, a removal, or a named point between them. Which steps
there are is recorded first, so that the list is never out of date. Then the database is opened again and examined
(`trials.py`).
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from laboratory import Laboratory, build, machine
from trials import OPERATIONS, Ran, examine, run

import lineament.database

ZERO = ("lost", "dangling", "torn", "half", "log", "canary", "unclean")
TRIES = 5
"""Times that are drawn until one is not too late."""
NOT_COVERED = """
not covered: loss of power: the system keeps what a killed process wrote, so that lost 0 is what a program without one
sync also gets (lost_writes.py); an operating system, disk or SSD that says a sync is done when it is not; PostgreSQL;
two programs at once; kills of the sandboxed parser alone (malformed.py); file systems other than the one named above"""


def crash(
    lab: Laboratory, kills: int, seed: int, *, steps: str = "points", names: tuple[str, ...] = tuple(OPERATIONS)
) -> dict[str, Counter[str]]:
    """Kill each operation at random times, and at its steps.

    Parameters
    ----------
    lab : Laboratory
    kills : int
        At random times, of all operations together.
    seed : int
    steps : str
        `points` kills at each named point, `all` before every step.
    names : tuple of str
        Of `OPERATIONS`.

    Returns
    -------
    dict of str to Counter
        For each operation `kills`, `acked`, `steps`, `points` (of different names), and what `examine` counts.
    """
    rng = random.Random(seed)
    tables: dict[str, Counter[str]] = {}
    for place, name in enumerate(names):
        table = tables[name] = Counter()
        whole = recorded(lab, name)
        table["steps"] = len(whole.steps)
        table["points"] = len(points(whole))
        chosen = [k for k, (kind, _) in enumerate(whole.steps) if steps == "all" or kind == "point"]
        for k in chosen:
            lab.restore()
            _count(table, lab, name, run(lab, OPERATIONS[name], kill_at=k), f"step {k} {whole.steps[k]}")
        for _ in range(kills * (place + 1) // len(names) - kills * place // len(names)):
            for _ in range(TRIES):
                lab.restore()
                after = rng.uniform(0, whole.seconds)
                ran = run(lab, OPERATIONS[name], kill_after=after)
                _count(table, lab, name, ran, f"{after:.3f} s")
                if not ran.ended:
                    break
    return tables


def recorded(lab: Laboratory, name: str) -> Ran:
    """Run an operation to its end, with every step."""
    lab.restore()
    whole = run(lab, OPERATIONS[name], tell_steps=True)
    if not whole.ended or whole.error:
        raise SystemExit(f"{name} does not come to its end: {whole.error}")
    found = examine(lab, name, whole.acked)
    if any(found[kind] for kind in ZERO):
        raise SystemExit(f"{name} is not right even when nobody kills it: {dict(found)}")
    return whole


def points(ran: Ran) -> set[str]:
    return {what for kind, what in ran.steps if kind == "point"}


def named_in_source() -> list[str]:
    """Return a regular expression for each point that the source names."""
    found = []
    for path in sorted(Path(lineament.database.__path__[0]).rglob("*.py")):
        for name in re.findall(r'\breach\(f?"([^"]+)"\)', path.read_text(encoding="utf-8")):
            found.append(re.sub(r"\\{.*?\\}", ".+", re.escape(name)))
    return found


def _count(table: Counter[str], lab: Laboratory, name: str, ran: Ran, where: str) -> None:
    if ran.error:
        table["raised"] += 1
        table[f"  {name} at {where} raised {ran.error}"] += 1
    table["kills"] += not ran.ended
    table["too late"] += ran.ended
    table["acked"] += len(ran.acked)
    found = examine(lab, name, ran.acked)
    for kind, many in found.items():
        table[kind if not kind.startswith(" ") else f"  {name} at {where}: {kind.strip()}"] += many
    for kind in ZERO:
        if found[kind]:
            table[f"  {name} at {where}: {kind} {found[kind]}"] += 1


def print_table(tables: dict[str, Counter[str]]) -> None:
    columns = ("kills", "too late", "steps", "points", "acked", *ZERO, "leftovers")
    print(f"{'operation':10}" + "".join(f"{column:>10}" for column in columns))
    total: Counter[str] = Counter()
    for name, table in tables.items():
        print(f"{name:10}" + "".join(f"{table[column]:>10}" for column in columns))
        total.update(table)
    print(f"{'all':10}" + "".join(f"{total[column]:>10}" for column in columns))
    for said in [said for said in total if said.startswith(" ")][:60]:
        print(said[:400])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300, help="at random times")
    parser.add_argument(
        "--steps", choices=("all", "points"), default="all", help="before which the process kills itself"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=tuple(OPERATIONS), default=tuple(OPERATIONS))
    parser.add_argument("--folder", type=Path, help="where the database is made; the system's temporary one without it")
    options = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=options.folder) as top:
        tables = crash(
            build(Path(top, "lab"), seed=options.seed),
            options.kills,
            options.seed,
            steps=options.steps,
            names=tuple(options.only),
        )
        print_table(tables)
        took, kills = time.perf_counter() - start, sum(table["kills"] for table in tables.values())
        print(f"\nN {kills} kills, {options.kills} of them at random times, seed {options.seed}, {took:.0f} s")
        print(machine(Path(top)))
    print(NOT_COVERED.strip())
    sys.exit(any(table[kind] for table in tables.values() for kind in (*ZERO, "raised")))


if __name__ == "__main__":
    main()
