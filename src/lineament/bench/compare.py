"""Two reports of the same scans, scan by scan: is the second better, and could that be chance?

Differences are second minus first: below zero the second is better. Millimetres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lineament.bench.metrics import Figure, bootstrap_weights, failed, interval
from lineament.bench.outcome import Array, Outcome
from lineament.bench.points import INNER, subsets
from lineament.bench.report import TAGS, read_report
from lineament.errors import InputError

MUST_AGREE = ("dataset", "seed", "protocols", "order", "split", "landmarks")
SAME_SIZE = 3e-4
"""True landmarks of one scan in two reports may differ in extent by this share."""
POOLED = "all protocols"

Pairs = Sequence[tuple[Outcome, Outcome]]


@dataclass(frozen=True)
class Difference:
    """Second minus first over the scans that failed in neither.

    Attributes
    ----------
    title : str
    pairs : int
        Scans in both reports.
    compared : int
        Of them, those that failed in neither report.
    first, second : float, mm
        Mean error over the compared scans.
    difference : Figure or None
        Mean of the scans' differences with its 95 % interval; None where nothing can be compared.
    failed_first, failed_second : int
        Scans that failed in one report alone.
    failures : Figure
        Share of the scans that fail, second minus first.
    """

    title: str
    pairs: int
    compared: int
    first: float
    second: float
    difference: Figure | None
    failed_first: int
    failed_second: int
    failures: Figure

    @property
    def verdict(self) -> str:
        """Whether error or failures moved by more than chance: `better`, `worse`, both, `no difference`, `too few`."""
        figures = [figure for figure in (self.difference, self.failures) if figure is not None]
        if any(np.isnan(figure.low) for figure in figures):
            return "too few"
        words = []
        for figure, name in zip(figures[::-1], ("failures", "error"), strict=False):
            if not figure.low <= 0 <= figure.high:
                words.append(("better" if figure.value < 0 else "worse", name))
        if len({word for word, _ in words}) == 2:
            return ", ".join(f"{name} {word}" for word, name in words)
        return words[0][0] if words else "no difference"


def compare(first: Path, second: Path) -> list[Difference]:
    """Compare two reports: each protocol, then groups of landmarks and tags over the first protocol with tags.

    Raises
    ------
    InputError
        The reports are not of the same scans.
    """
    (about_first, ones), (about_second, others) = read_report(first), read_report(second)
    pairs = match(about_first, ones, about_second, others, f"{first} and {second}")
    groups = subsets(about_first["landmarks"])
    inner = groups.get(INNER, groups["all"])
    protocols = list(dict.fromkeys(one.protocol for one, _ in pairs))
    rows = []
    for protocol in protocols:
        rows.append(difference(protocol, [p for p in pairs if p[0].protocol == protocol], inner, inner))
    main = [pair for pair in pairs if pair[0].protocol == protocols[0]]
    rows += [difference(name, main, places, inner) for name, places in groups.items() if name != INNER]
    for tag in TAGS:
        for value in sorted({one.tags[tag] for one, _ in main if tag in one.tags}):
            chosen = [pair for pair in main if pair[0].tags.get(tag) == value]
            rows.append(difference(f"{tag}: {value}", chosen, inner, inner))
    return rows


def match(
    about_first: dict[str, Any],
    ones: Sequence[Outcome],
    about_second: dict[str, Any],
    others: Sequence[Outcome],
    where: str,
) -> list[tuple[Outcome, Outcome]]:
    """Return the two outcomes of each scan that has a truth.

    Raises
    ------
    InputError
        Dataset, seed, protocols or scans differ.
    """
    for key in MUST_AGREE:
        if about_first.get(key) != about_second.get(key):
            found = f"{about_first.get(key)!r} and {about_second.get(key)!r}" if key != "landmarks" else "not the same"
            raise InputError(f"{where} cannot be compared: {key} is {found}; run both with the same options")
    second = {outcome.key: outcome for outcome in others}
    keys = {outcome.key for outcome in ones}
    if keys != second.keys():
        raise InputError(
            f"{where} cannot be compared: {len(keys)} and {len(second)} scans, {len(keys & second.keys())} of them in "
            "both; run both with the same --count on the same files"
        )
    pairs = [(one, second[one.key]) for one in ones if one.protocol != "faceless"]
    differ = [one.key for one, other in pairs if abs(one.size - other.size) > SAME_SIZE * one.size]
    if differ:
        raise InputError(
            f"{where} cannot be compared: {len(differ)} of {len(pairs)} scans are of other faces (the first is "
            f"{differ[0]}); the people were drawn by different versions, run both benchmarks with one"
        )
    if not pairs:
        raise InputError(f"{where} hold no scan with landmarks to compare")
    return pairs


def difference(title: str, pairs: Pairs, places: npt.NDArray[np.intp], inner: npt.NDArray[np.intp]) -> Difference:
    """Compare the mean errors of some landmarks, scan by scan."""
    good = [(one, other) for one, other in pairs if not failed(one, inner) and not failed(other, inner)]
    means = [[_mean(one, places), _mean(other, places)] for one, other in good]
    errors = np.array(means, dtype=np.float64).reshape(-1, 2)
    errors = errors[~np.isnan(errors).any(axis=1)]
    lost = [(failed(one, inner), failed(other, inner)) for one, other in pairs]
    figure = _mean_of(errors[:, 1] - errors[:, 0]) if len(errors) else None
    first, second = errors.mean(axis=0) if len(errors) else (float("nan"), float("nan"))
    return Difference(
        title, len(pairs), len(errors), float(first), float(second), figure,
        sum(a and not b for a, b in lost), sum(b and not a for a, b in lost),
        _mean_of(np.array([float(b) - float(a) for a, b in lost])),
    )  # fmt: skip


def _mean_of(apart: Array) -> Figure:
    return Figure(float(apart.mean()), *interval(bootstrap_weights(len(apart)) @ apart / len(apart)))


def _mean(outcome: Outcome, places: npt.NDArray[np.intp]) -> float:
    assert outcome.error is not None
    own = outcome.error[places]
    own = own[~np.isnan(own)]
    return float(own.mean()) if len(own) else float("nan")


def verdict(rows: Sequence[Difference]) -> str:
    """Say in a line what the first row, that of the main protocol, means."""
    main = rows[0]
    lost = ""
    if main.failed_first or main.failed_second:
        lost = f"; {main.failed_second} scans fail anew, {main.failed_first} no longer"
    if main.difference is None:
        return f"no difference can be told: no scan of {main.title} succeeded in both{lost}"
    span = f"{main.difference.value:+.3f} mm{_span(main.difference)} on {main.compared} scans of {main.title}"
    return f"{main.verdict}: the second's mean error differs by {span}{lost}"


def _span(figure: Figure) -> str:
    return "" if np.isnan(figure.low) else f" (95 % interval {figure.low:+.3f} to {figure.high:+.3f})"


def table(rows: Sequence[Difference]) -> list[list[str]]:
    """Return the rows as text, with a header."""
    cells = [["", "N", "first", "second", "difference", "95 % interval", "fail: first", "second", ""]]
    for row in rows:
        figure = row.difference
        cells.append(
            [
                row.title, str(row.compared), f"{row.first:.2f}", f"{row.second:.2f}",
                "" if figure is None else f"{figure.value:+.3f}",
                "" if figure is None or np.isnan(figure.low) else f"{figure.low:+.3f} to {figure.high:+.3f}",
                str(row.failed_first), str(row.failed_second), row.verdict,
            ]
        )  # fmt: skip
    return cells
