"""What is made of scans, back into the database: encrypted as the scans are, and with how it was made.

As at the ingest: files first, then the entry in the audit log, then the rows, in one transaction for all that is given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lineament import __version__
from lineament.database import disk
from lineament.database.access import Request, authorize
from lineament.database.catalogue import row
from lineament.database.locks import shared
from lineament.database.reading import StoredAsset, assets_of
from lineament.database.store import Stored
from lineament.database.when import new_name, now
from lineament.errors import InputError

if TYPE_CHECKING:
    from lineament.database.database import Database

CORRECTION = "correction"
"""The tool of what people set by hand."""


@dataclass(frozen=True)
class Product:
    """One file that was made.

    Attributes
    ----------
    role : str
        What it is to its scan, such as `landmarks`.
    suffix : str
    data : bytes
    meta : mapping
        JSON values; of landmarks `set_name`.
    """

    role: str
    suffix: str
    data: bytes = field(repr=False)
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Derivation:
    """What was made of one scan, and how.

    Attributes
    ----------
    scan : str
    products : tuple of Product
    parents : tuple of str
        Assets that it was made of.
    tool : str
    weights_sha256 : str
        Of the networks and models; empty when there are none.
    parameters : mapping
        JSON values.
    frame : int or None
        Of a 4D sequence, as the original file counts it.
    """

    scan: str
    products: tuple[Product, ...]
    parents: tuple[str, ...]
    tool: str
    weights_sha256: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    frame: int | None = None


@dataclass(frozen=True)
class Origin:
    """How an asset came to be.

    Attributes
    ----------
    asset : StoredAsset
    made : mapping
        `tool`, `tool_version`, `weights_sha256`, `parameters`, `made_by`, `made_at`; empty for an original.
    parents : tuple of Origin
        Empty for an original.
    """

    asset: StoredAsset
    made: Mapping[str, Any]
    parents: tuple[Origin, ...]


def store_derived(
    database: Database,
    derivations: Sequence[Derivation],
    *,
    action: str,
    purpose: str,
    confirm: Callable[[Derivation], str] | None = None,
) -> list[tuple[str, ...] | str]:
    """Store what was made of scans, durable when this returns.

    Parameters
    ----------
    database : Database
    derivations : sequence of Derivation
    action, purpose : str
        What it was made by and for; asked again before the files are written, and before the rows are.
    confirm : callable, optional
        Called for each derivation in the transaction that writes its rows; may write rows as well. What it returns
        is why the derivation is not kept, empty to keep it.

    Returns
    -------
    list of (tuple of str or str)
        For each derivation the names of its assets, or why it was not kept.

    Raises
    ------
    StoreError
        The disk, the catalogue or the log fails; nothing is kept.
    """

    def refusal(derivation: Derivation) -> str:
        request = Request(database.guard.actor, action, derivation.scan, purpose)
        return authorize(database.catalogue, request).reason

    # While the lock is held nobody destroys what is written here, so that no key is used that was destroyed.
    with shared(database.lock):
        outcomes: list[tuple[str, ...] | str] = [refusal(each) for each in derivations]
        chosen = [place for place, refused in enumerate(outcomes) if not refused]
        files = _write_files(database, [derivations[place] for place in chosen])
        disk.reach("derived written")
        database.store.place(stored for each in files for stored in each)
        disk.reach("derived placed")
        if chosen:
            scans = [derivations[place].scan for place in chosen]
            made = sorted({product.role for place in chosen for product in derivations[place].products})
            database.log.append(database.guard.actor, action, "", purpose=purpose, about=scans, stored=made)
        disk.reach("derived logged")
        with database.catalogue.writing():
            for place, stored in zip(chosen, files, strict=True):
                # Asked again where nobody else can write: somebody may have withdrawn meanwhile.
                refused = refusal(derivations[place]) or (confirm(derivations[place]) if confirm else "")
                outcomes[place] = refused or _write_rows(database, derivations[place], stored)
            disk.reach("derived rows written")
        disk.reach("derived rows committed")
    return outcomes


def provenance(database: Database, asset: str) -> Origin:
    """Return how an asset was made, back to the originals.

    Raises
    ------
    AccessError
    InputError
        There is no such asset.
    """
    found = row(database.catalogue, "SELECT scan FROM assets WHERE id = :id", id=asset)
    if found is None:
        raise InputError(f"there is no asset {asset!r}")
    database.guard.demand("find", found["scan"])
    return _origin(database, asset, found["scan"])


def newest(
    database: Database, scan: str, *, corrections: bool = True, frame: int | None = None
) -> dict[tuple[str, str], StoredAsset]:
    """Return what was made last of each kind, by role and, of landmarks, set; what was set by hand counts as newer.

    Parameters
    ----------
    database : Database
    scan : str
    corrections : bool
        Otherwise what was set by hand is left out.
    frame : int, optional
        Of a sequence; without it, what was made of the scan and not of one of its frames.
    """
    sql = """
    SELECT d.asset, d.tool FROM derivations d JOIN assets a ON a.id = d.asset WHERE a.scan = :scan
    ORDER BY CASE WHEN d.tool = :correction THEN 1 ELSE 0 END, d.made_at, a.place"""
    found = database.catalogue.rows(sql, scan=scan, correction=CORRECTION)
    order = [each["asset"] for each in found if corrections or each["tool"] != CORRECTION]
    assets = {asset.id: asset for asset in assets_of(database, scan)}
    return {
        (assets[name].role, str(assets[name].meta.get("set_name", ""))): assets[name]
        for name in order
        if assets[name].meta.get("frame") == frame
    }


def _write_files(database: Database, derivations: Sequence[Derivation]) -> list[list[Stored]]:
    written: list[list[Stored]] = []
    try:
        for derivation in derivations:
            written.append([])
            subject = _subject(database, derivation.scan)
            for product in derivation.products:
                digest = hashlib.sha256(product.data).digest()
                written[-1].append(database.store.write(subject, digest, [product.data]))
    except BaseException:
        for each in written:
            for stored in each:
                stored.temporary.unlink(missing_ok=True)
        raise
    return written


def _write_rows(database: Database, derivation: Derivation, files: Sequence[Stored]) -> tuple[str, ...]:
    names = []
    for product, stored in zip(derivation.products, files, strict=True):
        name, at = new_name("ast"), now()
        database.catalogue.run(
            """INSERT INTO objects VALUES (:subject, :name, :size, :sealed_size, :sha256) ON CONFLICT DO NOTHING""",
            subject=stored.subject,
            name=stored.name,
            size=stored.size,
            sealed_size=stored.sealed_size,
            sha256=stored.sealed_sha256,
        )
        # After those of its role that are there, so that files which are handed out have names of their own.
        database.catalogue.run(
            """INSERT INTO assets (id, scan, subject, object, role, place, suffix, derived, meta, created_at)
            VALUES (:id, :scan, :subject, :object, :role,
            (SELECT COALESCE(MAX(x.place) + 1, 0) FROM assets x WHERE x.scan = :scan AND x.role = :role),
            :suffix, 1, :meta, :at)""",
            id=name,
            scan=derivation.scan,
            subject=stored.subject,
            object=stored.name,
            role=product.role,
            suffix=product.suffix,
            meta=json.dumps({**product.meta, **({} if derivation.frame is None else {"frame": derivation.frame})}),
            at=at,
        )
        database.catalogue.run(
            "INSERT INTO derivations VALUES (:asset, :tool, :version, :weights, :parameters, :by, :at)",
            asset=name,
            tool=derivation.tool,
            version=__version__,
            weights=derivation.weights_sha256,
            parameters=json.dumps(dict(derivation.parameters), sort_keys=True),
            by=database.guard.actor,
            at=at,
        )
        database.catalogue.run_many(
            "INSERT INTO derivation_parents VALUES (:asset, :parent)",
            [{"asset": name, "parent": parent} for parent in derivation.parents],
        )
        # For searches.
        database.catalogue.run(
            """UPDATE scans SET kinds = kinds || :role || ' '
            WHERE id = :scan AND kinds NOT LIKE '% ' || :role || ' %'""",
            role=product.role,
            scan=derivation.scan,
        )
        names.append(name)
    return tuple(names)


def _origin(database: Database, asset: str, scan: str) -> Origin:
    made = row(
        database.catalogue,
        """SELECT tool, tool_version, weights_sha256, parameters, made_by, made_at FROM derivations
        WHERE asset = :asset""",
        asset=asset,
    )
    sql = "SELECT p.parent, a.scan FROM derivation_parents p JOIN assets a ON a.id = p.parent WHERE p.asset = :asset"
    parents = database.catalogue.rows(f"{sql} ORDER BY a.role, a.place", asset=asset)
    return Origin(
        next(each for each in assets_of(database, scan) if each.id == asset),
        {} if made is None else {**dict(made), "parameters": json.loads(made["parameters"])},
        tuple(_origin(database, each["parent"], each["scan"]) for each in parents),
    )


def _subject(database: Database, scan: str) -> str:
    found = row(database.catalogue, "SELECT subject FROM scans WHERE id = :scan", scan=scan)
    if found is None:
        raise InputError(f"there is no scan {scan!r}")
    return str(found["subject"])
