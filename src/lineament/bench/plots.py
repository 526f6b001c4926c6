"""Which charts a report has."""

from __future__ import annotations

from typing import Any

from lineament.bench.charts import BLUE, GREEN, GREY, PANEL, VERMILION, Bar, Series, bars, legend, lines_panel, picture
from lineament.bench.metrics import NOMINAL
from lineament.bench.points import GROUPS, INNER, group_of
from lineament.bench.protocols import SWEEPS, UNITS

Json = dict[str, Any]

TITLES = {"noise": "Noise", "density": "Density", "occlusion": "Occlusion", "yaw": "Yaw"}
COLOURS = dict(zip(GROUPS, (BLUE, GREY, GREEN, VERMILION, "#56B4E9"), strict=True))


def draw(report: Json) -> dict[str, str]:
    """Return the text of each SVG picture by the name of its file."""
    found = {}
    figures = report["figures"]
    if any(protocol in figures for protocol in SWEEPS):
        found["sweeps.svg"] = _sweeps(figures)
    detail = next((figures[name][0] for name in ("base", "accuracy", "clean") if name in figures), None)
    if detail is not None:
        found["groups.svg"] = _groups(detail)
        found["landmarks.svg"] = _landmarks(detail)
        if detail["calibration"]:
            found["calibration.svg"] = _calibration(detail["calibration"])
    return found


def _sweeps(figures: dict[str, list[Json]]) -> str:
    """Two panels a row: mean with its interval, 95th percentile, mean of what the scan does not show."""
    chosen = [name for name in SWEEPS if name in figures]
    width, height = PANEL
    parts = legend(
        20, 22, [("mean", BLUE), ("95th percentile", GREY), ("mean, hidden points", VERMILION)]
    )  # fmt: skip
    for place, name in enumerate(chosen):
        points = figures[name]
        inner = [point["groups"].get(INNER) or point["groups"]["all"] for point in points]
        below = f"{UNITS[name]} (N {points[0]['scans']} each); error in mm"
        series = [
            _series("p95", GREY, inner, "p95", band=False),
            _series("hidden", VERMILION, [point["hidden"] for point in points], "mean", band=False),
            _series("mean", BLUE, inner, "mean"),
        ]
        x, y = (place % 2) * (width + 10), 34 + (place // 2) * (height + 6)
        parts += lines_panel(x, y, TITLES[name], below, [_short(point["point"]) for point in points], series)
    rows = (len(chosen) + 1) // 2
    return picture(10 + width * min(2, len(chosen)) + 10, 40 + rows * (height + 6), parts)


def _short(text: str) -> str:
    return f"{int(text) // 1000}k" if text.isdecimal() and int(text) >= 1000 else text


def _series(name: str, colour: str, summaries: list[Json | None], key: str, band: bool = True) -> Series:
    own = [summary[key] if summary else None for summary in summaries]

    def each(part: str) -> tuple[float | None, ...]:
        return tuple(figure[part] if figure else None for figure in own)

    return Series(name, colour, each("value"), each("low") if band else (), each("high") if band else ())


def _bar(name: str, summary: Json | None, colour: str = BLUE) -> list[Bar]:
    if not summary or not summary["mean"]:
        return []
    mean = summary["mean"]
    return [Bar(name, mean["value"], mean["low"], mean["high"], colour)]


def _groups(point: Json) -> str:
    whole = point["groups"].get(INNER) or point["groups"]["all"]
    entries = _bar("all scans", whole, GREY)
    for tag, values in point["by"].items():
        if values:
            entries.append(Bar(tag))
            entries += [bar for value, own in values.items() for bar in _bar(value, own)]
    entries.append(Bar("landmarks"))
    for name in GROUPS:
        entries += _bar(name, point["groups"].get(name), GREEN)
    target = whole["mean"]["value"] if whole["mean"] else None
    return bars(f"Mean error of the inner points by group, N {point['scans']}", entries, target=target)


def _landmarks(point: Json) -> str:
    entries = []
    for group in GROUPS:
        own = [
            bar for name, one in point["landmarks"].items() if group_of(name) == group
            for bar in _bar(name, one, COLOURS[group])
        ]  # fmt: skip
        if own:
            entries += [Bar(group), *own]
    return bars(f"Mean error of each landmark, N {point['scans']}", entries)


def _calibration(found: Json) -> str:
    """Share of the errors inside each bound, beside what it should be."""
    entries = []
    for share in NOMINAL:
        own = found["share"][str(share)]
        value, low, high = (None if own[part] is None else 100 * own[part] for part in ("value", "low", "high"))
        entries.append(Bar(f"{100 * share:.0f} % bound", value, low, high))
        entries.append(Bar("should hold", 100 * share, colour=GREY))
    return bars(f"Errors inside the bounds of the expected error, {found['n']} errors", entries, unit="%")
