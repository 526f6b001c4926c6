"""Calibration: the bounds hold the share of the errors that they state."""

from __future__ import annotations

import json
import shutil
from importlib import resources

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lineament.detect.answers import bound  # noqa: E402
from lineament.detect.session import load_network  # noqa: E402
from lineament.training.calibrate import SHARE, calibrate, measure  # noqa: E402


def test_a_wrong_factor_is_put_right(tmp_path):
    for name in ("coarse", "cfgat", "refine"):
        for suffix in ("onnx", "json"):
            shutil.copy(str(resources.files("lineament.assets") / f"{name}.{suffix}"), tmp_path)
    card = tmp_path / "refine.json"
    before = json.loads(card.read_text())
    card.write_text(json.dumps(before | {"sigma_factor": 0.2 * before["sigma_factor"]}))
    calibrate(tmp_path, 8)
    load_network.cache_clear()
    errors, sigmas = measure(tmp_path, 8)
    load_network.cache_clear()
    assert (errors < bound(SHARE) * sigmas).mean() == pytest.approx(SHARE, abs=0.01)
    assert np.isfinite(errors).all()
    assert json.loads(card.read_text())["sha256"] == before["sha256"]
