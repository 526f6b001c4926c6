"""The figures of a database on one sheet: blue bars are scans, green ones are people, vermilion is what needs somebody.

Lengths in pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from textwrap import wrap

from PIL import Image, ImageDraw

from lineament.bench.charts import BLUE, FAINT, GREEN, INK, VERMILION, ticks
from lineament.database.stats import SOON, Stats
from lineament.picture.landmarks import font
from lineament.picture.sheets import PAPER_COLOR

WIDTH, EDGE, GAP = 2000, 72, 64
ROW, TITLE = 44, 66
MOST = 20
"""Bars in a panel; what is left is one bar more."""
PALE = "#666D76"
_STATES = {"accepted": BLUE, "quarantined": "#E69F00", "rejected": VERMILION}
_JOBS = {"done": BLUE, "running": "#56B4E9", "waiting": "#C9CED6", "failed": VERMILION}


@dataclass(frozen=True)
class _Panel:
    """Something with a title that knows how high it is, and draws itself at a place of a width."""

    title: str
    height: int
    draw: Callable[[ImageDraw.ImageDraw, int, int, int], None]


def draw_stats(stats: Stats) -> Image.Image:
    """Draw the figures of a database.

    Parameters
    ----------
    stats : Stats

    Returns
    -------
    Image
        2000 pixels wide; as high as there is something to tell.
    """
    scans = {name: {group: count.scans for group, count in groups.items()} for name, groups in stats.counts.items()}
    people = {law: count.people for law, count in stats.counts["jurisdiction"].items()}
    columns = [
        [_bars("Expressions, scans", scans["expression"])],
        [
            _bars("Modalities, scans", scans["modality"]),
            _bars("Devices, scans", scans["device"], most=8),
            _stacks("Jobs", stats.jobs, _JOBS),
        ],
        [
            _bars("Allowed today, people", stats.purposes if stats.people else {}, of=stats.people),
            _bars("Under which law, people", people, of=stats.people),
            _releases(stats),
        ],
    ]
    columns = [[panel for panel in column if panel.height] for column in columns]
    body = max(sum(TITLE + panel.height + GAP for panel in column) for column in columns)
    ending = _ending(stats)
    alarms = [wrap(alarm, 135) for alarm in stats.alarms]
    top = 330 + sum(36 * len(lines) + 20 for lines in alarms) + (20 if alarms else 0)
    height = top + 130 + body + TITLE + ending.height + EDGE
    sheet = Image.new("RGB", (WIDTH, height), PAPER_COLOR)
    draw = ImageDraw.Draw(sheet)
    _heading(draw, stats)
    _warn(draw, alarms, 330)
    _share_of_states(draw, stats, top)
    width = (WIDTH - 2 * EDGE - 2 * GAP) // 3
    for place, column in enumerate(columns):
        x, y = EDGE + place * (width + GAP), top + 130
        for panel in column:
            _put(draw, panel, x, y, width)
            y += TITLE + panel.height + GAP
    _put(draw, ending, EDGE, top + 130 + body, WIDTH - 2 * EDGE)
    return sheet


def _put(draw: ImageDraw.ImageDraw, panel: _Panel, x: int, y: int, width: int) -> None:
    draw.text((x, y + 26), panel.title, fill=INK, font=font(30), anchor="ls")
    draw.line((x, y + 44, x + width, y + 44), fill=FAINT, width=3)
    panel.draw(draw, x, y + TITLE, width)


def _heading(draw: ImageDraw.ImageDraw, stats: Stats) -> None:
    draw.text((EDGE, 102), "The database", fill=INK, font=font(52), anchor="ls")
    when = f"{stats.at[:10]}, {stats.at[11:16]} UTC"
    draw.text((WIDTH - EDGE, 84), when, fill=INK, font=font(28), anchor="rs")
    draw.text((WIDTH - EDGE, 122), f"what {stats.actor} may find", fill=PALE, font=font(26), anchor="rs")
    live = sum(each.state == "published" for each in stats.releases)
    figures = (
        (f"{stats.people:,}", "person" if stats.people == 1 else "people", GREEN),
        (f"{stats.scans:,}", "scan" if stats.scans == 1 else "scans", BLUE),
        (_size(stats.bytes), "on the disk", INK),
        (f"{live:,}", "release" if live == 1 else "releases", INK),
    )
    step = (WIDTH - 2 * EDGE) / len(figures)
    for place, (number, what, colour) in enumerate(figures):
        x = EDGE + place * step
        draw.text((x, 238), number, fill=colour, font=font(84), anchor="ls")
        draw.text((x + 4, 280), what, fill=PALE, font=font(28), anchor="ls")


def _warn(draw: ImageDraw.ImageDraw, alarms: Iterable[Sequence[str]], y: int) -> None:
    for lines in alarms:
        draw.rectangle((EDGE, y, EDGE + 8, y + 36 * len(lines)), fill=VERMILION)
        for place, line in enumerate(lines):
            draw.text((EDGE + 28, y + 36 * place + 27), line, fill=INK, font=font(26), anchor="ls")
        y += 36 * len(lines) + 20


def _share_of_states(draw: ImageDraw.ImageDraw, stats: Stats, y: int) -> None:
    """Draw one bar across the sheet: which part of the scans is accepted, in quarantine, rejected."""
    total = max(sum(stats.states.values()), 1)
    _stack(draw, EDGE, y, WIDTH - 2 * EDGE, 26, stats.states, _STATES, total)
    x = float(EDGE)
    for state, many in stats.states.items():
        x = _key(draw, x, y + 56, f"{many:,} {state} ({_percent(many, total)})", _STATES.get(state, PALE))


def _bars(title: str, counts: Mapping[str, int], *, most: int = MOST, of: int = 0) -> _Panel:
    """Return bars of scans; with `of`, of people on a track that is as long as all of them."""
    shown = dict(list(counts.items())[:most])
    if len(counts) > most:
        shown[f"{len(counts) - most} more"] = sum(list(counts.values())[most:])
    largest = max([of, *shown.values()]) or 1

    def draw(on: ImageDraw.ImageDraw, x: int, y: int, width: int) -> None:
        names = min(max((round(on.textlength(name, font=font(24))) for name in shown), default=0), width // 2 - 20) + 16
        room = width - names - round(on.textlength(f"{largest:,}", font=font(24))) - 14
        for place, (name, count) in enumerate(shown.items()):
            middle, left = y + ROW * place + ROW // 2, x + names
            on.text((left - 16, middle), _cut(on, name, 24, names - 16), fill=INK, font=font(24), anchor="rm")
            if of:
                on.rectangle((left, middle - 12, left + room, middle + 12), fill=FAINT)
            end = left + max(round(room * count / largest), 3 if count else 0)
            if count:
                on.rectangle((left, middle - 12, end, middle + 12), fill=GREEN if of else BLUE)
            at = left + room if of else end
            on.text((at + 12, middle), f"{count:,}", fill=PALE, font=font(24), anchor="lm")

    return _Panel(title, ROW * len(shown), draw)


def _stacks(title: str, table: Mapping[str, Mapping[str, int]], colours: Mapping[str, str]) -> _Panel:
    """Return a bar for each row of a table, in parts, with the key of colours below."""

    def draw(on: ImageDraw.ImageDraw, x: int, y: int, width: int) -> None:
        names = min(max(round(on.textlength(name, font=font(24))) for name in table), width // 2 - 20) + 16
        for place, (name, counts) in enumerate(table.items()):
            middle, total = y + ROW * place + ROW // 2, sum(counts.values())
            on.text((x + names - 16, middle), _cut(on, name, 24, names - 16), fill=INK, font=font(24), anchor="rm")
            room = width - names - round(on.textlength(f"{total:,}", font=font(24))) - 14
            _stack(on, x + names, middle - 12, room, 24, counts, colours, total)
            on.text((x + names + room + 12, middle), f"{total:,}", fill=PALE, font=font(24), anchor="lm")
        at, present = float(x), {state for counts in table.values() for state in counts}
        for state, colour in colours.items():
            if state in present:
                at = _key(on, at, y + ROW * len(table) + 26, state, colour)

    return _Panel(title, ROW * len(table) + 44 if table else 0, draw)


def _releases(stats: Stats, most: int = 6) -> _Panel:
    shown = stats.releases[:most]

    def draw(on: ImageDraw.ImageDraw, x: int, y: int, width: int) -> None:
        for place, each in enumerate(shown):
            middle = y + ROW * place + ROW // 2
            live = each.state == "published"
            copies = "1 copy" if each.exports == 1 else f"{each.exports:,} copies"
            facts = f"{each.scans:,} scans" + (f", {copies} handed out" if each.exports else "")
            facts = facts if live else "tombstoned"
            room = width - round(on.textlength(facts, font=font(24))) - 20
            name = _cut(on, f"{each.name} {each.version}", 24, room)
            on.text((x, middle), name, fill=INK if live else PALE, font=font(24), anchor="lm")
            on.text((x + width, middle), facts, fill=PALE, font=font(24), anchor="rm")

    return _Panel("Releases", ROW * len(shown), draw)


def _ending(stats: Stats) -> _Panel:
    """Return a bar for each week to come: people whose consent, or whose time of keeping, ends in it."""
    today = date.fromisoformat(stats.at[:10])
    weeks = SOON // 7 + 1
    title = f"Ends in the next {SOON} days, people in the week from each day"
    lines = [_by_week(days, today, weeks) for days in (stats.consents_ending, stats.retention_ending)]
    if not any(map(any, lines)):
        return _Panel(
            title, ROW, lambda on, x, y, _: on.text((x, y + 22), "Nothing.", fill=PALE, font=font(24), anchor="lm")
        )
    marks = ticks(max(max(line) for line in lines), most=4)
    plot = 220

    def draw(on: ImageDraw.ImageDraw, x: int, y: int, width: int) -> None:
        left, step = x + 70, (width - 70) / weeks
        for mark in marks:
            if mark == int(mark):
                level = y + 10 + plot * (1 - mark / marks[-1])
                on.line((left, level, x + width, level), fill=FAINT, width=2)
                on.text((left - 14, level), f"{mark:,.0f}", fill=PALE, font=font(22), anchor="rm")
        for week in range(weeks):
            begin = today + timedelta(days=7 * week)
            at = left + step * week + 18
            for place, (line, colour) in enumerate(zip(lines, (GREEN, VERMILION), strict=True)):
                bar = (step - 36) / 2
                tall = plot * line[week] / marks[-1]
                if line[week]:
                    on.rectangle(
                        (at + place * bar, y + 10 + plot - tall, at + (place + 1) * bar - 4, y + 10 + plot), fill=colour
                    )
            on.text((at + (step - 36) / 2, y + plot + 42), f"{begin:%d %b}", fill=PALE, font=font(22), anchor="ms")
        at = _key(on, float(left), y + plot + 84, "a consent to a purpose ends", GREEN)
        _key(on, at, y + plot + 84, "may not be kept any longer", VERMILION)

    return _Panel(title, plot + 110, draw)


def _by_week(days: Mapping[str, int], today: date, weeks: int) -> list[int]:
    counts = [0] * weeks
    for day, many in days.items():
        counts[min(max((date.fromisoformat(day) - today).days // 7, 0), weeks - 1)] += many
    return counts


def _stack(
    draw: ImageDraw.ImageDraw, x: int, y: int, width: int, height: int, counts: Mapping[str, int],
    colours: Mapping[str, str], total: int,
) -> None:  # fmt: skip
    """Draw parts of a whole one after the other; each that is there is seen."""
    draw.rectangle((x, y, x + width, y + height), fill=FAINT)
    left, sofar = x, 0
    for name in sorted(counts, key=list(colours).index):
        sofar += counts[name]
        end = x + round(width * sofar / total)
        if counts[name]:
            left = min(left, x + width - 4)
            end = max(end, left + 4)
            draw.rectangle((left, y, end, y + height), fill=colours[name])
            left = end + 3


def _key(draw: ImageDraw.ImageDraw, x: float, y: float, text: str, colour: str) -> float:
    """Draw a colour and what it means, the middle at `y`; return where the next one goes."""
    draw.rectangle((x, y - 9, x + 18, y + 9), fill=colour)
    draw.text((x + 28, y), text, fill=INK, font=font(24), anchor="lm")
    return x + 28 + float(draw.textlength(text, font=font(24))) + 40


def _cut(draw: ImageDraw.ImageDraw, text: str, size: int, width: float) -> str:
    """Return as much of a text as has room, in one line."""
    text = " ".join(text.split())
    if draw.textlength(text, font=font(size)) <= width:
        return text
    while text and draw.textlength(text + "…", font=font(size)) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.0f} %" if share in (0, 100) or 1 <= share <= 99 else f"{share:.2g} %" if share < 1 else ">99 %"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
