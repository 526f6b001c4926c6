"""Batches from shards, each scan shown from a new, slightly wrong pose, sometimes in the mirror.

Symbols: B batch, N points, L landmarks. Network units: 100 mm from `FACE_CENTRE`.
"""

from __future__ import annotations

from collections import deque
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
from lineament.training.shards import FINE, GRAPH, RAGGED, WIDE, Arrays

HELD_OUT = 4
"""Shards that no network is trained on."""
MIRROR = torch.tensor([-1.0, 1.0, 1.0])
JITTER = 0.15
"""First answers are moved by a normal step of this share of their expected error, so that none is learned by heart."""


def all_queries() -> tuple[Tensor, Tensor]:
    """Return every landmark's query (L, 3) and its mirror partner (L,), all sets one after another."""
    sets = load_face_model().landmark_sets
    starts = np.cumsum([0, *(len(chosen) for chosen in sets.values())])
    asked = np.concatenate([queries(name) for name in sets])
    partner = np.concatenate([chosen.mirror + start for chosen, start in zip(sets.values(), starts, strict=False)])
    return torch.from_numpy(asked), torch.from_numpy(partner.astype(np.int64))


TRUTH = ("landmarks", "visible")
PARTS = ("faceless_whole", "whole", "patch", "face")


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
        """Draw one part of `count` scans, with the truth except for `faceless_whole`."""
        wanted = (part, "truth") if part != "faceless_whole" else (part,)
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


def posed(record: dict[str, np.ndarray], generator: torch.Generator, mirror: bool) -> dict[str, Tensor]:
    """Show faces as detection would, from slightly wrong poses.

    Parameters
    ----------
    record : dict
        The part `face` of B scans, stacked.
    generator : torch.Generator
    mirror : bool
        Show half of them in the mirror.

    Returns
    -------
    dict
        `geometry`, graphs, `landmarks (B, L, 3)`, `visible (B, L)`, `mirrored (B,)`; and the pose, after the mirror:
        `turn (B, 3, 3)`, `shift (B, 1, 3)`, `size (B, 1, 1)`.
    """
    count = len(record["points"])
    centre = torch.from_numpy(FACE_CENTRE)
    points = (torch.from_numpy(record["points"]).float() * FINE - centre) / NETWORK_UNIT
    marks = (torch.from_numpy(record["landmarks"]).float() * FINE - centre) / NETWORK_UNIT
    normals = torch.from_numpy(record["normals"]).float() / 127
    curvature = torch.from_numpy(record["curvature"]).float()
    turn, shift, size = random_pose(count, generator)
    mirrored = torch.rand(count, generator=generator) < 0.5
    if not mirror:
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
        "turn": turn,
        "shift": shift,
        "size": size,
    }


def face_batch(pool: ShardPool, count: int, generator: torch.Generator, augment: bool = True) -> dict[str, Tensor]:
    """Return a batch for CF-GAT, see `posed`."""
    return posed(stack(pool.draw(count)), generator, augment)


@torch.no_grad()
def answer_first(network: nn.Module, pool: ShardPool, asked: Tensor, generator: torch.Generator) -> None:
    """Let CF-GAT answer each scan of the pool once, from a slightly wrong pose: what refinement has to start from.

    They join the part `patch` of the shards that have none yet: `first (L, 3)`, mm, face frame; `sigma (L,)`, mm.
    """
    device = next(network.parameters()).device
    for shard in pool.shards:
        if "patch_first" in shard:
            continue
        first, sigma = [], []
        for start in range(0, len(shard["visible"]), 8):
            rows = {name: values[start : start + 8] for name, values in shard.items() if part_of(name) != "patch"}
            batch = posed({name.removeprefix("face_"): values for name, values in rows.items()}, generator, False)
            graphs = (batch[name].to(device) for name in GRAPH)
            questions = asked.expand(len(batch["visible"]), -1, -1).to(device)
            with torch.autocast(device.type, torch.bfloat16):
                xyz, log_scale, _, _ = network(batch["geometry"].to(device), *graphs, questions)
            back = (xyz.float().cpu() - batch["shift"]) / batch["size"] @ batch["turn"]
            first.append((back * NETWORK_UNIT + torch.from_numpy(FACE_CENTRE)).numpy())
            sigma.append(3 * log_scale.float().cpu().exp().numpy() * NETWORK_UNIT)
        shard["patch_first"], shard["patch_sigma"] = np.concatenate(first), np.concatenate(sigma)


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


def patch_batch(
    pool: ShardPool, scans: int, asked: Tensor, partner: Tensor, chosen: Tensor, generator: torch.Generator
) -> dict[str, Tensor]:
    """Return a batch for the refining network: L patches of several scans, as many of each as `chosen` holds.

    Parameters
    ----------
    pool : ShardPool
        With the part `patch`, after `answer_first`.
    scans : int
    asked, partner : (all landmarks, 3), (all landmarks,)
        Every landmark's query and its mirror partner.
    chosen : (C,) int64
        Landmarks to ask for.
    generator : torch.Generator

    Returns
    -------
    dict
        `patches (L, K, 3)`, `queries (L, 3)`, `log_sigma (L,)`, `step (L, 3)` in patch units, `visible (L,)`.
    """
    parts = []
    for record in pool.draw(scans, "patch"):
        mirrored = bool(torch.rand(1, generator=generator) < 0.5)
        turn, _, size = random_pose(1, generator)
        flip = torch.diag(MIRROR) if mirrored else torch.eye(3)
        move = flip @ turn[0].T * size[0]
        surface = Detail(*((record[name].astype(np.float32) * FINE) @ move.numpy() for name in ("fine", "wide")))
        truth = torch.from_numpy(record["landmarks"].astype(np.float32) * FINE) @ move
        which = partner[chosen] if mirrored else chosen
        first, sigma = torch.from_numpy(record["first"])[which] @ move, torch.from_numpy(record["sigma"])[which]
        places = first + JITTER * sigma[:, None] * torch.randn(len(which), 3, generator=generator)
        parts.append(
            (
                torch.from_numpy(patches(surface, places.numpy())),
                asked[chosen],
                (sigma / PATCH_UNIT).log(),
                (truth[which] - places) / PATCH_UNIT,
                torch.from_numpy(record["visible"])[which],
            )
        )
    names = ("patches", "queries", "log_sigma", "step", "visible")
    return {name: torch.cat(values) for name, values in zip(names, zip(*parts, strict=True), strict=True)}
