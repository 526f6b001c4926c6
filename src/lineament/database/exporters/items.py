"""What an exporter gets, and what it tells of the files that it wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ExportFile:
    """One file of a scan.

    Attributes
    ----------
    role : str
        One of `lineament.database.records.ROLES`, or the kind of something derived: `fit`, `thumbnail`, ...
    index : int
    suffix : str
        Lower case, without the dot, such as `ply` or `mrk.json`.
    size : int, bytes
    meta : mapping
        As in `FileRecord`.
    read : callable
        Yields the bytes in pieces. Each call asks again whether this may be read, and raises `AccessError` if not.
    """

    role: str
    index: int
    suffix: str
    size: int
    meta: Mapping[str, Any]
    read: Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class ExportScan:
    """One scan of a release, under names that are used in this release alone.

    Attributes
    ----------
    scan, subject : str
        Pseudonyms, letters and digits; two releases cannot be joined by them.
    session : str
        Letters and digits.
    split : str
        `train`, `validation` or `test`; empty when the release has no splits.
    sex, origin : str
    age : float or None, years
        At the capture.
    modality, expression, protocol, device : str
    repeat : int
    unit : str or None
    fps : float or None
    files : tuple of ExportFile
    quality : mapping
        Results of quality control, such as `noise_mm`.
    """

    scan: str
    subject: str
    session: str
    split: str
    sex: str
    origin: str
    age: float | None
    modality: str
    expression: str
    protocol: str
    device: str
    repeat: int
    unit: str | None
    fps: float | None
    files: tuple[ExportFile, ...]
    quality: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportRelease:
    """A release as it is handed out.

    Attributes
    ----------
    name, version, description : str
        The version is MAJOR.MINOR.PATCH.
    published : date
    creators : tuple of str
    purposes : tuple of str
        What all its people allow.
    duo : tuple of str
        Codes such as `DUO:0000042`: the intersection of permissions and the union of modifiers.
    licence : str
        Name or address of the terms of use.
    citation : str
    datasheet : str
        Markdown.
    scans : callable
        Yields all scans, sorted by subject, session and scan; may be called several times.
    url : str
        Page of the dataset; empty when it has none.
    """

    name: str
    version: str
    description: str
    published: date
    creators: tuple[str, ...]
    purposes: tuple[str, ...]
    duo: tuple[str, ...]
    licence: str
    citation: str
    datasheet: str
    scans: Callable[[], Iterator[ExportScan]]
    url: str = ""


@dataclass(frozen=True)
class Written:
    """A file of an export.

    Attributes
    ----------
    path : Path
        Relative to the folder of the export.
    sha256 : str
    size : int, bytes
    subjects : frozenset of str
        Pseudonyms of everyone of whom it holds anything; a withdrawal rebuilds or removes it.
    """

    path: Path
    sha256: str
    size: int
    subjects: frozenset[str]
