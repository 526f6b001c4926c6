"""Figures of many outcomes, each with the interval that drawing other scans would put it in.

Symbols: S scans, L landmarks. Millimetres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from lineament.bench.outcome import FAILED, Array, Outcome
from lineament.detect.answers import bound

RESAMPLES = 500
CONFIDENCE = 0.95
MOST_AT_ONCE = 2_000_000
"""Numbers of a bootstrap in memory at the same time."""
LEAST_SCANS = 5
"""Fewer scans give no interval: drawing them again says nothing of others."""
NOMINAL = (0.5, 0.8, 0.9, 0.95)
"""Shares of the errors that bounds from sigma should hold."""
WITHIN = (2.0, 4.0)
"""Distances at which a landmark counts as right, mm."""


@dataclass(frozen=True)
class Figure:
    """A number and its 95 % interval, as a rule by bootstrap over scans, where it is NaN below `LEAST_SCANS`."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """How well the landmarks of a set of scans were found.

    Attributes
    ----------
    scans : int
    found : int
        Scans that did not fail; the errors are theirs alone.
    not_found, off : int
        Failures: no face found, or a mean error of the inner points above `FAILED`.
    mean, median, p95 : Figure, mm; None without any error
        Over all landmarks of the scans that did not fail.
    within_2, within_4 : Figure
        Share of the landmarks of all scans that are found that close; those of failed scans are not.
    sigma : float or None
        Mean expected error of the same landmarks, mm.
    """

    scans: int
    found: int
    not_found: int
    off: int
    mean: Figure | None
    median: Figure | None
    p95: Figure | None
    within_2: Figure
    within_4: Figure
    sigma: float | None

    @property
    def failures(self) -> Figure:
        """Share of the scans that failed, with its exact 95 % interval (Clopper and Pearson 1934)."""
        return share_of(self.not_found + self.off, self.scans)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "failures": asdict(self.failures)}


def share_of(hits: int, of: int) -> Figure:
    """Return a share with its exact interval, which a bootstrap cannot give where nothing was hit."""
    tail = (1 - CONFIDENCE) / 2
    low = float(betaincinv(hits, of - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, of - hits, 1 - tail)) if hits < of else 1.0
    return Figure(hits / of, low, high)


def failed(outcome: Outcome, inner: npt.NDArray[np.intp]) -> bool:
    """Tell whether a scan failed: no face found, or its inner points (places `inner`) far off in the mean."""
    if outcome.error is None:
        return True
    own = outcome.error[inner] if len(inner) and not np.isnan(outcome.error[inner]).all() else outcome.error
    return bool(np.nanmean(own) > FAILED)


def summarise(
    outcomes: Sequence[Outcome],
    places: npt.NDArray[np.intp],
    inner: npt.NDArray[np.intp],
    shown: bool | None = None,
) -> Summary | None:
    """Return the figures of some landmarks of some scans.

    Parameters
    ----------
    outcomes : sequence of Outcome
    places : (P,) int
        Landmarks that are scored.
    inner : (I,) int
        Landmarks by which a scan fails.
    shown : bool or None
        Only those that the scan shows, or only those that it does not.

    Returns
    -------
    Summary or None
        None where no landmark is to be scored.
    """
    rows, sigmas, asked = [], [], []
    not_found = off = 0
    for outcome in outcomes:
        if outcome.error is None:
            not_found += 1
            # How many points it has of this kind is not known of a real scan; of a virtual one it is.
            asked.append(_chosen(outcome, places, shown).sum() if outcome.shown is not None else len(places))
            rows.append(np.empty(0))
            continue
        keep = _chosen(outcome, places, shown) & ~np.isnan(outcome.error[places])
        asked.append(keep.sum())
        if failed(outcome, inner):
            off += 1
            rows.append(np.empty(0))
            continue
        rows.append(outcome.error[places][keep])
        if outcome.sigma is not None:
            sigmas.append(outcome.sigma[places][keep])
    if not sum(asked):
        return None
    values, scan = np.concatenate(rows), np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    weights = bootstrap_weights(len(outcomes))
    totals = np.array(asked, dtype=np.float64)
    shares = [_share(values <= limit, scan, totals, weights) for limit in WITHIN]
    mean = median = p95 = None
    if len(values):
        mean = _mean(values, scan, len(outcomes), weights)
        median, p95 = (_percentile(values, scan, q, weights) for q in (50.0, 95.0))
    sigma = float(np.concatenate(sigmas).mean()) if sum(map(len, sigmas)) else None
    found = len(outcomes) - not_found - off
    return Summary(len(outcomes), found, not_found, off, mean, median, p95, shares[0], shares[1], sigma)


def _chosen(outcome: Outcome, places: npt.NDArray[np.intp], shown: bool | None) -> npt.NDArray[np.bool_]:
    if shown is None:
        return np.ones(len(places), dtype=np.bool_)
    if outcome.shown is None:
        return np.zeros(len(places), dtype=np.bool_)
    return np.asarray(outcome.shown[places] == shown)


def bootstrap_weights(scans: int, seed: int = 0) -> npt.NDArray[np.float64]:
    """Return how often each scan is in each resample, (RESAMPLES, S); no resample of too few scans."""
    if scans < LEAST_SCANS:
        return np.empty((0, scans))
    rng = np.random.default_rng(seed)
    return rng.multinomial(scans, np.full(scans, 1 / scans), size=RESAMPLES).astype(np.float64)


def interval(samples: Array) -> tuple[float, float]:
    """Return the middle `CONFIDENCE` of a bootstrap's samples; NaN are resamples without any value."""
    samples = samples[~np.isnan(samples)]
    if not len(samples):
        return float("nan"), float("nan")
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(samples, [tail, 100 - tail])
    return float(low), float(high)


def _ratio(over: Array, under: Array) -> Array:
    ratio: Array = np.divide(over, under, out=np.full(len(over), np.nan), where=under > 0)
    return ratio


def _mean(values: Array, scan: npt.NDArray[np.intp], scans: int, weights: Array) -> Figure:
    sums, counts = np.bincount(scan, values, scans), np.bincount(scan, minlength=scans).astype(np.float64)
    return Figure(float(values.mean()), *interval(_ratio(weights @ sums, weights @ counts)))


def _share(hits: npt.NDArray[np.bool_], scan: npt.NDArray[np.intp], totals: Array, weights: Array) -> Figure:
    sums = np.bincount(scan, hits.astype(np.float64), len(totals))
    return Figure(float(sums.sum() / totals.sum()), *interval(_ratio(weights @ sums, weights @ totals)))


def _percentile(values: Array, scan: npt.NDArray[np.intp], q: float, weights: Array) -> Figure:
    order = np.argsort(values)
    ranked, owner = values[order], scan[order]
    samples = np.full(len(weights), np.nan)
    step = max(1, MOST_AT_ONCE // len(values))
    for start in range(0, len(weights), step):
        reached = np.cumsum(weights[start : start + step, owner], axis=1)
        total = reached[:, -1:]
        place = (reached >= q / 100 * total).argmax(axis=1)
        samples[start : start + step] = np.where(total[:, 0] > 0, ranked[place], np.nan)
    return Figure(float(np.percentile(values, q)), *interval(samples))


def calibration(
    outcomes: Sequence[Outcome],
    places: npt.NDArray[np.intp],
    inner: npt.NDArray[np.intp],
    shown: bool | None = None,
) -> dict[str, Any] | None:
    """Compare errors with what sigma says of them, over the scans that did not fail.

    Returns
    -------
    dict or None
        `ratio`, mean error over mean sigma; `share`, for each of `NOMINAL` the share of the errors inside the bound,
        with its interval; None where there is nothing to compare.
    """
    rows, scan, errors, sigmas = [], [], [], []
    for index, outcome in enumerate(outcomes):
        if outcome.error is None or outcome.sigma is None or failed(outcome, inner):
            continue
        keep = _chosen(outcome, places, shown) & ~np.isnan(outcome.error[places])
        errors.append(outcome.error[places][keep])
        sigmas.append(outcome.sigma[places][keep])
        rows.append(errors[-1] / sigmas[-1])
        scan.append(np.full(len(rows[-1]), index))
    if not sum(map(len, rows)):
        return None
    ratios, owner = np.concatenate(rows), np.concatenate(scan)
    weights = bootstrap_weights(len(outcomes))
    totals = np.bincount(owner, minlength=len(outcomes)).astype(np.float64)
    shares = {str(share): asdict(_share(ratios <= bound(share), owner, totals, weights)) for share in NOMINAL}
    return {
        "n": len(ratios),
        "ratio": float(np.concatenate(errors).mean() / np.concatenate(sigmas).mean()),
        "share": shares,
    }
