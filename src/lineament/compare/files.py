"""Files of a comparison: coloured PLY, picture, tables.

Symbols: N points of A.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from lineament.compare.comparison import Comparison
from lineament.compare.picture import deviation_colors, deviation_picture
from lineament.compare.table import LandmarkChange, RegionChange
from lineament.io.atomic import atomic_write
from lineament.io.folder import make_folder
from lineament.io.landmarks.text import write_text
from lineament.io.scans.ply import write_ply
from lineament.picture.sheets import save_picture
from lineament.types import Scan

SCHEMA = "lineament-comparison/1"
PROPERTY = "deviation_mm"
UNITS = {
    "area": "mm2", "mean": "mm", "mean_absolute": "mm", "rms": "mm", "p95": "mm", "largest": "mm", "volume": "cm3",
    "left": "mm", "up": "mm", "forward": "mm", "distance": "mm", "standard_error": "mm", "by_error": "mm",
}  # fmt: skip
"""Unit that the title of a column ends in."""


def write_comparison(found: Comparison, a: Scan, names: tuple[str, str], folder: Path) -> list[Path]:
    """Write everything, each file whole or not at all.

    Parameters
    ----------
    found : Comparison
    a : Scan
    names : (str, str)
        Of A and B.
    folder : Path
        Made where it is missing.

    Returns
    -------
    list of Path
        `deviation.ply`, `deviation.png`, `regions.csv`, `landmarks.csv` and `comparison.json`.
    """
    make_folder(folder)
    paths = [folder / name for name in ("deviation.ply", "deviation.png", "regions.csv", "landmarks.csv")]
    with atomic_write(paths[0]) as file:
        file.write(deviation_ply(found, a))
    save_picture(deviation_picture(found, a, f"{names[0]} to {names[1]}"), paths[1])
    _write_csv(paths[2], RegionChange, found.regions)
    _write_csv(paths[3], LandmarkChange, found.landmarks)
    paths.append(folder / "comparison.json")
    write_text(paths[4], json.dumps(_document(found, names), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return paths


def deviation_ply(found: Comparison, a: Scan) -> bytes:
    """Return a PLY file of A in its own frame and unit, coloured, with the deviation as the property `deviation_mm`."""
    data = write_ply(replace(a, colors=deviation_colors(found), uv=None), ascii=False)
    end = data.index(b"end_header\n") + len(b"end_header\n")
    header = data[:end].decode("ascii")
    size = (len(data) - end - (0 if a.triangles is None else 13 * len(a.triangles))) // len(a)
    vertices = np.frombuffer(data, np.uint8, size * len(a), end).reshape(len(a), size)
    values = found.deviation.astype("<f4").reshape(-1, 1).view(np.uint8)
    colour = "property uchar blue\n"
    header = header.replace(colour, f"{colour}property float {PROPERTY}\n")
    return header.encode("ascii") + np.hstack([vertices, values]).tobytes() + data[end + size * len(a) :]


def _document(found: Comparison, names: tuple[str, str]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "a": names[0],
        "b": names[1],
        "stable": found.stable,
        "limit_mm": found.limit,
        "residual_mm": _number(found.residual),
        "used": _number(found.used),
        "matrix_b_to_a": found.motion.matrix.tolist(),
        "warnings": list(found.warnings),
        "regions": [_entry(row) for row in found.regions],
        "landmarks": [_entry(row) for row in found.landmarks],
    }


def _entry(row: RegionChange | LandmarkChange) -> dict[str, Any]:
    return {_title(name): _number(value) for name, value in asdict(row).items()}


def _title(name: str) -> str:
    return f"{name}_{UNITS[name]}" if name in UNITS else name


def _number(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value, 4) if np.isfinite(value) else None


def _write_csv(path: Path, kind: type[RegionChange | LandmarkChange], rows: Iterable[Any]) -> None:
    lines: list[Sequence[str]] = [[_title(field.name) for field in fields(kind)]]
    lines += [[_cell(value) for value in astuple(row)] for row in rows]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    write_text(path, text.getvalue())


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.4f}" if np.isfinite(value) else ""
    return str(value)
