"""Scans into the database, many at a time: either a scan is in with all its files, durable, or it is not in at all.

Objects first (written, synced, renamed, their folders synced), then the entry in the audit log, then the rows, in one
transaction for a batch. A crash between leaves files without rows, which `doctor` removes, never rows without files.
A scan that is there already is passed over, so that an ingest that was cut off is simply started again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineament.database import disk
from lineament.database.access import Request, authorize
from lineament.database.capture import calibration_at
from lineament.database.catalogue import row
from lineament.database.cipher import seal_small
from lineament.database.find import project_named
from lineament.database.intake.inspection import cells
from lineament.database.intake.prepare import Hashed, Prepared, hash_scan, prepare, suffix_of
from lineament.database.intake.quality import Finding, in_millimetres, verdict
from lineament.database.intake.sandbox import Limits, Sandbox
from lineament.database.locks import shared
from lineament.database.people import has_left, label_key
from lineament.database.records import Manifest, ScanRecord
from lineament.database.when import new_name, now, stamp
from lineament.errors import InputError, LineamentError

if TYPE_CHECKING:
    from lineament.database.database import Database

BATCH = 64
"""Scans whose rows are written in one transaction."""
MINOR = "the person is a minor, and no guardian agreed"


@dataclass(frozen=True)
class Outcome:
    """What became of one scan.

    Attributes
    ----------
    record : ScanRecord
    scan : str
        Random name; empty when it was not taken in.
    state : str
        `accepted`, `quarantined`, `there already` or `failed`.
    reason : str
        Why it is in quarantine, or failed.
    """

    record: ScanRecord
    scan: str
    state: str
    reason: str = ""


def ingest(
    database: Database, project: str, manifest: Manifest, *, workers: int = 2, limits: Limits | None = None
) -> Iterator[Outcome]:
    """Take in all scans of a manifest whose people are enrolled and have a consent in force.

    Parameters
    ----------
    database : Database
    project : str
    manifest : Manifest
    workers : int
        Files parsed and encrypted at the same time.
    limits : Limits, optional
        Of each file.

    Yields
    ------
    Outcome
        Once the scan is durable, or known not to be taken in.

    Raises
    ------
    StoreError
        The disk or the log fails; what was yielded before is durable.
    """
    there = project_named(database, project)
    subjects = _subjects(database, there, manifest)
    idle: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
    sandboxes = [Sandbox(limits) for _ in range(workers)]
    for sandbox in sandboxes:
        idle.put(sandbox)

    def make_ready(hashed: Hashed) -> Prepared | str:
        sandbox = idle.get()
        try:
            return prepare(hashed, database.store, sandbox)
        except InputError as error:
            return str(error)
        finally:
            idle.put(sandbox)

    def read(record: ScanRecord) -> Hashed | str:
        try:
            return hash_scan(record, subjects[record.subject], database.keys)
        except LineamentError as error:
            return str(error)

    def take_in(records: Sequence[ScanRecord], pool: ThreadPoolExecutor) -> list[Outcome]:
        """Take in a batch."""
        outcomes: list[Outcome] = []
        allowed = _allowed(database, {subjects[record.subject] for record in records})
        todo: dict[str, Hashed] = {}
        for record, hashed in zip(records, pool.map(read, records), strict=True):
            subject = subjects[record.subject]
            refused = allowed[subject] or (MINOR if _needs_guardian(database, subject, record) else "")
            if refused or isinstance(hashed, str):
                outcomes.append(Outcome(record, "", "failed", refused or str(hashed)))
            elif hashed.key in todo:
                outcomes.append(Outcome(record, "", "there already"))
            else:
                todo[hashed.key] = hashed
        for key, scan in _known(database, list(todo)).items():
            outcomes.append(Outcome(todo.pop(key).record, scan, "there already"))
        ready: list[Prepared] = []
        for hashed, made in zip(todo.values(), pool.map(make_ready, todo.values()), strict=True):
            if isinstance(made, str):
                outcomes.append(Outcome(hashed.record, "", "failed", made))
            else:
                ready.append(made)
        return outcomes + (_commit(database, there, ready) if ready else [])

    try:
        with ThreadPoolExecutor(workers) as pool:
            for begin in range(0, len(manifest.scans), BATCH):
                with shared(database.lock):  # for a batch only, so that a withdrawal need not wait for all
                    outcomes = take_in(manifest.scans[begin : begin + BATCH], pool)
                yield from outcomes
    finally:
        for sandbox in sandboxes:
            sandbox.close()


def _subjects(database: Database, project: str, manifest: Manifest) -> dict[str, str]:
    """Return the random name of each person of a manifest; an empty one of people who have withdrawn.

    Raises
    ------
    InputError
        Somebody is not enrolled.
    """
    known: dict[str, str] = {}
    for subject in manifest.subjects:
        found = row(
            database.catalogue,
            "SELECT id FROM subjects WHERE project = :project AND label_key = :key",
            project=project,
            key=label_key(database, project, subject.label),
        )
        if found is None and has_left(database, project, subject.label):
            known[subject.label] = ""
            continue
        if found is None:
            raise InputError(
                f"subject {subject.label!r} is not enrolled; nothing is taken in of people without a consent"
            )
        known[subject.label] = str(found["id"])
    return known


def _allowed(database: Database, subjects: set[str]) -> dict[str, str]:
    """Return why scans of each person may not be taken in; empty when they may. Refusals are logged."""
    reasons = {"": "the person has withdrawn"}
    for subject in sorted(subjects - {""}):
        decision = authorize(database.catalogue, Request(database.guard.actor, "ingest", subject))
        reasons[subject] = decision.reason
        if not decision.allowed:
            database.log.append(database.guard.actor, "ingest", subject, allowed=False, reason=decision.code)
    return reasons


def _known(database: Database, keys: Sequence[str]) -> dict[str, str]:
    found = {}
    for key in keys:
        scan = row(database.catalogue, "SELECT id FROM scans WHERE source_key = :key", key=key)
        if scan is not None:
            found[key] = str(scan["id"])
    return found


def _commit(database: Database, project: str, ready: Sequence[Prepared]) -> list[Outcome]:
    """Make a batch durable: objects, log, rows."""
    disk.reach("objects written")
    database.store.place(stored for each in ready for stored in each.objects)
    disk.reach("objects placed")
    names = [new_name("scn") for _ in ready]
    people = {each.hashed.subject for each in ready}
    database.log.append(database.guard.actor, "ingest", project, about=[*names, *people], scans=len(names))
    disk.reach("ingest logged")
    with database.catalogue.writing():
        # Asked again where nobody else can write: somebody may have withdrawn since the objects were written.
        gone = {
            subject
            for subject in people
            if not authorize(database.catalogue, Request(database.guard.actor, "ingest", subject)).allowed
        }
        outcomes = []
        for name, each in zip(names, ready, strict=True):
            if each.hashed.subject in gone:
                outcomes.append(Outcome(each.hashed.record, "", "failed", "the consent ended while it was taken in"))
                continue
            if _needs_guardian(database, each.hashed.subject, each.hashed.record):
                outcomes.append(Outcome(each.hashed.record, "", "failed", MINOR))
                continue
            same = _known(database, [each.hashed.key])
            if same:  # by another program, meanwhile
                outcomes.append(Outcome(each.hashed.record, same[each.hashed.key], "there already"))
            else:
                outcomes.append(_write_rows(database, project, name, each))
        disk.reach("rows written")
    disk.reach("rows committed")
    return outcomes


def _write_rows(database: Database, project: str, name: str, each: Prepared) -> Outcome:
    record, subject, found = each.hashed.record, each.hashed.subject, each.geometry
    quality = in_millimetres(found, each.unit) if found else {}
    shapes = _shapes(database, project, found.geometry_key if found else "")
    at = now()
    (person,) = database.catalogue.rows("SELECT sex, origin FROM subjects WHERE id = :subject", subject=subject)
    device = _device(database, record.device)
    captured = None if record.captured_at is None else stamp(record.captured_at)
    findings = (
        *each.findings,
        *_same_elsewhere(database, shapes, subject),
        *_out_of_calibration(database, device, captured),
    )
    refusals = [finding for finding in findings if finding.severity == "refuse"]
    state = "accepted" if verdict(findings) == "accept" else "quarantined"
    attributes = json.dumps(dict(record.attributes), default=str).encode()
    database.catalogue.run(
        """INSERT INTO scans (id, project, subject, session, source_key, modality, protocol, expression, repeat, device,
        age, state, state_reason, unit, points, triangles, holes, noise_mm, quality, geometry_key, frames, fps,
        captured_at, ingested_at, ingested_by, sex, origin, sealed)
        VALUES (:id, :project, :subject, :session, :key, :modality, :protocol, :expression, :repeat, :device, :age,
        :state, :reason, :unit, :points, :triangles, :holes, :noise, :quality, :geometry, :frames, :fps, :captured,
        :at, :by, :sex, :origin, :sealed)""",
        id=name,
        project=project,
        subject=subject,
        session=_session(database, subject, record),
        key=each.hashed.key,
        modality=record.modality,
        protocol=_protocol(database, record.protocol),
        expression=record.expression,
        repeat=record.repeat,
        device=device,
        age=record.age,
        state=state,
        reason="; ".join(finding.said for finding in refusals),
        unit=each.unit.name,
        points=found.points if found else None,
        triangles=found.triangles if found else None,
        holes=found.boundary if found else None,
        noise=quality.get("noise_mm"),
        quality=json.dumps(quality),
        geometry=next(iter(shapes), None),
        frames=max(1, sum(file.role in ("geometry", "depth") for file in record.files)),
        fps=record.fps,
        captured=captured,
        at=at,
        by=database.guard.actor,
        sex=person["sex"],
        origin=person["origin"],
        sealed=seal_small(database.keys.get(subject), f"scan {name}", attributes) if record.attributes else None,
    )
    _write_findings(database, name, findings)
    _write_files(database, name, each, at)
    return Outcome(record, name, state, "; ".join(finding.text for finding in refusals))


def _write_findings(database: Database, scan: str, findings: Sequence[Finding]) -> None:
    database.catalogue.run_many(
        "INSERT INTO findings VALUES (:scan, :kind, :severity, :value, :most, :said)",
        [
            {
                "scan": scan,
                "kind": each.kind,
                "severity": each.severity,
                "value": each.value,
                "most": each.limit,
                "said": each.said,
            }
            for each in findings
        ],
    )


def _write_files(database: Database, scan: str, each: Prepared, at: str) -> None:
    record, subject = each.hashed.record, each.hashed.subject
    database.catalogue.run_many(
        """INSERT INTO objects VALUES (:subject, :name, :size, :sealed_size, :sha256) ON CONFLICT DO NOTHING""",
        [
            {
                "subject": subject,
                "name": stored.name,
                "size": stored.size,
                "sealed_size": stored.sealed_size,
                "sha256": stored.sealed_sha256,
            }
            for stored in each.objects
        ],
    )
    database.catalogue.run_many(
        """INSERT INTO assets (id, scan, subject, object, role, place, suffix, meta, created_at)
        VALUES (:id, :scan, :subject, :object, :role, :place, :suffix, :meta, :at)""",
        [
            {
                "id": new_name("ast"),
                "scan": scan,
                "subject": subject,
                "object": stored.name,
                "role": file.role,
                "place": file.index,
                "suffix": suffix_of(file),
                "meta": json.dumps(dict(file.meta)),
                "at": at,
            }
            for file, stored in zip(record.files, each.objects, strict=True)
        ],
    )


def _shapes(database: Database, project: str, key: str) -> list[str]:
    """Return keyed hashes by which the same shape is found again in a project, the one to keep first."""
    secret = database.secret("shapes")
    return [hmac.new(secret, f"{project} {cell}".encode(), hashlib.sha256).hexdigest() for cell in cells(key)]


def _same_elsewhere(database: Database, shapes: Sequence[str], subject: str) -> list[Finding]:
    """Return what there is to say when the same shape is there already, of this person or of another, not named."""
    same = [
        each
        for shape in shapes
        for each in database.catalogue.rows("SELECT id, subject FROM scans WHERE geometry_key = :shape", shape=shape)
    ]
    if not same:
        return []
    own = next((f" as {each['id']}" for each in same if each["subject"] == subject), ", of another person")
    return [Finding("duplicate", "refuse", None, None, f"the same shape is there already{own}")]


def _needs_guardian(database: Database, subject: str, record: ScanRecord) -> bool:
    """Return whether the age that comes with a scan shows what the access rules could not know before."""
    found = database.catalogue.rows(
        """SELECT j.guardian_below, n.guardian FROM subjects s JOIN jurisdictions j ON j.code = s.jurisdiction
        JOIN consents n ON n.id = s.consent WHERE s.id = :subject""",
        subject=subject,
    )
    age = record.age
    return age is not None and any(age < each["guardian_below"] and not each["guardian"] for each in found)


def _out_of_calibration(database: Database, device: str | None, captured: str | None) -> list[Finding]:
    if not calibration_at(database, device, captured)[1]:
        return []
    return [Finding("calibration", "warn", None, None, "the device's calibration had expired when this was captured")]


def _session(database: Database, subject: str, record: ScanRecord) -> str:
    known = row(
        database.catalogue,
        "SELECT id FROM sessions WHERE subject = :subject AND label_key = :key",
        subject=subject,
        key=(key := label_key(database, subject, record.session)),
    )
    if known is not None:
        return str(known["id"])
    name, device = new_name("ses"), _device(database, record.device)
    at = None if record.captured_at is None else stamp(record.captured_at)
    database.catalogue.run(
        """INSERT INTO sessions (id, subject, label_key, device, calibration, started_at, age)
        VALUES (:id, :subject, :key, :device, :calibration, :at, :age)""",
        id=name,
        subject=subject,
        key=key,
        device=device,
        calibration=calibration_at(database, device, at)[0],
        at=at,
        age=record.age,
    )
    return name


def _device(database: Database, name: str) -> str | None:
    """Return the random name of a device, which is added when it is new."""
    if not name:
        return None
    known = row(database.catalogue, "SELECT id FROM devices WHERE name = :name", name=name)
    if known is not None:
        return str(known["id"])
    device = new_name("dev")
    database.catalogue.run("INSERT INTO devices (id, name) VALUES (:id, :name)", id=device, name=name)
    return device


def _protocol(database: Database, name: str) -> str | None:
    known = row(database.catalogue, "SELECT id FROM protocols WHERE name = :name", name=name) if name else None
    return None if known is None else str(known["id"])
