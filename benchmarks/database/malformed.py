"""Runs malformed files of every format through the sandbox of the database's intake, and counts what got through.

    python benchmarks/database/malformed.py [--count 10000] [--seed 0] [--workers 2]

Files are made by hand (`crafted.py`: bombs, huge counts, pickles, references to other files, numbers that are none,
deep and long text), and from good files (`broken.py`) by cutting, flipping bits, splicing, and lying in every
integer of the headers with 0, -1, 2^31, 2^63 and n + 1.

A file is *silently short* when it is taken without a warning although it holds less than it says: its declared number
of points is not the number that was read, or it is a good file cut off and gives other numbers than the whole one.
Formats without a count (OBJ, text tables) cannot tell when they are cut between two lines; these are counted apart, and
are why whoever sends a file sends its sha256. A flipped bit in a coordinate makes another legal file: also for the
sha256. `over memory limit` counts the files that the limit had to stop because their reader did not.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import re
import resource
import struct
import sys
import tempfile
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from broken import bases, cases, face
from crafted import CANARY, Case

from lineament.database.intake.inspection import Inspection
from lineament.database.intake.quality import assess
from lineament.database.intake.sandbox import Limits, Refusal, Sandbox, inspect_files
from lineament.database.records import FileRecord, ScanRecord
from lineament.io.scans import write_scan

CORPUS = Path(__file__).parents[2] / "tests" / "corpus" / "good"
BATCH = 500
LIMITS = Limits(memory=1 << 30, seconds=20.0)
COUNTLESS = ("obj", "xyz", "txt", "csv", "asc", "fcsv")
"""Formats that do not say how long they are."""
SAME = ("points", "triangles", "missing", "low", "high", "geometry_key")
"""What a file that lost nothing has in common with the whole one."""
ZERO = ("child died", "too slow", "over memory limit", "silently short", "canary fired", "got outside", "reader fault")
STOPPED = "stopped by the hook"
"""Files whose reader began to open another file, which the sandbox then refused."""
KINDS = {"crash": "child died", "time": "too slow", "memory": "over memory limit", "fault": "reader fault"}


@dataclass
class Tally:
    """Counts by format."""

    rows: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    examples: list[str] = field(default_factory=list)
    measures: tuple[str, ...] = ()

    def add(self, case: Case, what: str, text: str = "") -> None:
        self.rows[case.name.rpartition(".")[2]][what] += 1
        if what in (*ZERO, "should be refused"):
            self.examples.append(f"{what}: {case.name} ({case.fault}): {text}")


def run(count: int, seed: int, workers: int, limits: Limits = LIMITS, keep: Path | None = None) -> Tally:
    """Inspect malformed files and tally what came of them.

    Parameters
    ----------
    keep : Path, optional
        Folder for the files behind every number that should be zero.
    """
    tally = Tally()
    corpus = CORPUS if CORPUS.is_dir() else None
    with tempfile.TemporaryDirectory() as top:
        scratch = Path(top, "files")
        scratch.mkdir()
        for name in ("secret.bin", "files/beside.bin"):
            Path(top, name).write_bytes(np.eye(3, dtype=np.float32).tobytes())
        whole, tally.measures = _whole(corpus, scratch)
        stream = cases(count, seed, scratch, corpus)
        while batch := list(islice(stream, BATCH)):
            for case, result in _inspect(batch, scratch, workers, limits):
                before = len(tally.examples)
                _judge(case, result, whole, tally)
                if keep is not None and len(tally.examples) > before:
                    (keep / case.name).write_bytes(case.data)
        if Path(top, CANARY).exists():
            tally.rows["?"]["canary fired"] += 1
    return tally


def _whole(corpus: Path | None, scratch: Path) -> tuple[dict[str, Inspection], tuple[str, ...]]:
    """Inspect the good files, of which every one must be taken; also return what is in force."""
    found = {}
    with Sandbox() as sandbox:
        for base in bases(corpus):
            path = scratch / base.name
            path.write_bytes(base.data)
            result = sandbox.inspect(path, base.role)
            path.unlink()
            if isinstance(result, Refusal):
                raise SystemExit(f"the good file {base.name} is refused: {result.reason}")
            found[base.name] = result
        return found, sandbox.measures


def _inspect(
    batch: Sequence[Case], scratch: Path, workers: int, limits: Limits
) -> Iterator[tuple[Case, Inspection | Refusal]]:
    items = []
    for case in batch:
        path = scratch / case.name
        path.write_bytes(case.data)
        items.append((path, case.role))
    for index, result in inspect_files(items, workers, limits):
        yield batch[index], result
    for path, _ in items:
        path.unlink()


def _judge(case: Case, result: Inspection | Refusal, whole: dict[str, Inspection], tally: Tally) -> None:
    tally.add(case, "files")
    if isinstance(result, Refusal):
        tally.add(case, "refused")
        if "is refused here" in result.reason:
            tally.add(case, STOPPED)
        if "pickle" in result.reason:
            tally.add(case, "canary fired", result.reason)
        kinds = {
            "crash": "child died",
            "time": "too slow",
            "memory": "over memory limit",
            "fault": "reader fault",
        }
        if result.kind in kinds:
            tally.add(case, kinds[result.kind], result.reason)
        return
    tally.add(case, "taken")
    if case.must_fail:
        outside = case.fault == "reference"
        tally.add(case, "got outside" if outside else "should be refused", str(result))
    record = FileRecord(Path(case.name), case.role)
    findings = assess(result, ScanRecord("1", (record,)), record)
    warned = any(finding.kind in ("cut off", "unused") for finding in findings)
    declared = _declared(case)
    if declared is not None and declared != result.points:
        tally.add(case, "silently short", f"declares {declared}, read {result.points}")
    elif case.fault == "cut" and not (
        case.role in ("geometry", "landmarks")
        and all(getattr(result, name) == getattr(whole[case.base], name) for name in SAME)
    ):
        countless = case.name.rpartition(".")[2] in COUNTLESS
        tally.add(case, "warned of" if warned else "cannot tell" if countless else "silently short", str(result))


def _declared(case: Case) -> int | None:
    """Return the number of points that a file's header states, read apart from the project's readers, if it does."""
    data, suffix = case.data, case.name.rpartition(".")[2]
    if case.role != "geometry":
        return None
    if suffix == "ply":
        found = re.search(rb"\nelement vertex (\d+)", data)
        return int(found[1]) if found else None
    if suffix == "off":
        found = re.match(rb"\s*[A-Z]*OFF\s+(?:#[^\n]*\n\s*)*(\d+)\s", data)
        return int(found[1]) if found else None
    if suffix == "pcd":
        found = re.search(rb"\nPOINTS (\d+)", data)
        return int(found[1]) if found else None
    if suffix == "stl" and len(data) >= 84 and not data[84:].lstrip().startswith((b"facet", b"FACET")):
        declared = int(struct.unpack_from("<I", data, 80)[0])
        return 3 * declared if len(data) == 84 + 50 * declared else None
    if suffix == "bnt" and len(data) > 4:
        rows, columns = struct.unpack_from("<HH", data)
        return int(rows * columns)
    if suffix == "npz":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                name = next(name for name in archive.namelist() if name in ("points.npy", "vertices.npy"))
                found = re.search(rb"'shape': \((\d+),", archive.read(name)[:200])
                return int(found[1]) if found else None
        except Exception:
            return None
    return None


def print_table(tally: Tally) -> None:
    columns = ("files", "refused", "taken", "warned of", "cannot tell")
    print("format " + " ".join(f"{column:>11}" for column in columns))
    total: Counter[str] = Counter()
    for name, row in sorted(tally.rows.items()):
        print(f"{name:6} " + " ".join(f"{row[column]:>11}" for column in columns))
        total.update(row)
    print(f"{'all':6} " + " ".join(f"{total[column]:>11}" for column in columns) + "\n")
    for name in (*ZERO, "should be refused", STOPPED):
        found = [suffix for suffix, row in sorted(tally.rows.items()) if row[name]]
        print(f"{name:24} {total[name]:>6}  {', '.join(found)}")
    for example in tally.examples[:40]:
        print("  " + example[:300])


def measure_rate(count: int = 600) -> tuple[float, float]:
    """Return how many files a second one warm process takes, by the clock and by the processor's time; of a binary PLY.

    Beside other work on the machine the first is lower; the second leaves out the parent.
    """
    used, took = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = write_scan(face(45), Path(folder, "dome.ply"))
        for files in (0, count):
            before = _processor_seconds()
            with Sandbox(Limits(files=1 << 30)) as sandbox:
                for _ in range(50):
                    sandbox.inspect(path)
                start = time.perf_counter()
                for _ in range(files):
                    sandbox.inspect(path)
                took = time.perf_counter() - start
            used.append(_processor_seconds() - before)
    return count / took, count / (used[1] - used[0])


def _processor_seconds() -> float:
    """Return what all child processes took that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for the files behind numbers that should be zero")
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    tally = run(options.count, options.seed, options.workers, keep=options.keep)
    took = time.perf_counter() - start
    print_table(tally)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    by_clock, by_processor = measure_rate()
    print(f"""
N {options.count}, seed {options.seed}, {options.workers} workers, {took:.0f} s; the parent process did not end
Python {platform.python_version()}, {machine}
limits for a file: {LIMITS.memory >> 20} MiB beyond the ready process, {LIMITS.seconds:g} s
largest resident size of any process: {peak:.0f} MiB
in force: {", ".join(tally.measures)}
one warm process, PLY of 2,025 vertices: {by_clock:.0f} files a second by the clock, {by_processor:.0f} by its processor
not covered: holes in C libraries that other bytes would reach; what machine code could read once such a hole lets it
run; the decoding of video; macOS and Windows, where fewer measures are in force""")
    sys.exit(any(row[name] for row in tally.rows.values() for name in ZERO))


if __name__ == "__main__":
    main()
