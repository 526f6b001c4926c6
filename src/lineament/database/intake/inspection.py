"""What the parse of one file found, as plain numbers, and the parse itself, which runs in a sandbox.

Symbols: N points, T triangles. Lengths are in the file's own unit: which one that is, `quality` decides.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from lineament.database.intake.formats import (
    IMAGE_SUFFIXES,
    look_at_arrays,
    look_at_depth,
    look_at_image,
    look_at_json,
    look_at_landmarks,
    look_at_video,
)
from lineament.errors import FormatError, InputError
from lineament.geometry.quality import estimate_noise, measure_topology, median_spacing, weld
from lineament.io.depth import SUFFIXES as DEPTH_SUFFIXES
from lineament.io.landmarks import READERS as LANDMARK_READERS
from lineament.io.load import load_bytes
from lineament.io.scans import READERS as SCAN_READERS
from lineament.io.scans import read_scan
from lineament.types import Floats, Scan

PLACES = 100
"""Where noise and spacing are measured; ten times as many change them by a few percent."""
SIXTEEN_BITS = b"\x10\x00"
"""Where a PNG file says what its pixels are: one channel of 16 bits."""
CODE_SUFFIXES = ("pkl", "pickle", "pt", "pth", "joblib", "exe", "dll", "so", "py", "sh", "bat", "js")
"""Files that may hold programs are refused unread."""
MOST_NOTES, LONGEST_NOTE = 20, 300


@dataclass(frozen=True)
class Inspection:
    """What a file holds. Every field is a JSON value; what does not apply is None.

    Attributes
    ----------
    kind : str
        `mesh`, `cloud`, `image`, `depth`, `video`, `landmarks`, `arrays`, `json`, or `opaque` for
        formats that are not parsed, as some published layouts have them.
    format : str
        Suffix, or the format that an image or a video declares.
    size : int, bytes
    sha256 : str
        Hex, of the bytes that were parsed; whoever keeps the file compares it with the hash of what was kept.
    points, triangles : int
        As the file declares and holds.
    missing : float
        Share of the points, the pixels or the landmarks that are NaN, or 0 in a depth image.
    carries : tuple of str
        Of `normals`, `colors`, `uv`.
    stated : str
        The unit that the file states; empty if none.
    low, high : tuple of 3 floats
        Bounds.
    extent : float
        Longest side of the bounds.
    core : float
        The same without the outermost 2% of the points at each end, which may be strays.
    spacing, noise : float or None
        As `lineament.geometry.quality` measures them, at fewer places.
    duplicates : float
        Share of the points that lie exactly where another lies; not of STL, which repeats every point.
    unused : float
        Share of the points that no triangle has.
    boundary : float
        Share of the edges that have one triangle alone.
    holes : int
        Loops of such edges; the rim of an open scan is one.
    branching : int
        Edges of three triangles or more.
    degenerate : float
        Share of the triangles without an area.
    pieces : int
    largest_piece : float
        Share of the triangles.
    geometry_key : str
        See `geometry_key`; empty where there is no geometry.
    width, height : int or None, pixels
    mode : str
        Of an image, as Pillow calls it.
    set_name : str
        Of landmarks.
    notes : tuple of str
        What the reader passed over or repaired.
    """

    kind: str
    format: str
    size: int
    sha256: str
    points: int = 0
    triangles: int = 0
    missing: float = 0.0
    carries: tuple[str, ...] = ()
    stated: str = ""
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None
    extent: float | None = None
    core: float | None = None
    spacing: float | None = None
    noise: float | None = None
    duplicates: float | None = None
    unused: float | None = None
    boundary: float | None = None
    holes: int | None = None
    branching: int | None = None
    degenerate: float | None = None
    pieces: int | None = None
    largest_piece: float | None = None
    geometry_key: str = ""
    width: int | None = None
    height: int | None = None
    mode: str = ""
    set_name: str = ""
    notes: tuple[str, ...] = ()


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NOTE and value.isprintable()


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62


def _is_number(value: Any) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


_FITS: dict[str, Callable[[Any], bool]] = {
    "str": _is_text,
    "int": _is_whole,
    "float": _is_number,
    "str | None": lambda value: value is None or _is_text(value),
    "int | None": lambda value: value is None or _is_whole(value),
    "float | None": lambda value: value is None or _is_number(value),
    "tuple[str, ...]": lambda value: len(value) <= MOST_NOTES and all(map(_is_text, value)),
    "tuple[float, ...] | None": lambda value: value is None or (len(value) == 3 and all(map(_is_number, value))),
}


def to_inspection(values: Any) -> Inspection:
    """Return an inspection from JSON that a process has sent which may be in the hands of a stranger.

    Raises
    ------
    FormatError
        A field is missing, unknown, too long, or not what it should be.
    """
    if not isinstance(values, dict) or set(values) != {field.name for field in fields(Inspection)}:
        raise FormatError("the sandbox sent something that is no inspection")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    for field in fields(Inspection):
        wants_many = str(field.type).startswith("tuple")
        value = values[field.name]
        if isinstance(value, tuple) != (wants_many and value is not None) or not _FITS[str(field.type)](value):
            raise FormatError(f"the sandbox sent a {field.name!r} that cannot be")
    return Inspection(**values)


def inspect_file(path: Path, role: str) -> Inspection:
    """Parse a file and measure what it holds. To be called in a sandbox.

    Parameters
    ----------
    path : Path
        Its suffix chooses the parser. No other file is read, but the names beside a `.tps` file.
    role : str
        One of `lineament.database.records.ROLES`.

    Raises
    ------
    InputError
        The file is damaged, cut off, of another format than its suffix says, or may hold a program.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    found = _measure(path, role, path.suffix.lower().removeprefix("."))
    found = {name: _plain(value) for name, value in found.items()}
    found["notes"] = tuple(_plain(note) for note in found.get("notes", ())[:MOST_NOTES])
    return Inspection(size=path.stat().st_size, sha256=digest, **found)


def _measure(path: Path, role: str, suffix: str) -> dict[str, Any]:
    if suffix in CODE_SUFFIXES:
        raise InputError(f"files that end in .{suffix} may hold programs and are not taken")
    if role == "video":
        return look_at_video(path)
    if role == "landmarks" and path.name.lower().endswith(tuple(LANDMARK_READERS)):
        return look_at_landmarks(path, suffix)
    if role == "geometry" and suffix in SCAN_READERS:
        return _scan(read_scan(path))
    if role == "depth" and suffix in DEPTH_SUFFIXES:
        data = load_bytes(path)
        eight_bits = suffix == "png" and data[24:26] != SIXTEEN_BITS
        return look_at_image(data) if eight_bits else look_at_depth(data, suffix)
    if suffix in IMAGE_SUFFIXES:
        return look_at_image(load_bytes(path))
    if suffix in ("npz", "npy"):
        return look_at_arrays(load_bytes(path), suffix)
    if suffix == "json":
        return look_at_json(load_bytes(path))
    return {"kind": "opaque", "format": suffix}


def _plain(value: Any) -> Any:
    """Return a JSON value: no number where there is none, and text of one line."""
    if isinstance(value, str):
        return printable(value[:LONGEST_NOTE])
    return None if isinstance(value, float) and not math.isfinite(value) else value


def printable(text: str) -> str:
    """Return text with question marks for what would move the cursor, or is no character."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _scan(scan: Scan) -> dict[str, Any]:
    finite = np.isfinite(scan.points).all(axis=1)
    points, welded = scan.points[finite], weld(scan.points)
    distinct = scan.points[finite & (welded == np.arange(len(scan)))]
    low, high = points.min(axis=0), points.max(axis=0)
    some = np.sort(points[:: max(1, len(points) // 20_000)], axis=0).astype(np.float64)
    core = some[round(0.98 * (len(some) - 1))] - some[round(0.02 * (len(some) - 1))]
    mesh = scan.triangles is not None and len(scan.triangles) > 0
    soup = scan.source.format == "stl"
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        values: dict[str, Any] = {
            "kind": "mesh" if mesh else "cloud",
            "format": scan.source.format,
            "points": len(scan),
            "triangles": 0 if scan.triangles is None else len(scan.triangles),
            "missing": 1 - len(points) / len(scan),
            "carries": tuple(name for name in ("normals", "colors", "uv") if getattr(scan, name) is not None),
            "stated": scan.unit or "",
            "low": low.tolist(),
            "high": high.tolist(),
            "extent": float((high.astype(np.float64) - low).max()),
            "core": float(core.max()),
            "spacing": median_spacing(distinct, PLACES),
            "noise": estimate_noise(distinct, PLACES),
            "duplicates": None if soup else 1 - len(distinct) / len(points),
            "geometry_key": geometry_key(distinct),
            "notes": scan.source.warnings,
        }
        if mesh and scan.triangles is not None:
            found_mesh = measure_topology(scan.points, scan.triangles, welded)
            edges = (3 * values["triangles"] + found_mesh.boundary_edges) / 2
            values |= {
                "unused": found_mesh.unused / len(scan),
                "boundary": found_mesh.boundary_edges / max(edges, 1),
                "holes": found_mesh.holes,
                "branching": found_mesh.branching_edges,
                "degenerate": found_mesh.degenerate / values["triangles"],
                "pieces": found_mesh.pieces,
                "largest_piece": found_mesh.largest_piece,
            }
    return values


def geometry_key(points: Floats) -> str:
    """Return a text that two files with the same geometry share but for rounding, whatever their format, order, frame,
    unit and uv.

    It is made of the number of distinct points, and of three means over all of them, taken from their centre and
    divided so that the unit does not count: of the distance, and the two largest eigenvalues of the covariance.
    Mirrored copies match too. A copy with points left out or moved by more than rounding does not: it is another
    geometry. The catalogue keeps keyed hashes of it (`cells`): whoever has the file could find the scan by the text.

    Parameters
    ----------
    points : (N, 3) float32, finite, distinct
    """
    if len(points) < 4:
        return ""
    centred = points.astype(np.float64)
    centred -= centred.mean(axis=0)
    covariance = centred.T @ centred / len(points)
    square = float(np.trace(covariance))
    if not (math.isfinite(square) and square > 0):
        return ""
    distance = np.sqrt(np.square(centred).sum(axis=1)).mean() / math.sqrt(square)
    _, middle, largest = np.linalg.eigvalsh(covariance) / square
    return " ".join([str(len(points)), *(f"{number:.9f}" for number in (distance, middle, largest))])


CELL = 1e-6
"""Numbers of the same geometry are less than half of it apart: rounding to six digits in another unit and frame moved
them by 5e-8 at most (300 points and more). New noise of 0.05 mm on the same points moved them by 5e-6 mostly, but in 3%
of pairs by less than a cell."""


def cells(key: str) -> tuple[str, ...]:
    """Return the cells that a geometry key lies in or close to, its own first; none of an empty key.

    Of the same geometry, the cell of either key is among the cells of the other.
    """
    if not key:
        return ()
    count, *numbers = key.split(" ")
    places = [float(number) / CELL for number in numbers]
    near = product(*((math.floor(place - 0.5), math.floor(place + 0.5)) for place in places))
    own = tuple(math.floor(place) for place in places)
    return tuple(" ".join(map(str, (count, *each))) for each in sorted(near, key=lambda each: each != own))
