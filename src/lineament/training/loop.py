"""The training loop: any network, resumable, with a running mean of the weights."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from lineament.training.presets import Preset

Step = Callable[[nn.Module, int], tuple[Tensor, dict[str, float]]]
"""Takes the network and the step's number; returns the loss and figures to log."""

NARROW = 16
"""Matrices with a shorter side are inputs, answers or biases, for which orthogonal steps make no sense."""


def learning_rate(step: int, steps: int, preset: Preset) -> float:
    """Rise, stay, fall: the schedule's value at `step`."""
    rise = min(1.0, (step + 1) / preset.warm_up)
    fall = min(1.0, (steps - step) / (preset.cool_down * steps))
    return preset.learning_rate * rise * fall


def half_precision(device: str) -> torch.autocast:
    """Run networks twice as fast where the processor can. Batches are made outside: 0.4 mm are lost in 100."""
    return torch.autocast(torch.device(device).type, torch.bfloat16)


def optimisers(network: nn.Module, preset: Preset) -> tuple[torch.optim.Optimizer, ...]:
    """Muon (Jordan et al. 2024) for the weights inside the network, AdamW for the rest: it learns in fewer steps."""
    inside = [p for p in network.parameters() if p.ndim == 2 and min(p.shape) >= NARROW]
    own = {id(p) for p in inside}
    rest = [p for p in network.parameters() if id(p) not in own]
    rate, decay = preset.learning_rate, preset.weight_decay
    adam = torch.optim.AdamW(rest, lr=rate, weight_decay=decay, betas=(0.9, 0.98)) if rest else None
    muon = torch.optim.Muon(inside, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw") if inside else None
    return tuple(optimiser for optimiser in (adam, muon) if optimiser is not None)


def fit(
    network: nn.Module,
    step: Step,
    steps: int,
    preset: Preset,
    folder: Path,
    evaluate: Callable[[nn.Module], dict[str, float]],
    every: int = 500,
) -> nn.Module:
    """Train `network`, or go on where a checkpoint in `folder` stopped.

    Parameters
    ----------
    network : Module
    step : Step
    steps : int
        Optimiser steps in all.
    preset : Preset
    folder : Path
        Holds `NAME.pt`, the checkpoint, and `NAME.jsonl`, the log.
    evaluate : callable
        Figures of a network on the held-out scans, written to the log.
    every : int
        Steps between checkpoints.

    Returns
    -------
    Module
        The running mean of the weights, which generalises better than the last step's.
    """
    name = type(network).__name__.lower()
    device = next(network.parameters()).device
    checkpoint, log = folder / f"{name}.pt", folder / f"{name}.jsonl"
    both = optimisers(network, preset)
    mean = copy.deepcopy(network)
    start = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        network.load_state_dict(state["network"])
        mean.load_state_dict(state["mean"])
        for optimiser, kept in zip(both, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        start = state["step"]
    columns = (
        TextColumn(name),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    began = time.monotonic()
    with Progress(*columns) as progress, log.open("a") as lines:
        bar = progress.add_task(name, total=steps, completed=start, note="")
        for number in range(start, steps):
            for group in (group for optimiser in both for group in optimiser.param_groups):
                group["lr"] = learning_rate(number, steps, preset)
            loss, figures = step(network, number)
            network.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            for optimiser in both:
                optimiser.step()
            decay = min(0.999, (number + 1) / (number + 20))
            with torch.no_grad():
                for slow, fast in zip(mean.parameters(), network.parameters(), strict=True):
                    slow.lerp_(fast, 1 - decay)
            progress.update(bar, advance=1, note="  ".join(f"{key} {value:.2f}" for key, value in figures.items()))
            last = number + 1 == steps
            if (number + 1) % 50 == 0 or last:
                figures = {"step": number + 1, "seconds": round(time.monotonic() - began, 1)} | figures
                lines.write(json.dumps(figures) + "\n")
                lines.flush()
            if (number + 1) % every == 0 or last:
                lines.write(json.dumps({"step": number + 1, "held_out": evaluate(mean)}) + "\n")
                lines.flush()
                state = {
                    "network": network.state_dict(),
                    "mean": mean.state_dict(),
                    "optimisers": [optimiser.state_dict() for optimiser in both],
                    "step": number + 1,
                }
                partial = checkpoint.with_suffix(".tmp")
                torch.save(state, partial)
                partial.replace(checkpoint)
    return mean
