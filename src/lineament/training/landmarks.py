"""`lineament train landmarks`: draw virtual scans, train the three networks, export them.

Symbols: B batch, L landmarks.
"""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor, nn

from lineament.detect.features import NETWORK_UNIT
from lineament.detect.patches import PATCH_UNIT
from lineament.errors import InputError
from lineament.nets.cfgat import CFGAT
from lineament.nets.coarse import Coarse
from lineament.nets.refine import Refine
from lineament.training.data import HELD_OUT, ShardPool, all_queries, ask_for, face_batch, patch_batch, whole_batch
from lineament.training.loop import fit, half_precision
from lineament.training.losses import INNER, cfgat_loss, coarse_loss, refine_loss
from lineament.training.presets import Preset
from lineament.training.shards import GRAPH, write_shard

FIRST = 2
"""Shards that training starts with; the rest is drawn beside it."""


def draw_shards(folder: Path, first: int, count: int, stride: int, device: str = "cpu") -> None:
    """Draw every `stride`-th shard from `first`; runs in a process of its own."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    for number in range(first, count, stride):
        write_shard(folder, number, device)


def train_cfgat(pool: ShardPool, test: ShardPool, preset: Preset, folder: Path, device: str) -> nn.Module:
    """Train CF-GAT on the pool's scans."""
    count = len(all_queries()[0])
    generator = torch.Generator().manual_seed(1)

    def answer(network: nn.Module, batch: dict[str, Tensor], chosen: Tensor) -> tuple[Tensor, Tensor]:
        questions, truth, visible = (part.to(device) for part in ask_for(batch, chosen))
        shapes = (batch[name].to(device) for name in ("geometry", *GRAPH))
        return cfgat_loss(network(*shapes, questions), truth, visible)

    def step(network: nn.Module, number: int) -> tuple[Tensor, dict[str, float]]:
        if number % 200 == 0:
            pool.refresh()
        others = 68 + torch.randperm(count - 68, generator=generator)[: preset.queries]
        chosen = torch.cat([torch.arange(68), others])
        batch = face_batch(pool, preset.batch, generator)
        with half_precision(device):
            loss, error = answer(network, batch, chosen)
        return loss, {"loss": float(loss.detach()), "inner_mm": float(error[:, INNER].mean()) * NETWORK_UNIT}

    @torch.no_grad()
    def evaluate(network: nn.Module) -> dict[str, float]:
        fixed = torch.Generator().manual_seed(0)
        test.rng = np.random.default_rng(0)
        errors = torch.cat(
            [answer(network, face_batch(test, 16, fixed, augment=False), torch.arange(count))[1] for _ in range(12)]
        )
        return {
            "inner_mm": float(errors[:, INNER].mean()) * NETWORK_UNIT,
            "all_mm": float(errors.mean()) * NETWORK_UNIT,
        }

    return fit(CFGAT().to(device), step, preset.cfgat_steps, preset, folder, evaluate)


def train_coarse(pool: ShardPool, test: ShardPool, preset: Preset, folder: Path, device: str) -> nn.Module:
    """Train the coarse network on the pool's scans and on scans without a face."""

    def answer(network: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        moved = {name: values.to(device) for name, values in batch.items()}
        outputs = network(moved["points"], moved["normals"], *(moved[name] for name in GRAPH))
        return *coarse_loss(outputs, moved["places"], moved["on_face"], moved["found"]), outputs

    def trim(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        nodes = Coarse().config.levels[1]
        return batch | {name: batch[name][:, :nodes] for name in ("places", "on_face")}

    faceless = max(2, preset.batch // 5)

    def step(network: nn.Module, number: int) -> tuple[Tensor, dict[str, float]]:
        if number % 200 == 0:
            pool.refresh()
        batch = trim(whole_batch(pool, preset.batch, faceless))
        with half_precision(device):
            loss, error, _ = answer(network, batch)
        return loss, {"loss": float(loss.detach()), "vote_mm": float(error.nanmean()) * NETWORK_UNIT}

    @torch.no_grad()
    def evaluate(network: nn.Module) -> dict[str, float]:
        test.rng = np.random.default_rng(0)
        errors, right = [], []
        for _ in range(6):
            batch = trim(whole_batch(test, 24, 8))
            _, error, outputs = answer(network, batch)
            errors.append(error.nanmean())
            right.append(((outputs[3].cpu() > 0) == (batch["found"] > 0.5)).float().mean())
        return {"vote_mm": float(torch.stack(errors).mean()) * NETWORK_UNIT, "found": float(torch.stack(right).mean())}

    return fit(Coarse().to(device), step, preset.coarse_steps, preset, folder, evaluate)


def train_refine(pool: ShardPool, test: ShardPool, preset: Preset, folder: Path, device: str) -> nn.Module:
    """Train the refining network on patches around CF-GAT's answers.

    Raises
    ------
    InputError
        CF-GAT has no checkpoint in `folder` yet.
    """
    checkpoint = folder / "cfgat.pt"
    if not checkpoint.exists():
        raise InputError(f"{folder} holds no cfgat.pt: refinement learns from CF-GAT's answers, so train that first")
    first = CFGAT().to(device)
    first.load_state_dict(torch.load(checkpoint, map_location=device)["mean"])
    count = len(all_queries()[0])
    generator = torch.Generator().manual_seed(2)

    def answer(network: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        moved = {name: values[None].to(device) for name, values in batch.items()}
        outputs = network(moved["patches"], moved["queries"], moved["log_sigma"], moved["context"])
        return refine_loss(outputs, moved["step"], moved["visible"], moved["log_sigma"])

    def step(network: nn.Module, number: int) -> tuple[Tensor, dict[str, float]]:
        if number % 200 == 0:
            pool.refresh()
        inner = 17 + torch.randperm(51, generator=generator)[: preset.patches * 2 // 3]
        others = torch.randperm(count, generator=generator)[: preset.patches - len(inner)]
        batch = patch_batch(first, pool, preset.patch_scans, torch.cat([inner, others]), generator)
        with half_precision(device):
            loss, error = answer(network, batch)
        return loss, {"loss": float(loss.detach()), "refined_mm": float(error.mean()) * PATCH_UNIT}

    @torch.no_grad()
    def evaluate(network: nn.Module) -> dict[str, float]:
        fixed = torch.Generator().manual_seed(0)
        test.rng = np.random.default_rng(0)
        batches = [patch_batch(first, test, 8, torch.arange(17, 68), fixed) for _ in range(12)]
        errors = torch.cat([answer(network, batch)[1][0] for batch in batches])
        before = torch.cat([batch["step"].norm(dim=-1) for batch in batches])
        return {"inner_mm": float(errors.mean()) * PATCH_UNIT, "first_mm": float(before.mean()) * PATCH_UNIT}

    return fit(Refine().to(device), step, preset.refine_steps, preset, folder, evaluate)


TRAINERS = {"coarse": train_coarse, "cfgat": train_cfgat, "refine": train_refine}
PARTS = {"coarse": ("whole", "faceless_whole"), "cfgat": ("face",), "refine": ("face", "patch")}
"""What each network learns from of a scan."""


def train(
    preset: Preset, folder: Path, networks: tuple[str, ...] = tuple(TRAINERS), device: str = "cpu", workers: int = 1
) -> dict[str, nn.Module]:
    """Draw the scans and train.

    Parameters
    ----------
    preset : Preset
    folder : Path
        Shards, checkpoints and logs; a second call goes on where the first stopped.
    networks : tuple of str
        Which of `TRAINERS` to run, one after another.
    device : str
        Where the networks are trained, `cpu` or `cuda`.
    workers : int
        Processes that draw scans while the training runs; 0 trains on the shards that are there.

    Returns
    -------
    dict of str to Module
    """
    torch.set_flush_denormal(True)
    shards = folder / "shards"
    if workers:
        for number in track(range(HELD_OUT + FIRST), description="first scans"):
            write_shard(shards, number)
    context = multiprocessing.get_context("spawn")
    drawing = [
        context.Process(target=draw_shards, args=(shards, first, preset.shards, workers), daemon=True)
        for first in range(workers)
    ]
    for process in drawing:
        process.start()
    try:
        trained = {}
        for seed, name in enumerate(networks):
            pools = (ShardPool(shards, seed, PARTS[name]), ShardPool(shards, 0, PARTS[name], test=True))
            trained[name] = TRAINERS[name](*pools, preset, folder, device)
        return trained
    finally:
        for process in drawing:
            process.terminate()
