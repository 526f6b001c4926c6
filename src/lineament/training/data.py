"""Batches from shards, each scan shown from a new, slightly wrong pose, sometimes in the mirror.

Symbols: B batch, N points, L landmarks. Network units: 100 mm from `FACE_CENTRE`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lineament.detect.features import FACE_CENTRE, NETWORK_UNIT
from lineament.detect.patches import PATCH_UNIT, Detail, patches
from lineament.detect.queries import queries
from lineament.errors import InputError
from lineament.face.model import load_face_model
from lineament.synth.sensors import rotation_about
from lineament.training.loop import half_precision
from lineament.training.shards import FINE, GRAPH, RAGGED, WIDE, Arrays

HELD_OUT = 4
"""Shards that no network is trained on."""
MIRROR = torch.tensor([-1.0, 1.0, 1.0])
JITTER = 0.15
"""First answers are moved by a normal step of this share of their expected error: detection refines a mean of two."""


@cache
def all_queries() -> tuple[Tensor, Tensor]:
    """Return every landmark's query (L, 3) and its mirror partner (L,), all sets one after another."""
    sets = load_face_model().landmark_sets
    starts = np.cumsum([0, *(len(chosen) for chosen in sets.values())])
    asked = np.concatenate([queries(name) for name in sets])
    partner = np.concatenate([chosen.mirror + start for chosen, start in zip(sets.values(), starts, strict=False)])
    return torch.from_numpy(asked), torch.from_numpy(partner.astype(np.int64))


TRUTH = ("landmarks", "visible")
PARTS = ("faceless_whole", "whole", "patch", "face")
TOGETHER = {"face": ("truth",), "whole": ("truth",), "faceless_whole": (), "patch": ("face", "truth")}
"""What comes with each part."""


def part_of(name: str) -> str:
    """Tell which of `PARTS` an array of a shard belongs to; `TRUTH` to all."""
    return next((part for part in PARTS if name.startswith(f"{part}_")), "truth" if name in TRUTH else "face")


class ShardPool:
    """Keeps the newest shards of a folder in memory and draws scans from all of them.

    Parameters
    ----------
    folder : Path
    seed : int
    parts : tuple of str
        Which of `PARTS` of each scan to keep; the truth comes with all of them.
    largest : int
        Shards kept.
    test : bool
        Draw from the first `HELD_OUT` shards, which no network is trained on, instead of from the others.

    Raises
    ------
    InputError
        The folder holds no such shards.
    """

    def __init__(
        self, folder: Path, seed: int, parts: tuple[str, ...] = ("face",), largest: int = 500, test: bool = False
    ) -> None:
        self.folder, self.parts, self.test = folder, (*parts, "truth"), test
        self.rng = np.random.default_rng(seed)
        self.shards: deque[Arrays] = deque(maxlen=largest)
        self.read: set[Path] = set()
        self.refresh()
        if not self.shards:
            raise InputError(f"{folder} holds no shards; draw some first")

    def refresh(self) -> None:
        """Read shards that have come since."""
        for path in sorted(self.folder.glob("shard_*.npz")):
            number = int(path.stem.split("_")[1])
            if path not in self.read and (number < HELD_OUT) == self.test:
                with np.load(path) as file:
                    self.shards.append({name: file[name] for name in file.files if part_of(name) in self.parts})
                self.read.add(path)

    def draw(self, count: int, part: str = "face") -> list[dict[str, np.ndarray]]:
        """Draw one part of `count` scans, with what belongs to it."""
        wanted = (part, *TOGETHER[part])
        rows = []
        for _ in range(count):
            shard = self.shards[int(self.rng.integers(len(self.shards)))]
            chosen = {name: values for name, values in shard.items() if part_of(name) in wanted}
            ends = {name: chosen.pop(f"{name}_end") for name in RAGGED if name in chosen}
            row = int(self.rng.integers(min(len(values) for values in (*ends.values(), *chosen.values()))))
            record = {
                name: values[slice(ends[name][row - 1] if row else 0, ends[name][row])] if name in ends else values[row]
                for name, values in chosen.items()
            }
            rows.append({name.removeprefix(f"{part}_"): values for name, values in record.items()})
        return rows


def stack(rows: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Join records of one size."""
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


@dataclass(frozen=True, eq=False)
class Shown:
    """From which poses B faces are shown: mirrored or not, then turned, scaled and shifted."""

    mirrored: Tensor
    """(B,) bool"""
    turn: Tensor
    """(B, 3, 3)"""
    size: Tensor
    """(B, 1, 1)"""
    shift: Tensor
    """(B, 1, 3) network units"""

    def rotate(self, vectors: Tensor) -> Tensor:
        """Move directions (B, N, 3)."""
        return vectors * torch.where(self.mirrored[:, None, None], MIRROR, torch.ones(3)) @ self.turn.transpose(1, 2)

    def apply(self, points: Tensor) -> Tensor:
        """Move points (B, N, 3)."""
        return self.rotate(points) * self.size + self.shift

    def one(self, row: int) -> Shown:
        """Return the pose of one face."""
        rows = slice(row, row + 1)
        return Shown(self.mirrored[rows], self.turn[rows], self.size[rows], self.shift[rows])


def random_poses(count: int, generator: torch.Generator, mirror: bool) -> Shown:
    """Draw pose errors; `mirror` shows half of the faces in the mirror.

    Half are as large as the coarse network leaves them, half as small as after the first pass.
    """
    large = (torch.rand(count, generator=generator) < 0.5).float()

    def normal(small: float, big: float, *shape: int) -> Tensor:
        spread = (small + (big - small) * large).view(count, *[1] * len(shape))
        return torch.randn(count, *shape, generator=generator) * spread

    angles = torch.deg2rad(normal(2.0, 8.0, 3))
    turn = rotation_about(0, angles[:, 0]) @ rotation_about(1, angles[:, 1]) @ rotation_about(2, angles[:, 2])
    shift, size = normal(0.01, 0.07, 1, 3), torch.exp(normal(0.012, 0.05, 1, 1))
    mirrored = (torch.rand(count, generator=generator) < 0.5) & mirror
    return Shown(mirrored, turn, size, shift)


def in_network_units(stored: np.ndarray) -> Tensor:
    """Turn a shard's coordinates into network units."""
    return (torch.from_numpy(stored.astype(np.float32)) * FINE - torch.from_numpy(FACE_CENTRE)) / NETWORK_UNIT


def posed(record: dict[str, np.ndarray], shown: Shown) -> dict[str, Tensor]:
    """Show faces as detection would, from slightly wrong poses.

    Parameters
    ----------
    record : dict
        The part `face` of B scans, stacked, with their truth.
    shown : Shown

    Returns
    -------
    dict
        `geometry`, graphs, `landmarks (B, L, 3)`, `visible (B, L)`, `mirrored (B,)`.
    """
    normals = shown.rotate(torch.from_numpy(record["normals"]).float() / 127)
    points, curvature = in_network_units(record["points"]), torch.from_numpy(record["curvature"]).float()
    return {
        "geometry": torch.cat([shown.apply(points), normals, curvature], -1),
        **{name: torch.from_numpy(record[name].astype(np.int64)) for name in GRAPH},
        "landmarks": shown.apply(in_network_units(record["landmarks"])),
        "visible": torch.from_numpy(record["visible"]),
        "mirrored": shown.mirrored,
    }


def face_batch(pool: ShardPool, count: int, generator: torch.Generator, augment: bool = True) -> dict[str, Tensor]:
    """Return a batch for CF-GAT, see `posed`."""
    return posed(stack(pool.draw(count)), random_poses(count, generator, augment))


def whole_batch(pool: ShardPool, count: int, faceless: int) -> dict[str, Tensor]:
    """Return a batch for the coarse network: faces, then scans without one."""
    face, other = stack(pool.draw(count, "whole")), stack(pool.draw(faceless, "faceless_whole"))
    record = {name: np.concatenate([face[name], other[name]]) for name in other}
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


def ask_for(batch: dict[str, Tensor], chosen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the queries (B, C, 3) for the landmarks `chosen` (C,), and where they are and show, mirrored or not."""
    asked, partner = all_queries()
    which = torch.where(batch["mirrored"][:, None], partner[chosen], chosen)  # (B, C)
    truth = torch.gather(batch["landmarks"], 1, which[..., None].expand(-1, -1, 3))
    return asked[chosen].expand(len(which), -1, -1), truth, torch.gather(batch["visible"], 1, which)


@torch.no_grad()
def patch_batch(
    first: nn.Module, pool: ShardPool, scans: int, chosen: Tensor, generator: torch.Generator
) -> dict[str, Tensor]:
    """Return a batch for the refining network: L patches of several scans around what CF-GAT answers of them.

    Parameters
    ----------
    first : Module
        CF-GAT.
    pool : ShardPool
        With the parts `face` and `patch`.
    scans : int
    chosen : (C,) int64
        Landmarks to ask for in each scan.
    generator : torch.Generator

    Returns
    -------
    dict
        `patches (L, K, 3)`, `queries (L, 3)`, `log_sigma (L,)`, `context (L, C)`, `step (L, 3)` in patch units,
        `visible (L,)`.
    """
    device = str(next(first.parameters()).device)
    records = pool.draw(scans, "patch")
    faces = stack([{name: values for name, values in one.items() if name not in ("fine", "wide")} for one in records])
    shown = random_poses(scans, generator, True)
    batch = posed(faces, shown)
    questions, truth, visible = ask_for(batch, chosen)
    shapes = (batch[name].to(device) for name in ("geometry", *GRAPH))
    with half_precision(device):
        xyz, log_scale, _, _, context = (x.float().cpu() for x in first(*shapes, questions.to(device)))
    sigma = 3 * log_scale.exp()
    places = xyz + JITTER * sigma[..., None] * torch.randn(xyz.shape, generator=generator)
    seen = []
    for row, record in enumerate(records):
        clouds = (shown.one(row).apply(in_network_units(record[name])[None])[0] for name in ("fine", "wide"))
        surface = Detail(*((cloud * NETWORK_UNIT).numpy() for cloud in clouds))
        seen.append(torch.from_numpy(patches(surface, (places[row] * NETWORK_UNIT).numpy())))
    unit = NETWORK_UNIT / PATCH_UNIT
    return {
        "patches": torch.cat(seen),
        "queries": questions.flatten(0, 1),
        "log_sigma": (sigma * unit).log().flatten(),
        "context": context.flatten(0, 1),
        "step": ((truth - places) * unit).flatten(0, 1),
        "visible": visible.flatten(),
    }
