"""What is done to a database while it is killed or its disk fails, and what must be true of it afterwards.

A trial puts the laboratory back, lets one operation run in a forked process that tells through a pipe of everything
that the library acknowledged, ends that process, and looks at what is left. POSIX only.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from time import perf_counter
from typing import Any

from laboratory import PROJECT, TERMS, Laboratory, derive, planted

from lineament.database import disk, migrate
from lineament.database.backup import backup, check_backup, copy_keys
from lineament.database.catalogue import row
from lineament.database.database import Database
from lineament.database.intake import ingest as intake
from lineament.database.releases.create import create_release
from lineament.database.releases.hand_out import hand_out
from lineament.database.restore import restore
from lineament.database.rotate import rotate_key
from lineament.database.verify import doctor, verify
from lineament.database.withdraw import withdraw
from lineament.errors import InputError, LineamentError, StoreError

Ack = Callable[..., None]
Operation = Callable[[Laboratory, Ack], None]
LEAVES = "LABEL-old-0"
"""Who withdraws."""
FUTURE = [
    ("0101_catalogue.sql", "CREATE TABLE later (id TEXT PRIMARY KEY, scan TEXT REFERENCES scans (id)) STRICT;"),
    ("0102_catalogue.sql", "ALTER TABLE scans ADD COLUMN later TEXT NOT NULL DEFAULT 'x';"),
    ("0103_catalogue.sql", "INSERT INTO later SELECT id, id FROM scans; CREATE INDEX by_later ON scans (later);"),
    ("0104_catalogue.sql", "UPDATE jurisdictions SET guardian_below = 99;"),
]
"""Migrations of a version to come; with them the rows of the law are written anew."""
_FILES = migrate._files


def take_in(lab: Laboratory, ack: Ack) -> None:
    intake.BATCH = 2  # several transactions from few scans
    with lab.opened() as database:
        for outcome in intake.ingest(database, PROJECT, lab.new, workers=1):
            if outcome.state not in ("accepted", "there already"):
                raise StoreError(f"{outcome.record.files[0].path.name} is {outcome.state}: {outcome.reason}")
            ack("scan", outcome.scan, str(outcome.record.files[0].path))


def compute(lab: Laboratory, ack: Ack) -> None:
    with lab.opened() as database:
        for assets in derive(lab, database, lab.old):
            if isinstance(assets, str):
                raise StoreError(assets)
            ack("assets", assets)


def join(lab: Laboratory, ack: Ack) -> None:
    with lab.opened() as database:
        for number in range(2):
            ack("person", lab.join(database, f"LABEL-joins-{number}"))


def leave(lab: Laboratory, ack: Ack) -> None:
    with lab.opened() as database:
        withdraw(database, lab.people[LEAVES])
        ack("withdrawn")


def publish(lab: Laboratory, ack: Ack) -> None:
    with lab.opened() as database:
        release = create_release(database, "again", PROJECT, "training", **TERMS)
        ack("release", release.id)
        for layout in lab.layouts:
            folder = lab.work / "out" / f"{release.id}-{layout}"
            written = hand_out(database, release.id, layout, folder, "Carol", country="FR")
            ack("export", str(folder), {each.path.as_posix(): each.sha256 for each in written})


def bring_up(lab: Laboratory, ack: Ack) -> None:
    migrate._files = lambda part: _FILES(part) + (FUTURE if part == "catalogue" else [])
    lab.opened().close()
    ack("migrated")


def back_up(lab: Laboratory, ack: Ack) -> None:
    with lab.opened() as database:
        for label in ("LABEL-old-1", "LABEL-new-0"):
            lab.agree(database, lab.people[label])
        backup(database, lab.work / "backup")
        ack("backup")
        copy_keys(database, lab.work / "keys")
        ack("keys")


def rotate(lab: Laboratory, ack: Ack) -> None:
    with lab.opened() as database:
        ack("rotated", rotate_key(database, str(lab.work / f"{token_hex(4)}.key")))


OPERATIONS: dict[str, Operation] = {
    "ingest": take_in,
    "enrol": join,
    "derive": compute,
    "withdraw": leave,
    "release": publish,
    "migrate": bring_up,
    "backup": back_up,
    "rotate": rotate,
}


@dataclass(frozen=True)
class Ran:
    """What a process told of before it ended.

    Attributes
    ----------
    steps : list of (str, str)
        Each step of `disk.watch`; only if `tell_steps`.
    acked : list
        What the library acknowledged.
    seconds : float
        From the first step on.
    ended : bool
        Whether it came to its end by itself.
    error : str
        What it raised.
    """

    steps: list[tuple[str, str]]
    acked: list[list[Any]]
    seconds: float
    ended: bool
    error: str


def nothing() -> None:
    pass


def run(
    lab: Laboratory,
    operation: Operation,
    *,
    kill_at: int | None = None,
    kill_after: float | None = None,
    tell_steps: bool = False,
    prepare: Callable[[], None] = nothing,
    last: Callable[[], None] = nothing,
) -> Ran:
    """Run an operation in a process of its own, and kill it before its k-th step, or some seconds after its first.

    `prepare` is called in that process before it begins, and `last` just before it kills itself.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, of which none holds a lock that matters here
        child = os.fork()
    if child == 0:
        os.close(reading)
        _serve(lab, operation, writing, kill_at, tell_steps, prepare, last)  # never returns
    os.close(writing)
    return _follow(child, reading, kill_after)


def _serve(
    lab: Laboratory,
    operation: Operation,
    pipe: int,
    kill_at: int | None,
    tell_steps: bool,
    prepare: Callable[[], None],
    last: Callable[[], None],
) -> None:
    lock, count = threading.Lock(), [0]
    watched = None

    def tell(*what: Any) -> None:
        os.write(pipe, json.dumps(what).encode() + b"\n")

    def watcher(kind: str, what: str) -> None:
        with lock:
            if count[0] == kill_at:
                last()
                os.kill(os.getpid(), signal.SIGKILL)
            count[0] += 1
            if tell_steps:
                tell("step", kind, what)
            elif count[0] == 1:
                tell("begun")
        if watched is not None:
            watched(kind, what)

    try:
        prepare()
        watched = disk._watcher  # by `prepare`
        disk.watch(watcher)
        operation(lab, lambda *what: tell("ack", *what))
        tell("end", "")
    except BaseException as error:
        tell("end", "".join(traceback.format_exception_only(error)).strip())
    finally:
        os._exit(0)


def _follow(child: int, pipe: int, kill_after: float | None) -> Ran:
    steps: list[tuple[str, str]] = []
    acked: list[list[Any]] = []
    begun = timer = None
    ended, error = False, ""
    seconds = 0.0
    with os.fdopen(pipe, "rb") as lines:
        for line in lines:
            with suppress(ValueError):  # a line that was cut off
                kind, *what = json.loads(line)
                if begun is None and kind in ("begun", "step"):
                    begun = perf_counter()
                    if kill_after is not None:
                        timer = threading.Timer(kill_after, os.kill, (child, signal.SIGKILL))
                        timer.start()
                if kind == "step":
                    steps.append((what[0], what[1]))
                elif kind == "ack":
                    acked.append(what)
                elif kind == "end":
                    ended, error = True, what[0]
        seconds = 0.0 if begun is None else perf_counter() - begun
    if timer is not None:
        timer.cancel()
        timer.join()
    os.waitpid(child, 0)
    return Ran(steps, acked, seconds, ended, error)


# What must be true ------------------------------------------------------------------------------------------------


def examine(lab: Laboratory, name: str, acked: Iterable[list[Any]]) -> Counter[str]:
    """Reopen a database and count what is amiss.

    Returns
    -------
    Counter of str
        `lost`: acknowledged and not there, or with other bytes. `dangling`: rows about somebody active without a good
        object. `torn`: objects under their final names that are not whole. `half`: an operation neither done nor
        undone after `doctor`. `log`: breaks of the chain. `canary`: traces of who left. `unclean`: what `verify` says
        after `doctor`. `leftovers`: what it says before, harmless.
    """
    found: Counter[str] = Counter()
    told = [tuple(each) for each in acked]
    if name == "migrate":  # whatever was reached, today's program does not know these migrations
        migrate._files = lambda part: _FILES(part) + (FUTURE if part == "catalogue" else [])
    try:
        return _examine(lab, name, told, found)
    except LineamentError as error:
        found["unclean"] += 1
        found[f"  {type(error).__name__}: {error}"] += 1
        return found
    finally:
        migrate._files = _FILES


def _examine(lab: Laboratory, name: str, told: list[tuple[Any, ...]], found: Counter[str]) -> Counter[str]:
    with lab.opened() as database:
        before = list(verify(database))
        active = {each["id"] for each in database.catalogue.rows("SELECT id FROM subjects WHERE state = 'active'")}
        for damage in before:
            if damage.what == "leftover":
                found["leftovers"] += 1
            elif damage.what == "object" and damage.name.split("/")[0] in active:
                found["dangling"] += 1
            elif damage.what == "log":
                found["log"] += 1
        found["torn"] += sum(_torn(database, *each, active) for each in database.store.files())
        requested = row(database.catalogue, "SELECT 1 FROM withdrawals") is not None
        list(doctor(database))
        for damage in verify(database):
            found["unclean"] += 1
            found[f"  {damage}"] += 1
        for kind, *what in told:
            found["lost"] += not _kept(lab, database, kind, what)
        for record in lab.old.scans:
            if not (requested and record.subject == LEAVES):
                found["lost"] += not _has(database, lab.people[record.subject], record.files[0].path)
        if requested or name == "withdraw":
            found["half"] += _half_withdrawn(lab, database, requested)
        found["half"] += _half_exports(database)
        if name == "migrate":
            found["half"] += len(database.catalogue.rows("SELECT id FROM later WHERE scan = id")) != len(lab.old.scans)
            found["half"] += bool(database.catalogue.rows("SELECT 1 FROM jurisdictions WHERE guardian_below = 99"))
    if requested:
        found["canary"] += len(traces(lab, LEAVES))
    found["half"] += name == "backup" and not _backup_holds(lab)
    return found


def traces(lab: Laboratory, label: str, folders: Iterable[Path] | None = None) -> list[str]:
    """Return which files still tell anything of a person; their names too, but for those in backups and copies of keys.

    The random name, which leads nowhere, stays in the log and in the certificate, which have to say what was done.
    """
    words = planted(lab, label)
    paths = lab.files() if folders is None else (p for folder in folders for p in folder.rglob("*") if p.is_file())
    said = []
    for path in paths:
        data = path.read_bytes()
        said += [f"{path}: {word!r}" for word in words if word in data]
        if lab.people[label] in str(path) and not any(
            path.is_relative_to(lab.work / copy) for copy in ("backup", "keys")
        ):
            said.append(f"{path}: the name of the file")
    return said


def _torn(database: Database, subject: str, name: str, active: set[str]) -> bool:
    return not name.endswith(disk.TEMPORARY) and subject in active and not _whole(database, subject, name)


def _whole(database: Database, subject: str, name: str) -> bool:
    try:
        for _ in database.store.read(subject, name):
            pass
    except StoreError:
        return False
    return True


def _has(database: Database, subject: str, path: Path) -> bool:
    """Return whether somebody has an object with the bytes of a file, in a scan."""
    digest = sha256(path.read_bytes()).digest()
    name = database.store.name_of(subject, digest)
    scan = row(
        database.catalogue,
        "SELECT a.scan FROM assets a JOIN scans c ON c.id = a.scan WHERE a.subject = :subject AND a.object = :name",
        subject=subject,
        name=name,
    )
    try:
        return scan is not None and b"".join(database.store.read(subject, name)) == path.read_bytes()
    except StoreError:
        return False


def _kept(lab: Laboratory, database: Database, kind: str, what: list[Any]) -> bool:
    """Return whether what was acknowledged is there."""
    match kind:
        case "scan":
            scan = row(database.catalogue, "SELECT subject FROM scans WHERE id = :id", id=what[0])
            return scan is not None and _has(database, scan["subject"], Path(what[1]))
        case "assets":
            there = [
                row(database.catalogue, "SELECT subject, object FROM assets WHERE id = :id", id=id) for id in what[0]
            ]
            return all(each is not None and _whole(database, each["subject"], each["object"]) for each in there)
        case "person":
            there = "SELECT consent FROM subjects WHERE id = :id AND consent IS NOT NULL"
            return row(database.catalogue, there, id=what[0]) is not None and what[0] in database.identity_keys
        case "release":
            there = "SELECT 1 FROM releases WHERE id = :id AND state = 'published'"
            return row(database.catalogue, there, id=what[0]) is not None
        case "export":
            folder, files = Path(what[0]), what[1]
            return all(
                (folder / path).is_file() and sha256((folder / path).read_bytes()).hexdigest() == digest
                for path, digest in files.items()
            )
        case "withdrawn":
            there = "SELECT 1 FROM withdrawals WHERE done_at IS NOT NULL"
            return row(database.catalogue, there) is not None and lab.people[LEAVES] not in database.keys
        case "rotated":
            return database.settings.key == what[0] and not database.settings.next_key
        case "backup" | "keys" | "migrated":
            return True  # `_backup_holds`, and the table that the last migration fills
    raise ValueError(kind)


def _half_withdrawn(lab: Laboratory, database: Database, requested: bool) -> int:
    """After `doctor` a withdrawal that was requested is done, and one that was not has taken nothing."""
    subject = lab.people[LEAVES]
    done = row(database.catalogue, "SELECT 1 FROM withdrawals WHERE done_at IS NOT NULL") is not None
    there = [
        subject in database.keys,
        subject in database.identity_keys,
        row(database.catalogue, "SELECT 1 FROM subjects WHERE id = :id", id=subject) is not None,
    ]
    return int(done != requested or (any(there) if requested else not all(there)))


def _half_exports(database: Database) -> int:
    """Count exports that are neither there with all their files nor gone, and folders that nothing knows."""
    half = 0
    known = {}
    for exported in database.catalogue.rows("SELECT * FROM exports"):
        folder = Path(exported["folder"])
        listed = database.catalogue.rows("SELECT path, sha256 FROM export_files WHERE export = :id", id=exported["id"])
        whole = exported["state"] == "handed out" and all(
            (folder / each["path"]).is_file()
            and sha256((folder / each["path"]).read_bytes()).hexdigest() == each["sha256"]
            for each in listed
        )
        gone = exported["state"] in ("removed", "replaced") and not listed
        half += not ((whole and listed) or gone)
        known[folder] = known.get(folder, False) or exported["state"] == "handed out"
    for folder in {folder.parent for folder in known}:
        half += sum(not known.get(place, False) for place in folder.iterdir()) if folder.is_dir() else 0
    return half


def _backup_holds(lab: Laboratory) -> bool:
    """A backup that was there before can be restored at any time, old or new."""
    target = lab.work / "restored"
    shutil.rmtree(target, ignore_errors=True)
    try:
        if check_backup(lab.work / "backup"):
            return False
        restore(lab.work / "backup", target, lab.root)
        with Database.open(target, "anna") as again:
            return not list(verify(again)) and all(
                _has(again, lab.people[record.subject], record.files[0].path) for record in lab.old.scans
            )
    except InputError:
        return False
