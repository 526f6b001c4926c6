"""The figures of a report as a page with tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lineament.bench.metrics import NOMINAL
from lineament.bench.outcome import FAILED
from lineament.bench.points import INNER
from lineament.bench.protocols import UNITS

Json = dict[str, Any]

HEADER = ("N", "mean", "median", "95th percentile", "within 2 mm", "within 4 mm", "expected", "failed")
TITLES = {
    "base": "All degradations, any rotation, place and unit",
    "clean": "Clean and frontal",
    "noise": "Noise",
    "density": "Density",
    "occlusion": "Occlusion",
    "yaw": "Yaw",
    "rotation": "Rotation",
    "sensor": "Sensor, all its degradations",
    "faceless": "Scans without a face",
    "accuracy": "Against annotated landmarks",
}
MOST_SCANS = 50
"""More scans than this are not listed one by one."""
NAMES = {INNER: "inner points", "all": "all points", "eleven": "the eleven points"}


def page(report: Json) -> str:
    """Return the report as Markdown."""
    about = f"seed {report['seed']}, lineament {report['lineament']}"
    networks = ", ".join(f"{name} {sha[:12]}" for name, sha in report["networks"].items())
    lines = [
        f"# Landmarks: {'virtual people' if report['dataset'] == 'virtual' else report['dataset']}",
        "",
        f"`lineament bench landmarks`, {about}; networks {networks}.",
        "Errors in mm; brackets: 95 % interval by bootstrap over scans. Mean, median and percentile are over the scans",
        f"that did not fail (a failure: no face found, or a mean error of the inner points above {FAILED:.0f} mm);",
        "in `within`, points of failed scans count as missed.",
    ]  # fmt: skip
    for protocol, points in report["figures"].items():
        lines += ["", f"## {TITLES[protocol]}", ""]
        if protocol == "faceless":
            share = _share(points[0]["share"])
            lines.append(f"{points[0]['believed']} of {points[0]['scans']} were taken for a face: {share}.")
        elif len(points) == 1 and points[0]["point"] == "":
            lines += _in_detail(points[0])
        else:
            lines += _sweep(protocol, points)
    lines += _movement(report["movement"])
    if report["unusable"]:
        lines += ["", "## Left out: files that cannot be used", ""]
        lines += [f"- {one['name']}: {one['reason']}" for one in report["unusable"]]
    return "\n".join(lines) + "\n"


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles = list(header)
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _cells(summary: Json | None) -> list[str]:
    if summary is None:
        return ["0", *[""] * (len(HEADER) - 1)]
    return [
        str(summary["scans"]),
        *(_figure(summary[name]) for name in ("mean", "median", "p95")),
        *(_percent(summary[name]["value"]) for name in ("within_2", "within_4")),
        "" if summary["sigma"] is None else f"{summary['sigma']:.2f}",
        f"{summary['not_found'] + summary['off']} of {summary['scans']}: {_share(summary['failures'])}",
    ]


def _figure(figure: Json | None) -> str:
    if figure is None:
        return ""
    low, high = figure["low"], figure["high"]
    return f"{figure['value']:.2f}" + ("" if low is None or high is None else f" ({low:.2f} to {high:.2f})")


def _share(figure: Json) -> str:
    low, high = figure["low"], figure["high"]
    return _percent(figure["value"]) + ("" if low is None else f" ({100 * low:.1f} to {100 * high:.1f})")


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _in_detail(point: Json) -> list[str]:
    rows = [[NAMES.get(name, name), *_cells(summary)] for name, summary in point["groups"].items()]
    rows += [[f"inner points, {name}", *_cells(point[name])] for name in ("shown", "hidden") if point[name]]
    lines = _table(("landmarks", *HEADER), rows)
    whole = point["groups"].get(INNER) or point["groups"]["all"]
    for tag, values in point["by"].items():
        if values:
            lines += ["", *_table((tag, *HEADER), [[value, *_cells(own)] for value, own in values.items()])]
            lines += _spread(tag, values, whole)
    lines += ["", *_calibration(point)]
    if point["unit right"] is not None:
        lines += ["", f"The unit was found in {_percent(point['unit right'])} of the scans with a face found."]
    if point["visible right"] is not None:
        right = _percent(point["visible right"])
        lines += ["", f"Whether the scan shows a point was said rightly of {right} of the inner points."]
    if len(point.get("each", ())) in range(1, MOST_SCANS + 1):
        lines += ["", "### Each scan", "", *_each(point["each"])]
    ranked = [[name, *_cells(own)] for name, own in point["landmarks"].items()]
    return [*lines, "", "### Each landmark", "", *_table(("landmark", *HEADER), ranked)]


def _each(scans: list[Json]) -> list[str]:
    header = ("scan", "inner: mean", "median", "eleven: mean", "median", "expected", "")
    rows = []
    for scan in scans:
        own = [scan.get(name) for name in ("inner", "eleven")]
        cells = [f"{one[key]:.2f}" if one else "" for one in own for key in ("mean", "median")]
        sigma = "" if scan.get("sigma") is None else f"{scan['sigma']:.2f}"
        rows.append([scan["name"], *cells, sigma, "failed" if scan["failed"] else ""])
    return _table(header, rows)


def _spread(tag: str, values: Json, whole: Json) -> list[str]:
    means = {name: own["mean"]["value"] for name, own in values.items() if own and own["mean"]}
    if not means or not whole["mean"]:
        return []
    worst = max(means, key=lambda name: means[name])
    above = means[worst] / whole["mean"]["value"] - 1
    return ["", f"Worst {tag}: {worst}, {100 * above:+.0f} % of the mean over all."]


def _calibration(point: Json) -> list[str]:
    kinds = {"inner points": "calibration", "shown": "calibration shown", "hidden": "calibration hidden"}
    rows = []
    for title, key in kinds.items():
        own = point[key]
        if own:
            shares = [own["share"][str(share)] for share in NOMINAL]
            cells = [_share(share) for share in shares]
            rows.append([title, str(own["n"]), f"{own['ratio']:.2f}", *cells])
    if not rows:
        return []
    nominal = [f"inside the {100 * share:.0f} % bound" for share in NOMINAL]
    return _table(("expected error", "errors", "error / expected", *nominal), rows)


def _sweep(protocol: str, points: list[Json]) -> list[str]:
    header = (UNITS.get(protocol, protocol), *HEADER, "shown", "hidden", "hidden within 4 mm", "inside 90 %")
    rows = []
    for point in points:
        whole = point["groups"].get(INNER) or point["groups"]["all"]
        own = [_figure(point[name] and point[name]["mean"]) for name in ("shown", "hidden")]
        near = _percent(point["hidden"]["within_4"]["value"]) if point["hidden"] else ""
        inside = _percent(point["calibration"]["share"]["0.9"]["value"]) if point["calibration"] else ""
        rows.append([point["point"], *_cells(whole), *own, near, inside])
    return _table(header, rows)


def _movement(entries: list[Json]) -> list[str]:
    lines: list[str] = []
    titles = {
        "steadiness": "Steadiness: rotated, in other units, shuffled",
        "mirror": "Left-right consistency: the mirrored scan's result against the mirrored result",
    }
    header = (
        "scan",
        "unit",
        "runs",
        "failed",
        "68 points",
        "51 inner points",
        "their p95",
        "worst run",
        "worst point",
        "expected",
    )
    for protocol, title in titles.items():
        own = [entry for entry in entries if entry["protocol"] == protocol]
        if own:
            lines += ["", f"## {title}", "", *_table(header, [_moved(entry) for entry in own])]
    return lines


def _moved(entry: Json) -> list[str]:
    keys = ("mean", "inner", "inner p95", "worst run", "worst", "sigma")
    if "mean" not in entry:
        return [entry["name"], entry["unit"], str(entry["runs"]), entry["reason"] or "all", *[""] * len(keys)]
    figures = [f"{entry[key]:.2f}" for key in keys]
    return [entry["name"], entry["unit"], str(entry["runs"]), str(entry["failed"]), *figures]


def headline(report: Json) -> list[str]:
    """Return what matters most in a few lines."""
    lines = []
    for protocol, points in report["figures"].items():
        if protocol == "faceless":
            lines.append(f"faceless: {points[0]['believed']} of {points[0]['scans']} believed")
        elif points[0]["point"]:
            means = [
                (point["point"], (point["groups"].get(INNER) or point["groups"]["all"])["mean"]) for point in points
            ]
            lines.append(f"{protocol}: mean " + ", ".join(f"{m['value']:.2f} ({p})" for p, m in means if m))
        else:
            whole = points[0]["groups"].get(INNER) or points[0]["groups"]["all"]
            mean, p95 = (f"{whole[key]['value']:.2f}" if whole[key] else "none" for key in ("mean", "p95"))
            lost = f"{whole['not_found'] + whole['off']} failed"
            lines.append(f"{protocol}: N {whole['scans']}, inner points: mean {mean}, p95 {p95} mm, {lost}")
    for entry in report["movement"]:
        figure = f"{entry['inner']:.2f} mm" if "inner" in entry else "no result"
        lines.append(f"{entry['protocol']}: {entry['name']} moves by {figure} ({entry['runs']} runs)")
    return lines
