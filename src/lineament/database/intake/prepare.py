"""One scan on its way in: hashed, parsed in a sandbox, judged, encrypted and synced; the catalogue is not touched."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

from lineament.database.cipher import derive
from lineament.database.intake.inspection import Inspection
from lineament.database.intake.quality import Finding, QualityLimits, Unit, assess, find_unit
from lineament.database.intake.sandbox import Refusal, Sandbox
from lineament.database.keys import KeyStore
from lineament.database.records import FileRecord, ScanRecord
from lineament.database.store import Store, Stored, hash_file, pieces_of
from lineament.errors import InputError

SUFFIXES = ("mrk.json",)
"""Of two parts; all others are what follows the last dot."""

KEPT = {
    "malformed": "the file is damaged, or of another format than its suffix says",
    "too large": "the file is too large",
    "memory": "the process that read it was killed, perhaps for want of memory",
    "time": "reading it took too long",
    "crash": "the process that read it ended without an answer",
    "fault": "the reader failed",
}
"""What is kept of a refusal of each kind; whoever sends the file is told more."""


@dataclass(frozen=True)
class Hashed:
    """A scan whose files have been read once.

    Attributes
    ----------
    record : ScanRecord
    subject : str
        Random name.
    hashes : tuple of bytes
        SHA-256 of each file.
    key : str
        Keyed hash of what the scan is and of its files: the same scan sent again has the same.
    """

    record: ScanRecord
    subject: str
    hashes: tuple[bytes, ...]
    key: str


@dataclass(frozen=True)
class Prepared:
    """A scan whose files lie encrypted on disk, not in place yet.

    Attributes
    ----------
    hashed : Hashed
    objects : tuple of Stored
        One for each file.
    inspections : tuple of Inspection or Refusal
        One for each file.
    findings : tuple of Finding
    """

    hashed: Hashed
    objects: tuple[Stored, ...]
    inspections: tuple[Inspection | Refusal, ...]
    findings: tuple[Finding, ...]

    @property
    def unit(self) -> Unit:
        """Return the unit of the shape."""
        found = self.geometry
        return Unit(None, None, "") if found is None else find_unit(found, self.hashed.record, QualityLimits())

    @property
    def geometry(self) -> Inspection | None:
        """Return what was found in the first file that holds the shape."""
        for file, found in zip(self.hashed.record.files, self.inspections, strict=True):
            if file.role in ("geometry", "depth") and isinstance(found, Inspection):
                return found
        return None


def hash_scan(record: ScanRecord, subject: str, keys: KeyStore) -> Hashed:
    """Read all files of a scan and hash them.

    Raises
    ------
    InputError
        A file cannot be read, or has another hash than whoever sent it states.
    """
    hashes = []
    for file in record.files:
        try:
            digest = hash_file(file.path)
        except OSError as error:
            raise InputError(f"{file.path}: {error.strerror or error}") from None
        if file.sha256 is not None and digest.hex() != file.sha256.lower():
            raise InputError(
                f"{file.path} has the SHA-256 {digest.hex()}, and was sent with {file.sha256}: it was changed or cut"
            )
        hashes.append(digest)
    what = [record.session, record.modality, record.protocol, record.expression, record.repeat]
    parts = sorted([file.role, file.index, digest.hex()] for file, digest in zip(record.files, hashes, strict=True))
    text = json.dumps([what, parts])
    key = hmac.new(derive(keys.get(subject), "keys of scans"), text.encode(), hashlib.sha256).hexdigest()
    return Hashed(record, subject, tuple(hashes), key)


def prepare(hashed: Hashed, store: Store, sandbox: Sandbox) -> Prepared:
    """Parse and judge a scan, and write its files encrypted.

    Raises
    ------
    StoreError
        The disk does not take them, or a file changed while it was read.
    """
    files = hashed.record.files
    inspections = tuple(sandbox.inspect(file.path, file.role) for file in files)
    findings = _merged(
        [each for file, found in zip(files, inspections, strict=True) for each in _judge(file, found, hashed)]
    )
    written: list[Stored] = []
    try:
        for file, digest in zip(files, hashed.hashes, strict=True):
            written.append(store.write(hashed.subject, digest, pieces_of(file.path)))
    except BaseException:
        for stored in written:
            stored.temporary.unlink(missing_ok=True)
        raise
    return Prepared(hashed, tuple(written), inspections, findings)


def suffix_of(file: FileRecord) -> str:
    """Return the suffix that a file's format is known by, lower case, without the dot."""
    name = file.path.name.lower()
    return next(
        (suffix for suffix in SUFFIXES if name.endswith(f".{suffix}")), file.path.suffix.lower().removeprefix(".")
    )


def _judge(file: FileRecord, found: Inspection | Refusal, hashed: Hashed) -> Sequence[Finding]:
    if isinstance(found, Refusal):
        which, reason = f"{file.role} {file.index}", _unnamed(found.reason, file)
        return [Finding(found.kind, "refuse", None, None, f"{which}: {reason}", f"{which}: {KEPT[found.kind]}")]
    if bytes.fromhex(found.sha256) != hashed.hashes[hashed.record.files.index(file)]:
        return [Finding("changed", "refuse", None, None, f"{file.role} {file.index} changed while it was read")]
    return assess(found, hashed.record, file)


def _merged(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the gravest finding of each kind: frames of a sequence have the same ones again and again."""
    gravity = {"refuse": 0, "warn": 1, "note": 2}
    first: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda each: gravity[each.severity]):
        first.setdefault(finding.kind, finding)
    return tuple(first.values())


def _unnamed(reason: str, file: FileRecord) -> str:
    """Leave out where the file lay: names of files hold names of people."""
    return reason.replace(str(file.path.absolute()), "it").replace(str(file.path), "it").replace(file.path.name, "it")
