"""What is in files that are no geometry: images, depth images, landmarks, arrays, JSON, videos.

Each function parses a whole file and returns fields of an `Inspection`; or raises `InputError`.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.errors import FormatError, InputError
from lineament.io.depth import PNG_END, parse_depth
from lineament.io.landmarks import read_landmarks
from lineament.io.load import load_bytes
from lineament.io.npy import parse_npy, parse_npz
from lineament.io.scans.text import quote, warn_unfinished

IMAGES = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
"""Decoders of Pillow that are used; the others are never asked."""
IMAGE_SUFFIXES = ("png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp")
MOST_PIXELS = 1 << 28
"""Of an image; textures of 16384 x 16384 are common."""


def look_at_depth(data: bytes, suffix: str) -> dict[str, Any]:
    values = parse_depth(data, suffix)
    valid: npt.NDArray[np.bool_] = np.isfinite(values) & (values > 0)
    if not valid.any():
        raise InputError("no pixel of the depth image is valid (above zero and finite)")
    height, width = values.shape
    return {
        "kind": "depth", "format": suffix, "width": width, "height": height, "mode": values.dtype.name,
        "points": int(np.count_nonzero(valid)), "missing": 1 - float(valid.mean()),
    }  # fmt: skip


def look_at_image(data: bytes) -> dict[str, Any]:
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
    notes += _check_end(data, form)
    if frames > 1:
        notes.append(f"the image holds {frames} pictures; the first was looked at")
    return {
        "kind": "image", "format": form.lower(), "width": width, "height": height, "mode": mode, "notes": tuple(notes)
    }  # fmt: skip


def _check_end(data: bytes, form: str) -> list[str]:
    """Refuse what some decoders let pass, an image without its end; tell of what follows the end."""
    ends = {"PNG": PNG_END, "JPEG": b"\xff\xd9", "MPO": b"\xff\xd9"}
    sizes = {"BMP": (2, 0), "WEBP": (4, 8)}
    if form in ends:
        end = data.rfind(ends[form])
        if end < 0:
            raise FormatError(f"the {form} image has no end; the file is cut off")
        end += len(ends[form])
    elif form in sizes:
        start, more = sizes[form]
        end = int.from_bytes(data[start : start + 4], "little") + more
        if end > len(data):
            raise FormatError(f"the {form} image declares {end} bytes, but has {len(data)}; it is cut off")
    else:
        return []
    return [f"{len(data) - end} bytes follow the end of the image"] if end < len(data) else []


def look_at_landmarks(path: Path, suffix: str) -> dict[str, Any]:
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


def look_at_arrays(data: bytes, suffix: str) -> dict[str, Any]:
    found = {"": parse_npy(data)} if suffix == "npy" else parse_npz(data)
    if not any(values.size for values in found.values()):
        raise FormatError("the arrays are empty")
    return {"kind": "arrays", "format": suffix, "points": sum(values.size for values in found.values())}


def look_at_json(data: bytes) -> dict[str, Any]:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        raise FormatError("the file is not JSON, cut off, or nested too deep") from None
    return {"kind": "json", "format": "json"}


def look_at_video(path: Path) -> dict[str, Any]:
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
