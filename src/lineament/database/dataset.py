"""The scans of a database as a dataset for training: index in, NumPy arrays out, each reading decided and logged."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lineament.database.database import Database
from lineament.database.find import Where, find_all
from lineament.database.reading import open_scan
from lineament.errors import AccessError


class DatabaseScans:
    """A map-style dataset, such as `torch.utils.data.DataLoader` takes; torch itself is not needed.

    Each worker process opens the database for itself, since a connection must not be shared.

    Parameters
    ----------
    path : path
        Of the database.
    purpose : str
        What the scans are read for; those whose people have not agreed to it are not in the dataset.
    where : Where or mapping, optional
    actor : str, optional
        The user's name at the operating system without it.
    transform : callable, optional
        Takes an item and returns what is handed out instead.

    Raises
    ------
    AccessError
        Nothing that matches may be read for this purpose.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        purpose: str,
        where: Where | Mapping[str, Any] | None = None,
        actor: str | None = None,
        transform: Callable[[dict[str, Any]], Any] | None = None,
    ) -> None:
        self._path, self._purpose, self._actor, self._transform = path, purpose, actor, transform
        self._opened: tuple[int, Database] | None = None
        try:
            self._names = self._allowed(where)
        finally:
            self.close()  # each process opens it when it reads

    def _allowed(self, where: Where | Mapping[str, Any] | None) -> list[str]:
        names = [found["id"] for found in find_all(self._database(), where)]
        allowed, refused = self._database().guard.choose("read", names, self._purpose)
        if names and not allowed:
            why = ", ".join(f"{many} {code}" for code, many in refused.items())
            raise AccessError(f"none of {len(names)} scans may be read for {self._purpose}: {why}")
        return allowed

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int) -> Any:
        """Return a scan.

        Returns
        -------
        dict
            `points` (N, 3) float32 in the scan's unit, `triangles` (T, 3) int32 (T is 0 for clouds), and `scan`,
            `subject`, `expression`, `sex`, `age` (NaN when unknown), `unit` (empty when unknown); or what `transform`
            makes of it.

        Raises
        ------
        AccessError
            It may not be read any more.
        """
        stored = open_scan(self._database(), self._names[index], purpose=self._purpose)
        scan = stored.read()
        triangles = np.zeros((0, 3), np.int32) if scan.triangles is None else scan.triangles
        item = {
            # copies, because torch takes no read-only arrays without a warning
            "points": scan.points.copy(),
            "triangles": triangles.copy(),
            "scan": stored.id,
            **{name: stored.info[name] for name in ("subject", "expression", "sex")},
            "age": float("nan") if stored.info["age"] is None else stored.info["age"],
            "unit": stored.info["unit"] or "",
        }
        return item if self._transform is None else self._transform(item)

    def close(self) -> None:
        """Close this process's connection."""
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}

    def _database(self) -> Database:
        """Return the connection of this process, also after a fork."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = (os.getpid(), Database.open(self._path, self._actor))
        return self._opened[1]
