"""Scans out of the database: decided, logged, decrypted, checked, as NumPy arrays or as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineament.database.access import Request, authorize
from lineament.database.catalogue import Row
from lineament.database.find import COLUMNS, Where, find_all
from lineament.errors import AccessError, InputError
from lineament.io.depth import camera_in, frame_of, knows_camera
from lineament.io.scans import parse_scan
from lineament.types import Scan

if TYPE_CHECKING:
    from lineament.database.database import Database

PAGE = 256
"""Scans that one entry of the audit log tells of."""
READING = ("read", "derive", "embed", "annotate", "review")
"""Actions that need the bytes of a scan."""


@dataclass(frozen=True)
class StoredAsset:
    """One file of a scan.

    Attributes
    ----------
    id, scan, subject, object : str
    role : str
        As in `FileRecord`, or the kind of what was derived: `landmarks`, `fit`, ...
    place : int
        Its number among those with one role.
    suffix : str
    derived : bool
    size : int, bytes
    meta : mapping
    """

    id: str
    scan: str
    subject: str
    object: str
    role: str
    place: int
    suffix: str
    derived: bool
    size: int
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class StoredScan:
    """A scan that may be read; each reading asks again.

    Attributes
    ----------
    info : mapping
        As `find` gives it.
    assets : tuple of StoredAsset
    """

    info: Row
    assets: tuple[StoredAsset, ...]
    _database: Database = field(repr=False)
    _request: Request = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.info["id"])

    def pieces(self, asset: StoredAsset) -> Iterator[bytes]:
        """Yield an asset's bytes; a withdrawal meanwhile stops them.

        Raises
        ------
        AccessError
            It is not allowed any more.
        StoreError
            The object is damaged or gone.
        """
        if asset not in self.assets:
            raise AccessError(f"{asset.id} is no file of {self.id}")
        for piece in self._database.store.read(asset.subject, asset.object):
            decision = authorize(self._database.catalogue, self._request)
            if not decision.allowed:
                raise AccessError(f"reading {self.id} has become forbidden: {decision.reason}")
            yield piece

    def bytes(self, asset: StoredAsset) -> bytes:
        """Return an asset's bytes."""
        return b"".join(self.pieces(asset))

    @property
    def shapes(self) -> tuple[StoredAsset, ...]:
        """Return the files of the shape, the frames of a sequence: geometry, or else depth images."""
        for role in ("geometry", "depth"):
            if found := tuple(each for each in self.assets if each.role == role and not each.derived):
                return found
        return ()

    def shape(self, frame: int | None = None) -> StoredAsset:
        """Return the file that the shape is in, or a frame of it.

        Raises
        ------
        InputError
            There is none: it is images, or a video, or has no such frame.
        """
        for asset in self.shapes:
            if frame in (None, asset.place):
                return asset
        what = "no geometry" if frame is None else f"no frame {frame}"
        raise InputError(f"{self.id} has {what}; it is {self.info['modality']}")

    def camera(self, depth: StoredAsset) -> Mapping[str, Any]:
        """Return what is known of the camera of a depth image: from its `meta`, else from the files of calibration."""
        known = dict(depth.meta)
        for asset in self.assets:
            if asset.role == "calibration" and asset.suffix == "json" and not knows_camera(known):
                known = camera_in(self.bytes(asset)) | known
        return known

    def read(self, frame: int | None = None) -> Scan:
        """Return the geometry, without the texture image; or the points of a depth image.

        Parameters
        ----------
        frame : int, optional
            Of a sequence, by the number of its file; the first without it.

        Raises
        ------
        InputError
            The scan has none: it is images, or has no such frame. Or the camera of a depth image is not known.
        """
        asset = self.shape(frame)
        data = self.bytes(asset)
        if asset.role == "depth":
            return frame_of(data, asset.suffix, self.camera(asset)).to_scan()
        return parse_scan(data, Path(f"{self.id}.{asset.suffix}"))


def scans(database: Database, where: Where | Mapping[str, Any] | None = None, *, purpose: str) -> Iterator[StoredScan]:
    """Yield the scans that match and that may be read for a purpose.

    Those that may not are left out; the audit log says how many and why. One entry tells of up to 256 scans, and is on
    disk before the first of them is handed out.

    Raises
    ------
    AccessError
        Scans match, and none may be read.
    """
    matched = given = 0
    reasons: dict[str, int] = {}
    page: list[Row] = []
    for found in find_all(database, where):
        page.append(found)
        if len(page) == PAGE:
            yield from (chosen := _opened(database, page, purpose, reasons))
            matched, given, page = matched + PAGE, given + len(chosen), []
    if page:
        yield from (chosen := _opened(database, page, purpose, reasons))
        matched, given = matched + len(page), given + len(chosen)
    if matched and not given:
        why = ", ".join(f"{count} {code}" for code, count in sorted(reasons.items()))
        raise AccessError(f"none of {matched} scans may be read for {purpose or 'no stated purpose'}: {why}")


def open_scan(database: Database, name: str, *, purpose: str, action: str = "read") -> StoredScan:
    """Return one scan.

    Raises
    ------
    AccessError
        It is not there, or the action is not allowed for this purpose.
    """
    if action not in READING:
        raise InputError(f"{action!r} gives no bytes; there are {', '.join(READING)}")
    database.guard.demand(action, name, purpose)
    sql = f"SELECT {COLUMNS} FROM scans c JOIN subjects s ON s.id = c.subject WHERE c.id = :scan"
    found = database.catalogue.rows(sql, scan=name)
    request = Request(database.guard.actor, action, name, purpose)
    return StoredScan(found[0], assets_of(database, name), database, request)


def assets_of(database: Database, scan: str) -> tuple[StoredAsset, ...]:
    """Return the files of a scan, and what was derived from it, in a stable order."""
    sql = """
    SELECT a.id, a.scan, a.subject, a.object, a.role, a.place, a.suffix, a.derived, a.meta, o.size
    FROM assets a JOIN objects o ON o.subject = a.subject AND o.name = a.object
    WHERE a.scan = :scan ORDER BY a.derived, a.role, a.place, a.id"""
    return tuple(
        StoredAsset(**{**dict(found), "derived": bool(found["derived"]), "meta": json.loads(found["meta"])})
        for found in database.catalogue.rows(sql, scan=scan)
    )


def _opened(database: Database, page: list[Row], purpose: str, reasons: dict[str, int]) -> list[StoredScan]:
    names = [found["id"] for found in page]
    allowed, refused = database.guard.choose("read", names, purpose)
    for code, many in refused.items():
        reasons[code] = reasons.get(code, 0) + many
    chosen = set(allowed)
    actor = database.guard.actor
    return [
        StoredScan(found, assets_of(database, found["id"]), database, Request(actor, "read", found["id"], purpose))
        for found in page
        if found["id"] in chosen
    ]
