"""What a running studio holds."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from lineament.detect.detector import Detector
from lineament.studio.errors import ConflictError, QuotaError
from lineament.studio.jobs import Jobs
from lineament.studio.kept import Kept
from lineament.studio.reading import Readers
from lineament.studio.settings import Settings
from lineament.studio.workspace import Item, Workspace, size_of

if TYPE_CHECKING:
    from lineament.studio.comparing import Compared
    from lineament.studio.sequences import Frames

T = TypeVar("T")
MOST_SEQUENCES = 20
"""Of one session that are kept; all of them are told together."""
LARGEST_OWN_FILE = 4 << 30
"""Of scans that `lineament view` was given, bytes."""


class Studio:
    """Settings, open scans, jobs, the networks and the processes that read files."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.workspace = Workspace(settings.upload_limit, settings.quota)
        self.jobs = Jobs(settings.workers)
        self.comparisons: Kept[Compared] = Kept("comparison")
        self.sequences: Kept[Frames] = Kept("sequence", MOST_SEQUENCES)
        self.readers = Readers(LARGEST_OWN_FILE if settings.preload else settings.upload_limit)

    @cached_property
    def detector(self) -> Detector:
        """The networks, loaded once."""
        return Detector()

    def warm(self) -> None:
        """Prepare beside other work what the first scan needs."""
        self.readers.warm()
        threading.Thread(target=lambda: self.detector, name="studio-networks", daemon=True).start()

    def keep(self, kept: Kept[T], owner: str, items: Sequence[Item], result: T) -> str:
        """Keep what was made of scans; return its id.

        Raises
        ------
        ConflictError
            One of them was closed meanwhile.
        QuotaError
            The session would hold too much.
        """
        held = size_of(result) + self.comparisons.held(owner) + self.sequences.held(owner)
        if held > self.workspace.left(owner):
            raise QuotaError("the open scans and what was made of them take more than a session may; close some first")
        key = kept.add(owner, frozenset(item.id for item in items), result)
        for item in items:  # whoever closes one later has it forgotten
            if item.closed:
                kept.forget_scan(item.id)
                raise ConflictError("the scan was closed meanwhile")
        return key

    def close_scan(self, session: str, scan: str) -> None:
        """Close a scan; nothing is kept of it, nor of what was made of it.

        Raises
        ------
        UnknownError
        """
        self.workspace.remove(session, scan)
        self.comparisons.forget_scan(scan)
        self.sequences.forget_scan(scan)

    def owners(self) -> set[str]:
        """Return the sessions of which something is held."""
        return {*self.workspace.owners(), *self.jobs.owners(), *self.comparisons.owners(), *self.sequences.owners()}

    def end_session(self, session: str) -> None:
        """Forget everything of a session."""
        self.jobs.end_session(session)
        self.workspace.end_session(session)  # before what was made of its scans, of which no more is kept then
        self.comparisons.end_session(session)
        self.sequences.end_session(session)

    def close(self) -> None:
        """Stop all work; nothing stays on disk."""
        self.jobs.close()
        self.readers.close()
        self.workspace.close()
