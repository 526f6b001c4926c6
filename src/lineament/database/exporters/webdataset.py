"""WebDataset shards: tar files that are read from the first byte to the last.

Layout: https://github.com/webdataset/webdataset. A scan is a run of members `<scan>.<role>[.<index>].<suffix>` and,
last, `<scan>.json`. The same release gives the same bytes: members are in order, and have no times and no owners.
`scans.jsonl` says where in which shard the bytes of each file are; `shards.json` whom each shard holds.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from lineament.database.exporters.columns import SCANS, describe, describe_file, files_of, numbered, pieces
from lineament.database.exporters.items import ExportFile, ExportRelease, ExportScan, Written
from lineament.database.exporters.output import Output, Sink, to_line, to_page
from lineament.database.exporters.packing import pack

SHARDS = "shards.json"


def write_webdataset(release: ExportRelease, folder: Path) -> tuple[Written, ...]:
    """Write a release as shards.

    Parameters
    ----------
    release : ExportRelease
        One that `check_release` lets pass.
    folder : Path
        Empty.

    Returns
    -------
    tuple of Written
    """
    output = Output(folder)
    shards = []
    with output.file(SCANS) as table:
        for name, scans in pack(release):
            rows = write_shard(output, f"{name}.tar", scans)
            for row in rows:
                table.write_json(row)
            shard = output.written[-1]
            table.subjects |= shard.subjects
            shards.append(
                {
                    "path": shard.path.name,
                    "sha256": shard.sha256,
                    "size": shard.size,
                    "scans": len(rows),
                    "subjects": sorted(shard.subjects),
                }
            )
    people = output.written[-1].subjects
    output.put(SHARDS, to_page({"release": release.name, "version": release.version, "shards": shards}), people)
    return tuple(output.written)


def write_shard(output: Output, path: str, scans: Iterable[ExportScan]) -> list[dict[str, Any]]:
    """Write one shard; return the rows of its scans in `scans.jsonl`."""
    rows = []
    with output.file(path) as sink:
        for scan in scans:
            sink.subjects.add(scan.subject)
            files = [_write_file(sink, scan, file) for file in files_of(scan)]
            row = {**describe(scan), "quality": dict(scan.quality), "files": files}
            record = to_line({**row, "files": [{k: v for k, v in f.items() if k != "offset"} for f in files]})
            _write_member(sink, f"{scan.scan}.json", len(record), [record])
            rows.append({**row, "files": [{**file, "path": path} for file in files]})
        sink.write(bytes(2 * tarfile.BLOCKSIZE))
        sink.write(bytes(-sink.tell() % tarfile.RECORDSIZE))
    return rows


def _write_file(sink: Sink, scan: ExportScan, file: ExportFile) -> dict[str, Any]:
    index = f".{file.index:06d}" if numbered(scan, file) else ""
    name = f"{scan.scan}.{file.role}{index}.{file.suffix}"
    offset, digest = _write_member(sink, name, file.size, pieces(file))
    return {**describe_file(file, digest), "member": name, "offset": offset}


def _write_member(sink: Sink, name: str, size: int, content: Iterable[bytes]) -> tuple[int, str]:
    """Write a member; return where its bytes begin, and their hash."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    # GNU's headers hold sizes of 8 GiB and more
    sink.write(info.tobuf(tarfile.GNU_FORMAT))
    offset, digest = sink.tell(), sha256()
    for piece in content:
        sink.write(piece)
        digest.update(piece)
    sink.write(bytes(-size % tarfile.BLOCKSIZE))
    return offset, digest.hexdigest()
