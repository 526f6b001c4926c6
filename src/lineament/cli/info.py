"""`lineament info`: what a file holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lineament.cli.options import FILE, Camera, intrinsics

if TYPE_CHECKING:
    from lineament.detect.detector import Detector
    from lineament.geometry.quality import Topology
    from lineament.info import LandmarksInfo, ScanInfo


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array instead of text.")
@intrinsics
def info(paths: tuple[Path, ...], as_json: bool, intrinsics: Camera | None) -> None:
    """Show what scans and landmark files hold, and how good a scan is.

    The exit status is 0 when all files could be read, 1 when some could not, 2 when none could.
    """
    import json

    from lineament.detect.detector import Detector
    from lineament.errors import InputError, ModelError

    detector = None
    try:
        detector = Detector()
    except ModelError as error:
        click.echo(f"note: no faces are looked for: {error}", err=True)
    documents: list[dict[str, Any]] = []
    failed = 0
    for number, path in enumerate(paths):
        try:
            found = _look(path, detector, intrinsics)
        except InputError as error:
            failed += 1
            if len(paths) == 1 and not as_json:
                raise
            documents.append({"file": str(path), "error": str(error)})
            click.echo(f"error: {error}", err=True)
            continue
        documents.append(_document(path, found))
        if not as_json:
            click.echo(("\n" if number else "") + "\n".join(_lines(path, found)))
    if as_json:
        click.echo(json.dumps(documents, indent=2, ensure_ascii=False, allow_nan=False))
    if failed:
        raise click.exceptions.Exit(2 if failed == len(paths) else 1)


def _look(path: Path, detector: Detector | None, intrinsics: Camera | None) -> ScanInfo | LandmarksInfo:
    from lineament.info import describe_landmarks, describe_scan
    from lineament.io.kinds import kind_of
    from lineament.io.landmarks import read_landmarks
    from lineament.io.scans import read_scan

    if kind_of(path) == "landmarks":
        return describe_landmarks(read_landmarks(path), path)
    depth = path.suffix.lower() in (".png", ".npy")
    return describe_scan(read_scan(path, intrinsics=intrinsics if depth else None), detector)


def _document(path: Path, found: ScanInfo | LandmarksInfo) -> dict[str, Any]:
    """Return the figures for JSON: NaN is null."""
    from dataclasses import asdict

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, (tuple, list)):
            return [plain(inner) for inner in value]
        return None if value != value else value

    figures = plain({name: value for name, value in asdict(found).items() if name != "path"})
    return {"file": str(path), "kind": _kind(found), **figures}


def _kind(found: ScanInfo | LandmarksInfo) -> str:
    return "landmarks" if hasattr(found, "set_name") else "scan"


def _lines(path: Path, found: ScanInfo | LandmarksInfo) -> list[str]:
    from lineament.info import LandmarksInfo

    rows = _landmark_rows(found) if isinstance(found, LandmarksInfo) else _scan_rows(found)
    return [str(path), *(f"  {title:<12} {text}" for title, text in rows if text)]


def _landmark_rows(found: LandmarksInfo) -> list[tuple[str, str]]:
    counts = [str(found.count)]
    counts += [f"{count} {what}" for count, what in ((found.inferred, "inferred"), (found.missing, "missing")) if count]
    unit = found.unit or (f"unknown (1 unit = {found.mm_per_unit:.4g} mm)" if found.mm_per_unit else "unknown")
    error = "not stated"
    if found.mean_sigma is not None:
        error = f"mean {found.mean_sigma:.1f} mm, worst {found.worst_sigma:.1f} mm"
    return [
        ("landmarks", ", ".join(counts)),
        ("set", found.set_name or "not stated"),
        ("unit", unit),
        ("error", error),
        ("bounds", _bounds(found.low, found.high)),
    ]


def _scan_rows(found: ScanInfo) -> list[tuple[str, str]]:
    points = [f"{found.points:,}"]
    if found.missing:
        points.append(f"{found.missing:,} of them missing (NaN)")
    if found.duplicates:
        points.append(f"{found.duplicates:,} duplicates")
    rows = [
        ("format", found.format),
        ("points", ", ".join(points)),
        ("triangles", f"{found.triangles:,}" if found.triangles else "none: a point cloud"),
        ("carries", ", ".join(found.carries) or "positions only"),
        ("bounds", _bounds(found.low, found.high)),
        ("unit", _unit(found)),
        ("spacing", _length(found.spacing, found)),
        ("noise", _length(found.noise, found)),
    ]
    if found.topology is not None:
        rows += _topology_rows(found, found.topology)
    return rows + [("note", note) for note in found.notes]


def _topology_rows(found: ScanInfo, mesh: Topology) -> list[tuple[str, str]]:
    holes, pieces = "none: closed", f"{mesh.pieces:,}"
    if mesh.holes:
        holes = f"{mesh.holes:,} ({mesh.boundary_edges:,} open edges, {_length(mesh.boundary_length, found)})"
    if mesh.pieces > 1:
        pieces += f", {mesh.largest_piece:.1%} of the triangles in the largest"
    faults = (
        ("unused", mesh.unused, "points in no triangle"),
        ("degenerate", mesh.degenerate, "triangles without an area"),
        ("branching", mesh.branching_edges, "edges of three triangles or more"),
    )
    rows = [("holes", holes), ("pieces", pieces)]
    return rows + [(title, f"{count:,} {what}") for title, count, what in faults if count]


def _unit(found: ScanInfo) -> str:
    unit, mm = found.found.unit, found.found.mm_per_unit
    name = unit or (f"unknown, 1 unit = {mm:.4g} mm" if mm is not None else "unknown")
    contrary = f"; the file states {found.stated}" if found.stated not in (None, unit) else ""
    return f"{name} ({found.found.sure}{contrary})"


def _length(value: float, found: ScanInfo) -> str:
    """Say a length in the scan's unit and in mm."""
    if value != value:
        return "too few points to tell"
    unit, mm = found.found.unit, found.found.mm_per_unit
    own = f"{_short(value)} {unit or 'units'}"
    return own if mm is None or unit == "mm" else f"{own} ({_short(value * mm)} mm)"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _bounds(low: tuple[float, ...], high: tuple[float, ...]) -> str:
    if low[0] != low[0]:
        return ""
    axes = zip("xyz", low, high, strict=True)
    return "   ".join(f"{axis} {a:.4g} to {b:.4g}" for axis, a, b in axes)
