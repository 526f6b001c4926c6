"""A database of many small scans: how fast they go in, how large it is, how fast they are found and looked up.

    OMP_NUM_THREADS=1 python benchmarks/database/scale.py --scans 200000 --folder FOLDER [--catalogue postgresql://...]

Scans are clouds of 500 points of ellipsoids, 20 of each person (seed 0), taken in by `ingest` as they would be by a
user: hashed, parsed in a sandbox, judged, encrypted, synced, in batches of 64. A second run on the same folder passes
over what is there and measures the rest again. Searches ask for pages of 50, each kind 100 times in random order,
also for what is not there; cold means a new connection and, on Linux, files that are not in the memory of the system.
Look-ups decide and write their entry in the audit log. Beside each time stands the processor time of the searching
thread, its own and the system's for it, and on Linux how often it read from a file: other programs make the time
longer, hardly the second, and not the third. Not covered: large files, whose bytes take the time; a network between
PostgreSQL and the program; a loss of power.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from laboratory import CONTROLLER, agreement

from lineament.database.consent.purposes import Purpose
from lineament.database.database import Database
from lineament.database.find import find
from lineament.database.intake.ingest import ingest
from lineament.database.people import add_project, enrol, record_consent
from lineament.database.records import FileRecord, Manifest, ScanRecord, SubjectRecord
from lineament.face.rig import FACESCAPE20
from lineament.io.scans import write_scan
from lineament.types import Scan

EACH = 20
POINTS = 500
PORTION = 2000
ROUNDS, COLD = 100, 10
EXPRESSIONS = tuple(FACESCAPE20)
Times = tuple[float, float, int]
"""Seconds by the clock, and of the thread's processor; reads from files."""
COUNTERS = Path("/proc/thread-self/io")
ORIGINS = ("A", "B", "C", "D")
SEARCHES: dict[str, dict[str, object]] = {
    "everything": {},
    "expression": {"expression": "smile"},
    "sex and age": {"sex": "female", "age": (20, 30)},
    "sex, age, expression": {"sex": "male", "age": (64, 65), "expression": "grin"},
    "device and origin": {"device": "rig 3", "origin": "B"},
    "quality": {"max_noise": 100.0, "sex": "female"},
    "consent": {"consented": "training", "expression": "neutral"},
    "lacks landmarks": {"lacks": "landmarks"},
    "not there: expression": {"expression": "nothing"},
    "not there: age": {"age": (100, 120)},
    "not there: landmarks": {"has": "landmarks"},
    "not there: consent": {"consented": "commercial"},
    "not there: sex and origin": {"sex": "female", "origin": "B"},
    "not there: device and origin": {"device": "rig 3", "origin": "C", "sex": "male"},
    "not there: capture": {"captured": ("2020-01-01", "2020-02-01"), "sex": "male"},
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scans", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--catalogue", default="")
    args = parser.parse_args()
    key = str(args.folder / "master.key")
    place = args.folder / "db"
    if not place.exists():
        with Database.create(place, "anna", key=key, catalogue=args.catalogue) as database:
            add_project(database, "faces", CONTROLLER)
    with Database.open(place, "anna") as database:
        there = database.catalogue.rows("SELECT COUNT(*) AS many FROM scans")[0]["many"]
        _fill(database, args.folder / "in", there, args.scans, args.workers)
        _report_size(place, args.scans)
    if hasattr(os, "getloadavg"):
        print(f"programs that want a processor        {os.getloadavg()[0]:8.1f}, of {os.cpu_count()} processors")
    _report_searches(place, cold=True)
    _report_searches(place, cold=False)
    _report_lookups(place)
    _report_beside_a_writer(place, args.folder / "in", max(there, args.scans))


def _fill(database: Database, folder: Path, there: int, total: int, workers: int) -> None:
    """Take in scans, a portion of files at a time, and print the rates."""
    people = taken = 0
    enrolling = ingesting = 0.0
    for begin in range(there, total, PORTION):
        numbers = range(begin, min(begin + PORTION, total))
        labels = sorted({number // EACH for number in numbers})
        start = time.perf_counter()
        subjects = [_enrolled(database, label) for label in labels]
        enrolling += time.perf_counter() - start
        people += len(labels)
        manifest = Manifest("manifest", tuple(subjects), tuple(_scan(folder, number) for number in numbers))
        start = time.perf_counter()
        taken += sum(outcome.state == "accepted" for outcome in ingest(database, "faces", manifest, workers=workers))
        ingesting += time.perf_counter() - start
        shutil.rmtree(folder)
        print(f"\r{begin + len(numbers):,} scans, {taken / ingesting:.0f} a second", end="", flush=True)
    if taken:
        print(f"\rpeople enrolled with their consent    {people / enrolling:8.0f} a second ({people:,})")
        print(f"scans taken in, durable, batched      {taken / ingesting:8.0f} a second ({taken:,})")


def _enrolled(database: Database, label: int) -> SubjectRecord:
    rng = np.random.default_rng(label)
    sex, origin = ("female", "male")[label % 2], ORIGINS[label % 4]
    record = SubjectRecord(f"P{label}", sex=sex, origin=origin, birth_year=int(2026 - rng.integers(18, 80)))
    subject = enrol(database, "faces", record, "GDPR")
    purposes = (Purpose.RESEARCH, Purpose.SHARING, Purpose.TRAINING)[: 1 + label % 3]
    record_consent(database, agreement(subject, purposes=dict.fromkeys(purposes)))
    return record


def _scan(folder: Path, number: int) -> ScanRecord:
    rng = np.random.default_rng([0, number])
    folder.mkdir(exist_ok=True)
    way = rng.normal(size=(POINTS, 3))
    way *= rng.uniform(60, 120, size=3) / np.linalg.norm(way, axis=1, keepdims=True)
    path = write_scan(Scan(way.astype(np.float32), unit="mm"), folder / f"{number}.ply")
    person = np.random.default_rng(number // EACH)
    return ScanRecord(
        f"P{number // EACH}",
        (FileRecord(path),),
        modality="cloud",
        protocol="facescape20",
        expression=EXPRESSIONS[number % EACH % len(EXPRESSIONS)],
        repeat=1 + number % EACH // len(EXPRESSIONS),
        device=f"rig {number // EACH % 5}",
        age=float(person.integers(18, 80)),
        captured_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
    )


def _report_size(place: Path, scans: int) -> None:
    for name in ("catalogue.sqlite", "audit.sqlite"):
        if (place / name).exists():
            print(f"{name:37s} {(place / name).stat().st_size / 1e6:8.0f} MB")
    size = sum(path.stat().st_size for path in (place / "objects").rglob("*") if path.is_file())
    print(f"{'objects':37s} {size / 1e6:8.0f} MB ({size / scans:.0f} bytes a scan)")


def _report_searches(place: Path, cold: bool) -> None:
    rng = np.random.default_rng(0)
    times: dict[str, list[Times]] = {name: [] for name in SEARCHES}
    with Database.open(place, "anna") as database:
        if not cold:
            for where in SEARCHES.values():
                find(database, where, limit=50)
    for _ in range(COLD if cold else ROUNDS):
        for name in rng.permutation(list(SEARCHES)):
            if cold:
                _out_of_memory(place)
            with Database.open(place, "anna") as database:
                if not cold:
                    find(database, {}, limit=50)
                times[name].append(_timed(lambda: find(database, SEARCHES[name], limit=50)))  # noqa: B023
    kind = "cold" if cold else "warm"
    every = [time for found in times.values() for time in found]
    _print(f"find, a page of 50, {kind}: all", every)
    for name, found in times.items():
        _print(f"  {name}", found)


def _report_lookups(place: Path) -> None:
    with Database.open(place, "anna") as database:
        names = [each["id"] for each in find(database, {}, limit=2000)]
        times = [_timed(lambda: find(database, {"scan": name}, limit=1)) for name in names]  # noqa: B023
    _print("look-up of a scan by its name, logged", times)


def _report_beside_a_writer(place: Path, folder: Path, total: int) -> None:
    """Two readers, while another process takes scans in."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    answers = context.SimpleQueue()
    readers = [context.Process(target=_read_until, args=(place, stop, answers)) for _ in range(2)]
    with Database.open(place, "anna") as database:
        for reader in readers:
            reader.start()
        for _ in readers:
            answers.get()
        start = time.perf_counter()
        numbers = range(total, total + PORTION)
        subjects = [_enrolled(database, label) for label in sorted({number // EACH for number in numbers})]
        manifest = Manifest("manifest", tuple(subjects), tuple(_scan(folder, number) for number in numbers))
        start = time.perf_counter()
        taken = sum(outcome.state == "accepted" for outcome in ingest(database, "faces", manifest, workers=1))
        seconds = time.perf_counter() - start
    stop.set()
    found = [answers.get() for _ in readers]
    for reader in readers:
        reader.join()
    shutil.rmtree(folder)
    print(f"beside two readers: taken in          {taken / seconds:8.0f} a second")
    _print("beside a writer: find, a page of 50", [time for each in found for time in each[0]])
    _print("beside a writer: look-up", [time for each in found for time in each[1]])


def _read_until(place: Path, stop: object, answers: object) -> None:
    searches, lookups = [], []
    rng = np.random.default_rng(os.getpid())
    with Database.open(place, "anna") as database:
        names = [each["id"] for each in find(database, {}, limit=500)]
        answers.put(None)  # type: ignore[attr-defined]
        while not stop.is_set():  # type: ignore[attr-defined]
            where = SEARCHES[str(rng.choice(list(SEARCHES)))]
            searches.append(_timed(lambda: find(database, where, limit=50)))  # noqa: B023
            name = names[rng.integers(len(names))]
            lookups.append(_timed(lambda: find(database, {"scan": name}, limit=1)))  # noqa: B023
            time.sleep(0.02)  # a person who clicks, not a loop that fights for the processor
    answers.put((searches, lookups))  # type: ignore[attr-defined]


def _out_of_memory(place: Path) -> None:
    """Ask the system to forget the pages of the files."""
    if hasattr(os, "posix_fadvise"):
        for path in place.glob("*.sqlite*"):
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _timed(work: Callable[[], object]) -> Times:
    before = _reads() + 1  # to count costs one
    start, own = time.perf_counter(), time.thread_time()
    work()
    took, used = time.perf_counter() - start, time.thread_time() - own
    return took, used, _reads() - before


def _reads() -> int:
    """Return how often this thread has read from a file; 0 where the system does not tell."""
    if not COUNTERS.exists():
        return 0
    return next(int(line.split()[1]) for line in COUNTERS.read_text().splitlines() if line.startswith("syscr"))


def _print(what: str, times: Sequence[Times]) -> None:
    (middle, own, some), (high, most, many) = np.quantile(times, [0.5, 0.99], axis=0) * (1e3, 1e3, 1)
    print(
        f"{what:37s} p50 {middle:8.2f} ms   p99 {high:8.2f} ms   processor {own:6.2f} and {most:6.2f} ms   "
        f"reads {some:5.0f} and {many:5.0f}   N {len(times):,}"
    )


if __name__ == "__main__":
    main()
