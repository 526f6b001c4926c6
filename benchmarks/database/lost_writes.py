"""Takes the power away at each step: what was not synced by then is lost, all of it or a part, and looks what is left.

    python benchmarks/database/lost_writes.py [--every 1] [--parts 1] [--seed 0] [--folder FOLDER]

A process that is killed loses nothing that it wrote; a machine without power does. So the process keeps a list of what
it did and did not sync since, and after the kill that is undone: bytes of files come back as they were, or are cut
anywhere; new names, renames, removals and folders are gone unless their folder was synced. Once all of it is undone,
and `--parts` times a random part of it, which is more than file systems that keep an order would lose. This is for the
files of the database, of backups and of exports, and for the log, whose journal is synced by Lineament: its file and
its journal come back as they were at the last such sync, or the journal's blocks are new and old at random, and every
entry that was acknowledged must be there. SQLite's other files are left as they are: that it syncs them and recovers is
its own promise, tested by its authors. Linux only.
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from laboratory import Laboratory, build, machine
from trials import OPERATIONS, Ack, Operation, examine, run

from lineament.database import disk
from lineament.database.audit import AuditLog, Head
from lineament.database.catalogue import Sqlite

ZERO = ("lost", "unlogged", "dangling", "torn", "half", "log", "canary", "unclean")
BLOCK = 4096
"""Bytes that a disk writes at once."""
NOT_COVERED = """
not covered: the catalogue's file, which SQLite syncs, and how SQLite recovers, which is trusted; a real file system,
disk or controller that lies about a sync, or tears the sectors it writes (LazyFS does the first, and needs FUSE);
PostgreSQL; a folder that a killed process made and did not sync, and that another one uses before the power goes"""


@dataclass
class Done:
    """One thing that was done and not synced yet.

    Attributes
    ----------
    kind : str
        `bytes`, `name`, `rename`, `remove`, `folder` or `no folder`.
    path : str
    before : bytes or None
        What the file held, or what lay at the new name.
    source : str
        Of a rename.
    """

    kind: str
    path: str
    before: bytes | None = None
    source: str = ""


class Log:
    """The log as its last sync left it, and the end that it had at the last entry that was acknowledged.

    SQLite syncs its files too, such as when it copies the journal into the file; that is not seen here, so that more is
    lost than could be.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "db" / "audit.sqlite"
        self._journal = Path(f"{self._file}-wal")
        self._before = self._now()
        self._head: Head | None = None

    def install(self) -> None:
        """Watch this process, which has not opened the log yet."""
        real = AuditLog.append
        # Never closed, or SQLite's locks on the file would go with it.
        self._descriptor = os.open(self._file, os.O_RDONLY)

        def append(log: AuditLog, *arguments: Any, **named: Any) -> int:
            seq = real(log, *arguments, **named)
            if named.get("durable", True):
                self._head = log.head()
            return seq

        AuditLog.append = append  # type: ignore[method-assign]

    def synced(self, path: str) -> None:
        if path == str(self._journal):
            file = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
            self._before = file, self._journal.read_bytes()

    def undo(self, whole: bool, rng: random.Random) -> int:
        """Put the log back; return whether there was anything to undo."""
        now = self._now()
        if now == self._before or now[0] is None:
            return 0
        file, journal = self._before
        if not whole and file == now[0]:
            journal = _torn(journal or b"", now[1] or b"", rng)
        Path(f"{self._file}-shm").unlink(missing_ok=True)
        for path, data in ((self._file, file), (self._journal, journal)):
            if data is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(data)
        return 1

    def lacks(self) -> bool:
        """Return whether an entry that was acknowledged is not in the log."""
        log = AuditLog(Sqlite(self._file))
        try:
            return self._head is not None and bool(log.verify(self._head))
        finally:
            log.close()

    def _now(self) -> tuple[bytes | None, bytes | None]:
        file, journal = (path.read_bytes() if path.is_file() else None for path in (self._file, self._journal))
        return file, journal


def _torn(old: bytes, new: bytes, rng: random.Random) -> bytes:
    """Return a file of which each block is new or old, whose old end is of zeros."""
    old = old.ljust(len(new), b"\0")
    blocks = range(0, len(new), BLOCK)
    return b"".join(rng.choice((old, new))[begin : begin + BLOCK] for begin in blocks)


class Journal:
    """What a process has done to files and not synced."""

    def __init__(self, folder: Path, target: Path) -> None:
        self._folder, self._target = str(folder), target
        self._done: list[Done] = []
        self._log = Log(folder)
        self._lock = threading.RLock()

    def install(self) -> None:
        """Watch the calls of this process from now on."""
        names = ("open", "fsync", "fdatasync", "replace", "unlink", "mkdir", "rmdir")
        real = {name: getattr(os, name) for name in names}

        def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            place = _place(path, dir_fd)
            new = flags & os.O_CREAT and not os.path.exists(place)
            descriptor: int = real["open"](path, flags, mode, dir_fd=dir_fd)
            if new:
                self._add(Done("name", place), Done("bytes", place, b""))
            return descriptor

        def fsync(descriptor: int) -> None:
            real["fsync"](descriptor)
            self._synced(os.readlink(f"/proc/self/fd/{descriptor}"))

        def fdatasync(descriptor: int) -> None:
            real["fdatasync"](descriptor)
            self._log.synced(os.readlink(f"/proc/self/fd/{descriptor}"))

        def replace(source: Any, target: Any, **named: Any) -> None:
            old, new = _place(source), _place(target)
            before = Path(new).read_bytes() if os.path.isfile(new) else None
            real["replace"](source, target, **named)
            self._renamed(old, new, before)

        def unlink(path: Any, *, dir_fd: int | None = None) -> None:
            place = _place(path, dir_fd)
            before = Path(place).read_bytes() if os.path.isfile(place) else None
            real["unlink"](path, dir_fd=dir_fd)
            self._add(Done("remove", place, before))

        def mkdir(path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
            real["mkdir"](path, mode, dir_fd=dir_fd)
            self._add(Done("folder", _place(path, dir_fd)))

        def rmdir(path: Any, *, dir_fd: int | None = None) -> None:
            place = _place(path, dir_fd)
            real["rmdir"](path, dir_fd=dir_fd)
            self._add(Done("no folder", place))

        watched = {
            "open": opened,
            "fsync": fsync,
            "fdatasync": fdatasync,
            "replace": replace,
            "rename": replace,
            "unlink": unlink,
            "remove": unlink,
            "mkdir": mkdir,
            "rmdir": rmdir,
        }
        for name, function in watched.items():
            setattr(os, name, function)
        self._log.install()
        disk.watch(self._step)

    def save(self) -> None:
        self._target.write_bytes(pickle.dumps((self._done, self._log)))

    def _step(self, kind: str, what: str) -> None:
        """A file that is written where it lies, as keys are before they are removed."""
        if kind == "write" and os.path.isfile(what) and not what.endswith(disk.TEMPORARY):
            self._add(Done("bytes", what, Path(what).read_bytes()))

    def _add(self, *done: Done) -> None:
        with self._lock:
            self._done += [each for each in done if each.path.startswith(self._folder) and ".sqlite" not in each.path]

    def _renamed(self, old: str, new: str, before: bytes | None) -> None:
        with self._lock:
            for each in self._done:  # bytes that are not synced go with the name, also of the folder above
                if each.path == old or each.path.startswith(old + os.sep):
                    if each.kind == "name" and each.path == old:
                        continue
                    each.path = new + each.path[len(old) :]
            self._add(Done("rename", new, before, old))

    def _synced(self, path: str) -> None:
        with self._lock:
            gone = [each.path for each in self._done if each.kind == "no folder" and os.path.dirname(each.path) == path]
            self._done = [
                each
                for each in self._done
                if not (each.kind == "bytes" and each.path == path)
                and not (each.kind != "bytes" and os.path.dirname(each.path) == path)
                and not any(each.path.startswith(folder + os.sep) for folder in gone)
            ]


def _place(path: Any, folder: int | None = None) -> str:
    above = os.getcwd() if folder is None else os.readlink(f"/proc/self/fd/{folder}")
    return os.path.normpath(os.path.join(above, os.fspath(path)))


def undo(done: list[Done], lost: Callable[[], bool], rng: random.Random) -> int:
    """Undo what is lost, the last first; return how much that was."""
    count = 0
    for each in reversed(done):
        if not lost():
            continue
        count += 1
        path = Path(each.path)
        if each.kind == "bytes" and path.is_file() and each.before is not None:
            # new bytes: a part of them, or zeros; bytes over others: the others
            whole = path.read_bytes()
            cut = rng.randrange(len(whole) + 1)
            path.write_bytes(each.before or rng.choice([b"", whole[:cut], bytes(len(whole))]))
        elif each.kind == "name" and path.is_file():
            path.unlink()
        elif each.kind == "rename" and path.exists() and not Path(each.source).exists():
            if Path(each.source).parent.is_dir():
                path.rename(each.source)
            elif path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
            if each.before is not None:
                path.write_bytes(each.before)
        elif each.kind == "remove" and not path.exists() and path.parent.is_dir() and each.before is not None:
            path.write_bytes(each.before)
        elif each.kind == "folder" and path.is_dir():
            shutil.rmtree(path)
        elif each.kind == "no folder" and path.parent.is_dir():
            path.mkdir(exist_ok=True)
    return count


def lost_writes(lab: Laboratory, name: str, *, every: int = 1, parts: int = 1, seed: int = 0) -> Counter[str]:
    """Take the power away before each so many-th step of an operation, and once after its end.

    Returns
    -------
    Counter of str
        `crashes`, `states` (that were examined), `undone`, `acked`, and what `examine` counts.
    """
    rng = random.Random(f"{seed} {name}")
    table: Counter[str] = Counter()
    lab.restore()
    steps = run(lab, OPERATIONS[name], tell_steps=True).steps
    journal, kept = lab.top / "journal", lab.top / "kept"
    for k in [*range(0, len(steps), every), len(steps)]:
        lab.restore()
        journal.unlink(missing_ok=True)
        watching = Journal(lab.work, journal)
        last = k == len(steps)
        ran = run(
            lab,
            partial(_to_the_end, OPERATIONS[name], watching) if last else OPERATIONS[name],
            kill_at=None if last else k,
            prepare=watching.install,
            last=watching.save,
        )
        if not journal.exists():  # threads took another order, so that it ended before
            continue
        done, log = pickle.loads(journal.read_bytes())
        table["crashes"] += 1
        table["acked"] += len(ran.acked)
        shutil.rmtree(kept, ignore_errors=True)
        lab.work.rename(kept)
        for part in range(1 + parts):
            shutil.rmtree(lab.work, ignore_errors=True)
            shutil.copytree(kept, lab.work)
            table["undone"] += undo(done, lambda part=part: part == 0 or rng.random() < 0.5, rng)
            table["undone"] += log.undo(part == 0, rng)
            table["states"] += 1
            found = Counter({"unlogged": int(log.lacks())})
            found.update(examine(lab, name, ran.acked))
            where = f"{name}, step {k} {steps[k] if not last else 'the end'}, {'all' if part == 0 else 'a part'} lost"
            for what, many in found.items():
                table[what if not what.startswith(" ") else f"  {where}: {what.strip()}"] += many
                if what in ZERO and many:
                    table[f"  {where}: {what}"] += 1
    return table


def _to_the_end(operation: Operation, journal: Journal, lab: Laboratory, ack: Ack) -> None:
    operation(lab, ack)
    journal.save()


def print_table(tables: dict[str, Counter[str]]) -> None:
    columns = ("crashes", "states", "undone", "acked", *ZERO, "leftovers")
    print(f"{'operation':10}" + "".join(f"{column:>10}" for column in columns))
    for name, table in tables.items():
        print(f"{name:10}" + "".join(f"{table[column]:>10}" for column in columns))
    for said in [said for table in tables.values() for said in table if said.startswith(" ")][:60]:
        print(said[:300])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only before each so many-th step")
    parser.add_argument("--parts", type=int, default=1, help="random parts that are lost, besides all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=tuple(OPERATIONS), default=tuple(OPERATIONS))
    parser.add_argument("--folder", type=Path, help="where the database is made; the system's temporary one without it")
    options = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=options.folder) as top:
        lab = build(Path(top, "lab"), seed=options.seed)
        tables = {}
        for name in options.only:
            tables[name] = lost_writes(lab, name, every=options.every, parts=options.parts, seed=options.seed)
        print_table(tables)
        took, states = time.perf_counter() - start, sum(table["states"] for table in tables.values())
        print(f"\nN {states} states, seed {options.seed}, {took:.0f} s; {machine(Path(top))}")
    print(NOT_COVERED.strip())
    sys.exit(any(table[kind] for table in tables.values() for kind in ZERO))


if __name__ == "__main__":
    main()
