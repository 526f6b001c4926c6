"""Parses files from outside in processes that can do nothing else, and outlives whatever happens to them.

A process is started once and takes many files, since its start takes half a second; it is ended, and a new one begun,
after a crash, a time-out, want of memory, or `Limits.files` files. What it is kept from is told in
`lineament.database.intake.confine`. It gets none of the environment's variables, where passwords may stand.

A file that a hole in a decoder lets take over its process could lie about those that come after it: in the numbers
of their quality, not in what is kept, which the parent hashes and stores itself. `Limits(files=1)` gives each file a
process of its own, for half a second more.
"""

from __future__ import annotations

import io
import json
import os
import queue
import select
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.database.intake.handover import ARRAYS, Promise, WholeScan, to_promise, to_scan
from lineament.database.intake.inspection import Inspection, printable, to_inspection
from lineament.errors import FormatError, LineamentError

KINDS = ("malformed", "too large", "memory", "time", "crash", "fault")
LONGEST_REPLY = 1 << 20
START_SECONDS = 120.0
END_SECONDS = 5.0
BEGIN = (
    "import sys; sys.path[:] = sys.argv[2:]; from lineament.database.intake.child import serve; serve(int(sys.argv[1]))"
)
SET = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    # glibc keeps the memory of one small file for the next, which saves a tenth of the time
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
}
"""Variables of the environment that a process gets."""
KEPT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL")
"""Variables that it inherits, since it may need them to start."""


@dataclass(frozen=True)
class Limits:
    """What one file may take.

    Attributes
    ----------
    size : int, bytes
        Of the file.
    memory : int, bytes
        Beyond what the process has when it is ready.
    seconds : float
        Of time by the clock, and of the processor's.
    files : int
        After which a process is replaced.
    """

    size: int = 1 << 30
    memory: int = 2 << 30
    seconds: float = 60.0
    files: int = 2000


@dataclass(frozen=True)
class Refusal:
    """Why a file was not taken.

    Attributes
    ----------
    reason : str
        A sentence for whoever sent it; without the file's name, since names of files hold names of people.
    kind : str
        `malformed`, `too large`, `memory`, `time`, `crash` of the process, or `fault` of a reader that raised what it
        should not.
    """

    reason: str
    kind: str


_NO_ANSWER = Refusal("the process that read it sent something that is no answer", "crash")


class Sandbox:
    """One process, started with the first file; a context manager. Not to be used by two threads at once.

    Attributes
    ----------
    measures : tuple of str
        What keeps the process in, as far as this system has it; empty before the first file.
    denied : tuple of str
        What reading the last file tried and was refused, as Python's audit events.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.measures: tuple[str, ...] = ()
        self.denied: tuple[str, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None
        self._taken = 0

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def inspect(self, path: Path, role: str = "geometry") -> Inspection | Refusal:
        """Parse a file.

        Parameters
        ----------
        path : Path
        role : str
            One of `lineament.database.records.ROLES`.

        Raises
        ------
        LineamentError
            The process cannot be started at all.
        """
        self.denied = ()
        path = Path(os.path.abspath(path))
        refusal = _look(path, self.limits.size)
        if refusal is not None:
            return refusal
        if self._process is None:
            self._start()
        self._taken += 1
        reply, end = self._ask({"path": str(path), "role": role, "seconds": self.limits.seconds}, self.limits.seconds)
        found = end or _to_result(reply)
        if isinstance(reply, dict) and isinstance(reply.get("denied"), list):
            self.denied = tuple(printable(str(event)[:100]) for event in reply["denied"])
        fresh = self._taken == 1
        spoilt = isinstance(found, Refusal) and found.kind in ("memory", "crash")
        if spoilt or self._taken >= self.limits.files:
            self.close()
        if isinstance(found, Refusal) and found.kind == "memory" and not fresh:
            return self.inspect(path, role)  # what files before it left may have been in its way
        return found

    def start(self) -> None:
        """Start the process now, so that the first file need not wait for it.

        Raises
        ------
        LineamentError
            It cannot be started at all.
        """
        if self._process is None:
            self._start()

    def read_scan(
        self,
        path: Path,
        beside: Sequence[Path] = (),
        unit: str | None = None,
        intrinsics: tuple[float, float, float, float] | None = None,
    ) -> WholeScan | Refusal:
        """Parse a scan and take its arrays over, within the limit of memory.

        Parameters
        ----------
        path : Path
        beside : sequence of Path
            Files that may be read too: materials, textures, the camera of a depth image.
        unit, intrinsics
            As for `lineament.read_scan`.

        Raises
        ------
        LineamentError
            The process cannot be started at all.
        """
        path = Path(os.path.abspath(path))
        refusal = _look(path, self.limits.size)
        if refusal is not None:
            return refusal
        self.start()
        self._taken += 1
        request = {
            "path": str(path),
            # readers look for textures by their real paths
            "beside": sorted({name(other) for other in beside for name in (os.path.abspath, os.path.realpath)}),
            "unit": unit,
            "intrinsics": intrinsics,
            "seconds": self.limits.seconds,
        }
        reply, end = self._ask(request, self.limits.seconds)
        found = end or self._take_over(reply)
        if isinstance(found, Refusal) or self._taken >= self.limits.files:
            self.close()
        return found

    def _take_over(self, reply: Any) -> WholeScan | Refusal:
        if not isinstance(reply, dict) or "whole" not in reply:
            found = _to_result(reply)
            return found if isinstance(found, Refusal) else _NO_ANSWER
        try:
            promise = to_promise(reply["whole"])
            if promise.size > self.limits.memory:
                return Refusal("the scan takes more memory than is allowed", "memory")
            return to_scan(promise, self._arrays(promise))
        except LineamentError as error:
            return Refusal(printable(str(error)[:1000]), "malformed")
        except (OSError, EOFError):
            return _NO_ANSWER

    def _arrays(self, promise: Promise) -> list[npt.NDArray[Any]]:
        """Call for the bytes that were promised."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        process.stdin.write(b'{"hand_over": true}\n')
        process.stdin.flush()
        arrays = [np.empty(shape, ARRAYS[name][0]) for name, shape in promise.arrays]
        end = time.monotonic() + self.limits.seconds
        for array in arrays:
            _fill(process, array.reshape(-1).view(np.uint8).data, end)
        return arrays

    def stop(self) -> None:
        """End the process from another thread, at once; a file that it has is then refused."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()

    def _start(self) -> None:
        self._taken = 0
        places = [os.path.abspath(place) for place in sys.path]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", BEGIN, str(self.limits.memory), *places],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.path.abspath(os.sep),
            env=SET | {name: os.environ[name] for name in KEPT if name in os.environ},
        )
        ready, end = self._ask(None, START_SECONDS)
        if end is not None or not isinstance(ready, dict) or not isinstance(ready.get("ready"), list):
            self.close()
            reason = end.reason if end else str(ready.get("failed") if isinstance(ready, dict) else ready)[:500]
            raise LineamentError(f"the sandbox does not start: {reason}")
        self.measures = tuple(str(measure) for measure in ready["ready"])

    def _ask(self, request: dict[str, Any] | None, seconds: float) -> tuple[Any, Refusal | None]:
        """Send a request and wait for the reply; or tell how the process ended."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        try:
            if request is not None:
                process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
                process.stdin.flush()
            line, late = _read_line(process, seconds)
        except OSError:
            line, late = b"", False
        if line.endswith(b"\n"):
            with suppress(ValueError, RecursionError):
                return json.loads(line), None
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.0 if line or late else END_SECONDS)  # its own end tells more than being killed
        process.kill()
        code = process.wait()
        self.close()
        return None, _end(code, late, seconds, line)


def _read_line(process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, bool]:
    """Return what the process answers, up to a line's end, and whether it took too long; then it is killed."""
    assert process.stdout is not None
    if sys.platform == "win32":  # which cannot wait for a pipe
        late = threading.Event()
        clock = threading.Timer(seconds, lambda: (late.set(), process.kill()))
        clock.start()
        try:
            return process.stdout.readline(LONGEST_REPLY), late.is_set()
        finally:
            clock.cancel()
    answer = select.poll()
    answer.register(process.stdout, select.POLLIN)
    parts: list[bytes] = []
    end = time.monotonic() + seconds
    while not (parts and parts[-1].endswith(b"\n")) and sum(map(len, parts)) < LONGEST_REPLY:
        left = end - time.monotonic()
        if left <= 0 or not answer.poll(left * 1000):
            process.kill()
            return b"".join(parts), True
        part = os.read(process.stdout.fileno(), 1 << 16)
        if not part:
            break
        parts.append(part)
    return b"".join(parts), False


def _fill(process: subprocess.Popen[bytes], place: memoryview, end: float) -> None:
    """Fill `place` with what the process sends; `EOFError` where it ends or takes too long, then it is killed."""
    assert isinstance(process.stdout, io.BufferedReader)
    clock = threading.Timer(max(0.0, end - time.monotonic()), process.kill)
    clock.start()
    try:
        if process.stdout.readinto(place) != len(place):
            raise EOFError
    finally:
        clock.cancel()


def inspect_files(
    items: Sequence[tuple[Path, str]], workers: int = 1, limits: Limits | None = None
) -> Iterator[tuple[int, Inspection | Refusal]]:
    """Parse many files beside each other.

    Parameters
    ----------
    items : sequence of (path, role)
    workers : int
        Processes, 1 or more.
    limits : Limits, optional

    Yields
    ------
    index : int
        Of the item; in the order in which they are done.
    result : Inspection or Refusal
    """
    idle: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
    sandboxes = [Sandbox(limits) for _ in range(max(1, min(workers, len(items))))]
    for sandbox in sandboxes:
        idle.put(sandbox)

    def inspect(index: int) -> tuple[int, Inspection | Refusal]:
        sandbox = idle.get()
        try:
            return index, sandbox.inspect(*items[index])
        finally:
            idle.put(sandbox)

    todo = iter(range(len(items)))
    running: set[Future[tuple[int, Inspection | Refusal]]] = set()
    with ThreadPoolExecutor(len(sandboxes)) as pool:
        try:
            while True:
                # a few more than there are workers, so that none waits for whoever takes the results
                for index in todo:
                    running.add(pool.submit(inspect, index))
                    if len(running) >= 4 * len(sandboxes):
                        break
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            waiting = {future for future in running if not future.cancel()}
            for sandbox in sandboxes:
                sandbox.stop()
            wait(waiting)
            for sandbox in sandboxes:
                sandbox.close()


def _look(path: Path, most: int) -> Refusal | None:
    """Refuse what is not worth a process: no ordinary file, an empty one, one that is too large."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        return Refusal(
            f"the file cannot be read: {getattr(error, 'strerror', None) or 'its name is damaged'}", "malformed"
        )
    if not stat.S_ISREG(found.st_mode):
        return Refusal("it is not an ordinary file", "malformed")
    if not found.st_size:
        return Refusal("the file is empty", "malformed")
    if found.st_size > most:
        return Refusal(f"the file has {found.st_size} bytes; files up to {most} bytes are taken", "too large")
    return None


def _to_result(reply: Any) -> Inspection | Refusal:
    try:
        if isinstance(reply, dict) and "found" in reply:
            return to_inspection(reply["found"])
        reason, kind = printable(str(reply["refused"])[:1000]), str(reply["kind"])
        if kind in KINDS:
            return Refusal(reason, kind)
    except (FormatError, KeyError, TypeError):
        pass
    return _NO_ANSWER


def _end(code: int, late: bool, seconds: float, line: bytes) -> Refusal:
    if late or code == -getattr(signal, "SIGXCPU", 24):
        return Refusal(f"reading it took more than {seconds:g} seconds", "time")
    if line:
        return _NO_ANSWER
    if code == -getattr(signal, "SIGKILL", 9):
        return Refusal("the process that read it was killed, perhaps for want of memory", "memory")
    how = f"signal {-code}" if code < 0 else f"status {code}"
    return Refusal(f"the process that read it ended with {how}", "crash")
