"""What goes into the database, as plain data: people, scans and files, as a manifest or a known layout states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lineament.errors import InputError

MODALITIES = ("mesh", "cloud", "depth", "multiview", "video", "sequence", "body")
"""What a scan may be: `sequence` is 4D, `body` a mesh or a cloud of a whole body."""
ROLES = (
    "geometry",
    "texture",
    "material",
    "view",
    "depth",
    "video",
    "mask",
    "calibration",
    "landmarks",
    "parameters",
    "other",
)
"""What a file is to its scan."""
SEXES = ("female", "male", "other", "unknown")
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class FileRecord:
    """One file of a scan.

    Attributes
    ----------
    path : Path
        Where it lies now; its name is not kept, because names of files hold names of people.
    role : str
        One of `ROLES`.
    index : int
        Of several files with one role: the camera, or the frame of a sequence.
    meta : mapping
        JSON values. Of a view: `camera_matrix` (3 x 3, pixels), `rotation` (3 x 3) and `translation` (3, mm) from the
        world to the camera, `distortion` (k1, k2, p1, p2, k3), `width`, `height`, `serial`, `valid`. Of a frame:
        `seconds`. Of landmarks: `set_name`. What a layout does not state is left out.
    sha256 : str or None
        Hex, where whoever sent the file states it; a file with another hash is refused.
    """

    path: Path
    role: str = "geometry"
    index: int = 0
    meta: Mapping[str, Any] = field(default_factory=dict)
    sha256: str | None = None

    def __post_init__(self) -> None:
        _check_among(self.role, ROLES, f"role of {self.path}")


@dataclass(frozen=True)
class SubjectRecord:
    """A person, by a label that only the people who sent the scans can resolve.

    Attributes
    ----------
    label : str
        Of the layout, such as `122`; unique in the manifest.
    sex : str
        One of `SEXES`.
    origin : str
        As the person or the dataset states it; empty when unknown.
    birth_year : int or None
    purposes : tuple of str
        Purposes of `lineament.database.consent.purposes` that the layout or the manifest states consent to.
    duo : tuple of str
        Codes such as `DUO:0000042`.
    attributes : mapping
        Whatever else the layout states, JSON values.
    """

    label: str
    sex: str = "unknown"
    origin: str = ""
    birth_year: int | None = None
    purposes: tuple[str, ...] = ()
    duo: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_among(self.sex, SEXES, f"sex of {self.label}")


@dataclass(frozen=True)
class ScanRecord:
    """One capture of one person: everything that was measured at one moment, or over one 4D sequence.

    Attributes
    ----------
    subject : str
        Label of a `SubjectRecord`.
    files : tuple of FileRecord
        One or more.
    modality : str
        One of `MODALITIES`.
    session : str
        Label of the visit; scans of one subject with one label belong together.
    expression : str
        Name in a prompt list, such as `smile` of `facescape20`; empty when unknown.
    protocol : str
        Name of the prompt list.
    repeat : int
        1 for the first scan of an expression in a session.
    captured_at : datetime, date or None
    age : float or None, years
        At the capture.
    device : str
        Make and model; empty when unknown.
    unit : str or None
        Of the geometry: `mm`, `cm`, `m` or `in`; None when the layout does not state it.
    fps : float or None
        Frames a second of a sequence or a video.
    attributes : mapping
        Whatever else the layout states, JSON values.
    """

    subject: str
    files: tuple[FileRecord, ...]
    modality: str = "mesh"
    session: str = "1"
    expression: str = ""
    protocol: str = ""
    repeat: int = 1
    captured_at: datetime | date | None = None
    age: float | None = None
    device: str = ""
    unit: str | None = None
    fps: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_among(self.modality, MODALITIES, f"modality of a scan of {self.subject}")
        if not self.files:
            raise InputError(f"a scan of {self.subject} has no files; expected one or more")


@dataclass(frozen=True)
class Manifest:
    """All that a folder brings.

    Attributes
    ----------
    layout : str
        Such as `facescape`, `manifest`.
    subjects : tuple of SubjectRecord
    scans : tuple of ScanRecord
        In a stable order.
    notes : tuple of str
        What was passed over or is amiss, in sentences for the user.
    """

    layout: str
    subjects: tuple[SubjectRecord, ...]
    scans: tuple[ScanRecord, ...]
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        labels = [subject.label for subject in self.subjects]
        if len(set(labels)) != len(labels):
            raise InputError(f"the {self.layout} manifest names a subject twice")
        unknown = {scan.subject for scan in self.scans} - set(labels)
        if unknown:
            raise InputError(
                f"the {self.layout} manifest has scans of {sorted(unknown)[0]!r}, who is not among its subjects"
            )


def _check_among(value: str, known: tuple[str, ...], what: str) -> None:
    if value not in known:
        raise InputError(f"{what} is {value!r}, expected one of {', '.join(known)}")
