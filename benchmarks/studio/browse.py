"""People who browse a database in a studio at once: how long each view takes, and whether any fails.

    OMP_NUM_THREADS=1 python benchmarks/studio/browse.py --folder FOLDER [--count 200000] [--users 20] [--pause 1.0]

A database of small scans as benchmarks/database/scale.py makes it, with passwords for `--users` officers who also read,
and thumbnails (256 x 256, of noise, so about 60 kB) of 20 stretches of 60 scans. It is made when FOLDER has none; to
one that is there these are added. The studio is a process of its own and serves HTTP on loopback; the people are the
threads of two other processes, each with a connection that stays open, as a browser's does. On two cores they take
time from it.

First one person alone asks for pages. Then all of them do what people do, in random order (seed 0), and wait about
`--pause` seconds between two views (exponential); with 0 nobody waits, and the processor is what is measured.
A view of thumbnails is a page and its first 24 pictures, one after another. Figures of the whole database (facets,
counts, stats) are kept for a while by the studio, and are told apart. A reply that is not 200, or that lacks what
it must hold, is an error. Each person stops after `--views` views or `--seconds`.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import multiprocessing
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "database"))
import scale

from lineament.database.actors import add_actor, grant
from lineament.database.database import Database
from lineament.database.derive import Derivation, Product, store_derived
from lineament.database.find import count, find
from lineament.database.passwords import set_password
from lineament.database.reading import assets_of

STRETCHES, LONG = 20, 60
SHOWN = 24
"""Thumbnails that fit a screen."""
LIMITS = {"a page, alone": 150.0, "20 at once, p99": 500.0}
"""Milliseconds that issue 6 promises."""
PASSWORD = "four words in a row"
FILTERS: tuple[dict[str, Any], ...] = (
    {"expression": "smile"},
    {"sex": "female", "age_from": 20, "age_below": 30},
    {"sex": "male", "age_from": 64, "age_below": 65, "expression": "grin"},
    {"device": "rig 3", "origin": "B"},
    {"max_noise": 100.0, "sex": "female"},
    {"consented": "training", "expression": "neutral"},
    {"lacks": "landmarks"},
    {"has": "thumbnail"},
    {"expression": "nothing"},
    {"age_from": 100, "age_below": 120},
)
WEIGHTS = {
    "page": 8,
    "filters": 8,
    "thumbnails": 3,
    "scan": 6,
    "subject": 4,
    "subjects": 3,
    "audit": 3,
    "review": 2,
    "session": 2,
    "facets": 1,
    "count": 1,
    "stats": 1,
}
FIGURES = ("facets", "count", "stats")
Times = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--views", type=int, default=60)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=300.0)
    args = parser.parse_args()
    there = prepare(args.folder, args.count, args.users)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-c", "from lineament.cli import main; main()", "studio", "--db", str(args.folder / "db")]
    server = subprocess.Popen([*words, "--no-browser", "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        wait_for(port, server)
        alone = ask_alone(port, there)
        times, errors, seconds = ask_together(port, there, args)
    finally:
        server.terminate()
        server.wait(20)
    report(alone, times, errors, seconds, there, args)


@dataclass(frozen=True)
class There:
    """What the people know of the database: where pages may start, and names of scans and people."""

    scans: int
    starts: list[str]
    stretches: list[str]
    names: list[str]
    people: list[str]


def prepare(folder: Path, scans: int, users: int) -> There:
    """Make the database where it is not there, and what the people need."""
    if not (folder / "db").exists():
        with Database.create(folder / "db", "anna", key=str(folder / "master.key")) as database:
            scale.add_project(database, "faces", scale.CONTROLLER)
    with Database.open(folder / "db", "anna") as database:
        held = database.catalogue.rows("SELECT COUNT(*) AS many FROM scans")[0]["many"]
        if held < scans:
            scale._fill(database, folder / "in", held, scans, 2)
        for number in range(users):
            add_actor(database, f"user {number}")
            set_password(database, f"user {number}", PASSWORD)
            for role in ("reader", "officer", "curator"):
                grant(database, f"user {number}", role)
        rng = np.random.default_rng(0)
        starts = [f"scn{rng.integers(2**62):016x}" for _ in range(500)]
        stretches = [f"scn{number * (2**64 // STRETCHES) >> 1:016x}" for number in range(STRETCHES)]
        rows = [row for start in stretches for row in find(database, after=start, limit=LONG)]
        draw(database, [row["id"] for row in rows if not find(database, {"scan": row["id"], "has": "thumbnail"})])
        names, people = [row["id"] for row in rows], sorted({row["subject"] for row in rows})
        return There(count(database), starts, stretches, names, people)


def draw(database: Database, scans: list[str]) -> None:
    """Store a picture of each scan."""
    rng = np.random.default_rng(0)
    for begin in range(0, len(scans), 64):
        made = []
        for scan in scans[begin : begin + 64]:
            file = io.BytesIO()
            Image.fromarray(rng.integers(0, 255, (256, 256), np.uint8)).save(file, "PNG")
            original = next(each for each in assets_of(database, scan) if not each.derived)
            made.append(Derivation(scan, (Product("thumbnail", "png", file.getvalue()),), (original.id,), "noise"))
        store_derived(database, made, action="derive", purpose="research")


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the studio answers, and its networks are loaded."""
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit("the studio did not start")
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                break
        except OSError:
            time.sleep(0.2)
    time.sleep(8)


@dataclass
class Person:
    """Somebody with a browser: one connection, a cookie, and what they have seen."""

    port: int
    name: str
    times: Times = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    cookie: str = ""

    def __post_init__(self) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        csrf = json.loads(self.fetch("GET", "/api/session"))["csrf"]
        self.fetch("POST", "/api/session", {"actor": self.name, "password": PASSWORD}, csrf)

    def fetch(self, method: str, place: str, body: Any = None, csrf: str = "") -> bytes:
        headers = {"Cookie": self.cookie, "X-Lineament-CSRF": csrf, "Content-Type": "application/json"}
        self.line.request(method, place, None if body is None else json.dumps(body), headers)
        reply = self.line.getresponse()
        data = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{place}: {reply.status} {data[:200]!r}")
        self.cookie = reply.headers.get("Set-Cookie", self.cookie).partition(";")[0]
        return data

    def see(self, view: str, place: str, **asked: Any) -> Any:
        """Look at a view, and note how long it took."""
        start = time.perf_counter()
        data = self.fetch("GET", f"{place}?{urlencode(asked)}" if asked else place)
        self.times.setdefault(view, []).append(time.perf_counter() - start)
        return json.loads(data) if data[:1] in b"{[" else data


def look(person: Person, view: str, there: There, rng: np.random.Generator) -> None:
    """Look at one view as somebody would, and see that it holds what it must."""

    def one(names: list[str]) -> str:
        return names[rng.integers(len(names))]

    if view == "page":
        rows = person.see(view, "/api/db/scans", after=one(there.starts))["rows"]
        _must(len(rows) == 60, f"a page of {len(rows)} scans")
        _must(len({row["id"] for row in rows}) == 60, "a page that holds a scan twice")
    elif view == "filters":
        asked = FILTERS[rng.integers(len(FILTERS))]
        for row in person.see(view, "/api/db/scans", **asked)["rows"]:
            _must(
                all(row[name] == asked[name] for name in ("sex", "expression") if name in asked), "a scan that differs"
            )
    elif view == "thumbnails":
        after = one(there.stretches)
        rows = person.see("page with pictures", "/api/db/scans", after=after, pictures="research")["rows"]
        for row in rows[:SHOWN]:
            data = person.see("thumbnail", f"/api/db/scans/{row['id']}/thumbnail")
            _must(data[:4] == b"\x89PNG", "a thumbnail that is none")
    elif view == "scan":
        name = one(there.names)
        _must(person.see(view, f"/api/db/scans/{name}")["scan"]["id"] == name, "another scan")
    elif view == "subject":
        name = one(there.people)
        _must(len(person.see(view, f"/api/db/subjects/{name}")["consents"]) == 1, "a person without a consent")
    elif view == "subjects":
        _must(len(person.see(view, "/api/db/subjects")["rows"]) == 60, "too few people")
    elif view == "audit":
        _must(len(person.see(view, "/api/db/audit")["rows"]) == 50, "too few entries")
        person.see("audit of a scan", "/api/db/audit", about=one(there.names))
    elif view == "count":
        person.see(view, "/api/db/scans/count")
    else:
        person.see(view, {"session": "/api/session"}.get(view, f"/api/db/{view}"))


def _must(right: bool, otherwise: str) -> None:
    if not right:
        raise RuntimeError(otherwise)


def ask_alone(port: int, there: There) -> Times:
    """Return how long pages take when nobody else is there."""
    person, rng = Person(port, "user 0"), np.random.default_rng(1)
    for _ in range(3):
        look(person, "page", there, rng)
    person.times.clear()
    for _ in range(200):
        look(person, "page", there, rng)
    for asked in FILTERS:
        for _ in range(20):
            person.see(f"page: {_told(asked)}", "/api/db/scans", **asked)
    return person.times


def ask_together(port: int, there: There, args: argparse.Namespace) -> tuple[Times, list[str], float]:
    """Return how long each view takes when all are there, what failed, and how long it took in all."""
    context = multiprocessing.get_context("spawn")
    told = context.SimpleQueue()
    halves = [range(start, args.users, 2) for start in (0, 1)]
    start = time.perf_counter()
    processes = [context.Process(target=_people, args=(port, there, half, args, told)) for half in halves]
    for process in processes:
        process.start()
    times: Times = {}
    errors: list[str] = []
    for _ in processes:
        own, wrong = told.get()
        errors += wrong
        for view, found in own.items():
            times.setdefault(view, []).extend(found)
    for process in processes:
        process.join()
    return times, errors, time.perf_counter() - start


def _people(port: int, there: There, numbers: range, args: argparse.Namespace, told: Any) -> None:
    times: Times = {}
    errors: list[str] = []
    persons = [Person(port, f"user {number}") for number in numbers]
    threads = [
        threading.Thread(target=_browse, args=(person, there, number, args))
        for person, number in zip(persons, numbers, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for person in persons:
        errors += person.errors
        for view, found in person.times.items():
            times.setdefault(view, []).extend(found)
    told.put((times, errors))


def _browse(person: Person, there: There, number: int, args: argparse.Namespace) -> None:
    rng = np.random.default_rng([0, number])
    views, weights = list(WEIGHTS), np.array(list(WEIGHTS.values()), float)
    end = time.monotonic() + args.seconds
    for _ in range(args.views):
        time.sleep(min(float(rng.exponential(args.pause)), 5 * args.pause) if args.pause else 0.0)
        if time.monotonic() > end:
            return
        view = str(rng.choice(views, p=weights / weights.sum()))
        try:
            look(person, view, there, rng)
        except Exception as error:
            person.errors.append(f"{view}: {error}")
            person.line.close()


def report(
    alone: Times, times: Times, errors: list[str], seconds: float, there: There, args: argparse.Namespace
) -> None:
    pages = [each for found in alone.values() for each in found]
    print(f"{there.scans:,} scans; milliseconds, over HTTP on loopback")
    print("one person alone")
    for view, found in alone.items():
        _print(view, found)
    _print("all pages", pages)
    shown = sum(len(found) for found in times.values())
    print(f"{args.users} people at once, about {args.pause:g} s between views: {shown / seconds:.0f} replies a second")
    for view in sorted(times, key=lambda name: (name in FIGURES, name)):
        _print(view, times[view])
    every = [each for view, found in times.items() if view not in FIGURES for each in found]
    _print("all but figures", every)
    _print("all", [each for found in times.values() for each in found])
    print(f"errors: {len(errors)}")
    for text in errors[:5]:
        print(f"  {text}")
    slow = 1e3 * float(np.quantile(pages, 0.99)), 1e3 * float(np.quantile(every, 0.99))
    held = slow[0] <= LIMITS["a page, alone"] and slow[1] <= LIMITS["20 at once, p99"] and not errors
    print(f"a page at most 150 ms (p99 {slow[0]:.0f}), at once p99 at most 500 ms ({slow[1]:.0f}): {held}")
    raise SystemExit(0 if held else 1)


def _told(asked: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in asked.items())


def _print(what: str, seconds: list[float]) -> None:
    found: npt.NDArray[np.float64] = np.array(seconds) * 1e3
    middle, high = np.quantile(found, [0.5, 0.99])
    print(f"  {what:52s} p50 {middle:8.1f}   p99 {high:8.1f}   most {found.max():8.1f}   N {len(found):,}")


if __name__ == "__main__":
    main()
