"""What scans were captured with: devices, their calibrations, and lists of prompts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lineament.database import law
from lineament.database.catalogue import row
from lineament.database.when import moment_of, new_name, stamp
from lineament.errors import InputError

if TYPE_CHECKING:
    from lineament.database.database import Database


def describe_device(database: Database, name: str, details: Mapping[str, Any]) -> str:
    """Add a device, or say more of one that scans came from; return its random name.

    Parameters
    ----------
    database : Database
    name : str
        Make and model, and a number where there are several, as `ScanRecord.device` has it.
    details : mapping
        JSON values: serial, firmware, lens, wavelength, projector, eye-safety class and the like.

    Raises
    ------
    AccessError
    """
    database.guard.demand("manage", device=name)
    with database.catalogue.writing():
        known = row(database.catalogue, "SELECT id, details FROM devices WHERE name = :name", name=name)
        device = new_name("dev") if known is None else str(known["id"])
        said = {**json.loads(known["details"] if known else "{}"), **details}
        database.catalogue.run(
            """INSERT INTO devices (id, name, details) VALUES (:id, :name, :details)
            ON CONFLICT (id) DO UPDATE SET details = excluded.details""",
            id=device,
            name=name,
            details=json.dumps(said),
        )
    return device


def add_calibration(
    database: Database,
    device: str,
    done_at: str,
    *,
    expires_at: str | None = None,
    method: str = "",
    reprojection_rms: float | None = None,
    details: Mapping[str, Any] | None = None,
) -> str:
    """Add a calibration of a device; sessions that follow it refer to it.

    Parameters
    ----------
    database : Database
    device : str
        Its name.
    done_at, expires_at : str
        Dates, ISO 8601.
    method : str
    reprojection_rms : float, optional, pixels
    details : mapping, optional
        JSON values: board, cameras with their matrices and distortion, temperature, check on an artefact.

    Returns
    -------
    str
        Its random name.

    Raises
    ------
    AccessError
    InputError
        The device is unknown, or the calibration expires before it was done.
    """
    database.guard.demand("manage", calibration_of=device)
    done, end = stamp(moment_of(done_at)), None if expires_at is None else stamp(moment_of(expires_at))
    if end is not None and end <= done:
        raise InputError(f"the calibration of {device} expires on {expires_at}, before it was done on {done_at}")
    known = row(database.catalogue, "SELECT id FROM devices WHERE name = :name", name=device)
    if known is None:
        raise InputError(f"there is no device {device!r}; add it first")
    name = new_name("cal")
    database.catalogue.run(
        "INSERT INTO calibrations VALUES (:id, :device, :done, :until, :method, :rms, :details)",
        id=name,
        device=known["id"],
        done=done,
        until=end,
        method=method,
        rms=reprojection_rms,
        details=json.dumps(dict(details or {})),
    )
    return name


def calibration_at(database: Database, device: str | None, at: str | None) -> tuple[str | None, bool]:
    """Return the calibration of a device that a capture at a time relied on, and whether it had expired by then."""
    if device is None or at is None:
        return None, False
    found = row(
        database.catalogue,
        """SELECT id, expires_at FROM calibrations WHERE device = :device AND done_at <= :at
        ORDER BY done_at DESC LIMIT 1""",
        device=device,
        at=at,
    )
    if found is None:
        return None, False
    return str(found["id"]), found["expires_at"] is not None and found["expires_at"] <= at


def add_protocol(
    database: Database, name: str, prompts: Sequence[str], *, version: str = "1", description: str = ""
) -> None:
    """Add a list of prompts; FaceScape's 20 are there from the beginning, as `facescape20`.

    Raises
    ------
    AccessError
    InputError
        There is one of this name, or a prompt comes twice.
    """
    database.guard.demand("manage", protocol=name)
    if row(database.catalogue, "SELECT 1 FROM protocols WHERE name = :name", name=name):
        raise InputError(f"there is a protocol {name!r} already; a changed one gets a name of its own")
    if len(set(prompts)) != len(prompts) or not prompts:
        raise InputError(f"the protocol {name!r} needs prompts, each of them once")
    law.add_protocol(database.catalogue, name, version, description, tuple(prompts))
