"""The datasheet of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineament.database.catalogue import Row

if TYPE_CHECKING:
    from lineament.database.database import Database


def datasheet(database: Database, release: Row) -> str:
    """Return the datasheet, Markdown."""
    return f"# {release['name']} {release['version']}\n\n{release['description']}\n"
