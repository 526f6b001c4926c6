"""Tables of people that leave the house: no cell tells of so few that one of them could be found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lineament.database.releases.groups import SMALL

FEW = f"<{SMALL}"
HIDDEN = f"≥{SMALL}"
_MARKUP = re.compile(r"([\\`*_\[\]<>|#])")


def hide(table: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, str]]:
    """Return a table with its small cells hidden, and with so many others that no sum gives one away.

    Cells of 1 to 4 people become `<5`. Where that is the only one of its row or column, the smallest other one becomes
    `≥5`, for a total minus the rest would be the hidden number. Bounds that follow from sums are not removed.

    Parameters
    ----------
    table : mapping
        Row, column: people. A column of sums may be among them; what is missing is 0.
    """
    columns = list(dict.fromkeys(column for row in table.values() for column in row))
    counts = {(name, column): row.get(column, 0) for name, row in table.items() for column in columns}
    hidden = {place for place, count in counts.items() if 0 < count < SMALL}
    lines = [[(name, column) for column in columns] for name in table]
    lines += [[(name, column) for name in table] for column in columns]
    changed = True
    while changed:
        changed = False
        for line in lines:
            others = [place for place in line if counts[place] and place not in hidden]
            if others and sum(place in hidden for place in line) == 1:
                hidden.add(min(others, key=lambda place: counts[place]))
                changed = True
    return {
        name: {column: _shown(counts[name, column], (name, column) in hidden) for column in columns} for name in table
    }


def _shown(count: int, hidden: bool) -> str:
    if not hidden:
        return f"{count:,}"
    return FEW if count < SMALL else HIDDEN


def told(number: str, *cells: str) -> str:
    """Return a number that goes with cells of a table, unless one of them is hidden."""
    return "not told" if {FEW, HIDDEN} & set(cells) else number


def plain(text: Any) -> str:
    """Return a text in one line, its signs without their meaning in Markdown and HTML."""
    return _MARKUP.sub(r"\\\1", " ".join(str(text).split()))


def bullets(*lines: str) -> str:
    """Return a list in Markdown; lines that begin with two blanks belong to the one before."""
    return "\n".join(f"  - {line.strip()}" if line.startswith("  ") else f"- {line}" for line in lines)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; its cells are taken as plain text."""
    lines = [[plain(cell) for cell in cells] for cells in (header, *rows)]
    lines.insert(1, ["---"] * len(header))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
