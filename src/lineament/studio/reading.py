"""Reads scans in confined processes: nothing that a stranger has made is decoded in the studio itself.

Each scan has a process of its own, so that one file can neither see nor change what is read after it. The next
process is started while nobody waits for it, since its start takes most of a second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from lineament.database.intake.handover import WholeScan
from lineament.database.intake.sandbox import Limits, Refusal, Sandbox
from lineament.errors import FormatError, LineamentError
from lineament.io.depth import SUFFIXES as DEPTH_SUFFIXES
from lineament.io.scans import READERS
from lineament.io.scans.texture import IMAGE_SUFFIXES
from lineament.studio.errors import StudioError, TooLargeError

MEMORY = 4 << 30
"""Bytes that reading one scan may take."""
SECONDS = 120.0
MOST_BESIDE = 2000
"""Files beside a scan that its process may open."""
COMPANIONS = frozenset({"mtl", "bin", "json", *IMAGE_SUFFIXES})

Intrinsics = tuple[float, float, float, float]
Stopping = Callable[[Callable[[], None]], AbstractContextManager[None]]


class Readers:
    """Keeps one confined process ready."""

    def __init__(self, size: int) -> None:
        self._limits = Limits(size, MEMORY, SECONDS, files=1)
        self._spare: Sandbox | None = None
        self._closed = False
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Start the next process beside other work."""
        threading.Thread(target=self._prepare, name="studio-reader", daemon=True).start()

    def read(
        self,
        path: Path,
        beside: Sequence[Path] = (),
        unit: str | None = None,
        intrinsics: Intrinsics | None = None,
        stopping: Stopping | None = None,
    ) -> WholeScan:
        """Read one scan with its texture.

        Parameters
        ----------
        path : Path
        beside : sequence of Path
            Files that may be read too.
        unit, intrinsics
            As for `lineament.read_scan`.
        stopping : callable, optional
            Takes what ends the reading from another thread; returns the context to read in.

        Raises
        ------
        FormatError
            The file is damaged, no scan, or takes too much time or memory.
        """
        with self._lock:
            sandbox, self._spare = self._spare or Sandbox(self._limits), None
        with sandbox, nullcontext() if stopping is None else stopping(sandbox.stop):
            found = sandbox.read_scan(path, beside, unit, intrinsics)
        if isinstance(found, Refusal):
            if found.kind in ("too large", "memory"):
                raise TooLargeError(found.reason)
            raise FormatError(found.reason)
        return found

    def close(self) -> None:
        """End the process that waits."""
        with self._lock:
            self._closed = True
            if self._spare is not None:
                self._spare.close()
                self._spare = None

    def _prepare(self) -> None:
        with self._lock:
            if self._spare is not None or self._closed:
                return
        sandbox = Sandbox(self._limits)
        try:
            sandbox.start()
        except LineamentError:  # whoever reads a file is told
            return
        with self._lock:
            if self._spare is None and not self._closed:
                self._spare, sandbox = sandbox, Sandbox(self._limits)
        sandbox.close()


def main_file(paths: Sequence[Path]) -> Path:
    """Return the file among those of one scan that holds its geometry.

    Raises
    ------
    StudioError
        There is none, or there are several.
    """
    shapes = [path for path in paths if _suffix(path) in READERS]
    found = shapes or [path for path in paths if _suffix(path) in DEPTH_SUFFIXES]
    if not found:
        names = ", ".join(f".{name}" for name in (*READERS, *DEPTH_SUFFIXES))
        raise StudioError(f"none of the files is a scan; scans that can be read are {names}")
    if len(found) > 1:
        raise StudioError(f"{' and '.join(path.name for path in found[:3])} are several scans; open each by itself")
    return found[0]


def files_beside(path: Path) -> tuple[Path, ...]:
    """Return the files in a scan's folder, and in the folders in it, that its reader may need."""
    found: list[Path] = []
    for folder in (path.parent, *sorted(each for each in path.parent.iterdir() if each.is_dir())):
        try:
            found += [each for each in folder.iterdir() if _suffix(each) in COMPANIONS]
        except OSError:
            continue
        if len(found) > MOST_BESIDE:
            break
    return tuple(found[:MOST_BESIDE])


def _suffix(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")
