"""Build src/lineament/assets/expression_play.npz: which expressions go together, and how far.

    python tools/build_expression_play.py    some seconds

The mean products of weights over the expressions that virtual people make (`lineament.synth.expressions`), which are
this package's own: no recording of a person was used.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from lineament.face.model import load_face_model
from lineament.synth.expressions import random_expressions

ASSET = Path(__file__).parents[1] / "src" / "lineament" / "assets" / "expression_play.npz"
FACES, SEED = 50_000, 7_000_103


def build() -> None:
    """Draw, multiply, write."""
    names = load_face_model().expression_names
    weights = random_expressions(names, FACES, torch.Generator().manual_seed(SEED)).double()
    products = (weights.T @ weights / FACES).numpy().astype(np.float32)
    np.savez_compressed(ASSET, names=np.array(names), products=products)
    print(f"{ASSET.name}: {ASSET.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    build()
