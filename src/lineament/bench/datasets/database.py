"""Scans of a governed database whose landmarks somebody has set by hand: `--database PATH --as ACTOR`.

Nothing of them is written to a file. Each process opens the database itself, and each reading is decided about and
logged. Reports name scans and people by the database's random names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineament.bench.datasets.base import Item, Truth
from lineament.bench.points import known_names
from lineament.errors import InputError
from lineament.types import Scan

if TYPE_CHECKING:
    from lineament.database.database import Database
    from lineament.database.reading import StoredScan


@dataclass(frozen=True)
class Corrections:
    """A dataset that is not a folder.

    Attributes
    ----------
    place : Path
        Of the database.
    actor : str or None
        Who reads; the user's name at the operating system without it.
    purpose : str
        To which each person must have agreed.
    """

    place: Path
    actor: str | None = None
    purpose: str = "research"
    name: ClassVar[str] = "database"
    orders: ClassVar[tuple[str, ...]] = ()

    def find(self) -> list[Item]:
        """List the scans, and frames of sequences, that have corrections and may be read.

        Raises
        ------
        AccessError
            There are some, and none may be read.
        InputError
            There is no such database, or nobody has corrected anything that the actor may know of.
        """
        from lineament.database.corrections import corrected

        with self._opened() as database:
            found = corrected(database, purpose=self.purpose)
        if not found:
            raise InputError(f"{self.place} has no corrections that you may know of; see: lineament db annotate")
        return [
            Item(each.subject, name, Path(name), Path(name))
            for each in found
            for name in [each.scan if each.frame is None else f"{each.scan}.{each.frame}"]
        ]

    def load(self, item: Item, order: str) -> Truth:
        """Read a scan and its corrections.

        Raises
        ------
        AccessError
            It may not be read any more.
        InputError
        """
        from lineament.database.corrections import corrections_of

        with self._opened() as database:
            stored, frame = self._stored(database, item.scan)
            scan = self._read(stored, frame)
            marks = corrections_of(stored, database, frame)
        known = known_names()
        at = {
            name: (point, each.mm_per_unit)
            for each in marks.values()
            for name, point in zip(each.names, each.xyz, strict=True)
            if name in known
        }
        if not at:
            raise InputError(f"{item.name} has no corrections of ibug68 or anthropometric")
        xyz = np.stack([point for point, _ in at.values()])
        return Truth(scan, tuple(at), xyz, next(mm for _, mm in at.values()))

    def read(self, path: Path) -> Scan:
        """Read a scan."""
        with self._opened() as database:
            return self._read(*self._stored(database, path))

    def _opened(self) -> Database:
        from lineament.database.database import Database

        return Database.open(self.place, self.actor)

    def _stored(self, database: Database, path: Path) -> tuple[StoredScan, int | None]:
        from lineament.database.reading import open_scan

        name, _, frame = str(path).partition(".")
        return open_scan(database, name, purpose=self.purpose), int(frame) if frame else None

    def _read(self, stored: StoredScan, frame: int | None) -> Scan:
        scan = stored.read(frame)
        return replace(scan, unit=stored.info["unit"] or scan.unit)
