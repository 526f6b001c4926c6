"""Calibration: the bounds hold the share of the errors that they state."""

from __future__ import annotations

import json
import shutil
from importlib import resources

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lineament.detect.answers import bound  # noqa: E402
from lineament.training.calibrate import SHARE, calibrate, measure  # noqa: E402


def test_a_wrong_factor_is_put_right(tmp_path):
    for name in ("coarse", "cfgat", "refine"):
        for suffix in ("onnx", "json"):
            shutil.copy(str(resources.files("lineament.assets") / f"{name}.{suffix}"), tmp_path)
    card = tmp_path / "refine.json"
    before = json.loads(card.read_text())
    card.write_text(json.dumps(before | {"sigma_factor": 0.2 * before["sigma_factor"]}))
    calibrate(tmp_path, 8)
    errors, sigmas = measure(tmp_path, 8)
    assert (errors < bound(SHARE) * sigmas).mean() == pytest.approx(SHARE, abs=0.01)
    assert np.isfinite(errors).all()
    assert json.loads(card.read_text())["sha256"] == before["sha256"]


def test_networks_that_find_no_face_keep_their_factor(tmp_path, monkeypatch):
    (tmp_path / "refine.json").write_text(json.dumps({"sigma_factor": 1.0}))
    monkeypatch.setattr("lineament.training.calibrate.measure", lambda *_: (np.zeros((0, 654)), np.zeros((0, 654))))
    assert calibrate(tmp_path, 8) == {}
    assert json.loads((tmp_path / "refine.json").read_text()) == {"sigma_factor": 1.0}
