"""What a benchmark holds fixed about virtual scans."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """What a benchmark holds fixed; None leaves it to chance."""

    origin: str | None = None
    """Name from `people.ORIGINS`."""
    sex: str | None = None
    """Name from `people.SEXES`."""
    age: str | None = None
    """Name from `people.AGES`."""
    sensor: str | None = None
    """Name of a `sensors.Sensor`."""
    yaw: float | None = None
    """A single view turned this far, degrees; 0 is frontal."""
    noise: float | None = None
    """Independent noise, one standard deviation, mm."""
    points: int | None = None
    """Points left on the scan."""
    hidden: float | None = None
    """Share (0 to 1) of the face's area lost in holes."""
    clean: bool = False
    """Frontal, sharp, bare skin, no clutter, hair, holes, noise or smear; eyes and mouth still vary."""
