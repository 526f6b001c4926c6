"""Hand a release to somebody: the files, and the entry in the ledger that a withdrawal goes by."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lineament.database import disk
from lineament.database.catalogue import Row
from lineament.database.exporters import EXPORTERS, export
from lineament.database.exporters.items import Written
from lineament.database.locks import shared
from lineament.database.releases.create import pseudonym, release_named
from lineament.database.releases.view import view
from lineament.database.when import new_name, now
from lineament.errors import AccessError, InputError, LineamentError, StoreError
from lineament.io.folder import make_folder

if TYPE_CHECKING:
    from lineament.database.database import Database


def hand_out(
    database: Database, release: str, layout: str, folder: Path, recipient: str, *, contact: str = "", country: str = ""
) -> tuple[Written, ...]:
    """Export a release for a recipient.

    Parameters
    ----------
    database : Database
    release : str
        Random name, name, or `name@version`.
    layout : str
        One of `lineament.database.exporters.EXPORTERS`.
    folder : Path
        Empty or new.
    recipient, contact : str
        Who gets it, and where a letter reaches them.
    country : str
        Theirs, two letters.

    Raises
    ------
    AccessError
        A scan of it may not be handed to them; the reason of the first is told, and nothing is written.
    InputError
    StoreError
    """
    if layout not in EXPORTERS:
        raise InputError(f"there is no layout {layout!r}; there are {', '.join(EXPORTERS)}")
    if not recipient.strip():
        raise InputError("an export needs a recipient, who is told when somebody withdraws")
    target = folder.absolute()
    if target.is_relative_to(database.root):
        raise InputError(f"{folder} lies in the database; an export needs a folder elsewhere")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{folder} is not empty; an export needs a folder of its own")
    chosen = release_named(database.catalogue, release)
    if chosen["state"] != "published":
        raise InputError(
            f"{chosen['name']} {chosen['version']} was tombstoned, because somebody left; hand out the newest version"
        )
    with shared(database.lock):  # nobody leaves while it is written
        return _hand_over(database, chosen, layout, target, recipient, contact, country)


def _hand_over(
    database: Database, release: Row, layout: str, folder: Path, recipient: str, contact: str, country: str
) -> tuple[Written, ...]:
    """Decide, note in the ledger, write."""
    name = new_name("exp")
    found = database.catalogue.rows(
        """SELECT i.scan FROM release_scans i JOIN releases r ON r.id = i.release
        WHERE r.id = :id AND r.state = 'published' ORDER BY i.scan""",
        id=release["id"],
    )
    scans = [each["scan"] for each in found]
    allowed, refused = database.guard.choose(
        "export", scans, release["purpose"], country, release=release["id"], export=name, recipient=recipient
    )
    if not scans or len(allowed) != len(scans):
        why = ", ".join(f"{many} {code}" for code, many in refused.items()) or "the release has ended"
        raise AccessError(f"{len(scans) - len(allowed)} of {len(scans)} scans may not be handed to {recipient}: {why}")
    database.catalogue.run(
        """INSERT INTO exports
        VALUES (:id, :release, :layout, :recipient, :contact, :country, :folder, 'writing', :by, :at)""",
        id=name,
        release=release["id"],
        layout=layout,
        recipient=recipient,
        contact=contact,
        country=country,
        folder=str(folder),
        by=database.guard.actor,
        at=now(),
    )
    disk.reach("export begun")
    return _write(database, release, name, layout, folder, country)


def remove_export(database: Database, exported: Row, *, settle: bool = True) -> str:
    """Remove the files of an export from this machine, as far as they can be reached.

    Only what was written is removed; files that somebody put beside stay, and so does the folder.

    Parameters
    ----------
    database : Database
    exported : Row
        Of the table `exports`.
    settle : bool
        Whether the ledger says `removed` at once; otherwise `removing`, until something has taken its place.

    Returns
    -------
    str
        `removed`, or `not reached` when the folder was moved, or its files cannot be removed; `doctor` tries again.

    Raises
    ------
    StoreError
        They are removed, and it cannot be made durable.
    """
    folder = Path(exported["folder"])
    listed = database.catalogue.rows("SELECT path FROM export_files WHERE export = :id", id=exported["id"])
    # One that was being written or removed may have no folder; any other whose folder is gone, or another's, was moved.
    passing, taken = exported["state"] in ("writing", "removing"), _is_taken(database, exported["id"])
    there = folder.is_dir() and not taken
    state = "removed" if passing or there or not listed else "not reached"
    if state == "removed" and not passing:
        database.catalogue.run("UPDATE exports SET state = 'removing' WHERE id = :id", id=exported["id"])
    try:
        disk.remove_tree(_beside(folder, exported["id"]))
        if there:
            for each in listed:
                disk.remove(folder / each["path"])
            disk.remove_empty(folder)
    except StoreError:
        if there and not folder.is_dir():
            raise  # gone, but perhaps not for good; the ledger says `removing`, so that the next try goes on
        state = "not reached"
    with database.catalogue.writing():
        for table in ("export_subjects", "export_files") if state == "removed" else ():
            database.catalogue.run(f"DELETE FROM {table} WHERE export = :id", id=exported["id"])
        noted = "removing" if state == "removed" and not settle else state
        database.catalogue.run("UPDATE exports SET state = :state WHERE id = :id", state=noted, id=exported["id"])
    return state


def _is_taken(database: Database, name: str) -> bool:
    """Return whether a later export lies where one was written."""
    sql = """
    SELECT 1 FROM exports later JOIN exports e ON e.folder = later.folder AND e.made_at < later.made_at
    WHERE e.id = :id AND later.state = 'handed out'"""
    return bool(database.catalogue.rows(sql, id=name))


def rebuild(database: Database, exported: Row, release: Row) -> None:
    """Hand a later version of a release to whoever had an export, in its place, on behalf of whoever made that.

    The ledger keeps the old export, so that it stays known who had what.

    Raises
    ------
    AccessError
        They may not any more; the export stays removed.
    """
    maker = replace(database, guard=database.guard.as_actor(exported["made_by"]))
    to = (exported["recipient"], exported["contact"], exported["country"])
    _hand_over(maker, release, exported["layout"], Path(exported["folder"]), *to)
    database.catalogue.run("UPDATE exports SET state = 'replaced' WHERE id = :id", id=exported["id"])


def _write(database: Database, release: Row, name: str, layout: str, folder: Path, country: str) -> tuple[Written, ...]:
    # In a folder beside, so that the folder of this name is there whole or not at all.
    beside = _beside(folder, name)
    shutil.rmtree(beside, ignore_errors=True)
    try:
        make_folder(folder.parent)
        written = export(view(database, release, country), beside, layout)
        _clear(folder)
        _list(database, release["id"], name, written)  # before the files are in place: `doctor` goes by the list
        disk.put_in_place(beside, folder)
        disk.sync_folder(folder.parent)
        database.catalogue.run("UPDATE exports SET state = 'handed out' WHERE id = :id", id=name)
    except BaseException:
        with suppress(LineamentError):
            remove_export(database, {"id": name, "folder": str(folder), "state": "writing"})
        raise
    disk.reach("export written")
    return written


def _clear(folder: Path) -> None:
    """Let a folder that is empty make room."""
    try:
        if folder.is_dir():
            folder.rmdir()
    except OSError as error:
        raise StoreError(f"cannot put an export at {folder}: {error.strerror or error}") from error


def _list(database: Database, release: str, name: str, written: Sequence[Written]) -> None:
    """Note the files of an export, and whom each tells of."""
    people = {
        pseudonym(database, release, each["subject"]): each["subject"]
        for each in database.catalogue.rows(
            "SELECT DISTINCT subject FROM release_scans WHERE release = :id", id=release
        )
    }
    with database.catalogue.writing():
        database.catalogue.run_many(
            "INSERT INTO export_files VALUES (:export, :path, :sha256, :size)",
            [{"export": name, "path": str(each.path), "sha256": each.sha256, "size": each.size} for each in written],
        )
        database.catalogue.run_many(
            "INSERT INTO export_subjects VALUES (:export, :path, :subject)", list(_whose(name, written, people))
        )


def _beside(folder: Path, name: str) -> Path:
    return folder.with_name(f".{folder.name}.{name}.part")


def _whose(name: str, written: Sequence[Written], people: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"export": name, "path": str(each.path), "subject": people[who]}
        for each in written
        for who in sorted(each.subjects)
    ]
