"""What the parse of one file found, as plain numbers, and the parse itself, which runs in a sandbox.

Symbols: N points, T triangles. Lengths are in the file's own unit: which one that is, `quality` decides.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.errors import FormatError, InputError
from lineament.geometry.quality import estimate_noise, measure_topology, median_spacing, weld
from lineament.io.depth import SUFFIXES as DEPTH_SUFFIXES
from lineament.io.depth import parse_depth
from lineament.io.landmarks import READERS as LANDMARK_READERS
from lineament.io.landmarks import read_landmarks
from lineament.io.load import load_bytes
from lineament.io.npy import parse_npy, parse_npz
from lineament.io.scans import READERS as SCAN_READERS
from lineament.io.scans import read_scan
from lineament.io.scans.text import quote, warn_unfinished
from lineament.types import Floats, Scan

IMAGES = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
"""Decoders of Pillow that are used; the others are never asked."""
IMAGE_SUFFIXES = ("png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp")
MOST_PIXELS = 1 << 28
"""Of an image; textures of 16384 x 16384 are common."""
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
    return isinstance(value, str) and len(value) <= LONGEST_NOTE


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)


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
    found["notes"] = tuple(note[:LONGEST_NOTE] for note in found.get("notes", ())[:MOST_NOTES])
    return Inspection(size=path.stat().st_size, sha256=digest, **found)


def _measure(path: Path, role: str, suffix: str) -> dict[str, Any]:
    if suffix in CODE_SUFFIXES:
        raise InputError(f"files that end in .{suffix} may hold programs and are not taken")
    if role == "video":
        return _video(path)
    if role == "landmarks" and path.name.lower().endswith(tuple(LANDMARK_READERS)):
        return _landmarks(path, suffix)
    if role == "geometry" and suffix in SCAN_READERS:
        return _scan(read_scan(path))
    if role == "depth" and suffix in DEPTH_SUFFIXES:
        data = load_bytes(path)
        eight_bits = suffix == "png" and data[24:26] != SIXTEEN_BITS
        return _image(data) if eight_bits else _depth(data, suffix)
    if suffix in IMAGE_SUFFIXES:
        return _image(load_bytes(path))
    if suffix in ("npz", "npy"):
        return _arrays(load_bytes(path), suffix)
    if suffix == "json":
        return _json(load_bytes(path))
    return {"kind": "opaque", "format": suffix}


def _plain(value: Any) -> Any:
    """Return a JSON value; no number where there is none."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


# ---- geometry --------------------------------------------------------------------------------------------------------
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
    """Return a text that two files with the same geometry share, whatever their format, order, frame, unit and uv.

    It is made of the number of distinct points, and of the distances r of the points from their centre, divided by
    their root mean square so that the unit does not count: the mean of r, then nine deciles. Text order is numeric
    order, so that an index finds what `key_range` spans, and `same_geometry` decides. Mirrored copies match too.
    A copy with points left out or moved by more than rounding does not: it is another geometry.

    Parameters
    ----------
    points : (N, 3) float32, finite, distinct
    """
    if len(points) < 4:
        return ""
    centred = points.astype(np.float64)
    centred -= centred.mean(axis=0)
    r = np.sqrt(np.square(centred).sum(axis=1))
    scale = math.sqrt(float(np.square(r).mean()))
    if not (math.isfinite(scale) and scale > 0):
        return ""
    r /= scale
    numbers = [r.mean(), *np.sort(r)[np.arange(1, 10) * len(r) // 10]]
    return " ".join([f"{len(points):010d}", *(f"{number:.7f}" for number in numbers)])


MEAN_STEP, DECILE_STEP = 2e-6, 1e-4
"""How far the numbers of two keys may be apart: seven digits in a file, averaged over all points, and of one point."""


def key_range(key: str) -> tuple[str, str]:
    """Return the bounds, as texts, of the keys that may be of the same geometry; for a look-up in an index."""
    count, mean, *_ = key.split(" ")
    return f"{count} {float(mean) - MEAN_STEP:.7f}", f"{count} {float(mean) + MEAN_STEP:.7f}~"


def same_geometry(key: str, other: str) -> bool:
    """Tell whether two keys are of the same geometry, but for rounding."""
    (count, *numbers), (other_count, *others) = key.split(" "), other.split(" ")
    if not key or count != other_count or len(numbers) != len(others):
        return False
    steps = np.abs(np.array(numbers, np.float64) - np.array(others, np.float64))
    return bool(steps[0] <= MEAN_STEP and (steps[1:] <= DECILE_STEP).all())


# ---- everything else -------------------------------------------------------------------------------------------------
def _depth(data: bytes, suffix: str) -> dict[str, Any]:
    values = parse_depth(data, suffix)
    valid: npt.NDArray[np.bool_] = np.isfinite(values) & (values > 0)
    if not valid.any():
        raise InputError("no pixel of the depth image is valid (above zero and finite)")
    height, width = values.shape
    return {
        "kind": "depth", "format": suffix, "width": width, "height": height, "mode": values.dtype.name,
        "points": int(np.count_nonzero(valid)), "missing": 1 - float(valid.mean()),
    }  # fmt: skip


def _image(data: bytes) -> dict[str, Any]:
    """Decode an image whole, so that a damaged one is refused here and not by whoever reads it years later."""
    from PIL import Image, UnidentifiedImageError

    notes = []
    try:
        with Image.open(io.BytesIO(data), formats=IMAGES) as image:
            if image.width * image.height > MOST_PIXELS:
                raise FormatError(f"the image has {image.width} x {image.height} pixels; up to {MOST_PIXELS} are read")
            form, width, height, mode = image.format or "", image.width, image.height, image.mode
            image.load()
            frames = getattr(image, "n_frames", 1)
            if image.getexif():
                notes.append("the image carries EXIF data, which may tell where and by whom it was taken")
    except UnidentifiedImageError:
        raise FormatError(f"the image begins with {quote(data)}, which is none of {', '.join(IMAGES)}") from None
    except FormatError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        # Pillow's decoders raise a dozen kinds of errors on damaged files
        raise FormatError(f"the image is damaged or cut off ({type(error).__name__})") from None
    _check_end(data, form)
    if frames > 1:
        notes.append(f"the image holds {frames} pictures; the first was looked at")
    return {
        "kind": "image", "format": form.lower(), "width": width, "height": height, "mode": mode, "notes": tuple(notes)
    }  # fmt: skip


def _check_end(data: bytes, form: str) -> None:
    """Refuse what some decoders let pass: an image without its end."""
    ends = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9"}
    if form in ends and ends[form] not in data[-4096:]:
        raise FormatError(f"the {form} image has no end; the file is cut off")
    sizes = {"BMP": (2, 0), "WEBP": (4, 8)}
    if form in sizes:
        start, more = sizes[form]
        declared = int.from_bytes(data[start : start + 4], "little") + more
        if declared > len(data):
            raise FormatError(f"the {form} image declares {declared} bytes, but has {len(data)}; it is cut off")


def _landmarks(path: Path, suffix: str) -> dict[str, Any]:
    found = read_landmarks(path)
    notes: list[str] = []
    if suffix not in ("json", "ljson", "pp"):
        warn_unfinished(load_bytes(path), notes)
    gone = np.isnan(found.xyz).any(axis=1)
    values: dict[str, Any] = {
        "kind": "landmarks", "format": suffix, "points": len(found), "missing": float(gone.mean()),
        "stated": found.unit or "", "set_name": found.set_name,
        "notes": tuple(notes),
    }  # fmt: skip
    if not gone.all():
        low, high = found.xyz[~gone].min(axis=0), found.xyz[~gone].max(axis=0)
        values["low"], values["high"] = low.tolist(), high.tolist()
        values["extent"] = float((high.astype(np.float64) - low).max())
    return values


def _arrays(data: bytes, suffix: str) -> dict[str, Any]:
    found = {"": parse_npy(data)} if suffix == "npy" else parse_npz(data)
    if not any(values.size for values in found.values()):
        raise FormatError("the arrays are empty")
    return {"kind": "arrays", "format": suffix, "points": sum(values.size for values in found.values())}


def _json(data: bytes) -> dict[str, Any]:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        raise FormatError("the file is not JSON, cut off, or nested too deep") from None
    return {"kind": "json", "format": "json"}


def _video(path: Path) -> dict[str, Any]:
    """Look at the container only: its first bytes, and whether its blocks end where the file ends."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(12)
        if start[4:8] == b"ftyp":
            form, at = "mp4", 0
        elif start[:4] == b"RIFF" and start[8:] == b"AVI ":
            form, at = "avi", 0
        elif start[:4] == b"\x1a\x45\xdf\xa3":
            note = "the end of this video was not checked"
            return {"kind": "video", "format": "mkv", "notes": (note,)}
        else:
            raise FormatError(f"the video begins with {quote(start)}, which is no MP4, MOV, AVI, MKV or WebM")
        names: list[bytes] = []
        while at < size:
            file.seek(at)
            head = file.read(16)
            length, names = _block(head, form), [*names, head[:4] if form == "avi" else head[4:8]]
            if length == 0 and form == "mp4":
                length = size - at  # the last box, up to the end of the file
            if length < 8 or at + length > size or len(names) > 10_000:
                raise FormatError(f"the {form.upper()} video is cut off or damaged: a block of {length} bytes at {at}")
            at += length
    if form == "mp4" and not {b"moov", b"moof"} & set(names):
        raise FormatError("the MP4 video has no index ('moov'); it is cut off or damaged")
    return {"kind": "video", "format": form}


def _block(head: bytes, form: str) -> int:
    """Return the length of an MP4 box or a RIFF list, with its head."""
    if form == "avi":
        length = int.from_bytes(head[4:8], "little") + 8
        return length + length % 2
    length = int.from_bytes(head[:4], "big")
    return int.from_bytes(head[8:16], "big") if length == 1 else length
