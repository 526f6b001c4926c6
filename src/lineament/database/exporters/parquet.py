"""Parquet: `scans.parquet`, a row a scan, and `files-*.parquet`, which hold the bytes of their files.

Format: https://parquet.apache.org. In `files-*.parquet` the rows of a person lie together, in row groups that hold
nobody else. A file longer than `PART_BYTES` is cut into parts, a row each, in order. Needs pyarrow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any

from lineament.database.exporters.columns import COLUMNS, describe, describe_file, files_of, pieces
from lineament.database.exporters.items import ExportFile, ExportRelease, ExportScan, Written
from lineament.database.exporters.output import Output, Sink
from lineament.database.exporters.packing import pack
from lineament.errors import InputError

SCANS_TABLE = "scans.parquet"
PART_BYTES = 32 << 20
"""Bytes of a file in one row, and about as many in a row group; what is held in memory at a time."""
SCANS_IN_GROUP = 10_000
KINDS = {"text": "string", "integer": "int32", "number": "float64"}
FILE = {
    "path": "string",
    "role": "string",
    "index": "int32",
    "suffix": "string",
    "size": "int64",
    "sha256": "string",
    "meta": "string",
}
"""Of a file in `scans.parquet`; the sha256 is that of the whole file, `meta` JSON."""
PART = {
    "subject": "string",
    "scan": "string",
    "role": "string",
    "index": "int32",
    "suffix": "string",
    "part": "int32",
    "size": "int64",
    "sha256": "string",
    "content": "binary",
}
"""Of `files-*.parquet`; size and sha256 are those of the content of the row."""


def write_parquet(release: ExportRelease, folder: Path) -> tuple[Written, ...]:
    """Write a release as Parquet tables.

    Parameters
    ----------
    release : ExportRelease
        One that `check_release` lets pass.
    folder : Path
        Empty.

    Returns
    -------
    tuple of Written

    Raises
    ------
    InputError
        pyarrow is not installed.
    """
    arrow = _pyarrow()
    file_type = arrow.struct(list(FILE.items()))
    schema = arrow.schema([(column.name, KINDS[column.kind]) for column in COLUMNS])
    schema = schema.append(arrow.field("quality", "string")).append(arrow.field("files", arrow.list_(file_type)))
    output = Output(folder)
    with output.file(SCANS_TABLE) as sink, _Table(sink, schema) as table:
        for name, scans in pack(release):
            for row in _write_files(output, f"files-{name}.parquet", scans):
                sink.subjects.add(row["subject"])
                table.add(row)
                if len(table) == SCANS_IN_GROUP:
                    table.flush()
    return tuple(output.written)


def _write_files(output: Output, path: str, scans: Iterable[ExportScan]) -> list[dict[str, Any]]:
    """Write the files of a group of people; return the rows of their scans in `scans.parquet`."""
    arrow = _pyarrow()
    schema = arrow.schema(list(PART.items()))
    texts = [name for name, kind in PART.items() if kind == "string"]
    rows = []
    with output.file(path) as sink, _Table(sink, schema, texts) as table:
        for subject, group in groupby(scans, key=lambda scan: scan.subject):
            sink.subjects.add(subject)
            for scan in group:
                files = [{"path": path, **_write_file(table, scan, file)} for file in files_of(scan)]
                rows.append({**describe(scan), "quality": json.dumps(dict(scan.quality)), "files": files})
            table.flush()
    return rows


def _write_file(table: _Table, scan: ExportScan, file: ExportFile) -> dict[str, Any]:
    digest = sha256()
    for number, part in enumerate(_parts(pieces(file))):
        digest.update(part)
        if table.held + len(part) > PART_BYTES:
            table.flush()
        table.held += len(part)
        table.add(
            {
                "subject": scan.subject,
                "scan": scan.scan,
                "role": file.role,
                "index": file.index,
                "suffix": file.suffix,
                "part": number,
                "size": len(part),
                "sha256": sha256(part).hexdigest(),
                "content": part,
            }
        )
    row = describe_file(file, digest.hexdigest())
    return {**row, "meta": json.dumps(row["meta"])}


def _parts(content: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in parts of `PART_BYTES`, the last one shorter; one empty part when there are none."""
    held = bytearray()
    for piece in content:
        held += piece
        while len(held) > PART_BYTES:
            yield bytes(held[:PART_BYTES])
            del held[:PART_BYTES]
    yield bytes(held)


class _Table:
    """A Parquet file that is written a row group at a time.

    Attributes
    ----------
    held : int
        Bytes of content in the rows that wait.
    """

    def __init__(self, sink: Sink, schema: Any, texts: list[str] | None = None) -> None:
        parquet = import_module("pyarrow.parquet")
        self.held = 0
        self._rows: list[dict[str, Any]] = []
        self._schema = schema
        # neither smallest and largest content, nor a dictionary of contents, are of use
        plain: Any = True if texts is None else texts
        self._writer = parquet.ParquetWriter(
            sink, schema, compression="zstd", use_dictionary=plain, write_statistics=plain
        )

    def __enter__(self) -> _Table:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            # else it closes itself at some later time, into a file that is gone
            self._writer.close()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)

    def flush(self) -> None:
        if self._rows:
            table = _pyarrow().Table.from_pylist(self._rows, schema=self._schema)
            self._writer.write_table(table, row_group_size=len(self._rows))
        self._rows, self.held = [], 0


def _pyarrow() -> Any:
    try:
        return import_module("pyarrow")
    except ImportError:
        raise InputError("Parquet needs pyarrow, which is not installed; use: pip install pyarrow") from None
