"""A kind of derived data that costs nothing; for the command that runs them."""

from __future__ import annotations

from lineament.database.derive import Product
from lineament.database.kinds import Made, Task
from lineament.detect.detector import Detector


def point(task: Task, detector: Detector | None) -> Made:
    return Made((Product("landmarks", "json", b"{}"),))
