"""What became of one scan of a benchmark, and how it is kept in a report.

Symbols: L landmarks of the report, in its order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

FAILED = 10.0
"""A scan with a larger mean error of its inner points counts as a failure, mm."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """One scan and how far off its landmarks are.

    Attributes
    ----------
    protocol, point : str
        Such as `noise` and `0.5`; `point` is empty where a protocol has one condition.
    name : str
        Unique in its protocol and point; the same scan has the same name in every report of one seed.
    tags : dict
        What the scan can be grouped by: sensor, origin, sex, age, subject.
    points : int
        Points of the scan.
    size : float, in the scan's unit
        Extent of the true landmarks: tells whether two reports speak of the same scan.
    reason : str
        Why there is no result; empty where there is one.
    unit_right : bool or None
        Whether the unit was found; None where it is not known.
    error, sigma : (L,) float64, mm, or None
        Distance to the truth (NaN where there is none) and the expected error.
    shown, said : (L,) bool, or None
        Whether the scan shows the point, and whether the detector says so.
    """

    protocol: str
    point: str
    name: str
    tags: dict[str, str] = field(default_factory=dict)
    points: int = 0
    size: float = 0.0
    reason: str = ""
    unit_right: bool | None = None
    error: Array | None = None
    sigma: Array | None = None
    shown: npt.NDArray[np.bool_] | None = None
    said: npt.NDArray[np.bool_] | None = None

    @property
    def key(self) -> str:
        return f"{self.protocol}/{self.point}/{self.name}"


def to_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON values: micrometres would be noise, so errors have three decimals."""
    return {
        "protocol": outcome.protocol,
        "point": outcome.point,
        "name": outcome.name,
        "tags": outcome.tags,
        "points": outcome.points,
        "size": float(f"{outcome.size:.6g}"),
        "reason": outcome.reason,
        "unit_right": outcome.unit_right,
        "error": _numbers(outcome.error),
        "sigma": _numbers(outcome.sigma),
        "shown": _flags(outcome.shown),
        "said": _flags(outcome.said),
    }


def from_json(values: dict[str, Any]) -> Outcome:
    """Return the outcome that `to_json` wrote; raises KeyError, TypeError or ValueError for anything else."""
    return Outcome(
        protocol=str(values["protocol"]),
        point=str(values["point"]),
        name=str(values["name"]),
        tags={str(key): str(value) for key, value in values["tags"].items()},
        points=int(values["points"]),
        size=float(values["size"]),
        reason=str(values["reason"]),
        unit_right=values["unit_right"],
        error=_array(values["error"]),
        sigma=_array(values["sigma"]),
        shown=_booleans(values["shown"]),
        said=_booleans(values["said"]),
    )


def _numbers(values: Array | None) -> list[float | None] | None:
    if values is None:
        return None
    return [None if np.isnan(value) else round(float(value), 3) for value in values]


def _array(values: Any) -> Array | None:
    if values is None:
        return None
    return np.array([np.nan if value is None else float(value) for value in values])


def _flags(values: npt.NDArray[np.bool_] | None) -> str | None:
    return None if values is None else "".join("1" if value else "0" for value in values)


def _booleans(text: Any) -> npt.NDArray[np.bool_] | None:
    return None if text is None else np.array([letter == "1" for letter in text], dtype=np.bool_)
