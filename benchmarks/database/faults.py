"""Lets the disk fail at every write, sync, rename and removal in turn, and SQLite run out of room, then examines.

    python benchmarks/database/faults.py [--only ingest ...] [--folder FOLDER]

For each operation and each k, the k-th call fails, once with ENOSPC and once with EIO. Calls are the steps of
`lineament.database.disk` and, below and beside them, `os.fsync`, `fdatasync`, `replace`, `rename`, `unlink`, `rmdir`,
`mkdir`, and each write of an exported file. SQLite's own calls cannot be reached: its files are kept from growing by
some pages instead (SQLITE_FULL), or the log from being written at all; then nothing may happen. What fails must say so
with an error of Lineament's, acknowledge nothing that is not there, open again, be clean after `doctor`, and succeed
when done again.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import Any

from laboratory import Laboratory, build, machine
from trials import OPERATIONS, Ran, examine, run

from lineament import errors
from lineament.database import disk
from lineament.database.catalogue import Sqlite
from lineament.database.database import Database
from lineament.database.exporters.output import Sink

ZERO = ("raw", "lost", "dangling", "torn", "half", "log", "canary", "unclean", "not again", "happened")
CALLS = ("fsync", "fdatasync", "replace", "rename", "unlink", "rmdir", "mkdir")
CODES = (errno.ENOSPC, errno.EIO)
NOT_COVERED = """
not covered: failures inside SQLite, whose own tests have them, other than a file that cannot grow; reads that fail; a
call that reports success and did nothing (lost_writes.py); two failures at once, but for a catalogue that stays full;
PostgreSQL"""


class Failing:
    """Counts calls, and lets one of them fail."""

    def __init__(self, number: int, code: int) -> None:
        self._number, self._code = number, code
        self._count, self._lock = 0, threading.Lock()

    def call(self, what: str) -> None:
        with self._lock:
            self._count += 1
            now = self._count == self._number
        if now:
            raise OSError(self._code, os.strerror(self._code), what)

    def install(self) -> None:
        """Count in this process, from now on."""
        disk.watch(lambda kind, what: None if kind == "point" else self.call(f"{kind} {what}"))
        for name in CALLS:
            setattr(os, name, self._counted(getattr(os, name)))
        Sink.write = self._counted(Sink.write)  # type: ignore[method-assign]

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def counted(*arguments: Any, **named: Any) -> Any:
            self.call(function.__name__)
            return function(*arguments, **named)

        return counted


def faults(lab: Laboratory, name: str, every: int = 1) -> Counter[str]:
    """Let each call of an operation fail in turn, or every so many-th.

    Returns
    -------
    Counter of str
        `trials`, `refused` (the operation raised an error of ours), `absorbed` (it succeeded all the same), `raw` (it
        raised another), `not again` (it fails when nothing does any more), and what `examine` counts.
    """
    table: Counter[str] = Counter()
    number = 1
    while True:
        for code in CODES:
            failing = Failing(number, code)
            ran, fired = _tried(lab, name, failing)
            if not fired:
                return table
            _count(table, lab, name, ran, f"call {number}, {errno.errorcode[code]}")
        number += every


def _tried(lab: Laboratory, name: str, failing: Failing) -> tuple[Ran, bool]:
    """Run an operation; tell also whether the call that should fail was reached."""
    lab.restore()
    mark = lab.top / "fired"
    mark.unlink(missing_ok=True)
    real = failing.call

    def call(what: str) -> None:
        try:
            real(what)
        except OSError:
            os.close(os.open(mark, os.O_CREAT))
            raise

    failing.call = call  # type: ignore[method-assign]
    ran = run(lab, OPERATIONS[name], prepare=failing.install)
    return ran, mark.exists()


def full(lab: Laboratory, name: str, file: str, most: int = 40) -> Counter[str]:
    """Keep a file of SQLite from growing by more than 0, 1, 2, ... pages, until the operation has room enough."""
    table: Counter[str] = Counter()
    for pages in range(most):
        lab.restore()
        ran = run(lab, OPERATIONS[name], prepare=lambda pages=pages: _bound(file, pages))
        if not ran.error:
            break
        _count(table, lab, name, ran, f"{file} may grow by {pages} pages")
    return table


def unlogged(lab: Laboratory, name: str) -> Counter[str]:
    """Let the log take no entry: nothing may happen then."""
    table: Counter[str] = Counter()
    lab.restore()
    before = _state(lab)
    ran = run(lab, OPERATIONS[name], prepare=_silence)
    after = _state(lab)
    changed = [place for place, what in before.items() if after.get(place) != what]
    changed += [place for place in after.keys() - before.keys() if not place.startswith("db/objects/")]
    table["happened"] += len(changed) + len(ran.acked) + (not ran.error)
    for place in changed:
        table[f"  {name} without a log changed {place}"] += 1
    _count(table, lab, name, ran, "no log")
    return table


def _bound(file: str, pages: int) -> None:
    begin = Sqlite.__init__

    def bound(self: Sqlite, path: Path, *rest: Any) -> None:
        begin(self, path, *rest)
        if path.name == file:
            size = self.rows("PRAGMA page_count")[0]["page_count"]
            self.rows(f"PRAGMA max_page_count = {size + pages}")

    Sqlite.__init__ = bound  # type: ignore[method-assign]


def _silence() -> None:
    begin = Database.open.__func__  # type: ignore[attr-defined]

    def opened(kind: type[Database], *arguments: Any, **named: Any) -> Database:
        database: Database = begin(kind, *arguments, **named)
        database.log._connection.run("PRAGMA query_only = ON")
        return database

    Database.open = classmethod(opened)  # type: ignore[method-assign, assignment]


def _state(lab: Laboratory) -> dict[str, str]:
    """Return what lies there: each file's hash, and each row of the catalogue in the place of its file."""
    found = {
        path.relative_to(lab.work).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in lab.files()
        if ".sqlite" not in path.name
    }
    with lab.opened() as database:
        for table in database.catalogue.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
            rows = database.catalogue.rows(f"SELECT * FROM {table['name']}")
            found[f"table {table['name']}"] = str(sorted(str(tuple(row)) for row in rows))
    return found


def _count(table: Counter[str], lab: Laboratory, name: str, ran: Ran, where: str) -> None:
    kind = ran.error.partition(":")[0].rpartition(".")[2]
    ours = isinstance(getattr(errors, kind, None), type)
    table["trials"] += 1
    table["acked"] += len(ran.acked)
    table["absorbed" if not ran.error else "refused" if ours else "raw"] += 1
    if ran.error and not ours:
        table[f"  {name}, {where}: {ran.error}"] += 1
    found = examine(lab, name, ran.acked)
    again = run(lab, OPERATIONS[name])
    table["not again"] += bool(again.error)
    if again.error:
        table[f"  {name}, {where}: and again: {again.error}"] += 1
    found.update(examine(lab, name, [*ran.acked, *again.acked]))
    for what, many in found.items():
        table[what if not what.startswith(" ") else f"  {name}, {where}: {what.strip()}"] += many
        if what in ZERO and many:
            table[f"  {name}, {where}: {what}"] += 1


def print_table(tables: dict[str, Counter[str]]) -> None:
    columns = ("trials", "refused", "absorbed", *ZERO)
    print(f"{'operation':20}" + "".join(f"{column:>10}" for column in columns))
    for name, table in tables.items():
        print(f"{name:20}" + "".join(f"{table[column]:>10}" for column in columns))
    for said in [said for table in tables.values() for said in table if said.startswith(" ")][:60]:
        print(said[:300])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="let only each so many-th call fail")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=tuple(OPERATIONS), default=tuple(OPERATIONS))
    parser.add_argument("--folder", type=Path, help="where the database is made; the system's temporary one without it")
    options = parser.parse_args()
    start = time.perf_counter()
    Sqlite.PAGE = 4096  # so that the little that is done here needs new pages
    tables = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as top:
        lab = build(Path(top, "lab"), seed=options.seed)
        for name in options.only:
            tables[name] = faults(lab, name, options.every)
            if name != "rotate":  # which writes no row
                tables[f"{name}, no room"] = full(lab, name, "catalogue.sqlite")
            if name != "migrate":  # which is no action of anybody
                tables[f"{name}, log full"] = full(lab, name, "audit.sqlite")
                tables[f"{name}, no log"] = unlogged(lab, name)
        print_table(tables)
        took, trials = time.perf_counter() - start, sum(table["trials"] for table in tables.values())
        print(
            f"\nN {trials} trials, each {options.every}. call, seed {options.seed}, {took:.0f} s; {machine(Path(top))}"
        )
    print(NOT_COVERED.strip())
    sys.exit(any(table[kind] for table in tables.values() for kind in ZERO))


if __name__ == "__main__":
    main()
