"""Which people share a file: as few as fit, so that a withdrawal touches few files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from lineament.database.exporters.columns import SPLITS
from lineament.database.exporters.items import ExportRelease, ExportScan

PACK_BYTES = 256 << 20
"""How large a file that holds several people may become, about."""


def pack(release: ExportRelease) -> Iterator[tuple[str, list[ExportScan]]]:
    """Yield groups of scans for one file each, and its name without a suffix, such as `train-000000`.

    All of one split. Nobody is in two groups, unless one person alone is larger than `PACK_BYTES`; the groups of
    such a person hold nobody else. A scan is never divided.
    """
    for split in ("", *SPLITS):
        people = (list(scans) for _, scans in groupby(_of(release, split), key=lambda scan: scan.subject))
        for number, group in enumerate(_divide(people)):
            yield f"{split or 'all'}-{number:06d}", group


def _of(release: ExportRelease, split: str) -> Iterator[ExportScan]:
    return (scan for scan in release.scans() if scan.split == split)


def _divide(people: Iterable[list[ExportScan]]) -> Iterator[list[ExportScan]]:
    for group in _fill(people):
        if _weigh(group) <= PACK_BYTES:
            yield group
        else:
            yield from _fill([scan] for scan in group)


def _fill(lists: Iterable[list[ExportScan]]) -> Iterator[list[ExportScan]]:
    """Join lists in order while they fit; a list that is too large stays alone."""
    together: list[ExportScan] = []
    weight = 0
    for scans in lists:
        more = _weigh(scans)
        if together and weight + more > PACK_BYTES:
            yield together
            together, weight = [], 0
        together.extend(scans)
        weight += more
    if together:
        yield together


def _weigh(scans: Iterable[ExportScan]) -> int:
    return sum(file.size for scan in scans for file in scan.files)
