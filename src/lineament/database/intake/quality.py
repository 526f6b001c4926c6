"""Judges what an inspection found: what is refused, what is warned of, what is merely noted.

The limits are judgement, not measurement, except where a line says otherwise. Lengths in mm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lineament.database.intake.inspection import Inspection
from lineament.database.records import FileRecord, ScanRecord
from lineament.types import MILLIMETRES

Severity = Literal["refuse", "warn", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing about a file.

    Attributes
    ----------
    kind : str
        Such as `size`, `holes`, `noise`.
    severity : str
        `refuse`, `warn` or `note`.
    value, limit : float or None
        What was found, and what it was held against.
    text : str
        A sentence for the user.
    kept : str
        What the catalogue keeps in its place, where the sentence may quote the file; empty where it quotes nothing.
    """

    kind: str
    severity: Severity
    value: float | None
    limit: float | None
    text: str
    kept: str = ""

    @property
    def said(self) -> str:
        """Return the sentence in which nothing of the file stands: the catalogue is not encrypted."""
        return self.kept or self.text


@dataclass(frozen=True)
class QualityLimits:
    """What is taken and what is warned of.

    Attributes
    ----------
    face, body : tuple of 2 floats, mm
        Shortest and longest that the longest side of a scan may be; the limits of a face hold a head with shoulders.
    least_points, few_points : int
        Fewer are refused, and warned of.
    missing : float
        Share of missing points, warned of.
    noise : float, mm
    boundary : float
        Share of the edges that are open.
    holes : int
    unused : float
        Share of points without a triangle: a mesh whose file was cut off among its faces has many.
    duplicates, degenerate : float
    largest_piece : float
        Share of the triangles in the largest piece, at least.
    least_side : int, pixels
        Of an image.
    """

    face: tuple[float, float] = (50.0, 500.0)
    body: tuple[float, float] = (500.0, 2500.0)
    least_points: int = 100
    few_points: int = 1000
    missing: float = 0.5
    noise: float = 1.0
    boundary: float = 0.2
    holes: int = 200
    unused: float = 0.01
    duplicates: float = 0.05
    degenerate: float = 0.02
    largest_piece: float = 0.8
    least_side: int = 64


@dataclass(frozen=True)
class Unit:
    """The unit of a file's numbers.

    Attributes
    ----------
    name : str or None
        None when no unit makes the scan as large as it should be.
    mm : float or None
        Millimetres in one unit.
    by : str
        `record` (whoever sent it says so), `file` or `size` (a guess).
    """

    name: str | None
    mm: float | None
    by: str


def find_unit(inspection: Inspection, scan: ScanRecord, limits: QualityLimits) -> Unit:
    """Decide on the unit of a geometry.

    The record's word comes first, then the file's; glTF files say metres whatever they hold, so that theirs counts
    only where the size is then right. Otherwise it is the unit in which the size is nearest to what is usual.
    """
    if scan.unit is not None:
        return Unit(scan.unit, MILLIMETRES[scan.unit], "record")
    low, high = _bounds(scan, limits)
    core = inspection.core or 0.0
    stated = inspection.stated
    if stated and (inspection.format not in ("glb", "gltf") or low <= core * MILLIMETRES[stated] <= high):
        return Unit(stated, MILLIMETRES[stated], "file")
    usual = (low * high) ** 0.5
    fits = [(max(core * mm / usual, usual / (core * mm)), name) for name, mm in MILLIMETRES.items() if core > 0]
    fits = [(off, name) for off, name in fits if low <= core * MILLIMETRES[name] <= high]
    if not fits:
        return Unit(None, None, "size")
    name = min(fits)[1]
    return Unit(name, MILLIMETRES[name], "size")


def _bounds(scan: ScanRecord, limits: QualityLimits) -> tuple[float, float]:
    return limits.body if scan.modality == "body" else limits.face


def assess(
    inspection: Inspection, scan: ScanRecord, file: FileRecord, limits: QualityLimits | None = None
) -> tuple[Finding, ...]:
    """Judge one file of a scan.

    Parameters
    ----------
    inspection : Inspection
    scan : ScanRecord
        What was said of the scan.
    file : FileRecord
        What was said of the file.
    limits : QualityLimits, optional
    """
    limits = limits or QualityLimits()
    findings = list(_of_any(inspection, file))
    if inspection.kind in ("mesh", "cloud"):
        findings += _of_geometry(inspection, scan, limits)
    if inspection.kind in ("image", "depth"):
        findings += _of_image(inspection, file, limits)
    if inspection.missing > limits.missing:
        text = f"{inspection.missing:.0%} of the {_items(inspection)} are missing"
        findings.append(Finding("missing", "warn", inspection.missing, limits.missing, text))
    return tuple(findings)


def verdict(findings: Iterable[Finding]) -> Literal["accept", "quarantine"]:
    """Return whether a scan is taken, or kept apart until a person has looked at it: one refusal is enough."""
    return "quarantine" if any(finding.severity == "refuse" for finding in findings) else "accept"


def in_millimetres(inspection: Inspection, unit: Unit) -> dict[str, Any]:
    """Return the numbers that a catalogue keeps of a geometry, JSON values; lengths only where the unit is known."""
    found: dict[str, Any] = {"points": inspection.points, "triangles": inspection.triangles, "unit": unit.name}
    for name in ("missing", "duplicates", "boundary", "holes", "pieces", "largest_piece"):
        if (value := getattr(inspection, name)) is not None:
            found[name] = value
    if unit.mm is not None:
        for name in ("extent", "spacing", "noise"):
            if (length := getattr(inspection, name)) is not None:
                found[f"{name}_mm"] = length * unit.mm
    return found


def _items(inspection: Inspection) -> str:
    return {"depth": "pixels", "landmarks": "landmarks"}.get(inspection.kind, "points")


def _of_any(inspection: Inspection, file: FileRecord) -> Iterator[Finding]:
    if file.sha256 is not None and file.sha256.lower() != inspection.sha256:
        text = f"the sha256 is {inspection.sha256}, but {file.sha256.lower()} was sent: it changed on its way"
        yield Finding("hash", "refuse", None, None, text, "the sha256 is not the one that was sent")
    if inspection.kind == "opaque":
        grave = file.role in ("geometry", "depth", "texture", "view", "mask", "landmarks")
        text = f"files that end in .{inspection.format} are not parsed: whether this one is whole is not known"
        kept = "files of this format are not parsed: whether this one is whole is not known"
        yield Finding("not parsed", "warn" if grave else "note", None, None, text, kept)
    for note in inspection.notes:
        if "may be cut off" in note:
            yield Finding("cut off", "warn", None, None, note, "the file may be cut off")
        elif "EXIF" in note:
            yield Finding("privacy", "warn", None, None, note, "the picture holds EXIF data")
        else:
            yield Finding("reader", "note", None, None, note, "the reader passed over or repaired something")


def _of_geometry(inspection: Inspection, scan: ScanRecord, limits: QualityLimits) -> Iterator[Finding]:
    if inspection.points < limits.least_points:
        text = f"the scan has {inspection.points} points, fewer than {limits.least_points}"
        yield Finding("points", "refuse", inspection.points, limits.least_points, text)
    elif inspection.points < limits.few_points:
        text = f"the scan has only {inspection.points} points"
        yield Finding("points", "warn", inspection.points, limits.few_points, text)
    unit = find_unit(inspection, scan, limits)
    yield from _of_size(inspection, scan, unit, limits)
    if unit.mm is not None and inspection.noise is not None and inspection.noise * unit.mm > limits.noise:
        noise = inspection.noise * unit.mm
        text = f"the noise across the surface is {noise:.2f} mm; or the points are too sparse to tell"
        yield Finding("noise", "warn", noise, limits.noise, text)
    shares = (
        ("boundary", inspection.boundary, limits.boundary, "of the edges are open: the surface has many holes"),
        ("unused", inspection.unused, limits.unused, "of the points have no triangle: the file may have been cut off"),
        ("duplicates", inspection.duplicates, limits.duplicates, "of the points lie exactly on another one"),
        ("degenerate", inspection.degenerate, limits.degenerate, "of the triangles have no area"),
    )
    for kind, share, limit, what in shares:
        if share is not None and share > limit:
            yield Finding(kind, "warn", share, limit, f"{share:.1%} {what}")
    if inspection.holes is not None and inspection.holes > limits.holes:
        yield Finding("holes", "warn", inspection.holes, limits.holes, f"the surface has {inspection.holes} holes")
    if inspection.largest_piece is not None and inspection.largest_piece < limits.largest_piece:
        text = f"the scan is in {inspection.pieces} pieces, the largest {inspection.largest_piece:.0%} of it"
        yield Finding("pieces", "warn", inspection.largest_piece, limits.largest_piece, text)
    if inspection.branching:
        text = f"{inspection.branching} edges have three triangles or more"
        yield Finding("branching", "note", inspection.branching, 0, text)


def _of_size(inspection: Inspection, scan: ScanRecord, unit: Unit, limits: QualityLimits) -> Iterator[Finding]:
    low, high = _bounds(scan, limits)
    what = "body" if scan.modality == "body" else "face"
    core, extent = inspection.core or 0.0, inspection.extent or 0.0
    if unit.mm is None:
        text = f"the scan is {core:.4g} across, which is no {what} of {low:g} to {high:g} mm in mm, cm, m or in"
        yield Finding("size", "refuse", core, None, text)
        return
    size = core * unit.mm
    if not low <= size <= high:
        text = f"the scan is {size:.4g} mm across in the unit given ({unit.name}), expected {low:g} to {high:g} mm"
        fits = [name for name, mm in MILLIMETRES.items() if low <= core * mm <= high]
        text += f"; in {' or '.join(fits)} it would fit" if fits else ""
        yield Finding("size", "refuse", size, low if size < low else high, text)
    elif unit.by == "size":
        text = f"the unit is a guess by the size: in {unit.name} the scan is {size:.4g} mm across"
        yield Finding("unit", "note", size, None, text)
    if unit.by == "record" and inspection.stated not in ("", unit.name) and inspection.format not in ("glb", "gltf"):
        text = f"the file says {inspection.stated}, the record says {unit.name}"
        yield Finding("unit", "warn", None, None, text)
    if extent > 3 * core > 0:
        text = f"a few points lie far off: bounds of {extent * unit.mm:.4g} mm around {size:.4g} mm"
        yield Finding("strays", "warn", extent * unit.mm, 3 * size, text)


def _of_image(inspection: Inspection, file: FileRecord, limits: QualityLimits) -> Iterator[Finding]:
    width, height = inspection.width or 0, inspection.height or 0
    if min(width, height) < limits.least_side:
        text = f"the image has only {width} x {height} pixels"
        yield Finding("pixels", "warn", min(width, height), limits.least_side, text)
    for name, found in (("width", width), ("height", height)):
        said = file.meta.get(name)
        if said is not None and said != found:
            text = f"the {name} is {found} pixels, but the record says {said}: the camera's numbers would not fit"
            yield Finding(name, "refuse", found, float(said), text)
