"""What CF-GAT's parts are worth: each variant trained alike, scored on the same held-out virtual scans.

    python benchmarks/ablations.py --draw PLAIN --count 100                 shards sampled without curvature, once
    python benchmarks/ablations.py --shards SHARDS --plain-shards PLAIN --out FOLDER --steps 3000 --variant all
    python benchmarks/ablations.py --out FOLDER --table                     the table of what is there

Every variant sees the same scans in the same order from the same poses, answers the 68 points of iBUG alone, and has
the same loss, optimiser, schedule, batch and steps; seconds stand beside each. A second call goes on where the first
stopped. PLAIN holds the same people as SHARDS (a shard's number is its seed), their points chosen by distance alone.

Symbols: B batch, L landmarks, S held-out scans.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from baselines.dgcnn import DGCNN
from baselines.pointnet2 import PointNet2
from rich.progress import track
from torch import Tensor, nn

from lineament.detect import features
from lineament.detect.features import NETWORK_UNIT
from lineament.geometry.sampling import farthest_point_sample
from lineament.nets.cfgat import CFGAT, CFGATConfig
from lineament.training.data import ShardPool, all_queries, face_batch
from lineament.training.loop import fit, half_precision
from lineament.training.losses import INNER, cfgat_loss
from lineament.training.presets import PRESETS
from lineament.training.shards import GRAPH, write_shard


class NoCurvature(CFGAT):
    """CF-GAT that is shown points and normals alone."""

    def __init__(self) -> None:
        super().__init__(CFGATConfig(curvatures=0))

    def forward(self, geometry: Tensor, *others: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return super().forward(geometry[..., :6], *others)


VARIANTS: dict[str, tuple[Callable[[], nn.Module], bool, str]] = {
    "cfgat": (CFGAT, False, "CF-GAT"),
    "no_attention_curvature": (NoCurvature, False, "no curvature in the attention"),
    "no_sampling_curvature": (CFGAT, True, "no curvature in the sampling"),
    "pointnet2": (PointNet2, False, "PointNet++-like, curvature as input"),
    "dgcnn": (DGCNN, False, "DGCNN-like, curvature as input"),
}
"""Name: how it is built, whether it learns from the plain shards, and what the table calls it."""
QUERIES = all_queries()
BATCH = 16
"""Scans scored at a time."""


class EveryScan(ShardPool):
    """Draws the held-out scans one after another, each once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, 0, test=True)
        self.rows = [(shard, row) for shard in self.shards for row in range(len(shard["landmarks"]))]
        self.next = 0

    def draw(self, count: int, part: str = "face") -> list[dict[str, np.ndarray]]:
        """Return the next `count` scans."""
        rows = self.rows[self.next : self.next + count]
        self.next += len(rows)
        return [{name: values[row] for name, values in shard.items()} for shard, row in rows]


def answer(network: nn.Module, batch: dict[str, Tensor], device: str) -> tuple[Tensor, Tensor]:
    """Return the loss and the errors (B, 68) in network units."""
    asked, partner = QUERIES
    which = torch.where(batch["mirrored"][:, None], partner[:68], torch.arange(68))
    truth = torch.gather(batch["landmarks"], 1, which[..., None].expand(-1, -1, 3)).to(device)
    visible = torch.gather(batch["visible"], 1, which).to(device)
    inputs = (batch[name].to(device) for name in ("geometry", *GRAPH))
    return cfgat_loss(network(*inputs, asked[:68].expand(len(which), -1, -1).to(device)), truth, visible)


@torch.no_grad()
def score(network: nn.Module, shards: Path, device: str) -> np.ndarray:
    """Return the errors (S, 51) of the inner points, mm; every network meets the same scans in the same poses."""
    pool, generator = EveryScan(shards), torch.Generator().manual_seed(0)
    counts = [min(BATCH, len(pool.rows) - start) for start in range(0, len(pool.rows), BATCH)]
    errors = [answer(network, face_batch(pool, count, generator, augment=False), device)[1] for count in counts]
    return torch.cat(errors)[:, INNER].cpu().numpy() * NETWORK_UNIT


def train(name: str, shards: Path, folder: Path, steps: int, seed: int, device: str) -> dict[str, Any]:
    """Train a variant, or go on with it, and score it."""
    torch.manual_seed(seed)
    network = VARIANTS[name][0]().to(device)
    pool, generator = ShardPool(shards, seed), torch.Generator().manual_seed(seed)
    preset = replace(PRESETS["release"], cfgat_steps=steps, warm_up=min(300, steps // 5 + 1))
    starts: list[float] = []

    def step(network: nn.Module, number: int) -> tuple[Tensor, dict[str, float]]:
        starts.append(time.perf_counter())
        batch = face_batch(pool, preset.batch, generator)
        with half_precision(device):
            loss, error = answer(network, batch, device)
        return loss, {"loss": float(loss.detach()), "inner_mm": float(error[:, INNER].mean()) * NETWORK_UNIT}

    def evaluate(network: nn.Module) -> dict[str, float]:
        return {"inner_mm": float(score(network, shards, device).mean())}

    folder.mkdir(parents=True, exist_ok=True)
    trained = fit(network, step, steps, preset, folder, evaluate)
    each = [after - before for before, after in pairwise(starts)]
    return {
        "variant": name,
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "steps": steps,
        "batch": preset.batch,
        "seed": seed,
        "device": device,
        "threads": torch.get_num_threads(),
        "training_scans": sum(len(shard["landmarks"]) for shard in pool.shards),
        "seconds_per_step": statistics.median(each) if each else None,
        "errors_mm": score(trained, shards, device).round(3).tolist(),
    }


def interval(scans: np.ndarray) -> str:
    """Return the mean of one figure a scan and its 95 % bootstrap interval over scans."""
    draws = np.random.default_rng(0).integers(len(scans), size=(2000, len(scans)))
    low, high = np.percentile(scans[draws].mean(1), [2.5, 97.5])
    return f"{scans.mean():.2f} [{low:.2f}, {high:.2f}]"


def table(folder: Path) -> str:
    """Lay out the results in a folder; differences are paired, scan by scan, against CF-GAT as released."""
    results = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    lines = [
        "| variant | parameters | steps | s a step | mean, 95 % CI | median | p95 | mean less CF-GAT's, 95 % CI |",
        "|---|---|---|---|---|---|---|---|",
    ]
    base = np.array(results["cfgat"]["errors_mm"]).mean(1) if "cfgat" in results else None
    for name in (name for name in VARIANTS if name in results):
        result = results[name]
        errors = np.array(result["errors_mm"])
        paired = "" if base is None or name == "cfgat" else interval(errors.mean(1) - base)
        seconds = result["seconds_per_step"]
        lines.append(
            f"| {VARIANTS[name][2]} | {result['parameters']:,} | {result['steps']} | {seconds:.2f} "
            f"| {interval(errors.mean(1))} | {np.median(errors):.2f} | {np.percentile(errors, 95):.2f} | {paired} |"
        )
    if results:
        one = next(iter(results.values()))
        lines += [
            "",
            f"{len(one['errors_mm'])} held-out virtual scans, 51 inner points, mm; "
            f"{one['training_scans']} training scans, batch {one['batch']}, seed {one['seed']}, {one['device']}, "
            f"{one['threads']} thread(s).",
        ]
    return "\n".join(lines) + "\n"


def draw_plain(folder: Path, first: int, count: int) -> None:
    """Draw shards whose points are chosen by distance alone: the same people, sensors and poses for the same number."""
    features.farthest_point_sample = lambda points, count, weights=None: farthest_point_sample(points, count)
    for number in track(range(first, first + count), description="plain shards"):
        write_shard(folder, number)


def same_people(shards: Path, plain: Path | None) -> Path:
    """Return `plain` when it holds the same shard numbers as `shards`; the comparison is void otherwise."""
    if plain is None:
        sys.exit("no_sampling_curvature learns from shards of its own: give --plain-shards, made with --draw")
    ours, theirs = ({path.name for path in folder.glob("shard_*.npz")} for folder in (shards, plain))
    if ours != theirs:
        sys.exit(
            f"{shards} holds {len(ours)} shards and {plain} {len(theirs)}, {len(ours & theirs)} of the same numbers; "
            "give two folders with the same numbers"
        )
    return plain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=Path, help="folder of shards, as `lineament train` draws them")
    parser.add_argument("--plain-shards", type=Path, help="the same people, sampled without curvature")
    parser.add_argument("--out", type=Path, help="folder for checkpoints, results and the table")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--variant", choices=[*VARIANTS, "all"], default="all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="only lay out what is there")
    parser.add_argument("--draw", type=Path, metavar="PLAIN", help="draw plain shards into this folder and stop")
    parser.add_argument("--first", type=int, default=0, help="number of the first shard to draw")
    parser.add_argument("--count", type=int, default=100, help="shards to draw")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    if options.draw:
        return draw_plain(options.draw, options.first, options.count)
    if not options.out or not (options.table or options.shards):
        parser.error("give --shards and --out, or --out and --table, or --draw")
    plan = {}
    for name in [] if options.table else VARIANTS if options.variant == "all" else [options.variant]:
        if (options.out / f"{name}.json").exists():
            print(f"{name}: {options.out / name}.json is there; remove it to train again")
        else:
            plan[name] = same_people(options.shards, options.plain_shards) if VARIANTS[name][1] else options.shards
    for name, shards in plan.items():
        folder = options.out / f"{name}_{options.steps}_{options.seed}"
        figures = train(name, shards, folder, options.steps, options.seed, options.device)
        (options.out / f"{name}.json").write_text(json.dumps(figures) + "\n")
        print(f"{name}: {figures['seconds_per_step']:.2f} s a step, {figures['parameters']:,} parameters")
    (options.out / "table.md").write_text(table(options.out))
    print(table(options.out))


if __name__ == "__main__":
    main()
