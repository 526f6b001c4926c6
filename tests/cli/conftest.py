from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from lineament.cli import main
from lineament.io.scans import write_scan
from lineament.types import Scan


@pytest.fixture
def fake_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a detector without networks in the place of the real one, in this process and in workers."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    from cli_fake_detector import FakeDetector

    # First the module that has imported the real one, or its import would find the fake and keep it.
    monkeypatch.setattr("lineament.detect.batch.Detector", FakeDetector)
    monkeypatch.setattr("lineament.detect.detector.Detector", FakeDetector)


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run `lineament` with the given words."""

    def call(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words], prog_name="lineament")

    return call


@pytest.fixture
def make_scan() -> Callable[..., Path]:
    """Write a cloud on a sphere of the size of a head."""

    def write(path: Path, count: int = 400, scale: float = 1.0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(count)
        points = rng.normal(size=(count, 3))
        points *= 90 * scale / np.linalg.norm(points, axis=1, keepdims=True)
        return write_scan(Scan(points.astype(np.float32)), path)

    return write
