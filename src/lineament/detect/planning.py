"""Which scans are meant, and where their results go.

A result is called `<stem>.<set>.<format>`, so that it is never mistaken for a scan: `anna.ibug68.mrk.json`. Where the
folder holds another scan of the same stem, the stem is the scan's whole name: `anna.ply.ibug68.mrk.json`. Landmarks
that are handed in are looked for by the same names.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lineament.errors import InputError
from lineament.io.depth import PNG_MAGIC
from lineament.io.depth import SUFFIXES as DEPTH_SUFFIXES
from lineament.io.scans import READERS

TABLES = ("csv", "txt")
"""Suffixes that hold a scan only when the user says so by naming the file."""
FITTED = re.compile(r"\.face[._]", re.IGNORECASE)
"""In the names of what `lineament fit` writes, which has the suffixes of scans."""


@dataclass(frozen=True)
class Job:
    """One scan, the common beginning of its results' names, and that of its landmark files' if landmarks are given."""

    scan: Path
    base: Path
    given: Path | None = None

    def output(self, set_name: str, suffix: str) -> Path:
        """Return the file of one set in one format, such as `mrk.json` or `png`."""
        return name_file(self.base, set_name, suffix)


def name_file(base: Path, set_name: str, suffix: str) -> Path:
    """Return the file of one set in one format whose name begins like `base`."""
    return base.with_name(f"{base.name}.{set_name}.{suffix}")


def corrected_file(folder: Path, scan: Path, set_name: str) -> Path:
    """Return the file in which a person's corrections of one set of a scan's landmarks are kept."""
    return folder / f"{scan.name}.{set_name}.corrected.json"


@dataclass(frozen=True)
class Plan:
    """What a command line means.

    Attributes
    ----------
    jobs : tuple of Job
        Each scan once, in the order of the command line and by name within folders.
    skipped : mapping of suffix to int
        Files in folders that were not taken for scans.
    """

    jobs: tuple[Job, ...]
    skipped: Counter[str]


def plan_jobs(
    paths: Sequence[Path], output: Path | None = None, cameras: bool = False, landmarks: Path | None = None
) -> Plan:
    """Find the scans among `paths` and name their results.

    Parameters
    ----------
    paths : sequence of Path
        Files, taken as they are, and folders, searched with those below them for files that look like scans.
    output : Path, optional
        Folder of the results, which repeats the folders below a searched one; beside each scan without it.
    cameras : bool
        The camera of depth images is known, so that they need no `.json` file beside them.
    landmarks : Path, optional
        Folder of landmark files that are handed in, with the folders that `output` would have.

    Raises
    ------
    InputError
        A path does not exist, no scan is found, or two scans would share a result or landmarks.
    """
    if landmarks is not None and not landmarks.is_dir():
        raise InputError(f"{landmarks} is no folder; give the one with the landmark files")
    jobs: dict[Path, Job] = {}
    skipped: Counter[str] = Counter()
    stems = cache(_scans_by_stem)  # a folder is listed once, not once a scan
    for path in paths:
        if path.is_dir():
            for scan in _files_below(path):
                if not looks_like_scan(scan, cameras):
                    skipped[scan.suffix.lower() or scan.name] += 1
                    continue
                found = _job(scan, scan.parent.relative_to(path), _base_name(scan, stems), output, landmarks)
                jobs.setdefault(scan.resolve(), found)
        elif path.exists():
            jobs.setdefault(path.resolve(), _job(path, Path(), _base_name(path, stems), output, landmarks))
        else:
            raise InputError(f"{path} does not exist; check the name and the folder")
    if output is not None and output.exists() and not output.is_dir():
        raise InputError(f"{output} is a file; give a folder for the results")
    if not jobs:
        known = " ".join(f".{name}" for name in READERS if name not in TABLES)
        raise InputError(
            f"no scan in {', '.join(map(str, paths))}; folders are searched for {known} and depth images with a camera"
        )
    _check_distinct(list(jobs.values()))
    return Plan(tuple(jobs.values()), skipped)


def looks_like_scan(path: Path, cameras: bool = False) -> bool:
    """Return whether a file found in a folder is taken for a scan: by suffix, and for pictures by their kind."""
    if FITTED.search(path.name):
        return False
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in DEPTH_SUFFIXES:
        return suffix in READERS and suffix not in TABLES
    if not (cameras or path.with_suffix(".json").is_file()):
        return False
    return suffix == "npy" or _is_depth_png(path)


def _is_depth_png(path: Path) -> bool:
    """Return whether a PNG file has one channel of 16 bits, which photos and textures do not have."""
    try:
        with path.open("rb") as file:
            start = file.read(26)
    except OSError:
        return False
    return start.startswith(PNG_MAGIC) and start[24:26] == b"\x10\x00"


def _files_below(folder: Path) -> Iterator[Path]:
    """Walk over the files of a folder and of those below it, in order of names; hidden ones are passed over."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        # macOS leaves a hidden ._NAME beside each file on foreign disks.
        yield from (Path(place, name) for name in sorted(files) if not name.startswith("."))


def _job(scan: Path, below: Path, name: str, output: Path | None, landmarks: Path | None) -> Job:
    """Name the files of a scan that lies `below` a searched folder."""
    folder = scan.parent if output is None else output / below
    return Job(scan, folder / name, None if landmarks is None else landmarks / below / name)


def _base_name(scan: Path, stems: Callable[[Path], Counter[str]]) -> str:
    """Return the stem, or the whole name where another scan of the folder has that stem too."""
    alone = stems(scan.resolve().parent)[scan.stem.lower()] <= int(looks_like_scan(scan))
    return scan.stem if alone else scan.name


def _scans_by_stem(folder: Path) -> Counter[str]:
    try:
        return Counter(Path(name).stem.lower() for name in os.listdir(folder) if looks_like_scan(folder / name))
    except OSError:
        return Counter()


def _check_distinct(jobs: Sequence[Job]) -> None:
    for what, bases in (
        ("be written to", {job.scan: job.base for job in jobs}),
        ("take the landmarks", {job.scan: job.given for job in jobs if job.given is not None}),
    ):
        owners: dict[str, Path] = {}
        for scan, base in bases.items():
            other = owners.setdefault(os.path.normcase(os.path.abspath(base)), scan)
            if other is not scan:
                raise InputError(f"{other} and {scan} would both {what} {base}.*; rename one, or use another folder")
