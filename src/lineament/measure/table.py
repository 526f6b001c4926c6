"""Tables of measures: rows, CSV long and wide, JSON.

Long: one row a scan and a measure. Wide: one row a scan, a column for each measure and side, then a column with the
standard error of each; what cannot be taken is empty. JSON holds everything, with null for what is not known.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lineament.io.landmarks.text import write_text
from lineament.measure.asymmetry import LandmarkAsymmetry
from lineament.measure.definitions import KINDS, on_side
from lineament.measure.formulas import INTERVAL_90
from lineament.measure.measurement import Measurement

SCHEMA = "lineament-measures/1"
FORMATS = (".csv", ".json")
LONG = (
    "scan",
    "measure",
    "side",
    "name",
    "kind",
    "unit",
    "value",
    "standard_error",
    "low_90",
    "high_90",
    "visible",
    "note",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One value of one scan, as tables show it.

    Attributes
    ----------
    measure, side, name, kind, unit : str
        Abbreviation, `left` or `right` or nothing, name, kind, and `mm`, `deg` or `%`.
    value, standard_error, low_90, high_90 : float
        NaN where unknown.
    visible : bool
        False when a landmark that it depends on is inferred.
    note : str
        Why there is no value; of an asymmetry, whether the errors of its landmarks explain it.
    landmarks : tuple of str
    """

    measure: str
    side: str
    name: str
    kind: str
    unit: str
    value: float
    standard_error: float
    low_90: float
    high_90: float
    visible: bool
    note: str
    landmarks: tuple[str, ...]

    @property
    def taken(self) -> bool:
        """Whether there is a value."""
        return bool(np.isfinite(self.value))

    @property
    def column(self) -> str:
        """Title of its column in a wide table."""
        return f"{self.measure} {self.side}".rstrip()


def rows_of(measurements: Iterable[Measurement]) -> tuple[Row, ...]:
    """Return the rows of measures."""
    return tuple(
        Row(
            m.definition.abbreviation,
            m.side,
            m.definition.name,
            KINDS[type(m.definition)],
            m.unit,
            m.value,
            m.standard_error,
            *m.interval,
            m.visible,
            m.reason,
            on_side(m.definition, m.side),
        )
        for m in measurements
    )


def rows_of_asymmetry(found: LandmarkAsymmetry) -> tuple[Row, ...]:
    """Return one row for each pair of landmarks and each point of the midline."""
    rows = []
    for i, name in enumerate(found.names):
        if name.endswith("_r"):
            continue
        bare = name.removesuffix("_l")
        pair = name.endswith("_l")
        size, error = float(found.size[i]), float(found.standard_error[i])
        note = "within the errors of its landmarks" if size < found.by_error[i] else ""
        if np.isnan(size):
            note = "a landmark is missing"
        interval = (max(size - INTERVAL_90 * error, 0.0), size + INTERVAL_90 * error)
        if not np.isfinite(error):
            interval = (float("nan"), float("nan"))
        abbreviation = bare.replace("_prime", "'")
        rows.append(
            Row(
                f"asym {abbreviation}",
                "",
                f"asymmetry of {abbreviation}",
                "asymmetry",
                "mm",
                size,
                error,
                *interval,
                bool(found.visible[i]),
                note,
                (name, f"{bare}_r") if pair else (name,),
            )
        )
    return tuple(rows)


def write_long(path: Path, scans: Mapping[Path, Sequence[Row]]) -> Path:
    """Write a CSV file with one row a scan and a measure, whole or not at all."""
    lines: list[Sequence[str]] = [LONG]
    for scan, rows in scans.items():
        for row in rows:
            numbers = (_cell(value) for value in (row.value, row.standard_error, row.low_90, row.high_90))
            facts = (row.measure, row.side, row.name, row.kind, row.unit)
            lines.append((str(scan), *facts, *numbers, str(int(row.visible)), row.note))
    return _write_csv(path, lines)


def write_wide(path: Path, scans: Mapping[Path, Sequence[Row]]) -> Path:
    """Write a CSV file with one row a scan, whole or not at all."""
    columns = list(dict.fromkeys(row.column for rows in scans.values() for row in rows))
    lines: list[Sequence[str]] = [("scan", *columns, *(f"{name} se" for name in columns))]
    for scan, rows in scans.items():
        found = {row.column: row for row in rows}
        values = [_cell(found[name].value) if name in found else "" for name in columns]
        errors = [_cell(found[name].standard_error) if name in found else "" for name in columns]
        lines.append((str(scan), *values, *errors))
    return _write_csv(path, lines)


def write_json(path: Path, scans: Sequence[Mapping[str, Any]], failed: Mapping[Path, str]) -> Path:
    """Write a JSON file with everything, whole or not at all; see `table_json`."""
    write_text(path, table_json(scans, failed))
    return path


def table_json(scans: Sequence[Mapping[str, Any]], failed: Mapping[Path, str]) -> str:
    """Return JSON text with everything.

    Parameters
    ----------
    scans : sequence of mapping
        Facts of each scan; `measures` is a sequence of `Row`.
    failed : mapping of Path to str
        Scans without measures, and why.
    """
    document = {
        "schema": SCHEMA,
        "scans": [{**scan, "measures": [_entry(row) for row in scan["measures"]]} for scan in scans],
        "failed": [{"scan": str(scan), "reason": reason} for scan, reason in failed.items()],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _entry(row: Row) -> dict[str, Any]:
    entry: dict[str, Any] = {name: getattr(row, name) for name in Row.__slots__}
    for name in ("value", "standard_error", "low_90", "high_90"):
        entry[name] = round(entry[name], 4) if np.isfinite(entry[name]) else None
    return entry


def _cell(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else ""


def _write_csv(path: Path, lines: Iterable[Sequence[str]]) -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    write_text(path, text.getvalue())
    return path
