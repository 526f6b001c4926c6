"""Build src/lineament/assets/shape_prior.npz: how neutral virtual people differ, as principal components.

    python tools/build_shape_prior.py            draws 6,000 people (some minutes on one core)
    python tools/build_shape_prior.py --verify   how well it explains 480 people that it was not built from

The people are those of `lineament.synth.people` without expression: ICT-FaceKit's modes (MIT), MakeHuman's shapes
(CC0), local changes, proportions after ANSUR II. What is learned from them is the package's own.

Symbols: N people, V model vertices, K modes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from rich.progress import track

from lineament.face.model import load_face_model
from lineament.face.prior import FINE, load_shape_prior
from lineament.synth import people
from lineament.types import Floats

ASSET = Path(__file__).parents[1] / "src" / "lineament" / "assets" / "shape_prior.npz"
PEOPLE, MODES = 6_000, 200
SEED, VERIFY_SEED = 7_000_003, 7_000_033
AT_ONCE = 40


def neutral_people(count: int, seed: int) -> Floats:
    """Draw people without expression (N, V, 3), mm, face frame."""
    face = people.TorchFace.from_model(load_face_model())
    generator = torch.Generator().manual_seed(seed)
    people.random_expressions = lambda names, amount, _: torch.zeros(amount, len(names))
    parts = [
        people.random_people(face, AT_ONCE, generator).vertices.numpy()
        for _ in track(range(count // AT_ONCE), description="people")
    ]
    return np.concatenate(parts)


def components(shapes: Floats) -> tuple[Floats, Floats]:
    """Return the mean (V, 3) and the first modes (K, V, 3), each one standard deviation long."""
    flat = shapes.reshape(len(shapes), -1)
    mean = flat.mean(axis=0)
    rest = flat - mean
    _, vectors = np.linalg.eigh((rest @ rest.T).astype(np.float64))
    largest = vectors[:, ::-1][:, :MODES].astype(np.float32)
    modes = largest.T @ rest / np.sqrt(len(shapes) - 1)
    # The sign is free: the largest component of each is positive, so that a rebuild gives the same file.
    sign = np.sign(modes[np.arange(MODES), np.abs(modes).argmax(axis=1)])
    return mean.reshape(-1, 3), (modes * sign[:, None]).reshape(MODES, -1, 3)


def build() -> None:
    """Draw, decompose, write."""
    mean, modes = components(neutral_people(PEOPLE, SEED))
    largest = np.abs(modes).max(axis=(1, 2))
    step = (largest / np.where(np.arange(MODES) < FINE, 32767, 127)).astype(np.float32)
    steps = np.rint(modes / step[:, None, None])
    arrays = {"mean": mean, "fine": steps[:FINE].astype(np.int16), "coarse": steps[FINE:].astype(np.int8), "step": step}
    np.savez_compressed(ASSET, **arrays)
    print(f"{ASSET.name}: {ASSET.stat().st_size / 1e6:.1f} MB")


def verify() -> None:
    """Print how far people are from their best approximation."""
    prior = load_shape_prior()
    shapes = neutral_people(480, VERIFY_SEED).reshape(480, -1) - prior.mean.reshape(-1)
    modes = prior.modes.reshape(MODES, -1)
    for count in (50, 100, MODES):
        weights = np.linalg.lstsq(modes[:count].T, shapes.T, rcond=None)[0]
        rest = (shapes - weights.T @ modes[:count]).reshape(480, -1, 3)
        print(f"{count} modes: {np.sqrt(np.square(rest).sum(2).mean()):.3f} mm RMS; weights {weights.std():.2f} sd")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verify", action="store_true")
    verify() if parser.parse_args().verify else build()
