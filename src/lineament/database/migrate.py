"""The schema: numbered SQL files, each applied once, in order, in a transaction."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from lineament.database import disk
from lineament.database.catalogue import Catalogue
from lineament.database.when import now
from lineament.errors import StoreError

APPLIED = """
CREATE TABLE IF NOT EXISTS {part}_migrations (
  number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL
) STRICT
"""


def migrate(catalogue: Catalogue, part: str) -> list[str]:
    """Bring a catalogue to this version's schema; return the names of the files that were applied.

    Parameters
    ----------
    catalogue : Catalogue
    part : str
        `catalogue` or `audit`: what the names of the files end with.

    Raises
    ------
    StoreError
        The database is newer than this program, or was made by files that have changed since.
    """
    catalogue.script(APPLIED.format(part=part))
    known = {int(name.split("_")[0]): (name, text) for name, text in _files(part)}
    done: list[str] = []
    with catalogue.writing():
        applied = {row["number"]: row for row in catalogue.rows(f"SELECT number, name, sha256 FROM {part}_migrations")}
        if applied and max(applied) > max(known):
            raise StoreError(
                f"the {part} has schema {max(applied)}, this program knows {max(known)}; use a newer lineament"
            )
        for number, (name, text) in sorted(known.items()):
            digest = hashlib.sha256(text.encode()).hexdigest()
            if number in applied:
                if applied[number]["sha256"] != digest:
                    raise StoreError(f"{name} is not the file that made this database; its schema cannot be relied on")
                continue
            if applied and not done and (said := catalogue.check()):  # or what is damaged would pass for right
                raise StoreError(f"the {part} is damaged: {said[0]}; restore a backup with the program that made it")
            catalogue.script(text)
            disk.reach(f"migrated {name}")
            catalogue.run(
                f"INSERT INTO {part}_migrations VALUES (:number, :name, :digest, :at)",
                number=number,
                name=name,
                digest=digest,
                at=now(),
            )
            done.append(name)
        catalogue.keep_sums(anew=bool(done))
    disk.reach("migrations committed")
    return done


def _files(part: str) -> list[tuple[str, str]]:
    folder = files("lineament.database") / "schema"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(f"_{part}.sql"))
    return [(name, (folder / name).read_text(encoding="utf-8")) for name in names]
