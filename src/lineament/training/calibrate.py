"""Expected errors that mean what they say: the networks' own, times a factor measured on virtual scans.

Symbols: L landmarks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from lineament.detect.answers import bound
from lineament.detect.detector import Detector
from lineament.errors import NoFaceError
from lineament.face.model import load_face_model
from lineament.synth.scans import VirtualScanner
from lineament.training.export import write_card
from lineament.types import Scan

SEED = 2_000_003
"""Virtual people that calibrate; nothing is trained or tested on them."""
SCANS = 320
SHARE = 0.9
"""This share of the errors shall lie inside its bound."""


def measure(networks: Path, scans: int = SCANS) -> tuple[np.ndarray, np.ndarray]:
    """Detect all landmarks on virtual scans in the face frame.

    Returns
    -------
    errors, sigmas : (scans that were found, L) mm
    """
    model = load_face_model()
    sets = tuple(model.landmark_sets)
    scanner, detector = VirtualScanner(model, SEED), Detector(networks=networks)
    errors, sigmas = [], []
    for _ in track(range(scans // 8), description="calibrating"):
        for scan in scanner.faces(8):
            try:
                found = detector.detect(Scan(scan.points.numpy(), unit="mm"), sets).landmarks
            except NoFaceError:
                continue
            truth = scan.landmarks.numpy()  # type: ignore[union-attr]
            errors.append(np.linalg.norm(np.concatenate([found[name].xyz for name in sets]) - truth, axis=1))
            sigmas.append(np.concatenate([found[name].sigma for name in sets]))
    return np.array(errors), np.array(sigmas)


def calibrate(networks: Path, scans: int = SCANS) -> dict[str, Any]:
    """Set the factor of the last network's card so that `SHARE` of all errors lie inside their bound.

    Parameters
    ----------
    networks : Path
        A folder that `export` wrote all networks to.
    scans : int

    Returns
    -------
    dict
        What was added to the card: the factor, and errors in mm of the 51 inner iBUG points. Networks that find no face
        in any scan, as after a few steps of training, get no factor.
    """
    path = networks / "refine.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    errors, sigmas = measure(networks, scans)
    if not len(errors):
        return {}
    factor = card["sigma_factor"] * float(np.quantile(errors / sigmas, SHARE)) / bound(SHARE)
    inner = errors[:, 17:68]
    added = {
        "sigma_factor": factor,
        "calibration": {
            "scans": len(errors),
            "seed": SEED,
            "inner_mean_mm": float(inner.mean()),
            "inner_median_mm": float(np.median(inner)),
            "inner_p95_mm": float(np.quantile(inner, 0.95)),
            "all_mean_mm": float(errors.mean()),
        },
    }
    write_card(path, card | added)
    return added
