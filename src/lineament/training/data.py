"""Batches from shards, each scan shown from a new, slightly wrong pose, sometimes in the mirror.

Symbols: B batch, N points, L landmarks. Network units: 100 mm from `FACE_CENTRE`.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lineament.detect.features import FACE_CENTRE, NETWORK_UNIT
from lineament.errors import InputError
from lineament.synth.sensors import rotation_about
from lineament.training.shards import FINE, GRAPH, WIDE, Arrays

HELD_OUT = 4
"""Shards that no network is trained on."""
MIRROR = torch.tensor([-1.0, 1.0, 1.0])


class ShardPool:
    """Keeps the newest shards of a folder in memory and draws scans from all of them."""

    def __init__(self, folder: Path, seed: int, largest: int = 500, test: bool = False) -> None:
        self.folder, self.test = folder, test
        self.rng = np.random.default_rng(seed)
        self.shards: deque[Arrays] = deque(maxlen=largest)
        self.read: set[Path] = set()
        self.refresh()
        if not self.shards:
            raise InputError(f"{folder} holds no shards; draw some first")

    def refresh(self) -> None:
        """Read shards that have come since; the first `HELD_OUT` belong to the test side alone."""
        for path in sorted(self.folder.glob("shard_*.npz")):
            number = int(path.stem.split("_")[1])
            if path not in self.read and (number < HELD_OUT) == self.test:
                with np.load(path) as file:
                    self.shards.append({name: file[name] for name in file.files})
                self.read.add(path)

    def draw(self, count: int, prefix: str = "") -> dict[str, np.ndarray]:
        """Draw `count` records whose arrays' names begin with `prefix`."""
        names = [
            name for name in self.shards[0] if name.startswith(prefix) and (prefix or not name.startswith("faceless_"))
        ]
        rows = []
        for _ in range(count):
            shard = self.shards[int(self.rng.integers(len(self.shards)))]
            row = int(self.rng.integers(len(shard[names[0]])))
            rows.append({name.removeprefix(prefix): shard[name][row] for name in names})
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def random_pose(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw pose errors: rotation (B, 3, 3), shift (B, 1, 3) in network units, size (B, 1, 1).

    Half are as large as the coarse network leaves them, half as small as after the first pass.
    """
    large = (torch.rand(count, generator=generator) < 0.5).float()

    def normal(small: float, big: float, *shape: int) -> Tensor:
        spread = (small + (big - small) * large).view(count, *[1] * len(shape))
        return torch.randn(count, *shape, generator=generator) * spread

    angles = torch.deg2rad(normal(2.0, 8.0, 3))
    turn = rotation_about(0, angles[:, 0]) @ rotation_about(1, angles[:, 1]) @ rotation_about(2, angles[:, 2])
    return turn, normal(0.01, 0.07, 1, 3), torch.exp(normal(0.012, 0.05, 1, 1))


def face_batch(pool: ShardPool, count: int, generator: torch.Generator, augment: bool = True) -> dict[str, Tensor]:
    """Return a batch for CF-GAT: `geometry`, graphs, `landmarks` (B, L, 3), `visible` (B, L), `mirrored` (B,)."""
    record = pool.draw(count)
    centre = torch.from_numpy(FACE_CENTRE)
    points = (torch.from_numpy(record["points"]).float() * FINE - centre) / NETWORK_UNIT
    marks = (torch.from_numpy(record["landmarks"]).float() * FINE - centre) / NETWORK_UNIT
    normals = torch.from_numpy(record["normals"]).float() / 127
    curvature = torch.from_numpy(record["curvature"]).float()
    turn, shift, size = random_pose(count, generator)
    mirrored = torch.rand(count, generator=generator) < 0.5
    if not augment:
        mirrored = torch.zeros_like(mirrored)
    flip = torch.where(mirrored[:, None, None], MIRROR, torch.ones(3))
    points, marks, normals = points * flip, marks * flip, normals * flip
    points, marks = (x @ turn.transpose(1, 2) * size + shift for x in (points, marks))
    normals = normals @ turn.transpose(1, 2)
    graphs = {name: torch.from_numpy(record[name].astype(np.int64)) for name in GRAPH}
    return {
        "geometry": torch.cat([points, normals, curvature], -1),
        **graphs,
        "landmarks": marks,
        "visible": torch.from_numpy(record["visible"]),
        "mirrored": mirrored,
    }


def whole_batch(pool: ShardPool, count: int, faceless: int) -> dict[str, Tensor]:
    """Return a batch for the coarse network: faces, then scans without one."""
    face, other = pool.draw(count), pool.draw(faceless, "faceless_")
    names = ["points", "normals", "on_face", "scale", "centre", *GRAPH]
    record = {name: np.concatenate([face[f"whole_{name}"], other[f"whole_{name}"]]) for name in names}
    places = torch.from_numpy(record["points"]).float() * WIDE
    scale = torch.from_numpy(record["scale"]).float()[:, None, None]
    return {
        "points": (places - torch.from_numpy(record["centre"]).float()[:, None]) / scale,
        "normals": torch.from_numpy(record["normals"]).float() / 127,
        **{name: torch.from_numpy(record[name].astype(np.int64)) for name in GRAPH},
        "places": (places - torch.from_numpy(FACE_CENTRE)) / NETWORK_UNIT,
        "on_face": torch.from_numpy(record["on_face"]),
        "found": torch.cat([torch.ones(count), torch.zeros(faceless)]),
    }
