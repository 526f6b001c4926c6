"""Charts of a report as SVG, written by hand: lines over a sweep, bars of groups.

A chart is drawn from `Series` and `Bar` values alone; x and y are pixels from the upper left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

BLUE, VERMILION, GREEN, GREY, INK, FAINT = "#0072B2", "#D55E00", "#009E73", "#8A8F98", "#2B2F36", "#E4E7EB"
"""Colours that the colour-blind tell apart (Okabe and Ito)."""
FONT = 'font-family="Helvetica, Arial, sans-serif" font-size="12"'
PANEL = (360, 250)
MARGIN = (52, 16, 34, 44)
"""Left, right, top, bottom of a panel."""


@dataclass(frozen=True)
class Series:
    """One line: a value, and where it has one an interval, at each place."""

    name: str
    colour: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Bar:
    """One bar with its interval; a bar without a value is a heading."""

    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    colour: str = BLUE


def _text(x: float, y: float, words: str, anchor: str = "start", colour: str = INK, weight: str = "normal") -> str:
    look = f'text-anchor="{anchor}" fill="{colour}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str = FAINT, width: float = 1) -> str:
    where = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {where} stroke="{colour}" stroke-width="{width}"/>'


def picture(width: float, height: float, parts: Sequence[str]) -> str:
    """Return an SVG picture on white ground."""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    ground = f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {FONT}>\n' + "\n".join([ground, *parts]) + "\n</svg>\n"


def ticks(top: float, most: int = 5) -> list[float]:
    """Return round numbers from 0 to at least `top`: steps of 1, 2 or 5 times a power of ten."""
    if not isfinite(top) or top <= 0:
        return [0.0, 1.0]
    rough = top / most
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return [round(index * step, 10) for index in range(ceil(top / step - 1e-9) + 1)]


def lines_panel(
    x: float, y: float, title: str, below: str, places: Sequence[str], series: Sequence[Series]
) -> list[str]:
    """Draw lines over equally spaced places, with their intervals as bands."""
    left, right, top, bottom = MARGIN
    width, height = PANEL[0] - left - right, PANEL[1] - top - bottom
    numbers = [v for one in series for v in (*one.values, *one.high) if v is not None]
    marks = ticks(max(numbers, default=1.0))

    def at(index: int, value: float) -> tuple[float, float]:
        across = width * (index + 0.5) / len(places)
        return x + left + across, y + top + height * (1 - value / marks[-1])

    parts = [_text(x + left, y + 18, title, weight="bold")]
    for mark in marks:
        level = at(0, mark)[1]
        parts += [
            _line(x + left, level, x + left + width, level),
            _text(x + left - 8, level + 4, f"{mark:g}", "end", GREY),
        ]
    for index, place in enumerate(places):
        parts.append(_text(at(index, 0)[0], y + top + height + 18, place, "middle", GREY))
    parts.append(_text(x + left + width / 2, y + top + height + 36, below, "middle", GREY))
    for one in series:
        known = [(i, v) for i, v in enumerate(one.values) if v is not None]
        spans = [
            (i, lo, hi)
            for i, (lo, hi) in enumerate(zip(one.low, one.high, strict=True))
            if lo is not None and hi is not None
        ]
        if spans:
            ring = [at(i, hi) for i, _, hi in spans] + [at(i, lo) for i, lo, _ in reversed(spans)]
            path = " ".join(f"{px:.1f},{py:.1f}" for px, py in ring)
            parts.append(f'<polygon points="{path}" fill="{one.colour}" opacity="0.15"/>')
        dots = [at(i, v) for i, v in known]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in dots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{one.colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{one.colour}"/>' for px, py in dots]
    return parts


def legend(x: float, y: float, names: Sequence[tuple[str, str]]) -> list[str]:
    """Draw names with their colours, one beside the other."""
    parts = []
    for name, colour in names:
        parts += [_line(x, y - 4, x + 18, y - 4, colour, 3), _text(x + 24, y, name)]
        x += 44 + 6.6 * len(name)
    return parts


def bars(title: str, entries: Sequence[Bar], unit: str = "mm", target: float | None = None) -> str:
    """Draw horizontal bars with intervals, one below the other."""
    left, width, step, top = 190.0, 420.0, 19.0, 52.0
    marks = ticks(max((bar.high or bar.value or 0 for bar in entries), default=1.0))
    height = top + step * len(entries) + 16

    def at(value: float) -> float:
        return left + width * value / marks[-1]

    parts = [_text(16, 22, title, weight="bold")]
    for mark in marks:
        parts += [
            _line(at(mark), top - 8, at(mark), height - 14),
            _text(at(mark), top - 14, f"{mark:g}", "middle", GREY),
        ]
    parts.append(_text(left + width + 14, top - 14, unit, "start", GREY))
    if target is not None:
        parts.append(_line(at(target), top - 8, at(target), height - 14, GREY, 1.5))
    for row, bar in enumerate(entries):
        middle = top + step * (row + 0.5)
        if bar.value is None:
            parts.append(_text(16, middle + 4, bar.name, weight="bold"))
            continue
        parts.append(_text(left - 10, middle + 4, bar.name, "end"))
        box = f'x="{left:.1f}" y="{middle - 6:.1f}" width="{at(bar.value) - left:.1f}" height="12"'
        parts.append(f'<rect {box} fill="{bar.colour}" rx="2"/>')
        end = bar.value
        if bar.low is not None and bar.high is not None:
            parts.append(_line(at(bar.low), middle, at(bar.high), middle, INK, 1.5))
            end = max(bar.high, bar.value)
        # A white patch keeps the number readable where it crosses a line.
        parts.append(f'<rect x="{at(end) + 4:.1f}" y="{middle - 7:.1f}" width="34" height="14" fill="white"/>')
        parts.append(_text(at(end) + 7, middle + 4, f"{bar.value:.2f}", colour=GREY))
    return picture(left + width + 70, height, parts)
