"""The report of a benchmark: every scan and every figure, as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament import __version__
from lineament.bench.metrics import calibration, failed, share_of, summarise
from lineament.bench.outcome import Outcome, from_json, to_json
from lineament.bench.points import INNER, subsets
from lineament.bench.real import Movement, Unusable
from lineament.errors import FormatError
from lineament.io.atomic import atomic_write
from lineament.io.load import load_bytes

KIND = "lineament bench landmarks"
VERSION = 1
TAGS = ("sensor", "origin", "sex", "age")
"""What the scans of `base` are grouped by."""
IN_DETAIL = ("base", "clean", "accuracy")
"""Protocols that are broken down by group of landmarks, by landmark, and by tag."""

Json = dict[str, Any]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Run:
    """What was asked for; two reports can be compared when these are the same."""

    dataset: str
    seed: int
    count: int | None
    protocols: tuple[str, ...]
    order: str = ""
    split: str = "all"


def build_report(
    run: Run, names: Sequence[str], outcomes: Sequence[Outcome], movements: Sequence[Movement] = (),
    unusable: Sequence[Unusable] = (), networks: Path | None = None,
) -> Json:  # fmt: skip
    """Return the report as JSON values.

    Parameters
    ----------
    run : Run
    names : sequence of L str
        Landmarks of the outcomes; those that no scan has a truth for are left out.
    outcomes, movements, unusable : sequences
        In the order of the plan.
    networks : Path or None
        Folder of the networks that were measured; None for the package's.
    """
    names, outcomes = _trimmed(names, outcomes)
    groups = subsets(names)
    figures: dict[str, list[Json]] = {}
    for protocol in dict.fromkeys(outcome.protocol for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.protocol == protocol]
        points = dict.fromkeys(outcome.point for outcome in own)
        figures[protocol] = [
            _figures(protocol, point, [o for o in own if o.point == point], names, groups) for point in points
        ]
    report = {
        "kind": KIND,
        "version": VERSION,
        "lineament": __version__,
        "networks": _networks(networks),
        "dataset": run.dataset,
        "seed": run.seed,
        "count": run.count,
        "protocols": list(run.protocols),
        "order": run.order,
        "split": run.split,
        "landmarks": list(names),
        "figures": figures,
        "movement": _movement(movements),
        "unusable": [{"name": one.name, "reason": one.reason} for one in unusable],
        "scans": [to_json(outcome) for outcome in outcomes],
    }
    cleaned: Json = _finite(report)
    return cleaned


def _trimmed(names: Sequence[str], outcomes: Sequence[Outcome]) -> tuple[Sequence[str], Sequence[Outcome]]:
    """Leave out landmarks that were never scored."""
    rows = [outcome.error for outcome in outcomes if outcome.error is not None]
    if not rows:
        return names, outcomes
    used = np.flatnonzero(~np.isnan(np.stack(rows)).all(axis=0))
    if len(used) == len(names):
        return names, outcomes

    def cut(values: Any) -> Any:
        return None if values is None else values[used]

    kept = [replace(o, error=cut(o.error), sigma=cut(o.sigma), shown=cut(o.shown), said=cut(o.said)) for o in outcomes]
    return [names[int(place)] for place in used], kept


def _figures(
    protocol: str, point: str, outcomes: Sequence[Outcome], names: Sequence[str], groups: dict[str, Places]
) -> Json:
    """Return the figures of one point of one protocol."""
    found: Json = {"point": point, "scans": len(outcomes), "points": float(np.median([o.points for o in outcomes]))}
    if protocol == "faceless":
        believed = sum(not outcome.reason for outcome in outcomes)
        return found | {"believed": believed, "share": asdict(share_of(believed, len(outcomes)))}
    everything = groups["all"]
    inner = groups.get(INNER, everything)

    def summary(chosen: Sequence[Outcome], places: Places, shown: bool | None = None) -> Json | None:
        figures = summarise(chosen, places, inner, shown) if chosen else None
        return None if figures is None else figures.to_json()

    found["groups"] = {name: summary(outcomes, places) for name, places in groups.items()}
    found["shown"], found["hidden"] = summary(outcomes, inner, True), summary(outcomes, inner, False)
    found["calibration"] = calibration(outcomes, inner, inner)
    found["calibration shown"] = calibration(outcomes, inner, inner, True)
    found["calibration hidden"] = calibration(outcomes, inner, inner, False)
    found["visible right"] = _visible_right(outcomes, inner)
    known = [outcome.unit_right for outcome in outcomes if outcome.unit_right is not None]
    found["unit right"] = sum(known) / len(known) if known else None
    if protocol == "accuracy":
        found["each"] = [_each(outcome, groups, inner) for outcome in outcomes]
    if protocol in IN_DETAIL:
        found["by"] = {
            tag: {
                value: summary([o for o in outcomes if o.tags.get(tag) == value], inner)
                for value in sorted({o.tags[tag] for o in outcomes if tag in o.tags})
            }
            for tag in TAGS
        }
        found["landmarks"] = {
            name: summary(outcomes, np.array([place], dtype=np.intp)) for place, name in enumerate(names)
        }
    return found


def _each(outcome: Outcome, groups: dict[str, Places], inner: Places) -> Json:
    """Return the figures of one scan."""
    if outcome.error is None or outcome.sigma is None:
        return {"name": outcome.name, "failed": True}
    found: Json = {"name": outcome.name, "failed": failed(outcome, inner)}
    for name in ("inner", "eleven"):
        own = outcome.error[groups[name]] if name in groups else np.empty(0)
        own = own[~np.isnan(own)]
        found[name] = {"mean": float(own.mean()), "median": float(np.median(own))} if len(own) else None
    known = outcome.sigma[inner]
    return found | {"sigma": float(known[~np.isnan(known)].mean())}


def _visible_right(outcomes: Sequence[Outcome], inner: Places) -> float | None:
    """Return the share of landmarks of which the detector says rightly whether the scan shows them."""
    right = [
        (outcome.said == outcome.shown)[inner]
        for outcome in outcomes
        if outcome.said is not None and outcome.shown is not None and not failed(outcome, inner)
    ]
    return float(np.concatenate(right).mean()) if right else None


def _movement(movements: Sequence[Movement]) -> list[Json]:
    """Return one entry a protocol and scan."""
    entries = []
    for protocol, name in dict.fromkeys((movement.protocol, movement.name) for movement in movements):
        own = [m for m in movements if (m.protocol, m.name) == (protocol, name)]
        entry: Json = {"protocol": protocol, "name": name, "unit": own[0].unit, "reason": own[0].reason}
        moved = np.concatenate([movement.moved for movement in own])
        good = moved[~np.isnan(moved).any(axis=1)]
        entry |= {"runs": len(moved), "failed": len(moved) - len(good), "sigma": own[0].sigma}
        if len(good):
            inner = good[:, 17:]
            entry |= {
                "mean": float(good.mean()),
                "inner": float(inner.mean()),
                "inner p95": float(np.percentile(inner, 95)),
                "worst run": float(inner.mean(axis=1).max()),
                "worst": float(good.max()),
            }
        entries.append(entry)
    return entries


def _networks(folder: Path | None) -> dict[str, str]:
    """Return the sha256 of each network that was measured, so that a report says what it speaks of."""
    place = resources.files("lineament.assets") if folder is None else folder
    found = {}
    for entry in sorted(place.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".json"):
            card = json.loads(entry.read_text(encoding="utf-8"))
            found[entry.name.removesuffix(".json")] = str(card.get("sha256", ""))
    return found


def write_report(report: Json, path: Path) -> None:
    """Write `report.json`, whole or not at all; a scan a line, so that it can be read and compared by line."""
    head = json.dumps({key: own for key, own in report.items() if key != "scans"}, indent=1, allow_nan=False)
    lines = ",\n".join("  " + json.dumps(scan, allow_nan=False) for scan in report["scans"])
    with atomic_write(path) as file:
        file.write(f'{head[:-2]},\n "scans": [\n{lines}\n ]\n}}\n'.encode())


def _finite(value: Any) -> Any:
    """Replace NaN, which JSON does not have, by null."""
    if isinstance(value, dict):
        return {key: _finite(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(own) for own in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_report(path: Path) -> tuple[Json, list[Outcome]]:
    """Read a report and its scans.

    Raises
    ------
    InputError
        There is no such file.
    FormatError
        It is no report of `lineament bench landmarks`, or of another version.
    """
    try:
        report = json.loads(load_bytes(path))
        if report["kind"] != KIND:
            raise ValueError
        version = report["version"]
    except (ValueError, KeyError, TypeError):
        raise FormatError(f"{path} is not a report.json of lineament bench landmarks") from None
    if version != VERSION:
        raise FormatError(f"{path} is a report of version {version}, expected {VERSION}; run the benchmark again")
    try:
        outcomes = [from_json(scan) for scan in report["scans"]]
        lengths = {len(outcome.error) for outcome in outcomes if outcome.error is not None}
        if not lengths <= {len(report["landmarks"])}:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FormatError(f"{path} is damaged: its scans do not fit the rest of the report") from None
    return report, outcomes
