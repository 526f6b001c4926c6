"""What is drawn for a benchmark on virtual people: one condition after another, each scan with a seed of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from zlib import crc32

from lineament.errors import InputError
from lineament.synth.condition import Condition

SENSORS = "sensor"
"""The one sweep whose points are names: of every virtual sensor."""
SWEEPS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "noise": (0, 0.1, 0.2, 0.5, 1, 2),
        "density": (1_000, 2_000, 5_000, 10_000, 30_000, 100_000),
        "occlusion": (0, 0.1, 0.2, 0.3, 0.5),
        "yaw": (0, 20, 40, 60, 80),
    }
)
"""Sweeps over a number, everything else clean: mm of noise, points, share of the face hidden, degrees."""
UNITS: Mapping[str, str] = MappingProxyType(
    {"noise": "mm", "density": "points", "occlusion": "of the face hidden", "yaw": "degrees"}
)
UNSEEN = 2**40
"""Seeds of the benchmark are above this, those of training far below."""
VIRTUAL = ("base", "clean", *SWEEPS, "rotation", SENSORS, "faceless")
"""Protocols on virtual people, in the order of the report."""


@dataclass(frozen=True)
class Case:
    """One virtual scan to draw.

    Attributes
    ----------
    protocol, point : str
        Such as `noise` and `0.5`.
    name : str
        Number of the person, from 0; sweeps go over the same people.
    seed : int
    condition : Condition
    turned : bool
        Put the scan into any rotation, place and unit, as files come.
    face : bool
        False: a scan without a face.
    """

    protocol: str
    point: str
    name: str
    seed: int
    condition: Condition
    turned: bool
    face: bool = True


def plan_virtual(protocols: Sequence[str], count: int, seed: int) -> list[Case]:
    """Return every scan of the protocols.

    Parameters
    ----------
    protocols : sequence of str
        Of `VIRTUAL`.
    count : int
        Scans of `base`; a fifth of it for `clean` and `faceless`, a tenth for each point of a sweep.
    seed : int
        The same seed gives the same scans, however many processes draw them.

    Raises
    ------
    InputError
        A protocol does not exist.
    """
    for name in protocols:
        if name not in VIRTUAL:
            raise InputError(f"there is no protocol {name!r} for virtual people, expected one of {', '.join(VIRTUAL)}")
    fifth, tenth = max(1, count // 5), max(1, count // 10)
    cases: list[Case] = []
    for protocol in protocols:
        if protocol == "base":
            cases += _cases("base", "", Condition(), count, seed, turned=True)
        elif protocol == "clean":
            cases += _cases("clean", "", Condition(clean=True, yaw=0), fifth, seed)
        elif protocol == "faceless":
            cases += _cases("faceless", "", Condition(), fifth, seed, turned=True, face=False)
        elif protocol == "rotation":
            cases += _cases("rotation", "none", Condition(clean=True), tenth, seed)
            cases += _cases("rotation", "any", Condition(clean=True), tenth, seed, turned=True)
        elif protocol == SENSORS:
            for name in _sensor_names():
                cases += _cases(SENSORS, name, Condition(sensor=name), tenth, seed)
        else:
            for value in SWEEPS[protocol]:
                cases += _cases(protocol, _point(value), _swept(protocol, value), tenth, seed)
    return cases


def _swept(protocol: str, value: float) -> Condition:
    if protocol == "noise":
        return Condition(clean=True, noise=value)
    if protocol == "density":
        return Condition(clean=True, points=int(value))
    if protocol == "occlusion":
        return Condition(clean=True, hidden=value)
    return Condition(clean=True, yaw=value)


def _cases(
    protocol: str, point: str, condition: Condition, count: int, seed: int, turned: bool = False, face: bool = True
) -> list[Case]:
    # Each scan has a seed that other counts, points and processes do not change. Not the point: a sweep's people stay.
    return [
        Case(
            protocol, point, str(index), UNSEEN + crc32(f"{seed}/{protocol}/{index}".encode()), condition, turned, face
        )
        for index in range(count)
    ]


def _sensor_names() -> tuple[str, ...]:
    from lineament.synth.sensors import SENSORS as sensors

    return tuple(sensor.name for sensor in sensors)


def _point(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)
