"""What every importer gives: a name, what it looks for in a folder, and how it reads one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lineament.database.importers.listing import Listing
from lineament.database.records import Manifest
from lineament.errors import InputError


@dataclass(frozen=True)
class Layout:
    """A published layout.

    Attributes
    ----------
    name : str
    looks_for : str
        For the user: the file by which the layout is known.
    fits : callable
        Tells whether a folder has that file.
    read : callable
        Makes the manifest of a listing.
    """

    name: str
    looks_for: str
    fits: Callable[[Listing], bool]
    read: Callable[[Listing], Manifest]

    def manifest(self, listing: Listing) -> Manifest:
        """Read a folder, or say that it has nothing of this layout.

        Raises
        ------
        InputError
            The folder holds no scan in this layout, or what it says contradicts itself.
        """
        found = self.read(listing)
        if not found.scans:
            raise InputError(f"{listing.folder} holds no scan in the layout {self.name}; looked for {self.looks_for}")
        return found


def has(pattern: str) -> Callable[[Listing], bool]:
    """Return a test for a file whose path ends so: a regular expression, from a `/` on; case does not matter."""
    sign = re.compile(f"(?:.*/)?{pattern}", re.IGNORECASE | re.ASCII)
    return lambda listing: any(sign.fullmatch(listing.full(name)) for name in listing.names)
